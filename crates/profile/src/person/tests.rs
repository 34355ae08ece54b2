//! `/v1/profile/{id}` as clients see it.

use contracts::Role;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::testing::World;

fn address(person: contracts::PersonId) -> String {
    format!("/v1/profile/{person}")
}

#[tokio::test]
async fn a_profile_shows_where_a_person_stands_and_never_who_they_are() {
    let world = World::new().await;
    let olena = world.participant("K-olena-1001").await;
    let answer = world.get(&address(olena)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.etag.is_some());
    assert_eq!(answer.body["id"], olena.to_string());
    assert_eq!(answer.body["roles"], json!(["participant"]));
    assert_eq!(answer.body["enrolments"][0]["programme"], "language");
    assert_eq!(answer.body["computed"]["isBuddyMatched"], false);
    assert_eq!(answer.body["computed"]["hasCompletedLanguage"], false);
    assert_eq!(answer.body["flags"]["is_kintell_user"]["value"], true);
    assert_eq!(
        answer.body["milestones"][0]["milestone"],
        "first_language_session"
    );
    assert!(!answer.body.to_string().contains("K-olena"));
}

#[tokio::test]
async fn an_unchanged_profile_is_not_sent_again() {
    let world = World::new().await;
    let olena = world.participant("K-1").await;
    let etag = world.get(&address(olena)).await.etag.unwrap();
    let again = Request::get(address(olena)).header("if-none-match", &etag);
    let answer = world.send(again, Value::Null).await;
    assert_eq!(answer.status, StatusCode::NOT_MODIFIED);
    assert_eq!(answer.etag, Some(etag));
    assert_eq!(answer.body, Value::Null);
}

#[tokio::test]
async fn unknown_foreign_and_malformed_ids_look_the_same() {
    let world = World::new().await;
    let olena = world.participant("K-1").await;
    let unknown = contracts::PersonId::new(world.id());
    let foreign = world
        .ask_in(
            "globex",
            Role::CompanyAdmin,
            Request::get(address(olena)),
            Value::Null,
        )
        .await;
    for answer in [
        world.get(&address(unknown)).await,
        world.get("/v1/profile/olena@example.org").await,
        world.get(&format!("{}/history", address(unknown))).await,
        world
            .get(&format!("{}/external-ids", address(unknown)))
            .await,
        world
            .send(Request::put(address(unknown)), json!({ "flags": {} }))
            .await,
    ] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.body, foreign.body);
    }
}

#[tokio::test]
async fn flags_are_set_and_taken_away_and_both_are_remembered() {
    let world = World::new().await;
    let olena = world.participant("K-1").await;
    world.forget();
    let set = json!({ "flags": { "is_discord_member": true, "buddy_match_count": 2 } });
    let answer = world.send(Request::put(address(olena)), set).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["flags"]["is_discord_member"]["value"], true);
    assert_eq!(answer.body["flags"]["buddy_match_count"]["value"], 2);
    assert_eq!(answer.body["flags"]["is_kintell_user"]["value"], true);
    let by = answer.body["flags"]["buddy_match_count"]["setBy"]
        .as_str()
        .unwrap();
    assert!(by.starts_with("user:usr_"));
    assert_eq!(world.published().len(), 1);

    let unset = json!({ "flags": { "is_discord_member": null } });
    let answer = world.send(Request::put(address(olena)), unset).await;
    assert!(answer.body["flags"].get("is_discord_member").is_none());

    let history = world
        .get(&format!("{}/history?limit=3", address(olena)))
        .await;
    let items = history.body["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    let cursor = history.body["nextCursor"].as_str().unwrap();
    let rest = world
        .get(&format!(
            "{}/history?limit=3&cursor={cursor}",
            address(olena)
        ))
        .await;
    assert_eq!(rest.body["items"].as_array().unwrap().len(), 1);
    assert!(rest.body.get("nextCursor").is_none());
    let all: Vec<_> = items
        .iter()
        .chain(rest.body["items"].as_array().unwrap())
        .collect();
    let gone = all
        .iter()
        .find(|item| item["flag"] == "is_discord_member" && item.get("newValue").is_none());
    assert_eq!(gone.unwrap()["oldValue"], true);
}

