//! The journey of people who are one.

use contracts::PersonId;
use contracts::event::EventType;
use contracts::event::value::SessionType::{Language, Mentorship};
use http::Request;
use serde_json::json;

use super::{everything, merge, published, shown, undo};
use crate::testing::World;

#[tokio::test]
async fn a_merge_that_is_undone_leaves_both_profiles_byte_for_byte_as_they_were() {
    let world = World::new().await;
    let (olena, olha) = (
        world.participant("K-1").await,
        world.participant("K-2").await,
    );
    let kari = PersonId::new(world.id());
    world
        .happens([
            world.session(Mentorship, olha, kari, -4),
            world.session(Language, olena, kari, -2),
        ])
        .await;
    let before = (shown(&world, olena).await, shown(&world, olha).await);
    let rows = everything(&world).await;

    let id = merge(&world, olena, olha).await;
    assert_ne!(everything(&world).await, rows);
    assert_ne!(shown(&world, olena).await, before.0);
    undo(&world, &id).await;

    assert_eq!(
        (shown(&world, olena).await, shown(&world, olha).await),
        before
    );
    assert_eq!(everything(&world).await, rows);
}

#[tokio::test]
async fn either_id_shows_the_one_profile_under_the_id_that_was_kept() {
    let world = World::new().await;
    let (olena, olha) = (
        world.participant("K-1").await,
        world.participant("K-2").await,
    );
    merge(&world, olena, olha).await;
    let (tag, kept) = shown(&world, olena).await;
    assert_eq!(shown(&world, olha).await, (tag, kept.clone()));
    assert_eq!(kept["id"], olena.to_string());
    assert_eq!(kept["mergedIds"], json!([olha]));
    let history = world.get(&format!("/v1/profile/{olha}/history")).await;
    let flags = history.body["items"].as_array().unwrap();
    assert_eq!(flags.len(), 2, "what happened to each is there");
}

#[tokio::test]
async fn rules_see_the_facts_of_both_at_once() {
    let world = World::new().await;
    let (olena, olha) = (world.person("K-1").await, world.person("K-2").await);
    let kari = PersonId::new(world.id());
    let rated = world.id();
    world
        .happens([
            world.session(Language, olena, kari, -5),
            world.session_again(rated, Language, olena, kari, -4),
            world.session(Language, olha, kari, -3),
            world.rating(rated, 1.0),
        ])
        .await;
    let before = shown(&world, olena).await.1;
    assert!(before["flags"].get("mentor_ready").is_none());
    world.forget();
    let id = merge(&world, olena, olha).await;
    let together = shown(&world, olha).await.1;
    assert_eq!(together["flags"]["mentor_ready"]["value"], true);
    assert_eq!(together["enrolments"].as_array().unwrap().len(), 1);
    assert_eq!(together["milestones"].as_array().unwrap().len(), 1);
    // The milestone of either was announced in its time; nothing is announced twice.
    assert!(published(&world, EventType::OrchestrationJourneyMilestoneReached).is_empty());
    let updates = published(&world, EventType::OrchestrationProfileUpdated);
    assert!(
        updates
            .iter()
            .all(|event| event.subject() == olena.uuid().to_string())
    );
    undo(&world, &id).await;
    assert_eq!(shown(&world, olena).await.1, before);
}

#[tokio::test]
async fn what_happens_meanwhile_belongs_to_the_one_it_happened_to() {
    let (plain, merged) = (World::new().await, World::new().await);
    let mut ends = Vec::new();
    for (world, is_merged) in [(&plain, false), (&merged, true)] {
        let (olena, olha) = (
            world.participant("K-1").await,
            world.participant("K-2").await,
        );
        let kari = PersonId::new(world.id());
        let id = if is_merged {
            Some(merge(world, olena, olha).await)
        } else {
            None
        };
        world
            .happens([
                world.session(Mentorship, olha, kari, -2),
                world.session(Language, olena, kari, -1),
            ])
            .await;
        if let Some(id) = id {
            let together = shown(world, olena).await.1;
            assert_eq!(together["enrolments"].as_array().unwrap().len(), 2);
            undo(world, &id).await;
        }
        ends.push((outline(world, olena).await, outline(world, olha).await));
    }
    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[1].0["enrolments"], json!(["\"language\""]));
    assert_eq!(
        ends[1].1["enrolments"],
        json!(["\"language\"", "\"mentorship\""])
    );
}

