//! The first pass over a sessions file: everything that must be known before a row can be mapped.

use std::io::Read;

use super::header::{Field, HeaderSet};
use super::rating::RatingEvidence;
use crate::sheet::content::Wanted;
use crate::sheet::encoding::Encoding;
use crate::sheet::file_error::FileError;
use crate::sheet::header::Header;
use crate::sheet::limits::Limits;
use crate::sheet::reader::SheetReader;
use crate::sheet::record::Row;
use crate::source::Source;

/// What the first pass found. Open the file for mapping with `encoding`; `rows` is what the counts must add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Which of the known kinds of file it is.
    pub header_set: HeaderSet,
    /// The line of column names.
    pub header: Header,
    /// Rows that are not blank, bad ones included.
    pub rows: u64,
    /// Unpacked size in bytes.
    pub bytes: u64,
    /// The encoding of the whole file.
    pub encoding: Encoding,
    /// The separator between fields.
    pub delimiter: u8,
    /// What the ratings say about their scale.
    pub ratings: RatingEvidence,
    /// Columns that will be passed over, by their names in the file.
    pub unused_columns: Vec<String>,
    /// Optional columns that the file does not have.
    pub absent_columns: Vec<&'static str>,
}

/// Reads a sessions file to its end without keeping anything of it. `declared` is the encoding the uploader named.
///
/// # Errors
/// Every [`FileError`] that the file can give: what passes here is read again without one.
pub fn scan(
    source: impl Read,
    limits: Limits,
    declared: Option<Encoding>,
) -> Result<Scan, FileError> {
    let wanted = Wanted::of(Source::KintellSessions, declared);
    let mut reader = SheetReader::open_wanted(source, limits, &wanted)?;
    let recognised = HeaderSet::recognise(reader.header())?;
    let rating = recognised.places[Field::Rating as usize];
    let mut ratings = RatingEvidence::default();
    while let Some(row) = reader.next_row()? {
        if let (Row::Record(record) | Row::Broken(record, _), Some(index)) = (row, rating)
            && let Some(cell) = record.get(index)
        {
            ratings.add(cell);
        }
    }
    if reader.rows() == 0 {
        return Err(FileError::HeaderOnly);
    }
    Ok(Scan {
        header_set: recognised.set,
        header: reader.header().clone(),
        rows: reader.rows(),
        bytes: reader.bytes_read(),
        encoding: reader.verdict(),
        delimiter: reader.delimiter(),
        ratings,
        unused_columns: recognised.unused,
        absent_columns: recognised.absent,
    })
}
