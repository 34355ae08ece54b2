//! The journey: what events say of people, and what rules make of it.

mod advance;
mod batch;
mod consumer;
mod deeds;
mod doings;
mod job;
mod progress;
pub(crate) mod rule;
mod store;
#[cfg(test)]
mod tests;
mod together;
mod withdrawal;

pub(crate) use advance::{evaluate_set, updated};
pub(crate) use consumer::consumer;
pub(crate) use job::{job, schedule};
pub(crate) use store::{
    FlagRow, HistoryRow, Hold, delete_flags, insert_history, lock_links, upsert_flags,
};
