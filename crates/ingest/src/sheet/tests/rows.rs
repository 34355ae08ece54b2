use super::{Seen, read, read_as, refusal, row};
use crate::sheet::file_error::FileError;
use crate::sheet::limits::Limits;
use crate::sheet::reader::SheetReader;
use crate::sheet::record::Row;
use crate::sheet::row_error::ErrorCode;

#[test]
fn reads_every_separator() {
    for (separator, text) in [
        (b',', "a,b\n1,2\n"),
        (b';', "a;b\n1;2\n"),
        (b'\t', "a\tb\n1\t2\n"),
    ] {
        assert_eq!(read(text), [row(2, &["1", "2"])], "{text:?}");
        let reader = SheetReader::open(text.as_bytes(), Limits::default()).unwrap();
        assert_eq!(reader.delimiter(), separator);
    }
}

#[test]
fn the_header_decides_the_separator_not_the_rows() {
    assert_eq!(read("a;b\n1,5;2,5\n"), [row(2, &["1,5", "2,5"])]);
    assert_eq!(read("\"x;y;z\",b\n1,2\n"), [row(2, &["1", "2"])]);
    assert_eq!(read("alone\n1;2\n"), [row(2, &["1;2"])]);
}

#[test]
fn a_separator_that_excel_declares_is_obeyed_and_counts_as_a_line() {
    assert_eq!(read("sep=|\r\na|b\r\n1|2\r\n"), [row(3, &["1", "2"])]);
    assert_eq!(read("\nSEP=;\na;b\n1;2"), [row(4, &["1", "2"])]);
    // Only a whole line is a declaration.
    assert_eq!(read("sep=;,b\n1,2\n"), [row(2, &["1", "2"])]);
}

#[test]
fn every_line_end_separates_rows_and_counts_lines() {
    for text in ["a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4", "a,b\r1,2\r3,4\r"] {
        assert_eq!(
            read(text),
            [row(2, &["1", "2"]), row(3, &["3", "4"])],
            "{text:?}"
        );
    }
}

#[test]
fn a_row_has_the_line_on_which_it_begins() {
    let text = "a,b\n\"one\ntwo\",2\n\n3,4\n\r\n\"x\r\n\r\ny\",5\n6,7\n";
    assert_eq!(
        read(text),
        [
            row(2, &["one\ntwo", "2"]),
            row(5, &["3", "4"]),
            row(7, &["x\r\n\r\ny", "5"]),
            row(10, &["6", "7"]),
        ]
    );
}

#[test]
fn quotation_marks_follow_rfc_4180() {
    assert_eq!(
        read("a,b\n\"say \"\"hi\"\"\",\"1,2\"\n\"\",x\n5\" pipe,y\n"),
        [
            row(2, &["say \"hi\"", "1,2"]),
            row(3, &["", "x"]),
            row(4, &["5\" pipe", "y"])
        ]
    );
}

#[test]
fn blank_rows_are_no_rows() {
    let text = "\n\n a , b \n,\n1,2\n  ,\t\n;;;\n3,4\n\n\n";
    assert_eq!(
        read(text),
        [
            row(5, &["1", "2"]),
            Seen::Broken(7, ErrorCode::FieldCount),
            row(8, &["3", "4"])
        ]
    );
}

#[test]
fn the_header_is_trimmed_and_compared_without_case() {
    let text = "\u{feff} Session ID ,RATING,Feedback-Text,,\n1,2,3,,\n";
    let reader = SheetReader::open(text.as_bytes(), Limits::default()).unwrap();
    let header = reader.header();
    assert_eq!(header.names(), ["Session ID", "RATING", "Feedback-Text"]);
    assert_eq!(header.keys(), ["session_id", "rating", "feedback_text"]);
    assert_eq!(header.position("rating"), Some(1));
    assert_eq!(header.position("mood"), None);
    assert_eq!(
        (header.len(), header.is_empty(), header.is_error_file()),
        (3, false, false)
    );
}

