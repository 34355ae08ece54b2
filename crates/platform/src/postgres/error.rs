//! What can go wrong with the private database, told to the person who can mend it.

use std::io;
use std::path::{Path, PathBuf};

/// Why the private database could not be started, reached or stopped. Every message says what to do where that is known.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Another Attest holds the data directory.
    #[error(
        "another Attest{} is using {}: stop it first, or choose another directory with --data-dir",
        .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(), .data_dir.display()
    )]
    InUse {
        /// The directory both want.
        data_dir: PathBuf,
        /// The other process, when it has written its id.
        pid: Option<i32>,
    },
    /// A server of an earlier Attest is still shutting down after the deadline.
    #[error("the database server of an earlier Attest on {} has not ended after {seconds} s: see {}", .data_dir.display(), .log.display())]
    StillStopping {
        /// The directory it serves.
        data_dir: PathBuf,
        /// How long we waited.
        seconds: u64,
        /// Where it writes what it is doing.
        log: PathBuf,
    },
    /// A Postgres that Attest did not start serves the cluster.
    #[error("a Postgres that Attest did not start (process {pid}) is serving {}: stop it first", .cluster.display())]
    ForeignServer {
        /// That server's process id.
        pid: i32,
        /// The cluster directory.
        cluster: PathBuf,
    },
    /// The path would be misread by Postgres' own programs.
    #[error("{} cannot hold the database: choose a --data-dir without quotation marks, $, backticks, backslashes and line breaks", .path.display())]
    UnusablePath {
        /// The data directory.
        path: PathBuf,
    },
    /// Neither a packed nor an installed Postgres is there.
    #[error(
        "no Postgres to run: this build carries none, and none of version 15 or later is installed. \
         Install one (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server), \
         or set DATABASE_URL to use a server of your own"
    )]
    NoRuntime,
    /// The cluster was made by a major version that is not at hand.
    #[error(
        "{} was made by PostgreSQL {found}, and only {available} can be run here: install PostgreSQL {found}, \
         or dump with the Attest that made it (attest db dump) and restore into a new --data-dir (attest db restore)",
        .cluster.display()
    )]
    OtherMajor {
        /// The cluster directory.
        cluster: PathBuf,
        /// The major version that made it.
        found: String,
        /// The versions that can be run, for people.
        available: String,
    },
    /// The server is too old or its version lets rows leak past row-level security.
    #[error(
        "PostgreSQL {found} is not accepted: it lacks the row-level security fixes of 15.14, 16.10 and 17.6. \
         Update it to at least {needed}"
    )]
    TooOld {
        /// What the server says it is.
        found: String,
        /// The first release of its line that is accepted.
        needed: &'static str,
    },
    /// The server did not say which version it is.
    #[error(
        "the server did not say which PostgreSQL version it is; connect to it directly rather than through a proxy that hides it"
    )]
    UnknownVersion,
    /// Running as root, but there is nobody to run Postgres as.
    #[error(
        "Postgres refuses to run as root and there is no user attest, postgres or nobody to run it as: create one (useradd --system attest)"
    )]
    NoAccount,
    /// The cluster belongs to somebody else.
    #[error("{} belongs to user {owner}: run Attest as that user or as root", .path.display())]
    ForeignOwner {
        /// What is not ours.
        path: PathBuf,
        /// The numeric owner.
        owner: u32,
    },
    /// initdb needs a password-database entry for its user.
    #[error(
        "user id {uid} has no entry in the password database, and Postgres cannot make a data directory without one: add the user, or run Attest as another"
    )]
    NamelessUser {
        /// The user id.
        uid: u32,
    },
    /// The account that runs Postgres cannot get at a directory.
    #[error("user {account}, who runs the database, may not enter {}: choose a --data-dir under /var/lib, or open that directory (chmod o+x)", .path.display())]
    Unreachable {
        /// The first directory on the way that is shut.
        path: PathBuf,
        /// The account's name.
        account: String,
    },
    /// A socket directory in a shared place is not ours.
    #[error("{} exists and is not a private directory of the user who runs the database: remove it", .path.display())]
    UnsafeSocketDir {
        /// The directory.
        path: PathBuf,
    },
    /// There is a cluster but no password for it.
    #[error("{} is missing, so nobody can log in to the cluster beside it: put it back from a backup", .path.display())]
    NoPassword {
        /// Where the password belongs.
        path: PathBuf,
    },
    /// A Postgres program ended with an error.
    #[error("{program} failed ({status}): {output}")]
    Program {
        /// Which one.
        program: &'static str,
        /// How it ended.
        status: String,
        /// The end of what it said.
        output: String,
    },
    /// The server ended while we waited for it to be ready.
    #[error("the database server ended while starting ({status}): {output}")]
    EndedEarly {
        /// How it ended.
        status: String,
        /// The end of its log.
        output: String,
    },
    /// The server runs but does not become ready.
    #[error("the database server was not ready after {seconds} s; see {}", .log.display())]
    NotReady {
        /// How long we waited.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },
    /// The server runs and refuses us, or a statement failed.
    #[error("the database refused to {action}")]
    Database {
        /// What was tried.
        action: &'static str,
        /// What it said.
        #[source]
        source: sqlx::Error,
    },
    /// A file or directory could not be used.
    #[error("could not {action} {}", .path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The task that started the server was cancelled.
    #[error("starting the database was interrupted")]
    Interrupted,
    /// A dump would be mixed with what is there.
    #[error(
        "the database is not empty: a dump is restored into an empty one (attest db reset empties it)"
    )]
    NotEmpty,
    /// No `pg_dump` is new enough.
    #[error(
        "no pg_dump for a server of PostgreSQL {server}: install the client programs of that version or later (Debian, Ubuntu: apt-get install postgresql-client)"
    )]
    NoDumpTool {
        /// The server's version.
        server: String,
    },
    /// A dump file is not one of ours, or is damaged.
    #[error("{} is not a complete Attest dump: {reason}", .path.display())]
    BadDump {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl EmbeddedError {
    /// Wraps an I/O error with what was tried on which path; for `map_err`.
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }

    /// Wraps a database error with what was tried; for `map_err`.
    pub(super) fn database(action: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { action, source }
    }
}
