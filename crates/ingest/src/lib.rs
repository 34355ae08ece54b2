#![doc = include_str!("../README.md")]

pub mod config;
pub mod error;
pub mod import;
pub mod kintell;
pub mod query;
pub mod sheet;
pub mod source;

#[cfg(test)]
mod tests;

use platform::{Db, Service};

pub use config::Config;
pub use error::Error;
pub use import::command::{ImportOutcome, import_file};
pub use import::form::RefusedForm;
pub use import::intake::{Accepted, Intake, Upload};

use import::job::RunImport;
use import::sweep::{self, SweepSpool};

/// Everything this crate offers.
#[must_use]
pub fn service(config: &Config, db: &Db) -> Service {
    let intake = Intake::new(config, db);
    Service::new("ingest", &["kintell"])
        .job(RunImport::kind(&intake.spool, None))
        .job(SweepSpool::kind(&intake.spool))
        .schedule(sweep::SCHEDULE)
        .routes(import::routes::routes(intake))
}
