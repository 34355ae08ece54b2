//! A database for each test, copied from one migrated template.

use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contracts::CompanyId;
use jiff::Timestamp;
use platform::db::{Administrator, PoolSizes, migrator};
use platform::keys::Keyring;
use platform::{Clock, Db, GrantIssuer, TenantGrant, Trace};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};
use uuid::Uuid;

/// Changes when a template is made otherwise than by its migrations alone.
const RECIPE: &str = "2";

/// Where the clock of a test stands at first.
const NOON: &str = "2026-11-22T12:00:00Z";

/// A migrated database of a test's own. Dropping it removes the database.
pub struct TestDb {
    db: Db,
    issuer: GrantIssuer,
    clock: Clock,
    keyring: Arc<Keyring>,
    root_keys: SecretString,
    server: PgConnectOptions,
    name: String,
}

impl TestDb {
    /// A fresh copy of the template, which the first caller of a cluster makes.
    pub async fn new() -> Self {
        let server = server();
        let (template, root_keys) = template(&server).await;
        let test = Self::made_from(server, &template, root_keys).await;
        test.administrator()
            .restrict_database()
            .await
            .expect("the copy is restricted as its template is");
        test
    }

    /// A database with nothing in it, on the cluster of the others.
    pub async fn empty() -> Self {
        let server = server();
        let (_, root_keys) = template(&server).await;
        Self::made_from(server, "template0", root_keys).await
    }

    async fn made_from(server: PgConnectOptions, template: &str, root_keys: SecretString) -> Self {
        let name = format!("attest_test_{}", Uuid::now_v7().simple());
        let mut conn = connect(&server).await;
        run(
            &mut conn,
            format!("create database {name} encoding 'UTF8' template {template}"),
        )
        .await;
        conn.close().await.expect("the connection closes");
        let clock = Clock::fixed(Timestamp::from_str(NOON).expect("a timestamp"));
        let keyring = Arc::new(Keyring::from_setting(&root_keys).expect("the tests' root keys"));
        let sizes = PoolSizes { app: 6, worker: 6 };
        let target = server.clone().database(&name);
        let (db, issuer) = Db::open(&target, &keyring, clock.clone(), sizes);
        Self {
            db,
            issuer,
            clock,
            keyring,
            root_keys,
            server,
            name,
        }
    }

    /// The database as handlers see it.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The right to make grants.
    #[must_use]
    pub fn issuer(&self) -> &GrantIssuer {
        &self.issuer
    }

    /// The clock, which stands until it is moved.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The root keys of the cluster's tests.
    #[must_use]
    pub fn keyring(&self) -> &Arc<Keyring> {
        &self.keyring
    }

    /// The same as the setting `keys.root` has them, for processes of their own.
    #[must_use]
    pub fn root_keys(&self) -> &SecretString {
        &self.root_keys
    }

    /// The administrator's connection URL, for processes of their own.
    #[must_use]
    pub fn url(&self) -> String {
        let server = server_url();
        let (address, options) = server.split_once('?').unwrap_or((&server, ""));
        let (scheme, rest) = address.split_once("://").expect("a connection URL");
        let host = rest.split('/').next().unwrap_or_default();
        format!("{scheme}://{host}/{}?{options}", self.name)
    }

    /// Administers this database.
    #[must_use]
    pub fn administrator(&self) -> Administrator {
        Administrator::new(self.options())
    }

