#![expect(
    clippy::disallowed_methods,
    reason = "tests write statements that no product code may"
)]

mod leases;
mod queue;
mod schedules;

use std::sync::{Arc, Mutex};

use contracts::JobId;
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use serde_json::json;
use sqlx::PgConnection;

use super::{JobError, JobKind, JobRun, JobRunner, NewJob, RunJob, enqueue};
use crate::TenantGrant;
use crate::db::{AuditNote, Db};
use crate::retry::Retry;
use crate::testkit::TestDb;

/// Three attempts, at most ten seconds apart.
const RETRY: Retry = Retry {
    base: SignedDuration::from_secs(10),
    cap: SignedDuration::from_secs(10),
    max_attempts: 3,
};

struct Bench {
    test: TestDb,
    admin: PgConnection,
    acme: TenantGrant,
}

impl Bench {
    async fn new() -> Self {
        let test = TestDb::new().await;
        let admin = test.administrator().connect_target().await.unwrap();
        let acme = test.grant("acme");
        Self { test, admin, acme }
    }

    fn db(&self) -> &Db {
        self.test.db()
    }

    async fn queue(&self, job: NewJob) -> Option<JobId> {
        let mut tx = self.db().tenant(&self.acme).await.unwrap();
        let id = enqueue(&mut tx, job).await.unwrap();
        tx.audit(AuditNote::new("test.queue", "job", 1));
        tx.commit().await.unwrap();
        id
    }

    /// State, attempts and error of a job.
    async fn find(&mut self, id: JobId) -> (String, i32, Option<String>) {
        sqlx::query_as("select state, attempts, error from platform.job where id = $1")
            .bind(id.uuid())
            .fetch_one(&mut self.admin)
            .await
            .unwrap()
    }

    async fn run(&mut self, statement: &'static str) {
        sqlx::raw_sql(statement)
            .execute(&mut self.admin)
            .await
            .unwrap();
    }

    fn wait(&self) {
        self.test.clock().advance(RETRY.cap);
    }
}

fn job(name: &'static str) -> NewJob {
    NewJob::new("Test", json!({ "name": name })).unwrap()
}

/// What a job does when it is told to by its payload's name; everybody's names are kept.
#[derive(Clone, Default)]
struct Recorder {
    ran: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    fn names(&self) -> Vec<String> {
        self.ran.lock().unwrap().clone()
    }

    fn kind(&self, name: &'static str) -> JobKind {
        JobKind {
            retry: RETRY,
            ..JobKind::new(name, self.clone())
        }
    }

    fn runner(&self, db: &Db) -> JobRunner {
        JobRunner::new(db, vec![self.kind("Test")])
    }
}

impl RunJob for Recorder {
    fn run(&self, run: JobRun) -> BoxFuture<'_, Result<(), JobError>> {
        Box::pin(async move {
            let name = run.payload["name"].as_str().unwrap_or_default().to_owned();
            self.ran.lock().unwrap().push(name.clone());
            match &*name {
                "fails" => Err(JobError::Retry {
                    operation: "told to fail".to_owned(),
                    source: None,
                }),
                "never" => Err(JobError::Fail("it cannot succeed".to_owned())),
                "panics" => panic!("told to panic"),
                "interrupted once" if self.names().len() == 1 => Err(JobError::Interrupted),
                _ => Ok(()),
            }
        })
    }
}
