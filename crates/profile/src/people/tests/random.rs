//! Events and merges in any order: when all merges are undone, everybody is as if
//! nobody had ever been merged.

use contracts::PersonId;
use contracts::event::value::SessionType::{Language, Mentorship};
use http::StatusCode;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::{ask_to_merge, shown, undo};
use crate::testing::World;

const PEOPLE: usize = 4;

#[derive(Debug, Clone)]
enum Step {
    Session {
        who: usize,
        is_language: bool,
        day: i64,
    },
    Rating {
        which: usize,
        stars: u8,
    },
    Merge {
        keep: usize,
        merge: usize,
    },
    Undo {
        which: usize,
    },
    Days(i64),
    Night,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = || 0..PEOPLE;
    let step = prop_oneof![
        4 => (who(), any::<bool>(), 0..30_i64)
            .prop_map(|(who, is_language, day)| Step::Session { who, is_language, day: -day }),
        2 => (0..8_usize, 0..5_u8).prop_map(|(which, stars)| Step::Rating { which, stars }),
        3 => (who(), who()).prop_map(|(keep, merge)| Step::Merge { keep, merge }),
        2 => (0..4_usize).prop_map(|which| Step::Undo { which }),
        1 => (1..20_i64).prop_map(Step::Days),
        1 => Just(Step::Night),
    ];
    proptest::collection::vec(step, 3..14)
}

/// What becomes of everybody, with the merges or without them.
async fn live(steps: &[Step], merging: bool) -> Vec<Value> {
    let world = World::new().await;
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(world.participant(&format!("K-{number}")).await);
    }
    let kari = PersonId::new(world.id());
    let (mut sessions, mut merges) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Session {
                who,
                is_language,
                day,
            } => {
                let id = world.id();
                sessions.push(id);
                let kind = if *is_language { Language } else { Mentorship };
                let event = world.session_again(id, kind, people[*who], kari, *day);
                world.happens([event]).await;
            }
            Step::Rating { which, stars } => {
                if let Some(session) = sessions.get(*which) {
                    let event = world.rating(*session, f64::from(*stars) / 4.0);
                    world.happens([event]).await;
                }
            }
            Step::Merge { keep, merge } if merging => {
                let answer = ask_to_merge(&world, people[*keep], people[*merge]).await;
                if answer.status == StatusCode::CREATED {
                    merges.push(answer.body["id"].as_str().unwrap().to_owned());
                }
            }
            Step::Undo { which } if merging && *which < merges.len() => {
                undo(&world, &merges.remove(*which)).await;
            }
            Step::Merge { .. } | Step::Undo { .. } => {}
            Step::Days(days) => world.pass_days(*days),
            Step::Night => world.night_falls().await,
        }
    }
    for merge in &merges {
        undo(&world, merge).await;
    }
    let mut ends = Vec::new();
    for person in people {
        let now = world.day(0);
        ends.push(outline(shown(&world, person).await.1, now));
    }
    ends
}

/// A profile without what differs between two worlds: ids, and instants, which
/// become seconds before `now`.
fn outline(profile: Value, now: jiff::Timestamp) -> Value {
    match profile {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(name, _)| name != "id")
            .map(|(name, value)| (name, outline(value, now)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(|item| outline(item, now)).collect(),
        Value::String(text) => match text.parse::<jiff::Timestamp>() {
            Ok(at) => json!(now.duration_since(at).as_secs()),
            Err(_) => json!(text),
        },
        other => other,
    }
}

#[test]
fn whatever_happens_undone_merges_leave_no_trace() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&steps(), |steps| {
        let (merged, plain) =
            runtime.block_on(async { (live(&steps, true).await, live(&steps, false).await) });
        prop_assert_eq!(merged, plain);
        Ok(())
    });
    outcome.unwrap();
}
