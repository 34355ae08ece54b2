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
mod connect;
mod dump;
mod error;
mod layout;
mod lock;
mod options;
mod process;
mod programs;
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
use secrecy::SecretString;
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::watch;

use self::account::Account;
use self::layout::Layout;
use self::lock::DataDirLock;
use self::process::Server;

pub use self::cluster::SUPERUSER;
pub use self::connect::attach;
pub use self::dump::dump;
pub use self::error::EmbeddedError;
pub use self::options::EmbeddedOptions;
pub use self::programs::{DumpTool, Runtime, installed};
pub use self::restore::{RestoreProgress, restore};
pub use self::runtime::Packed;
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
        connect::superuser(&self.socket_dir, &self.password)
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

    /// Does all that needs no connection. Also says where in the log this start begins.
    fn launch(options: &EmbeddedOptions) -> Result<(Self, u64), EmbeddedError> {
        let layout = Layout::new(&options.data_dir)?;
        layout.create()?;
        let lock = DataDirLock::take(&layout)?;
        let server_lock = lock::take_server_lock(&layout, ORPHAN_PATIENCE)?;
        let prepared = Prepared::new(&layout, options, &server_lock)?;
        let log = process::open_log(&layout.log)?;
        let log_from = log.metadata().map_or(0, |found| found.len());

        let program = prepared.runtime.program("postgres");
        let mut command = Command::new(&program);
        command.arg("-D").arg(&layout.cluster);
        settings::add(&mut command, &prepared.socket_dir, &options.settings);
        command
            .stdin(server_lock)
            .stdout(Stdio::null())
            .stderr(log)
            .current_dir("/");
        process::clean_environment(&mut command);
        prepared.account.lend(&mut command);
        let server = Server::spawn(command).map_err(EmbeddedError::file("run", &program))?;
        let embedded = Self {
            server,
            _lock: lock,
            runtime: prepared.runtime,
            socket_dir: prepared.socket_dir,
            password: prepared.password,
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
                Ok(connection) => return connect::close(connection).await,
                Err(error) if connect::is_missing_database(&error) => {
                    return self.create_database().await;
                }
                Err(error) if !connect::is_starting(&error) => {
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
        connect::close(connection).await
    }
}

/// What a server needs: programs, somebody to run them, a cluster, a place for the socket.
struct Prepared {
    runtime: Runtime,
    account: Account,
    password: SecretString,
    socket_dir: PathBuf,
}

impl Prepared {
    /// Makes what is not there yet.
    fn new(
        layout: &Layout,
        options: &EmbeddedOptions,
        server_lock: &fs::File,
    ) -> Result<Self, EmbeddedError> {
        let account = Account::choose(&layout.cluster)?;
        let made_with = cluster::made_with(layout)?;
        let runtime = runtime::choose(
            layout,
            options.packed.as_ref(),
            options.bin_dir.as_deref(),
            made_with.as_deref(),
        )?;
        account.check_reach(&runtime.bin)?;
        let password = cluster::password(layout, made_with.is_none())?;
        if made_with.is_none() {
            tracing::info!(%runtime, "making the database");
            cluster::init(layout, &runtime, &account, &password, server_lock)?;
        }
        account.check_reach(&layout.cluster)?;
        cluster::settle_pid_file(layout)?;
        let socket_dir = socket::prepare(layout, &account)?;
        Ok(Self {
            runtime,
            account,
            password,
            socket_dir,
        })
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
        if self.socket_dir != self.layout.run {
            let _ = fs::remove_dir(&self.socket_dir);
        }
    }
}
