use super::super::header::HeaderSet;
use super::super::scan::{Scan, scan};
use super::{COMBINED, LANGUAGE, MENTORSHIP, map_all};
use crate::sheet::file_error::FileError;
use crate::sheet::limits::Limits;

fn scan_header(header: &str) -> Result<Scan, FileError> {
    let fields = header
        .chars()
        .filter(|c| matches!(c, ',' | ';'))
        .collect::<String>();
    scan(
        format!("{header}\nx{fields}\n").as_bytes(),
        Limits::default(),
        None,
    )
}

fn refusal(header: &str) -> FileError {
    scan_header(header).unwrap_err()
}

#[test]
fn the_header_sets_are_recognised_by_their_columns() {
    let language_1_0 = LANGUAGE.replace(";metadata", "");
    for (header, set, name) in [
        (COMBINED, HeaderSet::Combined, "kintell-sessions"),
        (
            &language_1_0,
            HeaderSet::LanguageV1_0,
            "kintell-language-1.0",
        ),
        (LANGUAGE, HeaderSet::LanguageV1_1, "kintell-language-1.1"),
        (
            MENTORSHIP,
            HeaderSet::MentorshipV1_0,
            "kintell-mentorship-1.0",
        ),
    ] {
        let scan = scan_header(header).unwrap();
        assert_eq!((scan.header_set, scan.header_set.as_str()), (set, name));
        assert_eq!(scan.unused_columns, [""; 0]);
    }
}

#[test]
fn order_case_and_blanks_of_names_do_not_matter() {
    let mut names: Vec<String> = COMBINED
        .split(',')
        .map(|n| format!(" {} ", n.to_uppercase().replace('_', " ")))
        .collect();
    names.reverse();
    assert_eq!(
        scan_header(&names.join(",")).unwrap().header_set,
        HeaderSet::Combined
    );
}

#[test]
fn optional_columns_may_be_absent_and_are_told() {
    let scan = scan_header(
        "session_id,participant_email,volunteer_email,scheduled_at,completed_at,duration_minutes",
    )
    .unwrap();
    assert_eq!(scan.header_set, HeaderSet::LanguageV1_0);
    assert_eq!(
        scan.absent_columns,
        [
            "rating",
            "feedback_text",
            "language_level",
            "topics",
            "metadata"
        ]
    );
}

#[test]
fn unknown_columns_are_passed_over_and_told() {
    let scan = scan_header(&format!(
        "Region,{COMBINED},,Kommentar,_error_row,_error_code,_error_message"
    ))
    .unwrap();
    assert_eq!(scan.unused_columns, ["Region", "Kommentar"]);
}

#[test]
fn a_misspelled_optional_column_is_refused_because_its_cells_would_be_lost() {
    let error = refusal(&COMBINED.replace("feedback_text", "feedback_txt"));
    assert_eq!(error.code(), "header_misspelled_column");
    insta::assert_snapshot!(error, @"The column “feedback_txt” is unknown. Rename it to “feedback_text” if that is what it holds, or remove it.");
}

#[test]
fn missing_columns_are_listed_with_what_was_found_and_the_nearest_names() {
    let error =
        refusal("session_id,session_type,participant_mail,volunteer_email,date,duration,rating");
    assert_eq!(error.code(), "header_missing_columns");
    insta::assert_snapshot!(error, @"Missing columns: participant_email (is “participant_mail” meant?), duration_min (is “duration” meant?). Found: session_id, session_type, participant_mail, volunteer_email, date, duration, rating. Expected: session_id, session_type, participant_email, volunteer_email, date, duration_min, rating, feedback_text, language_level. Rename or add the columns and upload the file again.");
}

#[test]
fn a_file_of_another_kind_is_refused_with_what_is_expected() {
    let error = refusal(&format!("navn,{},by", "x".repeat(100)));
    let text = error.to_string();
    assert!(
        text.contains("Expected: session_id, session_type"),
        "{text}"
    );
    assert!(text.contains(&format!("{}…", "x".repeat(40))), "{text}");
    assert!(
        !text.contains("navn” meant"),
        "a hint that far off would mislead: {text}"
    );
}

#[test]
fn a_file_without_header_is_recognised_and_its_data_not_repeated() {
    let error =
        refusal("KINTELL-1,Language,anna@example.org,vol@example.net,2026-01-01,60,5,ok,B1");
    assert_eq!(error.code(), "header_missing");
    assert!(!error.to_string().contains("anna"));
    assert!(error.to_string().contains("session_id"));
}

#[test]
fn columns_of_two_sets_at_once_are_read_as_the_one_with_more_of_them() {
    // A mentor makes it mentorship whatever else is there.
    let scan = scan_header(&format!("{MENTORSHIP};language_level")).unwrap();
    assert_eq!(scan.header_set, HeaderSet::MentorshipV1_0);
    assert_eq!(scan.unused_columns, ["language_level"]);
}

#[test]
fn mapping_refuses_the_same_headers_as_scanning() {
    assert_eq!(
        map_all("a,b\n1,2\n", None).unwrap_err().code(),
        "header_missing_columns"
    );
}
