//! What run-time roles may not do, whatever they are made to say.

use serde_json::json;
use sqlx::{Connection, PgConnection};

use super::lab::MINE;
use crate::db::AuditNote;
use crate::db::admin::as_role;
use crate::testkit::TestDb;

/// Statements that every run-time role must be refused.
const FORBIDDEN: &[&str] = &[
    "select * from platform.context_key",
    "select platform.verified_context()",
    "select * from platform.schema_migration",
    "alter table platform.person disable row level security",
    "alter table platform.person no force row level security",
    "drop policy tenant_only on platform.person",
    "create policy more on platform.person using (true)",
    "alter policy tenant_only on platform.person using (true)",
    "alter table platform.audit_entry disable trigger append_only",
    "call platform.protect('platform.person', 'tenant_only')",
    "set role attest_owner",
    "set session authorization attest_owner",
    "alter role attest_app bypassrls",
    "grant attest_owner to attest_app",
    "create table platform.mine (id int)",
    "create table public.mine (id int)",
    "create temporary table person (id int)",
    "create schema mine",
    "create function platform.mine() returns int language sql as 'select 1'",
    "create or replace function platform.is_system() returns boolean language sql as 'select true'",
    "create view platform.mine as select * from platform.person",
    "truncate platform.person",
    "truncate platform.audit_entry",
    "update platform.audit_entry set details = '{}'",
    "delete from platform.audit_entry",
    "set session_replication_role = replica",
    "copy platform.leader to program 'true'",
    "copy platform.leader to '/tmp/leader'",
    "select pg_read_file('PG_VERSION')",
    "select rolpassword from pg_authid",
    "set local row_security = off; select * from platform.person",
];

async fn refusal(conn: &mut PgConnection, statement: &'static str) -> Option<String> {
    let mut tx = conn.begin().await.unwrap();
    let error = sqlx::raw_sql(statement).execute(&mut *tx).await.err()?;
    tx.rollback().await.unwrap();
    Some(error.as_database_error()?.code()?.into_owned())
}

#[tokio::test]
async fn run_time_roles_may_not_reach_around_the_policies() {
    let test = TestDb::new().await;
    for role in ["attest_app", "attest_worker", "attest_reader"] {
        let options = as_role(&test.options(), test.keyring(), role);
        let mut conn = PgConnection::connect_with(&options).await.unwrap();
        for statement in FORBIDDEN {
            let refused = refusal(&mut conn, statement).await;
            assert_eq!(refused.as_deref(), Some("42501"), "{role}: {statement}");
        }
    }
}

#[tokio::test]
async fn the_reader_changes_nothing() {
    let test = TestDb::new().await;
    let options = as_role(&test.options(), test.keyring(), "attest_reader");
    let mut conn = PgConnection::connect_with(&options).await.unwrap();
    for statement in [
        "insert into platform.leader values ('x', gen_random_uuid(), now())",
        "update platform.person set erased_at = now()",
        "delete from platform.outbox",
        "select * from platform.person for update",
    ] {
        assert_eq!(
            refusal(&mut conn, statement).await.as_deref(),
            Some("42501"),
            "{statement}"
        );
    }
}

#[tokio::test]
async fn not_even_the_owner_changes_or_removes_an_audit_entry() {
    let test = TestDb::new().await;
    let mut tx = test.db().tenant(&test.grant("acme")).await.unwrap();
    tx.audit(AuditNote::new("test.run", "test", MINE).with(json!({})));
    tx.commit().await.unwrap();
    let mut owner = test
        .administrator()
        .connect_owner(test.keyring())
        .await
        .unwrap();
    let mut admin = test.administrator().connect_target().await.unwrap();
    for statement in [
        "update platform.audit_entry set details = 'changed'",
        "delete from platform.audit_entry",
        "truncate platform.audit_entry",
    ] {
        // The administrator bypasses policies; the triggers hold all the same.
        assert_eq!(
            refusal(&mut admin, statement).await.as_deref(),
            Some("42501"),
            "{statement}"
        );
    }
    assert_eq!(
        refusal(&mut owner, "truncate platform.audit_entry")
            .await
            .as_deref(),
        Some("42501")
    );
    let changed = sqlx::query("delete from platform.audit_entry")
        .execute(&mut owner)
        .await;
    assert_eq!(
        changed.unwrap().rows_affected(),
        0,
        "the owner sees no row to remove"
    );
}
