//! The job `RunImport`: reads a spooled file through, then takes its rows in, batch by batch.
//!
//! A batch is one transaction: people, sessions, texts, refused rows, events, the audit entry and the checkpoint. A run
//! that is cut off anywhere is run again and goes on behind the checkpoint.

use std::sync::Arc;

use contracts::ImportId;
use contracts::event::NewEvent;
use contracts::event::ingest::ImportCommitted;
use contracts::event::value::{Count, Slug, ValueError};
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use platform::jobs::{JobError, JobKind, JobRun, RunJob};
use platform::retry::Retry;
use platform::{AuditNote, DbError, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::feed::BatchSize;
use super::halt::Halt;
use super::life;
use super::life::check::{CheckResult, Checker};
use super::model::{Counts, FileProblem, Progress, State};
use super::pipeline::Pipeline;
use super::plan::Plan;
use super::seal::{CompanySeal, Place};
use super::spool::{Spool, SpoolId};
use super::store;
use super::summary::{ImportSummary, find_import};
use super::way::Way;
use crate::kintell::way::Sessions;
use crate::record::way::Records;
use crate::sheet::limits::Limits;
use crate::source::Source;

/// The name of the job.
pub(crate) const RUN_IMPORT: &str = "RunImport";

/// A process that dies is no fault of the file, and every attempt goes on behind the last batch.
pub(crate) const RETRY: Retry = Retry {
    base: SignedDuration::from_secs(1),
    cap: SignedDuration::from_mins(5),
    max_attempts: 40,
};

/// What the job is queued with.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RunImportPayload {
    pub(crate) import: ImportId,
}

/// Told after every batch.
pub(crate) type ProgressSink = Arc<dyn Fn(Progress) + Send + Sync>;

/// Does the job.
pub(crate) struct RunImport {
    spool: Arc<Spool>,
    progress: Option<ProgressSink>,
    batch: BatchSize,
}

impl RunImport {
    /// The kind of job, telling `progress` if somebody watches.
    pub(crate) fn kind(spool: &Arc<Spool>, progress: Option<ProgressSink>) -> JobKind {
        Self::kind_of(spool, progress, BatchSize::default())
    }

    pub(crate) fn kind_of(
        spool: &Arc<Spool>,
        progress: Option<ProgressSink>,
        batch: BatchSize,
    ) -> JobKind {
        let job = Self {
            spool: Arc::clone(spool),
            progress,
            batch,
        };
        JobKind::new(RUN_IMPORT, job).retried(RETRY)
    }

    async fn run_to_end(&self, run: &JobRun) -> Result<(), JobError> {
        let import = run.payload::<RunImportPayload>()?.import;
        let (problem, result) = match self.take_in_file(run, import).await {
            Ok(()) => (None, Ok(())),
            Err(Halt::Refused(problem)) => (Some(problem), Ok(())),
            Err(Halt::Again(error)) if is_final(&error, run.attempt()) => {
                (Some(given_up()), Err(error))
            }
            Err(Halt::Again(error)) => return Err(error),
        };
        if let Some(problem) = problem {
            fail(run, import, &problem).await?;
        } else if self.is_checked(run, import).await? {
            // The file is needed once more.
            return Ok(());
        }
        let file = SpoolId {
            company: run.company(),
            import,
        };
        if let Err(error) = self.spool.remove(file) {
            // The sweep finds it again.
            tracing::warn!(import.id = %import, error = %error, "A spooled file could not be removed");
        }
        result
    }

    async fn is_checked(&self, run: &JobRun, import: ImportId) -> Result<bool, JobError> {
        let mut tx = run.db().tenant(run.grant()).await?;
        let import = find_import(&mut tx, import).await;
        let import = import.map_err(|error| JobError::retry("look at an import", error))?;
        Ok(import.is_some_and(|import| import.state == State::Checked))
    }

