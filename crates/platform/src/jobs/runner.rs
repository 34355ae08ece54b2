//! Runs what is due, keeps leases alive, and writes down how runs end.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use contracts::JobId;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use uuid::Uuid;

use super::store::{self, Claimed, Ending};
use super::{JobError, JobKind, JobRun};
use crate::access::{TenantGrant, Trace};
use crate::db::{Db, DbError};

/// Whether a run still has the right to go on.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    lost: Arc<AtomicBool>,
    stop: CancellationToken,
}

impl Lease {
    pub(crate) fn is_held(&self) -> bool {
        !self.lost.load(Ordering::Acquire) && !self.stop.is_cancelled()
    }
}

/// Runs jobs of the given kinds.
#[derive(Debug, Clone)]
pub struct JobRunner {
    db: Db,
    kinds: Arc<HashMap<&'static str, JobKind>>,
    owner: Uuid,
    workers: usize,
    poll: Duration,
}

impl JobRunner {
    /// A runner of two workers, which polls every second behind the wake-ups.
    #[must_use]
    pub fn new(db: &Db, kinds: Vec<JobKind>) -> Self {
        Self {
            db: db.as_worker(),
            owner: db.clock().new_id(),
            kinds: Arc::new(kinds.into_iter().map(|kind| (kind.name, kind)).collect()),
            workers: 2,
            poll: Duration::from_secs(1),
        }
    }

    /// Starts the workers.
    pub fn spawn(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        for _ in 0..self.workers {
            let (runner, stop) = (self.clone(), stop.clone());
            tasks.spawn(async move { runner.work(&stop).await });
        }
    }

    /// Runs what is due until nothing is. For commands and tests.
    pub async fn settle(&self) -> Result<(), DbError> {
        let stop = CancellationToken::new();
        while self.run_next(&stop).await? {}
        Ok(())
    }

    /// Runs one job, if it is due and nobody else holds it; whether it was. For a command that waits for its own job.
    pub async fn run_one(&self, id: JobId, stop: &CancellationToken) -> Result<bool, DbError> {
        for kind in self.kinds.values() {
            let names = [kind.name.to_owned()];
            if let Some(job) =
                store::claim(&self.db, self.owner, &names, Some(id), kind.lease).await?
            {
                self.run_claimed(kind, job, stop).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn work(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let woken = self.db.wake().jobs_listener();
            match self.run_next(stop).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(error = %error, "The job queue could not be read"),
            }
            tokio::select! {
                () = woken => {}
                () = tokio::time::sleep(self.poll) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Runs the most urgent job that is due; false when there is none.
    async fn run_next(&self, stop: &CancellationToken) -> Result<bool, DbError> {
        for kind in self.kinds.values() {
            let names = [kind.name.to_owned()];
            if let Some(job) = store::claim(&self.db, self.owner, &names, None, kind.lease).await? {
                self.run_claimed(kind, job, stop).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn run_claimed(
        &self,
        kind: &JobKind,
        job: Claimed,
        stop: &CancellationToken,
    ) -> Result<(), DbError> {
        let lease = Lease {
            lost: Arc::default(),
            stop: stop.clone(),
        };
        let trace = Trace {
            request: job.id.uuid(),
            correlation: job.correlation,
            causation: None,
        };
        let run = JobRun {
            id: job.id,
            grant: TenantGrant::system(job.company, kind.name, trace),
            attempt: job.attempt,
            payload: job.payload.clone(),
            lease: lease.clone(),
            db: self.db.clone(),
        };
        let result = tokio::select! {
            result = guarded(kind, run) => result,
            () = self.keep_lease(kind, &job, &lease) => Err(JobError::Interrupted),
        };
        let Some(ending) = self.ending(kind, &job, result) else {
            return Ok(());
        };
        if !store::finish(&self.db, &job, self.owner, &ending).await? {
            tracing::warn!(job.id = %job.id, job.kind = kind.name, "A job's lease was lost before its end was written down");
        }
        Ok(())
    }

    /// Beats until the lease is lost; then the run is cut off.
    async fn keep_lease(&self, kind: &JobKind, job: &Claimed, lease: &Lease) {
        let third = Duration::from_secs_f64((kind.lease.as_secs_f64() / 3.0).max(0.05));
        loop {
            tokio::time::sleep(third).await;
            match store::heartbeat(&self.db, job, self.owner, kind.lease).await {
                Ok(true) => {}
                Ok(false) => {
                    lease.lost.store(true, Ordering::Release);
                    return;
                }
                Err(error) => {
                    tracing::warn!(job.id = %job.id, error = %error, "A heartbeat failed")
                }
            }
        }
    }

    fn ending(
        &self,
        kind: &JobKind,
        job: &Claimed,
        result: Result<(), JobError>,
    ) -> Option<Ending> {
        let error = match result {
            Ok(()) => return Some(Ending::Succeeded),
            Err(JobError::Interrupted) => {
                // Due again at once: whoever is alive goes on from the last checkpoint.
                return Some(Ending::Again(
                    self.db.clock().now(),
                    "interrupted".to_owned(),
                ));
            }
            Err(error) => error,
        };
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        tracing::warn!(job.id = %job.id, job.kind = kind.name, job.attempt = job.attempt, error = %error, cause = cause.as_deref(), "A job failed");
        let wait = match error {
            JobError::Fail(_) => None,
            _ => kind.retry.wait_after(job.attempt, rand::random::<f64>()),
        };
        let again = wait.and_then(|wait| self.db.clock().now().saturating_add(wait).ok());
        Some(match again {
            Some(at) => Ending::Again(at, error.to_string()),
            None => Ending::Failed(error.to_string()),
        })
    }
}

/// A panic in a job is that job's failure, not the worker's end.
async fn guarded(kind: &JobKind, run: JobRun) -> Result<(), JobError> {
    let handler = kind.handler.clone();
    let task = tokio::spawn(async move { handler.run(run).await });
    match AbortOnDropHandle::new(task).await {
        Ok(result) => result,
        Err(_) => Err(JobError::Retry {
            operation: "the job panicked".to_owned(),
            source: None,
        }),
    }
}
