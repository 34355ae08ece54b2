//! What an operator may decide about taking data in.

use std::path::PathBuf;

/// The largest upload unless configured otherwise: 2 GiB.
pub const DEFAULT_MAX_UPLOAD: u64 = 2 << 30;

/// Settings of this crate, section `ingest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where Attest keeps its files; uploads wait in `spool` below it, sealed.
    pub data_dir: PathBuf,
    /// The largest upload in bytes, as sent and as unpacked.
    pub max_upload_bytes: u64,
}

impl Config {
    /// The usual settings over a data directory.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            max_upload_bytes: DEFAULT_MAX_UPLOAD,
        }
    }
}
