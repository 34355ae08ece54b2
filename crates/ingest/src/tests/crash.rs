use std::collections::BTreeSet;
use std::sync::Arc;

use contracts::JobId;
use contracts::event::Payload;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{House, file, row};
use crate::import::spool::SpoolId;
use crate::query::State;

fn rows(count: u32) -> Vec<String> {
    (0..count)
        .map(|n| {
            row(
                &format!("K-{n}"),
                30,
                if n % 3 == 0 { "" } else { "4" },
                if n % 2 == 0 { "A word" } else { "" },
            )
        })
        .collect()
}

/// As if the holder of the lease had died some time ago.
#[expect(clippy::disallowed_methods, reason = "a test ends a lease early")]
async fn expire_lease(house: &House, job: JobId) {
    let mut tx = house.test.db().system("test").await.unwrap();
    sqlx::query("update platform.job set lease_until = now() - interval '1 second' where id = $1 and state = 'running'")
        .bind(job.uuid())
        .execute(tx.conn())
        .await
        .unwrap();
    tx.commit_bookkeeping().await.unwrap();
}

/// Everything is there once: rows, events, audit entries.
async fn check_whole(house: &House, import: contracts::ImportId, sessions: u64, batches: i64) {
    let summary = house.summary(import).await;
    assert_eq!(summary.state, State::Committed);
    assert_eq!(
        (summary.counts.rows_in, summary.counts.created),
        (sessions, sessions)
    );
    let (mut completed, mut rated) = (Vec::new(), 0);
    for event in house.events().await {
        match event.payload {
            Payload::KintellSessionCompleted(session) => completed.push(session.session_id),
            Payload::KintellRatingCreated(_) => rated += 1,
            _ => {}
        }
    }
    assert_eq!(completed.len() as u64, sessions);
    assert_eq!(
        completed.iter().collect::<BTreeSet<_>>().len() as u64,
        sessions
    );
    assert_eq!(
        house
            .count("select count(*) from ingest.kintell_session")
            .await,
        i64::try_from(completed.len()).unwrap()
    );
    assert_eq!(
        house
            .count("select count(rating) from ingest.kintell_session")
            .await,
        rated
    );
    let texts = "select count(feedback_text_id) - (select count(*) from platform.sealed_text) from ingest.kintell_session";
    assert_eq!(house.count(texts).await, 0);
    assert_eq!(
        house
            .count("select count(*) from platform.audit_entry where action = 'import.batch'")
            .await,
        batches
    );
    assert_eq!(house.spooled(), 0);
}

#[tokio::test]
async fn an_import_that_is_cut_off_anywhere_goes_on_behind_its_last_batch() {
    let house = House::new().await;
    let (import, job) = house.upload(&file(&rows(90))).await;
    let stop = CancellationToken::new();
    for cut in 0..6_u32 {
        let told = Arc::new(Notify::new());
        let tell = Arc::clone(&told);
        let runner = house.runner(10, move |_| tell.notify_one());
        // The run is dropped in the middle of a batch: at another place each time.
        tokio::select! {
            biased;
            () = async {
                told.notified().await;
                for _ in 0..cut * 7 {
                    tokio::task::yield_now().await;
                }
            } => {}
            _ = runner.run_one(job, &stop) => {}
        }
        expire_lease(&house, job).await;
    }
    house.runner(10, |_| {}).run_one(job, &stop).await.unwrap();
    check_whole(&house, import, 90, 9).await;
}

#[tokio::test]
async fn a_run_that_panics_between_batches_is_taken_up_again() {
    let house = House::new().await;
    let (import, job) = house.upload(&file(&rows(30))).await;
    let stop = CancellationToken::new();
    let runner = house.runner(10, |at| assert!(at.rows_done != 20, "a fault of ours"));
    assert!(runner.run_one(job, &stop).await.unwrap());
    let summary = house.summary(import).await;
    assert_eq!(
        (summary.state, summary.counts.rows_in),
        (State::Running, 20)
    );
    house
        .test
        .clock()
        .advance(jiff::SignedDuration::from_secs(10));
    assert!(house.runner(10, |_| {}).run_one(job, &stop).await.unwrap());
    check_whole(&house, import, 30, 3).await;
}

#[tokio::test]
async fn a_stopped_import_ends_at_a_batch_and_another_process_ends_it() {
    let house = House::new().await;
    let (import, job) = house.upload(&file(&rows(40))).await;
    let stop = CancellationToken::new();
    let raise = stop.clone();
    let runner = house.runner(10, move |at| {
        if at.rows_done == 10 {
            raise.cancel();
        }
    });
    assert!(runner.run_one(job, &stop).await.unwrap());
    assert_eq!(house.summary(import).await.counts.rows_in, 10);
    let go_on = CancellationToken::new();
    assert!(house.runner(10, |_| {}).run_one(job, &go_on).await.unwrap());
    check_whole(&house, import, 40, 4).await;
}

#[tokio::test]
async fn imports_of_one_company_that_run_at_once_do_not_double_anything() {
    let house = House::new().await;
    let (first, one) = house.upload(&file(&rows(60))).await;
    let (second, two) = house
        .upload(&file(&rows(60).into_iter().rev().collect::<Vec<_>>()))
        .await;
    let stop = CancellationToken::new();
    let (a, b) = (house.runner(10, |_| {}), house.runner(15, |_| {}));
    let (ran_one, ran_two) = tokio::join!(a.run_one(one, &stop), b.run_one(two, &stop));
    assert!(ran_one.unwrap() && ran_two.unwrap());
    let (first, second) = (house.summary(first).await, house.summary(second).await);
    assert_eq!(
        (first.state, second.state),
        (State::Committed, State::Committed)
    );
    assert_eq!(first.counts.created + second.counts.created, 60);
    assert_eq!(first.counts.unchanged + second.counts.unchanged, 60);
    assert_eq!(
        house
            .count("select count(*) from ingest.kintell_session")
            .await,
        60
    );
    assert_eq!(
        house.count("select count(*) from platform.person").await,
        61
    );
}

#[tokio::test]
async fn an_import_whose_file_is_gone_fails_and_says_so() {
    let house = House::new().await;
    let (import, job) = house.upload(&file(&rows(3))).await;
    let company = house.grant.company();
    house
        .intake()
        .spool
        .remove(SpoolId { company, import })
        .unwrap();
    let stop = CancellationToken::new();
    house.runner(10, |_| {}).run_one(job, &stop).await.unwrap();
    let summary = house.summary(import).await;
    assert_eq!(summary.state, State::Failed);
    assert_eq!(summary.problem.unwrap().code, "upload_damaged");
}
