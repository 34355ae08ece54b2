//! Whatever is published, fails and crashes in whatever order: each event has its
//! effect exactly once, in the order of its subject.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{Bench, RETRY, Recorder};
use crate::db::{Failpoint, Failure};
use crate::events::Retry;

/// Something that happens to the bus.
#[derive(Debug, Clone)]
enum Step {
    Publish(Vec<u64>),
    Fail { number: i64, times: usize },
    CrashAt(Failpoint),
    Read,
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    let bus = prop::sample::select(vec![
        Failpoint::BeforeFlush,
        Failpoint::BeforeCommit,
        Failpoint::AfterCommit,
        Failpoint::AfterHandler,
    ]);
    prop_oneof![
        4 => prop::collection::vec(0..3_u64, 1..5).prop_map(Step::Publish),
        2 => (0..20_i64, 1..4_usize).prop_map(|(number, times)| Step::Fail { number, times }),
        2 => bus.prop_map(Step::CrashAt),
        3 => Just(Step::Read),
        1 => Just(Step::Wait),
    ]
}

async fn run(steps: Vec<Step>) {
    let mut bench = Bench::new().await;
    let handler = Recorder::default();
    let patient = Retry {
        max_attempts: 1_000,
        ..RETRY
    };
    let runner = bench.runner(&handler).with_retry(patient);
    let mut published: Vec<(u64, u64)> = Vec::new();
    for step in steps {
        match step {
            Step::Publish(subjects) => {
                let first = published.len() as u64;
                let events: Vec<_> = (first..)
                    .zip(subjects)
                    .map(|(number, subject)| (subject, number))
                    .collect();
                bench.publish(&events).await;
                published.extend(events);
            }
            Step::Fail { number, times } => handler.fail(number, times),
            Step::CrashAt(point) => {
                bench.db().fail_at(point, Failure::Error);
                // It may fail as a whole, or park the event it failed at; both are right.
                let _ = runner.settle().await;
                bench.db().heal();
            }
            Step::Read => runner.settle().await.unwrap(),
            Step::Wait => bench.wait(),
        }
    }
    handler.heal();
    for _ in 0..3 {
        runner.settle().await.unwrap();
        bench.wait();
    }
    let effects = bench.effects().await;
    assert_eq!(effects.len(), published.len());
    for subject in 0..3 {
        let of = |events: &[(i64, i64)]| -> Vec<i64> {
            events
                .iter()
                .filter(|event| event.0 == subject)
                .map(|event| event.1)
                .collect()
        };
        let published: Vec<_> = published
            .iter()
            .map(|(subject, number)| {
                (
                    i64::try_from(*subject).unwrap(),
                    i64::try_from(*number).unwrap(),
                )
            })
            .collect();
        assert_eq!(of(&effects), of(&published));
    }
    let entries = bench
        .count("select count(*) from platform.audit_entry")
        .await;
    assert_eq!(
        entries,
        bench
            .count("select max(seq) from platform.audit_entry")
            .await
            .max(0)
    );
}

#[test]
fn every_history_ends_with_each_effect_once_and_in_order() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(Config {
        cases: 12,
        failure_persistence: None,
        ..Config::default()
    });
    let histories = prop::collection::vec(step(), 4..16)
        .prop_filter("something is published", |steps| {
            steps.iter().any(|step| matches!(step, Step::Publish(_)))
        });
    runner
        .run(&histories, |steps| {
            runtime.block_on(run(steps));
            Ok(())
        })
        .unwrap();
}
