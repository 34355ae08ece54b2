//! What other crates may read of the figures.

use contracts::FigureId;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use platform::{DbError, TenantTx};
use rust_decimal::Decimal;

pub use crate::metrics::Metric;
pub use crate::metrics::lineage::{
    After, Contribution, Lineage, contributions, find as find_lineage,
};
pub use crate::metrics::pages::contributions_from;
pub use crate::metrics::store::Totals;
use crate::metrics::{CONSUMER, Period, TYPES, lineage, store};

/// A figure of a company.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Its id, which stays while its value changes.
    pub id: FigureId,
    /// What is measured.
    pub metric: Metric,
    /// Over which period.
    pub period: Period,
    /// The value; None where there is nothing to measure.
    pub value: Option<Decimal>,
    /// How many sessions, or ratings, it was made from.
    pub sample_size: i64,
    /// The formula and its version.
    pub formula_version: String,
    /// When it was computed.
    pub computed_at: Timestamp,
}

/// All figures of the transaction's company.
pub async fn list_figures(tx: &mut TenantTx) -> Result<Vec<Figure>, DbError> {
    Ok(typed(store::list_figures(tx, None, None).await?))
}

/// The figures of one period, in the order of [`Metric::ALL`]; none when nothing happened in it.
pub async fn figures_of(tx: &mut TenantTx, period: Period) -> Result<Vec<Figure>, DbError> {
    let mut figures = typed(store::list_figures(tx, Some(period.to_string()), None).await?);
    figures.sort_by_key(|figure| figure.metric);
    Ok(figures)
}

/// What to compare a period's values with: those of the period before. A year that
/// still runs on the day `today` (in the company's zone) is compared with the same
/// months of the year before, whole months up to and with today's, added up from the
/// facts. Nothing when nothing happened then.
pub async fn previous_values(
    tx: &mut TenantTx,
    period: Period,
    today: Date,
) -> Result<Vec<(Metric, Option<Decimal>)>, DbError> {
    let before = period.previous();
    if period != (Period::YearToDate { year: today.year() }) {
        let figures = figures_of(tx, before).await?;
        return Ok(figures
            .into_iter()
            .map(|figure| (figure.metric, figure.value))
            .collect());
    }
    let first = before.start();
    let after = first.saturating_add(i32::from(today.month()).months());
    let totals = store::totals(tx, first, after).await?;
    if totals.sessions == 0 {
        return Ok(Vec::new());
    }
    Ok(Metric::ALL
        .map(|metric| (metric, totals.value(metric)))
        .into())
}

fn typed(stored: Vec<store::StoredFigure>) -> Vec<Figure> {
    stored
        .into_iter()
        .filter_map(|figure| {
            let (metric, period) = lineage::read(&figure)?;
            Some(Figure {
                id: figure.id,
                metric,
                period,
                value: figure.value,
                sample_size: figure.sample_size,
                formula_version: figure.formula_version,
                computed_at: figure.computed_at,
            })
        })
        .collect()
}

/// A metric month by month: `months` months up to and with that of `last`, oldest
/// first. A month in which nothing happened has no value.
pub async fn history(
    tx: &mut TenantTx,
    metric: Metric,
    last: Date,
    months: i16,
) -> Result<Vec<(Period, Option<Decimal>)>, DbError> {
    let figures = list_figures(tx).await?;
    let first = last.first_of_month();
    Ok((0..months)
        .rev()
        .map(|back| {
            let [month, ..] = Period::containing(first.saturating_sub(i32::from(back).months()));
            let value = figures
                .iter()
                .find(|figure| figure.metric == metric && figure.period == month);
            (month, value.and_then(|figure| figure.value))
        })
        .collect())
}

/// The first day of the first month with a session.
pub async fn earliest_day(tx: &mut TenantTx) -> Result<Option<Date>, DbError> {
    store::earliest_month(tx).await
}

/// What is not yet in the figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Events of sessions and ratings that have had no effect.
    pub events: i64,
    /// Months whose figures are to be computed again.
    pub months: Vec<Date>,
}

impl Pending {
    /// Whether the figures of the period may still change without anything new happening.
    #[must_use]
    pub fn touches(&self, period: Period) -> bool {
        self.events > 0
            || self
                .months
                .iter()
                .any(|month| (period.start()..period.end()).contains(month))
    }
}

/// What is not yet in the figures of the transaction's company.
pub async fn pending(tx: &mut TenantTx) -> Result<Pending, DbError> {
    let marks = store::list_marks(tx).await?;
    let events = platform::events::unread_in_company(tx, CONSUMER, TYPES).await?;
    Ok(Pending {
        events,
        months: marks.into_iter().map(|mark| mark.month).collect(),
    })
}
