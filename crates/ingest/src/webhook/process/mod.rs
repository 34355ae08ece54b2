//! Taking deliveries in: what the inbox keeps becomes rows, by the same mapping and the same code as rows of files.
//!
//! One process at a time works for a company, in order of arrival, several hundred deliveries in one transaction with
//! their effects, events and the audit entry. A batch that fails is taken in one by one, so that a bad delivery stops
//! nobody else: it is tried again after a while, and given up into a dead letter that says why.

pub(super) mod message;
mod prepare;
pub(super) mod store;
pub(crate) mod sweep;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use contracts::{CompanyId, DeliveryId};
use jiff::{SignedDuration, Timestamp};
use platform::retry::Retry;
use platform::{AuditNote, Db, DbError, GrantIssuer, TenantTx, Trace, Worker};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Webhooks;
use super::inbox::Inbox;
use crate::error::Error;
use prepare::{Prepared, prepare};
use store::{Due, Ending, State};

/// Deliveries in one transaction, at most.
const BATCH: i64 = 500;
/// Companies looked at in one round.
const COMPANIES: i64 = 64;
/// Batches of one company before others have their turn.
const TURN: usize = 10;
/// How often it is looked for work behind the wake-ups: deliveries that another process kept, or that are due again.
const POLL: Duration = Duration::from_secs(1);
/// How long deliveries gather before they are taken in, so that a steady stream makes few transactions.
const GATHER: Duration = Duration::from_millis(100);
/// How long to wait when the database is in trouble.
const PAUSE: Duration = Duration::from_secs(1);

/// Ten tries over about half an hour.
const RETRY: Retry = Retry {
    base: SignedDuration::from_secs(2),
    cap: SignedDuration::from_mins(15),
    max_attempts: 10,
};

/// Takes deliveries in. Cloning shares everything.
#[derive(Clone)]
pub(crate) struct Processor {
    db: Db,
    issuer: GrantIssuer,
    inbox: Inbox,
}

impl fmt::Debug for Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processor").finish_non_exhaustive()
    }
}

/// What came of a step in one company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Nothing is due, or another process is at work.
    Idle,
    /// There may be more.
    Advanced,
}

impl Processor {
    pub(crate) fn new(webhooks: &Webhooks, issuer: &GrantIssuer) -> Self {
        Self {
            db: webhooks.db.as_worker(),
            issuer: issuer.clone(),
            inbox: webhooks.inbox.clone(),
        }
    }

    /// As standing work of a process.
    pub(crate) fn worker(self) -> Worker {
        Worker {
            name: "ingest.deliveries",
            run: Arc::new(move |stop| {
                let processor = self.clone();
                Box::pin(async move { processor.run(&stop).await })
            }),
        }
    }

    async fn run(&self, stop: &CancellationToken) {
        let mut pause = Duration::ZERO;
        while !stop.is_cancelled() {
            tokio::select! {
                () = self.inbox.wait() => {}
                () = tokio::time::sleep(POLL) => {}
                () = stop.cancelled() => return,
            }
            tokio::select! {
                () = tokio::time::sleep(GATHER + pause) => {}
                () = stop.cancelled() => return,
            }
            pause = match self.rounds(stop).await {
                Ok(()) => Duration::ZERO,
                Err(error) => {
                    tracing::warn!(error = %error, "Deliveries could not be taken in for now");
                    PAUSE
                }
            };
        }
    }

    async fn rounds(&self, stop: &CancellationToken) -> Result<(), Error> {
        while !stop.is_cancelled() && self.round(stop).await? {}
        Ok(())
    }

    /// Takes in everything that is due. For tests.
    #[cfg(test)]
    pub(crate) async fn settle(&self) -> Result<(), Error> {
        self.rounds(&CancellationToken::new()).await
    }

    /// One turn for every company with deliveries that are due; whether any was taken in.
    async fn round(&self, stop: &CancellationToken) -> Result<bool, Error> {
        let mut tx = self.db.system("look for deliveries").await?;
        let companies = store::list_companies(&mut tx, COMPANIES).await?;
        drop(tx);
        let mut advanced = false;
        for company in companies {
            for _ in 0..TURN {
                if stop.is_cancelled() || self.step(company).await? == Step::Idle {
                    break;
                }
                advanced = true;
            }
        }
        Ok(advanced)
    }

