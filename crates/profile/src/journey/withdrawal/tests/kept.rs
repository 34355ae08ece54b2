//! What people have said by hand is kept, whatever is withdrawn.

use contracts::PersonId;
use contracts::event::Payload;
use contracts::event::ingest::MatchSuggested;
use contracts::event::value::SessionType::{Language, Mentorship};
use contracts::event::value::{MatchReason, Rate, Slug};
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::{pair, rows, shown};
use crate::testing::World;

fn suggestion(one: PersonId, other: PersonId) -> Payload {
    MatchSuggested {
        person_id: one.uuid(),
        other_id: other.uuid(),
        reason: MatchReason::SameName,
        score: Rate::new(0.5).unwrap(),
        source: Slug::new("kintell-sessions").unwrap(),
        suggested_at: "2026-02-28T08:30:00Z".parse().unwrap(),
    }
    .into()
}

#[tokio::test]
async fn a_flag_set_by_hand_and_a_linked_id_keep_the_profile() {
    let world = World::new().await;
    let (olena, ivan) = (world.person("K-1").await, world.person("K-2").await);
    let kari = PersonId::new(world.id());
    let ids = [world.id(), world.id()];
    world
        .happens([
            world.session_again(ids[0], Language, olena, kari, -2),
            world.session_again(ids[1], Language, ivan, kari, -2),
        ])
        .await;
    let set = Request::put(format!("/v1/profile/{olena}"));
    let flags = json!({ "flags": { "is_discord_member": true } });
    assert_eq!(world.send(set, flags).await.status, StatusCode::OK);
    let link = json!({ "profileId": ivan, "provider": "discord", "externalId": "ivan-4711" });
    let link = world.send(Request::post("/v1/profile/mapping"), link).await;
    assert_eq!(link.status, StatusCode::CREATED);

    world
        .happens(ids.iter().map(|id| world.withdrawn(*id)))
        .await;
    let olena = shown(&world, olena).await.unwrap();
    assert_eq!(olena["roles"], json!([]));
    assert_eq!(olena["milestones"], json!([]));
    assert_eq!(olena["enrolments"], json!([]));
    let flags: Vec<_> = olena["flags"].as_object().unwrap().keys().collect();
    assert_eq!(flags, ["is_discord_member"]);
    assert!(world.profile(ivan).await.is_some());
    assert!(world.profile(kari).await.is_none());
}

#[tokio::test]
async fn people_who_are_one_lose_together_what_one_of_them_loses() {
    let world = World::new().await;
    let (olena, olha) = (world.participant("K-1").await, world.person("K-2").await);
    let kari = PersonId::new(world.id());
    world
        .happens([world.session(Mentorship, kari, olha, -9)])
        .await;
    let before = [shown(&world, olena).await, shown(&world, olha).await];
    let ids = [world.id(), world.id(), world.id()];
    let merge = json!({ "keep": olena, "merge": olha, "reason": "entered_twice" });
    let merged = world.send(Request::post("/v1/people/merge"), merge).await;
    assert_eq!(merged.status, StatusCode::CREATED);
    let together = (shown(&world, olena).await, rows(&world).await);
    world
        .happens([
            world.session_again(ids[0], Mentorship, olha, kari, -30),
            world.session_again(ids[1], Language, olha, kari, -20),
            world.session_again(ids[2], Language, olena, kari, -2),
            world.rating(ids[1], 1.0),
        ])
        .await;
    let both = shown(&world, olha).await.unwrap();
    assert_eq!(both["milestones"].as_array().unwrap().len(), 2);
    assert_eq!(both["flags"]["mentor_ready"]["value"], true);

    world
        .happens(ids.iter().map(|id| world.withdrawn(*id)))
        .await;
    assert_eq!((shown(&world, olha).await, rows(&world).await), together);
    let id = merged.body["id"].as_str().unwrap();
    let undo = Request::post(format!("/v1/people/merges/{id}/undo"));
    assert_eq!(world.send(undo, Value::Null).await.status, StatusCode::OK);
    let after = [shown(&world, olena).await, shown(&world, olha).await];
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_suggestion_goes_with_the_people_it_was_about_unless_somebody_decided() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    let (olha, ivan) = pair(&world);
    let ids = [world.id(), world.id()];
    world
        .happens([
            world.session_again(ids[0], Language, olena, kari, -2),
            suggestion(olena, olha),
        ])
        .await;
    world.happens([world.withdrawn(ids[0])]).await;
    assert!(rows(&world).await.is_empty());

    world
        .happens([
            world.session_again(ids[1], Language, olena, kari, -2),
            suggestion(olena, ivan),
        ])
        .await;
    let matches = world.get("/v1/people/matches").await;
    let id = matches.body["items"][0]["id"].as_str().unwrap().to_owned();
    let dismiss = Request::post(format!("/v1/people/matches/{id}/dismiss"));
    let reason = json!({ "reason": "different_people" });
    let dismissed = world.send(dismiss, reason).await;
    assert_eq!(dismissed.status, StatusCode::OK, "{}", dismissed.body);
    world.happens([world.withdrawn(ids[1])]).await;
    let kept = rows(&world).await;
    assert_eq!(kept.len(), 3, "two people and what was decided: {kept:#?}");
}
