//! A database in which every table has a row of each of two companies, and what
//! one role tries there under one context.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

use crate::Clock;
use crate::db::context::{ContextSigner, Scope};
use crate::testkit::TestDb;

/// Whose context is used.
pub(super) const MINE: Uuid = Uuid::from_u128(0xa11c_e000_0000_7000_8000_0000_0000_0001);
/// Whose rows are to stay out of reach.
pub(super) const THEIRS: Uuid = Uuid::from_u128(0xb0b0_0000_0000_7000_8000_0000_0000_0002);

/// A table that has a policy.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) policy: String,
    pub(super) tenant: bool,
    /// A row of theirs as JSON; of nobody's where the table knows no company.
    row: String,
}

/// A seeded database, and the administrator's connection to it.
pub(super) struct Lab {
    _test: TestDb,
    pub(super) conn: PgConnection,
    signer: ContextSigner,
    pub(super) tables: Vec<Table>,
}

/// What became of a statement.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It touched so many rows.
    Rows(u64),
    /// For want of a right, or by a policy.
    Refused,
    /// Another error, which tells that a policy was passed.
    Failed(String),
}

impl Lab {
    pub(super) async fn new() -> Self {
        let test = TestDb::new().await;
        let mut conn = test.administrator().connect_target().await.unwrap();
        let signer = ContextSigner::new(test.keyring().tenant_context_key());
        let tables = seed(&mut conn).await;
        Self {
            _test: test,
            conn,
            signer,
            tables,
        }
    }

    /// Runs `mutation` as the administrator, then looks for violations in one table
    /// and for findings of the lint, and undoes everything.
    pub(super) async fn with_mutation(
        &mut self,
        table: &Table,
        mutation: String,
    ) -> (Vec<String>, Vec<crate::db::Finding>) {
        let mut tx = self.conn.begin().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(mutation))
            .execute(&mut *tx)
            .await
            .unwrap();
        let violations = violations_in(&mut tx, &self.signer, table).await;
        let findings = crate::db::lint(&mut tx).await.unwrap();
        tx.rollback().await.unwrap();
        (violations, findings)
    }

    /// What breaks isolation, in any table, by any role; nothing if all is well.
    pub(super) async fn isolation_violations(&mut self) -> Vec<String> {
        let mut violations = Vec::new();
        for table in &self.tables {
            violations.extend(violations_in(&mut self.conn, &self.signer, table).await);
        }
        violations
    }
}

/// One role under one context.
struct Asker<'a> {
    conn: &'a mut PgConnection,
    role: &'static str,
    context: String,
}

impl Asker<'_> {
    /// Tries a statement, with `row` as its only parameter if there is one, and undoes it.
    async fn attempt(&mut self, statement: String, row: Option<&str>) -> Outcome {
        let mut tx = self.conn.begin().await.unwrap();
        let role = self.role;
        let become_role = format!("set local session authorization {role}");
        sqlx::raw_sql(AssertSqlSafe(become_role))
            .execute(&mut *tx)
            .await
            .unwrap();
        sqlx::query("select set_config('attest.context', $1, true)")
            .bind(&self.context)
            .execute(&mut *tx)
            .await
            .unwrap();
        let query = sqlx::query(AssertSqlSafe(statement));
        let query = match row {
            Some(row) => query.bind(row.to_owned()),
            None => query,
        };
        let outcome = match query.execute(&mut *tx).await {
            Ok(done) => Outcome::Rows(done.rows_affected()),
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42501") => {
                Outcome::Refused
            }
            Err(error) => Outcome::Failed(error.to_string()),
        };
        tx.rollback().await.unwrap();
        outcome
    }
}

async fn violations_in(
    conn: &mut PgConnection,
    signer: &ContextSigner,
    table: &Table,
) -> Vec<String> {
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    let mut violations = Vec::new();
    for role in [
        "attest_app",
        "attest_worker",
        "attest_reader",
        "attest_owner",
    ] {
        let now = Clock::system().now();
        let mine = signer.sign(Scope::Tenant(MINE), role, pid, now);
        let system = signer.sign(Scope::System, role, pid, now);
        for (context, sees) in [
            (String::new(), Sees::Nothing),
            (
                mine,
                if table.tenant {
                    Sees::Mine
                } else {
                    Sees::Nothing
                },
            ),
            (
                system,
                if table.policy == "tenant_only" {
                    Sees::Nothing
                } else {
                    Sees::All
                },
            ),
        ] {
            let mut asker = Asker {
                conn: &mut *conn,
                role,
                context,
            };
            for what in broken(&mut asker, table, sees).await {
                violations.push(format!(
                    "{}: {role} who should see {sees:?}: {what}",
                    table.name
                ));
            }
        }
    }
    violations
}

/// What a context should show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sees {
    Nothing,
    Mine,
    All,
}

