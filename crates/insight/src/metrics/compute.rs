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

use super::store::{self, Computed, Totals};
use super::{Metric, Period};

/// The kind of job.
pub(super) const JOB: &str = "ComputeFigures";

/// Computes what has become dirty.
pub(super) struct ComputeFigures;

impl RunJob for ComputeFigures {
    fn run(&self, run: JobRun) -> BoxFuture<'_, Result<(), JobError>> {
        async move {
            let mut tx = run.db().tenant(run.grant()).await?;
            store::lock_figures(&mut tx).await?;
            let marks = store::list_marks(&mut tx).await?;
            if marks.is_empty() {
                return Ok(());
            }
            compute(&mut tx, &periods_of(marks.iter().map(|mark| mark.month))).await?;
            store::delete_marks(&mut tx, &marks).await?;
            tx.commit().await?;
            Ok(())
        }
        .boxed()
    }
}

/// Computes every figure of the company from its facts alone; how many periods there are.
pub async fn rebuild(db: &Db, grant: &TenantGrant) -> Result<usize, DbError> {
    let mut tx = db.tenant(grant).await?;
    store::lock_figures(&mut tx).await?;
    let marks = store::list_marks(&mut tx).await?;
    let mut periods = periods_of(marks.iter().map(|mark| mark.month));
    periods.extend(periods_of(store::all_months(&mut tx).await?));
    // A period that every session has left still has its figures.
    let figures = store::list_figures(&mut tx, None, None).await?;
    periods.extend(
        figures
            .iter()
            .filter_map(|figure| figure.period.parse::<Period>().ok()),
    );
    compute(&mut tx, &periods).await?;
    store::delete_marks(&mut tx, &marks).await?;
    tx.commit().await?;
    Ok(periods.len())
}

/// The periods that the months are part of.
fn periods_of(months: impl IntoIterator<Item = Date>) -> BTreeSet<Period> {
    months.into_iter().flat_map(Period::containing).collect()
}

async fn compute(tx: &mut TenantTx, periods: &BTreeSet<Period>) -> Result<(), DbError> {
    let mut figures = Vec::with_capacity(periods.len() * Metric::ALL.len());
    for period in periods {
        let totals = store::totals(tx, period.start(), period.end()).await?;
        figures.extend(Metric::ALL.map(|metric| Computed {
            metric,
            period: *period,
            value: totals.value(metric),
            sample_size: totals.sample_size(metric),
        }));
    }
    store::upsert_figures(tx, &figures).await?;
    announce(tx, periods)?;
    tx.audit(
        AuditNote::new("figures.compute", "company", tx.company())
            .with(json!({ "periods": periods.len() })),
    );
    Ok(())
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
    /// The value of a metric; hours are rounded to four decimal places, a mean to six,
    /// the half to the even digit.
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
