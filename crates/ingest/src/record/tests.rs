use std::collections::BTreeMap;

use contracts::ImportId;
use contracts::event::Payload;
use contracts::event::value::RatingScale;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use platform::crypto::Key;
use uuid::Uuid;

use super::draft::{Draft, Told};
use super::header::recognise;
use super::prepare::PreparedRecord;
use super::way::{Records, scan};
use crate::kintell::mapping::MappingOptions;
use crate::sheet::file_error::FileError;
use crate::sheet::header::Header;
use crate::sheet::limits::Limits;
use crate::sheet::record::{Record, RowText};
use crate::sheet::row_error::ErrorCode;
use crate::source::{Origin, Source};

pub(crate) const ID: &str = "0b9f6a51-0c5e-4f6b-9d53-2f0a7c1d0001";
pub(crate) const OTHER: &str = "0b9f6a51-0c5e-4f6b-9d53-2f0a7c1d0002";
pub(crate) const THIRD: &str = "0b9f6a51-0c5e-4f6b-9d53-2f0a7c1d0003";

/// Cells by the names of their fields.
pub(crate) type Cells<'a> = BTreeMap<&'a str, &'a str>;

fn options(scale: Option<RatingScale>) -> MappingOptions {
    MappingOptions {
        rating_scale: scale,
        zone: TimeZone::UTC,
        now: "2026-11-22T12:00:00Z".parse::<Timestamp>().unwrap(),
    }
}

const ORIGIN: Origin = Origin::Import {
    import: ImportId::new(Uuid::from_u128(7)),
    row: 1,
    line: 2,
};

/// Maps a row on a scale; its faults as fields and codes.
pub(crate) fn prepare_on(
    scale: Option<RatingScale>,
    source: Source,
    cells: &Cells<'_>,
) -> Result<PreparedRecord, Vec<(&'static str, ErrorCode)>> {
    let index = Key::from_slice(&[7; 32]).unwrap();
    let records = Records::without_file(source, options(scale), &index);
    let row = records.map_cells(ORIGIN, RowText::default(), |name| cells.get(name).copied());
    row.map_err(|errors| {
        let fault = |error: &crate::sheet::row_error::RowError| {
            assert_eq!(error.line, 2);
            (error.column.unwrap(), error.code)
        };
        errors.iter().map(fault).collect()
    })
}

pub(crate) fn prepare(
    source: Source,
    cells: &Cells<'_>,
) -> Result<PreparedRecord, Vec<(&'static str, ErrorCode)>> {
    prepare_on(None, source, cells)
}

pub(crate) fn map(source: Source, cells: &Cells<'_>) -> Draft {
    prepare(source, cells).unwrap().draft
}

/// The faults of a good row after some cells were changed.
pub(crate) fn faults(
    source: Source,
    good: &[(&'static str, &'static str)],
    changed: &[(&'static str, &'static str)],
) -> Vec<(&'static str, ErrorCode)> {
    let mut cells: Cells<'_> = good.iter().copied().collect();
    assert!(prepare(source, &cells).is_ok(), "{}", source.as_str());
    cells.extend(changed.iter().copied());
    prepare(source, &cells).err().unwrap_or_default()
}

/// Checks that each change of a good row is refused by its own code, in its own field.
pub(crate) fn refuses(
    source: Source,
    good: &[(&'static str, &'static str)],
    cases: &[(&'static str, &'static str, ErrorCode)],
) {
    for (field, value, code) in cases {
        let found = faults(source, good, &[(field, value)]);
        assert_eq!(
            found,
            [(*field, *code)],
            "{} {field} {value}",
            source.as_str()
        );
    }
}

/// What is announced of a row whose people, match and texts are known.
pub(crate) fn announce(draft: &Draft) -> Vec<Payload> {
    let texts: BTreeMap<String, Uuid> = draft
        .texts
        .iter()
        .enumerate()
        .map(|(index, text)| (text.name.clone(), Uuid::from_u128(100 + index as u128)))
        .collect();
    let told = Told {
        id: Uuid::from_u128(1),
        person: Some(Uuid::from_u128(2)),
        other: Some(Uuid::from_u128(3)),
        people: &[Uuid::from_u128(4)],
        parent: draft.reference.as_ref().map(|_| Uuid::from_u128(5)),
        rating: Some(Uuid::from_u128(6)),
        texts: &texts,
    };
    draft.data.announce(&told).unwrap()
}