/// Tries to read, add, change and remove what should be out of reach.
async fn broken(asker: &mut Asker<'_>, table: &Table, sees: Sees) -> Vec<String> {
    let name = &table.name;
    let mut broken = Vec::new();
    let answer = asker.attempt(format!("select * from {name}"), None).await;
    let expected = match sees {
        Sees::Nothing => 0,
        Sees::Mine => 1,
        Sees::All => 1 + u64::from(table.tenant),
    };
    if answer != Outcome::Rows(expected) {
        broken.push(format!("reading gave {answer:?}"));
    }
    if sees == Sees::All {
        return broken;
    }
    let insert =
        format!("insert into {name} select * from jsonb_populate_record(null::{name}, $1::jsonb)");
    let added = asker.attempt(insert, Some(&table.row)).await;
    if added != Outcome::Refused {
        broken.push(format!("adding gave {added:?}"));
    }
    let theirs = if table.tenant {
        format!(" where company_id = '{THEIRS}'")
    } else {
        String::new()
    };
    for statement in [
        format!("update {name} set {0} = {0}{theirs}", column(table)),
        format!("delete from {name}{theirs}"),
    ] {
        let outcome = asker.attempt(statement.clone(), None).await;
        if !matches!(outcome, Outcome::Refused | Outcome::Rows(0)) {
            broken.push(format!("{statement} gave {outcome:?}"));
        }
    }
    if table.tenant {
        let give = format!("update {name} set company_id = '{THEIRS}' where company_id = '{MINE}'");
        let given = asker.attempt(give, None).await;
        let harmless =
            given == Outcome::Refused || (sees == Sees::Nothing && given == Outcome::Rows(0));
        if !harmless {
            broken.push(format!("giving a row away gave {given:?}"));
        }
    }
    broken
}

/// Some column of the table.
fn column(table: &Table) -> String {
    let row: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&table.row).unwrap();
    row.keys().next().unwrap().clone()
}

/// Puts a row of each company into every table that has a policy, and one into those
/// that know no company. What checks and triggers want of rows is no matter here.
async fn seed(conn: &mut PgConnection) -> Vec<Table> {
    let found: Vec<(String, String, bool)> = sqlx::query_as(
        "select p.polrelid::regclass::text, p.polname::text,
             exists (select from pg_attribute where attrelid = p.polrelid and attname = 'company_id')
         from pg_policy as p order by 1",
    )
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    let checks: Vec<String> = sqlx::query_scalar(
        "select format('alter table %s drop constraint %I', conrelid::regclass, conname)
         from pg_constraint where contype = 'c' and conrelid in (select polrelid from pg_policy)",
    )
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    let mut statements = checks.join(";");
    statements.push_str("; set session_replication_role = replica");
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(&mut *conn)
        .await
        .unwrap();
    let mut tables = Vec::new();
    for (name, policy, tenant) in found {
        let mut row = String::new();
        let companies = if tenant {
            vec![MINE, THEIRS]
        } else {
            vec![THEIRS]
        };
        for company in companies {
            row = insert(conn, &name, company).await;
        }
        tables.push(Table {
            name,
            policy,
            tenant,
            row,
        });
    }
    sqlx::raw_sql("set session_replication_role = origin")
        .execute(conn)
        .await
        .unwrap();
    tables
}

/// Adds a row with a value of each column's type, and returns it as JSON.
async fn insert(conn: &mut PgConnection, table: &str, company: Uuid) -> String {
    let values: Vec<(String, Option<String>)> = sqlx::query_as(
        "select attname::text, case
             when attname = 'company_id' then quote_literal($2::text) || '::uuid'
             else case atttypid::regtype::text
                 when 'uuid' then 'gen_random_uuid()'
                 when 'text' then 'md5(random()::text)'
                 when 'bytea' then 'sha256(random()::text::bytea)'
                 when 'boolean' then 'false'
                 when 'json' then quote_literal('{}') when 'jsonb' then quote_literal('{}')
                 when 'date' then 'current_date'
                 when 'timestamp with time zone' then 'now()'
                 when 'text[]' then quote_literal('{}') when 'uuid[]' then quote_literal('{}')
                 when 'smallint' then '1' when 'integer' then '1' when 'bigint' then '1' when 'numeric' then '1'
             end
         end
         from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''",
    )
    .bind(table)
    .bind(company.to_string())
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    let columns: Vec<_> = values.iter().map(|(column, _)| column.as_str()).collect();
    let values: Vec<_> = values
        .iter()
        .map(|(column, value)| {
            value
                .as_deref()
                .unwrap_or_else(|| panic!("no value for {table}.{column}"))
        })
        .collect();
    let statement = format!(
        "insert into {table} as t ({}) values ({}) returning to_jsonb(t)::text",
        columns.join(", "),
        values.join(", "),
    );
    sqlx::query_scalar(AssertSqlSafe(statement))
        .fetch_one(conn)
        .await
        .unwrap()
}
