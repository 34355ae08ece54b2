//! Which companies there are, for the system's own work.

use contracts::CompanyId;

use super::{Db, DbError};

/// Every company in which anything was ever written down, by id.
pub async fn list_tenants(db: &Db) -> Result<Vec<CompanyId>, DbError> {
    let mut tx = db.system("list companies").await?;
    let ids = sqlx::query_scalar!(
        "select company_id from platform.tenant_head where company_id <> $1 order by company_id",
        CompanyId::SYSTEM.uuid(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list companies"))?;
    Ok(ids.into_iter().map(CompanyId::new).collect())
}
