//! What others may read of what was taken in.

use std::collections::HashMap;

use contracts::{ImportId, SessionId};
use platform::TenantTx;

use crate::error::Error;
pub use crate::import::life::check::{CheckResult, CheckedFault, CheckedRefusal};
pub use crate::import::life::undo::UndoCounts;
pub use crate::import::model::{Counts, FileProblem, Layout, Options, Progress, State, Warning};
pub use crate::import::rejection::RejectedRow;
use crate::import::seal::{CompanySeal, Place};
pub use crate::import::summary::{
    ImportCursor, ImportSummary, count_imports, find_import, list_imports, list_imports_from,
    list_rejected_rows,
};
pub use crate::inspect::{
    DateColumn, DateOrder, Drift, InspectOptions, Inspection, MappedColumn, Mapping, Note,
    Question, Renamed,
};
use crate::kintell::store;
pub use crate::sheet::row_error::ErrorCode;
pub use crate::source::{FieldSpec, Shape, Source, System, Variant};
pub use crate::webhook::letter::{
    DeadDelivery, LetterCursor, counts as count_deliveries, list as list_dead_deliveries,
};

/// Where a session was last told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionOrigin {
    /// The import.
    pub import: ImportId,
    /// The name of its file.
    pub file_name: String,
    /// Number of the row among those that are not blank, from 1.
    pub row: u64,
    /// Physical line on which the row begins, from 1.
    pub line: u64,
}

/// Where these sessions of the transaction's company were last told of; unknown ones are left out.
///
/// # Errors
/// [`Error`] when the database or a key fails.
pub async fn session_origins(
    tx: &mut TenantTx,
    sessions: &[SessionId],
) -> Result<HashMap<SessionId, SessionOrigin>, Error> {
    let seal = CompanySeal::of(tx.db(), tx.company()).await?;
    let rows = store::find_origins(tx, sessions).await?;
    let mut names: HashMap<ImportId, String> = HashMap::new();
    let mut origins = HashMap::with_capacity(rows.len());
    for row in rows {
        let file_name = match names.get(&row.import) {
            Some(name) => name.clone(),
            None => seal.open_text(Place::FileName(row.import), &row.file_name)?,
        };
        names.insert(row.import, file_name.clone());
        let origin = SessionOrigin {
            import: row.import,
            file_name,
            row: u64::try_from(row.row).unwrap_or_default(),
            line: u64::try_from(row.line).unwrap_or_default(),
        };
        origins.insert(row.session, origin);
    }
    Ok(origins)
}
