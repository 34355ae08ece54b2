//! Courses and credentials: what a good row becomes, and how each rule refuses.

use contracts::event::Payload;

use crate::record::tests::{
    Cells, announce, announce_nobody, faults, map, prepare, refuses, texts,
};
use crate::sheet::row_error::ErrorCode::{
    Choice, Date, Email, Future, Identifier, MissingField, Number, Order, Text, Url,
};
use crate::source::Source;

type Row = &'static [(&'static str, &'static str)];

const COMPLETION: Row = &[
    ("user_email", "Olena@example.org"),
    ("provider", "eCornell"),
    ("course_id", "EXEC-101"),
    ("course_name", "Executive Leadership Program"),
    ("completed_at", "2026-10-15T14:30:00Z"),
    ("final_score", "92,5 %"),
    ("credential_ref", "CERT-EXEC-101"),
];

#[test]
fn a_completion_is_progress_to_the_end_and_keeps_the_score() {
    let draft = map(
        Source::UpskillingCompletions,
        &COMPLETION.iter().copied().collect(),
    );
    assert_eq!(texts(&draft), [("credential_ref", "CERT-EXEC-101")]);
    let payloads = announce(&draft);
    let [
        Payload::UpskillingProgressUpdated(progress),
        Payload::UpskillingCourseCompleted(done),
    ] = &payloads[..]
    else {
        panic!("{payloads:?}")
    };
    assert_eq!(progress.progress_percent.get(), 100);
    assert_eq!(progress.progress_id, done.progress_id);
    assert_eq!(done.provider.as_str(), "ecornell");
    assert!((done.final_score.unwrap().get() - 92.5).abs() < 0.001);
    assert!(done.credential_ref_text_id.is_some());
    assert!(announce_nobody(&draft).is_empty());
}

#[test]
fn one_place_in_a_course_is_one_record_however_its_provider_is_written() {
    let mut cells: Cells<'_> = COMPLETION.iter().copied().collect();
    let one = prepare(Source::UpskillingCompletions, &cells).unwrap();
    cells.extend([
        ("provider", "ECORNELL "),
        ("completed_at", ""),
        ("status", "in progress"),
        ("updated_at", "2026-09-01"),
        ("progress_percent", "40"),
    ]);
    let other = prepare(Source::UpskillingCompletions, &cells).unwrap();
    assert_eq!(one.id, other.id);
    let payloads = announce(&other.draft);
    let [Payload::UpskillingProgressUpdated(progress)] = &payloads[..] else {
        panic!()
    };
    assert_eq!(
        (progress.progress_percent.get(), progress.status.as_str()),
        (40, "in_progress")
    );
    cells.extend([("status", "completed"), ("progress_percent", "")]);
    let done = announce(&map(Source::UpskillingCompletions, &cells));
    assert_eq!(done.len(), 2);
    cells.insert("status", "enrolled");
    cells.insert("updated_at", "");
    assert_eq!(
        prepare(Source::UpskillingCompletions, &cells).err(),
        Some(vec![("updated_at", MissingField)])
    );
}

#[test]
fn completions_are_refused_by_their_rules() {
    refuses(
        Source::UpskillingCompletions,
        COMPLETION,
        &[
            ("user_email", "olena", Email),
            ("provider", "", MissingField),
            ("provider", "??", Text),
            ("course_id", "EXEC 101", Identifier),
            ("course_name", "", MissingField),
            ("completed_at", "", MissingField),
            ("completed_at", "15 October", Date),
            ("completed_at", "2027-01-01", Future),
            ("final_score", "101", Number),
            ("final_score", "ninety", Number),
            ("status", "paused", Choice),
            ("progress_percent", "120", Number),
        ],
    );
    let found = faults(
        Source::UpskillingCompletions,
        COMPLETION,
        &[("started_at", "2026-11-01")],
    );
    assert_eq!(found, [("completed_at", Order)]);
}

const CREDENTIAL: Row = &[
    ("credential_id", "CRED-0007"),
    ("user_email", "olena@example.org"),
    ("provider", "itslearning"),
    ("course_id", "DATA-201"),
    ("course_name", "Data Analytics Fundamentals"),
    ("credential_type", "Certificate"),
    ("issued_at", "2026-10-20"),
    ("expires_at", "2028-10-20"),
    ("credential_url", "verify.example.org/7?x=1"),
    ("verification_code", "VC-7"),
];

#[test]
fn a_credential_leaves_number_link_and_code_to_the_vault() {
    let row = prepare(
        Source::UpskillingCredentials,
        &CREDENTIAL.iter().copied().collect(),
    )
    .unwrap();
    assert!(!row.external_id.contains("CRED"));
    assert_eq!(
        texts(&row.draft),
        [
            ("credential_id", "CRED-0007"),
            ("credential_url", "https://verify.example.org/7?x=1"),
            ("verification_code", "VC-7")
        ]
    );
    let payloads = announce(&row.draft);
    let [Payload::UpskillingCredentialIssued(issued)] = &payloads[..] else {
        panic!()
    };
    assert!(issued.credential_url_text_id.is_some() && issued.expires_at.is_some());
    assert!(announce_nobody(&row.draft).is_empty());
}

#[test]
fn credentials_are_refused_by_their_rules() {
    refuses(
        Source::UpskillingCredentials,
        CREDENTIAL,
        &[
            ("credential_id", "", MissingField),
            ("user_email", "", MissingField),
            ("provider", "", MissingField),
            ("course_id", "a@b", Identifier),
            ("course_name", "write to olena@example.org", Text),
            ("credential_type", "medal", Choice),
            ("issued_at", "2027-01-01", Future),
            ("expires_at", "2026-01-01", Order),
            ("credential_url", "see the portal", Url),
            ("credential_url", "ftp://example.org/x", Url),
            ("credential_url", "https://localhost/x", Url),
            ("credential_url", "https://.org/", Url),
        ],
    );
}
