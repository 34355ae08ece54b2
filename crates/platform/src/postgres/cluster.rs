//! Making the cluster once, and looking at one that is there.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use secrecy::{ExposeSecret, SecretString};

use super::EmbeddedError;
use super::account::Account;
use super::layout::{Layout, make_dir, sync_dir};
use super::process::{clean_environment, tie_to_us};
use super::programs::Runtime;
use super::runtime::remove;

/// The superuser of the cluster: migrations and the making of the other roles, nothing else.
pub const SUPERUSER: &str = "attest_admin";

/// The first major version whose `C.UTF-8` is built in.
const BUILTIN_LOCALE: u32 = 17;

/// The major version that made the cluster; `None` if there is no cluster yet.
pub(super) fn made_with(layout: &Layout) -> Result<Option<String>, EmbeddedError> {
    let file = layout.cluster.join("PG_VERSION");
    match fs::read_to_string(&file) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EmbeddedError::file("read", &file)(error)),
    }
}

/// The superuser's password: the one on disk, or a new one if there is no cluster that would need the old.
pub(super) fn password(layout: &Layout, is_new: bool) -> Result<SecretString, EmbeddedError> {
    match fs::read_to_string(&layout.password) {
        Ok(text) if !text.trim().is_empty() => Ok(SecretString::from(text.trim())),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(EmbeddedError::file("read", &layout.password)(error))
        }
        _ if !is_new => Err(EmbeddedError::NoPassword {
            path: layout.password.clone(),
        }),
        _ => {
            let secret = SecretString::from(hex::encode(rand::random::<[u8; 32]>()));
            let fresh = layout.password.with_extension("unfinished");
            write_secret(&fresh, &secret)?;
            fs::rename(&fresh, &layout.password)
                .map_err(EmbeddedError::file("create", &layout.password))?;
            sync_dir(&layout.root)?;
            Ok(secret)
        }
    }
}

fn write_secret(path: &Path, secret: &SecretString) -> Result<(), EmbeddedError> {
    let _ = fs::remove_file(path);
    fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| {
            file.write_all(secret.expose_secret().as_bytes())?;
            file.sync_all()
        })
        .map_err(EmbeddedError::file("write", path))
}

/// Makes the cluster beside its place and moves it there when it is complete.
pub(super) fn init(
    layout: &Layout,
    runtime: &Runtime,
    account: &Account,
    password: &SecretString,
    server_lock: &fs::File,
) -> Result<(), EmbeddedError> {
    account.check_named()?;
    // Only an initdb that was cut off leaves one, and it has ended: it held the server lock, as we do now.
    remove(&layout.unfinished)?;
    remove_empty(&layout.cluster)?;
    make_dir(&layout.unfinished, 0o700)?;
    account.give(&layout.unfinished)?;
    account.check_reach(&layout.unfinished)?;
    let secret = layout.root.join("postgres.initial-password");
    write_secret(&secret, password)?;
    let made = account
        .give(&secret)
        .and_then(|()| initdb_for_locale(layout, runtime, account, &secret, server_lock));
    let _ = fs::remove_file(&secret);
    made?;
    fs::write(&layout.made_by, format!("{runtime}\n"))
        .map_err(EmbeddedError::file("write", &layout.made_by))?;
    fs::rename(&layout.unfinished, &layout.cluster)
        .map_err(EmbeddedError::file("create", &layout.cluster))?;
    sync_dir(&layout.root)
}

/// An empty directory in the cluster's place is no cluster; anything else stays and makes the later rename fail.
fn remove_empty(cluster: &Path) -> Result<(), EmbeddedError> {
    match fs::remove_dir(cluster) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(EmbeddedError::file("replace", cluster)(error))
        }
        _ => Ok(()),
    }
}

/// Takes the letters of all languages if the C library knows them, and ASCII only where it does not.
fn initdb_for_locale(
    layout: &Layout,
    runtime: &Runtime,
    account: &Account,
    secret: &Path,
    server_lock: &fs::File,
) -> Result<(), EmbeddedError> {
    match run_initdb(layout, runtime, account, secret, server_lock, "C.UTF-8") {
        Err(EmbeddedError::Program { output, .. }) if output.contains("invalid locale") => {
            run_initdb(layout, runtime, account, secret, server_lock, "C")
        }
        made => made,
    }
}

