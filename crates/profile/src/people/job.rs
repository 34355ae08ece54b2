//! `FingerprintPeople`: addresses that came by the fast way of imports get what the
//! over-claim guard counts companies by.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::db::list_tenants;
use platform::jobs::{JobError, JobKind, JobRun, RunJob, Schedule};
use platform::vault::add_fingerprints;

const NAME: &str = "FingerprintPeople";

/// Addresses in one transaction.
const PAGE: i64 = 1_000;

/// The kind of job.
pub(crate) fn job() -> JobKind {
    JobKind::new(NAME, FingerprintPeople)
}

/// Every night, when imports are few.
pub(crate) const fn schedule() -> Schedule {
    Schedule {
        name: "profile.fingerprint_people",
        cron: "41 3 * * *",
        zone: "Europe/Oslo",
        job: NAME,
    }
}

struct FingerprintPeople;

impl RunJob for FingerprintPeople {
    fn run(&self, run: JobRun) -> BoxFuture<'_, Result<(), JobError>> {
        fingerprint_all(run).boxed()
    }
}

async fn fingerprint_all(run: JobRun) -> Result<(), JobError> {
    for company in list_tenants(run.db()).await? {
        let grant = run.grant_for(company)?;
        loop {
            run.keep_going()?;
            let mut tx = run.db().tenant(&grant).await?;
            let done = add_fingerprints(&mut tx, PAGE).await?;
            // What is derived from data in hand is no change of anybody's data.
            tx.commit_bookkeeping().await?;
            if done == 0 {
                break;
            }
        }
    }
    Ok(())
}
