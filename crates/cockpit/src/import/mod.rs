//! Imports: the list with its upload form (`GET` and `POST /c/{slug}/imports`),
//! one import (`/c/{slug}/imports/{id}`) and its live part (`…/progress`).

mod list;
mod progress;
pub(crate) mod routes;
mod upload;

pub use list::{ImportRow, Imports};
pub use progress::{Counts, Failure, ImportPage, Progress, RejectedRow, State};
pub use upload::{RatingScale, Source, UploadForm};

#[cfg(any(test, feature = "samples"))]
pub mod sample;

#[cfg(test)]
mod tests;
