#![doc = include_str!("../README.md")]

pub mod buddy;
pub mod config;
pub mod error;
pub mod import;
pub mod inspect;
pub mod kintell;
mod person;
pub mod query;
pub mod record;
pub mod sheet;
pub mod source;
pub mod upskilling;
pub mod webhook;

#[cfg(test)]
mod tests;

use platform::{Db, GrantIssuer, Service};

pub use config::Config;
pub use error::Error;
pub use import::command::{ImportOutcome, import_file};
pub use import::form::RefusedForm;
pub use import::intake::{Accepted, Intake, Upload};
pub use import::life::command::{abandon_import, undo_import};
pub use import::life::routes::Decision;
pub use webhook::Webhooks;
pub use webhook::letter::DeadLetters;

use import::job::RunImport;
use import::sweep::{self, SweepSpool};
use webhook::process::Processor;
use webhook::process::sweep::SweepInbox;

/// Everything this crate offers.
#[must_use]
pub fn service(config: &Config, db: &Db, issuer: &GrantIssuer) -> Service {
    let intake = Intake::new(config, db);
    let webhooks = Webhooks::new(db, issuer);
    Service::new("ingest", &["kintell", "buddy", "upskilling"])
        .job(RunImport::kind(&intake.spool, None))
        .job(import::life::undo::UndoImport::kind())
        .job(SweepSpool::kind(&intake.spool))
        .schedule(sweep::SCHEDULE)
        .routes(import::routes::routes(intake))
        .job(SweepInbox::kind())
        .schedule(webhook::process::sweep::SCHEDULE)
        .worker(Processor::new(&webhooks, issuer).worker())
        .routes(webhook::routes(webhooks))
}
