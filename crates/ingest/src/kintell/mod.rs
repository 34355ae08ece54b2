//! Kintell: language and mentorship sessions.

pub(crate) mod apply;
pub(crate) mod booking;
pub(crate) mod content;
mod field;
pub mod header;
pub mod mapping;
pub mod rating;
pub mod scan;
pub(crate) mod store;
pub(crate) mod way;

#[cfg(test)]
mod tests;
