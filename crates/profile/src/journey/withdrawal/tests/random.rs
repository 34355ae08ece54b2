//! Whatever is said and taken back, people are as if only what still holds was ever said.

use contracts::PersonId;
use contracts::event::Payload;
use contracts::event::value::SessionType::{Language, Mentorship};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use uuid::Uuid;

use super::shown;
use crate::testing::World;

const PEOPLE: usize = 3;
const SESSIONS: usize = 5;

/// What a session is, whenever it is told of.
#[derive(Debug, Clone)]
struct Session {
    is_language: bool,
    people: (usize, usize),
    day: i64,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Held(usize),
    Rated(usize, u8),
    Withdrawn(usize),
}

fn sessions() -> impl Strategy<Value = Vec<Session>> {
    let session = (any::<bool>(), 0..PEOPLE, 0..PEOPLE, 1..40_i64).prop_map(
        |(is_language, participant, volunteer, day)| Session {
            is_language,
            people: (participant, volunteer),
            day: -day,
        },
    );
    proptest::collection::vec(session, SESSIONS)
}

fn batches() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let which = || 0..SESSIONS;
    let step = prop_oneof![
        4 => which().prop_map(Step::Held),
        2 => (which(), 0..5_u8).prop_map(|(which, stars)| Step::Rated(which, stars)),
        2 => which().prop_map(Step::Withdrawn),
    ];
    proptest::collection::vec(proptest::collection::vec(step, 1..6), 1..6)
}

/// What still holds at the end: sessions in the order in which they were first told of
/// since, and the last rating of each.
fn standing(batches: &[Vec<Step>]) -> Vec<Step> {
    let mut held = Vec::new();
    let mut ratings = std::collections::BTreeMap::new();
    for step in batches.iter().flatten().copied() {
        match step {
            Step::Held(which) if !held.contains(&which) => held.push(which),
            Step::Held(_) => {}
            Step::Rated(which, stars) => {
                ratings.insert(which, stars);
            }
            Step::Withdrawn(which) => {
                held.retain(|one| *one != which);
                ratings.remove(&which);
            }
        }
    }
    let held = held.into_iter().map(Step::Held);
    let rated = ratings.into_iter();
    held.chain(rated.map(|(which, stars)| Step::Rated(which, stars)))
        .collect()
}

/// Everybody's profile at the end.
async fn live(sessions: &[Session], batches: &[Vec<Step>]) -> Vec<Option<Value>> {
    let world = World::new().await;
    let person = |number: usize| PersonId::new(Uuid::from_u128(1000 + number as u128));
    let volunteer = |number: usize| person(number + 1);
    for batch in batches {
        let events = batch.iter().map(|step| match *step {
            Step::Held(which) => {
                let session = &sessions[which];
                let kind = if session.is_language {
                    Language
                } else {
                    Mentorship
                };
                let id = Uuid::from_u128(1 + which as u128);
                let (participant, helper) = session.people;
                world.session_again(
                    id,
                    kind,
                    person(participant),
                    volunteer(helper),
                    session.day,
                )
            }
            Step::Rated(which, stars) => {
                let id = Uuid::from_u128(1 + which as u128);
                match world.rating(id, f64::from(stars) / 4.0) {
                    Payload::KintellRatingCreated(mut rating) => {
                        rating.rating_id = Uuid::from_u128(100 + which as u128);
                        Payload::KintellRatingCreated(rating)
                    }
                    other => other,
                }
            }
            Step::Withdrawn(which) => world.withdrawn(Uuid::from_u128(1 + which as u128)),
        });
        world.happens(events.collect::<Vec<_>>()).await;
    }
    let mut ends = Vec::new();
    for number in 0..=PEOPLE {
        ends.push(shown(&world, person(number)).await);
    }
    ends
}

#[test]
fn people_are_as_if_only_what_still_holds_was_ever_said() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config {
        cases: 24,
        max_shrink_iters: 40,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&(sessions(), batches()), |(sessions, batches)| {
        let (taken_back, never_said) = runtime.block_on(async {
            let fresh = [standing(&batches)];
            (
                live(&sessions, &batches).await,
                live(&sessions, &fresh).await,
            )
        });
        prop_assert_eq!(taken_back, never_said);
        Ok(())
    });
    outcome.unwrap();
}
