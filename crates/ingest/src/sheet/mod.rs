//! From the bytes of a file to its rows.
//!
//! Everything here is pure and works on any blocking [`std::io::Read`]; memory stays flat however large the file is:
//! `unpack` (gzip, caps) → `text` (encoding) → `cut` (rows and fields) → [`reader::SheetReader`] (header, decoding, faults).

mod cut;
mod dialect;
pub mod encoding;
pub mod error_file;
pub mod file_error;
pub mod formula;
pub mod header;
pub mod limits;
pub mod reader;
pub mod record;
pub mod row_error;
mod text;
mod unpack;

#[cfg(test)]
mod tests;
