//! What a person is to the programmes: roles, enrolments, journey.

mod flag;
mod journey;

use platform::{Db, Service};

/// The crate's routes, consumer, job and schedule.
#[must_use]
pub fn service(_db: &Db) -> Service {
    Service::new("profile", &["profile"])
        .consumer(journey::consumer())
        .job(journey::job())
        .schedule(journey::schedule())
}
