//! Choosing the company to work in: `GET` and `POST /company`.

pub(crate) mod routes;
mod view;

pub use view::{Choice, ChooseCompany};

#[cfg(any(test, feature = "samples"))]
pub mod sample;
