//! Kintell: language and mentorship sessions.

mod field;
pub mod header;
pub mod mapping;
pub mod rating;
pub mod scan;

#[cfg(test)]
mod tests;
