//! The cockpit: what a person sees of Attest in a browser.
//!
//! This crate turns plain values into pages. A slice (a folder) holds one kind
//! of page: `view.rs` says what a page is made of, its template under
//! `templates/` says how it looks. Every page works without JavaScript; the
//! small script in `assets/` only makes it nicer.

pub mod assets;
pub mod chart;
pub mod company;
pub mod dashboard;
pub mod fault;
pub mod import;
pub mod layout;
pub mod page;
pub mod sign_in;
pub mod why;
pub mod words;

#[cfg(any(test, feature = "samples"))]
pub mod gallery;

#[cfg(test)]
mod tests;
