//! The reader of uploaded tables: opens, recognises and yields them row by row.

use std::borrow::Cow;
use std::io::Read;

use super::content::Wanted;
use super::encoding::Encoding;
use super::file_error::FileError;
use super::header::Header;
use super::limits::Limits;
use super::raw::RawReader;
use super::record::{Record, Row};
use super::row_error::{ErrorCode, RowError};

/// A table being read, from text, a workbook or JSON. Of a text it holds one chunk and one row in memory.
///
/// ```
/// use ingest::sheet::{limits::Limits, reader::SheetReader, record::Row};
///
/// let mut reader = SheetReader::open("name;city\nOla;Oslo\n".as_bytes(), Limits::default())?;
/// assert_eq!(reader.header().names(), ["name", "city"]);
/// while let Some(row) = reader.next_row()? {
///     if let Row::Record(record) = row {
///         assert_eq!((record.line(), record.get(1)), (2, Some("Oslo")));
///     }
/// }
/// # Ok::<(), ingest::sheet::file_error::FileError>(())
/// ```
pub struct SheetReader<R: Read> {
    raw: RawReader<R>,
    header: Header,
    rows: u64,
}

impl<R: Read> SheetReader<R> {
    /// Opens a file of unknown encoding. The guess rests on its first 64 KiB; after reading to the end,
    /// [`SheetReader::verdict`] knows better.
    ///
    /// # Errors
    /// Any [`FileError`] about packing, size, encoding or the line of column names.
    pub fn open(source: R, limits: Limits) -> Result<Self, FileError> {
        Self::open_as(source, limits, None)
    }

    /// Opens a file whose encoding is known from a scan or from the uploader. A byte order mark overrules both.
    ///
    /// # Errors
    /// As [`SheetReader::open`].
    pub fn open_as(
        source: R,
        limits: Limits,
        encoding: Option<Encoding>,
    ) -> Result<Self, FileError> {
        let wanted = Wanted {
            encoding,
            ..Wanted::default()
        };
        Self::open_wanted(source, limits, &wanted)
    }

    /// Opens a file of which more is known: the encoding, the sheet, or what it is taken for.
    ///
    /// # Errors
    /// As [`SheetReader::open`], and where there is no such sheet.
    pub fn open_wanted(source: R, limits: Limits, wanted: &Wanted) -> Result<Self, FileError> {
        let mut raw = RawReader::open(source, limits, wanted)?;
        let header = Header::from_record(raw.first()?)?;
        if header.is_empty() {
            return Err(FileError::Empty);
        }
        Ok(Self {
            raw,
            header,
            rows: 0,
        })
    }

    /// The line of column names.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The encoding in which rows are being read.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.raw.encoding()
    }

    /// The encoding that all rows read so far speak for. Ask after the last row; open the file again as this.
    #[must_use]
    pub fn verdict(&self) -> Encoding {
        self.raw.verdict()
    }

    /// The separator between fields; the comma where there is only one column or no text.
    #[must_use]
    pub fn delimiter(&self) -> u8 {
        self.raw
            .dialect()
            .and_then(|dialect| dialect.delimiter)
            .unwrap_or(b',')
    }

    /// Rows yielded so far, broken ones included.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Unpacked bytes read so far, for progress.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.raw.bytes_read()
    }

    /// The next row that is not blank; none at the end.
    ///
    /// # Errors
    /// A [`FileError`] when the file as a whole turns out bad (too large, damaged, NUL bytes). Bad rows are no errors
    /// here: they come as [`Row::Broken`], and reading goes on behind them.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, FileError> {
        let columns = self.header.len();
        let Some(row) = self.raw.next_row()? else {
            return Ok(None);
        };
        self.rows += 1;
        Ok(Some(match row {
            Row::Record(record) => match fit(record, columns) {
                Some(record) => Row::Record(record),
                None => Row::Broken(record, field_count(record.line(), record.len(), columns)),
            },
            broken @ Row::Broken(..) => broken,
        }))
    }
}

/// The row cut to the header's columns, unless a field is missing or a surplus one has content.
fn fit(record: Record<'_>, columns: usize) -> Option<Record<'_>> {
    let surplus_is_blank = || {
        record
            .fields()
            .skip(columns)
            .all(|field| field.trim().is_empty())
    };
    if record.len() == columns || (record.len() > columns && surplus_is_blank()) {
        Some(record.first(columns))
    } else {
        None
    }
}

fn field_count(line: u64, found: usize, expected: usize) -> RowError {
    let reason = format!("The row has {found} fields, the header has {expected} columns");
    RowError::of_row(line, ErrorCode::FieldCount, Cow::Owned(reason))
}
