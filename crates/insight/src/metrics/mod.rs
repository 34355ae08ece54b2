//! Figures of a company and a period, kept up to date by events.

mod compute;
mod consumer;
mod formula;
pub(crate) mod lineage;
pub(crate) mod pages;
mod period;
mod routes;
pub(crate) mod store;

use platform::events::Consumer;
use platform::jobs::JobKind;
use platform::{Db, Service};

pub use compute::rebuild;
pub use formula::{Formula, Metric, ParseMetric};
pub use period::{ParsePeriod, Period};

use crate::Config;

/// The name of the consumer, under which its position is kept.
pub(crate) const CONSUMER: &str = "insight.metrics";

/// Adds what this module offers.
pub(crate) fn add_to(service: Service, db: &Db, config: Config) -> Service {
    service
        .consumer(Consumer::new(
            CONSUMER,
            consumer::TYPES,
            consumer::KeepFacts::new(config.clone()),
        ))
        .job(JobKind::new(compute::JOB, compute::ComputeFigures))
        .routes(routes::routes(db.clone(), config))
}
