//! One way in for every source but Kintell sessions, and one table, `ingest.record`.
//!
//! A row becomes a [`draft::Draft`] by the mapping of its source: pure, from cells by name, wherever the cells come
//! from. `prepare` gives it its id and hashes; `apply` finds people and references, leaves texts with the vault, stores
//! what is new and announces it.
//!
//! The id of a record follows from its source and external id by a keyed hash. So a check-in names its match by the
//! right id even when the match is told of later, and what was undone comes back as what it was.

pub(crate) mod apply;
pub(crate) mod cells;
pub(crate) mod draft;
pub(crate) mod header;
mod orphan;
mod people;
pub(crate) mod prepare;
pub(crate) mod rule;
pub(crate) mod store;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod undo;
pub(crate) mod way;

pub use draft::Data;
