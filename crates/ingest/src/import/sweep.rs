//! The schedule that clears the spool: files that no import waits for any more.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use platform::jobs::{JobError, JobKind, JobRun, RunJob, Schedule};

use super::spool::Spool;
use super::store;

const SWEEP_SPOOL: &str = "SweepSpool";
/// Younger files may belong to an upload whose import is not committed yet.
const OLD: SignedDuration = SignedDuration::from_hours(24);

/// Every night.
pub(crate) const SCHEDULE: Schedule = Schedule {
    name: "ingest.sweep_spool",
    cron: "17 3 * * *",
    zone: "UTC",
    job: SWEEP_SPOOL,
};

/// Does the job.
pub(crate) struct SweepSpool(Arc<Spool>);

impl SweepSpool {
    pub(crate) fn kind(spool: &Arc<Spool>) -> JobKind {
        JobKind::new(SWEEP_SPOOL, Self(Arc::clone(spool)))
    }

    async fn sweep(&self, run: &JobRun) -> Result<(), JobError> {
        let old = run.db().clock().now().saturating_sub(OLD);
        let old = old.map_err(|error| JobError::retry("subtract a day", error))?;
        let spool = Arc::clone(&self.0);
        let files = tokio::task::spawn_blocking(move || spool.list_before(old))
            .await
            .map_err(|error| JobError::retry("list the spool", error))?
            .map_err(|error| JobError::retry("list the spool", error))?;
        let mut tx = run.db().system("sweep the spool").await?;
        let waiting = store::find_waiting(&mut tx, &files).await?;
        drop(tx);
        for file in files.into_iter().filter(|file| !waiting.contains(file)) {
            self.0
                .remove(file)
                .map_err(|error| JobError::retry("remove a spooled file", error))?;
            tracing::info!(import.id = %file.import, "A spooled file that no import waits for was removed");
        }
        Ok(())
    }
}

impl RunJob for SweepSpool {
    fn run(&self, run: JobRun) -> BoxFuture<'_, Result<(), JobError>> {
        Box::pin(async move { self.sweep(&run).await })
    }
}
