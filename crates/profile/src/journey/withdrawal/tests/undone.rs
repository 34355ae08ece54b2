//! An import that is undone leaves nothing behind.

use contracts::PersonId;
use contracts::event::Payload;
use contracts::event::value::SessionType::{Language, Mentorship};
use contracts::journey::Milestone;
use uuid::Uuid;

use super::{pair, rows, shown, told};
use crate::flag::{Flag, FlagValue};
use crate::person::store::list_history;
use crate::testing::World;

/// Sessions of two people and a volunteer, rated; what an import would say of them.
fn import(
    world: &World,
    [olena, ivan, kari]: [PersonId; 3],
) -> (Vec<Uuid>, impl Fn() -> Vec<Payload>) {
    let ids: Vec<Uuid> = (0..5).map(|_| world.id()).collect();
    let events = [
        world.session_again(ids[0], Language, olena, kari, -30),
        world.session_again(ids[1], Language, olena, kari, -20),
        world.session_again(ids[2], Language, olena, kari, -2),
        world.session_again(ids[3], Mentorship, ivan, kari, -40),
        world.agreed(ids[4], ivan, kari, 3),
        world.rating(ids[1], 1.0),
        world.rating(ids[2], 0.75),
    ];
    (ids, move || events.to_vec())
}

fn undo(world: &World, ids: &[Uuid]) -> Vec<Payload> {
    ids.iter().map(|id| world.withdrawn(*id)).collect()
}

#[tokio::test]
async fn an_import_that_is_undone_leaves_the_tables_as_they_were() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    let ivan = PersonId::new(world.id());
    let empty = rows(&world).await;
    assert!(empty.is_empty());
    let (ids, events) = import(&world, [olena, ivan, kari]);

    world.happens(events()).await;
    let imported = rows(&world).await;
    assert!(imported.len() > 15, "{imported:#?}");
    world.happens(undo(&world, &ids)).await;
    assert_eq!(rows(&world).await, empty);
    assert_eq!(world.profile(olena).await, None);

    world.happens(events()).await;
    assert_eq!(rows(&world).await, imported);
    for id in ids.iter().rev() {
        world.happens([world.withdrawn(*id)]).await;
    }
    assert_eq!(rows(&world).await, empty);
}

#[tokio::test]
async fn people_who_were_known_before_are_as_they_were() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    let ivan = PersonId::new(world.id());
    let first = world.id();
    world
        .happens([
            world.session_again(first, Language, olena, ivan, -16),
            world.agreed(world.id(), ivan, kari, 9),
            world.rating(first, 0.5),
        ])
        .await;
    let before = rows(&world).await;
    let (ids, events) = import(&world, [olena, ivan, kari]);
    world.happens(events()).await;
    assert_ne!(rows(&world).await, before);
    world.happens(undo(&world, &ids)).await;
    assert_eq!(rows(&world).await, before);
}

#[tokio::test]
async fn what_rested_on_the_first_session_is_corrected_to_the_first_that_is_left() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    let (first, last) = (world.id(), world.id());
    world
        .happens([
            world.session_again(first, Language, olena, kari, -30),
            world.session(Language, olena, kari, -20),
            world.session(Mentorship, olena, kari, -10),
            world.session_again(last, Language, olena, kari, -1),
        ])
        .await;
    world.forget();
    world
        .happens([world.withdrawn(first), world.withdrawn(last)])
        .await;
    let profile = world.profile(olena).await.unwrap();
    let reached: Vec<_> = profile
        .milestones
        .iter()
        .map(|one| (one.milestone, one.reached_at))
        .collect();
    assert_eq!(
        reached,
        [
            (Milestone::FirstLanguageSession, world.day(-20)),
            (Milestone::FirstMentorshipSession, world.day(-10)),
        ]
    );
    assert!(profile.enrolments[0].enrolled_at > world.day(-30));
    assert_eq!(profile.first_seen_at, profile.enrolments[0].enrolled_at);
    assert_eq!(profile.last_active_at, Some(world.day(-10)));
    let told = told(&world, olena);
    assert_eq!(told.len(), 1, "the milestone is not announced again");
    assert_eq!(told[0].1, "ingest.record.withdrawn");
    assert_eq!(told[0].2, ["enrolments", "milestones"]);
    assert!(told[0].0.causation.is_some());
}

