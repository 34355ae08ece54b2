use std::collections::HashSet;
use std::io;

use crate::sheet::file_error::FileError;
use crate::sheet::formula::{escape_formula, unescape_formula};
use crate::sheet::header::{nearest, tidy};
use crate::sheet::row_error::{ErrorCode, RowError, UnknownErrorCode};

#[test]
fn formulas_are_escaped_and_numbers_are_not() {
    for cell in [
        "=1+1", "+cmd|x", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1", "－1", "+", "-5.", "\0x",
        "+47 99",
    ] {
        assert_eq!(escape_formula(cell), format!("'{cell}"), "{cell:?}");
        assert_eq!(unescape_formula(&escape_formula(cell)), cell);
    }
    for cell in [
        "", "text", "-5", "+0.25", "-1,5", "a=b", "'quoted'", "'", "1-2",
    ] {
        assert_eq!(escape_formula(cell), cell);
        assert_eq!(unescape_formula(cell), cell);
    }
}

#[test]
fn every_error_code_has_its_own_number_and_advice() {
    let mut advice = HashSet::new();
    for (number, code) in (1..).zip(ErrorCode::ALL) {
        assert_eq!(code.to_string(), format!("E{number:03}"));
        assert_eq!(code.as_str().parse(), Ok(code));
        assert!(code.advice().ends_with('.') && advice.insert(code.advice()));
    }
    assert_eq!("E099".parse::<ErrorCode>(), Err(UnknownErrorCode));
}

#[test]
fn a_row_error_tells_everything_but_keeps_the_value_out_of_debug() {
    let error = RowError::of_cell(
        7,
        "rating",
        ErrorCode::Rating,
        "kari@example.org",
        "The rating is not a number".into(),
    );
    assert!(!format!("{error:?}").contains("kari"));
    assert_eq!(
        error.message(),
        "rating: The rating is not a number. Write a number on the scale of the file (0 to 1, or 1 to 5), or leave it empty."
    );
    assert!(
        RowError::of_row(7, ErrorCode::Encoding, "Odd".into())
            .message()
            .starts_with("Odd. Save")
    );
}

#[test]
fn a_long_value_is_cut_between_characters() {
    let of = |raw: &str| RowError::of_cell(1, "x", ErrorCode::Text, raw, "Long".into()).raw;
    assert_eq!(of(&"ї".repeat(200)), "ї".repeat(200));
    assert_eq!(of(&"ї".repeat(201)), format!("{}…", "ї".repeat(200)));
}

#[test]
fn invisible_marks_around_a_text_are_white_space() {
    assert_eq!(tidy("\u{feff} \u{a0}\u{200b}x y\u{2060}\t"), "x y");
}

#[test]
fn the_nearest_name_is_found_by_its_edits() {
    let names = ["rating", "feedback_text", "language_level"];
    assert_eq!(nearest("ratng", names), Some(("rating", 1)));
    assert_eq!(nearest("feedbck_txt", names), Some(("feedback_text", 2)));
    assert_eq!(nearest(&"x".repeat(1_000), names), Some(("rating", 64)));
    assert_eq!(nearest("x", []), None);
}

#[test]
fn file_errors_have_distinct_codes_and_say_what_to_do() {
    let broken = || io::Error::from(io::ErrorKind::InvalidData);
    let errors = [
        FileError::Read(broken()),
        FileError::Empty,
        FileError::HeaderOnly,
        FileError::TooLarge { limit: 1 },
        FileError::GzipBomb { ratio: 1 },
        FileError::GzipBroken(broken()),
        FileError::GzipNested,
        FileError::NotCsv { found: "x" },
        FileError::ArchiveBroken,
        FileError::ArchiveEntries { limit: 1 },
        FileError::ArchivePath,
        FileError::ArchiveNested,
        FileError::ArchiveTables { found: 2 },
        FileError::WorkbookBroken,
        FileError::WorkbookTooLarge { limit: 1 },
        FileError::SheetUnknown {
            name: "a".into(),
            sheets: vec!["b".into()],
        },
        FileError::TableTooLarge { limit: 1 },
        FileError::JsonBroken,
        FileError::NulBytes { line: 1 },
        FileError::TooManyColumns { limit: 1 },
        FileError::HeaderTooLong { limit: 1 },
        FileError::HeaderQuote { line: 1 },
        FileError::HeaderEncoding,
        FileError::NoHeader {
            expected: vec!["a"],
        },
        FileError::DuplicateColumn { name: "a".into() },
        FileError::MissingColumns {
            found: vec![],
            missing: vec![("a", None)],
            expected: vec!["a"],
        },
        FileError::MisspelledColumn {
            found: "b".into(),
            meant: "a",
        },
        FileError::RatingScaleNeeded,
    ];
    let codes: HashSet<&str> = errors.iter().map(FileError::code).collect();
    assert_eq!(codes.len(), errors.len());
    for error in &errors {
        assert!(
            error
                .code()
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{}",
            error.code()
        );
        assert!(
            error.to_string().ends_with('.') || error.to_string().ends_with("1-5"),
            "{error}"
        );
    }
    assert!(errors[1].is_about_content());
}
