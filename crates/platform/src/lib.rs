#![doc = include_str!("../README.md")]

#[cfg(test)]
extern crate self as platform;

// The tests' database is testkit's own, compiled in: come by as a dependency, its
// `Db` would be a type of another build of this crate.
#[cfg(test)]
#[path = "../../testkit/src/database.rs"]
#[expect(
    clippy::disallowed_methods,
    dead_code,
    unreachable_pub,
    reason = "it is public in testkit, and its statements are no product code"
)]
mod testkit;

pub mod access;
pub mod audit;
pub mod clock;
pub mod crypto;
pub mod db;
pub mod events;
pub mod flags;
pub mod http;
pub mod jobs;
pub mod keys;
pub mod postgres;
pub mod retry;
pub mod service;
pub mod telemetry;
pub mod vault;

pub use access::{Actor, GrantIssuer, TenantGrant, Trace};
pub use clock::Clock;
pub use db::{AuditNote, Db, DbError, SystemTx, TenantTx};
pub use service::{Assembly, Service, Worker};
