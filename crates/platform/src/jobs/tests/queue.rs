//! What runs when, how often, and what becomes of it.

use jiff::SignedDuration;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Bench, Recorder, job};
use crate::jobs::{JobRunner, JobState, NewJob, find_job_state};

#[tokio::test]
async fn a_job_runs_once_and_succeeds() {
    let mut bench = Bench::new().await;
    let id = bench.queue(job("works")).await.unwrap();
    let handler = Recorder::default();
    let runner = handler.runner(bench.db());
    runner.settle().await.unwrap();
    runner.settle().await.unwrap();
    assert_eq!(handler.names(), ["works"]);
    assert_eq!(bench.find(id).await, ("succeeded".to_owned(), 1, None));
    let mut tx = bench.db().tenant(&bench.acme).await.unwrap();
    assert_eq!(
        find_job_state(&mut tx, id).await.unwrap(),
        Some(JobState::Succeeded)
    );
    let mut theirs = bench
        .db()
        .tenant(&bench.test.grant("globex"))
        .await
        .unwrap();
    assert_eq!(find_job_state(&mut theirs, id).await.unwrap(), None);
}

#[tokio::test]
async fn a_failing_job_is_tried_again_until_its_attempts_are_used_up() {
    let mut bench = Bench::new().await;
    let id = bench.queue(job("fails")).await.unwrap();
    let handler = Recorder::default();
    let runner = handler.runner(bench.db());
    for attempt in 1..=3 {
        runner.settle().await.unwrap();
        runner.settle().await.unwrap();
        assert_eq!(handler.names().len(), attempt, "not before its time");
        bench.wait();
    }
    runner.settle().await.unwrap();
    assert_eq!(
        bench.find(id).await,
        ("failed".to_owned(), 3, Some("told to fail".to_owned()))
    );
    assert_eq!(handler.names().len(), 3);
}

#[tokio::test]
async fn a_job_that_cannot_succeed_is_not_tried_again() {
    let mut bench = Bench::new().await;
    let id = bench.queue(job("never")).await.unwrap();
    let handler = Recorder::default();
    handler.runner(bench.db()).settle().await.unwrap();
    assert_eq!(
        bench.find(id).await,
        ("failed".to_owned(), 1, Some("it cannot succeed".to_owned()))
    );
}

#[tokio::test]
async fn a_panic_is_the_jobs_failure_and_not_the_workers() {
    let mut bench = Bench::new().await;
    let panics = bench.queue(job("panics")).await.unwrap();
    let works = bench.queue(job("works")).await.unwrap();
    Recorder::default()
        .runner(bench.db())
        .settle()
        .await
        .unwrap();
    assert_eq!(
        bench.find(panics).await,
        ("queued".to_owned(), 1, Some("the job panicked".to_owned()))
    );
    assert_eq!(bench.find(works).await.0, "succeeded");
}

#[tokio::test]
async fn an_interruption_is_no_attempt() {
    let mut bench = Bench::new().await;
    let id = bench.queue(job("interrupted once")).await.unwrap();
    let handler = Recorder::default();
    handler.runner(bench.db()).settle().await.unwrap();
    assert_eq!(handler.names().len(), 2);
    assert_eq!(bench.find(id).await, ("succeeded".to_owned(), 1, None));
}

#[tokio::test]
async fn the_urgent_come_first_whatever_their_kind_and_equals_in_order() {
    let bench = Bench::new().await;
    for (kind, name, priority) in [
        ("Test", "first", 0),
        ("Other", "second", 0),
        ("Test", "last", -5),
        ("Other", "urgent", 10),
        ("Test", "third", 0),
    ] {
        let job = NewJob::new(kind, json!({ "name": name }))
            .unwrap()
            .priority(priority);
        bench.queue(job).await;
        bench.test.clock().advance(SignedDuration::from_secs(1));
    }
    let handler = Recorder::default();
    let kinds = vec![handler.kind("Test"), handler.kind("Other")];
    JobRunner::new(bench.db(), kinds).settle().await.unwrap();
    assert_eq!(
        handler.names(),
        ["urgent", "first", "second", "third", "last"]
    );
}

#[tokio::test]
async fn a_job_waits_for_its_time() {
    let bench = Bench::new().await;
    let later = bench.test.clock().now() + SignedDuration::from_secs(60);
    bench.queue(job("later").run_at(later)).await;
    let handler = Recorder::default();
    let runner = handler.runner(bench.db());
    runner.settle().await.unwrap();
    assert!(handler.names().is_empty());
    bench.test.clock().advance(SignedDuration::from_secs(60));
    runner.settle().await.unwrap();
    assert_eq!(handler.names(), ["later"]);
}

#[tokio::test]
async fn equal_jobs_are_queued_once_a_company_while_one_waits() {
    let bench = Bench::new().await;
    let equal = || job("equal").deduplicated("key");
    assert!(bench.queue(equal()).await.is_some());
    assert!(bench.queue(equal()).await.is_none());
    assert!(
        bench
            .queue(job("equal").deduplicated("other key"))
            .await
            .is_some()
    );
    let mut theirs = bench
        .db()
        .tenant(&bench.test.grant("globex"))
        .await
        .unwrap();
    assert!(
        crate::jobs::enqueue(&mut theirs, equal())
            .await
            .unwrap()
            .is_some()
    );
    drop(theirs);
    let handler = Recorder::default();
    handler.runner(bench.db()).settle().await.unwrap();
    assert!(bench.queue(equal()).await.is_some(), "the first has run");
}

#[tokio::test]
async fn what_was_rolled_back_was_never_queued() {
    let bench = Bench::new().await;
    let mut tx = bench.db().tenant(&bench.acme).await.unwrap();
    crate::jobs::enqueue(&mut tx, job("undone")).await.unwrap();
    tx.rollback().await.unwrap();
    let handler = Recorder::default();
    handler.runner(bench.db()).settle().await.unwrap();
    assert!(handler.names().is_empty());
}

#[tokio::test]
async fn one_job_can_be_run_by_its_id() {
    let bench = Bench::new().await;
    bench.queue(job("another").priority(9)).await;
    let id = bench.queue(job("mine")).await.unwrap();
    let handler = Recorder::default();
    let runner = handler.runner(bench.db());
    assert!(runner.run_one(id, &CancellationToken::new()).await.unwrap());
    assert!(!runner.run_one(id, &CancellationToken::new()).await.unwrap());
    assert_eq!(handler.names(), ["mine"]);
}
