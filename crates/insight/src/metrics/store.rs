//! The SQL of facts and figures.

use std::collections::{BTreeMap, BTreeSet};

use contracts::FigureId;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use platform::{DbError, TenantTx};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::consumer::Fact;
use super::{Metric, Period};

pub(super) async fn months_of(tx: &mut TenantTx, sessions: &[Uuid]) -> Result<Vec<Date>, DbError> {
    let company = tx.company().uuid();
    let months = sqlx::query_scalar!(
        "select distinct month from insight.session_fact where company_id = $1 and session_id = any($2)",
        company,
        sessions,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read the months of sessions"))?;
    Ok(months.into_iter().map(|month| month.to_jiff()).collect())
}

pub(super) async fn upsert_facts(
    tx: &mut TenantTx,
    facts: impl Iterator<Item = Fact>,
) -> Result<(), DbError> {
    let company = tx.company().uuid();
    let facts: Vec<Fact> = facts.collect();
    if facts.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into insight.session_fact
             (company_id, session_id, programme, participant_id, volunteer_id, month, completed_at, duration_minutes, origin)
         select $1, f.*
         from unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::date[], $7::timestamptz[], $8::int[], $9::text[]) as f
         on conflict (company_id, session_id) do update
         set programme = excluded.programme, participant_id = excluded.participant_id, volunteer_id = excluded.volunteer_id,
             month = excluded.month, completed_at = excluded.completed_at,
             duration_minutes = excluded.duration_minutes, origin = excluded.origin",
        company,
        &facts.iter().map(|fact| fact.session).collect::<Vec<_>>(),
        &facts.iter().map(|fact| fact.programme.to_owned()).collect::<Vec<_>>(),
        &facts.iter().map(|fact| fact.participant).collect::<Vec<_>>(),
        &facts.iter().map(|fact| fact.volunteer).collect::<Vec<_>>(),
        &facts.iter().map(|fact| fact.month.to_sqlx()).collect::<Vec<_>>() as _,
        &facts.iter().map(|fact| fact.completed_at.to_sqlx()).collect::<Vec<_>>() as _,
        &facts.iter().map(|fact| fact.minutes).collect::<Vec<_>>(),
        &facts.iter().map(|fact| fact.origin.clone()).collect::<Vec<_>>(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("keep facts of sessions"))?;
    Ok(())
}

pub(super) async fn update_ratings(
    tx: &mut TenantTx,
    ratings: BTreeMap<Uuid, Decimal>,
) -> Result<(), DbError> {
    if ratings.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let (sessions, values): (Vec<Uuid>, Vec<Decimal>) = ratings.into_iter().unzip();
    sqlx::query!(
        "update insight.session_fact as f set rating = r.rating
         from unnest($2::uuid[], $3::numeric[]) as r (session_id, rating)
         where f.company_id = $1 and f.session_id = r.session_id",
        company,
        &sessions,
        &values,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("keep ratings"))?;
    Ok(())
}

pub(super) async fn insert_dirty_months(
    tx: &mut TenantTx,
    months: BTreeSet<Date>,
) -> Result<(), DbError> {
    let company = tx.company().uuid();
    let months: Vec<_> = months.into_iter().map(ToSqlx::to_sqlx).collect();
    sqlx::query!(
        "insert into insight.dirty_month (company_id, month) select $1, m from unnest($2::date[]) as m on conflict do nothing",
        company,
        &months as _,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("mark months"))?;
    Ok(())
}

/// Takes the marks away; whoever marks a month from here on waits for this transaction.
pub(super) async fn take_dirty_months(tx: &mut TenantTx) -> Result<Vec<Date>, DbError> {
    let company = tx.company().uuid();
    let months = sqlx::query_scalar!(
        "delete from insight.dirty_month where company_id = $1 returning month",
        company
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("take marked months"))?;
    Ok(months.into_iter().map(|month| month.to_jiff()).collect())
}

