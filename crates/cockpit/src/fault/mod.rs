//! Pages for what went wrong.

mod view;

pub use view::Fault;

#[cfg(any(test, feature = "samples"))]
pub mod sample;

#[cfg(test)]
mod tests;
