//! Who may run a job: one at a time, for as long as they give signs of life.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Bench, RETRY, Recorder, job};
use crate::db::{Failpoint, Failure};
use crate::jobs::{JobError, JobKind, JobRun, JobRunner, RunJob};
use crate::testkit::poll;

/// Says that it has begun, and goes on when it is told to.
#[derive(Clone)]
struct Held {
    begun: Arc<Semaphore>,
    go_on: Arc<Semaphore>,
}

impl Held {
    fn new() -> Self {
        Self {
            begun: Arc::new(Semaphore::new(0)),
            go_on: Arc::new(Semaphore::new(0)),
        }
    }

    fn runner(&self, bench: &Bench, lease: SignedDuration) -> JobRunner {
        let kind = JobKind {
            retry: RETRY,
            lease,
            ..JobKind::new("Test", self.clone())
        };
        JobRunner::new(bench.db(), vec![kind])
    }
}

impl RunJob for Held {
    fn run(&self, run: JobRun) -> BoxFuture<'_, Result<(), JobError>> {
        Box::pin(async move {
            self.begun.add_permits(1);
            self.go_on.acquire().await.unwrap().forget();
            run.keep_going()
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_transaction_is_open_while_a_job_runs() {
    let mut bench = Bench::new().await;
    bench.queue(job("held")).await;
    let held = Held::new();
    let runner = held.runner(&bench, SignedDuration::from_secs(30));
    let running = tokio::spawn(async move { runner.settle().await });
    held.begun.acquire().await.unwrap().forget();
    let open: i64 = sqlx::query_scalar(
        "select count(*) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null and backend_type = 'client backend'",
    )
    .fetch_one(&mut bench.admin)
    .await
    .unwrap();
    assert_eq!(open, 0);
    held.go_on.add_permits(1);
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_keeps_the_lease_of_a_long_run() {
    let mut bench = Bench::new().await;
    let id = bench.queue(job("held")).await.unwrap();
    let held = Held::new();
    let runner = held.runner(&bench, SignedDuration::from_secs(2));
    let running = tokio::spawn(async move { runner.settle().await });
    held.begun.acquire().await.unwrap().forget();
    // Only a heartbeat puts the end of the lease behind the moment we look at it now.
    let first: String = sqlx::query_scalar("select lease_until::text from platform.job")
        .fetch_one(&mut bench.admin)
        .await
        .unwrap();
    poll("the lease is lengthened", async || {
        let later: bool =
            sqlx::query_scalar("select lease_until > $1::timestamptz from platform.job")
                .bind(&first)
                .fetch_one(&mut bench.admin)
                .await
                .unwrap();
        later
    })
    .await;
    held.go_on.add_permits(1);
    running.await.unwrap().unwrap();
    assert_eq!(bench.find(id).await.0, "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_lease_cuts_the_run_off_and_another_takes_it_over() {
    let mut bench = Bench::new().await;
    let id = bench.queue(job("held")).await.unwrap();
    let held = Held::new();
    let runner = held.runner(&bench, SignedDuration::from_millis(300));
    let running = tokio::spawn(async move { runner.run_one(id, &CancellationToken::new()).await });
    held.begun.acquire().await.unwrap().forget();
    bench
        .run("update platform.job set lease_owner = gen_random_uuid(), lease_until = now() + interval '1 hour'")
        .await;
    // Nobody tells it to go on: it ends because its heartbeat finds the lease gone.
    assert!(running.await.unwrap().unwrap());
    assert_eq!(
        bench.find(id).await,
        ("running".to_owned(), 1, None),
        "its end is not written down"
    );
    bench
        .run("update platform.job set lease_until = now() - interval '1 second'")
        .await;
    let second = Recorder::default();
    second.runner(bench.db()).settle().await.unwrap();
    assert_eq!(bench.find(id).await, ("succeeded".to_owned(), 2, None));
}

#[tokio::test]
async fn a_job_whose_worker_died_is_run_by_another() {
    let mut bench = Bench::new().await;
    let id = bench.queue(job("works")).await.unwrap();
    let dead = Recorder::default();
    bench
        .db()
        .company_keys(contracts::CompanyId::SYSTEM)
        .await
        .unwrap();
    bench.db().fail_at(Failpoint::AfterClaim, Failure::Error);
    assert!(dead.runner(bench.db()).settle().await.is_err());
    let (there, _) = bench.test.another_process();
    let alive = Recorder::default();
    alive.runner(&there).settle().await.unwrap();
    assert!(alive.names().is_empty(), "the lease has not run out");
    bench
        .run("update platform.job set lease_until = now() - interval '1 second'")
        .await;
    alive.runner(&there).settle().await.unwrap();
    assert_eq!((dead.names().len(), alive.names().len()), (0, 1));
    assert_eq!(bench.find(id).await, ("succeeded".to_owned(), 2, None));
    there.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_end_was_not_written_down_is_run_again() {
    for failure in [Failure::Error, Failure::Panic] {
        let mut bench = Bench::new().await;
        let id = bench.queue(job("works")).await.unwrap();
        let handler = Recorder::default();
        let runner = handler.runner(bench.db());
        bench.db().fail_at(Failpoint::BeforeFinish, failure);
        let crashing = runner.clone();
        let crashed = tokio::spawn(async move { crashing.settle().await }).await;
        assert!(!matches!(crashed, Ok(Ok(()))));
        assert_eq!(bench.find(id).await.0, "running");
        bench
            .run("update platform.job set lease_until = now() - interval '1 second'")
            .await;
        runner.settle().await.unwrap();
        assert_eq!(handler.names().len(), 2);
        assert_eq!(bench.find(id).await, ("succeeded".to_owned(), 2, None));
    }
}

#[tokio::test]
async fn a_job_that_takes_its_process_down_each_time_is_given_up() {
    let mut bench = Bench::new().await;
    let id = bench.queue(job("works")).await.unwrap();
    bench.run("update platform.job set state = 'running', attempts = 3, lease_owner = gen_random_uuid(), lease_until = now() - interval '1 second'").await;
    let handler = Recorder::default();
    handler.runner(bench.db()).settle().await.unwrap();
    assert!(handler.names().is_empty());
    assert_eq!(bench.find(id).await.0, "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_the_work_and_run_each_job_once() {
    let bench = Bench::new().await;
    let (there, _) = bench.test.another_process();
    for _ in 0..30 {
        bench.queue(job("works")).await;
    }
    let handler = Recorder::default();
    let (one, two) = (handler.runner(bench.db()), handler.runner(&there));
    let (one, two) = tokio::join!(one.settle(), two.settle());
    one.unwrap();
    two.unwrap();
    assert_eq!(handler.names().len(), 30);
    there.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_wakes_the_workers() {
    let bench = Bench::new().await;
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let handler = Recorder::default();
    let mut runner = handler.runner(bench.db());
    runner.poll = Duration::from_hours(1);
    runner.spawn(&tasks, &stop);
    for expected in 1..20 {
        bench.queue(job("works")).await;
        poll("the job runs", async || handler.names().len() == expected).await;
    }
    stop.cancel();
    tasks.close();
    tasks.wait().await;
}
