//! Files in: from the bytes of an upload to rows in the database.
//!
//! The reader is pure and works on any blocking [`std::io::Read`]; memory stays flat however large the file is:
//! `unpack` (gzip, caps) → `text` (encoding) → `cut` (rows and fields) → [`reader::SheetReader`] (header, decoding, faults).
//!
//! Around it stands the import: `form` and `routes` receive a file into the `spool`, `intake` makes it an import with a
//! job, `plan` reads it through, `feed` maps it in batches, `job` takes these in, and `summary` tells how far it is.

pub(crate) mod command;
mod cut;
mod dialect;
mod download;
pub mod encoding;
pub mod error_file;
pub(crate) mod feed;
pub mod file_error;
pub(crate) mod form;
pub mod formula;
pub(crate) mod halt;
pub mod header;
pub(crate) mod intake;
pub(crate) mod job;
pub mod limits;
pub(crate) mod model;
pub(crate) mod plan;
pub mod reader;
pub mod record;
pub(crate) mod rejection;
pub(crate) mod routes;
pub mod row_error;
pub(crate) mod seal;
pub(crate) mod spool;
pub(crate) mod store;
pub(crate) mod summary;
pub(crate) mod sweep;
mod text;
mod unpack;
mod view;

#[cfg(test)]
mod tests;