    async fn take_in_file(&self, run: &JobRun, id: ImportId) -> Result<(), Halt> {
        let mut tx = run.db().tenant(run.grant()).await?;
        let import = find_import(&mut tx, id).await?;
        drop(tx);
        let Some(import) = import else {
            return Err(JobError::Fail("there is no such import".to_owned()).into());
        };
        if import.state.has_ended() || import.state == State::Checked {
            return Ok(());
        }
        let limits = Limits {
            max_bytes: self.spool.limit(),
            ..Limits::default()
        };
        let seal = CompanySeal::of(run.db(), run.company()).await?;
        let plan = Plan::of(&self.spool, run.company(), &import, limits).await?;
        if import.options.check {
            let recognised = recognised(id, &plan, &seal)?;
            let found = self.go_through(run, &import, plan, seal).await?;
            return keep_check(run, id, recognised, &found.unwrap_or_default()).await;
        }
        start(run, id, &plan, &seal).await?;
        self.go_through(run, &import, plan, seal).await?;
        commit(run, &import).await
    }

    /// Takes the rows in, or checks them, by the way of their source.
    async fn go_through(
        &self,
        run: &JobRun,
        import: &ImportSummary,
        plan: Plan,
        seal: CompanySeal,
    ) -> Result<Option<CheckResult>, Halt> {
        let options = plan.options(import, run.db().clock().now())?;
        let Some(header) = plan.header.as_ref().filter(|_| plan.has_rows()) else {
            return Ok(None);
        };
        match import.source {
            Source::KintellSessions => {
                let way = Sessions::new(header, options, seal.index())?;
                self.go_through_rows(run, import, plan, seal, way).await
            }
            source => {
                let way = Records::new(source, header, options, seal.index())?;
                self.go_through_rows(run, import, plan, seal, way).await
            }
        }
    }

    async fn go_through_rows<W: Way>(
        &self,
        run: &JobRun,
        import: &ImportSummary,
        plan: Plan,
        seal: CompanySeal,
        way: W,
    ) -> Result<Option<CheckResult>, Halt> {
        let way = Arc::new(way);
        let (total, first, began) = (
            plan.rows_total,
            import.counts.rows_in,
            run.db().clock().now(),
        );
        let mut feed = plan.feed(&way, &self.spool, run, import, seal.clone(), self.batch);
        let clock = run.db().clock();
        let told = |done| {
            if let Some(progress) = &self.progress {
                let seconds = clock.now().duration_since(began).as_secs_f64();
                progress(Progress::at(done, Some(total), first, seconds));
            }
        };
        if import.options.check {
            let mut checker = Checker::new(run, import.id, way);
            while let Some(batch) = feed.batches.recv().await {
                let done = batch.after + batch.len() as u64;
                checker.check(batch).await?;
                told(done);
            }
            feed.end().await?;
            return Ok(Some(checker.into_result()));
        }
        let mut pipeline = Pipeline::new(run, import.id, seal, way, told);
        while let Some(batch) = feed.batches.recv().await {
            pipeline.take_in(batch).await?;
        }
        pipeline.settle().await?;
        feed.end().await?;
        Ok(None)
    }
}

impl RunJob for RunImport {
    fn run(&self, run: JobRun) -> BoxFuture<'_, Result<(), JobError>> {
        Box::pin(async move { self.run_to_end(&run).await })
    }

    fn give_up(&self, run: JobRun) -> BoxFuture<'_, Result<(), JobError>> {
        Box::pin(async move {
            let import = run.payload::<RunImportPayload>()?.import;
            fail(&run, import, &given_up()).await
        })
    }
}

/// Whether the queue will not run the job again after this.
fn is_final(error: &JobError, attempt: i32) -> bool {
    match error {
        JobError::Fail(_) => true,
        JobError::Retry { .. } => attempt >= RETRY.max_attempts,
        JobError::Interrupted => false,
    }
}

fn given_up() -> FileProblem {
    let detail = "Attest could not finish this import, through no fault of the file. What the counts say was taken in stays. \
                  Upload the file again; rows that were taken in will count as unchanged.";
    FileProblem::new("internal", 500, detail)
}

