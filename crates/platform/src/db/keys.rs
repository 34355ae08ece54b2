//! The keys of companies: wrapped by the root key in the database, unwrapped in
//! memory. A company's keys are made when they are first asked for.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use contracts::CompanyId;
use jiff_sqlx::ToSqlx;

use super::{Db, DbError, Scope, TenantTx};
use crate::access::{TenantGrant, Trace};
use crate::crypto::{CompanyKeys, KeyKind};
use crate::keys::WrappedKey;

/// Unwrapped keys by company.
#[derive(Default)]
pub(super) struct Cache(RwLock<HashMap<CompanyId, Arc<CompanyKeys>>>);

impl Cache {
    pub(super) async fn get(
        &self,
        db: &Db,
        company: CompanyId,
    ) -> Result<Arc<CompanyKeys>, DbError> {
        if let Some(keys) = self.find(company) {
            return Ok(keys);
        }
        let keys = Arc::new(Box::pin(load_or_make(db, company)).await?);
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(company, keys.clone());
        Ok(keys)
    }

    /// Forgets a company's keys, so that they are read again.
    pub(super) fn forget(&self, company: CompanyId) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&company);
    }

    fn find(&self, company: CompanyId) -> Option<Arc<CompanyKeys>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&company)
            .cloned()
    }
}

async fn load_or_make(db: &Db, company: CompanyId) -> Result<CompanyKeys, DbError> {
    let trace = Trace::beginning(db.clock().new_id());
    let grant = TenantGrant::system(company, "keys", trace);
    let mut tx = TenantTx::begin_without_keys(db, Scope::Tenant(company.uuid()), grant).await?;
    let mut stored = select(&mut tx).await?;
    if stored.is_empty() {
        let fresh = CompanyKeys::generate(company.uuid())?;
        insert(&mut tx, &db.keyring().wrap_company(&fresh)?).await?;
        // Another process may have been first; what is stored counts.
        stored = select(&mut tx).await?;
    }
    tx.commit_bookkeeping().await?;
    Ok(db.keyring().unwrap_company(company.uuid(), &stored)?)
}

/// The company's keys as they are stored.
pub(crate) async fn select(tx: &mut TenantTx) -> Result<Vec<WrappedKey>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        "select kind, version, root_version, wrapped from platform.company_key where company_id = $1 order by kind, version",
        company,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read a company's keys"))?;
    rows.into_iter()
        .map(|row| {
            let kind = KeyKind::parse(&row.kind)
                .ok_or_else(|| DbError::Schema("a key of unknown kind".to_owned()))?;
            Ok(WrappedKey {
                kind,
                version: positive(row.version),
                root_version: positive(row.root_version),
                wrapped: row.wrapped,
            })
        })
        .collect()
}

/// Adds keys, or replaces the wrapping of those that are there when `root_version` is newer.
pub(crate) async fn insert(tx: &mut TenantTx, keys: &[WrappedKey]) -> Result<(), DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    for key in keys {
        sqlx::query!(
            "insert into platform.company_key (company_id, kind, version, root_version, wrapped, created_at)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (company_id, kind, version) do update
             set root_version = excluded.root_version, wrapped = excluded.wrapped
             where company_key.root_version < excluded.root_version",
            company,
            key.kind.as_str(),
            stored(key.version),
            stored(key.root_version),
            key.wrapped,
            now.to_sqlx(),
        )
        .execute(tx.conn())
        .await
        .map_err(DbError::during("store a company's keys"))?;
    }
    Ok(())
}

/// Waits for whoever else changes the company's keys. Two who rotated at once would
/// give one version to two keys, and only one of them would be stored.
async fn lock(tx: &mut TenantTx) -> Result<(), DbError> {
    let company = tx.company().uuid();
    sqlx::query!(
        "select from platform.company_key where company_id = $1 order by kind, version for update",
        company,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("lock a company's keys"))?;
    Ok(())
}

/// The company's keys as this transaction sees them, for when another process has
/// rotated them. The next transaction reads them anew as well.
pub(crate) async fn reload(tx: &mut TenantTx) -> Result<Arc<CompanyKeys>, DbError> {
    let company = tx.company();
    let stored = select(tx).await?;
    tx.db().shared.company_keys.forget(company);
    let keys = tx.db().keyring().unwrap_company(company.uuid(), &stored)?;
    Ok(Arc::new(keys))
}

impl Db {
    /// Makes a new data key for a company and wraps every person's key by it; how
    /// many persons that were. Old data keys stay, for what was sealed by them.
    pub async fn rotate_company_key(&self, grant: &TenantGrant) -> Result<u64, DbError> {
        let mut tx = self.tenant(grant).await?;
        lock(&mut tx).await?;
        let stored = select(&mut tx).await?;
        let mut keys = self
            .keyring()
            .unwrap_company(tx.company().uuid(), &stored)?;
        let version = keys.rotate_data()?;
        insert(&mut tx, &self.keyring().wrap_company(&keys)?).await?;
        let persons = crate::vault::rewrap_persons(&mut tx, &keys).await?;
        let details = serde_json::json!({ "version": version, "persons": persons });
        tx.audit(super::AuditNote::new("key.rotate", "company", grant.company).with(details));
        tx.commit().await?;
        self.shared.company_keys.forget(grant.company);
        Ok(persons)
    }

    /// Wraps a company's keys by the active root key; how many were wrapped by another.
    pub async fn rewrap_company(&self, grant: &TenantGrant) -> Result<usize, DbError> {
        let mut tx = self.tenant(grant).await?;
        lock(&mut tx).await?;
        let stored = select(&mut tx).await?;
        let active = self.keyring().active();
        let old = stored
            .iter()
            .filter(|key| key.root_version != active)
            .count();
        if old > 0 {
            let keys = self
                .keyring()
                .unwrap_company(tx.company().uuid(), &stored)?;
            insert(&mut tx, &self.keyring().wrap_company(&keys)?).await?;
            let details = serde_json::json!({ "root_version": active, "keys": old });
            tx.audit(super::AuditNote::new("key.rewrap", "company", grant.company).with(details));
            tx.commit().await?;
        }
        Ok(old)
    }
}

fn positive(version: i32) -> u32 {
    u32::try_from(version).unwrap_or_default()
}

fn stored(version: u32) -> i32 {
    i32::try_from(version).unwrap_or(i32::MAX)
}
