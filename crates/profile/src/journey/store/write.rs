//! Writing down what became of people.

use contracts::EnrolmentId;
use contracts::journey::{Milestone, Programme};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use platform::{DbError, TenantTx};
use uuid::Uuid;

use crate::flag::{Flag, FlagValue};
use crate::journey::batch::Batch;
use crate::journey::progress::{Reached, Standing};

pub(super) fn times<'a>(times: impl Iterator<Item = &'a Timestamp>) -> Vec<jiff_sqlx::Timestamp> {
    times.map(|time| time.to_sqlx()).collect()
}

pub(super) fn maybe_times(
    times: impl Iterator<Item = Option<Timestamp>>,
) -> Vec<Option<jiff_sqlx::Timestamp>> {
    times.map(|time| time.map(ToSqlx::to_sqlx)).collect()
}

/// Replaces what is known of sessions. One that took place is not undone by an agreement.
pub(in crate::journey) async fn upsert_sessions(
    tx: &mut TenantTx,
    batch: &Batch,
) -> Result<(), DbError> {
    if batch.sessions.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let ids: Vec<Uuid> = batch.sessions.keys().copied().collect();
    let rows: Vec<_> = batch.sessions.values().collect();
    let programmes: Vec<_> = rows
        .iter()
        .map(|s| s.programme.as_str().to_owned())
        .collect();
    let participants: Vec<_> = rows.iter().map(|s| s.participant).collect();
    let volunteers: Vec<_> = rows.iter().map(|s| s.volunteer).collect();
    let starts = times(rows.iter().map(|s| &s.starts_at));
    let ends = maybe_times(rows.iter().map(|s| s.completed_at));
    let levels: Vec<_> = rows
        .iter()
        .map(|s| s.level.map(|level| level.as_str().to_owned()))
        .collect();
    sqlx::query!(
        "insert into profile.session_fact as f
             (company_id, session_id, programme, participant_id, volunteer_id, starts_at, completed_at, language_level)
         select $1, s.* from unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::timestamptz[], $8::text[]) as s
         on conflict (company_id, session_id) do update
         set programme = excluded.programme, participant_id = excluded.participant_id, volunteer_id = excluded.volunteer_id,
             starts_at = excluded.starts_at, completed_at = excluded.completed_at, language_level = excluded.language_level
         where excluded.completed_at is not null or f.completed_at is null",
        company,
        &ids,
        &programmes,
        &participants,
        &volunteers,
        &starts as _,
        &ends as _,
        &levels as _,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("write down sessions"))?;
    Ok(())
}

/// Replaces what is known of ratings.
pub(in crate::journey) async fn upsert_ratings(
    tx: &mut TenantTx,
    batch: &Batch,
) -> Result<(), DbError> {
    if batch.ratings.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let ids: Vec<Uuid> = batch.ratings.keys().copied().collect();
    let sessions: Vec<_> = batch.ratings.values().map(|r| r.session).collect();
    let ratings: Vec<_> = batch.ratings.values().map(|r| r.value).collect();
    sqlx::query!(
        "insert into profile.rating_fact (company_id, rating_id, session_id, rating)
         select $1, r.* from unnest($2::uuid[], $3::uuid[], $4::numeric[]) as r
         on conflict (company_id, rating_id) do update set session_id = excluded.session_id, rating = excluded.rating",
        company,
        &ids,
        &sessions,
        &ratings,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("write down ratings"))?;
    Ok(())
}

/// Writes down what people are; each gets the next version.
pub(in crate::journey) async fn upsert_profiles(
    tx: &mut TenantTx,
    rows: &[(Uuid, Standing)],
    now: Timestamp,
) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let ids: Vec<_> = rows.iter().map(|(id, _)| *id).collect();
    let participants: Vec<_> = rows.iter().map(|(_, s)| s.is_participant).collect();
    let volunteers: Vec<_> = rows.iter().map(|(_, s)| s.is_volunteer).collect();
    let seen = times(rows.iter().map(|(_, s)| &s.first_seen_at));
    let active = maybe_times(rows.iter().map(|(_, s)| s.last_active_at));
    sqlx::query!(
        "insert into profile.profile as p
             (company_id, id, is_participant, is_volunteer, first_seen_at, last_active_at, updated_at, heard_at)
         select $1, r.*, $7, $7 from unnest($2::uuid[], $3::boolean[], $4::boolean[], $5::timestamptz[], $6::timestamptz[]) as r
         on conflict (company_id, id) do update
         set is_participant = excluded.is_participant, is_volunteer = excluded.is_volunteer, first_seen_at = excluded.first_seen_at,
             last_active_at = excluded.last_active_at, updated_at = excluded.updated_at, version = p.version + 1",
        company,
        &ids,
        &participants,
        &volunteers,
        &seen as _,
        &active as _,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("write down profiles"))?;
    Ok(())
}

/// Enrols people, or corrects since when they are.
pub(in crate::journey) async fn upsert_enrolments(
    tx: &mut TenantTx,
    rows: &[(Uuid, Programme, Timestamp)],
) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let ids: Vec<_> = rows
        .iter()
        .map(|_| EnrolmentId::new(tx.clock().new_id()).uuid())
        .collect();
    let people: Vec<_> = rows.iter().map(|row| row.0).collect();
    let programmes: Vec<_> = rows.iter().map(|row| row.1.as_str().to_owned()).collect();
    let starts = times(rows.iter().map(|row| &row.2));
    sqlx::query!(
        "insert into profile.enrolment (company_id, id, person_id, programme, enrolled_at, status)
         select $1, e.*, 'active' from unnest($2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[]) as e
         on conflict (company_id, person_id, programme) do update set enrolled_at = excluded.enrolled_at",
        company,
        &ids,
        &people,
        &programmes,
        &starts as _,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("write down enrolments"))?;
    Ok(())
}