/// What is announced of a row of which nobody and nothing is known.
pub(crate) fn announce_nobody(draft: &Draft) -> Vec<Payload> {
    let told = Told {
        id: Uuid::from_u128(1),
        person: None,
        other: None,
        people: &[],
        parent: None,
        rating: None,
        texts: &BTreeMap::new(),
    };
    draft.data.announce(&told).unwrap()
}

pub(crate) fn texts(draft: &Draft) -> Vec<(&str, &str)> {
    let texts = draft.texts.iter();
    texts.map(|text| (&*text.name, &*text.text)).collect()
}

fn checkin(notes: &str) -> Cells<'_> {
    Cells::from([
        ("match_id", ID),
        ("checkin_date", "2026-03-01"),
        ("notes", notes),
    ])
}

#[test]
fn the_same_row_has_the_same_id_and_hash_and_a_changed_one_another_hash() {
    let one = prepare(Source::BuddyCheckins, &checkin("fine")).unwrap();
    let same = prepare(Source::BuddyCheckins, &checkin(" fine ")).unwrap();
    let other = prepare(Source::BuddyCheckins, &checkin("not fine")).unwrap();
    assert_eq!((one.id, one.content_hash), (same.id, same.content_hash));
    assert_eq!(one.id, other.id);
    assert_ne!(one.content_hash, other.content_hash);
    assert_ne!(one.text_hashes, other.text_hashes);
    assert_eq!(one.id.get_version_num(), 8);
    // Neither key nor text is in what is kept in clear.
    assert!(one.external_id.starts_with("h:") && !one.external_id.contains(ID));
    assert!(!format!("{:?}", one.draft).contains("fine"));
}

#[test]
fn a_row_names_its_match_by_the_id_that_the_match_will_have() {
    let row = prepare(Source::BuddyCheckins, &checkin("")).unwrap();
    let cells = Cells::from([
        ("match_id", ID),
        ("participant_id", OTHER),
        ("buddy_id", THIRD),
        ("matched_at", "2026-02-01"),
        ("status", "active"),
    ]);
    let pair = prepare(Source::BuddyMatches, &cells).unwrap();
    assert_eq!(row.match_id, Some(pair.id));
    assert_eq!(pair.external_id, ID);
    let shouted = ID.to_uppercase();
    let cells = Cells::from([("match_id", &*shouted), ("checkin_date", "2026-03-01")]);
    let row = prepare(Source::BuddyCheckins, &cells).unwrap();
    assert_eq!(row.match_id, Some(pair.id));
}

#[test]
fn sessions_have_no_way_through_here() {
    assert_eq!(
        prepare(Source::KintellSessions, &Cells::new()).err(),
        Some(vec![])
    );
    let none = super::Data::from_json(Source::KintellSessions, serde_json::json!({})).unwrap();
    assert!(none.is_none());
}

fn header(names: &str) -> Header {
    let names = names.split(',').map(str::to_owned).collect();
    Header::from_names(names).unwrap()
}

#[test]
fn every_variant_is_recognised_by_its_own_names() {
    for source in Source::ALL
        .into_iter()
        .filter(|s| *s != Source::KintellSessions)
    {
        for variant in source.variants() {
            let names: Vec<&str> = variant
                .required
                .iter()
                .chain(variant.optional)
                .copied()
                .collect();
            let found = recognise(source, &header(&names.join(","))).unwrap();
            assert_eq!(found.variant.name, variant.name);
            assert!(found.unused.is_empty());
            let found = recognise(source, &header(&variant.required.join(","))).unwrap();
            assert_eq!(found.variant.name, variant.name);
        }
    }
}

