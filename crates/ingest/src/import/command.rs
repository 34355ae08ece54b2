//! An import from a command: the same spool, the same transaction, the same job, run here.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use contracts::{ImportId, JobId};
use platform::jobs::JobRunner;
use platform::{Db, TenantGrant};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::intake::{Intake, Upload, add_import};
use super::job::{ProgressSink, RunImport};
use super::life::check::CheckResult;
use super::model::{Counts, FileProblem, Progress, State, Warning};
use super::summary::{ImportSummary, find_import};
use crate::config::Config;
use crate::error::Error;

/// How often an import that another process runs is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// How an import ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportOutcome {
    /// Its id.
    pub import_id: ImportId,
    /// What became of the rows.
    #[serde(flatten)]
    pub counts: Counts,
    /// `committed`, `checked` or `failed`.
    pub state: State,
    /// What committing it would do, of a file that was to be checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckResult>,
    /// What is worth knowing although all went well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<FileProblem>,
}

/// Stores a file and takes it in, telling `progress` after every batch; comes back when the import has ended.
///
/// Cut off by `stop` or a crash, it goes on when a server or another command runs on the same data directory.
///
/// # Errors
/// [`Error`] when the file cannot be read or stored, the database fails, or `stop` was raised. A file that is refused
/// is no error here: the outcome says so.
pub async fn import_file(
    db: &Db,
    grant: &TenantGrant,
    config: &Config,
    upload: Upload,
    file: impl Read + Send + 'static,
    progress: impl Fn(Progress) + Send + Sync + 'static,
    stop: &CancellationToken,
) -> Result<ImportOutcome, Error> {
    let intake = Intake::new(config, db);
    let (import, job) = store_file(&intake, grant, upload, file).await?;
    let progress: ProgressSink = Arc::new(progress);
    let kind = RunImport::kind(&intake.spool, Some(Arc::clone(&progress)));
    let runner = JobRunner::new(db, vec![kind]);
    loop {
        let ran = runner.run_one(job, stop).await?;
        let summary = look(db, grant, import).await?;
        if summary.state.rests() {
            return Ok(outcome(summary));
        }
        if stop.is_cancelled() {
            return Err(Error::Interrupted);
        }
        if !ran {
            // A server on the same database was quicker, or the job waits for its next attempt.
            if let Some(at) = summary.progress {
                progress(at);
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => {}
            }
        }
    }
}

async fn store_file(
    intake: &Intake,
    grant: &TenantGrant,
    upload: Upload,
    file: impl Read + Send + 'static,
) -> Result<(ImportId, JobId), Error> {
    let (spool, id) = (Arc::clone(&intake.spool), intake.new_file(grant.company()));
    let spooled = tokio::task::spawn_blocking(move || spool.store(id, file));
    let spooled = spooled.await.map_err(Error::Task)??;
    let mut tx = intake.db.tenant(grant).await?;
    let job = add_import(&mut tx, &spooled, &upload).await?;
    // As at the route: whether a failed commit took effect is not known.
    spooled.keep();
    tx.commit().await?;
    Ok((id.import, job))
}

async fn look(db: &Db, grant: &TenantGrant, import: ImportId) -> Result<ImportSummary, Error> {
    let mut tx = db.tenant(grant).await?;
    let missing = || platform::DbError::Schema("an import has vanished".to_owned());
    Ok(find_import(&mut tx, import).await?.ok_or_else(missing)?)
}

fn outcome(summary: ImportSummary) -> ImportOutcome {
    ImportOutcome {
        import_id: summary.id,
        counts: summary.counts,
        state: summary.state,
        check: summary.check,
        warnings: summary.warnings,
        problem: summary.problem,
    }
}
