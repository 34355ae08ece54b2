//! Signing in: `GET` and `POST /login`.

mod view;

pub use view::SignIn;

#[cfg(any(test, feature = "samples"))]
pub mod sample;
