//! Rules about keys: a key that does not begin with the company tells one
//! company whether another has a row.

use sqlx::postgres::PgConnection;

use super::allowed::{GLOBALLY_UNIQUE, names};
use super::{Finding, Scope};
use crate::db::DbError;

/// `primary_key`: every table has one. `key_company`: it and every unique index of a
/// table with `company_id` begin with that column.
pub(super) async fn begin_with_company(
    conn: &mut PgConnection,
    scope: &Scope,
) -> Result<Vec<Finding>, DbError> {
    let keyless = sqlx::query_scalar!(
        r#"select c.oid::regclass::text as "table!"
         from pg_catalog.pg_class as c
         where c.oid = any($1)
           and not exists (select from pg_catalog.pg_index as i where i.indrelid = c.oid and i.indisprimary)"#,
        &scope.tables,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(DbError::during("read primary keys"))?;
    let indexes = sqlx::query_scalar!(
        r#"select i.indexrelid::regclass::text as "index!"
         from pg_catalog.pg_index as i
         join pg_catalog.pg_attribute as company on company.attrelid = i.indrelid and company.attname = 'company_id'
         where i.indrelid = any($1) and i.indisunique and i.indkey[0] <> company.attnum
           and i.indexrelid::regclass::text <> all($2)"#,
        &scope.tables,
        &names(GLOBALLY_UNIQUE),
    )
    .fetch_all(conn)
    .await
    .map_err(DbError::during("read unique indexes"))?;
    let keyless = keyless
        .into_iter()
        .map(|table| Finding::new("primary_key", table, "it has no primary key"));
    let indexes = indexes.into_iter().map(|index| {
        Finding::new(
            "key_company",
            index,
            "it is unique and does not begin with company_id",
        )
    });
    Ok(keyless.chain(indexes).collect())
}

/// `reference_company`: foreign keys between tables of companies pair `company_id`
/// with `company_id`. `reference_schema`: none leaves its schema.
pub(super) async fn stay_in_company(
    conn: &mut PgConnection,
    scope: &Scope,
) -> Result<Vec<Finding>, DbError> {
    let rows = sqlx::query!(
        r#"select k.conrelid::regclass::text || '.' || k.conname as "key!",
             here.relnamespace = there.relnamespace as "inside!",
             not exists (
                 select from pg_catalog.pg_attribute as a
                 where a.attrelid in (k.conrelid, k.confrelid) and a.attname = 'company_id'
             ) or exists (
                 select from unnest(k.conkey, k.confkey) as pair (mine, theirs)
                 join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = pair.mine
                 join pg_catalog.pg_attribute as b on b.attrelid = k.confrelid and b.attnum = pair.theirs
                 where a.attname = 'company_id' and b.attname = 'company_id'
             ) as "paired!"
         from pg_catalog.pg_constraint as k
         join pg_catalog.pg_class as here on here.oid = k.conrelid
         join pg_catalog.pg_class as there on there.oid = k.confrelid
         where k.contype = 'f' and k.conrelid = any($1)"#,
        &scope.tables,
    )
    .fetch_all(conn)
    .await
    .map_err(DbError::during("read foreign keys"))?;
    let mut findings = Vec::new();
    for row in rows {
        if !row.inside {
            let detail = "it refers to another schema";
            findings.push(Finding::new("reference_schema", row.key.clone(), detail));
        }
        if !row.paired {
            let detail = "it does not pair company_id with company_id";
            findings.push(Finding::new("reference_company", row.key, detail));
        }
    }
    Ok(findings)
}