/// A person's milestone.
pub(in crate::journey) type MilestoneRow = (Uuid, Milestone, Reached);

/// Writes down milestones, or corrects when they were reached.
pub(in crate::journey) async fn upsert_milestones(
    tx: &mut TenantTx,
    rows: &[MilestoneRow],
) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let people: Vec<_> = rows.iter().map(|row| row.0).collect();
    let milestones: Vec<_> = rows.iter().map(|row| row.1.as_str().to_owned()).collect();
    let reached = times(rows.iter().map(|row| &row.2.at));
    let events: Vec<_> = rows.iter().map(|row| row.2.event_id).collect();
    sqlx::query!(
        "insert into profile.milestone (company_id, person_id, milestone, reached_at, event_id)
         select $1, m.* from unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::uuid[]) as m
         on conflict (company_id, person_id, milestone) do update set reached_at = excluded.reached_at",
        company,
        &people,
        &milestones,
        &reached as _,
        &events,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("write down milestones"))?;
    Ok(())
}

/// A flag's value for a person, as of now.
#[derive(Debug, Clone)]
pub(crate) struct FlagRow {
    pub(crate) person: Uuid,
    pub(crate) flag: Flag,
    pub(crate) value: FlagValue,
    pub(crate) set_by: String,
    pub(crate) expires_at: Option<Timestamp>,
    /// Whether it was set by hand of people who are one.
    pub(crate) is_of_set: bool,
}

/// Gives flags their values.
pub(crate) async fn upsert_flags(
    tx: &mut TenantTx,
    rows: &[FlagRow],
    now: Timestamp,
) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let people: Vec<_> = rows.iter().map(|row| row.person).collect();
    let flags: Vec<_> = rows
        .iter()
        .map(|row| row.flag.as_str().to_owned())
        .collect();
    let values: Vec<_> = rows.iter().map(|row| row.value.to_json()).collect();
    let set_by: Vec<_> = rows.iter().map(|row| row.set_by.clone()).collect();
    let ends = maybe_times(rows.iter().map(|row| row.expires_at));
    let of_sets: Vec<_> = rows.iter().map(|row| row.is_of_set).collect();
    sqlx::query!(
        "insert into profile.journey_flag (company_id, person_id, flag, value, set_by, expires_at, set_at, is_of_set)
         select $1, f.person, f.flag, f.value::jsonb, f.set_by, f.expires_at, $7, f.is_of_set
         from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $8::boolean[])
             as f (person, flag, value, set_by, expires_at, is_of_set)
         on conflict (company_id, person_id, flag) do update
         set value = excluded.value, set_by = excluded.set_by, set_at = excluded.set_at,
             expires_at = excluded.expires_at, is_of_set = excluded.is_of_set",
        company,
        &people,
        &flags,
        &values,
        &set_by,
        &ends as _,
        now.to_sqlx(),
        &of_sets,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("set journey flags"))?;
    Ok(())
}

/// Takes flags away.
pub(crate) async fn delete_flags(tx: &mut TenantTx, rows: &[(Uuid, Flag)]) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let people: Vec<_> = rows.iter().map(|row| row.0).collect();
    let flags: Vec<_> = rows.iter().map(|row| row.1.as_str().to_owned()).collect();
    sqlx::query!(
        "delete from profile.journey_flag as f using unnest($1::uuid[], $2::text[]) as gone (person, flag)
         where f.person_id = gone.person and f.flag = gone.flag",
        &people,
        &flags,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("clear journey flags"))?;
    Ok(())
}

/// One change of one flag of a person, to be remembered.
#[derive(Debug, Clone)]
pub(crate) struct HistoryRow {
    pub(crate) person: Uuid,
    pub(crate) flag: Flag,
    pub(crate) old: Option<FlagValue>,
    pub(crate) new: Option<FlagValue>,
    pub(crate) changed_by: String,
    pub(crate) event_id: Option<Uuid>,
}

/// Remembers changes.
pub(crate) async fn insert_history(
    tx: &mut TenantTx,
    rows: &[HistoryRow],
    now: Timestamp,
) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let ids: Vec<Uuid> = rows.iter().map(|_| tx.clock().new_id()).collect();
    let people: Vec<_> = rows.iter().map(|row| row.person).collect();
    let flags: Vec<_> = rows
        .iter()
        .map(|row| row.flag.as_str().to_owned())
        .collect();
    let old: Vec<_> = rows
        .iter()
        .map(|row| row.old.map(FlagValue::to_json))
        .collect();
    let new: Vec<_> = rows
        .iter()
        .map(|row| row.new.map(FlagValue::to_json))
        .collect();
    let changed_by: Vec<_> = rows.iter().map(|row| row.changed_by.clone()).collect();
    let events: Vec<_> = rows.iter().map(|row| row.event_id).collect();
    sqlx::query!(
        "insert into profile.journey_flag_history
             (company_id, id, person_id, flag, old_value, new_value, changed_by, event_id, changed_at)
         select $1, h.id, h.person, h.flag, h.old::jsonb, h.new::jsonb, h.changed_by, h.event_id, $9
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[])
             as h (id, person, flag, old, new, changed_by, event_id)",
        company,
        &ids,
        &people,
        &flags,
        &old as _,
        &new as _,
        &changed_by,
        &events as _,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("remember changes of journey flags"))?;
    Ok(())
}
