//! The private Postgres: a child process in the data directory, for those who name no database of their own.
//!
//! [`Embedded::start`] takes the data directory for this process, makes a cluster if there is none, starts the server on a
//! Unix socket and returns when a connection succeeds. The server ends with us: in order on [`Embedded::stop`] or drop, and
//! through the kernel's parent-death signal when we are killed. As root, the server runs as somebody else ([`account`]).
//!
//! ```text
//! <data>/attest.lock          held by the one Attest on this directory
//! <data>/postgres.lock        held by every process of its server
//! <data>/postgres/            the cluster
//! <data>/postgres.password    the superuser's password, 0600
//! <data>/postgres.runtime     which Postgres made the cluster
//! <data>/postgres.log         what the server says; never a statement or a value
//! <data>/run/                 the socket
//! <data>/runtime/<name>/      the packed runtime, unpacked
//! ```

mod account;
mod cluster;
mod dump;
mod error;
mod layout;
mod lock;
mod process;
mod restore;
mod runtime;
mod script;
mod settings;
mod socket;
mod version;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use secrecy::{ExposeSecret, SecretString};
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use tokio::sync::watch;

use self::account::Account;
use self::layout::Layout;
use self::lock::DataDirLock;
use self::process::Server;

pub use self::cluster::SUPERUSER;
pub use self::dump::dump;
pub use self::error::EmbeddedError;
pub use self::restore::{RestoreProgress, restore};
pub use self::runtime::{DumpTool, Packed, Runtime, installed};
pub use self::version::{ServerVersion, check_server_version};

/// The database that Attest keeps its schemas in.
pub const DATABASE: &str = "attest";

/// How long an earlier server may take to shut down: it writes everything back to disk first.
const ORPHAN_PATIENCE: Duration = Duration::from_mins(2);

/// How long a start may take: after a crash the server first replays its log.
const READY_PATIENCE: Duration = Duration::from_mins(5);

/// How long an orderly stop may take before the server is told to drop everything.
const STOP_PATIENCE: Duration = Duration::from_mins(1);

/// How often a server that is starting is tried.
const AGAIN: Duration = Duration::from_millis(10);

/// What to start, and where.
#[derive(Clone, Debug)]
pub struct EmbeddedOptions {
    data_dir: PathBuf,
    packed: Option<Packed>,
    bin_dir: Option<PathBuf>,
    settings: Vec<(String, String)>,
}

impl EmbeddedOptions {
    /// A database in `data_dir`, which is made if it is not there, run by an installed Postgres.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            packed: None,
            bin_dir: None,
            settings: Vec::new(),
        }
    }

    /// Prefers this runtime to an installed one.
    #[must_use]
    pub fn packed(mut self, packed: Option<Packed>) -> Self {
        self.packed = packed;
        self
    }

    /// Looks for installed programs in this directory only.
    #[must_use]
    pub fn bin_dir(mut self, bin_dir: Option<PathBuf>) -> Self {
        self.bin_dir = bin_dir;
        self
    }

    /// Adds a server setting, over those Attest gives.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A running private database. Dropping it stops the server and blocks until it has ended; prefer [`Embedded::stop`].
#[derive(Debug)]
pub struct Embedded {
    // The order is that of dropping: the data directory is free for another only after the server has ended.
    server: Server,
    _lock: DataDirLock,
    runtime: Runtime,
    socket_dir: PathBuf,
    password: SecretString,
    layout: Layout,
}

impl Embedded {
    /// Starts the database and waits until it takes connections.
    ///
    /// # Errors
    /// Everything that [`EmbeddedError`] names; nothing half made stays behind.
    pub async fn start(options: EmbeddedOptions) -> Result<Self, EmbeddedError> {
        let (embedded, log_from) = tokio::task::spawn_blocking(move || Self::launch(&options))
            .await
            .map_err(|_| EmbeddedError::Interrupted)??;
        embedded.wait_until_ready(log_from).await?;
        runtime::remove_old(&embedded.layout, &embedded.runtime);
        Ok(embedded)
    }

    /// How to connect as the superuser to Attest's database, over the socket.
    #[must_use]
    pub fn connect_options(&self) -> PgConnectOptions {
        connect_options(&self.socket_dir, &self.password)
    }

