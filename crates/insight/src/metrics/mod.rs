//! Figures of a company and a period, kept up to date by events.

mod answer;
mod compute;
mod consumer;
mod cursor;
mod formula;
pub(crate) mod lineage;
mod lineage_routes;
pub(crate) mod pages;
mod period;
mod routes;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use contracts::event::EventType;
use platform::events::Consumer;
use platform::jobs::JobKind;
use platform::{Db, Service};

pub use compute::rebuild;
pub use formula::{Formula, Metric, ParseMetric};
pub use period::{ParsePeriod, Period};

use crate::Config;

/// The name of the consumer, under which its position is kept.
pub(crate) const CONSUMER: &str = "insight.metrics";

/// The events that figures are made from.
pub(crate) const TYPES: &[EventType] = &[
    EventType::KintellSessionCompleted,
    EventType::KintellRatingCreated,
    EventType::IngestRecordWithdrawn,
    EventType::ProfilePeopleMerged,
    EventType::ProfilePeopleUnmerged,
];

/// Adds what this module offers.
pub(crate) fn add_to(service: Service, db: &Db, config: Config) -> Service {
    service
        .consumer(Consumer::new(
            CONSUMER,
            TYPES,
            consumer::KeepFacts::new(config.clone()),
        ))
        .job(JobKind::new(compute::JOB, compute::ComputeFigures))
        .routes(routes::routes(db.clone(), config))
}