    /// How to connect to this database as the administrator.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        self.server.clone().database(&self.name)
    }

    /// A second process's view of the same database: pools and wake-ups of its own.
    #[must_use]
    pub fn another_process(&self) -> (Db, GrantIssuer) {
        let sizes = PoolSizes { app: 3, worker: 3 };
        Db::open(&self.options(), &self.keyring, self.clock.clone(), sizes)
    }

    /// An operator's grant for a company that need not be known to `identity`; the
    /// same name gives the same company.
    #[must_use]
    pub fn grant(&self, company: &str) -> TenantGrant {
        let digest = Sha256::digest(company.as_bytes());
        let id = uuid::Builder::from_custom_bytes(digest[..16].try_into().expect("sixteen bytes"));
        let company = CompanyId::new(id.into_uuid());
        self.issuer
            .for_operator(company, Trace::beginning(self.clock.new_id()))
    }

    /// Makes the company of [`TestDb::grant`] known to `identity`, without going through it.
    pub async fn company(&self, slug: &str) -> TenantGrant {
        let grant = self.grant(slug);
        let mut tx = self.db.system("test").await.expect("a transaction");
        sqlx::query(
            "insert into identity.company (company_id, slug, name, zone, created_at) values ($1, $2, $2, 'Europe/Oslo', now())",
        )
        .bind(grant.company().uuid())
        .bind(slug)
        .execute(tx.conn())
        .await
        .expect("a company");
        tx.commit_bookkeeping().await.expect("a commit");
        grant
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // Dropping is synchronous and may happen inside a runtime, hence a thread of its own.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(async {
                let mut conn = connect(&server).await;
                run(
                    &mut conn,
                    format!("drop database if exists {name} with (force)"),
                )
                .await;
            });
        });
        let lost = dropped.join().is_err() && !std::thread::panicking();
        assert!(!lost, "the test's database could not be dropped");
    }
}

fn server_url() -> String {
    std::env::var("ATTEST_TEST_POSTGRES")
        .expect("ATTEST_TEST_POSTGRES names the tests' Postgres: run `cargo xtask test`")
}

fn server() -> PgConnectOptions {
    PgConnectOptions::from_str(&server_url()).expect("ATTEST_TEST_POSTGRES is a connection URL")
}

async fn connect(server: &PgConnectOptions) -> PgConnection {
    PgConnection::connect_with(&server.clone().database("postgres"))
        .await
        .expect("the tests' Postgres answers: run `cargo xtask test`")
}

async fn run(conn: &mut PgConnection, statement: String) {
    // Names are our own and hexadecimal; CREATE DATABASE takes no parameters.
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(conn)
        .await
        .expect("the statement runs");
}

/// The template's name and the cluster's root keys, which are kept as its comment.
async fn template(server: &PgConnectOptions) -> (String, SecretString) {
    let mut hash = Sha256::new_with_prefix(RECIPE);
    for migration in migrator().iter() {
        hash.update(&migration.checksum);
    }
    let name = format!("attest_template_{}", &hex::encode(hash.finalize())[..12]);
    let mut conn = connect(server).await;
    sqlx::query("select pg_advisory_lock(4242)")
        .execute(&mut conn)
        .await
        .expect("a lock");
    let comment: Option<Option<String>> = sqlx::query_scalar(
        "select shobj_description(oid, 'pg_database') from pg_database where datname = $1",
    )
    .bind(&name)
    .fetch_optional(&mut conn)
    .await
    .expect("the list of databases");
    let setting = match comment.flatten() {
        Some(setting) => setting,
        None => make_template(server, &mut conn, &name).await,
    };
    conn.close().await.expect("the connection closes");
    (name, SecretString::from(setting))
}

async fn make_template(server: &PgConnectOptions, conn: &mut PgConnection, name: &str) -> String {
    run(conn, format!("drop database if exists {name} with (force)")).await;
    run(
        conn,
        format!("create database {name} encoding 'UTF8' template template0"),
    )
    .await;
    // Root keys are the cluster's, because the roles' passwords derive from them.
    let known: Option<String> = sqlx::query_scalar(
        "select shobj_description(oid, 'pg_database') from pg_database where datname like 'attest_template_%' and shobj_description(oid, 'pg_database') is not null limit 1",
    )
    .fetch_optional(&mut *conn)
    .await
    .expect("the list of databases")
    .flatten();
    let setting =
        known.unwrap_or_else(|| format!("v1:{}", STANDARD.encode(rand::random::<[u8; 32]>())));
    let keyring =
        Keyring::from_setting(&SecretString::from(setting.clone())).expect("fresh root keys");
    let administrator = Administrator::new(server.clone().database(name));
    administrator
        .ensure_roles(&keyring)
        .await
        .expect("the roles");
    administrator
        .migrate(&keyring)
        .await
        .expect("the migrations apply");
    run(conn, format!("comment on database {name} is '{setting}'")).await;
    setting
}

/// Asks until the answer is yes; fails after ten seconds, saying what was waited for.
pub async fn poll<F: AsyncFnMut() -> bool>(what: &str, mut ask: F) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !ask().await {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
