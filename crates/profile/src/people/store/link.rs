//! Who is one with whom, and the rows that are kept of them together.

use contracts::PersonId;
use jiff_sqlx::ToSqlx;
use platform::{DbError, TenantTx};
use uuid::Uuid;

use crate::people::Shown;

/// Under which rows and which id a person is shown; under their own, if they are one with nobody.
pub(crate) async fn find_shown(tx: &mut TenantTx, person: PersonId) -> Result<Shown, DbError> {
    let rows = sqlx::query!(
        "select set_id, person_id, survivor_id from profile.person_link
         where set_id = (select set_id from profile.person_link where person_id = $1 and is_current)
         order by person_id",
        person.uuid(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find who is one with a person"))?;
    Ok(match rows.first() {
        None => Shown {
            rows: person.uuid(),
            survivor: person,
            people: vec![person],
        },
        Some(first) => Shown {
            rows: first.set_id,
            survivor: first.survivor_id.into(),
            people: rows.iter().map(|row| row.person_id.into()).collect(),
        },
    })
}

/// Those of these people who have a profile.
pub(in crate::people) async fn find_known(
    tx: &mut TenantTx,
    people: &[Uuid],
) -> Result<Vec<Uuid>, DbError> {
    sqlx::query_scalar!(
        "select id from profile.profile where id = any($1) and not is_set",
        people,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find people"))
}

/// Each set that is kept of these people, with everybody in it.
pub(in crate::people) async fn find_members(
    tx: &mut TenantTx,
    people: &[Uuid],
) -> Result<Vec<(Uuid, Vec<Uuid>)>, DbError> {
    let rows = sqlx::query!(
        r#"select set_id, array_agg(person_id order by person_id) as "members!" from profile.person_link
         where set_id in (select set_id from profile.person_link where person_id = any($1))
         group by set_id order by set_id"#,
        people,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find sets of people"))?;
    Ok(rows
        .into_iter()
        .map(|row| (row.set_id, row.members))
        .collect())
}

/// A set to be made.
pub(in crate::people) struct NewSet {
    pub(in crate::people) id: Uuid,
    /// Whose id stands for all.
    pub(in crate::people) survivor: Uuid,
    /// Everybody.
    pub(in crate::people) members: Vec<Uuid>,
    /// Under what the rows lie that it begins with; the survivor's come first.
    pub(in crate::people) from: Vec<Uuid>,
}

/// Makes a set, which begins with the standing and the flags of its survivor, the
/// earliest milestones of all, and everybody's history.
pub(in crate::people) async fn insert_set(tx: &mut TenantTx, set: &NewSet) -> Result<(), DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let first = set.from.first().copied().unwrap_or(set.survivor);
    sqlx::query!(
        "insert into profile.profile
             (company_id, id, is_participant, is_volunteer, version, first_seen_at, last_active_at, updated_at, is_set)
         select p.company_id, $2, p.is_participant, p.is_volunteer,
             (select sum(v.version) from profile.profile as v where v.company_id = $1 and v.id = any($4)),
             p.first_seen_at, p.last_active_at, $5, true
         from profile.profile as p where p.company_id = $1 and p.id = $3",
        company,
        set.id,
        first,
        &set.from,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("make a set of people"))?;
    sqlx::query!(
        "insert into profile.person_link (company_id, set_id, person_id, survivor_id, is_current)
         select $1, $2, m.id, $3, true from unnest($4::uuid[]) as m (id)",
        company,
        set.id,
        set.survivor,
        &set.members,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("link people who are one"))?;
    copy_flags(tx, set, first).await?;
    copy_milestones(tx, set).await?;
    copy_history(tx, set).await
}

async fn copy_flags(tx: &mut TenantTx, set: &NewSet, first: Uuid) -> Result<(), DbError> {
    sqlx::query!(
        "insert into profile.journey_flag (company_id, person_id, flag, value, set_by, set_at, expires_at)
         select company_id, $1, flag, value, set_by, set_at, expires_at from profile.journey_flag where person_id = $2",
        set.id,
        first,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("begin with the survivor's flags"))?;
    Ok(())
}

async fn copy_milestones(tx: &mut TenantTx, set: &NewSet) -> Result<(), DbError> {
    sqlx::query!(
        "insert into profile.milestone (company_id, person_id, milestone, reached_at, event_id)
         select distinct on (milestone) company_id, $1, milestone, reached_at, event_id
         from profile.milestone where person_id = any($2) order by milestone, reached_at, person_id",
        set.id,
        &set.from,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("begin with everybody's milestones"))?;
    Ok(())
}

async fn copy_history(tx: &mut TenantTx, set: &NewSet) -> Result<(), DbError> {
    let old = sqlx::query_scalar!(
        "select id from profile.journey_flag_history where person_id = any($1) order by changed_at, id",
        &set.from,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read everybody's history"))?;
    let new: Vec<Uuid> = old.iter().map(|_| tx.clock().new_id()).collect();
    sqlx::query!(
        "insert into profile.journey_flag_history
             (company_id, id, person_id, flag, old_value, new_value, changed_by, event_id, changed_at)
         select h.company_id, n.id, $1, h.flag, h.old_value, h.new_value, h.changed_by, h.event_id, h.changed_at
         from unnest($2::uuid[], $3::uuid[]) as n (old_id, id)
         join profile.journey_flag_history as h on h.id = n.old_id",
        set.id,
        &old,
        &new,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("begin with everybody's history"))?;
    Ok(())
}

/// Sets stay as they are and speak for nobody while a larger one does.
pub(in crate::people) async fn set_aside(tx: &mut TenantTx, sets: &[Uuid]) -> Result<(), DbError> {
    sqlx::query!(
        "update profile.person_link set is_current = false where set_id = any($1) and is_current",
        sets,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("set a set aside"))?;
    Ok(())
}

/// A set that was set aside speaks for its people again.
pub(in crate::people) async fn wake_set(tx: &mut TenantTx, set: Uuid) -> Result<(), DbError> {
    sqlx::query!(
        "update profile.person_link set is_current = true where set_id = $1",
        set,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("wake a set"))?;
    Ok(())
}

/// Takes every set away that both are in, with all that is kept of it; whoever was in one of them.
pub(in crate::people) async fn delete_sets_of(
    tx: &mut TenantTx,
    one: PersonId,
    other: PersonId,
) -> Result<Vec<Uuid>, DbError> {
    let sets = sqlx::query_scalar!(
        "select a.set_id from profile.person_link as a
         join profile.person_link as b on b.company_id = a.company_id and b.set_id = a.set_id
         where a.person_id = $1 and b.person_id = $2",
        one.uuid(),
        other.uuid(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find the sets of two people"))?;
    delete_kept(tx, &sets).await?;
    let mut people = sqlx::query_scalar!(
        "delete from profile.person_link where set_id = any($1) returning person_id",
        &sets,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("unlink people"))?;
    sqlx::query!(
        "delete from profile.profile where id = any($1) and is_set",
        &sets,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("take sets away"))?;
    people.sort_unstable();
    people.dedup();
    Ok(people)
}

async fn delete_kept(tx: &mut TenantTx, sets: &[Uuid]) -> Result<(), DbError> {
    let wrong = || DbError::during("take away what is kept of sets");
    sqlx::query!(
        "delete from profile.journey_flag where person_id = any($1)",
        sets
    )
    .execute(tx.conn())
    .await
    .map_err(wrong())?;
    sqlx::query!(
        "delete from profile.enrolment where person_id = any($1)",
        sets
    )
    .execute(tx.conn())
    .await
    .map_err(wrong())?;
    sqlx::query!(
        "delete from profile.milestone where person_id = any($1)",
        sets
    )
    .execute(tx.conn())
    .await
    .map_err(wrong())?;
    sqlx::query!(
        "delete from profile.journey_flag_history where person_id = any($1)",
        sets
    )
    .execute(tx.conn())
    .await
    .map_err(wrong())?;
    Ok(())
}

/// Shows who is to be shown of these people and their sets, and nobody else.
pub(in crate::people) async fn show_rightly(
    tx: &mut TenantTx,
    people: &[Uuid],
) -> Result<(), DbError> {
    sqlx::query!(
        "with right_now as (
             select p.company_id, p.id, case
                 when p.is_set then exists (select from profile.person_link as l
                     where l.company_id = p.company_id and l.set_id = p.id and l.is_current)
                 else not exists (select from profile.person_link as l
                     where l.company_id = p.company_id and l.person_id = p.id and l.is_current)
             end as is_shown
             from profile.profile as p
             where p.id = any($1)
                or p.id in (select set_id from profile.person_link where person_id = any($1))
         )
         update profile.profile as p set is_shown = r.is_shown from right_now as r
         where p.company_id = r.company_id and p.id = r.id and p.is_shown <> r.is_shown",
        people,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("show whom to show"))?;
    Ok(())
}
