//! The job `UndoImport`: takes back what an import has done, batch by batch.
//!
//! What the import made goes, what it changed becomes what it was, and what somebody else has changed since is left
//! alone and counted. A run that was cut off is run again and goes on: what is taken back no longer carries the
//! import's id.

use contracts::ImportId;
use contracts::event::NewEvent;
use contracts::event::ingest::{ImportUndone, RecordWithdrawn};
use contracts::event::value::{Count, Slug, WithdrawalReason};
use futures_util::future::BoxFuture;
use platform::jobs::{JobError, JobKind, JobRun, RunJob};
use platform::{AuditNote, DbError, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::store;
use crate::import::halt::Halt;
use crate::import::job::RETRY;
use crate::import::model::State;
use crate::import::summary::{ImportSummary, find_import};
use crate::source::Source;
use crate::{kintell, record};

/// The name of the job.
pub(crate) const UNDO_IMPORT: &str = "UndoImport";

/// How much one transaction takes back.
const BATCH: i64 = 1_000;

/// What the job is queued with.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UndoImportPayload {
    pub(crate) import: ImportId,
}

/// What a step of an undo has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Undone {
    /// What is gone.
    pub(crate) withdrawn: u64,
    /// What is as it was before.
    pub(crate) restored: u64,
    /// The last of those that were looked at; none at the end.
    pub(crate) last: Option<Uuid>,
}

/// Tells everybody that something does not hold.
pub(crate) fn withdraw(
    tx: &mut TenantTx,
    source: Source,
    import: ImportId,
    record: Uuid,
) -> Result<(), DbError> {
    let withdrawn = RecordWithdrawn {
        record_id: record,
        source: Slug::new(source.as_str()).map_err(|error| DbError::Schema(error.to_string()))?,
        reason: WithdrawalReason::ImportUndone,
        withdrawn_at: tx.clock().now(),
    };
    let from = format!("/ingest/imports/{}", import.uuid());
    tx.publish(NewEvent::new(withdrawn, from))?;
    Ok(())
}

/// Does the job.
pub(crate) struct UndoImport {
    batch: i64,
}

impl UndoImport {
    pub(crate) fn kind() -> JobKind {
        Self::kind_of(BATCH)
    }

    pub(crate) fn kind_of(batch: i64) -> JobKind {
        JobKind::new(UNDO_IMPORT, Self { batch }).retried(RETRY)
    }

    async fn undo(&self, run: &JobRun) -> Result<(), Halt> {
        let id = run.payload::<UndoImportPayload>()?.import;
        let mut tx = run.db().tenant(run.grant()).await?;
        let import = find_import(&mut tx, id).await?;
        drop(tx);
        let Some(import) = import.filter(|import| import.state == State::Undoing) else {
            return Ok(());
        };
        self.take_back(run, &import, id).await?;
        // What now stands as an earlier import left it that was undone itself goes back further.
        loop {
            let mut tx = run.db().tenant(run.grant()).await?;
            let words = match import.source {
                Source::KintellSessions => kintell::store::undo::find_undone_words(&mut tx).await?,
                _ => record::store::undo::find_undone_words(&mut tx).await?,
            };
            drop(tx);
            if words.is_empty() {
                break;
            }
            let mut done = 0;
            for word in words {
                done += self.take_back(run, &import, word).await?;
            }
            if done == 0 {
                break;
            }
        }
        end(run, &import).await
    }

    /// Takes back what `word` has said, on behalf of the undo of `import`; how much of it.
    async fn take_back(
        &self,
        run: &JobRun,
        import: &ImportSummary,
        word: ImportId,
    ) -> Result<u64, Halt> {
        let (mut after, mut total) = (None, 0);
        loop {
            run.keep_going()?;
            let mut tx = run.db().tenant(run.grant()).await?;
            let undone = match import.source {
                Source::KintellSessions => {
                    kintell::undo::take_back(&mut tx, word, after, self.batch).await?
                }
                source => record::undo::take_back(&mut tx, source, word, after, self.batch).await?,
            };
            if undone.last.is_none() {
                return Ok(total);
            }
            let [withdrawn, restored] = [undone.withdrawn, undone.restored]
                .map(|count| i64::try_from(count).unwrap_or(i64::MAX));
            if !store::advance_undo(&mut tx, import.id, withdrawn, restored).await? {
                return Err(JobError::Interrupted.into());
            }
            let details = json!({ "withdrawn": withdrawn, "restored": restored });
            tx.audit(AuditNote::new("import.undo_batch", "import", import.id).with(details));
            tx.commit().await?;
            after = undone.last;
            total += undone.withdrawn + undone.restored;
        }
    }
}

async fn end(run: &JobRun, import: &ImportSummary) -> Result<(), Halt> {
    let mut tx = run.db().tenant(run.grant()).await?;
    let kept = match import.source {
        Source::KintellSessions => {
            kintell::store::undo::count_changed_since(&mut tx, import.id).await?
        }
        _ => record::store::undo::count_changed_since(&mut tx, import.id).await?,
    };
    if !store::end_undo(&mut tx, import.id, kept).await? {
        return Err(JobError::Interrupted.into());
    }
    let undo = find_import(&mut tx, import.id)
        .await?
        .and_then(|import| import.undo);
    let undo = undo.unwrap_or_default();
    tx.publish(undone(&tx, import, undo)?)?;
    tx.audit(AuditNote::new("import.undone", "import", import.id).with(json!(undo)));
    tx.commit().await?;
    Ok(())
}

fn undone(tx: &TenantTx, import: &ImportSummary, undo: UndoCounts) -> Result<NewEvent, DbError> {
    let fault = |error: contracts::event::value::ValueError| DbError::Schema(error.to_string());
    let count = |count: u64| Count::new(i64::try_from(count).unwrap_or(i64::MAX)).map_err(fault);
    let payload = ImportUndone {
        import_id: import.id.uuid(),
        source: Slug::new(import.source.as_str()).map_err(fault)?,
        withdrawn: count(undo.withdrawn)?,
        restored: count(undo.restored)?,
        kept: count(undo.kept)?,
        undone_at: tx.clock().now(),
    };
    let source = format!("/ingest/imports/{}", import.id.uuid());
    Ok(NewEvent::new(payload, source))
}

impl RunJob for UndoImport {
    fn run(&self, run: JobRun) -> BoxFuture<'_, Result<(), JobError>> {
        Box::pin(async move {
            match self.undo(&run).await {
                Ok(()) => Ok(()),
                Err(Halt::Again(error)) => Err(error),
                Err(Halt::Refused(problem)) => Err(JobError::Fail(problem.code)),
            }
        })
    }
}

/// What an undo did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UndoCounts {
    /// What the import had made and is gone.
    pub withdrawn: u64,
    /// What the import had changed and is as it was before.
    pub restored: u64,
    /// What somebody else has changed since, and was left alone.
    pub kept: u64,
}
