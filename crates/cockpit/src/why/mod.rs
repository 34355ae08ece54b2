//! "Why this number?": `GET /c/{slug}/why/{figure_id}?page=…`.

mod view;

pub use view::{ContributingSession, Input, Why};

#[cfg(any(test, feature = "samples"))]
pub mod sample;
