//! From a figure back to the sessions it was made from, and to the import rows those came from.

use contracts::{FigureId, ImportId, PersonId, SessionId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use platform::{DbError, TenantTx};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::store::{self, StoredFigure, Totals};
use super::{Metric, Period};

/// A session that a figure was made from. People appear by their opaque id.
#[derive(Debug, Clone)]
pub struct Contribution {
    /// The session.
    pub session: SessionId,
    /// `language` or `mentorship`.
    pub programme: String,
    /// The participant; of several ids of one person, the one that stands for all.
    pub participant: PersonId,
    /// The volunteer, likewise.
    pub volunteer: PersonId,
    /// When it was completed.
    pub completed_at: Timestamp,
    /// How long it took, in minutes.
    pub minutes: i32,
    /// Its rating from 0 to 1, if it was rated.
    pub rating: Option<Decimal>,
    /// The import and the row of its file, if it came by a file.
    pub origin: Option<(ImportId, u64)>,
}

/// Where a page of contributions begins: behind this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    /// When the last session of the page before was completed.
    pub completed_at: Timestamp,
    /// That session.
    pub session: Uuid,
}

/// A figure with what it was made from.
#[derive(Debug, Clone)]
pub struct Lineage {
    /// The figure.
    pub id: FigureId,
    /// What is measured.
    pub metric: Metric,
    /// Over which period.
    pub period: Period,
    /// The value, as last computed.
    pub value: Option<Decimal>,
    /// The formula and its version that the value was computed by.
    pub formula_version: String,
    /// When.
    pub computed_at: Timestamp,
    /// What the facts add up to now.
    pub totals: Totals,
    /// Whether the facts have changed since the value was computed.
    pub stale: bool,
}

/// The figure of an id in the transaction's company.
pub async fn find(tx: &mut TenantTx, id: FigureId) -> Result<Option<Lineage>, DbError> {
    let Some(figure) = store::list_figures(tx, None, Some(id)).await?.pop() else {
        return Ok(None);
    };
    let Some((metric, period)) = read(&figure) else {
        return Ok(None);
    };
    let totals = store::totals(tx, period.start(), period.end()).await?;
    Ok(Some(Lineage {
        id,
        metric,
        period,
        stale: totals.value(metric) != figure.value
            || totals.sample_size(metric) != figure.sample_size,
        value: figure.value,
        formula_version: figure.formula_version,
        computed_at: figure.computed_at,
        totals,
    }))
}

/// Metric and period of a stored figure; None for those of a formula that is no longer known.
pub(crate) fn read(figure: &StoredFigure) -> Option<(Metric, Period)> {
    Some((figure.metric.parse().ok()?, figure.period.parse().ok()?))
}

/// The sessions behind a figure, oldest first: those with a rating for a mean of ratings, else all.
pub async fn contributions(
    tx: &mut TenantTx,
    metric: Metric,
    period: Period,
    after: Option<After>,
    limit: i64,
) -> Result<Vec<Contribution>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        r#"select f.session_id, f.programme, coalesce(p.root_id, f.participant_id) as "participant_id!",
             coalesce(v.root_id, f.volunteer_id) as "volunteer_id!", f.completed_at, f.duration_minutes, f.rating, f.origin
         from insight.session_fact as f
         left join insight.person_link as p on p.company_id = f.company_id and p.person_id = f.participant_id
         left join insight.person_link as v on v.company_id = f.company_id and v.person_id = f.volunteer_id
         where f.company_id = $1 and f.month >= $2 and f.month < $3 and (not $4 or f.rating is not null)
           and ($5::timestamptz is null or (f.completed_at, f.session_id) > ($5, $6))
         order by f.completed_at, f.session_id limit $7"#,
        company,
        period.start().to_sqlx(),
        period.end().to_sqlx(),
        metric == Metric::AverageRating,
        after.map(|after| after.completed_at.to_sqlx()) as _,
        after.map(|after| after.session),
        limit,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list the sessions behind a figure"))?;
    Ok(rows
        .into_iter()
        .map(|row| Contribution {
            session: row.session_id.into(),
            programme: row.programme,
            participant: row.participant_id.into(),
            volunteer: row.volunteer_id.into(),
            completed_at: row.completed_at.to_jiff(),
            minutes: row.duration_minutes,
            rating: row.rating,
            origin: origin(&row.origin),
        })
        .collect())
}

/// Reads `/ingest/imports/<uuid>/rows/<row>`.
pub(super) fn origin(source: &str) -> Option<(ImportId, u64)> {
    let rest = source.strip_prefix("/ingest/imports/")?;
    let (import, row) = rest.split_once("/rows/")?;
    Some((import.parse().ok()?, row.parse().ok()?))
}
