//! What the caller decides about the private database.

use std::path::PathBuf;

use super::Packed;

/// What to start, and where.
#[derive(Clone, Debug)]
pub struct EmbeddedOptions {
    pub(super) data_dir: PathBuf,
    pub(super) packed: Option<Packed>,
    pub(super) bin_dir: Option<PathBuf>,
    pub(super) settings: Vec<(String, String)>,
}

impl EmbeddedOptions {
    /// A database in `data_dir`, which is made if it is not there, run by an installed Postgres.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            packed: None,
            bin_dir: None,
            settings: Vec::new(),
        }
    }

    /// Prefers this runtime to an installed one.
    #[must_use]
    pub fn packed(mut self, packed: Option<Packed>) -> Self {
        self.packed = packed;
        self
    }

    /// Looks for installed programs in this directory only.
    #[must_use]
    pub fn bin_dir(mut self, bin_dir: Option<PathBuf>) -> Self {
        self.bin_dir = bin_dir;
        self
    }

    /// Adds a server setting, over those Attest gives.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }
}
