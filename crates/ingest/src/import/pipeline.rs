//! Batches on their way into the database, one transaction each: while one writes its events and commits, the next one
//! already finds people and stores sessions and texts. They commit in the order of the file.

use std::collections::HashSet;
use std::sync::Arc;

use contracts::ImportId;
use platform::jobs::{JobError, JobRun};
use platform::vault::{Made, Vault};
use platform::{AuditNote, TenantTx};
use serde_json::json;
use tokio_util::task::AbortOnDropHandle;

use super::feed::Batch;
use super::halt::Halt;
use super::model::Counts;
use super::rejection::SealedRejection;
use super::seal::CompanySeal;
use super::store;
use super::way::Way;

/// How often a batch is tried when another transaction got in its way.
const ATTEMPTS: u32 = 5;

type Rows<W> = Arc<Batch<<W as Way>::Row>>;

/// The batches of one run.
pub(crate) struct Pipeline<'a, W: Way> {
    run: &'a JobRun,
    import: ImportId,
    seal: CompanySeal,
    way: Arc<W>,
    /// Told the number of rows dealt with.
    told: Box<dyn Fn(u64) + Send + Sync + 'a>,
    behind: Option<Committing<W>>,
}

/// A batch that is all but committed.
struct Committing<W: Way> {
    rows: Rows<W>,
    /// The people it makes: until it is committed, only its successor knows of them.
    made: Arc<Made>,
    task: AbortOnDropHandle<Result<(), Halt>>,
}

/// A transaction that holds a batch, but not yet its checkpoint.
struct Staged {
    tx: TenantTx,
    vault: Vault,
    counts: Counts,
}

impl<'a, W: Way> Pipeline<'a, W> {
    pub(crate) fn new(
        run: &'a JobRun,
        import: ImportId,
        seal: CompanySeal,
        way: Arc<W>,
        told: impl Fn(u64) + Send + Sync + 'a,
    ) -> Self {
        Self {
            run,
            import,
            seal,
            way,
            told: Box::new(told),
            behind: None,
        }
    }

    /// Takes a batch in; it is committed when the next call returns.
    pub(crate) async fn take_in(&mut self, batch: Batch<W::Row>) -> Result<(), Halt> {
        let rows: Rows<W> = Arc::new(batch);
        if self
            .behind
            .as_ref()
            .is_some_and(|behind| shares_key::<W>(&behind.rows, &rows))
        {
            self.settle().await?;
        }
        let staged = self.stage_again(&rows).await?;
        self.settle().await?;
        self.run.keep_going()?;
        let made = Arc::new(staged.vault.made());
        let task = tokio::spawn(commit(staged, self.import, rows.after));
        self.behind = Some(Committing {
            rows,
            made,
            task: AbortOnDropHandle::new(task),
        });
        Ok(())
    }

    /// Waits for the batch before; an error if it was not committed.
    pub(crate) async fn settle(&mut self) -> Result<(), Halt> {
        if let Some(Committing { rows, task, .. }) = self.behind.take() {
            task.await
                .map_err(|error| JobError::retry("commit a batch", error))??;
            (self.told)(rows.after + rows.len() as u64);
        }
        Ok(())
    }

    /// Stages a batch, again if a concurrent import of the same company got in its way.
    async fn stage_again(&mut self, rows: &Rows<W>) -> Result<Staged, Halt> {
        let mut attempt = 1;
        loop {
            match self.stage(rows).await {
                Err(Halt::Again(JobError::Retry { .. })) if attempt < ATTEMPTS => {
                    self.settle().await?;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn stage(&self, rows: &Rows<W>) -> Result<Staged, Halt> {
        let mut tx = self.run.db().tenant(self.run.grant()).await?;
        let before = self.behind.as_ref().map(|behind| Arc::clone(&behind.made));
        let mut vault = Vault::following(before.unwrap_or_default());
        let taken = self.way.take_in(&mut tx, &mut vault, &rows.mapped).await?;
        let mut counts = taken.counts;
        let ill_formed = rows.rejected.len() as u64;
        counts.rejected += ill_formed;
        counts.rows_in += ill_formed;
        store::insert_rejections(&mut tx, self.import, &rows.rejected).await?;
        let refused = taken.refused.into_iter().map(|row| {
            let record = row.text.record();
            SealedRejection::new(&self.seal, self.import, row.number, record, row.errors)
        });
        let refused = refused.collect::<Result<Vec<_>, _>>()?;
        store::insert_rejections(&mut tx, self.import, &refused).await?;
        Ok(Staged { tx, vault, counts })
    }
}

/// Whether two batches are about the same thing: then the later one must see what the earlier one made of it.
fn shares_key<W: Way>(earlier: &Rows<W>, later: &Rows<W>) -> bool {
    let earlier: HashSet<&str> = earlier.mapped.iter().map(W::key).collect();
    later.mapped.iter().any(|row| earlier.contains(W::key(row)))
}

/// Moves the checkpoint and commits; the transaction writes its events and audit entry as it does.
async fn commit(staged: Staged, import: ImportId, after: u64) -> Result<(), Halt> {
    let Staged { mut tx, counts, .. } = staged;
    if !store::advance_import(&mut tx, import, after, counts).await? {
        // Another run has the import.
        return Err(JobError::Interrupted.into());
    }
    let details = json!({ "after_row": after, "counts": counts });
    tx.audit(AuditNote::new("import.batch", "import", import).with(details));
    tx.commit().await?;
    Ok(())
}
