//! The list of people who may be one.

use contracts::event::{EventType, Payload};
use http::{Request, StatusCode};
use platform::jobs::{JobRunner, NewJob, enqueue};
use platform::vault::{Evidence, IdentifierKind, Vault};
use serde_json::{Value, json};

use super::{ask_to_merge, everything, merge, published, shown, suggestion, undo};
use crate::testing::World;

async fn list(world: &World, state: &str) -> Vec<Value> {
    let answer = world
        .get(&format!("/v1/people/matches?state={state}"))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_suggestion_joins_nobody_and_waits_on_the_list() {
    let world = World::new().await;
    let (a, b) = (
        world.participant("K-1000001").await,
        world.participant("K-1000002").await,
    );
    let before = (shown(&world, a).await, shown(&world, b).await);
    world
        .happens([suggestion(b, a, 0.6), suggestion(a, b, 0.4)])
        .await;
    assert_eq!((shown(&world, a).await, shown(&world, b).await), before);
    let found = list(&world, "pending").await;
    assert_eq!(found.len(), 1, "a pair is one pair, whoever is named first");
    assert_eq!(found[0]["score"], 0.6);
    assert_eq!(found[0]["reason"], "same_email");
    assert_eq!(found[0]["source"], "buddy-users");
    let masked = found[0]["person"]["identifiers"][0]["masked"]
        .as_str()
        .unwrap();
    assert!(masked.starts_with("••••0"), "{masked}");
    assert!(!found[0].to_string().contains("K-1"));
}

#[tokio::test]
async fn an_address_is_shown_by_the_end_of_its_mailbox_and_a_name_by_its_initials() {
    let world = World::new().await;
    let mut tx = world.test.db().tenant(&world.grant).await.unwrap();
    let row = |id| Evidence {
        external: Some((IdentifierKind::Buddy, id)),
        email: Some("amelia.bedelia@home.example"),
        name: Some("Amelia Bedelia"),
        source: "buddy-users",
    };
    let found = Vault::new()
        .resolve_people(&mut tx, &[row("B-1000001"), row("B-1000002")])
        .await
        .unwrap();
    tx.commit_bookkeeping().await.unwrap();
    let [Some(a), Some(b)] = found.as_slice() else {
        panic!("two rows, two people");
    };
    world.happens([suggestion(a.person, b.person, 0.8)]).await;
    let pending = list(&world, "pending").await;
    let text = pending[0].to_string();
    assert!(text.contains("••••ia@") && text.contains("A. B.") && text.contains("••••01"));
    assert!(!text.to_lowercase().contains("bedelia") && !text.contains("home.example"));
}

#[tokio::test]
async fn addresses_of_the_fast_way_are_fingerprinted_by_night() {
    let world = World::new().await;
    let mut tx = world.test.db().tenant(&world.grant).await.unwrap();
    let emails = ["a@home.example", "b@home.example"];
    let people = Vault::new()
        .resolve(&mut tx, IdentifierKind::Email, &emails)
        .await
        .unwrap();
    tx.audit(platform::AuditNote::new("test.people", "test", "people"));
    tx.commit().await.unwrap();
    let mut tx = world.test.db().system("test").await.unwrap();
    let job = NewJob::new("FingerprintPeople", json!({})).unwrap();
    enqueue(&mut tx, job).await.unwrap();
    tx.commit_bookkeeping().await.unwrap();
    let jobs = JobRunner::new(world.test.db(), vec![crate::people::job()]);
    jobs.settle().await.unwrap();
    let mut tx = world.test.db().tenant(&world.grant).await.unwrap();
    for person in people.into_iter().flatten() {
        let prints = platform::vault::fingerprints(&mut tx, person)
            .await
            .unwrap();
        assert_eq!(prints.len(), 1);
    }
}

#[tokio::test]
async fn people_without_a_journey_may_be_one_with_somebody() {
    let world = World::new().await;
    let (a, b) = (world.participant("K-1").await, world.person("K-2").await);
    assert_eq!(
        ask_to_merge(&world, a, b).await.status,
        StatusCode::NOT_FOUND
    );
    world.happens([suggestion(a, b, 0.6)]).await;
    merge(&world, a, b).await;
    assert_eq!(shown(&world, b).await.1["id"], a.to_string());
}

#[tokio::test]
async fn what_was_dismissed_stays_dismissed() {
    let world = World::new().await;
    let (a, b) = (
        world.participant("K-1").await,
        world.participant("K-2").await,
    );
    world.happens([suggestion(a, b, 0.6)]).await;
    let id = list(&world, "pending").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let dismiss = || Request::post(format!("/v1/people/matches/{id}/dismiss"));
    let why = json!({ "reason": "shared_mailbox" });
    for _ in 0..2 {
        let answer = world.send(dismiss(), why.clone()).await;
        assert_eq!(
            (answer.status, &answer.body["state"]),
            (StatusCode::OK, &json!("dismissed"))
        );
    }
    world.happens([suggestion(a, b, 0.8)]).await;
    assert!(list(&world, "pending").await.is_empty());
    let found = list(&world, "dismissed").await;
    assert_eq!(found[0]["decidedWhy"], "shared_mailbox");
    assert!(
        found[0]["decidedBy"]
            .as_str()
            .unwrap()
            .starts_with("user:usr_")
    );
}

#[tokio::test]
async fn a_merge_settles_its_suggestions_and_undoing_brings_them_back() {
    let world = World::new().await;
    let (a, b) = (
        world.participant("K-1").await,
        world.participant("K-2").await,
    );
    let c = world.participant("K-3").await;
    world
        .happens([suggestion(a, b, 0.6), suggestion(a, c, 0.5)])
        .await;
    let rows = everything(&world).await;
    let id = merge(&world, a, b).await;
    assert_eq!(list(&world, "pending").await.len(), 1);
    let settled = list(&world, "merged").await;
    assert_eq!(settled[0]["decidedWhy"], "entered_twice");
    let dismiss = format!(
        "/v1/people/matches/{}/dismiss",
        settled[0]["id"].as_str().unwrap()
    );
    let answer = world
        .send(Request::post(dismiss), json!({ "reason": "other" }))
        .await;
    assert_eq!(answer.body["code"], "match_merged");
    undo(&world, &id).await;
    assert_eq!(everything(&world).await, rows);
    assert_eq!(list(&world, "pending").await.len(), 2);
}

#[tokio::test]
async fn the_list_comes_in_pages_strongest_first() {
    let world = World::new().await;
    let a = world.participant("K-0").await;
    for number in 1..=5_i32 {
        let b = world.participant(&format!("K-{number}")).await;
        world
            .happens([suggestion(a, b, f64::from(number % 3) / 10.0)])
            .await;
    }
    let mut scores = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = world
            .get(&format!("/v1/people/matches?limit=2{cursor}"))
            .await;
        let items = page.body["items"].as_array().unwrap();
        scores.extend(items.iter().map(|item| item["score"].as_f64().unwrap()));
        match page.body["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(scores, [0.2, 0.2, 0.1, 0.1, 0.0]);
}

#[tokio::test]
async fn merges_are_listed_with_those_undone_in_pages() {
    let world = World::new().await;
    let (a, b) = (
        world.participant("K-1").await,
        world.participant("K-2").await,
    );
    let c = world.participant("K-3").await;
    let first = merge(&world, a, b).await;
    undo(&world, &first).await;
    // Ids are in the order of time, not within one moment.
    world.pass_days(1);
    let second = merge(&world, c, a).await;
    let page = world.get("/v1/people/merges?limit=1").await.body;
    assert_eq!(page["items"][0]["id"], second);
    assert!(page["items"][0].get("undoneAt").is_none());
    let next = page["nextCursor"].as_str().unwrap();
    let page = world
        .get(&format!("/v1/people/merges?limit=1&cursor={next}"))
        .await
        .body;
    assert_eq!(page["items"][0]["id"], first);
    assert!(
        page["items"][0]["undoneBy"]
            .as_str()
            .unwrap()
            .starts_with("user:usr_")
    );
    assert!(page.get("nextCursor").is_none());
}

#[tokio::test]
async fn a_preview_shows_what_a_merge_would_make_and_changes_nothing() {
    let world = World::new().await;
    let (a, b) = (
        world.participant("K-1").await,
        world.participant("K-2").await,
    );
    let rows = everything(&world).await;
    let before = (shown(&world, a).await.1, shown(&world, b).await.1);
    let preview = world
        .get(&format!("/v1/people/merge?keep={a}&merge={b}"))
        .await;
    assert_eq!(preview.status, StatusCode::OK);
    assert_eq!(preview.body["kept"], before.0);
    assert_eq!(preview.body["merged"], before.1);
    assert_eq!(preview.body["together"]["mergedIds"], json!([b]));
    assert_eq!(everything(&world).await, rows);
    assert!(published(&world, EventType::ProfilePeopleMerged).is_empty());
}

#[tokio::test]
async fn others_are_told_of_merges_and_of_their_undoing() {
    let world = World::new().await;
    let (a, b) = (
        world.participant("K-1").await,
        world.participant("K-2").await,
    );
    let id = merge(&world, a, b).await;
    undo(&world, &id).await;
    let merged = published(&world, EventType::ProfilePeopleMerged);
    let Payload::ProfilePeopleMerged(merged) = &merged[0].payload else {
        panic!("another event");
    };
    assert_eq!((merged.kept_id, merged.merged_id), (a.uuid(), b.uuid()));
    let undone = published(&world, EventType::ProfilePeopleUnmerged);
    let Payload::ProfilePeopleUnmerged(undone) = &undone[0].payload else {
        panic!("another event");
    };
    assert_eq!(undone.merge_id, merged.merge_id);
}
