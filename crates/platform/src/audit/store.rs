//! The audit log's SQL: reading chains back.

use contracts::CompanyId;

use super::{AuditEntry, EntryHash};
use crate::db::{Db, DbError, TenantTx};
use crate::keys::WrappedKey;

/// Entries read at a time.
const PAGE: i64 = 1000;

/// Where a company's chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// The company; [`CompanyId::SYSTEM`] for the system's own chain.
    pub company: CompanyId,
    /// The last entry.
    pub seq: i64,
    /// Its hash.
    pub hash: EntryHash,
}

/// Where every chain that has an entry stands.
pub async fn heads(db: &Db) -> Result<Vec<ChainHead>, DbError> {
    let mut tx = db.system("witness").await?;
    let rows = sqlx::query!(
        "select company_id, audit_seq, audit_hash from platform.tenant_head where audit_seq > 0"
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read where the audit chains stand"))?;
    rows.into_iter()
        .map(|row| {
            let hash = row.audit_hash.try_into();
            let hash = hash.map_err(|_| DbError::Schema("a chain's hash is cut".to_owned()))?;
            Ok(ChainHead {
                company: row.company_id.into(),
                seq: row.audit_seq,
                hash: EntryHash(hash),
            })
        })
        .collect()
}

/// The transaction's company's audit key as it is stored, for the header of an export.
pub async fn wrapped_audit_key(tx: &mut TenantTx) -> Result<WrappedKey, DbError> {
    let keys = crate::db::stored_company_keys(tx).await?;
    keys.into_iter()
        .find(|key| key.kind == crate::crypto::KeyKind::CompanyAudit)
        .ok_or_else(|| DbError::Schema("the company has no audit key".to_owned()))
}

/// Up to a thousand entries of the transaction's company behind `after`, each with its hash as stored.
pub async fn list_entries(
    tx: &mut TenantTx,
    after: i64,
) -> Result<Vec<(AuditEntry, EntryHash)>, DbError> {
    let company = tx.company();
    let rows = sqlx::query!(
        "select seq, at, actor, action, resource_kind, resource_id, request_id, outcome, details, hash
         from platform.audit_entry where company_id = $1 and seq > $2 order by seq limit $3",
        company.uuid(),
        after,
        PAGE,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read the audit log"))?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let entry = AuditEntry {
                seq: row.seq,
                company,
                at: row.at.to_jiff(),
                actor: row.actor,
                action: row.action,
                resource_kind: row.resource_kind,
                resource_id: row.resource_id,
                request_id: row.request_id,
                outcome: row.outcome,
                details: row.details,
            };
            // A hash of another length can only be a forgery; it matches nothing.
            (entry, EntryHash(row.hash.try_into().unwrap_or([0; 32])))
        })
        .collect())
}
