//! Taking away what rested on records that were withdrawn.

use std::collections::{BTreeMap, BTreeSet};

use contracts::event::EventType;
use contracts::journey::{Milestone, Programme};
use platform::{DbError, TenantTx};
use uuid::Uuid;

use crate::journey::batch::Batch;
use crate::journey::store::find_kept_flags;
use crate::journey::withdrawal::Remains;

/// Whom the withdrawal of records concerns that are no sessions, with the event: whoever
/// they name, or their match does. Ratings are of their session's participant.
pub(in crate::journey) async fn find_deprived(
    tx: &mut TenantTx,
    batch: &Batch,
) -> Result<Vec<(Uuid, usize)>, DbError> {
    let events: BTreeMap<Uuid, usize> = batch
        .withdrawn
        .iter()
        .chain(&batch.unrated)
        .map(|(id, event)| (*id, *event))
        .collect();
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = events.keys().copied().collect();
    let keys: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    let rows = sqlx::query!(
        r#"select match_id as "record!", participant_id as "person!" from profile.match_fact where match_id = any($1)
         union select match_id, buddy_id from profile.match_fact where match_id = any($1)
         union select progress_id, person_id from profile.course_fact where progress_id = any($1)
         union select credential_id, person_id from profile.credential_fact where credential_id = any($1)
         union select r.rating_id, f.participant_id from profile.rating_fact as r
             join profile.session_fact as f on f.company_id = r.company_id and f.session_id = r.session_id
             where r.rating_id = any($1)
         union select d.key::uuid, p.id from profile.buddy_fact as d
             left join profile.match_fact as m on m.company_id = d.company_id and m.match_id = d.match_id
             cross join lateral (values (d.person_id), (d.other_id), (m.participant_id), (m.buddy_id)) as p (id)
             where d.kind in ('logged', 'checkin', 'feedback', 'skill_share') and d.key = any($2) and p.id is not null"#,
        &ids,
        &keys,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find whom withdrawn records name"))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((row.person, *events.get(&row.record)?)))
        .collect())
}

/// Forgets what was withdrawn: sessions with their ratings, ratings alone, and what
/// buddies did and learners learned.
pub(in crate::journey) async fn delete_withdrawn(
    tx: &mut TenantTx,
    batch: &Batch,
) -> Result<(), DbError> {
    let gone: Vec<Uuid> = batch.withdrawn.keys().copied().collect();
    let unrated: Vec<Uuid> = batch.unrated.keys().chain(&gone).copied().collect();
    if unrated.is_empty() {
        return Ok(());
    }
    let keys: Vec<String> = gone.iter().map(Uuid::to_string).collect();
    sqlx::query!(
        "with sessions as (
             delete from profile.session_fact where session_id = any($1)
         ), matches as (
             delete from profile.match_fact where match_id = any($1)
         ), courses as (
             delete from profile.course_fact where progress_id = any($1)
         ), credentials as (
             delete from profile.credential_fact where credential_id = any($1)
         ), deeds as (
             delete from profile.buddy_fact
             where kind in ('logged', 'checkin', 'feedback', 'skill_share') and key = any($3)
         )
         delete from profile.rating_fact where session_id = any($2) or rating_id = any($2)",
        &gone,
        &unrated,
        &keys,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("forget what was withdrawn"))?;
    Ok(())
}

/// What is left of these people.
pub(in crate::journey) async fn find_remains(
    tx: &mut TenantTx,
    people: &[Uuid],
) -> Result<BTreeMap<Uuid, Remains>, DbError> {
    if people.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = sqlx::query!(
        r#"select p.id, p.heard_at,
             least(
                 (select min(f.starts_at) from profile.session_fact as f where f.participant_id = p.id),
                 (select min(m.matched_at) from profile.match_fact as m where m.participant_id = p.id),
                 (select min(c.since) from profile.course_fact as c where c.person_id = p.id),
                 (select min(c.issued_at) from profile.credential_fact as c where c.person_id = p.id)
             ) as participates_since,
             least(
                 (select min(f.starts_at) from profile.session_fact as f where f.volunteer_id = p.id),
                 (select min(m.matched_at) from profile.match_fact as m where m.buddy_id = p.id)
             ) as volunteers_since,
             exists (select from profile.session_fact as f where f.participant_id = p.id or f.volunteer_id = p.id) as "has_sessions!"
         from profile.profile as p where p.id = any($1)"#,
        people,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find what is left of people"))?;
    let mut left: BTreeMap<Uuid, Remains> = rows
        .into_iter()
        .map(|row| {
            let remains = Remains {
                heard_at: row.heard_at.map(jiff_sqlx::Timestamp::to_jiff),
                participates_since: row.participates_since.map(jiff_sqlx::Timestamp::to_jiff),
                volunteers_since: row.volunteers_since.map(jiff_sqlx::Timestamp::to_jiff),
                has_sessions: row.has_sessions,
                by_events: BTreeSet::new(),
            };
            (row.id, remains)
        })
        .collect();
    for kept in find_kept_flags(tx, people).await? {
        let is_by_event = kept.set_by.parse::<EventType>().is_ok();
        if let Some(remains) = left.get_mut(&kept.person).filter(|_| is_by_event) {
            remains.by_events.insert(kept.flag);
        }
    }
    Ok(left)
}

/// Takes places in programmes away.
pub(in crate::journey) async fn delete_enrolments(
    tx: &mut TenantTx,
    rows: &[(Uuid, Programme)],
) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let people: Vec<_> = rows.iter().map(|row| row.0).collect();
    let programmes: Vec<_> = rows.iter().map(|row| row.1.as_str().to_owned()).collect();
    sqlx::query!(
        "delete from profile.enrolment as e using unnest($1::uuid[], $2::text[]) as gone (person, programme)
         where e.person_id = gone.person and e.programme = gone.programme",
        &people,
        &programmes,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("take enrolments away"))?;
    Ok(())
}