fn run_initdb(
    layout: &Layout,
    runtime: &Runtime,
    account: &Account,
    secret: &Path,
    server_lock: &fs::File,
    locale: &str,
) -> Result<(), EmbeddedError> {
    let program = runtime.program("initdb");
    let stdin = server_lock
        .try_clone()
        .map_err(EmbeddedError::file("share", &layout.server_lock))?;
    let mut command = Command::new(&program);
    command
        .arg("--pgdata")
        .arg(&layout.unfinished)
        .arg("--pwfile")
        .arg(secret)
        .args(["--username", SUPERUSER, "--auth", "scram-sha-256"])
        .args(["--encoding", "UTF8", "--locale", locale])
        .args([
            "--lc-messages",
            "C",
            "--data-checksums",
            "--no-instructions",
        ])
        .stdin(stdin)
        .stdout(Stdio::null())
        .current_dir("/");
    if runtime.version.major() >= BUILTIN_LOCALE {
        command.args([
            "--locale-provider",
            "builtin",
            "--builtin-locale",
            "C.UTF-8",
        ]);
    } else {
        // The same order by code point, and the letters of all languages, as the built-in locale of later versions.
        command.args(["--lc-collate", "C"]);
    }
    clean_environment(&mut command);
    account.lend(&mut command);
    tie_to_us(&mut command, Signal::SIGTERM);
    let output = command
        .output()
        .map_err(EmbeddedError::file("run", &program))?;
    if output.status.success() {
        return Ok(());
    }
    Err(EmbeddedError::Program {
        program: "initdb",
        status: output.status.to_string(),
        output: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

/// Deals with the process-id file of a server that did not end in order.
///
/// Postgres removes the file itself when the process is gone. It refuses to start when the id has meanwhile been given to another
/// process of the same user, so then, and only then, the file is put aside: no process of our server is left (we hold its
/// lock) and the one that bears the id is shown not to be a Postgres.
pub(super) fn settle_pid_file(layout: &Layout) -> Result<(), EmbeddedError> {
    let file = layout.cluster.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&file) else {
        return Ok(());
    };
    let Some(pid) = text
        .lines()
        .next()
        .and_then(|line| line.trim().parse::<i32>().ok())
    else {
        return Ok(());
    };
    match occupant(pid, &layout.cluster, Path::new("/proc")) {
        Occupant::Nobody => Ok(()),
        Occupant::Server => Err(EmbeddedError::ForeignServer {
            pid,
            cluster: layout.cluster.clone(),
        }),
        Occupant::Stranger => {
            tracing::info!(
                pid,
                "putting aside a process-id file whose id another program has"
            );
            fs::remove_file(&file).map_err(EmbeddedError::file("remove", &file))
        }
    }
}

/// Who bears a process id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occupant {
    /// No process.
    Nobody,
    /// A Postgres on this cluster, or one that cannot be shown to be on another.
    Server,
    /// Anything else.
    Stranger,
}

/// Looks `pid` up below `proc` (proc(5)). A Postgres works in its cluster directory, so its working directory tells.
pub(super) fn occupant(pid: i32, cluster: &Path, proc: &Path) -> Occupant {
    let dir = proc.join(pid.to_string());
    let Ok(name) = fs::read_to_string(dir.join("comm")) else {
        return Occupant::Nobody;
    };
    let state = fs::read_to_string(dir.join("stat")).unwrap_or_default();
    if state
        .rsplit_once(')')
        .is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
    {
        return Occupant::Nobody;
    }
    if !matches!(name.trim(), "postgres" | "postmaster") {
        return Occupant::Stranger;
    }
    let here = fs::metadata(cluster).map(|found| (found.dev(), found.ino()));
    let there = fs::metadata(dir.join("cwd")).map(|found| (found.dev(), found.ino()));
    match (here, there) {
        (Ok(here), Ok(there)) if here != there => Occupant::Stranger,
        _ => Occupant::Server,
    }
}
