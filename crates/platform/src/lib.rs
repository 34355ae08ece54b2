//! Machinery without a business word.

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
pub use service::{Assembly, Service};
