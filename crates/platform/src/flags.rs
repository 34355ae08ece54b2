//! Feature flags: typed, listed, per company. A route behind a closed flag
//! answers 404, as if it did not exist.

use contracts::UserId;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use serde_json::json;

use crate::access::Actor;
use crate::db::{AuditNote, DbError, TenantTx};

/// A feature flag. Declared once as a constant beside the feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Flag {
    /// Its name: `crate.feature`.
    pub name: &'static str,
    /// Whether the feature is open where nobody has said otherwise.
    pub default: bool,
    /// What opens with it, for the person who decides.
    pub description: &'static str,
}

impl Flag {
    /// Whether the feature is open in the transaction's company.
    pub async fn is_open(&self, tx: &mut TenantTx) -> Result<bool, DbError> {
        let company = tx.company().uuid();
        let set = sqlx::query_scalar!(
            "select enabled from platform.feature_flag where company_id = $1 and flag = $2",
            company,
            self.name,
        )
        .fetch_optional(tx.conn())
        .await
        .map_err(DbError::during("read a feature flag"))?;
        Ok(set.unwrap_or(self.default))
    }

    /// Opens or closes the feature in the transaction's company.
    pub async fn set(&self, tx: &mut TenantTx, enabled: bool) -> Result<(), DbError> {
        let (company, now) = (tx.company().uuid(), tx.clock().now());
        let by = match tx.actor() {
            Actor::User(user) => user,
            _ => UserId::new(uuid::Uuid::nil()),
        };
        sqlx::query!(
            "insert into platform.feature_flag (company_id, flag, enabled, set_by, set_at) values ($1, $2, $3, $4, $5)
             on conflict (company_id, flag) do update set enabled = excluded.enabled, set_by = excluded.set_by, set_at = excluded.set_at",
            company,
            self.name,
            enabled,
            by.uuid(),
            now.to_sqlx(),
        )
        .execute(tx.conn())
        .await
        .map_err(DbError::during("set a feature flag"))?;
        tx.audit(
            AuditNote::new("flag.set", "feature_flag", self.name)
                .with(json!({ "enabled": enabled })),
        );
        Ok(())
    }
}
