//! Who linked which id, and when.

use std::collections::HashMap;

use contracts::PersonId;
use contracts::journey::ExternalIdProvider;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use platform::{DbError, TenantTx};
use uuid::Uuid;

/// Writes down a link; false when it was written down before.
pub(super) async fn insert_link(
    tx: &mut TenantTx,
    person: PersonId,
    provider: ExternalIdProvider,
    identifier: Uuid,
) -> Result<bool, DbError> {
    let (company, id, now) = (tx.company().uuid(), tx.clock().new_id(), tx.clock().now());
    let by = tx.actor().to_string();
    let done = sqlx::query!(
        "insert into profile.external_id (company_id, id, person_id, provider, identifier_id, linked_by, linked_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (company_id, identifier_id) do nothing",
        company,
        id,
        person.uuid(),
        provider.as_str(),
        identifier,
        by,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("write down a link"))?;
    Ok(done.rows_affected() == 1)
}

/// When a person's ids were linked by request, by the vault's id of them.
pub(super) async fn find_links(
    tx: &mut TenantTx,
    person: PersonId,
) -> Result<HashMap<Uuid, Timestamp>, DbError> {
    let rows = sqlx::query!(
        "select identifier_id, linked_at from profile.external_id where person_id = $1",
        person.uuid(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find links"))?;
    Ok(rows
        .into_iter()
        .map(|row| (row.identifier_id, row.linked_at.to_jiff()))
        .collect())
}
