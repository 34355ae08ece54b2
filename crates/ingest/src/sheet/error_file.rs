//! The error file: the refused rows as they came, with three columns that say why.
//!
//! It can be corrected in a spreadsheet and uploaded again as it is: it has the columns of the original, and those
//! three are passed over. It opens with a UTF-8 mark so that Excel reads it right, and keeps the original's separator.

use std::io::{self, Write};

use super::formula::{escape_formula, unescape_formula};
use super::header::{ERROR_COLUMNS, Header};
use super::record::Record;
use super::row_error::RowError;

/// Writes an error file row by row.
pub struct ErrorFile<W: Write> {
    writer: csv::Writer<W>,
    /// Positions of the columns to carry over; those of an earlier error file are left out.
    kept: Vec<usize>,
    unescape: bool,
}

impl<W: Write> ErrorFile<W> {
    /// Begins the file with the original's column names and separator.
    ///
    /// # Errors
    /// Whatever writing to `out` gives.
    pub fn new(mut out: W, header: &Header, delimiter: u8) -> io::Result<Self> {
        out.write_all("\u{feff}".as_bytes())?;
        let writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(csv::Terminator::CRLF)
            .flexible(true)
            .from_writer(out);
        let is_kept = |index: &usize| {
            header
                .keys()
                .get(*index)
                .is_some_and(|key| !ERROR_COLUMNS.contains(&key.as_str()))
        };
        let kept = (0..header.len()).filter(is_kept).collect();
        let mut file = Self {
            writer,
            kept,
            unescape: header.is_error_file(),
        };
        for index in &file.kept {
            let name = header.names().get(*index).map_or("", String::as_str);
            file.writer.write_field(escape_formula(name).as_bytes())?;
        }
        file.writer.write_record(ERROR_COLUMNS)?;
        Ok(file)
    }

    /// Adds a refused row with all its faults. What could not be kept of a broken row is empty.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn write_row(&mut self, record: Record<'_>, errors: &[RowError]) -> io::Result<()> {
        for index in &self.kept {
            let cell = record.get(*index).unwrap_or("");
            let cell = if self.unescape {
                unescape_formula(cell)
            } else {
                cell
            };
            self.writer.write_field(escape_formula(cell).as_bytes())?;
        }
        let codes: Vec<&str> = errors.iter().map(|error| error.code.as_str()).collect();
        let messages: Vec<String> = errors.iter().map(RowError::message).collect();
        self.writer.write_field(record.line().to_string())?;
        self.writer.write_field(codes.join(" "))?;
        self.writer.write_field(messages.join(" "))?;
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }

    /// Writes out what is still buffered and gives the target back.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn finish(self) -> io::Result<W> {
        self.writer
            .into_inner()
            .map_err(|error| io::Error::other(error.to_string()))
    }
}
