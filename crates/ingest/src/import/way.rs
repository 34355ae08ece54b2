//! The ways in: what an import needs of a source. Kintell sessions have a fast one of their own, all other sources
//! share that of [`crate::record`].
//!
//! An import goes through four steps: [`scan`] reads the file through once, a [`Way`] is made of what was found, its
//! `map` turns rows into what can be stored (pure, on a thread of its own), and its `take_in` stores a batch of them.

use std::io::Read;

use contracts::event::value::RatingScale;
use platform::TenantTx;
use platform::vault::Vault;

use super::model::{Counts, Layout};
use crate::error::Error;
use crate::kintell;
use crate::record;
use crate::sheet::file_error::FileError;
use crate::sheet::header::Header;
use crate::sheet::limits::Limits;
use crate::sheet::record::{Record, RowText};
use crate::sheet::row_error::RowError;
use crate::source::{Origin, Source};

/// What reading a file through has told.
pub(crate) struct Scanned {
    pub(crate) layout: Layout,
    pub(crate) header: Header,
    pub(crate) rows: u64,
}

/// Reads a file through; `declared` is the scale of ratings that the uploader named.
///
/// # Errors
/// Everything that is wrong with the file as a whole.
pub(crate) fn scan(
    source: Source,
    file: impl Read,
    limits: Limits,
    declared: Option<RatingScale>,
) -> Result<Scanned, FileError> {
    match source {
        Source::KintellSessions => kintell::way::scan(file, limits, declared),
        source => record::way::scan(source, file, limits, declared),
    }
}

/// Columns of a file that mean nothing to its source.
pub(crate) fn unused_columns(source: Source, header: &Header) -> Vec<String> {
    match source {
        Source::KintellSessions => kintell::way::unused_columns(header),
        source => record::way::unused_columns(source, header),
    }
}

/// How rows of one file become stored rows.
pub(crate) trait Way: Send + Sync + 'static {
    /// A row that can be stored.
    type Row: Send + Sync + 'static;

    /// Equal for rows about the same thing: of two such rows the later one must see what the earlier one made of it.
    fn key(row: &Self::Row) -> &str;

    /// Equal for rows that say the same about it.
    fn content(row: &Self::Row) -> [u8; 32];

    /// Maps a row.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn map(&self, origin: Origin, record: Record<'_>) -> Result<Self::Row, Vec<RowError>>;

    /// Takes rows in: people, texts, stored rows, events. Commits nothing.
    fn take_in(
        &self,
        tx: &mut TenantTx,
        vault: &mut Vault,
        rows: &[Self::Row],
    ) -> impl Future<Output = Result<Taken, Error>> + Send;
}

/// What became of a batch.
#[derive(Default)]
pub(crate) struct Taken {
    /// What became of all rows; those below are counted as rejected.
    pub(crate) counts: Counts,
    /// Rows that were well formed, but speak of what is not known.
    pub(crate) refused: Vec<Refused>,
}

/// A row refused while it was taken in.
pub(crate) struct Refused {
    /// Number of the row among those that are not blank, from 1.
    pub(crate) number: i64,
    /// The row as it came.
    pub(crate) text: RowText,
    pub(crate) errors: Vec<RowError>,
}
