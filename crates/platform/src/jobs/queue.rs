//! Putting jobs into the queue, in the transaction that needs them done.

use contracts::JobId;
use jiff::Timestamp;
use serde::Serialize;

use super::store;
use crate::db::{DbError, TenantTx};

/// A job to be queued.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub(super) kind: &'static str,
    pub(super) payload: serde_json::Value,
    pub(super) priority: i16,
    pub(super) run_at: Option<Timestamp>,
    pub(super) dedup_key: Option<String>,
}

impl NewJob {
    /// A job of a kind, due at once. The payload carries ids only.
    pub fn new(kind: &'static str, payload: impl Serialize) -> Result<Self, DbError> {
        let payload = serde_json::to_value(payload)
            .map_err(|_| DbError::Schema(format!("the payload of {kind} is no JSON")))?;
        Ok(Self {
            kind,
            payload,
            priority: 0,
            run_at: None,
            dedup_key: None,
        })
    }

    /// Higher runs first; 0 is usual.
    #[must_use]
    pub const fn priority(mut self, priority: i16) -> Self {
        self.priority = priority;
        self
    }

    /// Not before this instant.
    #[must_use]
    pub const fn run_at(mut self, at: Timestamp) -> Self {
        self.run_at = Some(at);
        self
    }

    /// While a job of this kind and key waits in the company's queue, another one is not added.
    #[must_use]
    pub fn deduplicated(mut self, key: impl Into<String>) -> Self {
        self.dedup_key = Some(key.into());
        self
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Waits for its time or a free worker.
    Queued,
    /// Somebody holds its lease.
    Running,
    /// Done.
    Succeeded,
    /// Given up.
    Failed,
}

/// Queues a job in the transaction's company; None if an equal one waits already.
pub async fn enqueue(tx: &mut TenantTx, job: NewJob) -> Result<Option<JobId>, DbError> {
    let id = store::insert_job(tx, &job).await?;
    tx.wake_job_runners();
    Ok(id)
}

/// Where a job of the transaction's company stands.
pub async fn find_job_state(tx: &mut TenantTx, id: JobId) -> Result<Option<JobState>, DbError> {
    let state = store::find_state(tx, id).await?;
    Ok(state.and_then(|state| match state.as_str() {
        "queued" => Some(JobState::Queued),
        "running" => Some(JobState::Running),
        "succeeded" => Some(JobState::Succeeded),
        "failed" => Some(JobState::Failed),
        _ => None,
    }))
}
