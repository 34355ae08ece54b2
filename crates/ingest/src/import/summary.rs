//! An import in clear, as people and programs see it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contracts::{ImportId, UserId};
use jiff::Timestamp;
use platform::TenantTx;
use platform::db::SqlTimestamp;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::life::check::CheckResult;
use super::life::undo::UndoCounts;
use super::model::{Counts, FileProblem, Layout, Options, Progress, State, Warning};
use super::rejection::RejectedRow;
use super::seal::{CompanySeal, Place};
use super::store::{self, StoredImport, Wanted};
use super::way;
use crate::error::Error;
use crate::record::store::count_orphans;
use crate::sheet::header::Header;
use crate::source::Source;

/// An import.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportSummary {
    /// Its id.
    pub id: ImportId,
    /// Where the file came from.
    pub source: Source,
    /// The file's name as it was sent.
    pub file_name: String,
    /// SHA-256 of the file as it was sent.
    pub sha256: [u8; 32],
    /// Its size in bytes, as it was sent.
    pub size_bytes: u64,
    /// How far it is.
    pub state: State,
    /// What the uploader said about the file.
    pub options: Options,
    /// How the file was understood; none before it was read through.
    pub layout: Option<Layout>,
    /// The column names of the file; none before it was read through.
    pub columns: Vec<String>,
    /// Rows of the file that are not blank; none before it was read through.
    pub rows_total: Option<u64>,
    /// What became of the rows so far.
    pub counts: Counts,
    /// How fast rows are dealt with; only while it runs.
    pub progress: Option<Progress>,
    /// What is worth knowing although all went well.
    pub warnings: Vec<Warning>,
    /// Why it failed.
    pub problem: Option<FileProblem>,
    /// Who uploaded the file; none for the operator at the command line.
    pub created_by: Option<UserId>,
    /// When the file was uploaded.
    pub created_at: Timestamp,
    /// When the first row was looked at.
    pub started_at: Option<Timestamp>,
    /// When it was committed, failed or was abandoned.
    pub finished_at: Option<Timestamp>,
    /// What a check has found.
    pub check: Option<CheckResult>,
    /// What an undo has done so far.
    pub undo: Option<UndoCounts>,
    /// When the undo ended.
    pub undone_at: Option<Timestamp>,
}

/// A place in the list of imports, from the newest to the oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportCursor {
    at: Timestamp,
    id: Uuid,
}

impl ImportCursor {
    /// The place behind this import.
    #[must_use]
    pub fn behind(import: &ImportSummary) -> Self {
        Self {
            at: import.created_at,
            id: import.id.uuid(),
        }
    }

