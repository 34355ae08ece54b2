//! The journey: what events say of people, and what rules make of it.

mod advance;
mod batch;
mod consumer;
mod job;
mod progress;
pub(crate) mod rule;
mod store;

pub(crate) use consumer::consumer;
pub(crate) use job::{job, schedule};
