//! Once each, and in order of subject.

use super::{Bench, Recorder};
use crate::db::AuditNote;

#[tokio::test]
async fn each_event_has_its_effect_once_and_in_order() {
    let mut bench = Bench::new().await;
    let events: Vec<_> = (0..1_200).map(|number| (number % 7, number)).collect();
    bench.publish(&events).await;
    let runner = bench.runner(&Recorder::default());
    runner.settle().await.unwrap();
    runner.settle().await.unwrap();
    let expected: Vec<_> = (0..1_200).map(|number| (number % 7, number)).collect();
    assert_eq!(bench.effects().await, expected);
    assert_eq!(
        bench.count("select count(*) from platform.inbox").await,
        1_200
    );
}

#[tokio::test]
async fn positions_have_no_gap_when_many_commit_at_once() {
    let mut bench = Bench::new().await;
    let commits = (0..40).map(|number| {
        let (db, grant) = (bench.db().clone(), bench.acme);
        tokio::spawn(async move {
            super::publish(&db, &grant, &[(number, number), (number, number + 1_000)]).await;
        })
    });
    for commit in commits.collect::<Vec<_>>() {
        commit.await.unwrap();
    }
    assert_eq!(
        bench.count("select count(*) from platform.outbox").await,
        80
    );
    assert_eq!(
        bench
            .count("select max(position) from platform.outbox")
            .await,
        80
    );
    assert_eq!(
        bench
            .count("select max(seq) from platform.audit_entry")
            .await,
        40
    );
    bench.runner(&Recorder::default()).settle().await.unwrap();
    assert_eq!(bench.effects().await.len(), 80);
}

#[tokio::test]
async fn what_was_rolled_back_was_never_published() {
    let mut bench = Bench::new().await;
    let mut tx = bench.db().tenant(&bench.acme).await.unwrap();
    tx.publish(super::event(1, 1)).unwrap();
    tx.audit(AuditNote::new("test.publish", "test", "1"));
    drop(tx);
    bench.runner(&Recorder::default()).settle().await.unwrap();
    assert_eq!(bench.effects().await, []);
    assert_eq!(bench.count("select count(*) from platform.outbox").await, 0);
}

#[tokio::test]
async fn a_transaction_that_publishes_without_an_audit_entry_is_refused() {
    let mut bench = Bench::new().await;
    for bookkeeping in [false, true] {
        let mut tx = bench.db().tenant(&bench.acme).await.unwrap();
        tx.publish(super::event(1, 1)).unwrap();
        let refused = if bookkeeping {
            tx.commit_bookkeeping().await.is_err()
        } else {
            tx.commit().await.is_err()
        };
        assert!(refused);
    }
    assert_eq!(bench.count("select count(*) from platform.outbox").await, 0);
}

#[tokio::test]
async fn companies_are_read_apart() {
    let mut bench = Bench::new().await;
    let globex = bench.test.grant("globex");
    bench.publish(&[(1, 1)]).await;
    super::publish(bench.db(), &globex, &[(1, 2)]).await;
    bench.runner(&Recorder::default()).settle().await.unwrap();
    let mut tx = bench.db().tenant(&globex).await.unwrap();
    let theirs: Vec<i64> = sqlx::query_scalar("select number from platform.effect")
        .fetch_all(tx.conn())
        .await
        .unwrap();
    assert_eq!(theirs, [2]);
    assert_eq!(bench.effects().await.len(), 2);
}
