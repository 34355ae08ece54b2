#![doc = include_str!("../README.md")]

mod directory;
mod error;
pub mod metrics;
pub mod query;

use platform::{Db, Service};

pub use directory::{CompanyInfo, Config};

/// What this crate offers to the server.
#[must_use]
pub fn service(db: &Db, config: Config) -> Service {
    metrics::add_to(Service::new("insight", &["metrics"]), db, config)
}
