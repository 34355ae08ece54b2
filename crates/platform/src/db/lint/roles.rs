//! Rules about roles: what a stolen password could do.

use sqlx::postgres::PgConnection;

use super::{Finding, run_time_roles};
use crate::db::DbError;

/// `role_missing`, `role_attributes`, `role_owner`, `role_member`.
pub(super) async fn powerless(conn: &mut PgConnection) -> Result<Vec<Finding>, DbError> {
    let mut findings = attributes(conn).await?;
    let owned = sqlx::query!(
        r#"select r.rolname::text as "role!", pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) as "object"
         from pg_catalog.pg_shdepend as d
         join pg_catalog.pg_roles as r on d.refclassid = 'pg_catalog.pg_authid'::regclass and r.oid = d.refobjid
         where d.deptype = 'o' and r.rolname = any($1)
           and d.dbid in (0, (select oid from pg_catalog.pg_database where datname = current_database()))"#,
        &run_time_roles(),
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(DbError::during("read owners"))?;
    for row in owned {
        let detail = format!("it owns {}", row.object.unwrap_or_default());
        findings.push(Finding::new("role_owner", row.role, detail));
    }
    let members = sqlx::query!(
        r#"select m.rolname::text as "role!", g.rolname::text as "of!"
         from pg_catalog.pg_auth_members as a
         join pg_catalog.pg_roles as m on m.oid = a.member
         join pg_catalog.pg_roles as g on g.oid = a.roleid
         where m.rolname ~ '^attest_'"#
    )
    .fetch_all(conn)
    .await
    .map_err(DbError::during("read memberships of roles"))?;
    for row in members {
        let detail = format!("it is a member of {}", row.of);
        findings.push(Finding::new("role_member", row.role, detail));
    }
    Ok(findings)
}

async fn attributes(conn: &mut PgConnection) -> Result<Vec<Finding>, DbError> {
    let rows = sqlx::query!(
        r#"select n.name as "role!", r.rolname is null as "missing!",
             array_remove(array[
                 case when r.rolsuper then 'superuser' end,
                 case when r.rolbypassrls then 'bypassrls' end,
                 case when r.rolcreatedb then 'createdb' end,
                 case when r.rolcreaterole then 'createrole' end,
                 case when r.rolreplication then 'replication' end,
                 case when r.rolinherit then 'inherit' end
             ], null) as "powers!"
         from (
             select rolname::text from pg_catalog.pg_roles where rolname ~ '^attest_' and rolname <> $2
             union
             select unnest($1::text[])
         ) as n (name)
         left join pg_catalog.pg_roles as r on r.rolname = n.name"#,
        &run_time_roles(),
        // The private server's administrator; nothing connects as it while Attest runs.
        crate::postgres::SUPERUSER,
    )
    .fetch_all(conn)
    .await
    .map_err(DbError::during("read roles"))?;
    let findings = rows.into_iter().filter_map(|row| {
        if row.missing {
            return Some(Finding::new(
                "role_missing",
                row.role,
                "there is no such role",
            ));
        }
        let detail = format!("it has {}", row.powers.join(", "));
        (!row.powers.is_empty()).then(|| Finding::new("role_attributes", row.role, detail))
    });
    Ok(findings.collect())
}
