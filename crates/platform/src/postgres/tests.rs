//! Every server here is a real one: the installed Postgres, and the packed one if `ATTEST_POSTGRES_RUNTIME` names it.

mod crash;
mod dump;
mod pure;
mod start;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row};
use tempfile::TempDir;

use super::{Embedded, EmbeddedOptions, Packed, installed, layout};

/// Names a packed runtime to run the tests with as well.
const RUNTIME: &str = "ATTEST_POSTGRES_RUNTIME";

/// One way to run Postgres on this machine.
#[derive(Clone, Debug)]
struct Candidate {
    packed: Option<Packed>,
    bin_dir: Option<PathBuf>,
}

impl Candidate {
    fn options(&self, data_dir: &Path) -> EmbeddedOptions {
        EmbeddedOptions::new(data_dir)
            .packed(self.packed.clone())
            .bin_dir(self.bin_dir.clone())
    }
}

/// All ways to run Postgres here; at least one, or the test fails and says why.
fn candidates() -> Vec<Candidate> {
    let mut all = Vec::new();
    if let Some(file) = std::env::var_os(RUNTIME) {
        all.push(Candidate {
            packed: Some(Packed::read(Path::new(&file)).expect("the packed runtime can be read")),
            bin_dir: Some(PathBuf::from("/nonexistent")),
        });
    }
    all.extend(installed().first().map(|runtime| Candidate {
        packed: None,
        bin_dir: Some(runtime.bin.clone()),
    }));
    assert!(
        !all.is_empty(),
        "these tests need a Postgres: install version 15 or later, or let ATTEST_POSTGRES_RUNTIME name a packed one"
    );
    all
}

/// A temporary directory that the account which runs the server may pass through.
fn scratch() -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    layout::set_mode(dir.path(), 0o711).expect("it can be opened to passage");
    dir
}

/// Polls until `done`, and fails with `what` after half a minute.
fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "still not so: {what}"
        );
        std::thread::yield_now();
    }
}

/// Runs one statement and gives the first column of its first row as text.
async fn ask(connection: &mut PgConnection, statement: &str) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the server under test has no schema"
    )]
    let row = sqlx::query(sqlx::AssertSqlSafe(statement))
        .fetch_one(connection)
        .await
        .expect("the statement runs");
    row.get(0)
}

/// Runs statements that give no rows.
async fn tell(connection: &mut PgConnection, statements: &str) {
    #[expect(
        clippy::disallowed_methods,
        reason = "the server under test has no schema"
    )]
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements))
        .execute(connection)
        .await
        .expect("the statements run");
}

async fn connect(embedded: &Embedded) -> PgConnection {
    PgConnection::connect_with(&embedded.connect_options())
        .await
        .expect("the server takes a connection")
}

fn is_alive(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')')
        .is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}
