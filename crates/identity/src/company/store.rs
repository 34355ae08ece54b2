//! SQL about companies.

use contracts::CompanyId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use platform::{DbError, SystemTx, TenantTx};
use uuid::Uuid;

use super::Company;

struct Row {
    company_id: Uuid,
    slug: String,
    name: String,
    zone: String,
    created_at: Timestamp,
}

impl From<Row> for Company {
    fn from(row: Row) -> Self {
        Self {
            id: row.company_id.into(),
            slug: row.slug,
            name: row.name,
            zone: row.zone,
            created_at: row.created_at,
        }
    }
}

/// False when another company has the slug.
pub(crate) async fn insert_company(tx: &mut TenantTx, company: &Company) -> Result<bool, DbError> {
    let inserted = sqlx::query!(
        "insert into identity.company (company_id, slug, name, zone, created_at)
         values ($1, $2, $3, $4, $5) on conflict do nothing",
        company.id.uuid(),
        company.slug,
        company.name,
        company.zone,
        company.created_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("make a company"))?;
    Ok(inserted.rows_affected() == 1)
}

/// By slug, or by id if there is one.
pub(crate) async fn find_company(
    tx: &mut SystemTx,
    slug: &str,
    id: Option<CompanyId>,
) -> Result<Option<Company>, DbError> {
    let row = sqlx::query_as!(
        Row,
        "select company_id, slug, name, zone, created_at
         from identity.company where slug = $1 or company_id = $2",
        slug,
        id.map(CompanyId::uuid),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("find a company"))?;
    Ok(row.map(Company::from))
}

pub(crate) async fn list_companies(tx: &mut SystemTx) -> Result<Vec<Company>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select company_id, slug, name, zone, created_at
         from identity.company order by name, company_id",
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list companies"))?;
    Ok(rows.into_iter().map(Company::from).collect())
}
