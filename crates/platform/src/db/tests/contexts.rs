//! A context holds for one company, role, backend and few minutes; whatever else is an error.

use jiff::SignedDuration;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::lab::{MINE, THEIRS};
use crate::Clock;
use crate::db::admin::as_role;
use crate::db::context::{ContextSigner, Scope};
use crate::testkit::TestDb;

/// A connection as the role that handlers have, and what signs for it.
struct Session {
    test: TestDb,
    conn: PgConnection,
    signer: ContextSigner,
    pid: i32,
}

impl Session {
    async fn new() -> Self {
        let test = TestDb::new().await;
        let options = as_role(&test.options(), test.keyring(), "attest_app");
        let mut conn = PgConnection::connect_with(&options).await.unwrap();
        let pid = sqlx::query_scalar("select pg_backend_pid()")
            .fetch_one(&mut conn)
            .await
            .unwrap();
        let signer = ContextSigner::new(test.keyring().tenant_context_key());
        let session = Self {
            test,
            conn,
            signer,
            pid,
        };
        // A policy is asked about rows only, so there must be some.
        session.insert_heads().await;
        session
    }

    /// How many companies' streams the context shows, or the error's code.
    async fn ask(&mut self, context: &str) -> Result<i64, String> {
        let mut tx = self.conn.begin().await.unwrap();
        sqlx::query("select set_config('attest.context', $1, true)")
            .bind(context)
            .execute(&mut *tx)
            .await
            .unwrap();
        let seen = sqlx::query_scalar("select count(*) from platform.tenant_head")
            .fetch_one(&mut *tx)
            .await;
        seen.map_err(|error| {
            let code = error
                .as_database_error()
                .and_then(sqlx::error::DatabaseError::code);
            code.expect("a database error").into_owned()
        })
    }

    async fn insert_heads(&self) {
        let mut conn = self.test.administrator().connect_target().await.unwrap();
        for company in [MINE, THEIRS] {
            sqlx::query(
                "insert into platform.tenant_head (company_id, audit_hash) values ($1, sha256(''))",
            )
            .bind(company)
            .execute(&mut conn)
            .await
            .unwrap();
        }
    }

    fn valid(&self) -> String {
        self.sign(Scope::Tenant(MINE), "attest_app", self.pid, 0)
    }

    fn sign(&self, scope: Scope, role: &str, pid: i32, late: i64) -> String {
        let now = Clock::system().now() - SignedDuration::from_secs(late);
        self.signer.sign(scope, role, pid, now)
    }
}

const REFUSED: &str = "42501";

#[tokio::test]
async fn a_signed_context_shows_its_company_and_none_shows_nothing() {
    let mut session = Session::new().await;
    let (mine, system) = (
        session.valid(),
        session.sign(Scope::System, "attest_app", session.pid, 0),
    );
    assert_eq!(session.ask(&mine).await, Ok(1));
    assert_eq!(session.ask(&system).await, Ok(2));
    assert_eq!(session.ask("").await, Ok(0));
}

#[tokio::test]
async fn a_context_ends_with_its_transaction() {
    let mut session = Session::new().await;
    let mine = session.valid();
    assert_eq!(session.ask(&mine).await, Ok(1));
    let seen: i64 = sqlx::query_scalar("select count(*) from platform.tenant_head")
        .fetch_one(&mut session.conn)
        .await
        .unwrap();
    assert_eq!(seen, 0);
}

#[tokio::test]
async fn a_context_of_another_backend_role_time_or_key_is_refused() {
    let mut session = Session::new().await;
    let scope = Scope::Tenant(MINE);
    let other_key = ContextSigner::new(crate::crypto::Key::generate().unwrap());
    let contexts = [
        session.sign(scope, "attest_app", session.pid + 1, 0),
        session.sign(scope, "attest_worker", session.pid, 0),
        session.sign(scope, "attest_app", session.pid, 601),
        other_key.sign(scope, "attest_app", session.pid, Clock::system().now()),
    ];
    for context in contexts {
        assert_eq!(
            session.ask(&context).await,
            Err(REFUSED.to_owned()),
            "{context}"
        );
    }
}

#[tokio::test]
async fn a_context_that_was_changed_is_refused() {
    let mut session = Session::new().await;
    let valid = session.valid();
    let flipped = if valid.ends_with('0') { '1' } else { '0' };
    let later = {
        let expiry = valid.split(':').nth(2).unwrap();
        valid.replace(expiry, &(expiry.parse::<i64>().unwrap() + 1).to_string())
    };
    let contexts = [
        valid.replace(&MINE.to_string(), &THEIRS.to_string()),
        valid.replace("t:", "s:"),
        valid.replace(&MINE.to_string(), &Uuid::nil().to_string()),
        format!("{}{flipped}", &valid[..valid.len() - 1]),
        later,
    ];
    for context in contexts {
        assert_eq!(
            session.ask(&context).await,
            Err(REFUSED.to_owned()),
            "{context}"
        );
    }
}

#[tokio::test]
async fn a_context_of_another_shape_is_refused() {
    let mut session = Session::new().await;
    let (mine, mac) = (MINE.to_string(), "0".repeat(64));
    let contexts = [
        mine.clone(),
        "t".to_owned(),
        ":::".to_owned(),
        format!("t:{mine}:9999999999"),
        format!("t:{mine}:9999999999:{mac}:x"),
        format!("x:{mine}:9999999999:{mac}"),
        format!("t:{mine}:-1:{mac}"),
        format!("t:{mine}:1e9:{mac}"),
        format!("t:{mine}:99999999999999999999:{mac}"),
        format!("t:{mine}:9999999999:{}", &mac[1..]),
        format!("t:{mine}:9999999999:{}", "G".repeat(64)),
        format!("t:'; drop table platform.person; --:9999999999:{mac}"),
        session.valid().to_uppercase(),
        format!(" {}", session.valid()),
        "å".repeat(10_000),
    ];
    for context in contexts {
        assert_eq!(
            session.ask(&context).await,
            Err(REFUSED.to_owned()),
            "{context}"
        );
    }
}

#[tokio::test]
async fn injected_sql_in_a_tenants_transaction_cannot_become_another_company() {
    let test = TestDb::new().await;
    let mut tx = test.db().tenant(&test.grant("acme")).await.unwrap();
    let theirs = test.grant("globex").company().uuid();
    sqlx::query(
        "select set_config('attest.context', regexp_replace(current_setting('attest.context'), '^t:[^:]*', 't:' || $1), true)",
    )
    .bind(theirs.to_string())
    .execute(tx.conn())
    .await
    .unwrap();
    let seen = sqlx::query("select from platform.person")
        .fetch_all(tx.conn())
        .await;
    let error = seen.unwrap_err();
    assert_eq!(
        error.as_database_error().unwrap().message(),
        "bad tenant context"
    );
}
