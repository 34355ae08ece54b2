//! The whole system: real `attest` processes over a real Postgres, through HTTP and
//! the command line.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test fails loudly, and looks at tables from outside by statements that no cache keeps"
)]

mod actors;
mod bad_input;
mod borrowed;
mod browser;
mod commands;
mod crash;
mod csv_to_cockpit;
mod generated;
mod headers;
mod house;
mod ledger;
mod sheet;
