//! Signing in: `GET` and `POST /login`.

pub(crate) mod routes;
mod view;

pub use view::SignIn;

#[cfg(any(test, feature = "samples"))]
pub mod sample;
