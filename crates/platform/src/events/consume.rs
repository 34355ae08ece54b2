//! One step of one consumer in one company: a batch of events in one transaction.

use std::collections::HashSet;

use contracts::CompanyId;
use contracts::event::Event;
use jiff::Timestamp;
use serde_json::json;

use super::store::{self, Parked};
use super::transport::{Arrival, Transport};
use super::{ConsumeError, Consumer};
use crate::access::{TenantGrant, Trace};
use crate::db::{AuditNote, Db, DbError, TenantTx};
use crate::retry::Retry;

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing to read, or another process is reading.
    Idle,
    /// Read on; there may be more.
    Advanced,
    /// The batch failed as a whole and left no trace.
    Failed,
}

/// Reads with one consumer in one company.
pub(super) struct Reader<'a> {
    pub(super) db: &'a Db,
    pub(super) consumer: &'a Consumer,
    pub(super) company: CompanyId,
    pub(super) transport: Transport,
    pub(super) retry: Retry,
}

impl Reader<'_> {
    /// Takes effect of up to `limit` new events. With a limit of one, an event that
    /// fails is parked; with more, the caller comes back with a limit of one.
    pub(super) async fn step(&self, limit: i64) -> Result<Step, DbError> {
        let mut tx = self.begin().await?;
        let Some(position) = store::lock_position(&mut tx, self.consumer.name).await? else {
            tx.rollback().await?;
            return Ok(Step::Idle);
        };
        let (arrivals, looked_at) = self
            .transport
            .fetch(&mut tx, self.consumer.types, position, limit)
            .await?;
        if looked_at <= position {
            tx.rollback().await?;
            return Ok(Step::Idle);
        }
        let free = self.park_behind_others(&mut tx, &arrivals).await?;
        match self.take_effect(&mut tx, &free).await {
            Ok(count) => {
                store::store_position(&mut tx, self.consumer.name, looked_at).await?;
                self.commit(tx, count, looked_at).await?;
                Ok(Step::Advanced)
            }
            Err(_) if limit > 1 => {
                tx.rollback().await?;
                Ok(Step::Failed)
            }
            Err(error) => {
                tx.rollback().await?;
                self.park_first(&free, looked_at, &error).await?;
                Ok(Step::Advanced)
            }
        }
    }

    /// Tries the first parked event whose time has come once more; false when there is none.
    pub(super) async fn retry_one(&self) -> Result<bool, DbError> {
        let mut tx = self.begin().await?;
        if store::lock_position(&mut tx, self.consumer.name)
            .await?
            .is_none()
        {
            tx.rollback().await?;
            return Ok(false);
        }
        let Some(parked) = store::next_parked(&mut tx, self.consumer.name).await? else {
            tx.rollback().await?;
            return Ok(false);
        };
        let arrival = Arrival {
            position: parked.position,
            subject: parked.subject.clone(),
            body: parked.body.clone(),
        };
        match self.take_effect(&mut tx, &[&arrival]).await {
            Ok(count) => {
                store::delete_parked(&mut tx, self.consumer.name, parked.position).await?;
                self.commit(tx, count, parked.position).await?;
            }
            Err(error) => {
                tx.rollback().await?;
                self.put_off(&arrival, &parked, &error).await?;
            }
        }
        Ok(true)
    }

    async fn begin(&self) -> Result<TenantTx, DbError> {
        let trace = Trace::beginning(self.db.clock().new_id());
        self.db
            .tenant(&TenantGrant::system(
                self.company,
                self.consumer.name,
                trace,
            ))
            .await
    }

    /// Events whose subject has an earlier event parked wait behind it.
    async fn park_behind_others<'e>(
        &self,
        tx: &mut TenantTx,
        arrivals: &'e [Arrival],
    ) -> Result<Vec<&'e Arrival>, DbError> {
        let blocked: HashSet<String> = store::parked_subjects(tx, self.consumer.name)
            .await?
            .into_iter()
            .collect();
        let (behind, free): (Vec<_>, Vec<_>) = arrivals
            .iter()
            .partition(|arrival| blocked.contains(&arrival.subject));
        let now = tx.clock().now();
        for arrival in behind {
            store::park(
                tx,
                self.consumer.name,
                arrival,
                0,
                now,
                "waits behind an earlier event of its subject",
            )
            .await?;
        }
        Ok(free)
    }

    async fn take_effect(
        &self,
        tx: &mut TenantTx,
        arrivals: &[&Arrival],
    ) -> Result<usize, ConsumeError> {
        let mut events = Vec::with_capacity(arrivals.len());
        for arrival in arrivals {
            let event = Event::from_value(arrival.body.clone())
                .map_err(|error| ConsumeError::caused_by("the event breaks its contract", error))?;
            events.push(event);
        }
        let ids: Vec<_> = events.iter().map(|event| event.id).collect();
        let new: HashSet<_> = store::insert_inbox(tx, self.consumer.name, &ids)
            .await?
            .into_iter()
            .collect();
        events.retain(|event| new.contains(&event.id));
        if !events.is_empty() {
            self.consumer.handler.handle(tx, &events).await?;
        }
        Ok(events.len())
    }

    async fn commit(&self, mut tx: TenantTx, count: usize, position: i64) -> Result<(), DbError> {
        metrics::counter!("attest_events_consumed_total", "consumer" => self.consumer.name)
            .increment(count as u64);
        if count == 0 {
            return tx.commit_bookkeeping().await;
        }
        let note = AuditNote::new("event.consume", "consumer", self.consumer.name);
        tx.audit(note.with(json!({ "events": count, "up_to_position": position })));
        tx.commit().await.map(drop)
    }

    async fn park_first(
        &self,
        free: &[&Arrival],
        looked_at: i64,
        error: &ConsumeError,
    ) -> Result<(), DbError> {
        let mut tx = self.begin().await?;
        if store::lock_position(&mut tx, self.consumer.name)
            .await?
            .is_none()
        {
            return Ok(());
        }
        if let Some(arrival) = free.first() {
            let next = self
                .next_attempt(tx.clock().now(), 1)
                .unwrap_or(tx.clock().now());
            store::park(
                &mut tx,
                self.consumer.name,
                arrival,
                1,
                next,
                &error.to_string(),
            )
            .await?;
            self.log(error, arrival.position, 1);
        }
        store::store_position(&mut tx, self.consumer.name, looked_at).await?;
        tx.commit_bookkeeping().await
    }

    async fn put_off(
        &self,
        arrival: &Arrival,
        parked: &Parked,
        error: &ConsumeError,
    ) -> Result<(), DbError> {
        let attempts = parked.attempts + 1;
        let mut tx = self.begin().await?;
        self.log(error, arrival.position, attempts);
        if let Some(next) = self.next_attempt(tx.clock().now(), attempts) {
            store::park(
                &mut tx,
                self.consumer.name,
                arrival,
                attempts,
                next,
                &error.to_string(),
            )
            .await?;
        } else {
            store::insert_dead_letter(
                &mut tx,
                self.consumer.name,
                parked,
                attempts,
                &error.to_string(),
            )
            .await?;
            store::delete_parked(&mut tx, self.consumer.name, parked.position).await?;
            metrics::counter!("attest_events_dead_total", "consumer" => self.consumer.name)
                .increment(1);
        }
        tx.commit_bookkeeping().await
    }

    fn next_attempt(&self, now: Timestamp, attempts: i32) -> Option<Timestamp> {
        let wait = self.retry.wait_after(attempts, rand::random::<f64>())?;
        now.saturating_add(wait).ok()
    }

    fn log(&self, error: &ConsumeError, position: i64, attempts: i32) {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::warn!(
            consumer.name = self.consumer.name,
            company.id = %self.company,
            event.position = position,
            event.attempts = attempts,
            error = %error,
            cause = cause.as_deref(),
            "A consumer could not take effect of an event"
        );
    }
}
