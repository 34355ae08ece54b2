pub mod postgres;
pub mod retry;
pub mod service;
pub mod vault;

pub use access::{Actor, GrantIssuer, TenantGrant, Trace};
pub use clock::Clock;
pub use db::{AuditNote, Db, DbError, SystemTx, TenantTx};
pub use service::{Assembly, Service};
