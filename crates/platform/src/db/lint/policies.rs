//! Rules about policies: one a table, of a known class, in the words of its class.

use std::collections::BTreeMap;

use sqlx::postgres::PgConnection;

use super::allowed::{OWNER_ONLY, SYSTEM_ONLY, TENANT_OR_SYSTEM, holds, names};
use super::{Finding, Scope};
use crate::db::DbError;

/// A policy as it is stored.
struct Policy {
    name: String,
    plain: bool,
    using: Option<String>,
    check: Option<String>,
}

/// A table and its policies.
#[derive(Default)]
struct Table {
    has_company: bool,
    policies: Vec<Policy>,
}

/// `policy_single`, `policy_plain`, `policy_text`, `policy_class`, `company_column`.
pub(super) async fn canonical(
    conn: &mut PgConnection,
    scope: &Scope,
) -> Result<Vec<Finding>, DbError> {
    let mut findings = Vec::new();
    for (name, table) in read(conn, scope).await? {
        if let Err(finding) = judge(&name, &table) {
            findings.push(finding);
        }
    }
    Ok(findings)
}

/// The first rule that the table breaks.
fn judge(name: &str, table: &Table) -> Result<(), Finding> {
    let [policy] = &table.policies[..] else {
        let detail = format!("{} policies instead of one", table.policies.len());
        return Err(Finding::new("policy_single", name, detail));
    };
    if !table.has_company && policy.name != "system_only" {
        let detail = "it has no company_id, so its policy must be system_only";
        return Err(Finding::new("company_column", name, detail));
    }
    if !policy.plain {
        let detail = "its policy is not a permissive one for all commands and everybody";
        return Err(Finding::new("policy_plain", name, detail));
    }
    let allowed = match &*policy.name {
        "tenant_only" => true,
        "tenant_or_system" => holds(TENANT_OR_SYSTEM, name),
        "system_only" => holds(SYSTEM_ONLY, name),
        _ => false,
    };
    if !allowed {
        let detail = format!("{} is not among the exceptions", policy.name);
        return Err(Finding::new("policy_class", name, detail));
    }
    let wanted = canonical_text(&policy.name);
    if policy.using.as_deref() != wanted || policy.check.as_deref() != wanted {
        let detail = format!("its conditions are not those of {}", policy.name);
        return Err(Finding::new("policy_text", name, detail));
    }
    Ok(())
}

/// A class's condition as Postgres prints what `platform.protect` wrote.
fn canonical_text(class: &str) -> Option<&'static str> {
    match class {
        "tenant_only" => {
            Some("(company_id = ( SELECT platform.current_company() AS current_company))")
        }
        "tenant_or_system" => Some(
            "((company_id = ( SELECT platform.current_company() AS current_company)) OR ( SELECT platform.is_system() AS is_system))",
        ),
        "system_only" => Some("( SELECT platform.is_system() AS is_system)"),
        _ => None,
    }
}

async fn read(conn: &mut PgConnection, scope: &Scope) -> Result<BTreeMap<String, Table>, DbError> {
    let rows = sqlx::query!(
        r#"select c.oid::regclass::text as "table!",
             exists (
                 select from pg_catalog.pg_attribute as a
                 where a.attrelid = c.oid and a.attname = 'company_id' and not a.attisdropped
             ) as "has_company!",
             p.polname::text as "name?",
             p.polpermissive and p.polcmd = '*' and p.polroles = '{0}' as "plain?",
             pg_catalog.pg_get_expr(p.polqual, p.polrelid) as "using?",
             pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as "check?"
         from pg_catalog.pg_class as c
         left join pg_catalog.pg_policy as p on p.polrelid = c.oid
         where c.oid = any($1) and c.oid::regclass::text <> all($2)"#,
        &scope.tables,
        &names(OWNER_ONLY),
    )
    .fetch_all(conn)
    .await
    .map_err(DbError::during("read policies"))?;
    let mut tables = BTreeMap::<String, Table>::new();
    for row in rows {
        let table = tables.entry(row.table).or_default();
        table.has_company = row.has_company;
        table.policies.extend(row.name.map(|name| Policy {
            name,
            plain: row.plain.unwrap_or_default(),
            using: row.using,
            check: row.check,
        }));
    }
    Ok(tables)
}
