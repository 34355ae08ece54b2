//! What buddies do and learners learn: writing it down and summing it up.

use std::collections::BTreeMap;

use contracts::event::value::CourseStatus;
use jiff_sqlx::ToSqlx;
use platform::{DbError, TenantTx};
use uuid::Uuid;

use super::read::word;
use super::write::{maybe_times, times};
use crate::journey::deeds::Deeds;
use crate::journey::doings::{Courses, Deed, Doings, Done, Matches};

/// Whom matches name, as `(match, participant, buddy)`.
pub(in crate::journey) async fn find_match_people(
    tx: &mut TenantTx,
    matches: &[Uuid],
) -> Result<Vec<(Uuid, Uuid, Uuid)>, DbError> {
    if matches.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        "select match_id, participant_id, buddy_id from profile.match_fact where match_id = any($1)",
        matches,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find the people of matches"))?;
    Ok(rows
        .into_iter()
        .map(|row| (row.match_id, row.participant_id, row.buddy_id))
        .collect())
}

/// Replaces what is known of matches, deeds, courses and credentials.
pub(in crate::journey) async fn upsert_deeds(
    tx: &mut TenantTx,
    deeds: &Deeds,
) -> Result<(), DbError> {
    upsert_matches(tx, deeds).await?;
    upsert_done(tx, deeds).await?;
    upsert_courses(tx, deeds).await?;
    upsert_credentials(tx, deeds).await
}

/// An end without its beginning keeps the beginning that is known; a beginning without an end takes the end back.
async fn upsert_matches(tx: &mut TenantTx, deeds: &Deeds) -> Result<(), DbError> {
    if deeds.matches.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let ids: Vec<Uuid> = deeds.matches.keys().copied().collect();
    let rows: Vec<_> = deeds.matches.values().collect();
    let participants: Vec<_> = rows.iter().map(|row| row.participant).collect();
    let buddies: Vec<_> = rows.iter().map(|row| row.buddy).collect();
    let starts = maybe_times(rows.iter().map(|row| row.matched_at));
    let begun = times(rows.iter().map(|row| &row.begun_by));
    let ends = maybe_times(rows.iter().map(|row| row.ended_at));
    let well: Vec<_> = rows.iter().map(|row| row.ended_well).collect();
    sqlx::query!(
        "insert into profile.match_fact as f
             (company_id, match_id, participant_id, buddy_id, matched_at, ended_at, ended_well)
         select $1, m.id, m.participant, m.buddy, coalesce(m.matched_at, k.matched_at, m.begun_by), m.ended_at, m.ended_well
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::boolean[])
             as m (id, participant, buddy, matched_at, begun_by, ended_at, ended_well)
         left join profile.match_fact as k on k.match_id = m.id
         on conflict (company_id, match_id) do update
         set participant_id = excluded.participant_id, buddy_id = excluded.buddy_id, matched_at = excluded.matched_at,
             ended_at = excluded.ended_at, ended_well = excluded.ended_well",
        company,
        &ids,
        &participants,
        &buddies,
        &starts as _,
        &begun as _,
        &ends as _,
        &well,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("write down matches"))?;
    Ok(())
}

async fn upsert_done(tx: &mut TenantTx, deeds: &Deeds) -> Result<(), DbError> {
    if deeds.done.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let keys = deeds.done.keys();
    let kinds: Vec<_> = keys
        .clone()
        .map(|(deed, _)| deed.as_str().to_owned())
        .collect();
    let keys: Vec<_> = keys.map(|(_, key)| key.clone()).collect();
    let rows: Vec<_> = deeds.done.values().collect();
    let matches: Vec<_> = rows.iter().map(|row| row.match_id).collect();
    let persons: Vec<_> = rows.iter().map(|row| row.person).collect();
    let others: Vec<_> = rows.iter().map(|row| row.other).collect();
    let by_buddies: Vec<_> = rows.iter().map(|row| row.by_buddy).collect();
    let at = times(rows.iter().map(|row| &row.at));
    sqlx::query!(
        "insert into profile.buddy_fact (company_id, kind, key, match_id, person_id, other_id, by_buddy, at)
         select $1, d.* from unnest($2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::boolean[], $8::timestamptz[]) as d
         on conflict (company_id, kind, key) do update
         set match_id = excluded.match_id, person_id = excluded.person_id, other_id = excluded.other_id,
             by_buddy = excluded.by_buddy, at = excluded.at",
        company,
        &kinds,
        &keys,
        &matches as _,
        &persons as _,
        &others as _,
        &by_buddies,
        &at as _,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("write down what buddies did"))?;
    Ok(())
}

