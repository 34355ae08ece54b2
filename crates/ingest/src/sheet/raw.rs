//! Rows of any kind of file as text, before anything is known of their meaning.

use std::borrow::Cow;
use std::io::Read;

use super::content::{self, Content, Format, Packing, Wanted};
use super::cut::{Cut, Cutter, Flaw};
use super::dialect::{Detected, Dialect, Start, Top, find_start};
use super::encoding::{Encoding, Evidence, decode_code_page, show_invalid};
use super::file_error::FileError;
use super::limits::Limits;
use super::record::{Record, Row};
use super::row_error::{ErrorCode, RowError};
use super::table::Table;

/// The rows of a table from its header on, or from its first row where there is none.
pub(crate) struct RawReader<R: Read> {
    rows: Rows<R>,
    format: Format,
    packing: Option<Packing>,
    limits: Limits,
}

enum Rows<R: Read> {
    Text(Box<TextRows<R>>),
    Table {
        table: Table,
        next: usize,
        start: Start,
    },
}

struct TextRows<R: Read> {
    cutter: Cutter<R>,
    encoding: Encoding,
    has_mark: bool,
    certain: bool,
    evidence: Evidence,
    decoded: Decoded,
}

/// A row turned into UTF-8.
#[derive(Default)]
struct Decoded {
    text: String,
    ends: Vec<usize>,
}

impl<R: Read> RawReader<R> {
    /// Opens a file and finds out what it is.
    pub(crate) fn open(source: R, limits: Limits, wanted: &Wanted) -> Result<Self, FileError> {
        let (content, format, packing) = content::open(source, limits, wanted)?;
        let rows = match content {
            Content::Text(text, guess) => Rows::Text(Box::new(TextRows {
                cutter: Cutter::open(text, limits)?,
                encoding: guess.encoding,
                has_mark: guess.mark_len > 0,
                certain: guess.certain,
                evidence: Evidence::default(),
                decoded: Decoded::default(),
            })),
            Content::Table(table) => {
                if table.width() > limits.max_columns {
                    return Err(FileError::TooManyColumns {
                        limit: limits.max_columns,
                    });
                }
                let start = find_start(&table.sample()).ok_or(FileError::Empty)?;
                Rows::Table {
                    table,
                    next: start.row,
                    start,
                }
            }
        };
        Ok(Self {
            rows,
            format,
            packing,
            limits,
        })
    }

    /// The kind of file, and what it was packed in.
    pub(crate) fn format(&self) -> (Format, Option<Packing>) {
        (self.format, self.packing)
    }

    /// Name of the sheet or entity that is read.
    pub(crate) fn sheet(&self) -> Option<&str> {
        match &self.rows {
            Rows::Text(_) => None,
            Rows::Table { table, .. } => table.name.as_deref(),
        }
    }

    /// Names of all sheets or entities of the file; none of a file with one table.
    pub(crate) fn siblings(&self) -> &[String] {
        match &self.rows {
            Rows::Text(_) => &[],
            Rows::Table { table, .. } => &table.siblings,
        }
    }

    /// Where the table begins.
    pub(crate) fn top(&self) -> Top {
        match &self.rows {
            Rows::Text(text) => text.cutter.detected().top,
            // Blank rows of a sheet are not kept, but they have their numbers.
            Rows::Table { table, start, .. } => Top {
                records: usize::try_from(table.line(start.row) - 1).unwrap_or(usize::MAX),
                lines: table.line(start.row) - 1,
                has_header: start.has_header,
                width: start.width,
                skip: 0,
            },
        }
    }

    /// How a text separates fields and lines; none for other formats.
    pub(crate) fn dialect(&self) -> Option<Dialect> {
        self.detected().map(|detected| detected.dialect)
    }

    /// The quotation mark of the text. One that comes only behind the sample counts once it was read.
    pub(crate) fn quote(&self) -> Option<u8> {
        let Rows::Text(text) = &self.rows else {
            return None;
        };
        let detected = text.cutter.detected();
        let later = text.cutter.has_mark() && !detected.has_mark;
        detected.dialect.quote.or(later.then_some(b'"'))
    }

