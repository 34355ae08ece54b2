#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::disallowed_methods,
    reason = "a test that cannot be set up must fail loudly"
)]

mod database;

pub use database::{TestDb, poll};