#[tokio::test]
async fn a_hand_that_says_no_is_not_overruled_by_the_next_session() {
    let world = World::new().await;
    let olena = world.participant("K-1").await;
    let no = json!({ "flags": { "is_kintell_user": false } });
    world.send(Request::put(address(olena)), no).await;
    let kari = contracts::PersonId::new(world.id());
    let kind = contracts::event::value::SessionType::Language;
    world.happens([world.session(kind, olena, kari, 0)]).await;
    let answer = world.get(&address(olena)).await;
    assert_eq!(answer.body["flags"]["is_kintell_user"]["value"], false);
}

#[tokio::test]
async fn flags_that_do_not_exist_or_belong_to_rules_are_refused_all_at_once() {
    let world = World::new().await;
    let olena = world.participant("K-1").await;
    let before = world.get(&address(olena)).await.body;
    let body = json!({ "flags": {
        "is_discord_member": true, "mentor_ready": true, "buddy_match_count": -1, "favourite colour": "blue",
    } });
    let answer = world.send(Request::put(address(olena)), body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let codes: Vec<_> = answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        ["flag_value_wrong", "flag_unknown", "flag_read_only"]
    );
    assert!(!answer.body.to_string().contains("colour"));
    assert_eq!(world.get(&address(olena)).await.body, before);
    for body in [
        json!({}),
        json!({ "flags": {}, "name": "Olena" }),
        json!([]),
    ] {
        let answer = world.send(Request::put(address(olena)), body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(!answer.body.to_string().contains("Olena"));
    }
}

#[tokio::test]
async fn a_change_of_what_somebody_else_changed_is_refused() {
    let world = World::new().await;
    let olena = world.participant("K-1").await;
    let read = world.get(&address(olena)).await.etag.unwrap();
    let put = |etag: &str| Request::put(address(olena)).header("if-match", etag.to_owned());
    let one = json!({ "flags": { "buddy_match_count": 1 } });
    assert_eq!(world.send(put(&read), one).await.status, StatusCode::OK);
    let two = json!({ "flags": { "buddy_match_count": 2 } });
    let answer = world.send(put(&read), two).await;
    assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(answer.body["code"], "profile_changed");
    let now = world.get(&address(olena)).await;
    assert_eq!(now.body["flags"]["buddy_match_count"]["value"], 1);
}

#[tokio::test]
async fn a_request_repeated_with_its_key_has_one_effect_and_one_answer() {
    let world = World::new().await;
    let olena = world.participant("K-1").await;
    let put = || Request::put(address(olena)).header("idempotency-key", "one");
    let body = json!({ "flags": { "buddy_match_count": 1 } });
    let first = world.send(put(), body.clone()).await;
    let other = json!({ "flags": { "buddy_match_count": 2 } });
    world
        .send(Request::put(address(olena)), other.clone())
        .await;
    let again = world.send(put(), body).await;
    assert_eq!(again.body, first.body);
    assert_eq!(
        world.get(&address(olena)).await.body["flags"]["buddy_match_count"]["value"],
        2
    );
    let reused = world.send(put(), other).await;
    assert_eq!(reused.body["code"], "idempotency_key_reused");
}

#[tokio::test]
async fn only_who_may_reads_and_writes() {
    let world = World::new().await;
    let olena = world.participant("K-1").await;
    let body = json!({ "flags": { "buddy_match_count": 1 } });
    for role in [
        Role::CompanyViewer,
        Role::Participant,
        Role::Volunteer,
        Role::ApiClient,
    ] {
        let read = world
            .ask_in("acme", role, Request::get(address(olena)), Value::Null)
            .await;
        assert_eq!(read.status, StatusCode::FORBIDDEN, "{role}");
        let write = world
            .ask_in("acme", role, Request::put(address(olena)), body.clone())
            .await;
        assert_eq!(write.status, StatusCode::FORBIDDEN, "{role}");
    }
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused() {
    let world = World::new().await;
    let olena = world.participant("K-1").await;
    for query in [
        "limit=0",
        "limit=201",
        "limit=many",
        "cursor=AAAA",
        "cursor=!",
    ] {
        let answer = world
            .get(&format!("{}/history?{query}", address(olena)))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
}
