//! Rules about grants: nobody may do what row-level security does not see.

use sqlx::postgres::PgConnection;

use super::allowed::{OWNER_ONLY, names};
use super::{Finding, Scope, run_time_roles};
use crate::db::DbError;

/// One right on one relation or column.
struct Grant {
    relation: String,
    grantee: String,
    privilege: String,
    grantable: bool,
    owner_only: bool,
}

/// `grant_owner_only`, `grant_audit`, `grant_narrow`.
pub(super) async fn narrow(
    conn: &mut PgConnection,
    scope: &Scope,
) -> Result<Vec<Finding>, DbError> {
    let grants = read(conn, scope).await?;
    Ok(grants.iter().filter_map(judge).collect())
}

fn judge(grant: &Grant) -> Option<Finding> {
    let writes = matches!(&*grant.privilege, "INSERT" | "UPDATE" | "DELETE");
    let rule = if grant.owner_only {
        "grant_owner_only"
    } else if grant.relation == "platform.audit_entry"
        && matches!(&*grant.privilege, "UPDATE" | "DELETE")
    {
        "grant_audit"
    } else if grant.grantable
        || grant.grantee == "public"
        || !(writes || grant.privilege == "SELECT")
        || (writes && grant.grantee == "attest_reader")
    {
        "grant_narrow"
    } else {
        return None;
    };
    let detail = format!("{} may {}", grant.grantee, grant.privilege);
    Some(Finding::new(rule, grant.relation.clone(), detail))
}

async fn read(conn: &mut PgConnection, scope: &Scope) -> Result<Vec<Grant>, DbError> {
    sqlx::query_as!(
        Grant,
        r#"select c.oid::regclass::text as "relation!", coalesce(r.rolname::text, 'public') as "grantee!",
             a.privilege_type as "privilege!", a.is_grantable as "grantable!",
             c.oid::regclass::text = any($4) as "owner_only!"
         from pg_catalog.pg_class as c
         cross join lateral (
             select e.grantee, e.privilege_type, e.is_grantable from pg_catalog.aclexplode(c.relacl) as e
             union
             select e.grantee, e.privilege_type, e.is_grantable
             from pg_catalog.pg_attribute as t cross join lateral pg_catalog.aclexplode(t.attacl) as e
             where t.attrelid = c.oid
         ) as a
         left join pg_catalog.pg_roles as r on r.oid = a.grantee
         where (c.oid = any($1) or c.oid = any($2)) and c.relkind <> 'm'
           and (a.grantee = 0 or r.rolname = any($3)) and a.grantee <> c.relowner"#,
        &scope.tables,
        &scope.views,
        &run_time_roles(),
        &names(OWNER_ONLY),
    )
    .fetch_all(conn)
    .await
    .map_err(DbError::during("read grants"))
}

/// `create_schema`, `create_database`: nobody but the owner makes anything, temporary
/// tables included, because a table of one's own can stand in for another.
pub(super) async fn nothing_created(conn: &mut PgConnection) -> Result<Vec<Finding>, DbError> {
    let rows = sqlx::query!(
        r#"select o.rule as "rule!", o.name as "name!", coalesce(r.rolname::text, 'public') as "grantee!", a.privilege_type as "privilege!"
         from (
             select 'create_schema', n.nspname::text, n.nspowner, coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))
             from pg_catalog.pg_namespace as n where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
             union all
             select 'create_database', d.datname::text, d.datdba, coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))
             from pg_catalog.pg_database as d where d.datname = current_database()
         ) as o (rule, name, owner, acl)
         cross join lateral pg_catalog.aclexplode(o.acl) as a
         left join pg_catalog.pg_roles as r on r.oid = a.grantee
         where (a.grantee = 0 or r.rolname = any($1)) and a.privilege_type in ('CREATE', 'TEMPORARY')"#,
        &run_time_roles(),
    )
    .fetch_all(conn)
    .await
    .map_err(DbError::during("read rights to create"))?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let rule = if row.rule == "create_schema" {
                "create_schema"
            } else {
                "create_database"
            };
            let detail = format!("{} may {}", row.grantee, row.privilege);
            Finding::new(rule, row.name, detail)
        })
        .collect())
}