    /// The major version of the server.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.runtime.version.major()
    }

    /// Which programs run, for people and for finding `pg_dump` beside the server.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The server's process id.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.server.pid()
    }

    /// Where the server writes its log.
    #[must_use]
    pub fn log_path(&self) -> &Path {
        &self.layout.log
    }

    /// Turns `Some(how)` when the server ends, asked for or not. Attest cannot go on without it.
    #[must_use]
    pub fn ended(&self) -> watch::Receiver<Option<String>> {
        self.server.watch()
    }

    /// Stops the server in order: open transactions are rolled back and everything is written to disk.
    pub async fn stop(self) {
        // A panic inside would already have been reported; there is nothing left to stop.
        let _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }

    fn launch(options: &EmbeddedOptions) -> Result<(Self, u64), EmbeddedError> {
        let layout = Layout::new(&options.data_dir)?;
        layout.create()?;
        let lock = DataDirLock::take(&layout)?;
        let server_lock = lock::take_server_lock(&layout, ORPHAN_PATIENCE)?;
        let account = Account::choose(&layout.cluster)?;
        let made_with = cluster::made_with(&layout)?;
        let runtime = runtime::choose(
            &layout,
            options.packed.as_ref(),
            options.bin_dir.as_deref(),
            made_with.as_deref(),
        )?;
        runtime::check_reach(&runtime, &account)?;
        let password = cluster::password(&layout, made_with.is_none())?;
        if made_with.is_none() {
            tracing::info!(%runtime, "making the database");
            cluster::init(&layout, &runtime, &account, &password, &server_lock)?;
        }
        account.check_reach(&layout.cluster)?;
        cluster::settle_pid_file(&layout)?;
        let socket_dir = socket::prepare(&layout, &account)?;
        let log = process::open_log(&layout.log)?;
        let log_from = log.metadata().map_or(0, |found| found.len());

        let program = runtime.program("postgres");
        let mut command = Command::new(&program);
        command.arg("-D").arg(&layout.cluster);
        settings::add(&mut command, &socket_dir, &options.settings);
        command
            .stdin(server_lock)
            .stdout(Stdio::null())
            .stderr(log)
            .current_dir("/");
        process::clean_environment(&mut command);
        account.lend(&mut command);
        let server = Server::spawn(command).map_err(EmbeddedError::file("run", &program))?;
        let embedded = Self {
            server,
            _lock: lock,
            runtime,
            socket_dir,
            password,
            layout,
        };
        Ok((embedded, log_from))
    }

    async fn wait_until_ready(&self, log_from: u64) -> Result<(), EmbeddedError> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.server.ended() {
                return Err(EmbeddedError::EndedEarly {
                    status,
                    output: process::log_since(&self.layout.log, log_from),
                });
            }
            match PgConnection::connect_with(&self.connect_options()).await {
                Ok(connection) => return close(connection).await,
                Err(error) if is_missing_database(&error) => return self.create_database().await,
                Err(error) if !is_starting(&error) => {
                    return Err(EmbeddedError::database("log in")(error));
                }
                Err(_) if begun.elapsed() > READY_PATIENCE => {
                    return Err(EmbeddedError::NotReady {
                        seconds: READY_PATIENCE.as_secs(),
                        log: self.layout.log.clone(),
                    });
                }
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
    }

    async fn create_database(&self) -> Result<(), EmbeddedError> {
        let options = self.connect_options().database("postgres");
        let mut connection = PgConnection::connect_with(&options)
            .await
            .map_err(EmbeddedError::database("log in"))?;
        #[expect(
            clippy::disallowed_methods,
            reason = "CREATE DATABASE takes no parameters and cannot be prepared; the text is constant"
        )]
        sqlx::raw_sql("CREATE DATABASE attest")
            .execute(&mut connection)
            .await
            .map_err(EmbeddedError::database("create the database"))?;
        close(connection).await
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if !self.server.end_with(Signal::SIGINT, STOP_PATIENCE) {
            tracing::warn!(
                "the database does not stop in order; it will recover at the next start"
            );
            self.server.end_with(Signal::SIGQUIT, STOP_PATIENCE);
        }
    }
}

/// How to connect to the database of the Attest that runs on `data_dir` at this moment; `None` when none does.
/// For commands that work beside a server.
pub fn attach(data_dir: &Path) -> Result<Option<PgConnectOptions>, EmbeddedError> {
    let layout = Layout::new(data_dir)?;
    if !DataDirLock::is_taken(&layout)? {
        return Ok(None);
    }
    let pid_file = layout.cluster.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(pid_file) else {
        return Ok(None);
    };
    // Lines 5 and 8 are the socket directory and the state (pidfile.h).
    let lines: Vec<&str> = text.lines().collect();
    match (lines.get(4), lines.get(7).map(|state| state.trim())) {
        (Some(socket_dir), Some("ready")) => {
            let password = cluster::password(&layout, false)?;
            Ok(Some(connect_options(Path::new(socket_dir), &password)))
        }
        _ => Ok(None),
    }
}

fn connect_options(socket_dir: &Path, password: &SecretString) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket_dir)
        .port(socket::PORT)
        .ssl_mode(PgSslMode::Disable)
        .username(SUPERUSER)
        .password(password.expose_secret())
        .database(DATABASE)
        .application_name("attest")
}

async fn close(connection: PgConnection) -> Result<(), EmbeddedError> {
    connection
        .close()
        .await
        .map_err(EmbeddedError::database("close a connection"))
}

fn is_missing_database(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|refusal| refusal.code().as_deref() == Some("3D000"))
}

/// Whether the server is not there yet, or says that it is still starting up (SQLSTATE 57P03).
fn is_starting(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        other => other
            .as_database_error()
            .is_some_and(|refusal| refusal.code().as_deref() == Some("57P03")),
    }
}