/// Of two words about one course the later one counts, and a completion keeps its time.
async fn upsert_courses(tx: &mut TenantTx, deeds: &Deeds) -> Result<(), DbError> {
    if deeds.courses.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let ids: Vec<Uuid> = deeds.courses.keys().copied().collect();
    let rows: Vec<_> = deeds.courses.values().collect();
    let persons: Vec<_> = rows.iter().map(|row| row.person).collect();
    let statuses: Vec<_> = rows
        .iter()
        .map(|row| row.status.as_str().to_owned())
        .collect();
    let percents: Vec<_> = rows.iter().map(|row| i32::from(row.percent)).collect();
    let since = times(rows.iter().map(|row| &row.since));
    let completed = maybe_times(rows.iter().map(|row| row.completed_at));
    let updated = times(rows.iter().map(|row| &row.updated_at));
    sqlx::query!(
        "insert into profile.course_fact as f
             (company_id, progress_id, person_id, status, progress_percent, since, completed_at, updated_at)
         select $1, c.* from unnest($2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[]) as c
         on conflict (company_id, progress_id) do update
         set person_id = excluded.person_id, since = least(f.since, excluded.since),
             status = case when excluded.updated_at >= f.updated_at or excluded.status = 'completed' then excluded.status else f.status end,
             progress_percent = case when excluded.updated_at >= f.updated_at or excluded.status = 'completed'
                 then excluded.progress_percent else f.progress_percent end,
             completed_at = coalesce(excluded.completed_at, f.completed_at),
             updated_at = greatest(f.updated_at, excluded.updated_at)",
        company,
        &ids,
        &persons,
        &statuses,
        &percents,
        &since as _,
        &completed as _,
        &updated as _,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("write down courses"))?;
    Ok(())
}

async fn upsert_credentials(tx: &mut TenantTx, deeds: &Deeds) -> Result<(), DbError> {
    if deeds.credentials.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let ids: Vec<Uuid> = deeds.credentials.keys().copied().collect();
    let persons: Vec<_> = deeds.credentials.values().map(|row| row.0).collect();
    let issued: Vec<_> = deeds
        .credentials
        .values()
        .map(|row| row.1.to_sqlx())
        .collect();
    sqlx::query!(
        "insert into profile.credential_fact (company_id, credential_id, person_id, issued_at)
         select $1, c.* from unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) as c
         on conflict (company_id, credential_id) do update set person_id = excluded.person_id, issued_at = excluded.issued_at",
        company,
        &ids,
        &persons,
        &issued as _,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("write down credentials"))?;
    Ok(())
}

type All = BTreeMap<Uuid, Doings>;

/// What these people have done beside sessions; those who did nothing are left out.
pub(in crate::journey) async fn find_doings(
    tx: &mut TenantTx,
    ids: &[Uuid],
) -> Result<All, DbError> {
    let mut all = All::new();
    add_matches(tx, ids, &mut all).await?;
    add_done(tx, ids, &mut all).await?;
    add_courses(tx, ids, &mut all).await?;
    add_credentials(tx, ids, &mut all).await?;
    add_levels(tx, ids, &mut all).await?;
    Ok(all)
}

