#![expect(
    clippy::disallowed_methods,
    reason = "tests write statements that no product code may"
)]

mod failures;
mod order;
mod processes;
mod property;
mod sweep;
mod trace;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use contracts::event::kintell::SessionScheduled;
use contracts::event::value::SessionType;
use contracts::event::{Event, EventType, NewEvent, Payload};
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{BusRunner, ConsumeError, Consumer, Handle, Retry};
use crate::TenantGrant;
use crate::db::{AuditNote, Db, TenantTx};
use crate::testkit::TestDb;

/// The events that tests publish: a subject, and a number to tell them apart.
const TYPES: &[EventType] = &[EventType::KintellSessionScheduled];

/// Three attempts, at most ten seconds apart.
const RETRY: Retry = Retry {
    base: SignedDuration::from_secs(10),
    cap: SignedDuration::from_secs(10),
    max_attempts: 3,
};

/// A database with a table that effects are written down in.
struct Bench {
    test: TestDb,
    admin: PgConnection,
    acme: TenantGrant,
}

impl Bench {
    async fn new() -> Self {
        let test = TestDb::new().await;
        let mut admin = test.administrator().connect_target().await.unwrap();
        sqlx::raw_sql(
            "create table platform.effect (
                 company_id uuid not null, id bigint generated always as identity, consumer text not null,
                 subject bigint not null, number bigint not null, primary key (company_id, id)
             );
             call platform.protect('platform.effect', 'tenant_only');",
        )
        .execute(&mut admin)
        .await
        .unwrap();
        let acme = test.grant("acme");
        Self { test, admin, acme }
    }

    fn db(&self) -> &Db {
        self.test.db()
    }

    /// Publishes one event a number, in one transaction.
    async fn publish(&self, events: &[(u64, u64)]) {
        publish(self.db(), &self.acme, events).await;
    }

    fn runner(&self, handler: &Recorder) -> BusRunner {
        runner(self.db(), handler)
    }

    /// What `test.reader` took effect of, as subject and number, in order.
    async fn effects(&mut self) -> Vec<(i64, i64)> {
        sqlx::query_as("select subject, number from platform.effect where consumer = 'test.reader' order by id")
            .fetch_all(&mut self.admin)
            .await
            .unwrap()
    }

    async fn count(&mut self, query: &'static str) -> i64 {
        sqlx::query_scalar(query)
            .fetch_one(&mut self.admin)
            .await
            .unwrap()
    }

    /// Moves the clock past the longest wait.
    fn wait(&self) {
        self.test.clock().advance(RETRY.cap);
    }
}

async fn publish(db: &Db, grant: &TenantGrant, events: &[(u64, u64)]) {
    let mut tx = db.tenant(grant).await.unwrap();
    for (subject, number) in events {
        tx.publish(event(*subject, *number)).unwrap();
    }
    tx.audit(AuditNote::new("test.publish", "test", "1"));
    tx.commit().await.unwrap();
}

fn runner(db: &Db, handler: &Recorder) -> BusRunner {
    let consumer = Consumer::new("test.reader", TYPES, handler.clone());
    BusRunner::new(db, vec![consumer]).with_retry(RETRY)
}

fn event(subject: u64, number: u64) -> NewEvent {
    let scheduled = SessionScheduled {
        session_id: Uuid::from_u64_pair(1, subject),
        external_session_id: None,
        session_type: SessionType::Language,
        participant_id: Uuid::from_u64_pair(2, number),
        volunteer_id: Uuid::from_u64_pair(3, 3),
        scheduled_at: "2026-11-22T12:00:00Z".parse().unwrap(),
    };
    NewEvent::new(scheduled, "/test")
}

/// Subject and number of an event that a test published.
fn read(event: &Event) -> (i64, i64) {
    let Payload::KintellSessionScheduled(scheduled) = &event.payload else {
        panic!("an event that no test published");
    };
    let low = |id: Uuid| i64::try_from(id.as_u64_pair().1).unwrap();
    (low(scheduled.session_id), low(scheduled.participant_id))
}

/// Writes effects down, and fails at numbers that it was told to fail at.
#[derive(Clone, Default)]
struct Recorder {
    failing: Arc<Mutex<BTreeMap<i64, usize>>>,
}

impl Recorder {
    /// Fails the next `times` at the event of this number.
    fn fail(&self, number: i64, times: usize) {
        self.failing.lock().unwrap().insert(number, times);
    }

    fn heal(&self) {
        self.failing.lock().unwrap().clear();
    }

    /// What fails among others is tried again alone, so only that counts.
    fn is_to_fail(&self, number: i64, alone: bool) -> bool {
        let mut failing = self.failing.lock().unwrap();
        match failing.get_mut(&number) {
            Some(times) if *times > 0 => {
                *times -= usize::from(alone);
                true
            }
            _ => false,
        }
    }
}

impl Handle for Recorder {
    fn handle<'a>(
        &'a self,
        tx: &'a mut TenantTx,
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<(), ConsumeError>> {
        Box::pin(async move {
            for event in events {
                let (subject, number) = read(event);
                // The effect comes first, so that a failure has something to undo.
                sqlx::query("insert into platform.effect (company_id, consumer, subject, number) values ($1, 'test.reader', $2, $3)")
                    .bind(tx.company().uuid())
                    .bind(subject)
                    .bind(number)
                    .execute(tx.conn())
                    .await
                    .map_err(|error| ConsumeError::caused_by("write an effect down", error))?;
                if self.is_to_fail(number, events.len() == 1) {
                    return Err(ConsumeError::new("told to fail"));
                }
            }
            Ok(())
        })
    }
}