/// What reading the file through has told, as it is stored.
fn recognised(id: ImportId, plan: &Plan, seal: &CompanySeal) -> Result<store::Recognised, Halt> {
    let columns = plan
        .header
        .as_ref()
        .map(crate::sheet::header::Header::names);
    Ok(store::Recognised {
        layout: plan.layout.as_ref().map(|layout| json!(layout)),
        header: columns
            .map(|names| seal.seal_json(Place::Header(id), &names))
            .transpose()?,
        rows_total: i64::try_from(plan.rows_total).unwrap_or(i64::MAX),
    })
}

async fn keep_check(
    run: &JobRun,
    id: ImportId,
    recognised: store::Recognised,
    found: &CheckResult,
) -> Result<(), Halt> {
    let store::Recognised {
        layout,
        header,
        rows_total,
    } = recognised;
    let mut tx = run.db().tenant(run.grant()).await?;
    let result = json!(found);
    if !life::store::check_import(&mut tx, id, layout, header, rows_total, &result).await? {
        return Err(JobError::Interrupted.into());
    }
    let details = json!({ "rows_total": rows_total, "counts": found.counts });
    tx.audit(AuditNote::new("import.check", "import", id).with(details));
    tx.commit().await?;
    Ok(())
}

async fn start(run: &JobRun, id: ImportId, plan: &Plan, seal: &CompanySeal) -> Result<(), Halt> {
    let recognised = recognised(id, plan, seal)?;
    let mut tx = run.db().tenant(run.grant()).await?;
    if !store::start_import(&mut tx, id, &recognised).await? {
        return Err(JobError::Interrupted.into());
    }
    let details =
        json!({ "attempt": run.attempt(), "rows_total": plan.rows_total, "layout": plan.layout });
    tx.audit(AuditNote::new("import.start", "import", id).with(details));
    tx.commit().await?;
    Ok(())
}

async fn commit(run: &JobRun, import: &ImportSummary) -> Result<(), Halt> {
    let mut tx = run.db().tenant(run.grant()).await?;
    let Some(counts) = store::commit_import(&mut tx, import.id).await? else {
        let error =
            DbError::Schema("an import's rows do not add up to those of its file".to_owned());
        return Err(error.into());
    };
    tx.publish(
        committed(&tx, import, counts).map_err(|error| DbError::Schema(error.to_string()))?,
    )?;
    tx.audit(
        AuditNote::new("import.commit", "import", import.id).with(json!({ "counts": counts })),
    );
    tx.commit().await?;
    Ok(())
}

fn committed(
    tx: &TenantTx,
    import: &ImportSummary,
    counts: Counts,
) -> Result<NewEvent, ValueError> {
    let count = |count: u64| Count::new(i64::try_from(count).unwrap_or(i64::MAX));
    let payload = ImportCommitted {
        import_id: import.id.uuid(),
        source: Slug::new(import.source.as_str())?,
        rows_in: count(counts.rows_in)?,
        created: count(counts.created)?,
        updated: count(counts.updated)?,
        unchanged: count(counts.unchanged)?,
        rejected: count(counts.rejected)?,
        committed_at: tx.clock().now(),
    };
    Ok(NewEvent::new(
        payload,
        format!("/ingest/imports/{}", import.id.uuid()),
    ))
}

async fn fail(run: &JobRun, id: ImportId, problem: &FileProblem) -> Result<(), JobError> {
    let seal = CompanySeal::of(run.db(), run.company()).await?;
    let sealed = seal
        .seal_json(Place::Problem(id), problem)
        .map_err(|error| JobError::retry(error.to_string(), error))?;
    let mut tx = run.db().tenant(run.grant()).await?;
    if store::fail_import(&mut tx, id, &problem.code, &sealed).await? {
        let details = json!({ "code": problem.code });
        tx.audit(AuditNote::new("import.fail", "import", id).with(details));
        tx.commit().await?;
    }
    Ok(())
}
