//! The schedule that clears the inbox of what was dealt with long ago.

use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use platform::AuditNote;
use platform::db::list_tenants;
use platform::jobs::{JobError, JobKind, JobRun, RunJob, Schedule};
use serde_json::json;

use super::store;

const SWEEP_INBOX: &str = "SweepInbox";
/// For so long a delivery that comes again is known.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Every night.
pub(crate) const SCHEDULE: Schedule = Schedule {
    name: "ingest.sweep_inbox",
    cron: "41 3 * * *",
    zone: "UTC",
    job: SWEEP_INBOX,
};

/// Does the job.
pub(crate) struct SweepInbox;

impl SweepInbox {
    pub(crate) fn kind() -> JobKind {
        JobKind::new(SWEEP_INBOX, Self)
    }
}

async fn sweep(run: &JobRun) -> Result<(), JobError> {
    let before = run.db().clock().now().saturating_sub(KEPT);
    let before = before.map_err(|error| JobError::retry("subtract thirty days", error))?;
    for company in list_tenants(run.db()).await? {
        run.keep_going()?;
        let mut tx = run.db().tenant(&run.grant_for(company)?).await?;
        let removed = store::delete_finished(&mut tx, before).await?;
        if removed > 0 {
            let note = AuditNote::new("delivery.sweep", "company", company);
            tx.audit(note.with(json!({ "removed": removed })));
            tx.commit().await?;
        }
    }
    Ok(())
}

impl RunJob for SweepInbox {
    fn run(&self, run: JobRun) -> BoxFuture<'_, Result<(), JobError>> {
        Box::pin(async move { sweep(&run).await })
    }
}
