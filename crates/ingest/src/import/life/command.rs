//! Decisions about imports from a command.

use std::time::Duration;

use contracts::ImportId;
use platform::jobs::{self, JobRunner, NewJob};
use platform::{AuditNote, Db, TenantGrant};
use tokio_util::sync::CancellationToken;

use super::store;
use super::undo::{UNDO_IMPORT, UndoCounts, UndoImport, UndoImportPayload};
use crate::config::Config;
use crate::error::Error;
use crate::import::intake::Intake;
use crate::import::model::State;
use crate::import::spool::SpoolId;
use crate::import::summary::find_import;

/// How often an undo that another process runs is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Abandons an import that has not ended, and forgets its file.
///
/// # Errors
/// [`Error`] when it has ended, or the database fails.
pub async fn abandon_import(
    db: &Db,
    grant: &TenantGrant,
    config: &Config,
    import: ImportId,
) -> Result<(), Error> {
    let mut tx = db.tenant(grant).await?;
    if !store::abandon_import(&mut tx, import).await? {
        return Err(Error::State(
            "only an import that has not ended can be abandoned",
        ));
    }
    tx.audit(AuditNote::new("import.abandon", "import", import));
    tx.commit().await?;
    let file = SpoolId {
        company: grant.company(),
        import,
    };
    Intake::new(config, db)
        .spool
        .remove(file)
        .map_err(Error::Spool)
}

/// Undoes an import; comes back when that is done. Cut off, it goes on when a server runs.
///
/// # Errors
/// [`Error`] when the import is unknown, has not ended or took nothing in, when the database fails, or `stop` was raised.
pub async fn undo_import(
    db: &Db,
    grant: &TenantGrant,
    import: ImportId,
    stop: &CancellationToken,
) -> Result<UndoCounts, Error> {
    let mut tx = db.tenant(grant).await?;
    if !store::begin_undo(&mut tx, import).await? {
        let state = "only an import of this company that has ended and took rows in can be undone";
        return Err(Error::State(state));
    }
    let job = jobs::enqueue(
        &mut tx,
        NewJob::new(UNDO_IMPORT, UndoImportPayload { import })?,
    )
    .await?;
    tx.audit(AuditNote::new("import.undo", "import", import));
    tx.commit().await?;
    let runner = JobRunner::new(db, vec![UndoImport::kind()]);
    loop {
        if let Some(job) = job {
            runner.run_one(job, stop).await?;
        }
        let mut tx = db.tenant(grant).await?;
        let import = find_import(&mut tx, import).await?;
        drop(tx);
        if let Some(import) = import.filter(|import| import.state == State::Undone) {
            return Ok(import.undo.unwrap_or_default());
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => return Err(Error::Interrupted),
        }
    }
}
