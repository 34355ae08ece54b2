//! Inspect and map: what a file is, how it is written, and which column means which field.
//!
//! Pure, and without effect: nothing of what is found here is applied by itself. Reading uses the same detection, so what
//! inspection shows is what an import reads.

mod assign;
mod column;
pub mod date;
pub mod mapping;
mod propose;
mod question;
mod shape;
#[cfg(test)]
mod tests;
mod words;

use std::io::Read;

use serde::{Deserialize, Serialize};

use crate::sheet::content::{Format, Packing, Wanted};
use crate::sheet::encoding::Encoding;
use crate::sheet::file_error::FileError;
use crate::sheet::header::{ERROR_COLUMNS, tidy};
use crate::sheet::limits::Limits;
use crate::sheet::raw::RawReader;
use crate::sheet::record::Row;
use crate::source::Source;

use column::Column;
pub use date::{DateColumn, DateOrder};
pub use mapping::{Drift, Mapping, Renamed};
pub use propose::MappedColumn;
pub use question::{Note, Question};

/// What the uploader knows already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InspectOptions {
    /// What the file is taken for; none to find out.
    pub source: Option<Source>,
    /// The sheet or entity to look at; none for the one that looks most like a table we know.
    pub sheet: Option<String>,
    /// The encoding of the text; none to find out.
    pub encoding: Option<Encoding>,
    /// How much the file may ask for.
    pub limits: InspectLimits,
}

/// Limits of an inspection: those of reading, with room for tables wider than any that is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InspectLimits(pub Limits);

impl Default for InspectLimits {
    fn default() -> Self {
        Self(Limits {
            max_columns: 2_000,
            ..Limits::default()
        })
    }
}

/// What inspection found. In `delimiter`, `quote` and `escape` an empty text means that the file has none: it has one
/// column, quotes nothing, or doubles its quotation marks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    /// The kind of file.
    pub format: Format,
    /// What it was packed in.
    pub packing: Option<Packing>,
    /// The encoding, by its WHATWG name.
    pub encoding: String,
    /// Whether the text begins with a byte order mark.
    pub byte_order_mark: bool,
    /// The separator between fields; empty where there is one column or no text.
    pub delimiter: String,
    /// The quotation mark; empty where no field is quoted.
    pub quote: String,
    /// The character that makes a quotation mark part of a text; empty where it is doubled.
    pub escape: String,
    /// `lf`, `crlf` or `cr`; none for other formats than text.
    pub line_end: Option<String>,
    /// Lines (rows of a sheet) before the header, or before the first row of a table without one.
    pub preamble_lines: u64,
    /// Index of the row of column names among the records of the file, blank ones included, from 0; none without one.
    pub header_row: Option<u64>,
    /// Rows of data that are not blank.
    pub rows: u64,
    /// The column names; `column_1` and so on where the file has none.
    pub columns: Vec<String>,
    /// The sheet or entity that was read.
    pub sheet: Option<String>,
    /// All sheets or entities of the file, where it has more than one table.
    pub sheets: Vec<String>,
    /// What the file most likely is; none where nothing fits.
    pub source: Option<Source>,
    /// The known header set; none where the mapping is only a proposal.
    pub header_set: Option<String>,
    /// Which column means which field, never applied by itself.
    pub mapping: Vec<MappedColumn>,
    /// Columns that mean nothing to the source.
    pub unmapped: Vec<String>,
    /// Fields that the source needs and no column has.
    pub missing: Vec<String>,
    /// In which order the dates of a column are written.
    pub dates: Vec<DateColumn>,
    /// What is worth knowing.
    pub warnings: Vec<Note>,
    /// What must be answered before the file can be taken in.
    pub questions: Vec<Question>,
}

/// Inspects a file. The beginning decides on encoding and dialect; the rest is read once, to count its rows and to see
/// whether dates and ratings leave a doubt.
///
/// # Errors
/// [`FileError`] where the file cannot be read at all: empty, damaged, locked, too large, or of another format.
pub fn inspect(source: impl Read, options: &InspectOptions) -> Result<Inspection, FileError> {
    let wanted = Wanted {
        encoding: options.encoding,
        sheet: options.sheet.clone(),
        source: options.source,
    };
    let mut reader = RawReader::open(source, options.limits.0, &wanted)?;
    let table = read_table(&mut reader)?;
    let mut inspection = describe(&reader, &table);
    propose::propose(&mut inspection, &table.columns, options.source);
    question::ask(&mut inspection, &table);
    Ok(inspection)
}

/// What reading a table through leaves: its columns with what their values look like.
struct Table {
    columns: Vec<Column>,
    rows: u64,
    /// Rows with another number of fields than there are columns.
    ragged: u64,
    /// Rows that could not be read.
    broken: u64,
}

fn read_table<R: Read>(reader: &mut RawReader<R>) -> Result<Table, FileError> {
    let has_header = reader.top().has_header;
    let first = reader.first()?;
    let mut names: Vec<String> = first.fields().map(|name| tidy(name).to_owned()).collect();
    let mut table = Table {
        columns: Vec::new(),
        rows: 0,
        ragged: 0,
        broken: 0,
    };
    if has_header {
        while names.len() > 1 && names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        // A commented header keeps its mark in front of the first name.
        if let Some(first) = names.first_mut()
            && let Some(bare) = first.strip_prefix('#')
        {
            *first = tidy(bare).to_owned();
        }
        table.columns = names.into_iter().map(Column::named).collect();
    } else {
        table.columns = (1..=names.len())
            .map(|number| Column::named(format!("column_{number}")))
            .collect();
        table.add(names.iter().map(String::as_str));
    }
    while let Some(row) = reader.next_row()? {
        match row {
            Row::Record(record) => table.add(record.fields()),
            Row::Broken(..) => {
                table.rows += 1;
                table.broken += 1;
            }
        }
    }
    Ok(table)
}

impl Table {
    fn add<'a>(&mut self, fields: impl Iterator<Item = &'a str>) {
        self.rows += 1;
        let mut count = 0;
        for (index, field) in fields.enumerate() {
            match self.columns.get_mut(index) {
                Some(column) => column.add(field),
                None if field.trim().is_empty() => continue,
                None => {}
            }
            count = index + 1;
        }
        self.ragged += u64::from(count != self.columns.len());
    }
}

fn describe<R: Read>(reader: &RawReader<R>, table: &Table) -> Inspection {
    let top = reader.top();
    let (format, packing) = reader.format();
    let shown = |byte: Option<u8>| byte.map_or(String::new(), |byte| char::from(byte).to_string());
    let dialect = reader.dialect();
    Inspection {
        format,
        packing,
        encoding: reader.verdict().as_str().to_owned(),
        byte_order_mark: reader.has_mark(),
        delimiter: shown(dialect.and_then(|dialect| dialect.delimiter)),
        quote: shown(reader.quote()),
        escape: shown(dialect.and_then(|dialect| dialect.escape)),
        line_end: dialect.map(|dialect| dialect.line_end.as_str().to_owned()),
        preamble_lines: top.lines,
        header_row: top.has_header.then_some(top.records as u64),
        rows: table.rows,
        columns: table
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect(),
        sheet: reader.sheet().map(str::to_owned),
        sheets: reader.siblings().to_vec(),
        source: None,
        header_set: None,
        mapping: Vec::new(),
        unmapped: Vec::new(),
        missing: Vec::new(),
        dates: Vec::new(),
        warnings: Vec::new(),
        questions: Vec::new(),
    }
}

/// Whether a column is one that our own error file appends.
fn is_ours(name: &str) -> bool {
    ERROR_COLUMNS.contains(&name)
}
