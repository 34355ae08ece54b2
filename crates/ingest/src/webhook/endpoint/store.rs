//! The SQL of endpoints.

use contracts::event::value::RatingScale;
use contracts::{CompanyId, WebhookEndpointId};
use jiff::Timestamp;
use platform::db::{SqlTimestamp, ToSqlx};
use platform::{DbError, SystemTx, TenantTx};
use uuid::Uuid;

use super::{EndpointSummary, NewEndpoint};

struct Row {
    id: Uuid,
    source: String,
    description: String,
    rating_scale: Option<String>,
    created_by: Uuid,
    created_at: SqlTimestamp,
    rotated_at: Option<SqlTimestamp>,
    former_until: Option<SqlTimestamp>,
    revoked_at: Option<SqlTimestamp>,
}

impl Row {
    fn read(self) -> Result<EndpointSummary, DbError> {
        let source = self.source.parse();
        Ok(EndpointSummary {
            id: self.id.into(),
            source: source.map_err(|()| unknown("source"))?,
            description: self.description,
            rating_scale: scale(self.rating_scale.as_deref())?,
            created_by: self.created_by.into(),
            created_at: self.created_at.to_jiff(),
            rotated_at: self.rotated_at.map(SqlTimestamp::to_jiff),
            former_until: self.former_until.map(SqlTimestamp::to_jiff),
            revoked_at: self.revoked_at.map(SqlTimestamp::to_jiff),
        })
    }
}

fn unknown(what: &str) -> DbError {
    DbError::Schema(format!("a webhook of an unknown {what}"))
}

fn scale(word: Option<&str>) -> Result<Option<RatingScale>, DbError> {
    word.map(|word| word.parse().map_err(|_| unknown("scale")))
        .transpose()
}

pub(super) async fn insert_endpoint(
    tx: &mut TenantTx,
    id: WebhookEndpointId,
    new: &NewEndpoint,
    secret: &[u8],
) -> Result<(), DbError> {
    let (company, by, now) = (tx.company().uuid(), tx.actor().id(), tx.clock().now());
    sqlx::query!(
        "insert into ingest.webhook_endpoint
             (company_id, id, source, description, rating_scale, secret, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        company,
        id.uuid(),
        new.source.as_str(),
        new.description,
        new.rating_scale.map(RatingScale::as_str),
        secret,
        by,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("make an endpoint"))?;
    Ok(())
}

/// False when there is no such endpoint, or it was revoked.
pub(super) async fn rotate_endpoint(
    tx: &mut TenantTx,
    id: WebhookEndpointId,
    secret: &[u8],
    former_until: Timestamp,
) -> Result<bool, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let rotated = sqlx::query!(
        "update ingest.webhook_endpoint
         set former_secret = secret, former_until = $4, secret = $3, rotated_at = $5, version = version + 1
         where company_id = $1 and id = $2 and revoked_at is null",
        company,
        id.uuid(),
        secret,
        former_until.to_sqlx(),
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("rotate an endpoint's secret"))?;
    Ok(rotated.rows_affected() == 1)
}

/// False when there is nothing to revoke.
pub(super) async fn revoke_endpoint(
    tx: &mut TenantTx,
    id: WebhookEndpointId,
) -> Result<bool, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let revoked = sqlx::query!(
        "update ingest.webhook_endpoint
         set secret = null, former_secret = null, former_until = null, revoked_at = $3, version = version + 1
         where company_id = $1 and id = $2 and revoked_at is null",
        company,
        id.uuid(),
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("revoke an endpoint"))?;
    Ok(revoked.rows_affected() == 1)
}

pub(crate) async fn find_endpoint(
    tx: &mut TenantTx,
    id: WebhookEndpointId,
) -> Result<Option<EndpointSummary>, DbError> {
    let company = tx.company().uuid();
    let row = sqlx::query_as!(
        Row,
        r#"select id, source, description, rating_scale, created_by, created_at as "created_at: SqlTimestamp",
                  rotated_at as "rotated_at: SqlTimestamp", former_until as "former_until: SqlTimestamp",
                  revoked_at as "revoked_at: SqlTimestamp"
         from ingest.webhook_endpoint where company_id = $1 and id = $2"#,
        company,
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("find an endpoint"))?;
    row.map(Row::read).transpose()
}

/// The company's endpoints, those in force first, then the newest; at most 200.
pub(crate) async fn list_endpoints(tx: &mut TenantTx) -> Result<Vec<EndpointSummary>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query_as!(
        Row,
        r#"select id, source, description, rating_scale, created_by, created_at as "created_at: SqlTimestamp",
                  rotated_at as "rotated_at: SqlTimestamp", former_until as "former_until: SqlTimestamp",
                  revoked_at as "revoked_at: SqlTimestamp"
         from ingest.webhook_endpoint where company_id = $1
         order by revoked_at is not null, created_at desc, id limit 200"#,
        company,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list endpoints"))?;
    rows.into_iter().map(Row::read).collect()
}

/// How many endpoints of the company are in force.
pub(super) async fn count_endpoints(tx: &mut TenantTx) -> Result<i64, DbError> {
    let company = tx.company().uuid();
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from ingest.webhook_endpoint where company_id = $1 and revoked_at is null"#,
        company,
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("count endpoints"))
}

/// An endpoint with its sealed secrets.
pub(super) struct SealedEndpoint {
    pub(super) company: CompanyId,
    pub(super) id: WebhookEndpointId,
    pub(super) version: i64,
    pub(super) source: String,
    pub(super) secret: Vec<u8>,
    pub(super) former: Option<(Vec<u8>, Timestamp)>,
}

/// The endpoints in force of all companies.
pub(super) async fn list_in_force(tx: &mut SystemTx) -> Result<Vec<SealedEndpoint>, DbError> {
    let rows = sqlx::query!(
        r#"select company_id, id, version, source, secret as "secret!", former_secret,
                  former_until as "former_until: SqlTimestamp"
         from ingest.webhook_endpoint where revoked_at is null"#,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read endpoints"))?;
    let endpoints = rows.into_iter().map(|row| SealedEndpoint {
        company: row.company_id.into(),
        id: row.id.into(),
        version: row.version,
        source: row.source,
        secret: row.secret,
        former: row
            .former_secret
            .zip(row.former_until.map(SqlTimestamp::to_jiff)),
    });
    Ok(endpoints.collect())
}
