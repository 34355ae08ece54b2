mod envelope;
mod generated;
mod property;
mod vectors;

use std::path::PathBuf;

/// A path from the root of the repository.
fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}
