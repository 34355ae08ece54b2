//! Work to do later: a queue in Postgres with leases, and schedules that feed it.
//! No transaction is open while a job runs.

mod queue;
mod runner;
mod schedule;
mod store;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

pub use store::{expire_leases, unfinished_jobs};

use contracts::{CompanyId, JobId};
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use serde::de::DeserializeOwned;

pub use queue::{JobState, NewJob, enqueue, find_job_state};
pub use runner::JobRunner;
pub use schedule::{Schedule, ScheduleError, next_run, spawn as spawn_schedules};

use crate::access::TenantGrant;
use crate::db::{Db, DbError};
use crate::retry::Retry;

/// How a run ended when it did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// It may succeed later: it is tried again after a wait.
    #[error("{operation}")]
    Retry {
        /// What failed, without any value.
        operation: String,
        /// Why.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// It will never succeed: it is not tried again.
    #[error("{0}")]
    Fail(String),
    /// The lease was lost or the process is stopping; whoever holds the lease next goes on.
    #[error("the run was interrupted")]
    Interrupted,
}

impl JobError {
    /// A failure that another attempt may mend.
    pub fn retry(
        operation: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Retry {
            operation: operation.into(),
            source: Some(source.into()),
        }
    }
}

impl From<DbError> for JobError {
    fn from(error: DbError) -> Self {
        Self::retry(error.to_string(), error)
    }
}

/// One run of a job.
#[derive(Debug, Clone)]
pub struct JobRun {
    pub(crate) id: JobId,
    pub(crate) grant: TenantGrant,
    pub(crate) attempt: i32,
    pub(crate) payload: serde_json::Value,
    pub(crate) lease: runner::Lease,
    pub(crate) db: Db,
}

impl JobRun {
    /// The job's id.
    #[must_use]
    pub const fn id(&self) -> JobId {
        self.id
    }

    /// Which attempt this is, from 1.
    #[must_use]
    pub const fn attempt(&self) -> i32 {
        self.attempt
    }

    /// The company the job belongs to; [`CompanyId::SYSTEM`] for the system's own.
    #[must_use]
    pub const fn company(&self) -> CompanyId {
        self.grant.company
    }

    /// The right to work in that company.
    #[must_use]
    pub const fn grant(&self) -> &TenantGrant {
        &self.grant
    }

    /// The right to work in a company, for the system's own jobs, which go from
    /// company to company. A company's own job has no right to another.
    pub fn grant_for(&self, company: CompanyId) -> Result<TenantGrant, JobError> {
        if self.grant.company != CompanyId::SYSTEM {
            return Err(JobError::Fail(
                "a company's job may not work in another company".to_owned(),
            ));
        }
        Ok(TenantGrant {
            company,
            ..self.grant
        })
    }

    /// The database, as workers see it.
    #[must_use]
    pub const fn db(&self) -> &Db {
        &self.db
    }

    /// What the job was queued with.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, JobError> {
        serde_json::from_value(self.payload.clone())
            .map_err(|_| JobError::Fail("the job's payload cannot be read".to_owned()))
    }

    /// An error once the lease is lost or the process is stopping. Long runs ask
    /// between steps, so that two processes never do the same step.
    pub fn keep_going(&self) -> Result<(), JobError> {
        if self.lease.is_held() {
            Ok(())
        } else {
            Err(JobError::Interrupted)
        }
    }
}

/// Does the jobs of one kind. Runs must be repeatable: a run that was cut off is run again.
pub trait RunJob: Send + Sync {
    /// Does the job once.
    fn run(&self, run: JobRun) -> BoxFuture<'_, Result<(), JobError>>;

    /// Puts in order what the job leaves behind when no attempt came to an end: each took its process down with it.
    fn give_up(&self, _run: JobRun) -> BoxFuture<'_, Result<(), JobError>> {
        Box::pin(async { Ok(()) })
    }
}

/// A kind of job.
#[derive(Clone)]
pub struct JobKind {
    /// Its name: an imperative, such as `RunImport`.
    pub name: &'static str,
    /// When it is tried again.
    pub retry: Retry,
    /// How long a lease lasts without a heartbeat.
    pub lease: SignedDuration,
    /// What it does.
    pub handler: Arc<dyn RunJob>,
}

impl JobKind {
    /// The same kind, tried again by other rules.
    #[must_use]
    pub fn retried(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// A kind of job with the usual rules: eight attempts, leases of thirty seconds.
    pub fn new(name: &'static str, handler: impl RunJob + 'static) -> Self {
        Self {
            name,
            retry: Retry::default(),
            lease: SignedDuration::from_secs(30),
            handler: Arc::new(handler),
        }
    }
}

impl fmt::Debug for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobKind")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
