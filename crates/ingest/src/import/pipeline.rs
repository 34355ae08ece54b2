//! Batches on their way into the database, one transaction each: while one writes its events and commits, the next one
//! already finds people and stores sessions. They commit in the order of the file.

use std::collections::HashSet;
use std::sync::Arc;

use contracts::ImportId;
use platform::jobs::{JobError, JobRun};
use platform::{AuditNote, TenantTx};
use serde_json::json;
use tokio_util::task::AbortOnDropHandle;

use super::feed::Batch;
use super::halt::Halt;
use super::model::Counts;
use super::store;
use crate::kintell::apply::{self, FileContext};
use crate::kintell::content::PreparedRow;

/// How often a batch is tried when another transaction got in its way.
const ATTEMPTS: u32 = 5;

type Rows = Arc<Batch<PreparedRow>>;

/// The batches of one run.
pub(crate) struct Pipeline<'a> {
    run: &'a JobRun,
    file: FileContext,
    /// Told the number of rows dealt with.
    told: Box<dyn Fn(u64) + Send + 'a>,
    behind: Option<Committing>,
}

/// A batch that is all but committed.
struct Committing {
    rows: Rows,
    task: AbortOnDropHandle<Result<(), Halt>>,
}

/// A transaction that holds a batch, but not yet its checkpoint.
struct Staged {
    tx: TenantTx,
    counts: Counts,
}

impl<'a> Pipeline<'a> {
    pub(crate) fn new(run: &'a JobRun, file: FileContext, told: impl Fn(u64) + Send + 'a) -> Self {
        Self {
            run,
            file,
            told: Box::new(told),
            behind: None,
        }
    }

    /// Takes a batch in; it is committed when the next call returns.
    pub(crate) async fn take_in(&mut self, batch: Batch<PreparedRow>) -> Result<(), Halt> {
        let rows: Rows = Arc::new(batch);
        if self
            .behind
            .as_ref()
            .is_some_and(|behind| shares_session(&behind.rows, &rows))
        {
            self.settle().await?;
        }
        let staged = self.stage_again(&rows).await?;
        self.settle().await?;
        self.run.keep_going()?;
        let task = tokio::spawn(commit(staged, self.file.import, rows.after));
        self.behind = Some(Committing {
            rows,
            task: AbortOnDropHandle::new(task),
        });
        Ok(())
    }

    /// Waits for the batch before; an error if it was not committed.
    pub(crate) async fn settle(&mut self) -> Result<(), Halt> {
        if let Some(Committing { rows, task }) = self.behind.take() {
            task.await
                .map_err(|error| JobError::retry("commit a batch", error))??;
            (self.told)(rows.after + rows.len() as u64);
        }
        Ok(())
    }

    /// Stages a batch, again if a concurrent import of the same company got in its way.
    async fn stage_again(&mut self, rows: &Rows) -> Result<Staged, Halt> {
        let mut attempt = 1;
        loop {
            match stage(self.run, self.file, rows).await {
                Err(Halt::Again(JobError::Retry { .. })) if attempt < ATTEMPTS => {
                    self.settle().await?;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }
}

/// Whether two batches are about the same session: then the later one must see what the earlier one made of it.
fn shares_session(earlier: &Rows, later: &Rows) -> bool {
    let earlier: HashSet<&str> = earlier
        .mapped
        .iter()
        .map(|row| row.session.external_id.as_str())
        .collect();
    later
        .mapped
        .iter()
        .any(|row| earlier.contains(row.session.external_id.as_str()))
}

async fn stage(run: &JobRun, file: FileContext, rows: &Rows) -> Result<Staged, Halt> {
    let mut tx = run.db().tenant(run.grant()).await?;
    let mut counts = apply::take_in(&mut tx, file, &rows.mapped).await?;
    counts.rejected = rows.rejected.len() as u64;
    counts.rows_in += counts.rejected;
    store::insert_rejections(&mut tx, file.import, &rows.rejected).await?;
    Ok(Staged { tx, counts })
}

/// Moves the checkpoint and commits; the transaction writes its events and audit entry as it does.
async fn commit(staged: Staged, import: ImportId, after: u64) -> Result<(), Halt> {
    let Staged { mut tx, counts } = staged;
    if !store::advance_import(&mut tx, import, after, counts).await? {
        // Another run has the import.
        return Err(JobError::Interrupted.into());
    }
    let details = json!({ "after_row": after, "counts": counts });
    tx.audit(AuditNote::new("import.batch", "import", import).with(details));
    tx.commit().await?;
    Ok(())
}
