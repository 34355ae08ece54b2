//! How much a file may ask for.

/// Limits of one file. `Default` gives the values that hold unless configured otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Unpacked bytes of the whole file (2 GiB).
    pub max_bytes: u64,
    /// Unpacked bytes for each packed byte (200), looked at after the first MiB.
    pub max_gzip_ratio: u64,
    /// Columns of the header and fields of a row (200).
    pub max_columns: usize,
    /// Bytes of one row without its separators (1 MiB).
    pub max_record_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 2 << 30,
            max_gzip_ratio: 200,
            max_columns: 200,
            max_record_bytes: 1 << 20,
        }
    }
}