    /// The opaque word that clients hand back.
    #[must_use]
    pub fn encode(self) -> String {
        let mut bytes = self.at.as_microsecond().to_be_bytes().to_vec();
        bytes.extend(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place of a word that [`ImportCursor::encode`] made.
    #[must_use]
    pub fn decode(word: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(word).ok()?;
        let (at, id) = bytes.split_first_chunk::<8>()?;
        Some(Self {
            at: Timestamp::from_microsecond(i64::from_be_bytes(*at)).ok()?,
            id: Uuid::from_slice(id).ok()?,
        })
    }
}

/// Finds an import of the transaction's company.
///
/// # Errors
/// [`Error`] when the database or a key fails.
pub async fn find_import(tx: &mut TenantTx, id: ImportId) -> Result<Option<ImportSummary>, Error> {
    let wanted = Wanted {
        id: Some(id),
        limit: 1,
        ..Wanted::default()
    };
    Ok(read(tx, wanted).await?.pop())
}

/// Imports of the transaction's company, newest first, at most `limit` of those behind `after`.
///
/// # Errors
/// As [`find_import`].
pub async fn list_imports(
    tx: &mut TenantTx,
    after: Option<ImportCursor>,
    limit: u32,
) -> Result<Vec<ImportSummary>, Error> {
    let wanted = Wanted {
        before: after.map(|cursor| (cursor.at, cursor.id)),
        limit: i64::from(limit),
        ..Wanted::default()
    };
    read(tx, wanted).await
}

/// As [`list_imports`], but behind the first `offset` imports: for numbered pages.
///
/// # Errors
/// As [`find_import`].
pub async fn list_imports_from(
    tx: &mut TenantTx,
    offset: u64,
    limit: u32,
) -> Result<Vec<ImportSummary>, Error> {
    let wanted = Wanted {
        offset: i64::try_from(offset).unwrap_or(i64::MAX),
        limit: i64::from(limit),
        ..Wanted::default()
    };
    read(tx, wanted).await
}

/// Number of imports of the transaction's company.
///
/// # Errors
/// As [`find_import`].
pub async fn count_imports(tx: &mut TenantTx) -> Result<u64, Error> {
    let count = store::count_imports(tx).await?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// Refused rows of an import in the order of the file, at most `limit` of those behind row `after` (0 for all).
/// They are the uploader's own data: for people who may see imports, never for logs.
///
/// # Errors
/// As [`find_import`].
pub async fn list_rejected_rows(
    tx: &mut TenantTx,
    import: ImportId,
    after: u64,
    limit: u32,
) -> Result<Vec<RejectedRow>, Error> {
    let seal = CompanySeal::of(tx.db(), tx.company()).await?;
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let rows = store::find_rejections(tx, import, after, i64::from(limit)).await?;
    rows.into_iter()
        .map(|row| row.open(&seal, import))
        .collect()
}

async fn read(tx: &mut TenantTx, wanted: Wanted) -> Result<Vec<ImportSummary>, Error> {
    let rows = store::find_imports(tx, wanted).await?;
    let seal = CompanySeal::of(tx.db(), tx.company()).await?;
    let now = tx.clock().now();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let orphans = count_orphans(tx, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let mut summary = open(&row, &seal, now)?;
            let waiting = orphans.get(&row.id).copied();
            summary.warnings.extend(waiting.map(matches_unknown));
            Ok(summary)
        })
        .collect()
}

fn open(row: &StoredImport, seal: &CompanySeal, now: Timestamp) -> Result<ImportSummary, Error> {
    let id = ImportId::new(row.id);
    let source = Source::find(&row.source).map_err(|_| unknown("source"))?;
    let state = State::parse(&row.state).ok_or_else(|| unknown("state"))?;
    let layout: Option<Layout> = row
        .layout
        .clone()
        .map(serde_json::from_value)
        .transpose()
        .map_err(Error::Form)?;
    let columns: Vec<String> = match &row.header {
        Some(sealed) => seal.open_json(Place::Header(id), sealed)?,
        None => Vec::new(),
    };
    let problem = row
        .problem
        .as_deref()
        .map(|sealed| seal.open_json(Place::Problem(id), sealed));
    let counts = store::counts([
        row.rows_in,
        row.created,
        row.updated,
        row.unchanged,
        row.rejected,
    ]);
    let rows_total = row
        .rows_total
        .map(|rows| u64::try_from(rows).unwrap_or_default());
    Ok(ImportSummary {
        id,
        source,
        file_name: seal.open_text(Place::FileName(id), &row.file_name)?,
        sha256: row.file_sha256.as_slice().try_into().unwrap_or_default(),
        size_bytes: u64::try_from(row.size_bytes).unwrap_or_default(),
        state,
        options: serde_json::from_value(row.options.clone()).map_err(Error::Form)?,
        warnings: warnings(source, state, rows_total, &columns),
        layout,
        columns,
        rows_total,
        counts,
        progress: progress(row, state, counts, rows_total, now),
        problem: problem.transpose()?,
        created_by: (!row.created_by.is_nil()).then(|| row.created_by.into()),
        created_at: row.created_at.to_jiff(),
        started_at: row.started_at.map(SqlTimestamp::to_jiff),
        finished_at: row.finished_at.map(SqlTimestamp::to_jiff),
        check: stored(row.check_result.as_ref())?,
        undo: stored(row.undo_result.as_ref())?,
        undone_at: row.undone_at.map(SqlTimestamp::to_jiff),
    })
}

fn matches_unknown(rows: i64) -> Warning {
    Warning {
        code: "matches_unknown".to_owned(),
        detail: format!(
            "{rows} rows name a match that is not known. They are stored, and count for its people once the match is imported."
        ),
    }
}

fn stored<T: DeserializeOwned>(json: Option<&serde_json::Value>) -> Result<Option<T>, Error> {
    json.map(T::deserialize).transpose().map_err(Error::Form)
}

fn unknown(what: &str) -> Error {
    Error::Database(platform::DbError::Schema(format!(
        "an import of unknown {what}"
    )))
}

fn progress(
    row: &StoredImport,
    state: State,
    counts: Counts,
    rows_total: Option<u64>,
    now: Timestamp,
) -> Option<Progress> {
    let since = row.run_started_at.filter(|_| state == State::Running)?;
    let seconds = now.duration_since(since.to_jiff()).as_secs_f64();
    let first = u64::try_from(row.run_first_row).unwrap_or_default();
    Some(Progress::at(counts.rows_in, rows_total, first, seconds))
}

fn warnings(
    source: Source,
    state: State,
    rows_total: Option<u64>,
    columns: &[String],
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if state == State::Committed && rows_total == Some(0) {
        warnings.push(Warning {
            code: "file_without_rows".to_owned(),
            detail: "The file has column names but no rows, so nothing was taken in. Check the period chosen for the export."
                .to_owned(),
        });
    }
    let unused = Header::from_names(columns.to_vec())
        .map(|header| way::unused_columns(source, &header))
        .unwrap_or_default();
    if !unused.is_empty() {
        warnings.push(Warning {
            code: "columns_unused".to_owned(),
            detail: format!("These columns were passed over: {}.", unused.join(", ")),
        });
    }
    warnings
}
