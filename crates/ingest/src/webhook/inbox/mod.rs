//! The inbox: what arrived is on disk before it is answered.
//!
//! Deliveries of a company that arrive while a batch of it commits make up the next batch, so that many share one commit
//! (group commit) and none waits for a timer. Keeping a delivery is bookkeeping; what is done with it is audited.

pub(crate) mod routes;
pub(crate) mod store;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use contracts::{CompanyId, DeliveryId, WebhookEndpointId};
use platform::{Db, DbError, GrantIssuer, Trace};
use tokio::sync::{Notify, oneshot};

use super::seal::{Place, Sealer};
use super::signature::SenderId;
use super::source::{DeliveryKind, WebhookSource};
use store::NewDelivery;

/// Bytes of a body, at most.
pub(crate) const MAX_BODY: usize = 128 << 10;

/// Deliveries in one commit, at most.
const BATCH: usize = 512;
/// Bytes of bodies in one commit, at most, unless a single one is larger.
const BATCH_BYTES: usize = 4 << 20;
/// How often a batch is tried when another transaction got in its way.
const ATTEMPTS: u32 = 3;

/// A delivery whose signature holds.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) endpoint: WebhookEndpointId,
    pub(crate) source: WebhookSource,
    pub(crate) kind: DeliveryKind,
    pub(crate) delivery_id: SenderId,
    pub(crate) body: Bytes,
}

/// A delivery that could not be kept. The sender should send it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the delivery could not be kept")]
pub(crate) struct NotKept;

/// Keeps deliveries. Cloning shares everything.
#[derive(Clone)]
pub(crate) struct Inbox {
    shared: Arc<Shared>,
}

struct Shared {
    db: Db,
    issuer: GrantIssuer,
    /// Those that wait, of companies for which a writer is at work.
    waiting: Mutex<HashMap<CompanyId, Vec<Waiting>>>,
    kept: Notify,
}

struct Waiting {
    delivery: Arrived,
    done: oneshot::Sender<()>,
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}

impl Inbox {
    pub(crate) fn new(db: &Db, issuer: &GrantIssuer) -> Self {
        let shared = Shared {
            db: db.clone(),
            issuer: issuer.clone(),
            waiting: Mutex::default(),
            kept: Notify::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Returns once the delivery is committed, now or by an earlier arrival under the same id.
    pub(crate) async fn keep(&self, company: CompanyId, delivery: Arrived) -> Result<(), NotKept> {
        let (done, kept) = oneshot::channel();
        if self.shared.push(company, Waiting { delivery, done }) {
            let shared = Arc::clone(&self.shared);
            // A task of its own: a client that goes away takes nobody's batch with it.
            tokio::spawn(async move { shared.write_all(company).await });
        }
        kept.await.map_err(|_| NotKept)
    }

    /// Returns when something was kept, or is due again, since the last call.
    pub(crate) async fn wait(&self) {
        self.shared.kept.notified().await;
    }

    /// Has [`Inbox::wait`] return.
    pub(crate) fn wake(&self) {
        self.shared.kept.notify_one();
    }
}

impl Shared {
    /// Whether the company has no writer yet, so that the caller must begin one.
    fn push(&self, company: CompanyId, waiting: Waiting) -> bool {
        let mut queues = self.queues();
        let is_first = !queues.contains_key(&company);
        queues.entry(company).or_default().push(waiting);
        is_first
    }

    async fn write_all(&self, company: CompanyId) {
        // Should this end early, those who wait are told so, and the next delivery begins a new writer.
        let _leaving = Leaving(self, company);
        while let Some(batch) = self.take(company) {
            match self.write(company, &batch).await {
                Ok(()) => {
                    metrics::counter!("attest_webhooks_kept_total").increment(batch.len() as u64);
                    for waiting in batch {
                        // Whoever has gone away is not told, and sends again.
                        let _ = waiting.done.send(());
                    }
                    self.kept.notify_one();
                }
                Err(error) => {
                    tracing::error!(company.id = %company, error = %error, deliveries = batch.len(), "Deliveries could not be kept");
                }
            }
        }
    }

    /// The next batch; none ends the writer's work, in the same moment.
    fn take(&self, company: CompanyId) -> Option<Vec<Waiting>> {
        let mut queues = self.queues();
        let queue = queues.get_mut(&company)?;
        let mut bytes = 0_usize;
        let fits = queue.iter().take(BATCH).take_while(|waiting| {
            bytes += waiting.delivery.body.len();
            bytes <= BATCH_BYTES
        });
        let count = fits.count().max(1).min(queue.len());
        if count == 0 {
            queues.remove(&company);
            return None;
        }
        Some(queue.drain(..count).collect())
    }

    async fn write(&self, company: CompanyId, batch: &[Waiting]) -> Result<(), DbError> {
        let keys = self.db.company_keys(company).await?;
        let sealer = Sealer::of(company, &keys)?;
        let mut rows = Vec::with_capacity(batch.len());
        for Waiting { delivery, .. } in batch {
            let id = DeliveryId::new(self.db.clock().new_id());
            rows.push(NewDelivery {
                id,
                delivery,
                body: sealer.seal(Place::Body(id), &delivery.body)?,
            });
        }
        let mut attempt = 1;
        loop {
            match self.insert(company, &rows).await {
                Err(error) if error.is_transient() && attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    async fn insert(&self, company: CompanyId, rows: &[NewDelivery<'_>]) -> Result<(), DbError> {
        let trace = Trace::beginning(self.db.clock().new_id());
        let mut tx = self
            .db
            .tenant(&self.issuer.for_delivery(company, trace))
            .await?;
        store::insert_deliveries(&mut tx, rows).await?;
        tx.commit_bookkeeping().await
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<CompanyId, Vec<Waiting>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a writer that stops out of the way, with those who wait for it.
struct Leaving<'a>(&'a Shared, CompanyId);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.queues().remove(&self.1);
        }
    }
}
