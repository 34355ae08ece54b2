//! Which people are one.

use std::collections::BTreeSet;

use jiff::civil::Date;
use platform::{DbError, TenantTx};
use uuid::Uuid;

/// From now on `merged` is another name for `kept`; everybody who is one with them.
pub(crate) async fn link(
    tx: &mut TenantTx,
    merged: Uuid,
    kept: Uuid,
) -> Result<BTreeSet<Uuid>, DbError> {
    let company = tx.company().uuid();
    sqlx::query!(
        "with root as (
             select coalesce((select root_id from insight.person_link where company_id = $1 and person_id = $3), $3) as id
         ), moved as (
             update insight.person_link as l set root_id = root.id from root
             where l.company_id = $1 and l.root_id = $2
         )
         insert into insight.person_link (company_id, person_id, survivor_id, root_id)
         select $1, $2, $3, root.id from root
         on conflict (company_id, person_id) do update set survivor_id = excluded.survivor_id, root_id = excluded.root_id",
        company,
        merged,
        kept,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("note who is one"))?;
    everybody(tx, merged).await
}

/// From now on `merged` stands for itself, and for whoever is another name for it;
/// everybody who was one with it.
pub(crate) async fn unlink(tx: &mut TenantTx, merged: Uuid) -> Result<BTreeSet<Uuid>, DbError> {
    let company = tx.company().uuid();
    let before = everybody(tx, merged).await?;
    sqlx::query!(
        "with recursive below as (
             select l.person_id from insight.person_link as l where l.company_id = $1 and l.survivor_id = $2
             union
             select l.person_id from insight.person_link as l
             join below as b on l.survivor_id = b.person_id where l.company_id = $1
         ), moved as (
             update insight.person_link as l set root_id = $2 from below as b
             where l.company_id = $1 and l.person_id = b.person_id
         )
         delete from insight.person_link where company_id = $1 and person_id = $2",
        company,
        merged,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("note who is two"))?;
    Ok(before)
}

async fn everybody(tx: &mut TenantTx, person: Uuid) -> Result<BTreeSet<Uuid>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        "select person_id, root_id from insight.person_link
         where company_id = $1 and root_id = coalesce(
             (select root_id from insight.person_link where company_id = $1 and person_id = $2), $2)",
        company,
        person,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list who is one"))?;
    Ok(rows
        .into_iter()
        .flat_map(|row| [row.person_id, row.root_id])
        .collect())
}

/// The months in which one of these people had a session, in either role.
pub(crate) async fn months_with(
    tx: &mut TenantTx,
    people: &BTreeSet<Uuid>,
) -> Result<Vec<Date>, DbError> {
    let company = tx.company().uuid();
    let people: Vec<Uuid> = people.iter().copied().collect();
    let months = sqlx::query_scalar!(
        "select distinct month from insight.session_fact
         where company_id = $1 and (participant_id = any($2) or volunteer_id = any($2))",
        company,
        &people,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list the months of people"))?;
    Ok(months.into_iter().map(jiff_sqlx::Date::to_jiff).collect())
}
