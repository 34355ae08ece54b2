//! The database: pools that own nothing, and the only two kinds of transaction.

mod admin;
mod context;
mod describe;
mod error;
mod failpoint;
mod keys;
mod lint;
mod tenants;
#[cfg(test)]
mod tests;
mod tx;

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

pub use admin::{Administrator, migrator};
pub use describe::describe;
pub use error::DbError;
pub(crate) use failpoint::Failpoint;
#[cfg(test)]
pub(crate) use failpoint::Failure;
pub use jiff_sqlx::{Date as SqlDate, Timestamp as SqlTimestamp, ToSqlx};
pub(crate) use keys::{reload as reload_company_keys, select as stored_company_keys};
pub use lint::{Finding, RULES, lint};
pub use tenants::list_tenants;
pub use tx::{AuditNote, Committed, SystemTx, TenantTx};

use crate::access::{GrantIssuer, TenantGrant, Trace};
use crate::clock::Clock;
use crate::crypto::CompanyKeys;
use crate::events::Wake;
use crate::keys::Keyring;
use context::{ContextSigner, Scope};
use contracts::CompanyId;

/// The roles that Attest connects as while it runs. None of them owns a table,
/// bypasses row-level security or may create anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DbRole {
    /// HTTP handlers and commands.
    App,
    /// Consumers and jobs.
    Worker,
}

impl DbRole {
    /// The role's name in Postgres.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::App => "attest_app",
            Self::Worker => "attest_worker",
        }
    }
}

/// How many connections a pool may open.
#[derive(Debug, Clone, Copy)]
pub struct PoolSizes {
    /// For HTTP handlers and commands.
    pub app: u32,
    /// For consumers and jobs.
    pub worker: u32,
}

impl Default for PoolSizes {
    fn default() -> Self {
        Self { app: 16, worker: 8 }
    }
}

/// The database as one role sees it. Cloning shares the pools.
#[derive(Clone)]
pub struct Db {
    shared: Arc<Shared>,
    role: DbRole,
}

struct Shared {
    app: PgPool,
    worker: PgPool,
    signer: ContextSigner,
    keyring: Arc<Keyring>,
    company_keys: keys::Cache,
    clock: Clock,
    wake: Wake,
    #[cfg(test)]
    failpoints: failpoint::Failpoints,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl Db {
    /// Opens the pools; nothing connects before the first transaction.
    ///
    /// `target` names server and database; its user and password are replaced by
    /// those of the roles, whose passwords derive from the keyring.
    #[must_use]
    pub fn open(
        target: &PgConnectOptions,
        keyring: &Arc<Keyring>,
        clock: Clock,
        sizes: PoolSizes,
    ) -> (Self, GrantIssuer) {
        let pool = |role: DbRole, size: u32| {
            PgPoolOptions::new()
                .max_connections(size)
                .acquire_timeout(Duration::from_secs(15))
                .connect_lazy_with(admin::as_role(target, keyring, role.name()))
        };
        let shared = Shared {
            app: pool(DbRole::App, sizes.app),
            worker: pool(DbRole::Worker, sizes.worker),
            signer: ContextSigner::new(keyring.tenant_context_key()),
            company_keys: keys::Cache::default(),
            wake: Wake::default(),
            keyring: keyring.clone(),
            clock,
            #[cfg(test)]
            failpoints: failpoint::Failpoints::default(),
        };
        (
            Self {
                shared: Arc::new(shared),
                role: DbRole::App,
            },
            GrantIssuer::new(),
        )
    }

    /// The same database as consumers and jobs see it.
    #[must_use]
    pub fn as_worker(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            role: DbRole::Worker,
        }
    }

    /// Begins a transaction that sees the rows of the grant's company.
    pub async fn tenant(&self, grant: &TenantGrant) -> Result<TenantTx, DbError> {
        TenantTx::begin(self, Scope::Tenant(grant.company.uuid()), *grant).await
    }

    /// Begins a transaction for the system's own work; `reason` says which, and names the actor.
    pub async fn system(&self, reason: &'static str) -> Result<SystemTx, DbError> {
        self.system_traced(reason, Trace::beginning(self.shared.clock.new_id()))
            .await
    }

    /// As [`Db::system`], as part of a chain that has begun already.
    pub async fn system_traced(
        &self,
        reason: &'static str,
        trace: Trace,
    ) -> Result<SystemTx, DbError> {
        let grant = TenantGrant::system(CompanyId::SYSTEM, reason, trace);
        TenantTx::begin(self, Scope::System, grant)
            .await
            .map(SystemTx::new)
    }

    /// The keys of a company, made on first use.
    pub async fn company_keys(&self, company: CompanyId) -> Result<Arc<CompanyKeys>, DbError> {
        self.shared.company_keys.get(self, company).await
    }

    /// The clock that this database's rows are stamped by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The root keys.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.shared.keyring
    }

    /// What wakes consumers in this process.
    pub(crate) fn wake(&self) -> &Wake {
        &self.shared.wake
    }

    /// Options to connect as this role outside the pool, to listen for notifications.
    pub(crate) fn pool(&self) -> &PgPool {
        match self.role {
            DbRole::App => &self.shared.app,
            DbRole::Worker => &self.shared.worker,
        }
    }

    /// Closes both pools and waits for their connections.
    pub async fn close(&self) {
        self.shared.app.close().await;
        self.shared.worker.close().await;
    }
}
