#![expect(
    clippy::disallowed_methods,
    reason = "tests write statements that no product code may"
)]

mod contexts;
mod generated;
mod isolation;
mod lab;
mod lint;
mod migrations;
mod mutants;
mod rights;
