//! Pairs of people that somebody should look at.

use contracts::event::value::MatchReason;
use contracts::{MatchId, PersonId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use platform::{DbError, TenantTx};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::people::{MatchPage, MatchState};
use crate::person::Part;
use crate::person::store::parts;

/// Two people in whom somebody saw one.
pub(in crate::people) struct Sighting {
    pub(in crate::people) people: [Uuid; 2],
    pub(in crate::people) reason: MatchReason,
    pub(in crate::people) score: Decimal,
    pub(in crate::people) source: String,
    pub(in crate::people) at: Timestamp,
}

/// Makes sure that these people have a profile: who came with data that makes no
/// journey has none yet.
pub(in crate::people) async fn insert_people(
    tx: &mut TenantTx,
    people: &[Uuid],
    at: Timestamp,
) -> Result<(), DbError> {
    let company = tx.company().uuid();
    sqlx::query!(
        "insert into profile.profile (company_id, id, first_seen_at, updated_at, heard_at)
         select $1, p.id, $3, $3, $3 from unnest($2::uuid[]) as p (id) order by p.id
         on conflict (company_id, id) do nothing",
        company,
        people,
        at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("make profiles of people who may be one"))?;
    Ok(())
}

/// Puts a pair on the list. What was decided stays; of several reasons the strongest counts.
pub(in crate::people) async fn upsert_match(
    tx: &mut TenantTx,
    seen: &Sighting,
) -> Result<(), DbError> {
    let (company, id) = (tx.company().uuid(), tx.clock().new_id());
    let [one, other] = seen.people;
    sqlx::query!(
        "insert into profile.match_suggestion as m
             (company_id, id, person_id, other_id, reason, score, source, state, suggested_at)
         values ($1, $2, least($3::uuid, $4), greatest($3::uuid, $4), $5, $6, $7, 'pending', $8)
         on conflict (company_id, person_id, other_id) do update
         set reason = excluded.reason, score = excluded.score, source = excluded.source, suggested_at = excluded.suggested_at
         where m.state = 'pending' and excluded.score > m.score",
        company,
        id,
        one,
        other,
        seen.reason.as_str(),
        seen.score,
        seen.source,
        seen.at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("suggest a match"))?;
    Ok(())
}

/// A pair of the list, with what is shown of both beside what they are known by.
pub(in crate::people) struct MatchRow {
    pub(in crate::people) id: MatchId,
    pub(in crate::people) people: [PersonId; 2],
    pub(in crate::people) roles: [Vec<Part>; 2],
    pub(in crate::people) programmes: [Vec<String>; 2],
    pub(in crate::people) last_active: [Option<Timestamp>; 2],
    pub(in crate::people) reason: String,
    pub(in crate::people) score: Decimal,
    pub(in crate::people) source: String,
    pub(in crate::people) suggested_at: Timestamp,
    pub(in crate::people) decided_by: Option<String>,
    pub(in crate::people) decided_at: Option<Timestamp>,
    pub(in crate::people) decided_why: Option<String>,
}

/// Pairs of a state, the strongest first; without those who became one in another way.
pub(in crate::people) async fn list_matches(
    tx: &mut TenantTx,
    page: MatchPage,
) -> Result<Vec<MatchRow>, DbError> {
    let rows = sqlx::query!(
        r#"select m.id, m.person_id, m.other_id, m.reason, m.score, m.source, m.suggested_at,
             m.decided_by, m.decided_at, m.decided_why,
             a.is_participant as a_participant, a.is_volunteer as a_volunteer, a.last_active_at as a_active,
             b.is_participant as b_participant, b.is_volunteer as b_volunteer, b.last_active_at as b_active,
             array(select programme from profile.enrolment where company_id = a.company_id and person_id = a.id order by 1) as "a_in!",
             array(select programme from profile.enrolment where company_id = b.company_id and person_id = b.id order by 1) as "b_in!"
         from profile.match_suggestion as m
         join profile.profile as a on a.company_id = m.company_id and a.id = m.person_id
         join profile.profile as b on b.company_id = m.company_id and b.id = m.other_id
         where m.state = $1 and ($2::numeric is null or (m.score, m.id) < ($2, $3))
         order by m.score desc, m.id desc limit $4"#,
        page.state.as_str(),
        page.after.map(|(score, _)| score),
        page.after.map(|(_, id)| id.uuid()),
        i64::from(page.limit),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list people who may be one"))?;
    Ok(rows
        .into_iter()
        .map(|row| MatchRow {
            id: row.id.into(),
            people: [row.person_id.into(), row.other_id.into()],
            roles: [
                parts(row.a_participant, row.a_volunteer),
                parts(row.b_participant, row.b_volunteer),
            ],
            programmes: [row.a_in, row.b_in],
            last_active: [row.a_active, row.b_active]
                .map(|at| at.map(jiff_sqlx::Timestamp::to_jiff)),
            reason: row.reason,
            score: row.score,
            source: row.source,
            suggested_at: row.suggested_at.to_jiff(),
            decided_by: row.decided_by,
            decided_at: row.decided_at.map(jiff_sqlx::Timestamp::to_jiff),
            decided_why: row.decided_why,
        })
        .collect())
}

/// Decides about a pending pair; how it stood before, if there is one.
pub(in crate::people) async fn decide_match(
    tx: &mut TenantTx,
    id: MatchId,
    state: MatchState,
    why: &str,
) -> Result<Option<String>, DbError> {
    let (by, now) = (tx.actor().to_string(), tx.clock().now());
    sqlx::query_scalar!(
        "with known as (
             select company_id, id, state from profile.match_suggestion where id = $1 for update
         ), decided as (
             update profile.match_suggestion as m set state = $2, decided_by = $3, decided_at = $4, decided_why = $5
             from known as k where m.company_id = k.company_id and m.id = k.id and k.state = 'pending'
         )
         select state from known",
        id.uuid(),
        state.as_str(),
        by,
        now.to_sqlx(),
        why,
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("decide about a match"))
}

/// Notes that pending pairs among people who are one now need nobody to look at them.
pub(in crate::people) async fn decide_matches_within(
    tx: &mut TenantTx,
    people: &[Uuid],
    why: &str,
) -> Result<(), DbError> {
    let (by, now) = (tx.actor().to_string(), tx.clock().now());
    sqlx::query!(
        "update profile.match_suggestion set state = 'merged', decided_by = $2, decided_at = $3, decided_why = $4
         where state = 'pending' and person_id = any($1) and other_id = any($1)",
        people,
        by,
        now.to_sqlx(),
        why,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("note whom a merge settles"))?;
    Ok(())
}

/// Puts pairs back on the list that were one and are two again.
pub(in crate::people) async fn reopen_matches(
    tx: &mut TenantTx,
    people: &[Uuid],
) -> Result<(), DbError> {
    sqlx::query!(
        "update profile.match_suggestion as m set state = 'pending', decided_by = null, decided_at = null, decided_why = null
         where m.state = 'merged' and m.person_id = any($1) and not exists (
             select from profile.person_link as a
             join profile.person_link as b on b.company_id = a.company_id and b.set_id = a.set_id
             where a.company_id = m.company_id and a.person_id = m.person_id and b.person_id = m.other_id and a.is_current
         )",
        people,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("put matches back on the list"))?;
    Ok(())
}
