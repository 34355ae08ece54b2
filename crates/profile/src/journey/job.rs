//! `EvaluateJourneys`: what becomes true by nothing but time passing.

use std::collections::BTreeMap;

use contracts::CompanyId;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::AuditNote;
use platform::db::list_tenants;
use platform::jobs::{JobError, JobKind, JobRun, RunJob, Schedule};
use serde_json::json;
use uuid::Uuid;

use super::advance::{Advanced, Cause, advance};
use super::batch::{Batch, Touch};
use super::rule::Rules;
use super::store;

const NAME: &str = "EvaluateJourneys";

/// People in one transaction.
const PAGE: i64 = 500;

/// The kind of job.
pub(crate) fn job() -> JobKind {
    JobKind::new(NAME, EvaluateJourneys)
}

/// Every night, before anybody looks at lists of whom to call.
pub(crate) const fn schedule() -> Schedule {
    Schedule {
        name: "profile.evaluate_journeys",
        cron: "15 4 * * *",
        zone: "Europe/Oslo",
        job: NAME,
    }
}

struct EvaluateJourneys;

impl RunJob for EvaluateJourneys {
    fn run(&self, run: JobRun) -> BoxFuture<'_, Result<(), JobError>> {
        evaluate_all(run).boxed()
    }
}

async fn evaluate_all(run: JobRun) -> Result<(), JobError> {
    let rules = Rules::built_in()
        .map_err(|error| JobError::Fail(format!("the journey's rules cannot be read: {error}")))?;
    for company in list_tenants(run.db()).await? {
        let mut after = Some(Uuid::nil());
        while let Some(last) = after {
            run.keep_going()?;
            after = evaluate_page(&run, rules, company, last).await?;
        }
    }
    Ok(())
}

/// Evaluates the next people of a company; the last of them, if there were any.
async fn evaluate_page(
    run: &JobRun,
    rules: &Rules,
    company: CompanyId,
    after: Uuid,
) -> Result<Option<Uuid>, JobError> {
    let grant = run.grant_for(company)?;
    let mut tx = run.db().tenant(&grant).await?;
    store::lock_links(&mut tx, store::Hold::Shared).await?;
    let people = store::find_participants_after(&mut tx, after, PAGE).await?;
    let touched: BTreeMap<Uuid, Touch> = people
        .iter()
        .map(|person| (*person, Touch::default()))
        .collect();
    let cause = Cause {
        name: NAME,
        events: &[],
        batch: &Batch::default(),
    };
    let advanced = advance(&mut tx, rules, &touched, &cause).await?;
    if advanced != Advanced::default() {
        let note = AuditNote::new("journey.evaluate", "job", run.id());
        tx.audit(note.with(json!({
            "profiles": advanced.profiles,
            "flags": advanced.flags,
            "milestones": advanced.milestones,
        })));
        tx.commit().await?;
    }
    Ok(people.last().copied())
}
