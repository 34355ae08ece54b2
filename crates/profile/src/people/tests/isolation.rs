//! Who may do what, and whose people.

use contracts::{MatchId, MergeId, PersonId, Role};
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::{merge, suggestion};
use crate::testing::World;

#[tokio::test]
async fn unknown_foreign_and_malformed_ids_look_the_same() {
    let world = World::new().await;
    let (a, b) = (
        world.participant("K-1").await,
        world.participant("K-2").await,
    );
    world.happens([suggestion(a, b, 0.6)]).await;
    let found = world.get("/v1/people/matches").await;
    let found = found.body["items"][0]["id"].as_str().unwrap().to_owned();
    let done = merge(&world, a, b).await;
    let unknown = PersonId::new(world.id());
    let order = |keep: PersonId, merged: PersonId| json!({ "keep": keep, "merge": merged, "reason": "other" });
    let as_foreigner = async |request, body| {
        world
            .ask_in("globex", Role::CompanyAdmin, request, body)
            .await
    };
    let why = json!({ "reason": "different_people" });
    let dismiss = |id: &str| Request::post(format!("/v1/people/matches/{id}/dismiss"));
    let undo = |id: &str| Request::post(format!("/v1/people/merges/{id}/undo"));
    let answers = [
        as_foreigner(Request::post("/v1/people/merge"), order(a, b)).await,
        as_foreigner(
            Request::get(format!("/v1/people/merge?keep={a}&merge={b}")),
            Value::Null,
        )
        .await,
        as_foreigner(dismiss(&found), why.clone()).await,
        as_foreigner(undo(&done), Value::Null).await,
        world
            .send(Request::post("/v1/people/merge"), order(a, unknown))
            .await,
        world
            .send(Request::post("/v1/people/merge"), order(unknown, a))
            .await,
        world
            .send(dismiss(&MatchId::new(world.id()).to_string()), why.clone())
            .await,
        world.send(dismiss("olena@example.org"), why).await,
        world
            .send(undo(&MergeId::new(world.id()).to_string()), Value::Null)
            .await,
        world.send(undo("mrg_1"), Value::Null).await,
    ];
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.body, answers[0].body);
    }
    let list = as_foreigner(Request::get("/v1/people/merges"), Value::Null).await;
    assert_eq!(list.body["items"], json!([]));
    let list = as_foreigner(Request::get("/v1/people/matches?state=merged"), Value::Null).await;
    assert_eq!(list.body["items"], json!([]));
}

#[tokio::test]
async fn a_viewer_neither_sees_nor_merges() {
    let world = World::new().await;
    let (a, b) = (
        world.participant("K-1").await,
        world.participant("K-2").await,
    );
    let id = merge(&world, a, b).await;
    for role in [Role::CompanyViewer, Role::Participant, Role::ApiClient] {
        for (request, body) in [
            (Request::get("/v1/people/matches"), Value::Null),
            (Request::get("/v1/people/merges"), Value::Null),
            (
                Request::get(format!("/v1/people/merge?keep={a}&merge={b}")),
                Value::Null,
            ),
            (
                Request::post("/v1/people/merge"),
                json!({ "keep": a, "merge": b, "reason": "other" }),
            ),
            (
                Request::post(format!("/v1/people/merges/{id}/undo")),
                Value::Null,
            ),
            (
                Request::post(format!("/v1/people/matches/{id}/dismiss")),
                json!({ "reason": "other" }),
            ),
        ] {
            let answer = world.ask_in("acme", role, request, body).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_without_being_repeated() {
    let world = World::new().await;
    let a = world.participant("K-1").await;
    for body in [
        json!({ "keep": a }),
        json!({ "keep": a, "merge": "olena@example.org", "reason": "other" }),
        json!({ "keep": a, "merge": a, "reason": "because olena said so" }),
        json!({ "keep": a, "merge": a, "reason": "other", "note": "olena" }),
    ] {
        let answer = world.send(Request::post("/v1/people/merge"), body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(!answer.body.to_string().contains("olena"));
    }
    for query in ["limit=0", "limit=51", "cursor=!", "state=open", "who=olena"] {
        let answer = world.get(&format!("/v1/people/matches?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
    for query in ["limit=0", "cursor=AAAA", "state=pending"] {
        let answer = world.get(&format!("/v1/people/merges?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn a_request_repeated_with_its_key_has_one_effect_and_one_answer() {
    let world = World::new().await;
    let (a, b) = (
        world.participant("K-1").await,
        world.participant("K-2").await,
    );
    let body = json!({ "keep": a, "merge": b, "reason": "new_account" });
    let post = || Request::post("/v1/people/merge").header("idempotency-key", "one");
    let first = world.send(post(), body.clone()).await;
    let again = world.send(post(), body).await;
    assert_eq!(
        (again.status, &again.body),
        (StatusCode::CREATED, &first.body)
    );
    let id = first.body["id"].as_str().unwrap();
    let undo =
        || Request::post(format!("/v1/people/merges/{id}/undo")).header("idempotency-key", "two");
    let first = world.send(undo(), Value::Null).await;
    let again = world.send(undo(), Value::Null).await;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &first.body));
}

#[tokio::test]
async fn merging_and_undoing_are_in_the_audit_log() {
    let world = World::new().await;
    let (a, b) = (
        world.participant("K-1").await,
        world.participant("K-2").await,
    );
    let id = merge(&world, a, b).await;
    super::undo(&world, &id).await;
    let mut tx = world.test.db().tenant(&world.grant).await.unwrap();
    let entries = platform::audit::list_entries(&mut tx, 0).await.unwrap();
    for action in ["people.merge", "people.unmerge"] {
        let mut of_action = entries.iter().filter(|(entry, _)| entry.action == action);
        let (entry, _) = of_action.next().unwrap();
        assert!(entry.details.contains(&id) && entry.actor.starts_with("user:usr_"));
        assert!(of_action.next().is_none());
    }
}
