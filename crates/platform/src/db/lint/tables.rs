//! Rules about tables and views as such.

use sqlx::postgres::PgConnection;

use super::allowed::{OWNER_ONLY, names};
use super::{Finding, Scope, run_time_roles};
use crate::db::DbError;

/// `rls_forced`: every table has row-level security, its owner not excepted.
pub(super) async fn forced(
    conn: &mut PgConnection,
    scope: &Scope,
) -> Result<Vec<Finding>, DbError> {
    let rows = sqlx::query!(
        r#"select c.oid::regclass::text as "table!", c.relrowsecurity as "enabled!"
         from pg_catalog.pg_class as c
         where c.oid = any($1) and c.oid::regclass::text <> all($2)
           and not (c.relrowsecurity and c.relforcerowsecurity)"#,
        &scope.tables,
        &names(OWNER_ONLY),
    )
    .fetch_all(conn)
    .await
    .map_err(DbError::during("read row-level security"))?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let detail = if row.enabled {
                "row-level security is not forced on the owner"
            } else {
                "row-level security is off"
            };
            Finding::new("rls_forced", row.table, detail)
        })
        .collect())
}

/// `described`: every table and view says what it is for and how its data relate to people.
pub(super) async fn described(
    conn: &mut PgConnection,
    scope: &Scope,
) -> Result<Vec<Finding>, DbError> {
    let rows = sqlx::query_scalar!(
        r#"select c.oid::regclass::text as "table!"
         from pg_catalog.pg_class as c
         where (c.oid = any($1) or c.oid = any($2))
           and coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '') !~ '^\S.* pii=(none|pseudonymous|ciphertext)$'"#,
        &scope.tables,
        &scope.views,
    )
    .fetch_all(conn)
    .await
    .map_err(DbError::during("read comments"))?;
    Ok(rows
        .into_iter()
        .map(|table| {
            let detail = "its comment does not say what it is for, ending in pii=none, pii=pseudonymous or pii=ciphertext";
            Finding::new("described", table, detail)
        })
        .collect())
}

/// `append_only`: the audit log refuses changes, deletions and truncation.
pub(super) async fn append_only(conn: &mut PgConnection) -> Result<Vec<Finding>, DbError> {
    // tgtype: 1 row, 2 before, 8 delete, 16 update, 32 truncate.
    let missing = sqlx::query_scalar!(
        r#"select w.what as "what!"
         from (values (27, 'update and delete'), (34, 'truncate')) as w (kind, what)
         where not exists (
             select from pg_catalog.pg_trigger as t
             where t.tgrelid = to_regclass('platform.audit_entry')
               and t.tgfoid = to_regproc('platform.refuse_change')
               and t.tgtype = w.kind and t.tgenabled in ('O', 'A') and t.tgqual is null
         )"#
    )
    .fetch_all(conn)
    .await
    .map_err(DbError::during("read triggers"))?;
    Ok(missing
        .into_iter()
        .map(|what| {
            let detail = format!("no enabled trigger refuses {what}");
            Finding::new("append_only", "platform.audit_entry", detail)
        })
        .collect())
}

/// `view_invoker`: views see with the asker's eyes. `view_stored`: what is stored
/// of a query is outside row-level security, so run-time roles may not read it.
pub(super) async fn views(conn: &mut PgConnection, scope: &Scope) -> Result<Vec<Finding>, DbError> {
    let rows = sqlx::query!(
        r#"select c.oid::regclass::text as "view!", c.relkind = 'm' as "stored!"
         from pg_catalog.pg_class as c
         where c.oid = any($1)
           and case c.relkind
               when 'v' then not coalesce(c.reloptions && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1'], false)
               else exists (
                   select from pg_catalog.aclexplode(c.relacl) as a
                   left join pg_catalog.pg_roles as r on r.oid = a.grantee
                   where a.grantee = 0 or r.rolname = any($2)
               )
           end"#,
        &scope.views,
        &run_time_roles(),
    )
    .fetch_all(conn)
    .await
    .map_err(DbError::during("read views"))?;
    Ok(rows
        .into_iter()
        .map(|row| {
            if row.stored {
                Finding::new("view_stored", row.view, "a materialised view is readable")
            } else {
                Finding::new("view_invoker", row.view, "it lacks security_invoker")
            }
        })
        .collect())
}
