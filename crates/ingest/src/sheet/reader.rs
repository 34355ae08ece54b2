//! The reader of uploaded tables: opens, recognises and yields them row by row.

use std::borrow::Cow;
use std::io::Read;

use super::cut::{self, Cut, Cutter, Flaw};
use super::encoding::{Encoding, Evidence, decode_code_page, show_invalid};
use super::file_error::FileError;
use super::header::Header;
use super::limits::Limits;
use super::record::{Record, Row};
use super::row_error::{ErrorCode, RowError};

/// A table being read. Holds one chunk and one row in memory.
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
    cutter: Cutter<R>,
    encoding: Encoding,
    certain: bool,
    evidence: Evidence,
    header: Header,
    decoded: Decoded,
    limits: Limits,
    rows: u64,
}

/// A row turned into UTF-8.
#[derive(Default)]
struct Decoded {
    text: String,
    ends: Vec<usize>,
}

impl<R: Read> SheetReader<R> {
    /// Opens a file of unknown encoding. The guess rests on its first 64 KiB; after reading to the end,
    /// [`SheetReader::verdict`] knows better.
    ///
    /// # Errors
    /// Any [`FileError`] about packing, size, encoding or the first line.
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
        let (mut cutter, guess) = cut::open(source, limits, encoding)?;
        let first = cutter.first()?.ok_or(FileError::Empty)?;
        refuse_flawed_header(first, limits)?;
        let mut evidence = Evidence::default();
        let mut decoded = Decoded::default();
        let (bytes, ends) = cutter.row();
        weigh(&mut evidence, bytes, ends);
        let (record, intact) = decoded.present(guess.encoding, first.line, bytes, ends);
        if !intact {
            return Err(FileError::HeaderEncoding);
        }
        let header = Header::from_record(record)?;
        if header.is_empty() {
            return Err(FileError::Empty);
        }
        Ok(Self {
            cutter,
            encoding: guess.encoding,
            certain: guess.certain,
            evidence,
            header,
            decoded,
            limits,
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
        self.encoding
    }

    /// The encoding that all rows read so far speak for. Ask after the last row; open the file again as this.
    #[must_use]
    pub fn verdict(&self) -> Encoding {
        if self.certain {
            self.encoding
        } else {
            self.evidence.verdict()
        }
    }

    /// The separator between fields; the comma where there is only one column.
    #[must_use]
    pub fn delimiter(&self) -> u8 {
        self.cutter.detected().dialect.delimiter.unwrap_or(b',')
    }

    /// Rows yielded so far, broken ones included.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Unpacked bytes read so far, for progress.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.cutter.bytes_read()
    }

    /// The next row that is not blank; none at the end.
    ///
    /// # Errors
    /// A [`FileError`] when the file as a whole turns out bad (too large, damaged, NUL bytes). Bad rows are no errors
    /// here: they come as [`Row::Broken`], and reading goes on behind them.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, FileError> {
        let cut = loop {
            match self.cutter.next()? {
                None => return Ok(None),
                Some(cut) if cut.flaw.is_none() && self.is_blank() => {}
                Some(cut) => break cut,
            }
        };
        self.rows += 1;
        Ok(Some(self.present(cut)))
    }

    /// Spreadsheets leave rows of nothing but separators behind their last one.
    fn is_blank(&self) -> bool {
        self.cutter.row().0.iter().all(u8::is_ascii_whitespace)
    }

    fn present(&mut self, cut: Cut) -> Row<'_> {
        let line = cut.line;
        let none = Record::new(line, "", &[]);
        let open_quote = match cut.flaw {
            Some(Flaw::TooLarge) => return Row::Broken(none, too_large(line, self.limits)),
            Some(Flaw::TooManyFields) => {
                return Row::Broken(none, too_many_fields(line, self.limits));
            }
            Some(Flaw::Unclosed { line }) => Some(line),
            None => None,
        };
        let (bytes, ends) = self.cutter.row();
        if !self.certain {
            weigh(&mut self.evidence, bytes, ends);
        }
        let (record, intact) = self.decoded.present(self.encoding, line, bytes, ends);
        if let Some(quote_line) = open_quote {
            return Row::Broken(record, unclosed(quote_line));
        }
        if !intact {
            return Row::Broken(record, invalid_bytes(line, self.encoding));
        }
        match fit(record, self.header.len()) {
            Some(record) => Row::Record(record),
            None => Row::Broken(record, field_count(line, record.len(), self.header.len())),
        }
    }
}