    /// Takes in one batch.
    async fn step(&self, company: CompanyId) -> Result<Step, Error> {
        let mut tx = self.begin(company).await?;
        if !store::try_lock(&mut tx).await? {
            tx.rollback().await?;
            return Ok(Step::Idle);
        }
        let due = store::list_due(&mut tx, BATCH).await?;
        if due.is_empty() {
            tx.rollback().await?;
            return Ok(Step::Idle);
        }
        let ids: Vec<DeliveryId> = due.iter().map(|due| due.id).collect();
        match self.take_in(tx, due).await {
            Ok(()) => Ok(Step::Advanced),
            Err(error) if is_transient(&error) => Err(error),
            Err(error) => {
                tracing::warn!(company.id = %company, error = %error, deliveries = ids.len(), "A batch of deliveries failed; they are taken in one by one");
                for id in ids {
                    self.take_in_one(company, id).await?;
                }
                Ok(Step::Advanced)
            }
        }
    }

    /// Takes in one delivery in a transaction of its own, and notes its failure if it fails.
    async fn take_in_one(&self, company: CompanyId, id: DeliveryId) -> Result<(), Error> {
        let mut tx = self.begin(company).await?;
        if !store::try_lock(&mut tx).await? {
            return Ok(tx.rollback().await?);
        }
        let Some(due) = store::find_due(&mut tx, id).await? else {
            return Ok(tx.rollback().await?);
        };
        let attempts = due.attempts + 1;
        let error = match self.take_in(tx, vec![due]).await {
            Err(error) if !is_transient(&error) => error,
            result => return result,
        };
        tracing::warn!(company.id = %company, delivery.id = %id, delivery.attempts = attempts, error = %error, "A delivery could not be taken in");
        let mut tx = self.begin(company).await?;
        let now = tx.clock().now();
        let ending = Ending::failed(
            id,
            attempts,
            next_attempt(now, attempts),
            &error.to_string(),
        );
        if ending.state == State::Dead {
            let note = AuditNote::new("delivery.give_up", "delivery", id);
            tx.audit(note.with(json!({ "attempts": attempts })));
        }
        store::end(&mut tx, &[ending]).await?;
        tx.commit_bookkeeping().await?;
        Ok(())
    }

    async fn take_in(&self, mut tx: TenantTx, due: Vec<Due>) -> Result<(), Error> {
        let count = due.len();
        let dead = match self.stage(&mut tx, due).await {
            Ok(dead) => dead,
            Err(error) => {
                // At once: whoever goes on must not find the inbox still locked by this.
                tx.rollback().await?;
                return Err(error);
            }
        };
        tx.commit().await?;
        metrics::counter!("attest_webhooks_taken_in_total").increment((count - dead) as u64);
        metrics::counter!("attest_webhooks_dead_total").increment(dead as u64);
        Ok(())
    }

    /// Does everything but commit; how many have become dead letters.
    async fn stage(&self, tx: &mut TenantTx, due: Vec<Due>) -> Result<usize, Error> {
        let keys = self.db.company_keys(tx.company()).await?;
        let (company, now) = (tx.company(), tx.clock().now());
        let count = due.len();
        // Opening and mapping hundreds of bodies would keep a thread from others for long.
        let prepared = tokio::task::spawn_blocking(move || prepare(due, company, &keys, now));
        let prepared: Prepared = prepared.await.map_err(Error::Task)?;
        let (endings, counts) = prepared.take_in(tx).await?;
        let dead = endings.iter().filter(|e| e.state == State::Dead).count();
        store::end(tx, &endings).await?;
        if let Some(first) = endings.first() {
            let details = json!({ "deliveries": count, "dead": dead, "counts": counts });
            tx.audit(AuditNote::new("delivery.take_in", "delivery", first.id).with(details));
        }
        Ok(dead)
    }

    async fn begin(&self, company: CompanyId) -> Result<TenantTx, DbError> {
        let trace = Trace::beginning(self.db.clock().new_id());
        self.db
            .tenant(&self.issuer.for_delivery(company, trace))
            .await
    }
}

fn next_attempt(now: Timestamp, attempts: i32) -> Option<Timestamp> {
    let wait = RETRY.wait_after(attempts, rand::random::<f64>())?;
    now.saturating_add(wait).ok()
}

fn is_transient(error: &Error) -> bool {
    matches!(error, Error::Database(error) if error.is_transient())
}
