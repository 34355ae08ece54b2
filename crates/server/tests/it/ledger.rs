//! The books of a company: what was taken in, and every effect that must follow
//! from it once. Each rule is a question to the database that is true of sound books.

use serde_json::Value;
use sqlx::PgConnection;

use crate::house::{House, look, wait_for};

/// `$c` stands for the company.
const RULES: [(&str, &str); 18] = [
    (
        "every import has ended and its counts add up",
        "select coalesce(bool_and(state = 'committed' and rows_in = rows_total
             and rows_in = created + updated + unchanged + rejected), false)
         from ingest.import where company_id = $c",
    ),
    (
        "there are as many sessions as were created",
        "select (select count(*) from ingest.kintell_session where company_id = $c)
              = (select sum(created) from ingest.import where company_id = $c)",
    ),
    (
        "a session that was created or updated was told of once each time",
        "select (select count(*) from platform.outbox where company_id = $c and type = 'kintell.session.completed')
              = (select sum(created + updated) from ingest.import where company_id = $c)",
    ),
    (
        "every rating was told of once",
        "select (select count(*) from platform.outbox where company_id = $c and type = 'kintell.rating.created')
              = (select count(rating_id) from ingest.kintell_session where company_id = $c)",
    ),
    (
        "the end of every import was told of once",
        "select not exists (
             select from ingest.import as i where company_id = $c and 1 <> (
                 select count(*) from platform.outbox as o
                 where o.company_id = $c and o.type = 'ingest.import.committed'
                   and o.body ->> 'source' = '/ingest/imports/' || i.id))",
    ),
    (
        "the stream of events has neither gaps nor repetitions",
        "select count(*) = max(position) and count(distinct event_id) = count(*)
            and max(position) = (select stream_position from platform.tenant_head where company_id = $c)
         from platform.outbox where company_id = $c",
    ),
    (
        "the audit entries of an import's batches add up to its counts",
        "select not exists (
             select from ingest.import as i where company_id = $c
             and (rows_in, created, updated, unchanged, rejected) is distinct from (
                 select (sum((details::jsonb #>> '{counts,rows_in}')::bigint)::bigint,
                         sum((details::jsonb #>> '{counts,created}')::bigint)::bigint,
                         sum((details::jsonb #>> '{counts,updated}')::bigint)::bigint,
                         sum((details::jsonb #>> '{counts,unchanged}')::bigint)::bigint,
                         sum((details::jsonb #>> '{counts,rejected}')::bigint)::bigint)
                 from platform.audit_entry as a
                 where a.company_id = $c and a.action = 'import.batch'
                   and replace(a.resource_id, 'imp_', '')::uuid = i.id))",
    ),
    (
        "an import has one audit entry of its upload and one of its end",
        "select not exists (
             select from ingest.import as i where company_id = $c and array[1, 1]::bigint[] <> (
                 select array[count(*) filter (where action = 'import.upload'),
                              count(*) filter (where action = 'import.commit')]
                 from platform.audit_entry as a
                 where a.company_id = $c and a.resource_kind = 'import'
                   and replace(a.resource_id, 'imp_', '')::uuid = i.id))",
    ),
    (
        "the audit log has no gaps",
        "select count(*) = max(seq)
            and max(seq) = (select audit_seq from platform.tenant_head where company_id = $c)
         from platform.audit_entry where company_id = $c",
    ),
    (
        "every rejected row is kept",
        "select not exists (
             select from ingest.import as i where company_id = $c and rejected <> (
                 select count(*) from ingest.import_rejection as r
                 where r.company_id = $c and r.import_id = i.id))",
    ),
    (
        "every answer to an upload is kept under its key",
        "select (select count(*) from platform.idempotency_record where company_id = $c)
              = (select count(*) from ingest.import where company_id = $c)",
    ),
    (
        "every text of a session is in the vault, and no other",
        "select (select count(feedback_text_id) + count(goals_text_id) from ingest.kintell_session where company_id = $c)
              = (select count(*) from platform.sealed_text where company_id = $c)",
    ),
    (
        "profile has the sessions that ingest has",
        "select not exists (
             (select id, participant_id, volunteer_id, completed_at from ingest.kintell_session where company_id = $c
              except select session_id, participant_id, volunteer_id, completed_at from profile.session_fact where company_id = $c)
             union all
             (select session_id, participant_id, volunteer_id, completed_at from profile.session_fact where company_id = $c
              except select id, participant_id, volunteer_id, completed_at from ingest.kintell_session where company_id = $c))",
    ),
    (
        "profile has the ratings that ingest has",
        "select not exists (
             (select rating_id, id, rating from ingest.kintell_session where company_id = $c and rating is not null
              except select rating_id, session_id, rating from profile.rating_fact where company_id = $c)
             union all
             (select rating_id, session_id, rating from profile.rating_fact where company_id = $c
              except select rating_id, id, rating from ingest.kintell_session where company_id = $c))",
    ),
    (
        "insight has the sessions that ingest has, each from the row that last told of it",
        "select not exists (
             (select id, participant_id, volunteer_id, duration_minutes, rating,
                     '/ingest/imports/' || import_id || '/rows/' || import_row
              from ingest.kintell_session where company_id = $c
              except select session_id, participant_id, volunteer_id, duration_minutes, rating, origin
              from insight.session_fact where company_id = $c)
             union all
             (select session_id, participant_id, volunteer_id, duration_minutes, rating, origin
              from insight.session_fact where company_id = $c
              except select id, participant_id, volunteer_id, duration_minutes, rating,
                     '/ingest/imports/' || import_id || '/rows/' || import_row
              from ingest.kintell_session where company_id = $c))",
    ),
    (
        "profile and insight have each taken effect of every session and rating once",
        "select not exists (
             select from platform.outbox as o where company_id = $c
             and type in ('kintell.session.completed', 'kintell.rating.created') and 2 <> (
                 select count(*) from platform.inbox as i
                 where i.company_id = $c and i.event_id = o.event_id and i.consumer in ('insight.metrics', 'profile.journey')))",
    ),
    (
        "every consumer has read everything and given up nothing",
        "select count(*) > 1 and bool_and(position = (select stream_position from platform.tenant_head where company_id = $c))
            and not exists (select from platform.parked_event where company_id = $c)
            and not exists (select from platform.dead_letter where company_id = $c)
         from platform.subscription where company_id = $c",
    ),
    (
        "nothing is left to do",
        "select not exists (select from platform.job where company_id = $c and state in ('queued', 'running'))
            and not exists (select from insight.dirty_month where company_id = $c)",
    ),
];

/// The rules that the books of a company break.
pub(crate) async fn broken_rules(conn: &mut PgConnection, company: &str) -> Vec<&'static str> {
    let mut broken = Vec::new();
    for (rule, question) in RULES {
        let question = question.replace("$c", &format!("'{company}'::uuid"));
        if look(conn, &question).await != Value::Bool(true) {
            broken.push(rule);
        }
    }
    broken
}

/// The id of a company.
pub(crate) async fn company_id(house: &House, slug: &str) -> String {
    let statement = format!("select company_id from identity.company where slug = '{slug}'");
    house.look(&statement).await.as_str().unwrap().to_owned()
}

/// Waits until every job of a company has run and every consumer has read every event.
pub(crate) async fn settled(house: &House, company: &str) {
    let rest: Vec<String> = RULES[RULES.len() - 2..]
        .iter()
        .map(|(_, question)| {
            format!(
                "({})",
                question.replace("$c", &format!("'{company}'::uuid"))
            )
        })
        .collect();
    let question = format!("select {}", rest.join(" and "));
    let mut conn = house.administer().await;
    wait_for("everything is consumed", async || {
        (look(&mut conn, &question).await == Value::Bool(true)).then_some(())
    })
    .await;
}
