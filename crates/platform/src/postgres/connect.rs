//! Reaching the private database.

use std::fs;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};

use super::layout::Layout;
use super::lock::DataDirLock;
use super::{DATABASE, EmbeddedError, SUPERUSER, cluster, socket};

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
            Ok(Some(superuser(Path::new(socket_dir), &password)))
        }
        _ => Ok(None),
    }
}

/// The superuser, on Attest's database, over the socket.
pub(super) fn superuser(socket_dir: &Path, password: &SecretString) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket_dir)
        .port(socket::PORT)
        .ssl_mode(PgSslMode::Disable)
        .username(SUPERUSER)
        .password(password.expose_secret())
        .database(DATABASE)
        .application_name("attest")
}

/// Says goodbye, so that the server does not report a lost connection.
pub(super) async fn close(connection: PgConnection) -> Result<(), EmbeddedError> {
    connection
        .close()
        .await
        .map_err(EmbeddedError::database("close a connection"))
}

/// Whether the database has not been made yet (SQLSTATE 3D000).
pub(super) fn is_missing_database(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|refusal| refusal.code().as_deref() == Some("3D000"))
}

/// Whether the server is not there yet, or says that it is still starting up (SQLSTATE 57P03).
pub(super) fn is_starting(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        other => other
            .as_database_error()
            .is_some_and(|refusal| refusal.code().as_deref() == Some("57P03")),
    }
}
