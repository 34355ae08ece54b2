//! Where the server's Unix socket lies: the address has room for 107 bytes only.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::EmbeddedError;
use super::account::Account;
use super::layout::{Layout, make_dir};

/// The port number that names the socket file; nothing listens on it.
pub(super) const PORT: u16 = 5432;

/// `sun_path` of `sockaddr_un` holds 108 bytes with the closing NUL (unix(7)).
const LONGEST: usize = 107;

/// Chooses the socket directory: `<data>/run` when its path is short enough, else a directory of its own below `short`.
pub(super) fn choose(run: &Path, short: &Path) -> PathBuf {
    let socket = run.join(format!(".s.PGSQL.{PORT}"));
    if socket.as_os_str().len() <= LONGEST {
        return run.to_owned();
    }
    let digest = Sha256::digest(run.as_os_str().as_bytes());
    let name = hex::encode(digest.get(..8).unwrap_or_default());
    short.join(format!("attest-{name}"))
}

/// Makes the socket directory: 0700, of the account that runs the server.
pub(super) fn prepare(layout: &Layout, account: &Account) -> Result<PathBuf, EmbeddedError> {
    let dir = choose(&layout.run, &short_base());
    if dir == layout.run {
        make_dir(&dir, 0o700)?;
    } else if fs::symlink_metadata(&dir).is_ok() {
        // Others can write to the directory above: what lies there may be a trap.
        check_private(&dir, account)?;
    } else {
        make_dir(&dir, 0o700)?;
    }
    account.give(&dir)?;
    account.check_reach(&dir)?;
    Ok(dir)
}

fn check_private(dir: &Path, account: &Account) -> Result<(), EmbeddedError> {
    let found = fs::symlink_metadata(dir).map_err(EmbeddedError::file("look at", dir))?;
    let private = found.is_dir() && found.permissions().mode() & 0o777 == 0o700;
    if private && found.uid() == account.uid {
        return Ok(());
    }
    Err(EmbeddedError::UnsafeSocketDir {
        path: dir.to_owned(),
    })
}

/// A place with a short path. Root's runtime directory is closed to the account that runs the server, so root uses `/tmp`.
fn short_base() -> PathBuf {
    let own = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    match own.filter(|dir| dir.is_absolute() && dir.is_dir() && dir.as_os_str().len() < 64) {
        Some(dir) if !nix::unistd::geteuid().is_root() => dir,
        _ => PathBuf::from("/tmp"),
    }
}
