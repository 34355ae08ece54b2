//! Merges upon merges, at once, and undone in any order.

use contracts::PersonId;
use http::StatusCode;
use serde_json::json;

use super::{ask_to_merge, ask_to_undo, everything, merge, shown, undo};
use crate::testing::World;

async fn three(world: &World) -> [PersonId; 3] {
    [
        world.participant("K-1").await,
        world.participant("K-2").await,
        world.participant("K-3").await,
    ]
}

#[tokio::test]
async fn a_chain_is_undone_from_its_end_step_by_step() {
    let world = World::new().await;
    let [a, b, c] = three(&world).await;
    let alone = everything(&world).await;
    let first = merge(&world, b, a).await;
    let two = (everything(&world).await, shown(&world, a).await);
    let second = merge(&world, c, b).await;
    assert_eq!(shown(&world, a).await.1["id"], c.to_string());
    let mut others = [a, b];
    others.sort();
    assert_eq!(shown(&world, a).await.1["mergedIds"], json!(others));
    undo(&world, &second).await;
    assert_eq!((everything(&world).await, shown(&world, a).await), two);
    undo(&world, &first).await;
    assert_eq!(everything(&world).await, alone);
}

#[tokio::test]
async fn a_chain_is_undone_from_its_beginning_too() {
    let world = World::new().await;
    let [a, b, c] = three(&world).await;
    let alone = everything(&world).await;
    let first = merge(&world, b, a).await;
    let second = merge(&world, c, b).await;
    undo(&world, &first).await;
    assert_eq!(shown(&world, a).await.1["id"], a.to_string());
    assert_eq!(shown(&world, b).await.1["id"], c.to_string());
    undo(&world, &second).await;
    assert_eq!(everything(&world).await, alone);
}

#[tokio::test]
async fn a_ring_is_refused_and_so_is_oneself() {
    let world = World::new().await;
    let [a, b, c] = three(&world).await;
    merge(&world, b, a).await;
    merge(&world, c, b).await;
    let rows = everything(&world).await;
    for (keep, merged) in [(a, c), (c, a), (a, b), (a, a)] {
        let answer = ask_to_merge(&world, keep, merged).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert_eq!(answer.body["code"], "already_one");
    }
    assert_eq!(everything(&world).await, rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_merge_the_same_pair_at_once_one_does() {
    let world = World::new().await;
    let [a, b, _] = three(&world).await;
    let both = tokio::join!(ask_to_merge(&world, a, b), ask_to_merge(&world, a, b));
    let mut answers = [both.0.status, both.1.status];
    answers.sort();
    assert_eq!(answers, [StatusCode::CREATED, StatusCode::CONFLICT]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_merge_crosswise_at_once_one_does() {
    let world = World::new().await;
    let [a, b, _] = three(&world).await;
    let rows = everything(&world).await;
    let both = tokio::join!(ask_to_merge(&world, a, b), ask_to_merge(&world, b, a));
    let mut answers = [both.0.status, both.1.status];
    answers.sort();
    assert_eq!(answers, [StatusCode::CREATED, StatusCode::CONFLICT]);
    let done = if both.0.status == StatusCode::CREATED {
        both.0
    } else {
        both.1
    };
    undo(&world, done.body["id"].as_str().unwrap()).await;
    assert_eq!(everything(&world).await, rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_is_undone_once() {
    let world = World::new().await;
    let [a, b, _] = three(&world).await;
    let id = merge(&world, a, b).await;
    let both = tokio::join!(ask_to_undo(&world, &id), ask_to_undo(&world, &id));
    let mut answers = [both.0.status, both.1.status];
    answers.sort();
    assert_eq!(answers, [StatusCode::OK, StatusCode::CONFLICT]);
    assert_eq!(ask_to_undo(&world, &id).await.body["code"], "merge_undone");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_and_merges_at_once_leave_a_set_that_knows_everything() {
    let world = World::new().await;
    let [a, b, _] = three(&world).await;
    let kari = PersonId::new(world.id());
    let kind = contracts::event::value::SessionType::Mentorship;
    let sessions = (0..20).map(|day| world.session(kind, b, kari, -day));
    let ((), id) = tokio::join!(world.happens(sessions), merge(&world, a, b));
    world.happens([world.session(kind, kari, a, 0)]).await;
    let together = shown(&world, a).await.1;
    let programmes: Vec<_> = together["enrolments"].as_array().unwrap().iter().collect();
    assert_eq!(programmes.len(), 2);
    assert_eq!(together["roles"], json!(["participant", "volunteer"]));
    undo(&world, &id).await;
    assert_eq!(
        shown(&world, a).await.1["enrolments"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