#[test]
fn a_row_needs_as_many_fields_as_the_header_has_columns() {
    assert_eq!(
        read("a,b\n1\n1,2,3\n1,2, ,\n1,2\n"),
        [
            Seen::Broken(2, ErrorCode::FieldCount),
            Seen::Broken(3, ErrorCode::FieldCount),
            row(4, &["1", "2"]),
            row(5, &["1", "2"]),
        ]
    );
}

#[test]
fn a_broken_row_keeps_its_fields_for_the_error_file() {
    let mut reader = SheetReader::open("a,b\nx,y,z\n".as_bytes(), Limits::default()).unwrap();
    let row = reader.next_row().unwrap().unwrap();
    assert_eq!(row.line(), 2);
    assert_eq!(
        format!("{row:?}").matches('x').count(),
        0,
        "cells stay out of Debug"
    );
    let Row::Broken(record, error) = row else {
        panic!("three fields under two columns")
    };
    assert_eq!(record.fields().collect::<Vec<_>>(), ["x", "y", "z"]);
    assert!(!record.is_empty());
    assert_eq!(
        error.reason,
        "The row has 3 fields, the header has 2 columns"
    );
    assert_eq!((error.raw.as_str(), error.column), ("", None));
}

#[test]
fn an_open_quotation_mark_is_named_by_its_line_and_what_was_read_before_stands() {
    assert_eq!(
        read("a,b\n1,2\n\"x\ny\",\"never\nclosed\n3,4\n"),
        [
            row(2, &["1", "2"]),
            Seen::Broken(4, ErrorCode::UnclosedQuote)
        ]
    );
    // A file may end right behind a closing mark.
    assert_eq!(read("a,b\n1,\"2\""), [row(2, &["1", "2"])]);
    assert_eq!(read("a,b\n1,\"2\"\"\""), [row(2, &["1", "2\""])]);
    assert_eq!(
        read("a,b\n1,\""),
        [Seen::Broken(2, ErrorCode::UnclosedQuote)]
    );
}

#[test]
fn an_open_quotation_mark_before_more_than_a_row_may_hold_is_named_too() {
    let limits = Limits {
        max_record_bytes: 64,
        ..Limits::default()
    };
    let text = format!("a,b\n1,2\n\n3,\"{}", "lost\n".repeat(100));
    let seen = read_as(text.as_bytes(), limits, None).unwrap();
    assert_eq!(
        seen,
        [
            row(2, &["1", "2"]),
            Seen::Broken(4, ErrorCode::UnclosedQuote)
        ]
    );
}

#[test]
fn files_without_rows_or_header_are_refused() {
    for text in ["", "\n\r\n\n", "\u{feff}", ",,\n", "\u{feff}\r\n"] {
        assert!(matches!(refusal(text), FileError::Empty), "{text:?}");
    }
    assert_eq!(read("a,b\n"), []);
    assert_eq!(read("a,b"), []);
}

#[test]
fn a_column_may_not_appear_twice() {
    let error = refusal("Rating,a,rating \n1,2,3\n");
    assert_eq!(error.code(), "header_duplicate_column");
    assert_eq!(
        error.to_string(),
        "The column “rating” appears twice. Keep one of the two."
    );
}

#[test]
fn a_quotation_mark_open_in_the_header_is_named() {
    let error = refusal("a,\"b\nc,d\n1,2\n");
    assert!(
        matches!(error, FileError::HeaderQuote { line: 1 }),
        "{error:?}"
    );
}

#[test]
fn progress_is_told_in_unpacked_bytes() {
    let text = "a,b\n1,2\n";
    let mut reader = SheetReader::open(text.as_bytes(), Limits::default()).unwrap();
    while reader.next_row().unwrap().is_some() {}
    assert_eq!(reader.bytes_read(), text.len() as u64);
}
