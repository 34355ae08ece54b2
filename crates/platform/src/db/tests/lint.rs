//! The lint finds nothing in the schema as it is migrated, and each gap that is
//! made on purpose, under that gap's name only.

use std::collections::BTreeSet;

use sqlx::{Connection, PgConnection};

use crate::db::{RULES, lint};
use crate::testkit::TestDb;

/// A table as it should be, to be spoilt.
const SOUND: &str = "
create table platform.odd (company_id uuid, id uuid, primary key (company_id, id));
comment on table platform.odd is 'Odd. pii=none';
call platform.protect('platform.odd', 'tenant_only');";

/// Statements that break one rule each.
const FIXTURES: &[(&str, &str)] = &[
    ("rls_forced", "alter table platform.person disable row level security"),
    ("rls_forced", "alter table platform.person no force row level security"),
    ("policy_single", "drop policy tenant_only on platform.person"),
    ("policy_single", "create policy more on platform.person for select using (true)"),
    (
        "policy_plain",
        "drop policy tenant_only on platform.person;
         create policy tenant_only on platform.person for select using (company_id = (select platform.current_company()))",
    ),
    (
        "policy_plain",
        "drop policy tenant_only on platform.person;
         create policy tenant_only on platform.person as restrictive
             using (company_id = (select platform.current_company())) with check (company_id = (select platform.current_company()))",
    ),
    ("policy_plain", "alter policy tenant_only on platform.person to attest_app"),
    ("policy_text", "alter policy tenant_only on platform.person using (true)"),
    ("policy_text", "alter policy tenant_only on platform.person with check (true)"),
    (
        "policy_text",
        "alter policy tenant_only on platform.person using (company_id = nullif(current_setting('attest.context', true), '')::uuid)",
    ),
    (
        "policy_class",
        "drop policy tenant_only on platform.person; call platform.protect('platform.person', 'tenant_or_system')",
    ),
    ("policy_class", "alter policy tenant_only on platform.person rename to mine"),
    (
        "company_column",
        "create table platform.odd (id uuid primary key);
         comment on table platform.odd is 'Odd. pii=none';
         alter table platform.odd enable row level security;
         alter table platform.odd force row level security;
         create policy tenant_only on platform.odd using (true) with check (true)",
    ),
    ("primary_key", "alter table platform.inbox drop constraint inbox_pkey"),
    ("key_company", "create unique index odd on platform.job (id)"),
    ("key_company", "create unique index odd on platform.job (lower(kind), company_id)"),
    (
        "reference_company",
        "alter table platform.feature_flag add column leader text references platform.leader (name)",
    ),
    (
        "reference_schema",
        "alter table platform.feature_flag add foreign key (company_id) references identity.company (company_id)",
    ),
    (
        "view_invoker",
        "create view platform.odd as select id from platform.person; comment on view platform.odd is 'Odd. pii=none'",
    ),
    (
        "view_invoker",
        "create view platform.odd with (security_invoker = false) as select id from platform.person;
         comment on view platform.odd is 'Odd. pii=none'",
    ),
    (
        "view_stored",
        "create materialized view platform.odd as select id from platform.person;
         comment on materialized view platform.odd is 'Odd. pii=none'; grant select on platform.odd to attest_reader",
    ),
    (
        "function_definer",
        "create function platform.odd() returns int language sql security definer set search_path = pg_catalog, pg_temp as 'select 1';
         revoke all on function platform.odd() from public",
    ),
    (
        "function_search_path",
        "create function platform.odd() returns int language sql as 'select 1'; revoke all on function platform.odd() from public",
    ),
    ("function_search_path", "alter function platform.is_system() set search_path = public, pg_catalog"),
    ("function_public", "grant execute on function platform.verified_context() to public"),
    (
        "function_public",
        "create function platform.odd() returns int language sql set search_path = pg_catalog, pg_temp as 'select 1'",
    ),
    ("role_missing", "alter role attest_reader rename to reader"),
    ("role_attributes", "alter role attest_app bypassrls"),
    ("role_attributes", "alter role attest_worker inherit"),
    ("role_attributes", "alter role attest_owner superuser"),
    ("role_attributes", "alter role attest_reader createdb createrole replication"),
    ("role_owner", "create sequence platform.odd; alter sequence platform.odd owner to attest_app"),
    ("role_member", "grant attest_owner to attest_app"),
    ("grant_owner_only", "grant select on platform.context_key to attest_app"),
    ("grant_owner_only", "grant select (inner_block) on platform.context_key to public"),
    ("grant_audit", "grant update on platform.audit_entry to attest_app"),
    ("grant_audit", "grant update (details) on platform.audit_entry to attest_worker"),
    ("grant_audit", "grant delete on platform.audit_entry to attest_worker"),
    ("grant_narrow", "grant truncate on platform.job to attest_worker"),
    ("grant_narrow", "grant references, trigger on platform.job to attest_app"),
    ("grant_narrow", "grant insert on platform.job to attest_reader"),
    ("grant_narrow", "grant select on platform.job to public"),
    ("grant_narrow", "grant select on platform.job to attest_app with grant option"),
    ("create_schema", "grant create on schema public to public"),
    ("create_schema", "grant create on schema platform to attest_app"),
    (
        "create_database",
        "do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$",
    ),
    (
        "create_database",
        "do $$ begin execute format('grant create on database %I to attest_worker', current_database()); end $$",
    ),
    ("described", "comment on table platform.person is 'A human.'"),
    ("described", "comment on table platform.person is 'pii=none'"),
    ("append_only", "alter table platform.audit_entry disable trigger append_only"),
    ("append_only", "drop trigger append_only_truncate on platform.audit_entry"),
    (
        "append_only",
        "drop trigger append_only on platform.audit_entry;
         create trigger append_only before update or delete on platform.audit_entry
             for each row when (old.seq > 1) execute function platform.refuse_change()",
    ),
];

/// The rules that are broken once `statements` have run, which are then undone.
async fn broken_by(conn: &mut PgConnection, statements: &'static str) -> BTreeSet<&'static str> {
    let mut tx = conn.begin().await.expect("a transaction");
    sqlx::raw_sql(statements)
        .execute(&mut *tx)
        .await
        .unwrap_or_else(|error| panic!("{error}: {statements}"));
    let findings = lint(&mut tx).await.expect("the lint runs");
    tx.rollback().await.expect("the statements are undone");
    findings.iter().map(|finding| finding.rule).collect()
}

#[tokio::test]
async fn the_migrated_schema_has_no_finding() {
    let test = TestDb::new().await;
    let mut conn = test.administrator().connect_target().await.unwrap();
    assert_eq!(lint(&mut conn).await.unwrap(), []);
    assert_eq!(broken_by(&mut conn, SOUND).await, BTreeSet::new());
}

#[tokio::test]
async fn a_run_time_role_may_ask_too() {
    let test = TestDb::new().await;
    let mut tx = test.db().system("lint").await.unwrap();
    assert_eq!(lint(tx.conn()).await.unwrap(), []);
}

#[tokio::test]
async fn each_gap_is_found_under_its_own_name_only() {
    let test = TestDb::new().await;
    let mut conn = test.administrator().connect_target().await.unwrap();
    for (rule, statements) in FIXTURES {
        assert_eq!(
            broken_by(&mut conn, statements).await,
            BTreeSet::from([*rule]),
            "{statements}"
        );
    }
}

#[test]
fn every_rule_has_a_fixture() {
    let tried: BTreeSet<_> = FIXTURES.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(tried, BTreeSet::from(RULES));
}
