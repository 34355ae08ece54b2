//! A table in memory: what workbooks, archives of JSON and the like come to.

use super::dialect::{SAMPLE_ROWS, SampleRow};
use super::file_error::FileError;
use super::record::Record;

/// Bytes of text and offsets that a table may hold (64 MiB).
pub(crate) const MAX_TABLE: usize = 64 << 20;

/// Rows of text cells.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Name of the sheet or of the entity.
    pub(crate) name: Option<String>,
    /// Names of all sheets or entities of the file.
    pub(crate) siblings: Vec<String>,
    rows: Vec<TableRow>,
    width: usize,
    size: usize,
}

struct TableRow {
    line: u64,
    text: String,
    ends: Vec<usize>,
}

impl std::fmt::Debug for TableRow {
    /// Cells are personal data and stay out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableRow")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

impl Table {
    pub(crate) fn named(name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            ..Self::default()
        }
    }

    /// Adds a row; `line` counts from 1.
    pub(crate) fn push<'a>(
        &mut self,
        line: u64,
        cells: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), FileError> {
        let mut row = TableRow {
            line,
            text: String::new(),
            ends: Vec::new(),
        };
        for cell in cells {
            row.text.push_str(cell);
            row.ends.push(row.text.len());
        }
        self.size += row.text.len() + size_of::<TableRow>() + size_of::<usize>() * row.ends.len();
        if self.size > MAX_TABLE {
            return Err(FileError::TableTooLarge { limit: MAX_TABLE });
        }
        self.width = self.width.max(row.ends.len());
        self.rows.push(row);
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The line of the row at `index`, from 1.
    pub(crate) fn line(&self, index: usize) -> u64 {
        self.rows.get(index).map_or(1, |row| row.line)
    }

    /// Number of columns of the widest row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Bytes of text and offsets.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The row at `index` from 0, with as many fields as the table has columns.
    pub(crate) fn get(&mut self, index: usize) -> Option<Record<'_>> {
        let row = self.rows.get_mut(index)?;
        row.ends.resize(self.width, row.text.len());
        Some(Record::new(row.line, &row.text, &row.ends))
    }

    /// The first rows, to find out where the table begins.
    pub(crate) fn sample(&self) -> Vec<SampleRow> {
        self.rows
            .iter()
            .take(SAMPLE_ROWS)
            .map(|row| SampleRow {
                span: 0..0,
                fields: Record::new(row.line, &row.text, &row.ends)
                    .fields()
                    .map(str::to_owned)
                    .collect(),
            })
            .collect()
    }
}
