//! An installation of a test's own: a database, root keys, a data directory, and
//! the processes that work on them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use secrecy::ExposeSecret;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use testkit::TestDb;
use tokio::process::{Child, Command};

use crate::browser::Browser;

/// A slow machine may take this long for what takes a second.
const PATIENCE: Duration = Duration::from_mins(1);

/// Asks until there is an answer; fails after a minute, saying what was waited for.
pub(crate) async fn wait_for<T, F: AsyncFnMut() -> Option<T>>(what: &str, mut ask: F) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) struct House {
    /// None where the database is the private one.
    test: Option<TestDb>,
    dir: TempDir,
    settings: Vec<(String, String)>,
}

impl House {
    /// On a migrated database of the tests' cluster.
    pub(crate) async fn new() -> Self {
        Self::on(Some(TestDb::new().await))
    }

    /// On a database of the tests' cluster that has nothing in it.
    pub(crate) async fn empty() -> Self {
        Self::on(Some(TestDb::empty().await))
    }

    /// On a private database in its data directory, which the first command makes.
    pub(crate) fn private() -> Self {
        Self::on(None)
    }

    fn on(test: Option<TestDb>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        // The account that runs a private server passes through here.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).unwrap();
        let mut house = Self {
            test,
            dir,
            settings: Vec::new(),
        };
        if let Some(test) = &house.test {
            let (url, keys) = (test.url(), test.root_keys().expose_secret().to_owned());
            house.set("DATABASE_URL", &url);
            house.set("ATTEST_KEYS__ROOT", &keys);
            house.set("ATTEST_DATABASE__APP_CONNECTIONS", "6");
            house.set("ATTEST_DATABASE__WORKER_CONNECTIONS", "4");
        }
        house
    }

    /// With the three sample companies; everybody's login.
    pub(crate) async fn seeded() -> (Self, Logins) {
        let house = Self::new().await;
        let logins = house.seed().await;
        (house, logins)
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.settings.retain(|(known, _)| known != name);
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Writes a file beside the data directory.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attest"));
        command
            .args(arguments)
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| name == "PATH"))
            .env("ATTEST_DATA_DIR", self.data_dir())
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Said {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(arguments).output().await.unwrap();
        Said {
            ok: status.success(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Runs a command that must succeed; what it said on standard output.
    pub(crate) async fn done(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments).await;
        assert!(said.ok, "{arguments:?}: {}{}", said.out, said.err);
        said.out
    }

    /// Runs a command that must fail; what it said on standard error.
    pub(crate) async fn refused(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments).await;
        assert!(!said.ok, "{arguments:?} succeeded: {}", said.out);
        assert!(said.err.starts_with("attest: "), "{}", said.err);
        said.err
    }

    pub(crate) async fn seed(&self) -> Logins {
        Logins(serde_json::from_str(&self.done(&["db", "seed", "--json"]).await).unwrap())
    }

    /// Starts `attest serve` on a free port and waits until it says where.
    pub(crate) async fn serve(&self) -> Server {
        let log = self.dir.path().join("server.log");
        let before = fs::metadata(&log).map_or(0, |meta| meta.len());
        let out = fs::File::options()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        let child = self
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap();
        let mut server = Server {
            child,
            log,
            address: String::new(),
        };
        server.address = wait_for("the server says where it listens", async || {
            let text = server.log_text();
            let text = text.get(usize::try_from(before).unwrap()..)?;
            assert!(!text.contains("attest: "), "the server ended: {text}");
            let line = text
                .lines()
                .find_map(|l| l.strip_prefix("Attest serves http://"))?;
            Some(line.split(' ').next()?.to_owned())
        })
        .await;
        server
    }

    /// A connection of the administrator's, whom no policy binds.
    pub(crate) async fn administer(&self) -> PgConnection {
        let test = self.test.as_ref().expect("a database of the cluster");
        PgConnection::connect_with(&test.options()).await.unwrap()
    }

    /// The only value of a statement, as JSON.
    pub(crate) async fn look(&self, statement: &str) -> Value {
        look(&mut self.administer().await, statement).await
    }
}

/// Tables that change by looking, or by taking a file in of which nothing is kept.
pub(crate) const BOOKKEEPING: [&str; 9] = [
    "ingest.import",
    "ingest.import_rejection",
    "platform.audit_entry",
    "platform.idempotency_record",
    "platform.inbox",
    "platform.job",
    "platform.outbox",
    "platform.subscription",
    "platform.tenant_head",
];

impl House {
    /// A digest of every row of a company, by table; those of sign-ins and of `but` left out.
    pub(crate) async fn rows(&self, company: &str, but: &[&str]) -> String {
        let mut conn = self.administer().await;
        let tables = "select jsonb_agg(table_schema || '.' || table_name order by table_schema, table_name)
            from information_schema.columns join information_schema.tables using (table_schema, table_name)
            where column_name = 'company_id' and table_type = 'BASE TABLE' and table_name <> 'login_session'
              and table_schema in ('identity', 'ingest', 'insight', 'platform', 'profile')";
        let tables = look(&mut conn, tables).await;
        let mut all = String::new();
        for table in tables.as_array().unwrap() {
            let table = table.as_str().unwrap();
            if but.contains(&table) {
                continue;
            }
            let rows = format!(
                "select md5(string_agg(t::text, '' order by t::text)) from {table} as t where company_id = '{company}'"
            );
            let digest = look(&mut conn, &rows).await.to_string();
            all.extend([table, " ", &digest, "\n"]);
        }
        all
    }
}

/// The only value of a statement, as JSON.
pub(crate) async fn look(conn: &mut PgConnection, statement: &str) -> Value {
    let statement = format!("select to_jsonb(x) from ({statement}) as s (x)");
    let found: Option<Option<Value>> = sqlx::query_scalar(AssertSqlSafe(statement))
        .fetch_optional(conn)
        .await
        .unwrap();
    found.flatten().unwrap_or(Value::Null)
}

/// Statements without an answer.
pub(crate) async fn tell(conn: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
        .execute(conn)
        .await
        .unwrap();
}

/// How a command ended and what it said.
pub(crate) struct Said {
    pub(crate) ok: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// What `attest db seed --json` said.
pub(crate) struct Logins(Value);

impl Logins {
    pub(crate) fn password(&self, email: &str) -> &str {
        let all = self.0.as_array().unwrap();
        let login = all.iter().find(|login| login["email"] == email).unwrap();
        login["password"].as_str().unwrap()
    }
}

/// A running `attest serve`. Dropping it kills it.
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
    /// Host and port.
    pub(crate) address: String,
}

impl Server {
    /// Everything that servers of this house have logged.
    pub(crate) fn log_text(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Ends it without a warning.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Asks it to end and waits until it has; whether it ended well.
    pub(crate) async fn stop(mut self) -> bool {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap();
        self.child.wait().await.unwrap().success()
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.address)
    }

    /// A browser in which somebody signed in and chose a company.
    pub(crate) async fn signed_in(&self, logins: &Logins, email: &str, company: &str) -> Browser {
        let mut browser = self.browser();
        browser.sign_in(email, logins.password(email)).await;
        browser.choose(company).await;
        browser
    }
}
