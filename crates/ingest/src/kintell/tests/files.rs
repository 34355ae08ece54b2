use proptest::prelude::*;

use super::super::header::HeaderSet;
use super::super::mapping::Mapper;
use super::super::rating::RatingEvidence;
use super::super::scan::scan;
use super::{COMBINED, LANGUAGE, MENTORSHIP, map_all, options};
use crate::sheet::encoding::Encoding;
use crate::sheet::file_error::FileError;
use crate::sheet::limits::Limits;
use crate::sheet::reader::SheetReader;
use crate::sheet::record::Row;

/// Rows in, sessions and refused rows of a file, by both passes.
fn count(bytes: &[u8]) -> Result<(u64, u64, u64), FileError> {
    let limits = Limits::default();
    let scan = scan(bytes, limits, None)?;
    let rating_scale = scan.ratings.scale(None)?;
    let mut reader = SheetReader::open_as(bytes, limits, Some(scan.encoding))?;
    let mapper = Mapper::new(
        reader.header(),
        super::MappingOptions {
            rating_scale,
            ..options(None)
        },
    )?;
    assert_eq!(mapper.header_set(), scan.header_set);
    let (mut sessions, mut refused) = (0, 0);
    while let Some(row) = reader.next_row()? {
        match row {
            Row::Record(record) => match mapper.map(record) {
                Ok(_) => sessions += 1,
                Err(errors) => {
                    assert!(!errors.is_empty());
                    refused += 1;
                }
            },
            Row::Broken(..) => refused += 1,
        }
    }
    assert_eq!(reader.verdict(), scan.encoding);
    Ok((scan.rows, sessions, refused))
}

#[test]
fn a_scan_tells_what_mapping_needs() {
    let text = format!(
        "\u{feff}{COMBINED}\r\n\
         K1,Language,a@example.org,b@example.net,2026-01-01,60,5,\"Дуже\r\nдобре\",B1\r\n\
         K2,Mentor,a@example.org,b@example.net,2026-01-02,60,1,,\r\n\
         K3,Mentor,too,few\r\n\
         K4,Mentor,a@example.org,b@example.net,2026-01-02,60,85,,\r\n\r\n"
    );
    let found = scan(text.as_bytes(), Limits::default(), None).unwrap();
    assert_eq!(found.header_set, HeaderSet::Combined);
    assert_eq!((found.rows, found.bytes), (4, text.len() as u64));
    assert_eq!((found.encoding, found.delimiter), (Encoding::Utf8, b','));
    assert_eq!(
        found.ratings,
        RatingEvidence {
            up_to_one: 1,
            above_one: 1,
            outside: 1
        }
    );
    assert_eq!(count(text.as_bytes()).unwrap(), (4, 2, 2));
}

#[test]
fn the_encoding_found_by_the_scan_repairs_rows_that_the_beginning_did_not_explain() {
    let plain = "K,Language,a@example.org,b@example.net,2026-01-01,60,5,fine,B1\n".repeat(2_000);
    let mut bytes = format!("{COMBINED}\n{plain}").into_bytes();
    bytes.extend(b"K,Language,a@example.org,b@example.net,2026-01-01,60,5,bl\xe5b\xe6r,B1\n");
    assert_eq!(count(&bytes).unwrap(), (2_001, 2_001, 0));
}

#[test]
fn a_file_without_rows_is_refused() {
    let error = scan(
        format!("{MENTORSHIP}\n\n;;;;;;;;;\n").as_bytes(),
        Limits::default(),
        None,
    )
    .unwrap_err();
    assert_eq!(error.code(), "file_without_rows");
}

#[test]
fn a_file_whose_ratings_fit_both_scales_asks_for_one() {
    let text =
        format!("{LANGUAGE}\nK1;a@example.org;b@example.net;2026-01-01;2026-01-01;60;0.8;;;;\n");
    assert_eq!(
        count(text.as_bytes()).unwrap_err().code(),
        "rating_scale_needed"
    );
    let rating = map_all(&text, Some("0-1"))
        .unwrap()
        .remove(0)
        .unwrap()
        .rating;
    assert_eq!(rating.unwrap().to_string(), "0.8");
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("a@example.org".to_owned()),
        Just("2026-01-01T10:00:00Z".to_owned()),
        Just("60".to_owned()),
        Just("3".to_owned()),
        Just("Language".to_owned()),
        Just("{}".to_owned()),
        "[0-9:TZ+.-]{0,25}",
        "\\PC{0,30}",
        "[\\x00-\\x7f]{0,10}",
    ]
}

proptest! {
    #[test]
    fn rows_in_are_sessions_plus_refused_rows(
        header in prop::sample::select(vec![COMBINED, LANGUAGE, MENTORSHIP]),
        rows in prop::collection::vec(prop::collection::vec(cell(), 8..13), 0..8),
        separator in prop::sample::select(vec![",", ";"]),
        tail in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut bytes = header.replace([',', ';'], separator).into_bytes();
        bytes.push(b'\n');
        for row in rows {
            bytes.extend(row.join(separator).into_bytes());
            bytes.push(b'\n');
        }
        bytes.extend(tail);
        if let Ok((rows, sessions, refused)) = count(&bytes) {
            prop_assert_eq!(rows, sessions + refused);
        }
    }

    #[test]
    fn no_bytes_make_scanning_or_mapping_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = count(&bytes);
        let _ = count(&[COMBINED.as_bytes(), b"\n", &bytes].concat());
    }
}
