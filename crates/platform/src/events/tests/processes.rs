//! Several processes on one database.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Bench, Recorder, runner};
use crate::events::BusRunner;
use crate::testkit::poll;

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_read_at_once_have_one_effect() {
    let mut bench = Bench::new().await;
    let (other, _) = bench.test.another_process();
    let handler = Recorder::default();
    handler.fail(100, 1);
    let events: Vec<_> = (0..900).map(|number| (number % 5, number)).collect();
    for chunk in events.chunks(50) {
        bench.publish(chunk).await;
    }
    let (here, there) = (bench.runner(&handler), runner(&other, &handler));
    for _ in 0..4 {
        let (here, there) = tokio::join!(here.settle(), there.settle());
        here.unwrap();
        there.unwrap();
        bench.wait();
    }
    let effects = bench.effects().await;
    for subject in 0..5 {
        let seen: Vec<i64> = effects
            .iter()
            .filter(|effect| effect.0 == subject)
            .map(|effect| effect.1)
            .collect();
        let expected: Vec<i64> = (0..900).filter(|number| number % 5 == subject).collect();
        assert_eq!(seen, expected, "subject {subject}");
    }
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_wakes_the_runners_of_another_process() {
    let mut bench = Bench::new().await;
    let (other, _) = bench.test.another_process();
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    // Without polling, only the notification can tell.
    let mut there = runner(&other, &Recorder::default());
    there.poll = Duration::from_hours(1);
    there.spawn(&tasks, &stop);
    BusRunner::new(bench.db(), Vec::new()).spawn(&tasks, &stop);
    let mut admin = bench.test.administrator().connect_target().await.unwrap();
    poll("both processes listen", async || {
        let listeners: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen%'",
        )
        .fetch_one(&mut admin)
        .await
        .unwrap();
        listeners == 2
    })
    .await;
    bench.publish(&[(1, 1)]).await;
    poll("the other process takes effect", async || {
        bench.effects().await == [(1, 1)]
    })
    .await;
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_wakes_the_runner_of_its_own_process() {
    let mut bench = Bench::new().await;
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let mut here = bench.runner(&Recorder::default());
    here.poll = Duration::from_hours(1);
    here.spawn(&tasks, &stop);
    for number in 1..20 {
        bench.publish(&[(1, number)]).await;
        let expected = usize::try_from(number).unwrap();
        poll("the event is taken", async || {
            bench.effects().await.len() == expected
        })
        .await;
    }
    stop.cancel();
    tasks.close();
    tasks.wait().await;
}