/// Takes milestones back.
pub(in crate::journey) async fn delete_milestones(
    tx: &mut TenantTx,
    rows: &[(Uuid, Milestone)],
) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let people: Vec<_> = rows.iter().map(|row| row.0).collect();
    let milestones: Vec<_> = rows.iter().map(|row| row.1.as_str().to_owned()).collect();
    sqlx::query!(
        "delete from profile.milestone as m using unnest($1::uuid[], $2::text[]) as gone (person, milestone)
         where m.person_id = gone.person and m.milestone = gone.milestone",
        &people,
        &milestones,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("take milestones back"))?;
    Ok(())
}

/// Takes away the profiles of those of these people that rest on nothing any more, with
/// the suggestions about them that nobody has decided, and the profiles that were made
/// for nothing but those.
pub(in crate::journey) async fn delete_baseless(
    tx: &mut TenantTx,
    people: &[Uuid],
) -> Result<(), DbError> {
    if people.is_empty() {
        return Ok(());
    }
    let baseless = find_baseless(tx, people).await?;
    if baseless.is_empty() {
        return Ok(());
    }
    let others = sqlx::query!(
        "delete from profile.match_suggestion
         where state = 'pending' and (person_id = any($1) or other_id = any($1))
         returning person_id, other_id",
        &baseless,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("take suggestions away"))?;
    let others: BTreeSet<Uuid> = others
        .into_iter()
        .flat_map(|row| [row.person_id, row.other_id])
        .collect();
    let others: Vec<Uuid> = others.into_iter().collect();
    let mut gone = find_baseless(tx, &others).await?;
    gone.retain(|person| !baseless.contains(person));
    let kept = find_suggested(tx, &gone).await?;
    gone.retain(|person| !kept.contains(person));
    gone.extend(baseless);
    sqlx::query!("delete from profile.profile where id = any($1)", &gone)
        .execute(tx.conn())
        .await
        .map_err(DbError::during("take profiles away"))?;
    Ok(())
}

/// Those of these people of whom there is no fact, nothing that somebody said or decided
/// by hand, and nothing that follows from either.
async fn find_baseless(tx: &mut TenantTx, people: &[Uuid]) -> Result<Vec<Uuid>, DbError> {
    sqlx::query_scalar!(
        "select p.id from profile.profile as p
         where p.id = any($1) and not p.is_set and not p.is_participant and not p.is_volunteer
           and not exists (select from profile.enrolment as e where e.person_id = p.id)
           and not exists (select from profile.milestone as m where m.person_id = p.id)
           and not exists (select from profile.journey_flag as f where f.person_id = p.id)
           and not exists (select from profile.external_id as x where x.person_id = p.id)
           and not exists (select from profile.person_link as l where l.person_id = p.id)
           and not exists (select from profile.merge as m where m.kept_id = p.id or m.merged_id = p.id)
           and not exists (select from profile.match_suggestion as s
               where s.state <> 'pending' and (s.person_id = p.id or s.other_id = p.id))
         order by p.id for update",
        people,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find profiles that rest on nothing"))
}

async fn find_suggested(tx: &mut TenantTx, people: &[Uuid]) -> Result<BTreeSet<Uuid>, DbError> {
    let rows = sqlx::query!(
        "select person_id, other_id from profile.match_suggestion where person_id = any($1) or other_id = any($1)",
        people,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find people who are suggested"))?;
    Ok(rows
        .into_iter()
        .flat_map(|row| [row.person_id, row.other_id])
        .collect())
}
