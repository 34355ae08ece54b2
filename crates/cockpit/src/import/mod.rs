//! Imports: the list with its upload form (`GET` and `POST /c/{slug}/imports`),
//! one import (`/c/{slug}/imports/{id}`), its live part (`…/progress`) and what is decided about it (`…/decision`).

pub(crate) mod decide;
mod decision;
mod list;
mod progress;
pub(crate) mod routes;
mod upload;

pub use decision::Decision;
pub use list::{ImportRow, Imports};
pub use progress::{Counts, Failure, ImportPage, Progress, RejectedRow, State, Undone};
pub use upload::{RatingScale, Source, UploadForm};

#[cfg(any(test, feature = "samples"))]
pub mod sample;

#[cfg(test)]
mod tests;
