//! What a file is by its first bytes: text, a workbook, JSON, or one of these in an archive.

use std::io::Read;

use serde::{Deserialize, Serialize};

use super::archive::{self, Archive};
use super::encoding::{Encoding, Guess};
use super::file_error::FileError;
use super::json;
use super::limits::Limits;
use super::table::Table;
use super::text::{CHUNK, TextSource};
use super::unpack::{Unpacked, refuse_other_formats};
use super::workbook;
use crate::source::Source;

const ZIP: &[u8] = b"PK\x03\x04";
/// Bytes of a workbook, an archive or a JSON file (64 MiB): they are held in memory.
const MAX_HELD: usize = 64 << 20;

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Text with separated fields, whatever the separator.
    Csv,
    /// An Excel workbook.
    Xlsx,
    /// A spreadsheet as `LibreOffice` writes it.
    Ods,
    /// An array of objects, or an object of such arrays.
    Json,
    /// One JSON object a line.
    JsonLines,
}

/// What a file was packed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Packing {
    /// gzip.
    Gzip,
    /// A ZIP archive with one table.
    Zip,
}

/// What is known of a file before it is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The encoding of its text.
    pub encoding: Option<Encoding>,
    /// The sheet or entity to read; none for the one that looks most like a table we know.
    pub sheet: Option<String>,
    /// What the file is taken for, to choose among its sheets.
    pub source: Option<Source>,
}

impl Wanted {
    /// A file of which the source is known, and perhaps the encoding.
    #[must_use]
    pub fn of(source: Source, encoding: Option<Encoding>) -> Self {
        Self {
            encoding,
            sheet: None,
            source: Some(source),
        }
    }
}

/// The rows of a file, still to be read or in memory.
pub(crate) enum Content<R: Read> {
    Text(TextSource<R>, Guess),
    Table(Table),
}

type Opened<R> = (Content<R>, Format, Option<Packing>);

/// Looks at the beginning of a file.
pub(crate) fn open<R: Read>(
    source: R,
    limits: Limits,
    wanted: &Wanted,
) -> Result<Opened<R>, FileError> {
    let mut unpacked = Unpacked::open(source, limits)?;
    let packing = unpacked.is_gzip().then_some(Packing::Gzip);
    let sniffed = sniff(&mut unpacked)?;
    if !sniffed.starts_with(ZIP) {
        let (content, format) = open_plain(unpacked, sniffed, wanted)?;
        return Ok((content, format, packing));
    }
    match archive::open(hold(&mut unpacked, sniffed)?)? {
        Archive::Table(bytes) => {
            let mut inner = Unpacked::of_memory(bytes, limits);
            let sniffed = sniff(&mut inner)?;
            let (content, format) = if sniffed.starts_with(ZIP) {
                match archive::open(hold(&mut inner, sniffed)?)? {
                    Archive::Table(_) => return Err(FileError::ArchiveNested),
                    book => open_workbook(book, wanted)?,
                }
            } else {
                open_plain(inner, sniffed, wanted)?
            };
            Ok((content, format, Some(Packing::Zip)))
        }
        book => {
            let (content, format) = open_workbook(book, wanted)?;
            Ok((content, format, packing))
        }
    }
}

fn sniff<R: Read>(unpacked: &mut Unpacked<R>) -> Result<Vec<u8>, FileError> {
    let mut sniffed = vec![0; CHUNK];
    let len = unpacked.fill(&mut sniffed)?;
    sniffed.truncate(len);
    if len == 0 {
        return Err(FileError::Empty);
    }
    Ok(sniffed)
}

fn hold<R: Read>(unpacked: &mut Unpacked<R>, first: Vec<u8>) -> Result<Vec<u8>, FileError> {
    unpacked
        .read_all(first, MAX_HELD)?
        .ok_or(FileError::TableTooLarge { limit: MAX_HELD })
}

fn open_plain<R: Read>(
    mut unpacked: Unpacked<R>,
    sniffed: Vec<u8>,
    wanted: &Wanted,
) -> Result<(Content<R>, Format), FileError> {
    refuse_other_formats(&sniffed)?;
    if json::begins_like_json(&sniffed) {
        let text = hold(&mut unpacked, sniffed)?;
        let (table, layout) = json::read(&text, wanted.sheet.as_deref(), wanted.source)?;
        let format = match layout {
            json::Layout::Document => Format::Json,
            json::Layout::Lines => Format::JsonLines,
        };
        return Ok((Content::Table(table), format));
    }
    let (text, guess) = TextSource::open(unpacked, sniffed, wanted.encoding);
    Ok((Content::Text(text, guess), Format::Csv))
}

fn open_workbook<R: Read>(
    book: Archive,
    wanted: &Wanted,
) -> Result<(Content<R>, Format), FileError> {
    let sheet = wanted.sheet.as_deref();
    let (table, format) = match book {
        Archive::Xlsx(bytes) => (
            workbook::read_xlsx(bytes, sheet, wanted.source)?,
            Format::Xlsx,
        ),
        Archive::Ods(bytes) => (
            workbook::read_ods(bytes, sheet, wanted.source)?,
            Format::Ods,
        ),
        Archive::Table(_) => return Err(FileError::ArchiveNested),
    };
    Ok((Content::Table(table), format))
}
