//! Sessions that are taken back, on a real database.

mod doings;
mod kept;
mod random;
mod undone;

use contracts::PersonId;
use contracts::event::{Event, Payload};
use serde_json::Value;

use crate::testing::World;

fn pair(world: &World) -> (PersonId, PersonId) {
    (PersonId::new(world.id()), PersonId::new(world.id()))
}

/// What was told of a person: by which trigger, which fields.
fn told(world: &World, person: PersonId) -> Vec<(Event, String, Vec<String>)> {
    let all = world.published().into_iter();
    all.filter_map(|event| match &event.payload {
        Payload::OrchestrationProfileUpdated(update) if update.user_id == person.uuid() => {
            let fields = update.updated_fields.iter();
            let fields = fields.map(|field| field.as_str().to_owned()).collect();
            let trigger = update.trigger.as_ref()?.as_str().to_owned();
            Some((event.clone(), trigger, fields))
        }
        _ => None,
    })
    .collect()
}

/// Every row that is kept of people, table by table, without what only counts or dates
/// the writing and without ids that are given anew. The history is left out.
#[expect(
    clippy::disallowed_methods,
    reason = "rows of every table as text, which no product code may read"
)]
async fn rows(world: &World) -> Vec<String> {
    let mut tx = world.test.db().tenant(&world.grant).await.unwrap();
    sqlx::query_scalar::<_, String>(
        "select line from (
             select 'profile ' || (to_jsonb(t) - 'version' - 'updated_at')::text from profile.profile as t
             union all select 'enrolment ' || (to_jsonb(t) - 'id')::text from profile.enrolment as t
             union all select 'session ' || to_jsonb(t)::text from profile.session_fact as t
             union all select 'match fact ' || to_jsonb(t)::text from profile.match_fact as t
             union all select 'buddy ' || to_jsonb(t)::text from profile.buddy_fact as t
             union all select 'course ' || to_jsonb(t)::text from profile.course_fact as t
             union all select 'credential ' || to_jsonb(t)::text from profile.credential_fact as t
             union all select 'rating ' || to_jsonb(t)::text from profile.rating_fact as t
             union all select 'external ' || to_jsonb(t)::text from profile.external_id as t
             union all select 'flag ' || (to_jsonb(t) - 'set_at')::text from profile.journey_flag as t
             union all select 'milestone ' || (to_jsonb(t) - 'event_id')::text from profile.milestone as t
             union all select 'merge ' || to_jsonb(t)::text from profile.merge as t
             union all select 'link ' || to_jsonb(t)::text from profile.person_link as t
             union all select 'match ' || to_jsonb(t)::text from profile.match_suggestion as t
         ) as all_rows (line) order by line",
    )
    .fetch_all(tx.conn())
    .await
    .unwrap()
}

/// A person's profile as clients see it, without ids and what counts or dates the writing.
async fn shown(world: &World, person: PersonId) -> Option<Value> {
    let mut profile = serde_json::to_value(world.profile(person).await?).unwrap();
    let fields = profile.as_object_mut().unwrap();
    fields.remove("id");
    fields.remove("version");
    for enrolment in fields["enrolments"].as_array_mut().unwrap() {
        enrolment.as_object_mut().unwrap().remove("id");
    }
    for flag in fields["flags"].as_object_mut().unwrap().values_mut() {
        // Which event of a batch it was depends on what lay in one batch.
        flag.as_object_mut().unwrap().remove("setBy");
        flag.as_object_mut().unwrap().remove("setAt");
    }
    Some(profile)
}
