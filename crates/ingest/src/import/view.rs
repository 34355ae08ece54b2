//! Imports as the HTTP interface shows them.

use contracts::{ImportId, UserId};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::life::check::CheckResult;
use super::life::undo::UndoCounts;
use super::model::{Counts, FileProblem, Layout, Progress, State, Warning};
use super::rejection::RejectedRow;
use super::summary::ImportSummary;
use crate::sheet::row_error::RowError;
use crate::source::Source;

/// An import.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ImportView {
    /// Its id.
    id: ImportId,
    /// Where the file came from.
    source: Source,
    /// The name of the file as it was sent.
    file_name: String,
    /// SHA-256 of the file as it was sent, in hexadecimal digits.
    sha256: String,
    /// Its size in bytes as it was sent.
    size_bytes: u64,
    /// How far it is.
    state: State,
    #[serde(flatten)]
    counts: Counts,
    /// Rows of the file that are not blank; absent until it was read through.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows_total: Option<u64>,
    /// How fast it goes; only while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<Progress>,
    /// The zone of dates and times that name none.
    zone: String,
    /// How the file was understood; absent until it was read through.
    #[serde(skip_serializing_if = "Option::is_none")]
    layout: Option<Layout>,
    /// What is worth knowing although all went well.
    warnings: Vec<Warning>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<FileProblem>,
    /// Who uploaded the file; absent for the operator's command.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<UserId>,
    /// When it was uploaded.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the first row was looked at.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<Timestamp>,
    /// When it was committed or failed.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<Timestamp>,
    /// What committing it would do; absent unless it was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<CheckResult>,
    /// What undoing it has done so far; absent unless it is undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    undo: Option<UndoCounts>,
    /// When it was undone.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    undone_at: Option<Timestamp>,
}

impl From<ImportSummary> for ImportView {
    fn from(import: ImportSummary) -> Self {
        Self {
            id: import.id,
            source: import.source,
            file_name: import.file_name,
            sha256: hex::encode(import.sha256),
            size_bytes: import.size_bytes,
            state: import.state,
            counts: import.counts,
            rows_total: import.rows_total,
            progress: import.progress,
            zone: import.options.zone,
            layout: import.layout,
            warnings: import.warnings,
            problem: import.problem,
            created_by: import.created_by,
            created_at: import.created_at,
            started_at: import.started_at,
            finished_at: import.finished_at,
            check: import.check,
            undo: import.undo,
            undone_at: import.undone_at,
        }
    }
}

/// A page of imports, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportPage {
    /// The imports.
    pub(crate) imports: Vec<ImportView>,
    /// What to send as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

/// A fault of a refused row.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowErrorView {
    /// Physical line, from 1.
    line: u64,
    /// The column by its name; absent when the whole row is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<&'static str>,
    /// The code, `E001` and so on.
    code: &'static str,
    /// The value as found, shortened.
    value: String,
    /// What is wrong.
    reason: String,
    /// What to do about it.
    advice: &'static str,
}

impl From<RowError> for RowErrorView {
    fn from(error: RowError) -> Self {
        Self {
            line: error.line,
            column: error.column,
            code: error.code.as_str(),
            value: error.raw,
            reason: error.reason.into_owned(),
            advice: error.code.advice(),
        }
    }
}

/// A refused row.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RejectedRowView {
    /// Number of the row among those that are not blank, from 1.
    row: u64,
    /// Physical line on which it begins, from 1.
    line: u64,
    /// Everything that is wrong with it.
    errors: Vec<RowErrorView>,
}

impl From<RejectedRow> for RejectedRowView {
    fn from(row: RejectedRow) -> Self {
        Self {
            row: row.row,
            line: row.line,
            errors: row.errors.into_iter().map(RowErrorView::from).collect(),
        }
    }
}

/// A page of refused rows, in the order of the file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RejectedRowPage {
    /// The rows.
    pub(crate) rows: Vec<RejectedRowView>,
    /// What to send as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}
