//! Sessions as far as figures need them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use platform::{DbError, TenantTx};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::metrics::consumer::{Fact, Rating};

/// The months of sessions, or of those that have these ratings.
pub(crate) async fn months_of(tx: &mut TenantTx, sessions: &[Uuid]) -> Result<Vec<Date>, DbError> {
    let company = tx.company().uuid();
    let months = sqlx::query_scalar!(
        "select distinct month from insight.session_fact where company_id = $1 and (session_id = any($2) or rating_id = any($2))",
        company,
        sessions,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read the months of sessions"))?;
    Ok(months.into_iter().map(jiff_sqlx::Date::to_jiff).collect())
}

/// A rating that is known stays where a fact says nothing of it.
pub(crate) async fn upsert_facts(
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
             (company_id, session_id, programme, participant_id, volunteer_id, month, completed_at, duration_minutes, origin, rating, rating_id)
         select $1, f.*
         from unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::date[], $7::timestamptz[], $8::int[], $9::text[], $10::numeric[], $11::uuid[]) as f
         on conflict (company_id, session_id) do update
         set programme = excluded.programme, participant_id = excluded.participant_id, volunteer_id = excluded.volunteer_id,
             month = excluded.month, completed_at = excluded.completed_at,
             duration_minutes = excluded.duration_minutes, origin = excluded.origin,
             rating = coalesce(excluded.rating, session_fact.rating),
             rating_id = coalesce(excluded.rating_id, session_fact.rating_id)",
        company,
        &facts.iter().map(|fact| fact.session).collect::<Vec<_>>(),
        &facts.iter().map(|fact| fact.programme.to_owned()).collect::<Vec<_>>(),
        &facts.iter().map(|fact| fact.participant).collect::<Vec<_>>(),
        &facts.iter().map(|fact| fact.volunteer).collect::<Vec<_>>(),
        &facts.iter().map(|fact| fact.month.to_sqlx()).collect::<Vec<_>>() as _,
        &facts.iter().map(|fact| fact.completed_at.to_sqlx()).collect::<Vec<_>>() as _,
        &facts.iter().map(|fact| fact.minutes).collect::<Vec<_>>(),
        &facts.iter().map(|fact| fact.origin.clone()).collect::<Vec<_>>(),
        &facts.iter().map(|fact| fact.rating.map(|rating| rating.value)).collect::<Vec<_>>() as _,
        &facts.iter().map(|fact| fact.rating.map(|rating| rating.id)).collect::<Vec<_>>() as _,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("keep facts of sessions"))?;
    Ok(())
}

pub(crate) async fn update_ratings(
    tx: &mut TenantTx,
    ratings: BTreeMap<Uuid, Rating>,
) -> Result<(), DbError> {
    if ratings.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let sessions: Vec<Uuid> = ratings.keys().copied().collect();
    let ids: Vec<Uuid> = ratings.values().map(|rating| rating.id).collect();
    let values: Vec<Decimal> = ratings.values().map(|rating| rating.value).collect();
    sqlx::query!(
        "update insight.session_fact as f set rating = r.rating, rating_id = r.id
         from unnest($2::uuid[], $3::numeric[], $4::uuid[]) as r (session_id, rating, id)
         where f.company_id = $1 and f.session_id = r.session_id",
        company,
        &sessions,
        &values,
        &ids,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("keep ratings"))?;
    Ok(())
}

/// Forgets sessions, their ratings too.
pub(crate) async fn delete_facts(
    tx: &mut TenantTx,
    sessions: &BTreeSet<Uuid>,
) -> Result<(), DbError> {
    if sessions.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let sessions: Vec<Uuid> = sessions.iter().copied().collect();
    sqlx::query!(
        "delete from insight.session_fact where company_id = $1 and session_id = any($2)",
        company,
        &sessions,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("forget sessions"))?;
    Ok(())
}

/// Forgets ratings, by their ids or their sessions'.
pub(crate) async fn clear_ratings(
    tx: &mut TenantTx,
    sessions: &BTreeSet<Uuid>,
) -> Result<(), DbError> {
    if sessions.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let sessions: Vec<Uuid> = sessions.iter().copied().collect();
    sqlx::query!(
        "update insight.session_fact set rating = null, rating_id = null
         where company_id = $1 and (session_id = any($2) or rating_id = any($2))",
        company,
        &sessions,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("forget ratings"))?;
    Ok(())
}

pub(crate) async fn all_months(tx: &mut TenantTx) -> Result<Vec<Date>, DbError> {
    let company = tx.company().uuid();
    let months = sqlx::query_scalar!(
        "select distinct month from insight.session_fact where company_id = $1",
        company
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list months"))?;
    Ok(months.into_iter().map(jiff_sqlx::Date::to_jiff).collect())
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
    Ok(month.map(jiff_sqlx::Date::to_jiff))
}

/// What the facts of some months add up to.
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

/// Adds up the facts of the months from `first` up to and without `after`. Who is known
/// by several ids is one person.
pub(crate) async fn totals(tx: &mut TenantTx, first: Date, after: Date) -> Result<Totals, DbError> {
    let company = tx.company().uuid();
    sqlx::query_as!(
        Totals,
        r#"select count(*) as "sessions!", count(distinct coalesce(p.root_id, f.participant_id)) as "participants!",
                count(distinct coalesce(v.root_id, f.volunteer_id)) as "volunteers!",
                coalesce(sum(f.duration_minutes), 0) as "minutes!",
                count(f.rating) as "ratings!", coalesce(sum(f.rating), 0) as "rating_sum!"
         from insight.session_fact as f
         left join insight.person_link as p on p.company_id = f.company_id and p.person_id = f.participant_id
         left join insight.person_link as v on v.company_id = f.company_id and v.person_id = f.volunteer_id
         where f.company_id = $1 and f.month >= $2 and f.month < $3"#,
        company,
        first.to_sqlx(),
        after.to_sqlx(),
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("add up facts"))
}