#[test]
fn other_words_mean_the_same_field_and_strangers_are_told() {
    let found = recognise(
        Source::BuddyCheckins,
        &header("Kobling ID,Dato,Humør,Notater,Favourite colour,,_error_row"),
    )
    .unwrap();
    assert_eq!(found.variant.name, "buddy-checkins-short");
    assert_eq!(
        found.places,
        [None, Some(0), Some(1), Some(2), Some(3), None]
    );
    assert_eq!(found.unused, ["Favourite colour"]);
    let found = recognise(
        Source::BuddyMatches,
        &header("пошта учасника,пошта бадді,дата пари"),
    )
    .unwrap();
    assert_eq!(found.variant.name, "buddy-matches-short");
}

#[test]
fn a_header_that_does_not_do_says_what_is_missing_or_misspelled() {
    let missing = recognise(
        Source::BuddyFeedback,
        &header("match_id,rating,from_roles,submitted_at"),
    );
    let Err(FileError::MissingColumns { missing, .. }) = missing else {
        panic!("{missing:?}")
    };
    assert_eq!(missing, [("from_role", Some("from_roles".to_owned()))]);
    let misspelled = recognise(
        Source::BuddyFeedback,
        &header("match_id,rating,from_role,submitted_at,helpfullness"),
    );
    assert!(matches!(
        misspelled,
        Err(FileError::MisspelledColumn {
            meant: "helpfulness",
            ..
        })
    ));
    let data = recognise(Source::KintellUsers, &header("olena@example.org,Olena"));
    assert!(matches!(data, Err(FileError::NoHeader { .. })));
    let strange = recognise(Source::BuddyUsers, &header("colour,size"));
    assert!(matches!(strange, Err(FileError::MissingColumns { .. })));
}

fn scanned(
    source: Source,
    file: &str,
    declared: Option<RatingScale>,
) -> Result<Option<String>, FileError> {
    let scanned = scan(source, file.as_bytes(), Limits::default(), declared)?;
    Ok(scanned.layout.rating_scale)
}

#[test]
fn the_scale_is_that_of_the_file() {
    let ratings = |rating: &str| {
        format!(
            "rating_id,session_id,from_role,rating,created_at\nR,S,participant,{rating},2026-01-01\n"
        )
    };
    let of = |rating, declared| scanned(Source::KintellRatings, &ratings(rating), declared);
    assert_eq!(of("4", None).unwrap().as_deref(), Some("1-5"));
    assert!(matches!(of("1", None), Err(FileError::RatingScaleNeeded)));
    assert_eq!(
        of("1", Some(RatingScale::ZeroToOne)).unwrap().as_deref(),
        Some("0-1")
    );
    let feedback = "match_id,from_role,rating,submitted_at\nM,buddy,4,2026-01-01\n";
    assert_eq!(
        scanned(Source::BuddyFeedback, feedback, None)
            .unwrap()
            .as_deref(),
        Some("0-1")
    );
    let declared = scanned(
        Source::BuddyFeedback,
        feedback,
        Some(RatingScale::OneToFive),
    );
    assert_eq!(declared.unwrap().as_deref(), Some("1-5"));
    let users = "id,email,role\n1,a@example.org,buddy\n";
    assert_eq!(scanned(Source::BuddyUsers, users, None).unwrap(), None);
    let empty = scanned(Source::BuddyUsers, "id,email,role\n", None);
    assert!(matches!(empty, Err(FileError::HeaderOnly)));
}

#[test]
fn a_row_of_an_error_file_is_read_without_the_apostrophes_we_put_there() {
    let header = header("match_id,checkin_date,notes,_error_row");
    let index = Key::from_slice(&[7; 32]).unwrap();
    let way = Records::new(Source::BuddyCheckins, &header, options(None), &index).unwrap();
    let text = format!("{ID}2026-03-01'=1+13");
    let ends = [36, 46, 51, 52];
    let row = crate::import::way::Way::map(&way, ORIGIN, Record::new(2, &text, &ends)).unwrap();
    assert_eq!(texts(&row.draft), [("notes", "=1+1")]);
    assert_eq!(row.text.record().len(), 4);
}
