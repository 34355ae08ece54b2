//! Workbooks, JSON and archives read like text.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{Seen, read, refusal, row};
use crate::kintell::scan::scan;
use crate::sheet::content::Wanted;
use crate::sheet::limits::Limits;
use crate::sheet::reader::SheetReader;
use crate::sheet::workbook::number_text;
use crate::source::Source;

const MATCHES: &[u8] = include_bytes!("../../../tests/data/matches.xlsx");
const COMPLETIONS_1904: &[u8] = include_bytes!("../../../tests/data/completions-1904.xlsx");
const NORWEGIAN: &[u8] = include_bytes!("../../../tests/data/norwegian.ods");

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in entries {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn open<'a>(bytes: &'a [u8], wanted: &Wanted) -> SheetReader<&'a [u8]> {
    SheetReader::open_wanted(bytes, Limits::default(), wanted).unwrap()
}

#[test]
fn the_sheet_that_looks_like_data_is_read_below_its_title() {
    let reader = open(MATCHES, &Wanted::default());
    assert_eq!(
        reader.header().names()[..4],
        ["match_id", "participant_id", "buddy_id", "matched_at"]
    );
    assert_eq!(
        read(MATCHES)[0],
        row(
            4,
            &["M0", "P0", "B0", "2025-03-04T10:30:00", "active", "", "3"]
        )
    );
}

#[test]
fn a_named_sheet_is_read_and_an_unknown_one_is_refused() {
    let named = |name: &str| Wanted {
        sheet: Some(name.to_owned()),
        ..Wanted::default()
    };
    let reader = open(MATCHES, &named("info"));
    assert_eq!(reader.header().names(), ["Exported", "2025-11-22"]);
    let Err(error) = SheetReader::open_wanted(MATCHES, Limits::default(), &named("July")) else {
        panic!("there is no such sheet")
    };
    assert_eq!(
        error.to_string(),
        "There is no sheet “July”. The file has: Info, Matches."
    );
}

#[test]
fn dates_of_the_1904_system_and_of_ods_are_iso() {
    let day = |bytes: &[u8], column: usize| match &read(bytes)[0] {
        Seen::Row(_, fields) => fields[column].clone(),
        Seen::Broken(..) => panic!("a good row"),
    };
    assert_eq!(day(COMPLETIONS_1904, 4), "2025-10-15");
    assert_eq!(day(NORWEGIAN, 3), "2025-05-01");
    assert_eq!(day(COMPLETIONS_1904, 5), "92.5");
}

#[test]
fn numbers_are_written_as_people_see_them() {
    for (number, text) in [
        (3.0, "3"),
        (0.1 + 0.2, "0.3"),
        (47_912_345_678.0, "47912345678"),
        (-2.5, "-2.5"),
        (1e-3, "0.001"),
    ] {
        assert_eq!(number_text(number), text);
    }
}

#[test]
fn json_is_read_as_an_array_as_lines_and_by_entity() {
    let rows = [row(2, &["1", "x, y", ""]), row(3, &["2", "", "{\"a\":1}"])];
    assert_eq!(read(r#"[{"z":1,"b":"x, y"},{"z":2,"c":{"a":1}}]"#), rows);
    assert_eq!(
        read("{\"z\":1,\"b\":\"x, y\"}\n{\"z\":2,\"c\":{\"a\":1}}\n"),
        rows
    );
    let export = br#"{"meta":{"n":2},"tags":["a"],"data":{"notes":[{"x":1}],
        "checkins":[{"checkin_id":"c1","match_id":"m1","checkin_date":"2025-02-03","mood":null}]}}"#;
    assert_eq!(read(export), [row(2, &["c1", "m1", "2025-02-03", ""])]);
    let wanted = Wanted {
        sheet: Some("notes".to_owned()),
        ..Wanted::default()
    };
    assert_eq!(open(export, &wanted).header().names(), ["x"]);
    assert_eq!(refusal(r#"[{"a":1},{"#).code(), "json_broken");
    assert_eq!(refusal(r#"{"a" 1}"#).code(), "json_broken");
}

#[test]
fn the_source_decides_between_entities() {
    let export = br#"{"users":[{"id":"u","email":"a@b.no","role":"buddy"}],
        "matches":[{"match_id":"m","participant_id":"p","buddy_id":"b","matched_at":"2025-01-01","status":"active"}]}"#;
    for (source, first) in [
        (Source::BuddyUsers, "id"),
        (Source::BuddyMatches, "match_id"),
    ] {
        let wanted = Wanted {
            source: Some(source),
            ..Wanted::default()
        };
        assert_eq!(open(export, &wanted).header().names()[0], first);
    }
}

#[test]
fn an_archive_gives_its_one_table() {
    let table = b"a,b\n1,2\n";
    assert_eq!(
        read(archive(&[("x/data.csv", table)])),
        [row(2, &["1", "2"])]
    );
    assert_eq!(
        read(archive(&[
            ("data.csv", table),
            ("__MACOSX/._data.csv", b"x"),
            ("readme.md", b"x")
        ])),
        [row(2, &["1", "2"])]
    );
    assert_eq!(read(archive(&[("book.xlsx", MATCHES)])).len(), 5);
}

#[test]
fn archives_that_are_no_table_are_refused_by_name() {
    let table = b"a,b\n1,2\n";
    let inner = archive(&[("data.csv", table)]);
    let bomb = archive(&[("data.csv", &vec![b'a'; 8 << 20])]);
    let many: Vec<(String, &[u8])> = (0..1_001).map(|n| (format!("{n}.bin"), &b""[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, b)| (name.as_str(), *b)).collect();
    for (code, bytes) in [
        ("archive_broken", b"PK\x03\x04rest".to_vec()),
        (
            "archive_tables",
            archive(&[("a.csv", table), ("b.csv", table)]),
        ),
        (
            "archive_tables",
            archive(&[("a.bin", table), ("b.bin", table)]),
        ),
        ("archive_path", archive(&[("../data.csv", table)])),
        ("archive_nested", archive(&[("data.zip", &inner)])),
        ("archive_nested", archive(&[("data.csv", &inner)])),
        ("gzip_bomb", bomb),
        ("archive_entries", archive(&many)),
        ("workbook_broken", archive(&[("xl/workbook.xml", b"<x/>")])),
    ] {
        assert_eq!(refusal(&bytes).code(), code);
    }
}

#[test]
fn sessions_in_a_workbook_or_in_json_are_recognised_like_those_in_text() {
    let session = r#"{"session_id":"K1","session_type":"language","participant_email":"a@example.org",
        "volunteer_email":"b@example.org","date":"2025-03-04","duration_min":45,"rating":4}"#;
    let found = scan(format!("[{session}]").as_bytes(), Limits::default(), None).unwrap();
    assert_eq!(
        (found.header_set.as_str(), found.rows),
        ("kintell-sessions", 1)
    );
}