/// What of a profile is the same in two worlds: no ids and no times.
async fn outline(world: &World, person: PersonId) -> serde_json::Value {
    let profile = shown(world, person).await.1;
    let words = |list: &str, word: &str| -> Vec<_> {
        let items = profile[list].as_array().unwrap();
        let mut words: Vec<_> = items.iter().map(|item| item[word].to_string()).collect();
        words.sort();
        words
    };
    json!({
        "version": profile["version"],
        "roles": profile["roles"],
        "enrolments": words("enrolments", "programme"),
        "milestones": words("milestones", "milestone"),
        "flags": profile["flags"].as_object().unwrap().keys().collect::<Vec<_>>(),
    })
}

#[tokio::test]
async fn a_milestone_is_announced_once_for_all_who_are_one() {
    let world = World::new().await;
    let (olena, olha) = (
        world.participant("K-1").await,
        world.participant("K-2").await,
    );
    let kari = PersonId::new(world.id());
    merge(&world, olena, olha).await;
    world.forget();
    world
        .happens([world.session(Mentorship, olha, kari, -2)])
        .await;
    world
        .happens([world.session(Mentorship, olena, kari, -1)])
        .await;
    let reached = published(&world, EventType::OrchestrationJourneyMilestoneReached);
    assert_eq!(reached.len(), 1);
    assert_eq!(reached[0].subject(), olena.uuid().to_string());
}

#[tokio::test]
async fn counts_add_up_and_what_is_true_of_one_is_true_of_all() {
    let world = World::new().await;
    let (olena, olha) = (
        world.participant("K-1").await,
        world.participant("K-2").await,
    );
    for (person, flags) in [
        (
            olena,
            json!({ "buddy_match_count": 2, "is_discord_member": false }),
        ),
        (
            olha,
            json!({ "buddy_match_count": 3, "is_discord_member": true }),
        ),
    ] {
        let put = Request::put(format!("/v1/profile/{person}"));
        world.send(put, json!({ "flags": flags })).await;
    }
    let id = merge(&world, olena, olha).await;
    let together = shown(&world, olena).await.1;
    assert_eq!(together["flags"]["buddy_match_count"]["value"], 5);
    assert_eq!(together["flags"]["is_discord_member"]["value"], true);

    // What is set of the one person holds for the one person.
    let put = Request::put(format!("/v1/profile/{olha}"));
    let set = world
        .send(put, json!({ "flags": { "buddy_match_count": 9 } }))
        .await;
    assert_eq!(set.body["flags"]["buddy_match_count"]["value"], 9);
    let kari = PersonId::new(world.id());
    world
        .happens([world.session(Language, olha, kari, 0)])
        .await;
    let later = shown(&world, olena).await.1;
    assert_eq!(later["flags"]["buddy_match_count"]["value"], 9);
    undo(&world, &id).await;
    assert_eq!(
        shown(&world, olha).await.1["flags"]["buddy_match_count"]["value"],
        3
    );
}

#[tokio::test]
async fn the_night_finds_nothing_to_follow_up_when_one_of_the_ids_is_active() {
    let world = World::new().await;
    let (olena, olha) = (
        world.participant("K-1").await,
        world.participant("K-2").await,
    );
    let kari = PersonId::new(world.id());
    merge(&world, olena, olha).await;
    world.pass_days(20);
    world
        .happens([world.session(Language, olha, kari, 0)])
        .await;
    world.forget();
    world.night_falls().await;
    let together = shown(&world, olena).await.1;
    assert!(together["flags"].get("followup_needed").is_none());
    assert!(
        published(&world, EventType::OrchestrationProfileUpdated)
            .iter()
            .all(|event| {
                event.subject() != olena.uuid().to_string()
                    && event.subject() != olha.uuid().to_string()
            })
    );
}

#[tokio::test]
async fn people_who_are_one_are_counted_and_listed_once() {
    let world = World::new().await;
    let (olena, olha) = (
        world.participant("K-1").await,
        world.participant("K-2").await,
    );
    let count = async || {
        let mut tx = world.test.db().tenant(&world.grant).await.unwrap();
        let counts = crate::query::count_people(&mut tx).await.unwrap();
        let list = crate::query::list_profiles(&mut tx, None, 100)
            .await
            .unwrap();
        (counts, list)
    };
    let before = count().await;
    let id = merge(&world, olha, olena).await;
    let (counts, list) = count().await;
    assert_eq!(counts.participants, before.0.participants - 1);
    assert_eq!(list.len(), before.1.len() - 1);
    assert!(list.iter().any(|one| one.id == olha) && list.iter().all(|one| one.id != olena));
    undo(&world, &id).await;
    assert_eq!(count().await, before);
}
