//! Matches, courses and what else there is beside sessions.

use std::collections::BTreeSet;

use contracts::event::Payload;
use contracts::event::value::SessionType::Language;
use contracts::event::value::{BuddyRole, CourseStatus};
use uuid::Uuid;

use super::{pair, rows};
use crate::flag::{Flag, FlagValue};
use crate::journey::deeds::record_of;
use crate::journey::tests::deeds::{
    checkin, completed, course, credential, feedback, logged, matched, shared,
};
use crate::testing::World;

#[tokio::test]
async fn matches_and_courses_that_are_withdrawn_leave_the_tables_as_they_were() {
    for is_known in [false, true] {
        let world = World::new().await;
        let (olena, kari) = pair(&world);
        if is_known {
            let session = world.session(Language, olena, kari, -50);
            world.happens([session]).await;
        }
        let before = rows(&world).await;
        let (of, place) = (world.id(), world.id());
        let events: Vec<Payload> = vec![
            matched(of, olena, kari, world.day(-20)),
            checkin(world.id(), of, world.day(-10)),
            feedback(&world, of, BuddyRole::Participant),
            logged(&world, of, world.day(-9)),
            shared(&world, kari, olena),
            course(place, olena, CourseStatus::InProgress, 50, world.day(-8)),
            completed(place, olena, world.day(-2)),
            credential(&world, olena, world.day(-1)),
        ];
        let ids: BTreeSet<Uuid> = events.iter().filter_map(record_of).collect();
        let back = || ids.iter().map(|id| world.withdrawn_from("buddy", *id));
        world.happens(events.clone()).await;
        let told = rows(&world).await;
        assert!(told.len() > before.len() + 12, "{told:#?}");
        world.happens(back()).await;
        assert_eq!(rows(&world).await, before);

        world.happens(events.clone()).await;
        assert_eq!(rows(&world).await, told);
        for one in back() {
            world.happens([one]).await;
        }
        assert_eq!(rows(&world).await, before);
        world.happens(events.into_iter().chain(back())).await;
        assert_eq!(rows(&world).await, before, "all in one batch");
    }
}

#[tokio::test]
async fn counters_count_what_is_left() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    let (of, late) = (world.id(), world.id());
    world
        .happens([
            matched(of, olena, kari, world.day(-20)),
            checkin(world.id(), of, world.day(-10)),
            checkin(late, of, world.day(-3)),
        ])
        .await;
    world
        .happens([world.withdrawn_from("buddy-checkins", late)])
        .await;
    let profile = world.profile(olena).await.unwrap();
    let count = &profile.flags[&Flag::BuddyCheckinsCount];
    assert_eq!(count.value, FlagValue::Count(1));
    assert_eq!(count.set_by, "ingest.record.withdrawn");
    assert_eq!(profile.last_active_at, Some(world.day(-10)));
    assert_eq!(profile.milestones.len(), 1, "the match goes on");
}
