//! The catalogue lint: reads `pg_catalog` and says where the schema leaves a gap
//! in isolation. It runs in the tests over the migrated schema, and wherever an
//! operator wants to know whether a database still is as it was made.

mod allowed;
mod functions;
mod grants;
mod keys;
mod policies;
mod roles;
mod tables;

use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::DbError;

/// A gap that the lint found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that is broken.
    pub rule: &'static str,
    /// What breaks it: a table, index, function, role or grant, by name.
    pub object: String,
    /// In which way.
    pub detail: String,
}

/// The names of all rules.
pub const RULES: [&str; 26] = [
    "append_only",
    "company_column",
    "create_database",
    "create_schema",
    "described",
    "function_definer",
    "function_public",
    "function_search_path",
    "grant_audit",
    "grant_narrow",
    "grant_owner_only",
    "key_company",
    "policy_class",
    "policy_plain",
    "policy_single",
    "policy_text",
    "primary_key",
    "reference_company",
    "reference_schema",
    "rls_forced",
    "role_attributes",
    "role_member",
    "role_missing",
    "role_owner",
    "view_invoker",
    "view_stored",
];

impl Finding {
    fn new(rule: &'static str, object: impl Into<String>, detail: impl Into<String>) -> Self {
        debug_assert!(RULES.contains(&rule), "{rule} is not listed");
        Self {
            rule,
            object: object.into(),
            detail: detail.into(),
        }
    }
}

/// The roles that Attest connects as while it runs.
const RUN_TIME_ROLES: [&str; 3] = ["attest_app", "attest_worker", "attest_reader"];

/// Every gap in the connection's database, over all schemas that are not the
/// system's; objects of extensions are left out. Any role may ask.
pub async fn lint(conn: &mut PgConnection) -> Result<Vec<Finding>, DbError> {
    let scope = Scope::read(conn).await?;
    let mut findings = tables::forced(conn, &scope).await?;
    findings.extend(tables::described(conn, &scope).await?);
    findings.extend(tables::append_only(conn).await?);
    findings.extend(tables::views(conn, &scope).await?);
    findings.extend(policies::canonical(conn, &scope).await?);
    findings.extend(keys::begin_with_company(conn, &scope).await?);
    findings.extend(keys::stay_in_company(conn, &scope).await?);
    findings.extend(functions::guarded(conn, &scope).await?);
    findings.extend(roles::powerless(conn).await?);
    findings.extend(grants::narrow(conn, &scope).await?);
    findings.extend(grants::nothing_created(conn).await?);
    Ok(findings)
}

/// What the lint looks at.
struct Scope {
    /// Tables, partitioned and foreign ones too.
    tables: Vec<Oid>,
    /// Views and materialised views.
    views: Vec<Oid>,
    /// Functions and procedures.
    functions: Vec<Oid>,
}

impl Scope {
    async fn read(conn: &mut PgConnection) -> Result<Self, DbError> {
        let relations = sqlx::query!(
            r#"select c.oid as "oid!", c.relkind in ('v', 'm') as "view!"
             from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
             where c.relkind in ('r', 'p', 'f', 'v', 'm')
               and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
               and not exists (
                   select from pg_catalog.pg_depend as d
                   where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
               )
             order by n.nspname, c.relname"#
        )
        .fetch_all(&mut *conn)
        .await
        .map_err(DbError::during("list tables"))?;
        let functions = sqlx::query_scalar!(
            r#"select p.oid as "oid!"
             from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
             where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
               and not exists (
                   select from pg_catalog.pg_depend as d
                   where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
               )
             order by n.nspname, p.proname"#
        )
        .fetch_all(conn)
        .await
        .map_err(DbError::during("list functions"))?;
        let of = |view: bool| {
            let kept = relations.iter().filter(|relation| relation.view == view);
            kept.map(|relation| relation.oid).collect()
        };
        Ok(Self {
            tables: of(false),
            views: of(true),
            functions,
        })
    }
}

fn run_time_roles() -> Vec<String> {
    RUN_TIME_ROLES.map(ToOwned::to_owned).to_vec()
}
