//! What is stored of people.

use std::collections::BTreeMap;

use contracts::journey::Programme;
use platform::{DbError, TenantTx};
use uuid::Uuid;

use crate::flag::{Flag, FlagValue};
use crate::journey::progress::{Enrolled, Person, Reached, Sessions, Standing};
use crate::journey::rule::StoredFlag;

/// Whom sessions name, as `(session, participant, volunteer)`.
pub(in crate::journey) async fn find_session_people(
    tx: &mut TenantTx,
    sessions: &[Uuid],
) -> Result<Vec<(Uuid, Uuid, Uuid)>, DbError> {
    let rows = sqlx::query!(
        "select session_id, participant_id, volunteer_id from profile.session_fact where session_id = any($1)",
        sessions,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find the people of sessions"))?;
    Ok(rows
        .into_iter()
        .map(|row| (row.session_id, row.participant_id, row.volunteer_id))
        .collect())
}

/// The next participants by id, at most `limit`.
pub(in crate::journey) async fn find_participants_after(
    tx: &mut TenantTx,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>, DbError> {
    sqlx::query_scalar!(
        "select id from profile.profile where is_participant and not is_set and id > $1 order by id limit $2",
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list participants"))
}

/// What is stored of these people, all of them; their profiles are locked.
pub(in crate::journey) async fn find_people(
    tx: &mut TenantTx,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, Person>, DbError> {
    let mut people: BTreeMap<Uuid, Person> =
        ids.iter().map(|id| (*id, Person::default())).collect();
    add_standings(tx, ids, &mut people).await?;
    add_sessions(tx, ids, &mut people).await?;
    add_volunteering(tx, ids, &mut people).await?;
    add_enrolments(tx, ids, &mut people).await?;
    add_flags(tx, ids, &mut people).await?;
    add_milestones(tx, ids, &mut people).await?;
    for (id, doings) in super::doings::find_doings(tx, ids).await? {
        people.entry(id).or_default().doings = doings;
    }
    Ok(people)
}

type People = BTreeMap<Uuid, Person>;

/// Locked in the order of ids, so that two who lock never wait for each other.
async fn add_standings(
    tx: &mut TenantTx,
    ids: &[Uuid],
    people: &mut People,
) -> Result<(), DbError> {
    let rows = sqlx::query!(
        "select id, is_participant, is_volunteer, first_seen_at, last_active_at
         from profile.profile where id = any($1) order by id for update",
        ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("lock profiles"))?;
    for row in rows {
        people.entry(row.id).or_default().standing = Some(Standing {
            is_participant: row.is_participant,
            is_volunteer: row.is_volunteer,
            first_seen_at: row.first_seen_at.to_jiff(),
            last_active_at: row.last_active_at.map(jiff_sqlx::Timestamp::to_jiff),
        });
    }
    Ok(())
}

async fn add_sessions(tx: &mut TenantTx, ids: &[Uuid], people: &mut People) -> Result<(), DbError> {
    let rows = sqlx::query!(
        r#"select f.participant_id, f.programme, min(f.starts_at) as "first_start!", count(f.completed_at) as "held!",
             min(f.completed_at) as first_held, max(f.completed_at) as last_held,
             coalesce(sum(r.total), 0) as "rating_sum!", coalesce(sum(r.given), 0)::bigint as "ratings!"
         from profile.session_fact as f
         left join lateral (
             select sum(rating) as total, count(*) as given from profile.rating_fact
             where company_id = f.company_id and session_id = f.session_id
         ) as r on true
         where f.participant_id = any($1)
         group by f.participant_id, f.programme"#,
        ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("sum up sessions"))?;
    for row in rows {
        let sessions = Sessions {
            programme: word(&row.programme)?,
            first_start: row.first_start.to_jiff(),
            held: u64::try_from(row.held).unwrap_or_default(),
            first_held: row.first_held.map(jiff_sqlx::Timestamp::to_jiff),
            last_held: row.last_held.map(jiff_sqlx::Timestamp::to_jiff),
            ratings: (
                row.rating_sum,
                u64::try_from(row.ratings).unwrap_or_default(),
            ),
        };
        let person = people.entry(row.participant_id).or_default();
        person.sessions.push(sessions);
    }
    Ok(())
}

/// The last session of each volunteer, found at the end of the index: some
/// volunteers have thousands.
async fn add_volunteering(
    tx: &mut TenantTx,
    ids: &[Uuid],
    people: &mut People,
) -> Result<(), DbError> {
    let rows = sqlx::query!(
        r#"select v.id as "id!", (select max(f.completed_at) from profile.session_fact as f where f.volunteer_id = v.id) as last_held
         from unnest($1::uuid[]) as v (id)"#,
        ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find the last sessions of volunteers"))?;
    for row in rows {
        people.entry(row.id).or_default().last_volunteered =
            row.last_held.map(jiff_sqlx::Timestamp::to_jiff);
    }
    Ok(())
}

async fn add_enrolments(
    tx: &mut TenantTx,
    ids: &[Uuid],
    people: &mut People,
) -> Result<(), DbError> {
    let rows = sqlx::query!(
        "select person_id, programme, status, enrolled_at, completed_at from profile.enrolment where person_id = any($1)",
        ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find enrolments"))?;
    for row in rows {
        let programme: Programme = word(&row.programme)?;
        let enrolment = Enrolled {
            status: word(&row.status)?,
            since: row.enrolled_at.to_jiff(),
            completed_at: row.completed_at.map(jiff_sqlx::Timestamp::to_jiff),
        };
        let person = people.entry(row.person_id).or_default();
        person.enrolments.insert(programme, enrolment);
    }
    Ok(())
}

async fn add_flags(tx: &mut TenantTx, ids: &[Uuid], people: &mut People) -> Result<(), DbError> {
    let rows = sqlx::query!(
        "select person_id, flag, value, expires_at from profile.journey_flag where person_id = any($1)",
        ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find journey flags"))?;
    for row in rows {
        // A flag of another version of this program is left alone.
        let Ok(flag) = row.flag.parse::<Flag>() else {
            continue;
        };
        if let Some(value) = FlagValue::of(flag, &row.value) {
            let expires_at = row.expires_at.map(jiff_sqlx::Timestamp::to_jiff);
            let person = people.entry(row.person_id).or_default();
            person.flags.insert(flag, StoredFlag { value, expires_at });
        }
    }
    Ok(())
}

async fn add_milestones(
    tx: &mut TenantTx,
    ids: &[Uuid],
    people: &mut People,
) -> Result<(), DbError> {
    let rows = sqlx::query!(
        "select person_id, milestone, reached_at, event_id from profile.milestone where person_id = any($1)",
        ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find milestones"))?;
    for row in rows {
        let reached = Reached {
            at: row.reached_at.to_jiff(),
            event_id: row.event_id,
        };
        let person = people.entry(row.person_id).or_default();
        person.milestones.insert(word(&row.milestone)?, reached);
    }
    Ok(())
}

/// A word of a checked column.
pub(super) fn word<T: std::str::FromStr>(text: &str) -> Result<T, DbError> {
    text.parse()
        .map_err(|_| DbError::Schema("a word of the journey is unknown to this program".to_owned()))
}