impl Decoded {
    /// The row as text, and whether every byte of it had a meaning.
    fn present<'a>(
        &'a mut self,
        encoding: Encoding,
        line: u64,
        bytes: &'a [u8],
        ends: &'a [usize],
    ) -> (Record<'a>, bool) {
        // Two fields can each be half a character and look whole without their separator.
        match std::str::from_utf8(bytes) {
            Ok(text) if bytes.is_ascii() => return (Record::new(line, text, ends), true),
            Ok(text)
                if !encoding.is_code_page()
                    && ends.iter().all(|end| text.is_char_boundary(*end)) =>
            {
                return (Record::new(line, text, ends), true);
            }
            _ => {}
        }
        self.text.clear();
        self.ends.clear();
        let mut start = 0;
        for end in ends {
            let field = &bytes[start..*end];
            if encoding.is_code_page() {
                self.text.push_str(&decode_code_page(encoding, field));
            } else {
                show_invalid(field, &mut self.text);
            }
            self.ends.push(self.text.len());
            start = *end;
        }
        (
            Record::new(line, &self.text, &self.ends),
            encoding.is_code_page(),
        )
    }
}

/// Fields are weighed one by one: across their edges, bytes of two characters can look like one.
fn weigh(evidence: &mut Evidence, bytes: &[u8], ends: &[usize]) {
    if bytes.is_ascii() {
        return;
    }
    let mut start = 0;
    for end in ends {
        evidence.add(&bytes[start..*end]);
        start = *end;
    }
}

fn refuse_flawed_header(first: Cut, limits: Limits) -> Result<(), FileError> {
    match first.flaw {
        None => Ok(()),
        Some(Flaw::TooLarge) => Err(FileError::HeaderTooLong {
            limit: limits.max_record_bytes,
        }),
        Some(Flaw::TooManyFields) => Err(FileError::TooManyColumns {
            limit: limits.max_columns,
        }),
        Some(Flaw::Unclosed { line }) => Err(FileError::HeaderQuote { line }),
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

fn too_large(line: u64, limits: Limits) -> RowError {
    let reason = format!("The row is larger than {} bytes", limits.max_record_bytes);
    RowError::of_row(line, ErrorCode::RowTooLarge, Cow::Owned(reason))
}

fn too_many_fields(line: u64, limits: Limits) -> RowError {
    let reason = format!("The row has more than {} fields", limits.max_columns);
    RowError::of_row(line, ErrorCode::FieldCount, Cow::Owned(reason))
}

fn field_count(line: u64, found: usize, expected: usize) -> RowError {
    let reason = format!("The row has {found} fields, the header has {expected} columns");
    RowError::of_row(line, ErrorCode::FieldCount, Cow::Owned(reason))
}

fn unclosed(line: u64) -> RowError {
    let reason = format!(
        "The quotation mark opened on line {line} never closes, so everything behind it was taken as one text"
    );
    RowError::of_row(line, ErrorCode::UnclosedQuote, Cow::Owned(reason))
}

fn invalid_bytes(line: u64, encoding: Encoding) -> RowError {
    let reason =
        format!("The row holds bytes that are not {encoding}; they are shown as \\x codes");
    RowError::of_row(line, ErrorCode::Encoding, Cow::Owned(reason))
}
