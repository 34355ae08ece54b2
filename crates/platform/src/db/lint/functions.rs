//! Rules about functions: what runs with more rights than the caller's.

use sqlx::postgres::PgConnection;

use super::allowed::{DEFINERS, holds};
use super::{Finding, Scope};
use crate::db::DbError;

/// `function_definer`: functions with their owner's rights are listed.
/// `function_search_path`: names in a function mean what its author meant.
/// `function_public`: nobody may call a function unless it was granted to them.
pub(super) async fn guarded(
    conn: &mut PgConnection,
    scope: &Scope,
) -> Result<Vec<Finding>, DbError> {
    let rows = sqlx::query!(
        r#"select p.oid::regprocedure::text as "function!", p.prosecdef as "definer!",
             exists (select from unnest(p.proconfig) as s (setting) where s.setting ~ '^search_path=pg_catalog(,|$)') as "pinned!",
             exists (
                 select from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as a
                 where a.grantee = 0
             ) as "public!"
         from pg_catalog.pg_proc as p
         where p.oid = any($1)"#,
        &scope.functions,
    )
    .fetch_all(conn)
    .await
    .map_err(DbError::during("read functions"))?;
    let mut findings = Vec::new();
    for row in rows {
        let mut found = |rule, detail| {
            findings.push(Finding::new(rule, row.function.clone(), detail));
        };
        if row.definer && !holds(DEFINERS, &row.function) {
            found("function_definer", "it runs with its owner's rights");
        }
        if !row.pinned {
            found(
                "function_search_path",
                "its search_path does not begin with pg_catalog",
            );
        }
        if row.public {
            found("function_public", "everybody may call it");
        }
    }
    Ok(findings)
}
