//! What fails is tried again, holds up its own subject only, and is given up in the end.

use contracts::event::Event;
use serde_json::json;

use super::{Bench, Recorder};
use crate::events::{list_dead_letters, replay_dead_letter, stream_counts};

#[tokio::test]
async fn a_failing_event_holds_up_its_subject_and_no_other() {
    let mut bench = Bench::new().await;
    let handler = Recorder::default();
    handler.fail(2, 2);
    bench
        .publish(&[(1, 1), (2, 2), (1, 3), (2, 4), (3, 5)])
        .await;
    let runner = bench.runner(&handler);
    runner.settle().await.unwrap();
    assert_eq!(bench.effects().await, [(1, 1), (1, 3), (3, 5)]);
    bench.publish(&[(2, 6), (3, 7)]).await;
    runner.settle().await.unwrap();
    assert_eq!(bench.effects().await[3..], [(3, 7)]);
    bench.wait();
    runner.settle().await.unwrap();
    assert_eq!(
        bench.effects().await.len(),
        4,
        "the second attempt fails as well"
    );
    bench.wait();
    runner.settle().await.unwrap();
    assert_eq!(bench.effects().await[4..], [(2, 2), (2, 4), (2, 6)]);
    assert_eq!(
        bench
            .count("select count(*) from platform.parked_event")
            .await,
        0
    );
}

#[tokio::test]
async fn nothing_is_tried_again_before_its_time() {
    let mut bench = Bench::new().await;
    let handler = Recorder::default();
    handler.fail(1, 1);
    bench.publish(&[(1, 1)]).await;
    let runner = bench.runner(&handler);
    for _ in 0..3 {
        runner.settle().await.unwrap();
    }
    assert_eq!(bench.effects().await, []);
    assert_eq!(
        bench
            .count("select attempts::bigint from platform.parked_event")
            .await,
        1
    );
}

#[tokio::test]
async fn events_that_wait_behind_a_failed_one_are_no_news() {
    let bench = Bench::new().await;
    let handler = Recorder::default();
    handler.fail(1, 9);
    bench.publish(&[(1, 1), (1, 2)]).await;
    bench.runner(&handler).settle().await.unwrap();
    let news = crate::events::store::companies_with_news(bench.db(), "test.reader", 64).await;
    assert_eq!(news.unwrap(), []);
}

#[tokio::test]
async fn after_the_last_attempt_it_is_a_dead_letter_and_the_others_go_on() {
    let mut bench = Bench::new().await;
    let handler = Recorder::default();
    handler.fail(1, 3);
    bench.publish(&[(1, 1), (1, 2)]).await;
    let runner = bench.runner(&handler);
    for _ in 0..4 {
        runner.settle().await.unwrap();
        bench.wait();
    }
    assert_eq!(bench.effects().await, [(1, 2)]);
    let mut tx = bench.db().tenant(&bench.acme).await.unwrap();
    let dead = list_dead_letters(&mut tx).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(
        (dead[0].position, dead[0].attempts, &*dead[0].error),
        (1, 3, "told to fail")
    );
    let counts = stream_counts(&mut tx, &["test.reader"]).await.unwrap();
    assert_eq!((counts.published, counts.parked, counts.dead), (2, 0, 1));
}

#[tokio::test]
async fn an_event_with_a_single_attempt_dies_at_once() {
    let mut bench = Bench::new().await;
    let handler = Recorder::default();
    handler.fail(1, 1);
    bench.publish(&[(1, 1), (1, 2)]).await;
    let once = crate::events::Retry {
        max_attempts: 1,
        ..super::RETRY
    };
    bench
        .runner(&handler)
        .with_retry(once)
        .settle()
        .await
        .unwrap();
    assert_eq!(bench.effects().await, [(1, 2)]);
    assert_eq!(
        bench
            .count("select attempts::bigint from platform.dead_letter")
            .await,
        1
    );
}

