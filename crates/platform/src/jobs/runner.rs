//! Runs what is due, keeps leases alive, and writes down how runs end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use contracts::JobId;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use uuid::Uuid;

use super::store::{self, Claimed, Ending};
use super::{JobError, JobKind, JobRun};
use crate::access::{TenantGrant, Trace};
use crate::db::{Db, DbError, Failpoint};

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
    kinds: Arc<[JobKind]>,
    owner: Uuid,
    workers: usize,
    pub(super) poll: Duration,
}

impl JobRunner {
    /// A runner of two workers, which polls every second behind the wake-ups.
    #[must_use]
    pub fn new(db: &Db, kinds: Vec<JobKind>) -> Self {
        Self {
            db: db.as_worker(),
            owner: db.clock().new_id(),
            kinds: kinds.into(),
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
        while self.claim_and_run(None, &stop).await? {}
        Ok(())
    }

    /// Runs one job, if it is due and nobody else holds it; whether it was. For a command that waits for its own job.
    pub async fn run_one(&self, id: JobId, stop: &CancellationToken) -> Result<bool, DbError> {
        self.claim_and_run(Some(id), stop).await
    }

    async fn work(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let woken = self.db.wake().jobs_listener();
            match self.claim_and_run(None, stop).await {
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

    /// Runs the most urgent job that is due, or `only` this one; false when there is none.
    async fn claim_and_run(
        &self,
        only: Option<JobId>,
        stop: &CancellationToken,
    ) -> Result<bool, DbError> {
        let Some(job) = store::claim(&self.db, self.owner, &self.kinds, only).await? else {
            return Ok(false);
        };
        self.db.reach(Failpoint::AfterClaim)?;
        if let Some(kind) = self.kinds.iter().find(|kind| kind.name == job.kind) {
            self.run_claimed(kind, job, stop).await?;
        }
        Ok(true)
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
        // A run that takes its process down with it never comes to its end.
        let result = if job.attempt > kind.retry.max_attempts {
            if let Err(error) = kind.handler.give_up(run).await {
                tracing::error!(job.id = %job.id, job.kind = kind.name, error = %error, "What a job left behind could not be put in order");
            }
            Err(JobError::Fail(
                "every attempt ended without a word".to_owned(),
            ))
        } else {
            tokio::select! {
                result = guarded(kind, run) => result,
                () = self.keep_lease(kind, &job, &lease) => Err(JobError::Interrupted),
            }
        };
        let ending = self.ending(kind, &job, result);
        self.db.reach(Failpoint::BeforeFinish)?;
        if !store::finish(&self.db, &job, self.owner, &ending).await? {
            tracing::warn!(job.id = %job.id, job.kind = kind.name, "A job's lease was lost before its end was written down");
        }
        Ok(())
    }

    /// Beats until the lease is lost; then the run is cut off. A lease that could not
    /// be lengthened before it ran out counts as lost.
    async fn keep_lease(&self, kind: &JobKind, job: &Claimed, lease: &Lease) {
        let whole = Duration::from_secs_f64(kind.lease.as_secs_f64().max(0.0));
        let third = (whole / 3).max(Duration::from_millis(50));
        let mut held_until = Instant::now() + whole;
        loop {
            tokio::time::sleep(third).await;
            let beaten_at = Instant::now();
            match store::heartbeat(&self.db, job, self.owner, kind.lease).await {
                Ok(true) => held_until = beaten_at + whole,
                Err(error) if Instant::now() < held_until => {
                    tracing::warn!(job.id = %job.id, error = %error, "A heartbeat failed");
                }
                Ok(false) | Err(_) => {
                    lease.lost.store(true, Ordering::Release);
                    return;
                }
            }
        }
    }

    fn ending(&self, kind: &JobKind, job: &Claimed, result: Result<(), JobError>) -> Ending {
        let error = match result {
            Ok(()) => return Ending::Succeeded,
            // Whoever is alive goes on from the last checkpoint.
            Err(JobError::Interrupted) => return Ending::Interrupted,
            Err(error) => error,
        };
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        tracing::warn!(job.id = %job.id, job.kind = kind.name, job.attempt = job.attempt, error = %error, cause = cause.as_deref(), "A job failed");
        let wait = match error {
            JobError::Fail(_) => None,
            _ => kind.retry.wait_after(job.attempt, rand::random::<f64>()),
        };
        let again = wait.and_then(|wait| self.db.clock().now().saturating_add(wait).ok());
        match again {
            Some(at) => Ending::Again(at, error.to_string()),
            None => Ending::Failed(error.to_string()),
        }
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
