//! Imports through a real Postgres.

mod bad_input;
mod crash;
mod formats;
mod http;
mod life;
mod rows;
mod sources;

use std::io::{Cursor, Read};
use std::sync::Arc;

use contracts::ImportId;
use contracts::event::Event;
use platform::TenantGrant;
use platform::jobs::JobRunner;
use tempfile::TempDir;
use testkit::TestDb;
use tokio_util::sync::CancellationToken;

use crate::import::feed::BatchSize;
use crate::import::intake::add_import;
use crate::import::job::RunImport;
use crate::query::{self, ImportSummary, Options, RejectedRow, Source};
use crate::{Config, ImportOutcome, Intake, Upload, import_file};

pub(crate) const HEADER: &str = "session_id,session_type,participant_email,volunteer_email,date,duration_min,rating,feedback_text,language_level\n";

/// A row of the combined header set.
pub(crate) fn row(id: &str, minutes: u32, rating: &str, text: &str) -> String {
    format!(
        "{id},Language Connect,learner-{id}@example.org,mentor@acme.example.org,2026-03-01T10:00:00Z,{minutes},{rating},{text},B1\n"
    )
}

pub(crate) fn file(rows: &[String]) -> Vec<u8> {
    format!("{HEADER}{}", rows.concat()).into_bytes()
}

/// A company with a database and a spool.
pub(crate) struct House {
    pub(crate) test: TestDb,
    pub(crate) config: Config,
    pub(crate) grant: TenantGrant,
    _data: TempDir,
}

impl House {
    pub(crate) async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let test = TestDb::new().await;
        Self {
            grant: test.grant("acme"),
            test,
            config: Config::new(data.path()),
            _data: data,
        }
    }

    pub(crate) fn intake(&self) -> Intake {
        Intake::new(&self.config, self.test.db())
    }

    /// Imports a file as a command does.
    pub(crate) async fn import(&self, bytes: impl AsRef<[u8]>) -> ImportOutcome {
        self.import_with(Cursor::new(bytes.as_ref().to_vec()), Options::default())
            .await
    }

    pub(crate) async fn import_with(
        &self,
        file: impl Read + Send + 'static,
        options: Options,
    ) -> ImportOutcome {
        let stop = CancellationToken::new();
        let (db, upload) = (self.test.db(), upload(options));
        import_file(db, &self.grant, &self.config, upload, file, |_| {}, &stop)
            .await
            .unwrap()
    }

    /// Imports a file of another source as a command does.
    pub(crate) async fn import_source(
        &self,
        source: Source,
        bytes: impl AsRef<[u8]>,
    ) -> ImportOutcome {
        let stop = CancellationToken::new();
        let upload = Upload {
            source,
            ..upload(Options::default())
        };
        let file = Cursor::new(bytes.as_ref().to_vec());
        let db = self.test.db();
        import_file(db, &self.grant, &self.config, upload, file, |_| {}, &stop)
            .await
            .unwrap()
    }

    /// Stores a file and queues its job, which nobody runs yet.
    pub(crate) async fn upload(&self, bytes: &[u8]) -> (ImportId, contracts::JobId) {
        let intake = self.intake();
        let id = intake.new_file(self.grant.company());
        let spooled = intake.spool.store(id, bytes).unwrap();
        let mut tx = self.test.db().tenant(&self.grant).await.unwrap();
        let job = add_import(&mut tx, &spooled, &upload(Options::default()))
            .await
            .unwrap();
        spooled.keep();
        tx.commit().await.unwrap();
        (id.import, job)
    }

    /// A runner of imports in small batches.
    pub(crate) fn runner(
        &self,
        rows: usize,
        progress: impl Fn(crate::query::Progress) + Send + Sync + 'static,
    ) -> JobRunner {
        let size = BatchSize {
            rows,
            ..BatchSize::default()
        };
        let kind = RunImport::kind_of(&self.intake().spool, Some(Arc::new(progress)), size);
        JobRunner::new(self.test.db(), vec![kind])
    }

    pub(crate) async fn summary(&self, import: ImportId) -> ImportSummary {
        let mut tx = self.test.db().tenant(&self.grant).await.unwrap();
        query::find_import(&mut tx, import).await.unwrap().unwrap()
    }

    pub(crate) async fn rejected(&self, import: ImportId) -> Vec<RejectedRow> {
        let mut tx = self.test.db().tenant(&self.grant).await.unwrap();
        query::list_rejected_rows(&mut tx, import, 0, 1_000)
            .await
            .unwrap()
    }

    /// What the outbox holds, in order.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test looks into another crate's table"
    )]
    pub(crate) async fn events(&self) -> Vec<Event> {
        let mut tx = self.test.db().tenant(&self.grant).await.unwrap();
        let bodies: Vec<serde_json::Value> =
            sqlx::query_scalar("select body from platform.outbox order by position")
                .fetch_all(tx.conn())
                .await
                .unwrap();
        bodies
            .into_iter()
            .map(|body| Event::from_value(body).unwrap())
            .collect()
    }

    /// Runs a query that gives one number.
    #[expect(clippy::disallowed_methods, reason = "a test counts rows of any table")]
    pub(crate) async fn count(&self, statement: &'static str) -> i64 {
        let mut tx = self.test.db().tenant(&self.grant).await.unwrap();
        sqlx::query_scalar(statement)
            .fetch_one(tx.conn())
            .await
            .unwrap()
    }

    /// Files in the spool.
    pub(crate) fn spooled(&self) -> usize {
        let future = self
            .test
            .clock()
            .now()
            .saturating_add(jiff::SignedDuration::from_hours(48));
        self.intake()
            .spool
            .list_before(future.unwrap())
            .unwrap()
            .len()
    }
}

pub(crate) fn upload(options: Options) -> Upload {
    Upload {
        source: Source::KintellSessions,
        options,
        file_name: "march.csv".to_owned(),
    }
}

/// Rows in, created, updated, unchanged, rejected.
pub(crate) fn counts(outcome: &ImportOutcome) -> [u64; 5] {
    let counts = outcome.counts;
    assert!(counts.reconcile());
    [
        counts.rows_in,
        counts.created,
        counts.updated,
        counts.unchanged,
        counts.rejected,
    ]
}
