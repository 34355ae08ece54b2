//! External ids as clients see them.

use contracts::Role;
use contracts::journey::ExternalIdProvider;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::{identifier_kind, masked, provider};
use crate::testing::World;

const MAPPING: &str = "/v1/profile/mapping";

#[test]
fn every_provider_has_a_kind_of_its_own() {
    for one in ExternalIdProvider::ALL {
        assert_eq!(provider(identifier_kind(*one).as_str()), Some(*one));
    }
    assert_eq!(provider("email"), None);
}

#[test]
fn an_id_is_shown_by_its_end_unless_it_is_short() {
    assert_eq!(masked("kintell-123456"), "••••56");
    assert_eq!(masked("12345"), "••••");
    assert_eq!(masked("Оленааа"), "••••аа");
}

#[tokio::test]
async fn an_id_is_linked_once_and_shown_masked() {
    let world = World::new().await;
    let olena = world.participant("K-1000077").await;
    world.forget();
    let body = json!({ "userId": olena, "provider": "discord", "externalId": " 123456789 " });
    let first = world.send(Request::post(MAPPING), body.clone()).await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!(first.body["items"][0]["masked"], "••••89");
    assert_eq!(world.published().len(), 1);
    let again = world.send(Request::post(MAPPING), body).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(again.body, first.body);
    assert_eq!(world.published().len(), 1);

    let answer = world
        .get(&format!("/v1/profile/{olena}/external-ids"))
        .await;
    let items = answer.body["items"].as_array().unwrap();
    let shown: Vec<_> = items
        .iter()
        .map(|item| {
            (
                item["provider"].as_str().unwrap(),
                item["masked"].as_str().unwrap(),
                item.get("linkedAt").is_some(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [("discord", "••••89", true), ("kintell", "••••77", false)]
    );
    assert!(!answer.body.to_string().contains("123456"));
}

#[tokio::test]
async fn looking_at_ids_is_in_the_audit_log_and_the_ids_are_not() {
    let world = World::new().await;
    let olena = world.participant("K-1000077").await;
    world
        .get(&format!("/v1/profile/{olena}/external-ids"))
        .await;
    let mut tx = world.test.db().tenant(&world.grant).await.unwrap();
    let entries = platform::audit::list_entries(&mut tx, 0).await.unwrap();
    let looks: Vec<_> = entries
        .iter()
        .map(|(entry, _)| entry)
        .filter(|entry| entry.action == "external_id.read")
        .collect();
    assert_eq!(looks.len(), 1);
    assert_eq!(looks[0].resource_id, olena.to_string());
    assert!(looks[0].actor.starts_with("user:usr_"));
    assert!(
        entries
            .iter()
            .all(|(entry, _)| !entry.details.contains("K-1000077"))
    );
}

#[tokio::test]
async fn an_id_of_another_person_is_refused_without_saying_whose() {
    let world = World::new().await;
    let olena = world.participant("K-1").await;
    let ivan = world.participant("K-2").await;
    let body = json!({ "profileId": olena, "provider": "kintell", "externalId": "K-2" });
    let answer = world.send(Request::post(MAPPING), body).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(answer.body["code"], "external_id_taken");
    let text = answer.body.to_string();
    assert!(!text.contains(&ivan.to_string()) && !text.contains("K-2"));
}

#[tokio::test]
async fn the_same_id_belongs_to_different_people_in_different_companies() {
    let world = World::new().await;
    let olena = world.participant("K-1").await;
    let body = json!({ "profileId": olena, "provider": "buddy", "externalId": "B-1" });
    let foreign = world
        .ask_in(
            "globex",
            Role::CompanyAdmin,
            Request::post(MAPPING),
            body.clone(),
        )
        .await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    assert_eq!(
        world.send(Request::post(MAPPING), body).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn a_mapping_repeated_with_its_key_gets_the_same_answer() {
    let world = World::new().await;
    let olena = world.participant("K-1").await;
    let body = json!({ "profileId": olena, "provider": "buddy", "externalId": "B-1" });
    let post = || Request::post(MAPPING).header("idempotency-key", "one");
    let first = world.send(post(), body.clone()).await;
    let again = world.send(post(), body).await;
    assert_eq!(again.status, StatusCode::CREATED);
    assert_eq!(again.body, first.body);
}

#[tokio::test]
async fn what_is_wrong_with_a_mapping_is_said_without_repeating_it() {
    let world = World::new().await;
    let olena = world.participant("K-1").await;
    let other = contracts::PersonId::new(world.id());
    let cases = [
        (
            json!({ "profileId": olena, "provider": "fax", "externalId": "secret-1" }),
            StatusCode::BAD_REQUEST,
        ),
        (
            json!({ "provider": "buddy", "externalId": "secret-1" }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({ "profileId": olena, "userId": other, "provider": "buddy", "externalId": "secret-1" }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({ "profileId": olena, "provider": "buddy", "externalId": "  " }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({ "profileId": olena, "provider": "buddy", "externalId": "secret\u{0}" }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({ "profileId": olena, "provider": "buddy", "externalId": "s".repeat(256) }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (json!("secret"), StatusCode::BAD_REQUEST),
    ];
    for (body, status) in cases {
        let answer = world.send(Request::post(MAPPING), body).await;
        assert_eq!(answer.status, status);
        assert!(!answer.body.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn a_viewer_may_neither_link_nor_look() {
    let world = World::new().await;
    let olena = world.participant("K-1").await;
    let body = json!({ "profileId": olena, "provider": "buddy", "externalId": "B-1" });
    let link = world
        .ask_in("acme", Role::CompanyViewer, Request::post(MAPPING), body)
        .await;
    assert_eq!(link.status, StatusCode::FORBIDDEN);
    let look = Request::get(format!("/v1/profile/{olena}/external-ids"));
    let look = world
        .ask_in("acme", Role::CompanyViewer, look, Value::Null)
        .await;
    assert_eq!(look.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn linking_is_not_there_for_a_company_that_has_it_closed() {
    let world = World::new().await;
    let olena = world.participant("K-1000077").await;
    let body = json!({ "userId": olena, "provider": "discord", "externalId": "123456789" });
    world.set_flag(&crate::LINKING, false).await;
    let closed = world.send(Request::post(MAPPING), body.clone()).await;
    let nowhere = world.get("/v1/profile/per_0/external-ids").await;
    assert_eq!(closed.status, StatusCode::NOT_FOUND);
    assert_eq!(closed.body["code"], nowhere.body["code"]);
    world.set_flag(&crate::LINKING, true).await;
    let open = world.send(Request::post(MAPPING), body).await;
    assert_eq!(open.status, StatusCode::CREATED);
}