pub(super) async fn all_months(tx: &mut TenantTx) -> Result<Vec<Date>, DbError> {
    let company = tx.company().uuid();
    let months = sqlx::query_scalar!(
        "select distinct month from insight.session_fact where company_id = $1",
        company
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list months"))?;
    Ok(months.into_iter().map(|month| month.to_jiff()).collect())
}

/// What the facts of a period add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// Sessions.
    pub sessions: i64,
    /// Different participants.
    pub participants: i64,
    /// Different volunteers.
    pub volunteers: i64,
    /// Minutes of all sessions.
    pub minutes: i64,
    /// Sessions that were rated.
    pub ratings: i64,
    /// Sum of the ratings, each from 0 to 1.
    pub rating_sum: Decimal,
}

pub(crate) async fn totals(tx: &mut TenantTx, period: Period) -> Result<Totals, DbError> {
    let company = tx.company().uuid();
    sqlx::query_as!(
        Totals,
        r#"select count(*) as "sessions!", count(distinct participant_id) as "participants!",
                count(distinct volunteer_id) as "volunteers!", coalesce(sum(duration_minutes), 0) as "minutes!",
                count(rating) as "ratings!", coalesce(sum(rating), 0) as "rating_sum!"
         from insight.session_fact where company_id = $1 and month >= $2 and month < $3"#,
        company,
        period.start().to_sqlx(),
        period.end().to_sqlx(),
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("add up a period"))
}

pub(super) async fn upsert_figure(
    tx: &mut TenantTx,
    metric: Metric,
    period: Period,
    value: Option<Decimal>,
    sample_size: i64,
) -> Result<(), DbError> {
    let (company, id, now) = (tx.company().uuid(), tx.clock().new_id(), tx.clock().now());
    sqlx::query!(
        "insert into insight.figure (company_id, id, metric, period, value, sample_size, formula_version, computed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (company_id, metric, period) do update
         set value = excluded.value, sample_size = excluded.sample_size,
             formula_version = excluded.formula_version, computed_at = excluded.computed_at",
        company,
        id,
        metric.as_str(),
        period.to_string(),
        value,
        sample_size,
        metric.formula().version,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("store a figure"))?;
    Ok(())
}

/// A figure as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredFigure {
    pub(crate) id: FigureId,
    pub(crate) metric: String,
    pub(crate) period: String,
    pub(crate) value: Option<Decimal>,
    pub(crate) sample_size: i64,
    pub(crate) formula_version: String,
    pub(crate) computed_at: Timestamp,
}

/// Figures of the company: all, of one period, or one.
pub(crate) async fn list_figures(
    tx: &mut TenantTx,
    period: Option<String>,
    id: Option<FigureId>,
) -> Result<Vec<StoredFigure>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        "select id, metric, period, value, sample_size, formula_version, computed_at from insight.figure
         where company_id = $1 and ($2::text is null or period = $2) and ($3::uuid is null or id = $3)
         order by period, metric",
        company,
        period,
        id.map(FigureId::uuid),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read figures"))?;
    Ok(rows
        .into_iter()
        .map(|row| StoredFigure {
            id: row.id.into(),
            metric: row.metric,
            period: row.period,
            value: row.value,
            sample_size: row.sample_size,
            formula_version: row.formula_version,
            computed_at: row.computed_at.to_jiff(),
        })
        .collect())
}

/// Marked months, and events that the consumer has not read.
pub(crate) async fn pending(
    tx: &mut TenantTx,
    consumer: &str,
) -> Result<(Vec<Date>, i64), DbError> {
    let company = tx.company().uuid();
    let months = sqlx::query_scalar!(
        "select month from insight.dirty_month where company_id = $1",
        company
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read marked months"))?;
    let unread = platform::events::unread_in_company(tx, consumer).await?;
    Ok((
        months.into_iter().map(|month| month.to_jiff()).collect(),
        unread,
    ))
}

/// The first day on which a session of the company was completed, by its month.
pub(crate) async fn earliest_month(tx: &mut TenantTx) -> Result<Option<Date>, DbError> {
    let company = tx.company().uuid();
    let month = sqlx::query_scalar!(
        "select min(month) from insight.session_fact where company_id = $1",
        company
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("read the first month"))?;
    Ok(month.map(|month| month.to_jiff()))
}
