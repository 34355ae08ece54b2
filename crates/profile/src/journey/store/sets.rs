//! People who are one, and what is kept of them together.

use std::collections::BTreeMap;

use contracts::EnrolmentId;
use contracts::journey::Programme;
use jiff::Timestamp;
use platform::{DbError, TenantTx};
use uuid::Uuid;

use super::write::{maybe_times, times};
use crate::flag::{Flag, FlagValue};
use crate::journey::progress::Enrolled;

/// People who are one, or were until a larger set took them in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::journey) struct PersonSet {
    /// What its rows lie under.
    pub(in crate::journey) id: Uuid,
    /// Whose id stands for all.
    pub(in crate::journey) survivor: Uuid,
    /// False while it is part of a larger set.
    pub(in crate::journey) is_current: bool,
    /// Everybody in it, the survivor too.
    pub(in crate::journey) members: Vec<Uuid>,
}

/// How somebody holds the company's links between people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// They must stay as they are meanwhile.
    Shared,
    /// They are about to change.
    Alone,
}

/// Holds the company's links between people until the transaction ends. Who writes
/// what follows from facts holds them first, so that nobody becomes one with
/// somebody else in the middle of it.
pub(crate) async fn lock_links(tx: &mut TenantTx, hold: Hold) -> Result<(), DbError> {
    let company = tx.company().uuid().to_string();
    let done = match hold {
        Hold::Shared => {
            sqlx::query!(
                r#"select pg_advisory_xact_lock_shared(hashtextextended('profile.person_link ' || $1, 0)) as "locked!: ()""#,
                company,
            )
            .fetch_one(tx.conn())
            .await
            .map(drop)
        }
        Hold::Alone => {
            sqlx::query!(
                r#"select pg_advisory_xact_lock(hashtextextended('profile.person_link ' || $1, 0)) as "locked!: ()""#,
                company,
            )
            .fetch_one(tx.conn())
            .await
            .map(drop)
        }
    };
    done.map_err(DbError::during("hold the links between people"))
}

/// Every set that one of these people or sets is in.
pub(in crate::journey) async fn find_sets(
    tx: &mut TenantTx,
    people: &[Uuid],
) -> Result<Vec<PersonSet>, DbError> {
    let rows = sqlx::query!(
        "select set_id, person_id, survivor_id, is_current from profile.person_link
         where set_id in (select set_id from profile.person_link where person_id = any($1))
         order by set_id, person_id",
        people,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find people who are one"))?;
    let mut sets: BTreeMap<Uuid, PersonSet> = BTreeMap::new();
    for row in rows {
        let set = sets.entry(row.set_id).or_insert_with(|| PersonSet {
            id: row.set_id,
            survivor: row.survivor_id,
            is_current: row.is_current,
            members: Vec::new(),
        });
        set.members.push(row.person_id);
    }
    Ok(sets.into_values().collect())
}

/// Locks profiles in the order of their ids, as everybody does.
pub(in crate::journey) async fn lock_profiles(
    tx: &mut TenantTx,
    ids: &[Uuid],
) -> Result<(), DbError> {
    sqlx::query!(
        "select from profile.profile where id = any($1) order by id for update",
        ids,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("lock profiles"))?;
    Ok(())
}

/// A flag as it is kept of somebody, with who set it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::journey) struct KeptFlag {
    pub(in crate::journey) person: Uuid,
    pub(in crate::journey) flag: Flag,
    pub(in crate::journey) value: FlagValue,
    pub(in crate::journey) set_by: String,
    pub(in crate::journey) set_at: Timestamp,
    pub(in crate::journey) is_of_set: bool,
}

/// The flags of these people and sets, with who set them.
pub(in crate::journey) async fn find_kept_flags(
    tx: &mut TenantTx,
    people: &[Uuid],
) -> Result<Vec<KeptFlag>, DbError> {
    let rows = sqlx::query!(
        "select person_id, flag, value, set_by, set_at, is_of_set from profile.journey_flag
         where person_id = any($1) order by set_at, person_id, flag",
        people,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find who set journey flags"))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let flag: Flag = row.flag.parse().ok()?;
            Some(KeptFlag {
                person: row.person_id,
                flag,
                value: FlagValue::of(flag, &row.value)?,
                set_by: row.set_by,
                set_at: row.set_at.to_jiff(),
                is_of_set: row.is_of_set,
            })
        })
        .collect())
}

/// Gives sets the enrolments that their people have.
pub(in crate::journey) async fn upsert_taken_enrolments(
    tx: &mut TenantTx,
    rows: &[(Uuid, Programme, Enrolled)],
) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let ids: Vec<_> = rows
        .iter()
        .map(|_| EnrolmentId::new(tx.clock().new_id()).uuid())
        .collect();
    let sets: Vec<_> = rows.iter().map(|row| row.0).collect();
    let programmes: Vec<_> = rows.iter().map(|row| row.1.as_str().to_owned()).collect();
    let statuses: Vec<_> = rows
        .iter()
        .map(|row| row.2.status.as_str().to_owned())
        .collect();
    let starts = times(rows.iter().map(|row| &row.2.since));
    let ends = maybe_times(rows.iter().map(|row| row.2.completed_at));
    sqlx::query!(
        "insert into profile.enrolment (company_id, id, person_id, programme, status, enrolled_at, completed_at)
         select $1, e.* from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[]) as e
         on conflict (company_id, person_id, programme) do update
         set status = excluded.status, enrolled_at = excluded.enrolled_at, completed_at = excluded.completed_at",
        company,
        &ids,
        &sets,
        &programmes,
        &statuses,
        &starts as _,
        &ends as _,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("write down enrolments of people who are one"))?;
    Ok(())
}
