//! Possible duplicates (`/c/{slug}/people`): people who may be one, what was merged,
//! and the way back.

pub(crate) mod routes;
mod view;

pub use view::{Duplicates, MergeRow, Pair, Side};

#[cfg(any(test, feature = "samples"))]
pub mod sample;

#[cfg(test)]
mod tests;
