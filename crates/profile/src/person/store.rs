//! Profiles in the database.

use contracts::{EnrolmentId, EventId, PersonId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use platform::{DbError, TenantTx};
use uuid::Uuid;

use super::{Computed, Enrolment, FlagHistoryEntry, FlagState, Part, Profile, ReachedMilestone};
use crate::flag::{Flag, FlagValue};
use crate::journey::{Hold, lock_links};
use crate::people::find_shown;

/// A person's profile, if the company knows them; that of all ids together for who
/// is one with others.
pub(crate) async fn find_profile(
    tx: &mut TenantTx,
    person: PersonId,
) -> Result<Option<Profile>, DbError> {
    let shown = find_shown(tx, person).await?;
    let rows = shown.rows;
    let row = sqlx::query!(
        "select is_participant, is_volunteer, version, first_seen_at, last_active_at from profile.profile
         where id = $1 and is_shown",
        rows,
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("find a profile"))?;
    let Some(row) = row else {
        return Ok(None);
    };
    let enrolments = find_enrolments(tx, rows).await?;
    let computed = Computed::of(&enrolments);
    let now = tx.clock().now();
    Ok(Some(Profile {
        id: shown.survivor,
        merged_ids: shown.others(),
        rows,
        roles: parts(row.is_participant, row.is_volunteer),
        version: row.version,
        first_seen_at: row.first_seen_at.to_jiff(),
        last_active_at: row.last_active_at.map(jiff_sqlx::Timestamp::to_jiff),
        enrolments,
        computed,
        flags: find_flags(tx, rows, now).await?.into_iter().collect(),
        milestones: find_milestones(tx, rows).await?,
    }))
}

/// What someone is, as a list.
pub(crate) fn parts(is_participant: bool, is_volunteer: bool) -> Vec<Part> {
    let participant = is_participant.then_some(Part::Participant);
    let volunteer = is_volunteer.then_some(Part::Volunteer);
    participant.into_iter().chain(volunteer).collect()
}

async fn find_enrolments(tx: &mut TenantTx, person: Uuid) -> Result<Vec<Enrolment>, DbError> {
    let rows = sqlx::query!(
        "select id, programme, status, enrolled_at, completed_at from profile.enrolment
         where person_id = $1 order by enrolled_at, programme",
        person,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find enrolments"))?;
    rows.into_iter()
        .map(|row| {
            Ok(Enrolment {
                id: EnrolmentId::new(row.id),
                programme: word(&row.programme)?,
                status: word(&row.status)?,
                enrolled_at: row.enrolled_at.to_jiff(),
                completed_at: row.completed_at.map(jiff_sqlx::Timestamp::to_jiff),
            })
        })
        .collect()
}

async fn find_flags(
    tx: &mut TenantTx,
    person: Uuid,
    now: Timestamp,
) -> Result<Vec<(Flag, FlagState)>, DbError> {
    let rows = sqlx::query!(
        "select flag, value, set_by, set_at, expires_at from profile.journey_flag
         where person_id = $1 and (expires_at is null or expires_at > $2)",
        person,
        now.to_sqlx(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find journey flags"))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let flag: Flag = row.flag.parse().ok()?;
            let state = FlagState {
                value: FlagValue::of(flag, &row.value)?,
                set_by: row.set_by,
                set_at: row.set_at.to_jiff(),
                expires_at: row.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
            };
            Some((flag, state))
        })
        .collect())
}

async fn find_milestones(
    tx: &mut TenantTx,
    person: Uuid,
) -> Result<Vec<ReachedMilestone>, DbError> {
    let rows = sqlx::query!(
        "select milestone, reached_at from profile.milestone where person_id = $1 order by reached_at, milestone",
        person,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find milestones"))?;
    rows.into_iter()
        .map(|row| {
            Ok(ReachedMilestone {
                milestone: word(&row.milestone)?,
                reached_at: row.reached_at.to_jiff(),
            })
        })
        .collect()
}

/// Locks a profile against other changes; false when there is none.
pub(crate) async fn lock_profile(tx: &mut TenantTx, person: PersonId) -> Result<bool, DbError> {
    lock_links(tx, Hold::Shared).await?;
    let rows = find_shown(tx, person).await?.rows;
    let row = sqlx::query!(
        "select version from profile.profile where id = $1 and is_shown for update",
        rows,
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("lock a profile"))?;
    Ok(row.is_some())
}

/// Gives a profile its next version.
pub(crate) async fn update_version(
    tx: &mut TenantTx,
    person: Uuid,
    now: Timestamp,
) -> Result<(), DbError> {
    sqlx::query!(
        "update profile.profile set version = version + 1, updated_at = $2 where id = $1",
        person,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("advance a profile's version"))?;
    Ok(())
}

/// Where a page of history begins: after this change.
pub(crate) type HistoryPosition = (Timestamp, Uuid);

/// Changes of a person's flags, the latest first, each with its position.
pub(crate) async fn list_history(
    tx: &mut TenantTx,
    person: Uuid,
    before: Option<HistoryPosition>,
    limit: i64,
) -> Result<Vec<(HistoryPosition, FlagHistoryEntry)>, DbError> {
    let rows = sqlx::query!(
        "select id, flag, old_value, new_value, changed_by, event_id, changed_at from profile.journey_flag_history
         where person_id = $1 and ($2::timestamptz is null or (changed_at, id) < ($2, $3))
         order by changed_at desc, id desc limit $4",
        person,
        before.map(|(at, _)| at.to_sqlx()) as _,
        before.map(|(_, id)| id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list changes of journey flags"))?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let changed_at = row.changed_at.to_jiff();
            let entry = FlagHistoryEntry {
                flag: row.flag,
                old_value: row.old_value,
                new_value: row.new_value,
                changed_by: row.changed_by,
                event_id: row.event_id.map(EventId::new),
                changed_at,
            };
            ((changed_at, row.id), entry)
        })
        .collect())
}

/// A word of a checked column.
fn word<T: std::str::FromStr>(text: &str) -> Result<T, DbError> {
    text.parse()
        .map_err(|_| DbError::Schema("a word of a profile is unknown to this program".to_owned()))
}