fn number(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

async fn add_matches(tx: &mut TenantTx, ids: &[Uuid], all: &mut All) -> Result<(), DbError> {
    let rows = sqlx::query!(
        r#"select participant_id as "person!", count(*) as "all!", count(*) filter (where ended_at is null) as "active!",
             min(matched_at) as first_at, max(greatest(matched_at, ended_at)) as last_at, max(ended_at) as last_end,
             bool_or(ended_well) as "ended_well!"
         from profile.match_fact where participant_id = any($1) group by participant_id"#,
        ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("sum up matches"))?;
    for row in rows {
        all.entry(row.person).or_default().matches = Matches {
            all: number(row.all),
            active: number(row.active),
            first_at: row.first_at.map(jiff_sqlx::Timestamp::to_jiff),
            last_at: row.last_at.map(jiff_sqlx::Timestamp::to_jiff),
            last_end: row.last_end.map(jiff_sqlx::Timestamp::to_jiff),
            ended_well: row.ended_well,
        };
    }
    let rows = sqlx::query!(
        r#"select buddy_id as "person!", count(*) as "all!" from profile.match_fact
         where buddy_id = any($1) group by buddy_id"#,
        ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("sum up matches of buddies"))?;
    for row in rows {
        all.entry(row.person).or_default().buddy_to = number(row.all);
    }
    Ok(())
}

/// Check-ins count for the participant, feedback for who gave it, and events for both of a match.
async fn add_done(tx: &mut TenantTx, ids: &[Uuid], all: &mut All) -> Result<(), DbError> {
    let rows = sqlx::query!(
        r#"select person as "person!", kind as "kind!", count(*) as "count!", min(at) as first_at, max(at) as last_at
         from (
             select person_id as person, kind, at from profile.buddy_fact where person_id = any($1)
             union all
             select other_id, kind, at from profile.buddy_fact where other_id = any($1)
             union all
             select m.participant_id, d.kind, d.at from profile.match_fact as m
             join profile.buddy_fact as d on d.company_id = m.company_id and d.match_id = m.match_id
             where m.participant_id = any($1) and d.person_id is null and not d.by_buddy
             union all
             select m.buddy_id, d.kind, d.at from profile.match_fact as m
             join profile.buddy_fact as d on d.company_id = m.company_id and d.match_id = m.match_id
             where m.buddy_id = any($1) and d.person_id is null and (d.by_buddy or d.kind = 'logged')
         ) as done
         group by person, kind"#,
        ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("sum up what buddies did"))?;
    for row in rows {
        let Some(deed) = Deed::find(&row.kind) else {
            continue;
        };
        let done = Done {
            count: number(row.count),
            first_at: row.first_at.map(jiff_sqlx::Timestamp::to_jiff),
            last_at: row.last_at.map(jiff_sqlx::Timestamp::to_jiff),
        };
        all.entry(row.person).or_default().buddy.insert(deed, done);
    }
    Ok(())
}

async fn add_courses(tx: &mut TenantTx, ids: &[Uuid], all: &mut All) -> Result<(), DbError> {
    let rows = sqlx::query!(
        r#"select person_id, status, count(*) as "count!", min(since) as first_since, min(completed_at) as first_completed,
             max(completed_at) as last_completed, max(updated_at) as last_at,
             coalesce(sum(progress_percent), 0)::numeric as "percent!"
         from profile.course_fact where person_id = any($1) group by person_id, status"#,
        ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("sum up courses"))?;
    for row in rows {
        let status: CourseStatus = word(&row.status)?;
        let courses = Courses {
            count: number(row.count),
            first_since: row.first_since.map(jiff_sqlx::Timestamp::to_jiff),
            first_completed: row.first_completed.map(jiff_sqlx::Timestamp::to_jiff),
            last_completed: row.last_completed.map(jiff_sqlx::Timestamp::to_jiff),
            last_at: row.last_at.map(jiff_sqlx::Timestamp::to_jiff),
            percent: row.percent,
        };
        let doings = all.entry(row.person_id).or_default();
        doings.courses.insert(status, courses);
    }
    Ok(())
}

async fn add_credentials(tx: &mut TenantTx, ids: &[Uuid], all: &mut All) -> Result<(), DbError> {
    let rows = sqlx::query!(
        r#"select person_id, count(*) as "count!", min(issued_at) as first_at, max(issued_at) as last_at
         from profile.credential_fact where person_id = any($1) group by person_id"#,
        ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("sum up credentials"))?;
    for row in rows {
        all.entry(row.person_id).or_default().credentials = Done {
            count: number(row.count),
            first_at: row.first_at.map(jiff_sqlx::Timestamp::to_jiff),
            last_at: row.last_at.map(jiff_sqlx::Timestamp::to_jiff),
        };
    }
    Ok(())
}

/// The first session on a higher level than all before it. Levels are in the order of their words.
async fn add_levels(tx: &mut TenantTx, ids: &[Uuid], all: &mut All) -> Result<(), DbError> {
    let rows = sqlx::query!(
        r#"select participant_id as "person!", min(completed_at) as "at!"
         from (
             select participant_id, completed_at, language_level,
                    max(language_level) over (
                        partition by participant_id order by completed_at, session_id
                        rows between unbounded preceding and 1 preceding
                    ) as before
             from profile.session_fact
             where participant_id = any($1) and completed_at is not null and language_level is not null
         ) as levels
         where language_level > before
         group by participant_id"#,
        ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("compare levels"))?;
    for row in rows {
        all.entry(row.person).or_default().level_up = Some(row.at.to_jiff());
    }
    Ok(())
}
