//! Everything that follows from one request can be found by its correlation.

use contracts::event::{Event, EventType};
use futures_util::future::BoxFuture;

use super::{Bench, TYPES, event, read};
use crate::db::TenantTx;
use crate::events::{BusRunner, ConsumeError, Consumer, Handle};

/// Publishes the next number, up to three, as a consequence of each event.
struct Chain;

impl Handle for Chain {
    fn handle<'a>(
        &'a self,
        tx: &'a mut TenantTx,
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<(), ConsumeError>> {
        Box::pin(async move {
            for cause in events {
                let next = u64::try_from(read(cause).1).unwrap() + 1;
                if next <= 3 {
                    tx.follow(cause);
                    tx.publish(event(1, next))?;
                }
            }
            Ok(())
        })
    }
}

#[tokio::test]
async fn consequences_carry_their_beginning_and_their_cause() {
    let mut bench = Bench::new().await;
    bench.publish(&[(1, 1)]).await;
    let consumer = Consumer::new("test.chain", TYPES, Chain);
    BusRunner::new(bench.db(), vec![consumer])
        .settle()
        .await
        .unwrap();
    let bodies: Vec<serde_json::Value> =
        sqlx::query_scalar("select body from platform.outbox order by position")
            .fetch_all(&mut bench.admin)
            .await
            .unwrap();
    let events: Vec<_> = bodies
        .into_iter()
        .map(|body| Event::from_value(body).unwrap())
        .collect();
    let correlation = bench.acme.trace().correlation;
    assert!(events.iter().all(|event| event.correlation == correlation));
    let causes: Vec<_> = events.iter().map(|event| event.causation).collect();
    assert_eq!(causes, [None, Some(events[0].id), Some(events[1].id)]);
    assert_eq!(EventType::KintellSessionScheduled, events[2].event_type());
}
