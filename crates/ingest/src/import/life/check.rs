//! A check: the file goes the very way of a commit, batch by batch, and every transaction is rolled back.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use contracts::ImportId;
use platform::jobs::JobRun;
use platform::vault::Vault;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;
use crate::import::feed::Batch;
use crate::import::halt::Halt;
use crate::import::model::Counts;
use crate::import::way::Way;
use crate::sheet::row_error::RowError;
use crate::{kintell, record};

/// Rows that would be refused and are shown.
const SAMPLES: usize = 20;

/// What committing an import would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckResult {
    /// What would become of the rows.
    #[serde(flatten)]
    pub counts: Counts,
    /// How many of the updated would change in each field.
    pub changed_fields: BTreeMap<String, u64>,
    /// The first rows that would be refused.
    pub refused: Vec<CheckedRefusal>,
}

/// A row that would be refused, without what stands in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckedRefusal {
    /// Physical line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub faults: Vec<CheckedFault>,
}

/// A fault of a row that would be refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckedFault {
    /// The column; absent when the whole row is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The code, `E001` and so on.
    pub code: String,
    /// What is wrong.
    pub reason: String,
}

/// Checks the batches of one file.
pub(crate) struct Checker<'a, W: Way> {
    run: &'a JobRun,
    import: ImportId,
    way: Arc<W>,
    /// What earlier batches said, each thing and its content as 64 bits: a later row about it would meet that.
    said: HashMap<u64, u64>,
    result: CheckResult,
}

impl<'a, W: Way> Checker<'a, W> {
    pub(crate) fn new(run: &'a JobRun, import: ImportId, way: Arc<W>) -> Self {
        Self {
            run,
            import,
            way,
            said: HashMap::new(),
            result: CheckResult::default(),
        }
    }

    /// What was found in all batches.
    pub(crate) fn into_result(self) -> CheckResult {
        self.result
    }

    pub(crate) async fn check(&mut self, batch: Batch<W::Row>) -> Result<(), Halt> {
        self.run.keep_going()?;
        let refused = batch.rejected.len() as u64;
        self.result.counts.rows_in += refused;
        self.result.counts.rejected += refused;
        for row in &batch.rejected {
            let faults = serde_json::from_value(row.errors.clone()).unwrap_or_default();
            self.show(u64::try_from(row.line).unwrap_or_default(), faults);
        }
        let (again, rows): (Vec<_>, Vec<_>) = batch
            .mapped
            .into_iter()
            .partition(|row| self.said.contains_key(&short(W::key(row))));
        self.try_out(&rows).await?;
        for row in rows.iter().chain(&again) {
            let said = self.said.insert(short(W::key(row)), short(W::content(row)));
            if let Some(said) = said.filter(|_| again.iter().any(|one| std::ptr::eq(one, row))) {
                self.count_again(said == short(W::content(row)));
            }
        }
        Ok(())
    }

    /// Takes rows in as a commit would, looks at what it did, and undoes it.
    async fn try_out(&mut self, rows: &[W::Row]) -> Result<(), Error> {
        let mut tx = self.run.db().tenant(self.run.grant()).await?;
        let mut vault = Vault::new();
        let taken = self.way.take_in(&mut tx, &mut vault, rows).await?;
        self.result.counts.add(taken.counts);
        for row in &taken.refused {
            let faults = row.errors.iter().map(CheckedFault::from).collect();
            let line = row.errors.first().map_or(0, |error| error.line);
            self.show(line, faults);
        }
        if taken.counts.updated > 0 {
            let mut fields =
                kintell::store::undo::count_changed_fields(&mut tx, self.import).await?;
            fields.extend(record::store::undo::count_changed_fields(&mut tx, self.import).await?);
            for (field, count) in fields {
                let field = field.trim_end_matches("_id").to_owned();
                *self.result.changed_fields.entry(field).or_default() +=
                    u64::try_from(count).unwrap_or_default();
            }
        }
        Ok(tx.rollback().await?)
    }

    fn count_again(&mut self, is_same: bool) {
        self.result.counts.rows_in += 1;
        if is_same {
            self.result.counts.unchanged += 1;
        } else {
            self.result.counts.updated += 1;
        }
    }

    fn show(&mut self, line: u64, faults: Vec<CheckedFault>) {
        if self.result.refused.len() < SAMPLES {
            self.result.refused.push(CheckedRefusal { line, faults });
        }
    }
}

impl From<&RowError> for CheckedFault {
    fn from(error: &RowError) -> Self {
        Self {
            column: error.column.map(str::to_owned),
            code: error.code.as_str().to_owned(),
            reason: error.reason.clone().into_owned(),
        }
    }
}

fn short(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
