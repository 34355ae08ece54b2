//! From the bytes of a file to its rows.
//!
//! Everything here is pure and works on any blocking [`std::io::Read`]; memory stays flat however large the file is:
//! `unpack` (gzip, caps) → `text` (encoding) → `cut` (rows and fields) → `raw` (decoding, faults) → [`reader::SheetReader`]
//! (header). Workbooks, JSON and archives are read into memory, up to a cap, and join at `raw` as a `table`.

mod archive;
pub(crate) mod choice;
pub mod content;
mod cut;
pub(crate) mod dialect;
pub mod encoding;
pub mod error_file;
pub mod file_error;
pub mod formula;
pub mod header;
mod json;
pub mod limits;
pub(crate) mod raw;
pub mod reader;
pub mod record;
pub mod row_error;
mod table;
mod text;
mod unpack;
mod workbook;

#[cfg(test)]
mod tests;
