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
use crate::db::{AuditNote, Db, DbError, Failpoint, TenantTx};
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
    /// Takes effect of up to `limit` new events. One that fails alone is parked; when
    /// several fail, the caller comes back with a limit of one.
    pub(super) async fn step(&self, limit: i64) -> Result<Step, DbError> {
        let mut tx = self.begin().await?;
        let Some(position) = store::try_lock_position(&mut tx, self.consumer.name).await? else {
            tx.rollback().await?;
            return Ok(Step::Idle);
        };
        let (arrivals, looked_at) = self
            .transport
            .fetch(&mut tx, self.consumer.types, position, limit)
            .await?;
        if looked_at <= position {
            // At once: the next look must not find the position still locked by this one.
            tx.rollback().await?;
            return Ok(Step::Idle);
        }
        let free = self.park_behind_others(&mut tx, &arrivals).await?;
        let error = match self.take_effect(&mut tx, &free).await {
            Ok(count) => {
                store::store_position(&mut tx, self.consumer.name, looked_at).await?;
                match self.commit(tx, count, looked_at).await {
                    Ok(()) => return Ok(Step::Advanced),
                    Err(error) => lasting(error)?,
                }
            }
            Err(error) => {
                tx.rollback().await?;
                error
            }
        };
        match (&arrivals[..], &free[..]) {
            ([_], [arrival]) => {
                self.park_failed(position, arrival, &error).await?;
                Ok(Step::Advanced)
            }
            _ => Ok(Step::Failed),
        }
    }

    /// Tries the first parked event whose time has come once more; false when there is none.
    pub(super) async fn retry_one(&self) -> Result<bool, DbError> {
        let mut tx = self.begin().await?;
        let name = self.consumer.name;
        let parked = match store::try_lock_position(&mut tx, name).await? {
            Some(_) => store::next_parked(&mut tx, name).await?,
            None => None,
        };
        let Some(parked) = parked else {
            tx.rollback().await?;
            return Ok(false);
        };
        let error = match self.take_effect(&mut tx, &[&parked.arrival]).await {
            Ok(count) => {
                store::delete_parked(&mut tx, name, &parked).await?;
                match self.commit(tx, count, parked.arrival.position).await {
                    Ok(()) => return Ok(true),
                    Err(error) => lasting(error)?,
                }
            }
            Err(error) => {
                tx.rollback().await?;
                error
            }
        };
        self.put_off(&parked, &error).await?;
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
        if arrivals.is_empty() {
            return Ok(0);
        }
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
            self.db.reach(Failpoint::AfterHandler)?;
        }
        Ok(events.len())
    }

    async fn commit(&self, mut tx: TenantTx, count: usize, position: i64) -> Result<(), DbError> {
        if count == 0 {
            return tx.commit_bookkeeping().await;
        }
        let note = AuditNote::new("event.consume", "consumer", self.consumer.name);
        tx.audit(note.with(json!({ "events": count, "up_to_position": position })));
        tx.commit().await?;
        metrics::counter!("attest_events_consumed_total", "consumer" => self.consumer.name)
            .increment(count as u64);
        Ok(())
    }

    /// Parks a new event that failed, or gives it up at once if it has no second
    /// attempt, and reads on behind it; unless another process has read on already.
    async fn park_failed(
        &self,
        position: i64,
        arrival: &Arrival,
        error: &ConsumeError,
    ) -> Result<(), DbError> {
        let mut tx = self.begin().await?;
        let name = self.consumer.name;
        if store::lock_position(&mut tx, name).await? != position {
            return tx.rollback().await;
        }
        self.log(error, arrival.position, 1);
        let text = error.to_string();
        match self.next_attempt(tx.clock().now(), 1) {
            Some(next) => store::park(&mut tx, name, arrival, 1, next, &text).await?,
            None => self.give_up(&mut tx, arrival, 1, &text).await?,
        }
        store::store_position(&mut tx, name, arrival.position).await?;
        tx.commit_bookkeeping().await
    }

    async fn put_off(&self, parked: &Parked, error: &ConsumeError) -> Result<(), DbError> {
        let attempts = parked.attempts + 1;
        let mut tx = self.begin().await?;
        let name = self.consumer.name;
        self.log(error, parked.arrival.position, attempts);
        let text = error.to_string();
        match self.next_attempt(tx.clock().now(), attempts) {
            Some(next) => store::put_off(&mut tx, name, parked, next, &text).await?,
            None => {
                if store::delete_parked(&mut tx, name, parked).await? {
                    self.give_up(&mut tx, &parked.arrival, attempts, &text)
                        .await?;
                }
            }
        }
        tx.commit_bookkeeping().await
    }

    async fn give_up(
        &self,
        tx: &mut TenantTx,
        arrival: &Arrival,
        attempts: i32,
        error: &str,
    ) -> Result<(), DbError> {
        store::insert_dead_letter(tx, self.consumer.name, arrival, attempts, error).await?;
        metrics::counter!("attest_events_dead_total", "consumer" => self.consumer.name)
            .increment(1);
        Ok(())
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

/// An error of a commit that the events are to blame for; a passing one is passed on.
fn lasting(error: DbError) -> Result<ConsumeError, DbError> {
    if error.is_transient() {
        return Err(error);
    }
    Ok(error.into())
}
