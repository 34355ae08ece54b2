#![expect(
    clippy::disallowed_methods,
    reason = "tests write statements that no product code may"
)]

mod contexts;
mod isolation;
mod lab;
mod lint;
mod mutants;
mod rights;
