//! ingest: programme data in.

pub mod import;
pub mod kintell;
