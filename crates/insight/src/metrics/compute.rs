//! The job that computes the figures of the periods whose months have changed.

use std::collections::BTreeSet;

use contracts::event::NewEvent;
use contracts::event::insight::FiguresUpdated;
use contracts::event::value::{List, PeriodKey};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::civil::Date;
use platform::jobs::{JobError, JobRun, RunJob};
use platform::{AuditNote, Db, DbError, TenantGrant, TenantTx};
use rust_decimal::Decimal;
use serde_json::json;

use super::store::{self, Totals};
use super::{Metric, Period};

/// The kind of job.
pub(super) const JOB: &str = "ComputeFigures";

/// Computes what has become dirty.
pub(super) struct ComputeFigures;

impl RunJob for ComputeFigures {
    fn run(&self, run: JobRun) -> BoxFuture<'_, Result<(), JobError>> {
        async move {
            let mut tx = run.db().tenant(run.grant()).await?;
            let months = store::take_dirty_months(&mut tx).await?;
            if months.is_empty() {
                return Ok(());
            }
            compute(&mut tx, months).await?;
            tx.commit().await?;
            Ok(())
        }
        .boxed()
    }
}

/// Computes every figure of the company from its facts alone; how many periods there are.
pub async fn rebuild(db: &Db, grant: &TenantGrant) -> Result<usize, DbError> {
    let mut tx = db.tenant(grant).await?;
    let mut months: BTreeSet<Date> = store::take_dirty_months(&mut tx)
        .await?
        .into_iter()
        .collect();
    months.extend(store::all_months(&mut tx).await?);
    let periods = compute(&mut tx, months.into_iter().collect()).await?;
    tx.commit().await?;
    Ok(periods)
}

/// Computes the periods that the months are part of; how many.
async fn compute(tx: &mut TenantTx, months: Vec<Date>) -> Result<usize, DbError> {
    let periods: BTreeSet<Period> = months.into_iter().flat_map(Period::containing).collect();
    for period in &periods {
        let totals = store::totals(tx, *period).await?;
        for metric in Metric::ALL {
            store::upsert_figure(
                tx,
                metric,
                *period,
                totals.value(metric),
                totals.sample_size(metric),
            )
            .await?;
        }
    }
    announce(tx, &periods)?;
    let count = periods.len();
    tx.audit(
        AuditNote::new("figures.compute", "company", tx.company())
            .with(json!({ "periods": count })),
    );
    Ok(count)
}

/// Tells which periods changed, at most 500 in one event.
fn announce(tx: &mut TenantTx, periods: &BTreeSet<Period>) -> Result<(), DbError> {
    let updated_at = tx.clock().now();
    let keys: Vec<PeriodKey> = periods
        .iter()
        .map(|period| PeriodKey::try_from(period.to_string()))
        .collect::<Result<_, _>>()
        .map_err(|error| DbError::Schema(error.to_string()))?;
    for chunk in keys.chunks(500) {
        let periods =
            List::try_from(chunk.to_vec()).map_err(|error| DbError::Schema(error.to_string()))?;
        tx.publish(NewEvent::new(
            FiguresUpdated {
                periods,
                updated_at,
            },
            "/insight/metrics",
        ))?;
    }
    Ok(())
}

impl Totals {
    /// The value of a metric; hours are rounded to four decimal places, a mean to six.
    pub(crate) fn value(&self, metric: Metric) -> Option<Decimal> {
        match metric {
            Metric::Participants => Some(Decimal::from(self.participants)),
            Metric::Volunteers => Some(Decimal::from(self.volunteers)),
            Metric::Sessions => Some(Decimal::from(self.sessions)),
            Metric::Hours => Some((Decimal::from(self.minutes) / Decimal::from(60)).round_dp(4)),
            Metric::AverageRating => (self.ratings > 0)
                .then(|| (self.rating_sum / Decimal::from(self.ratings)).round_dp(6)),
        }
    }

    /// How many sessions, or ratings, the value is made from.
    pub(crate) const fn sample_size(&self, metric: Metric) -> i64 {
        match metric {
            Metric::AverageRating => self.ratings,
            _ => self.sessions,
        }
    }
}
