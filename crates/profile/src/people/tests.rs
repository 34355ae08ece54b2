//! People who turn out to be one, and those who turn out to be two.

mod chains;
mod isolation;
mod journey;
mod pure;
mod random;
mod review;

use contracts::PersonId;
use contracts::event::{Event, EventType, Payload};
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::testing::{Answer, World};

/// Merges by request; the merge's id.
async fn merge(world: &World, keep: PersonId, merge: PersonId) -> String {
    let answer = ask_to_merge(world, keep, merge).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    answer.body["id"].as_str().unwrap().to_owned()
}

async fn ask_to_merge(world: &World, keep: PersonId, merge: PersonId) -> Answer {
    let body = json!({ "keep": keep, "merge": merge, "reason": "entered_twice" });
    world.send(Request::post("/v1/people/merge"), body).await
}

async fn undo(world: &World, merge: &str) {
    let answer = ask_to_undo(world, merge).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

async fn ask_to_undo(world: &World, merge: &str) -> Answer {
    let undo = Request::post(format!("/v1/people/merges/{merge}/undo"));
    world.send(undo, Value::Null).await
}

/// The whole JSON of a profile, with its entity tag.
async fn shown(world: &World, person: PersonId) -> (Option<String>, Value) {
    let answer = world.get(&format!("/v1/profile/{person}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    (answer.etag, answer.body)
}

/// Every row that is kept of people, table by table, but for the log of merges.
#[expect(
    clippy::disallowed_methods,
    reason = "rows of every table as text, which no product code may read"
)]
async fn everything(world: &World) -> String {
    let mut tx = world.test.db().tenant(&world.grant).await.unwrap();
    sqlx::query_scalar::<_, String>(
        "select string_agg(line, E'\\n' order by line) from (
             select 'profile ' || to_jsonb(t)::text from profile.profile as t
             union all select 'enrolment ' || to_jsonb(t)::text from profile.enrolment as t
             union all select 'session ' || to_jsonb(t)::text from profile.session_fact as t
             union all select 'rating ' || to_jsonb(t)::text from profile.rating_fact as t
             union all select 'external ' || to_jsonb(t)::text from profile.external_id as t
             union all select 'flag ' || to_jsonb(t)::text from profile.journey_flag as t
             union all select 'history ' || to_jsonb(t)::text from profile.journey_flag_history as t
             union all select 'milestone ' || to_jsonb(t)::text from profile.milestone as t
             union all select 'link ' || to_jsonb(t)::text from profile.person_link as t
             union all select 'match ' || to_jsonb(t)::text from profile.match_suggestion as t
         ) as all_rows (line)",
    )
    .fetch_one(tx.conn())
    .await
    .unwrap()
}

/// The events of a type that were published.
fn published(world: &World, event_type: EventType) -> Vec<Event> {
    let all = world.published().into_iter();
    all.filter(|event| event.event_type() == event_type)
        .collect()
}

/// Suggests that two people are one, as ingest does.
fn suggestion(one: PersonId, other: PersonId, score: f64) -> Payload {
    contracts::event::ingest::MatchSuggested {
        person_id: one.uuid(),
        other_id: other.uuid(),
        reason: contracts::event::value::MatchReason::SameEmail,
        score: contracts::event::value::Rate::new(score).unwrap(),
        source: contracts::event::value::Slug::new("buddy-users").unwrap(),
        suggested_at: "2026-02-28T08:30:00Z".parse().unwrap(),
    }
    .into()
}