    fn detected(&self) -> Option<&Detected> {
        match &self.rows {
            Rows::Text(text) => Some(text.cutter.detected()),
            Rows::Table { .. } => None,
        }
    }

    /// The encoding in which rows are being read. Workbooks and JSON are UTF-8 inside.
    pub(crate) fn encoding(&self) -> Encoding {
        match &self.rows {
            Rows::Text(text) => text.encoding,
            Rows::Table { .. } => Encoding::Utf8,
        }
    }

    /// Whether the text begins with a byte order mark.
    pub(crate) fn has_mark(&self) -> bool {
        matches!(&self.rows, Rows::Text(text) if text.has_mark)
    }

    /// The encoding that all rows read so far speak for.
    pub(crate) fn verdict(&self) -> Encoding {
        match &self.rows {
            Rows::Text(text) if !text.certain => text.evidence.verdict(),
            _ => self.encoding(),
        }
    }

    /// Unpacked bytes read so far; of a table in memory, what it holds.
    pub(crate) fn bytes_read(&self) -> u64 {
        match &self.rows {
            Rows::Text(text) => text.cutter.bytes_read(),
            Rows::Table { table, .. } => table.size() as u64,
        }
    }

    /// The first row; without a good one the file is lost.
    pub(crate) fn first(&mut self) -> Result<Record<'_>, FileError> {
        match &mut self.rows {
            Rows::Table { table, next, .. } => {
                *next += 1;
                table.get(*next - 1).ok_or(FileError::Empty)
            }
            Rows::Text(text) => {
                let first = text.cutter.first()?.ok_or(FileError::Empty)?;
                refuse_flawed_header(first, self.limits)?;
                let (bytes, ends) = text.cutter.row();
                weigh(&mut text.evidence, bytes, ends);
                let (record, intact) = text.decoded.present(text.encoding, first.line, bytes, ends);
                if intact {
                    Ok(record)
                } else {
                    Err(FileError::HeaderEncoding)
                }
            }
        }
    }

    /// The next row that is not blank, of any width; none at the end.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row<'_>>, FileError> {
        match &mut self.rows {
            Rows::Table { table, next, .. } => {
                while table
                    .get(*next)
                    .is_some_and(|row| row.fields().all(|field| field.trim().is_empty()))
                {
                    *next += 1;
                }
                *next += 1;
                Ok(table.get(*next - 1).map(Row::Record))
            }
            Rows::Text(text) => text.next_row(self.limits),
        }
    }
}

impl<R: Read> TextRows<R> {
    fn next_row(&mut self, limits: Limits) -> Result<Option<Row<'_>>, FileError> {
        let cut = loop {
            match self.cutter.next()? {
                None => return Ok(None),
                Some(cut) if cut.flaw.is_none() && self.is_blank() => {}
                Some(cut) => break cut,
            }
        };
        Ok(Some(self.present(cut, limits)))
    }

    /// Spreadsheets leave rows of nothing but separators behind their last one.
    fn is_blank(&self) -> bool {
        self.cutter.row().0.iter().all(u8::is_ascii_whitespace)
    }

    fn present(&mut self, cut: Cut, limits: Limits) -> Row<'_> {
        let line = cut.line;
        let none = Record::new(line, "", &[]);
        let open_quote = match cut.flaw {
            Some(Flaw::TooLarge) => return Row::Broken(none, too_large(line, limits)),
            Some(Flaw::TooManyFields) => {
                return Row::Broken(none, too_many_fields(line, limits));
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
        Row::Record(record)
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

fn too_large(line: u64, limits: Limits) -> RowError {
    let reason = format!("The row is larger than {} bytes", limits.max_record_bytes);
    RowError::of_row(line, ErrorCode::RowTooLarge, Cow::Owned(reason))
}

fn too_many_fields(line: u64, limits: Limits) -> RowError {
    let reason = format!("The row has more than {} fields", limits.max_columns);
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
