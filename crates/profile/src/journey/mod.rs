//! The journey: what events say of people, and what rules make of it.

mod advance;
mod batch;
mod consumer;
mod job;
mod progress;
pub(crate) mod rule;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use advance::updated;
pub(crate) use consumer::consumer;
pub(crate) use job::{job, schedule};
pub(crate) use store::{FlagRow, HistoryRow, delete_flags, insert_history, upsert_flags};
