//! One row of a file, borrowed from the reader.

use std::fmt;

use super::row_error::RowError;

/// The fields of one row, as text.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    line: u64,
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Record<'a> {
    /// `ends` are ascending offsets into `text`, each on a character boundary.
    pub(crate) fn new(line: u64, text: &'a str, ends: &'a [usize]) -> Self {
        Self { line, text, ends }
    }

    /// Physical line on which the row begins, from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether nothing of the row could be kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The field at `index` from 0, untrimmed; absent beyond the last.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&'a str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(start..end)
    }

    /// Bytes of text in the row.
    pub(crate) fn size(&self) -> usize {
        self.text.len()
    }

    /// The row without the fields behind the first `count`.
    pub(crate) fn first(&self, count: usize) -> Self {
        Self {
            ends: &self.ends[..count.min(self.ends.len())],
            ..*self
        }
    }

    /// All fields in order.
    pub fn fields(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let this = *self;
        (0..this.len()).filter_map(move |index| this.get(index))
    }
}

/// A row that outlives its reader.
#[derive(Clone, Default)]
pub struct RowText {
    line: u64,
    text: String,
    ends: Vec<usize>,
}

impl RowText {
    /// The row, borrowed.
    #[must_use]
    pub fn record(&self) -> Record<'_> {
        Record::new(self.line, &self.text, &self.ends)
    }
}

impl From<Record<'_>> for RowText {
    fn from(record: Record<'_>) -> Self {
        Self {
            line: record.line,
            text: record.text.to_owned(),
            ends: record.ends.to_vec(),
        }
    }
}

impl fmt::Debug for RowText {
    /// Cells are personal data and stay out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.record().fmt(f)
    }
}

impl fmt::Debug for Record<'_> {
    /// Cells are personal data and stay out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("line", &self.line)
            .field("fields", &self.len())
            .finish_non_exhaustive()
    }
}

/// What the reader yields for each row that is not blank.
#[derive(Debug)]
pub enum Row<'a> {
    /// A well-formed row with as many fields as the header.
    Record(Record<'a>),
    /// A row that cannot be mapped, with the fields that could be kept (none of a row that is too large).
    Broken(Record<'a>, RowError),
}

impl Row<'_> {
    /// Physical line on which the row begins, from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        match self {
            Self::Record(record) | Self::Broken(record, _) => record.line(),
        }
    }
}