#[tokio::test]
async fn what_is_lost_is_told_and_remembered_with_its_cause() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    let session = world.id();
    world
        .happens([world.session_again(session, Language, olena, kari, -1)])
        .await;
    world.forget();
    world.happens([world.withdrawn(session)]).await;
    for (person, fields) in [
        (
            olena,
            vec!["enrolments", "is_kintell_user", "milestones", "roles"],
        ),
        (kari, vec!["is_kintell_user", "roles"]),
    ] {
        let told = told(&world, person);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].2, fields);
        let mut tx = world.test.db().tenant(&world.grant).await.unwrap();
        let history = list_history(&mut tx, person.uuid(), None, 10)
            .await
            .unwrap();
        let gone = history.iter().find(|(_, entry)| entry.new_value.is_none());
        let (_, gone) = gone.unwrap();
        assert_eq!(gone.flag, "is_kintell_user");
        assert_eq!(gone.changed_by, "ingest.record.withdrawn");
        assert_eq!(
            gone.event_id.map(contracts::EventId::uuid),
            told[0].0.causation
        );
        assert_eq!(history.len(), 2, "that it was so once stays");
    }
}

#[tokio::test]
async fn who_is_left_a_volunteer_loses_what_rules_made_of_the_participant() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    let ids = [world.id(), world.id(), world.id()];
    let mut events: Vec<_> = ids
        .iter()
        .map(|id| world.session_again(*id, Language, olena, kari, -20))
        .collect();
    events.push(world.rating(ids[0], 1.0));
    world
        .happens([world.session(Mentorship, kari, olena, -3)])
        .await;
    let before = shown(&world, olena).await;
    world.happens(events).await;
    let flags = world.profile(olena).await.unwrap().flags;
    assert_eq!(flags[&Flag::MentorReady].value, FlagValue::YesNo(true));
    world.happens(undo(&world, &ids)).await;
    assert_eq!(shown(&world, olena).await, before);
}

#[tokio::test]
async fn a_withdrawn_rating_counts_no_more_and_its_session_still_does() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    let ids = [world.id(), world.id(), world.id()];
    let events = ids
        .iter()
        .map(|id| world.session_again(*id, Language, olena, kari, -5));
    world.happens(events).await;
    let before = rows(&world).await;
    world.happens([world.rating(ids[0], 1.0)]).await;
    assert_ne!(rows(&world).await, before);
    world
        .happens([world.withdrawn_from("kintell-ratings", ids[0])])
        .await;
    assert_eq!(rows(&world).await, before);
}

#[tokio::test]
async fn within_one_batch_what_is_said_last_holds() {
    for is_known in [false, true] {
        let world = World::new().await;
        let (olena, kari) = pair(&world);
        let (id, rating) = (world.id(), world.id());
        let held = || world.session_again(id, Language, olena, kari, -5);
        let rated = |value| match world.rating(id, value) {
            Payload::KintellRatingCreated(mut given) => {
                given.rating_id = rating;
                Payload::KintellRatingCreated(given)
            }
            other => other,
        };
        if is_known {
            world.happens([held(), rated(0.5)]).await;
        }
        let back = || world.withdrawn(id);
        world
            .happens([held(), rated(1.0), back(), held(), rated(0.25)])
            .await;
        let after = rows(&world).await;
        assert!(
            after
                .iter()
                .any(|row| row.starts_with("rating") && row.contains("0.25"))
        );
        assert_eq!(world.profile(olena).await.unwrap().milestones.len(), 1);
        world.happens([held(), rated(1.0), back(), held()]).await;
        assert!(
            !rows(&world)
                .await
                .iter()
                .any(|row| row.starts_with("rating"))
        );
        world.happens([back(), held(), rated(0.25)]).await;
        assert_eq!(rows(&world).await, after);
        world.happens([rated(1.0), held(), back()]).await;
        assert!(rows(&world).await.is_empty());
    }
}

#[tokio::test]
async fn a_session_that_nobody_knows_is_withdrawn_without_effect() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    world
        .happens([world.session(Language, olena, kari, -5)])
        .await;
    let before = (rows(&world).await, world.profile(olena).await);
    world.forget();
    world
        .happens([
            world.withdrawn(world.id()),
            world.withdrawn_from("buddy-events", world.id()),
        ])
        .await;
    assert_eq!((rows(&world).await, world.profile(olena).await), before);
    assert!(world.published().is_empty());
}
