//! At each failpoint, an error and a panic: all of a step happens, or nothing of it.

use super::{Bench, Recorder};
use crate::db::{AuditNote, Failpoint, Failure};

/// Where any mutation can fail.
const MUTATION: [Failpoint; 3] = [
    Failpoint::BeforeFlush,
    Failpoint::BeforeCommit,
    Failpoint::AfterCommit,
];

/// Where a consumer can fail beside that.
const CONSUMER: [Failpoint; 1] = [Failpoint::AfterHandler];

/// Where a job can; the tests of leases let it.
const JOB: [Failpoint; 2] = [Failpoint::AfterClaim, Failpoint::BeforeFinish];

#[test]
fn every_failpoint_is_tried() {
    let tried: Vec<_> = MUTATION.into_iter().chain(CONSUMER).chain(JOB).collect();
    assert_eq!(tried, Failpoint::ALL);
}

/// Effects, events, audit entries and the head's counts, which must agree.
async fn counts(bench: &mut Bench) -> [i64; 4] {
    [
        i64::try_from(bench.effects().await.len()).unwrap(),
        bench.count("select count(*) from platform.outbox").await,
        bench.count("select count(*) from platform.audit_entry").await,
        bench.count("select coalesce(max(stream_position * 1000 + audit_seq), 0) from platform.tenant_head").await,
    ]
}

/// What publishing one event gives when it fails at `point`; true if it was said to be stored.
async fn publish(bench: &Bench) -> bool {
    let (db, grant) = (bench.db().clone(), bench.acme);
    let task = tokio::spawn(async move {
        let mut tx = db.tenant(&grant).await?;
        sqlx::query("insert into platform.effect (company_id, consumer, subject, number) values ($1, 'test.reader', 9, 9)")
            .bind(grant.company().uuid())
            .execute(tx.conn())
            .await
            .unwrap();
        tx.publish(super::event(1, 1))?;
        tx.audit(AuditNote::new("test.publish", "test", "1"));
        tx.commit().await
    });
    matches!(task.await, Ok(Ok(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_that_fails_leaves_all_or_nothing() {
    for point in MUTATION {
        for failure in [Failure::Error, Failure::Panic] {
            let mut bench = Bench::new().await;
            // The company's keys are made beforehand, lest making them fails instead.
            bench.db().company_keys(bench.acme.company()).await.unwrap();
            bench.db().fail_at(point, failure);
            let acknowledged = publish(&bench).await;
            assert_eq!(bench.db().failed(), 1, "{point:?} was reached");
            let stored = counts(&mut bench).await;
            let all = [1, 1, 1, 1_001];
            let expected = if point == Failpoint::AfterCommit {
                all
            } else {
                [0; 4]
            };
            assert_eq!(stored, expected, "{point:?} {failure:?}");
            assert!(
                !acknowledged || stored == all,
                "what is acknowledged is stored"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_fails_has_each_effect_once_in_the_end() {
    for point in MUTATION.into_iter().chain(CONSUMER) {
        for failure in [Failure::Error, Failure::Panic] {
            let mut bench = Bench::new().await;
            bench.publish(&[(1, 1), (2, 2), (1, 3)]).await;
            let runner = bench.runner(&Recorder::default());
            bench
                .db()
                .company_keys(contracts::CompanyId::SYSTEM)
                .await
                .unwrap();
            bench.db().fail_at(point, failure);
            let crashing = runner.clone();
            let _ = tokio::spawn(async move { crashing.settle().await }).await;
            assert_eq!(bench.db().failed(), 1, "{point:?} was reached");
            bench.wait();
            runner.settle().await.unwrap();
            let mut effects = bench.effects().await;
            effects.sort_unstable();
            assert_eq!(effects, [(1, 1), (1, 3), (2, 2)], "{point:?} {failure:?}");
            assert_eq!(bench.count("select count(*) from platform.inbox").await, 3);
            let entries = bench
                .count("select count(*) from platform.audit_entry")
                .await;
            assert_eq!(
                entries,
                bench
                    .count("select audit_seq from platform.tenant_head")
                    .await
            );
        }
    }
}
