//! Writing a database to a file: what `pg_dump` says, compressed.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::process::{clean_environment, tie_to_us};
use super::programs::DumpTool;
use super::{EmbeddedError, layout};

/// Fast, and a third smaller than the fastest.
const COMPRESSION: i32 = 6;

/// How long a table may be locked by somebody else.
const LOCK_PATIENCE: Duration = Duration::from_mins(1);

/// Writes the database that `source` names to `file`: one consistent moment of it, in `pg_dump`'s plain format, compressed with
/// zstd. The file appears when it is complete, readable by its owner only. Roles are not in it, they belong to the server.
/// `progress` is told how many bytes of the plain dump have been written. Returns how many they are in all.
pub async fn dump(
    source: &PgConnectOptions,
    tool: &DumpTool,
    file: &Path,
    progress: impl FnMut(u64) + Send + 'static,
) -> Result<u64, EmbeddedError> {
    let (command, file) = (command(source, tool), file.to_owned());
    tokio::task::spawn_blocking(move || run(command, &file, progress))
        .await
        .map_err(|_| EmbeddedError::Interrupted)?
}

fn command(source: &PgConnectOptions, tool: &DumpTool) -> Command {
    let mut command = Command::new(tool.program());
    command
        .args(["--format=plain", "--encoding=UTF8", "--no-password"])
        .args([
            "--no-publications",
            "--no-subscriptions",
            "--no-security-labels",
        ])
        .arg(format!("--lock-wait-timeout={}s", LOCK_PATIENCE.as_secs()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    clean_environment(&mut command);
    // In the environment rather than among the arguments, which every user of the machine can read.
    command.envs(connection(source));
    tie_to_us(&mut command, Signal::SIGTERM);
    command
}

/// The variables that tell libpq where to connect.
pub(super) fn connection(source: &PgConnectOptions) -> Vec<(&'static str, OsString)> {
    let host = match source.get_socket() {
        Some(socket) => socket.clone().into_os_string(),
        None => source.get_host().into(),
    };
    let mode = match source.get_ssl_mode() {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    };
    let mut variables = vec![
        ("PGHOST", host),
        ("PGPORT", source.get_port().to_string().into()),
        ("PGUSER", source.get_username().into()),
        (
            "PGDATABASE",
            source
                .get_database()
                .unwrap_or(source.get_username())
                .into(),
        ),
        ("PGSSLMODE", mode.into()),
        ("PGAPPNAME", "attest dump".into()),
    ];
    // sqlx gives password and certificates away in this form only; a user's name it may fail to write.
    let url = source.clone().username("attest").to_url_lossy();
    if let Some(password) = url.password() {
        variables.push(("PGPASSWORD", percent_decoded(password)));
    }
    for (key, value) in url.query_pairs() {
        let name = match &*key {
            "sslrootcert" => "PGSSLROOTCERT",
            "sslcert" => "PGSSLCERT",
            "sslkey" => "PGSSLKEY",
            _ => continue,
        };
        // libpq takes certificates from files only.
        if let Some(path) = value.strip_prefix("file: ") {
            variables.push((name, path.into()));
        }
    }
    variables
}

/// Undoes percent-encoding (RFC 3986, section 2.1).
fn percent_decoded(text: &str) -> OsString {
    use std::os::unix::ffi::OsStringExt;
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = text.get(at + 1..at + 3).filter(|_| byte == b'%');
        if let Some(value) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            decoded.push(value);
            at += 3;
        } else {
            decoded.push(byte);
            at += 1;
        }
    }
    OsString::from_vec(decoded)
}

fn run(mut command: Command, file: &Path, progress: impl FnMut(u64)) -> Result<u64, EmbeddedError> {
    let fresh = unfinished(file);
    let program = PathBuf::from(command.get_program());
    let mut child = command
        .spawn()
        .map_err(EmbeddedError::file("run", &program))?;
    let errors = child.stderr.take();
    let said = std::thread::spawn(move || {
        let mut text = String::new();
        if let Some(mut errors) = errors {
            let _ = errors.read_to_string(&mut text);
        }
        text
    });
    let written = compress(child.stdout.take(), &fresh, progress);
    if written.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(EmbeddedError::file("run", &program))?;
    let output = said.join().unwrap_or_default();
    let finished = written.and_then(|bytes| {
        if !status.success() {
            return Err(EmbeddedError::Program {
                program: "pg_dump",
                status: status.to_string(),
                output: output.trim().to_owned(),
            });
        }
        fs::rename(&fresh, file).map_err(EmbeddedError::file("create", file))?;
        if let Some(parent) = file
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            layout::sync_dir(parent)?;
        }
        Ok(bytes)
    });
    if finished.is_err() {
        let _ = fs::remove_file(&fresh);
    }
    finished
}

fn unfinished(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}

fn compress(
    output: Option<ChildStdout>,
    file: &Path,
    mut progress: impl FnMut(u64),
) -> Result<u64, EmbeddedError> {
    let copy = || -> io::Result<u64> {
        let _ = fs::remove_file(file);
        let target = fs::File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(file)?;
        let mut encoder = zstd::Encoder::new(target, COMPRESSION)?;
        encoder.include_checksum(true)?;
        let mut output = output.ok_or_else(|| io::Error::other("pg_dump has no output"))?;
        let mut buffer = vec![0; 1 << 16];
        let mut total: u64 = 0;
        loop {
            let read = output.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            encoder.write_all(buffer.get(..read).unwrap_or_default())?;
            total += read as u64;
            progress(total);
        }
        let target = encoder.finish()?;
        target.sync_all()?;
        Ok(total)
    };
    copy().map_err(EmbeddedError::file("write", file))
}
