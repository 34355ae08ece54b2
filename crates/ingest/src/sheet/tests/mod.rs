mod dialects;
mod encodings;
mod error_file;
mod formats;
mod hostile;
mod properties;
mod rows;
mod small;

use super::encoding::Encoding;
use super::file_error::FileError;
use super::limits::Limits;
use super::reader::SheetReader;
use super::record::Row;
use super::row_error::ErrorCode;

/// A row as the tests see it: its line, and its fields or its error's line and code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Row(u64, Vec<String>),
    Broken(u64, ErrorCode),
}

pub(crate) fn row(line: u64, fields: &[&str]) -> Seen {
    Seen::Row(
        line,
        fields.iter().map(|field| (*field).to_owned()).collect(),
    )
}

pub(crate) fn read_as(
    bytes: &[u8],
    limits: Limits,
    encoding: Option<Encoding>,
) -> Result<Vec<Seen>, FileError> {
    let mut reader = SheetReader::open_as(bytes, limits, encoding)?;
    let mut seen = Vec::new();
    while let Some(row) = reader.next_row()? {
        seen.push(match row {
            Row::Record(r) => Seen::Row(r.line(), r.fields().map(str::to_owned).collect()),
            Row::Broken(_, error) => Seen::Broken(error.line, error.code),
        });
    }
    assert_eq!(reader.rows(), seen.len() as u64);
    Ok(seen)
}

pub(crate) fn read(bytes: impl AsRef<[u8]>) -> Vec<Seen> {
    read_as(bytes.as_ref(), Limits::default(), None).unwrap()
}

pub(crate) fn refusal(bytes: impl AsRef<[u8]>) -> FileError {
    read_as(bytes.as_ref(), Limits::default(), None).unwrap_err()
}