#[tokio::test]
async fn a_dead_letter_can_be_replayed_once() {
    let mut bench = Bench::new().await;
    let handler = Recorder::default();
    handler.fail(1, 3);
    bench.publish(&[(1, 1)]).await;
    let runner = bench.runner(&handler);
    for _ in 0..4 {
        runner.settle().await.unwrap();
        bench.wait();
    }
    for expected in [true, false] {
        let mut tx = bench.db().tenant(&bench.acme).await.unwrap();
        let id = sqlx::query_scalar("select id from platform.dead_letter")
            .fetch_one(tx.conn())
            .await;
        let id = contracts::DeadLetterId::new(id.unwrap());
        assert_eq!(replay_dead_letter(&mut tx, id).await.unwrap(), expected);
        if expected {
            tx.commit().await.unwrap();
        }
    }
    runner.settle().await.unwrap();
    assert_eq!(bench.effects().await, [(1, 1)]);
}

#[tokio::test]
async fn a_dead_letter_whose_event_is_gone_stays_a_dead_letter() {
    let mut bench = Bench::new().await;
    let handler = Recorder::default();
    handler.fail(1, 3);
    bench.publish(&[(1, 1)]).await;
    let runner = bench.runner(&handler);
    for _ in 0..4 {
        runner.settle().await.unwrap();
        bench.wait();
    }
    sqlx::query("delete from platform.outbox")
        .execute(&mut bench.admin)
        .await
        .unwrap();
    let mut tx = bench.db().tenant(&bench.acme).await.unwrap();
    let dead = list_dead_letters(&mut tx).await.unwrap();
    assert!(!replay_dead_letter(&mut tx, dead[0].id).await.unwrap());
    assert_eq!(list_dead_letters(&mut tx).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_event_that_breaks_its_contract_is_parked_and_the_rest_goes_on() {
    let mut bench = Bench::new().await;
    bench.publish(&[(1, 1), (2, 2)]).await;
    let spoilt = json!({ "specversion": "1.0", "surprise": true });
    sqlx::query("update platform.outbox set body = $1 where position = 1")
        .bind(spoilt)
        .execute(&mut bench.admin)
        .await
        .unwrap();
    bench.runner(&Recorder::default()).settle().await.unwrap();
    assert_eq!(bench.effects().await, [(2, 2)]);
    let error: String = sqlx::query_scalar("select error from platform.parked_event")
        .fetch_one(&mut bench.admin)
        .await
        .unwrap();
    assert_eq!(error, "the event breaks its contract");
}

#[tokio::test]
async fn an_event_that_breaks_its_contract_is_not_published() {
    let bench = Bench::new().await;
    let mut tx = bench.db().tenant(&bench.acme).await.unwrap();
    let mut event = super::event(1, 1);
    event.source = "not a path".to_owned();
    assert!(tx.publish(event).is_err());
}

#[tokio::test]
async fn what_a_failed_attempt_wrote_is_undone() {
    let mut bench = Bench::new().await;
    let handler = Recorder::default();
    handler.fail(2, 1);
    bench.publish(&[(1, 1), (2, 2)]).await;
    let runner = bench.runner(&handler);
    runner.settle().await.unwrap();
    bench.wait();
    runner.settle().await.unwrap();
    assert_eq!(bench.effects().await, [(1, 1), (2, 2)]);
    let bodies: Vec<serde_json::Value> =
        sqlx::query_scalar("select body from platform.outbox order by position")
            .fetch_all(&mut bench.admin)
            .await
            .unwrap();
    let ids: Vec<_> = bodies
        .into_iter()
        .map(|body| Event::from_value(body).unwrap().id)
        .collect();
    let entered: Vec<uuid::Uuid> =
        sqlx::query_scalar("select event_id from platform.inbox order by event_id")
            .fetch_all(&mut bench.admin)
            .await
            .unwrap();
    assert_eq!(entered.len(), ids.len());
}
