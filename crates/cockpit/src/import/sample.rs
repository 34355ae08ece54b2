//! Made-up imports.

use super::{
    Counts, Decision, Failure, ImportPage, ImportRow, Imports, Progress, RatingScale, RejectedRow,
    Source, State, UploadForm,
};
use crate::gallery::{PERSON, TOKEN, company};
use crate::layout::{Layout, Section};
use crate::page::{FormError, Paging};
use ingest::query::ErrorCode;
use jiff::{Timestamp, tz::TimeZone};

const UPLOADED: Timestamp = Timestamp::constant(1_791_986_400, 0);
const FILE: &str = "kintell-sessions-2026-q3.csv";

const DONE: Counts = Counts {
    rows_in: 2_013,
    created: 1_974,
    updated: 8,
    unchanged: 4,
    rejected: 27,
};
const RUNNING: Counts = Counts {
    rows_in: 1_250,
    created: 1_236,
    updated: 0,
    unchanged: 0,
    rejected: 14,
};
const REPEATED: Counts = Counts {
    rows_in: 1_986,
    created: 0,
    updated: 0,
    unchanged: 1_986,
    rejected: 0,
};

fn layout(title: &str) -> Layout {
    Layout::signed_in(title, TOKEN, PERSON)
        .within(company(), true)
        .at(Section::Imports)
}

/// Four imports in all states.
#[must_use]
pub fn list() -> Imports {
    let row = |file: &str, state, counts| ImportRow {
        href: "/c/acme/imports/imp_0199aa".to_owned(),
        file: file.to_owned(),
        source: Source::KintellSessions,
        uploaded_at: UPLOADED,
        state,
        counts,
    };
    Imports {
        rows: vec![
            row(
                "kintell-sessions-2026-q4.csv.gz",
                State::Waiting,
                Counts::default(),
            ),
            row(FILE, State::Running, RUNNING),
            row(FILE, State::Committed, DONE),
            row(
                "a-file-with-quite-a-long-name-that-somebody-exported-twice (1).csv",
                State::Committed,
                REPEATED,
            ),
            row(
                "kintell-sessions-2025.csv",
                State::Failed,
                Counts::default(),
            ),
        ],
        paging: Paging::new("/c/acme/imports", 1, 5, 12),
        ..empty_list()
    }
}

/// The form come back with errors.
#[must_use]
pub fn list_with_errors() -> Imports {
    let error = |field, text: &str| FormError {
        field,
        text: text.to_owned(),
    };
    let page = list();
    let form = page.form.map(|form| UploadForm {
        time_zone: "Europe/Atlantis".to_owned(),
        errors: vec![
            error(
                "time_zone",
                "Europe/Atlantis is no time zone. Choose one such as Europe/Oslo.",
            ),
            error("file", "Choose a file."),
        ],
        ..form
    });
    Imports {
        layout: page.layout.failing(),
        form,
        ..page
    }
}

/// Before the first import.
#[must_use]
pub fn empty_list() -> Imports {
    Imports {
        layout: layout("Imports"),
        form: Some(UploadForm {
            source: Source::KintellSessions,
            rating_scale: RatingScale::FromFile,
            time_zone: "Europe/Oslo".to_owned(),
            zones: ["Europe/Oslo", "Europe/Kyiv", "UTC"]
                .map(str::to_owned)
                .to_vec(),
            limit: 2_000_000_000,
            errors: Vec::new(),
        }),
        rows: Vec::new(),
        paging: Paging::new("/c/acme/imports", 1, 5, 0),
        zone: TimeZone::UTC,
    }
}

/// In the middle of the file.
#[must_use]
pub fn running() -> ImportPage {
    let progress = Progress {
        percent: Some(62),
        ..progress(State::Running, RUNNING, 2)
    };
    page(progress)
}

/// At the end, with rejected rows.
#[must_use]
pub fn done() -> ImportPage {
    page(progress(State::Committed, DONE, 7))
}

/// Stopped by a wrong header.
#[must_use]
pub fn failed() -> ImportPage {
    let failure = Failure {
        what: "The first line is not a header of a Kintell sessions file: the column session_id is missing."
            .to_owned(),
        safe: "Nothing of this file was stored, and nothing else was changed.".to_owned(),
        next: "Export the sessions again, leave the first line as it is, and upload the file.".to_owned(),
    };
    page(Progress {
        failure: Some(failure),
        ..progress(State::Failed, Counts::default(), 0)
    })
}

/// A header and nothing below it.
#[must_use]
pub fn without_rows() -> ImportPage {
    page(progress(State::Committed, Counts::default(), 0))
}

fn page(progress: Progress) -> ImportPage {
    ImportPage {
        layout: layout(&format!("Import of {FILE}")),
        file: FILE.to_owned(),
        source: Source::KintellSessions,
        size: 412_904,
        rating_scale: "1 to 5 stars, found out from the file".to_owned(),
        time_zone: "Europe/Oslo".to_owned(),
        uploaded_at: UPLOADED,
        zone: TimeZone::UTC,
        decisions: Decision::offered(progress.state, progress.counts.created > 0),
        progress,
    }
}

fn progress(state: State, counts: Counts, rejected: usize) -> Progress {
    Progress {
        slug: "acme".to_owned(),
        import_id: "imp_0199aa".to_owned(),
        state,
        counts,
        percent: None,
        rejected: REJECTED.iter().take(rejected).map(rejected_row).collect(),
        failure: None,
        changes: Vec::new(),
        undone: None,
    }
}

const REJECTED: [(u64, &str, ErrorCode, &str); 7] = [
    (
        14,
        "participant_email",
        ErrorCode::Email,
        "The address has no @.",
    ),
    (
        97,
        "date",
        ErrorCode::Date,
        "The date does not exist in the calendar.",
    ),
    (
        211,
        "duration_min",
        ErrorCode::Duration,
        "The duration is negative.",
    ),
    (
        388,
        "language_level",
        ErrorCode::LanguageLevel,
        "The level is not one of A1, A2, B1, B2, C1, C2.",
    ),
    (640, "rating", ErrorCode::Rating, "The rating is above 5."),
    (
        1_102,
        "completed_at",
        ErrorCode::Order,
        "The session ends before it begins.",
    ),
    (
        1_877,
        "",
        ErrorCode::FieldCount,
        "The row has 4 columns, the header has 9.",
    ),
];

fn rejected_row(row: &(u64, &str, ErrorCode, &str)) -> RejectedRow {
    let &(line, column, code, reason) = row;
    RejectedRow {
        line,
        column: column.to_owned(),
        code: code.as_str().to_owned(),
        reason: reason.to_owned(),
        advice: code.advice(),
    }
}
