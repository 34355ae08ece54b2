//! "Why this number?": `GET /c/{slug}/why/{figure_id}?page=…`.

pub(crate) mod routes;
mod view;

pub use view::{ContributingSession, Input, Why};

#[cfg(any(test, feature = "samples"))]
pub mod sample;
