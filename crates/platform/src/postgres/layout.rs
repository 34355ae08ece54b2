//! Where everything lies in a data directory.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::EmbeddedError;

/// initdb names its programs to a shell, between double quotes; in there these characters mean something.
const SPECIAL: &[u8] = b"\"$`\\\n\r";

/// The paths of one data directory. Everything in `cluster` and `run` belongs to the account that runs Postgres, the rest to Attest.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The data directory itself, absolute.
    pub(super) root: PathBuf,
    /// Held by the one Attest that uses the directory; contains its process id.
    pub(super) lock: PathBuf,
    /// Held by every process of the server that Attest started.
    pub(super) server_lock: PathBuf,
    /// Postgres' own data directory.
    pub(super) cluster: PathBuf,
    /// A cluster being made.
    pub(super) unfinished: PathBuf,
    /// Which runtime made the cluster, one line for people.
    pub(super) made_by: PathBuf,
    /// The superuser's password.
    pub(super) password: PathBuf,
    /// What the server writes to its standard error.
    pub(super) log: PathBuf,
    /// The socket directory, if its path is short enough for a socket address.
    pub(super) run: PathBuf,
    /// Unpacked runtimes, one directory each.
    pub(super) runtime: PathBuf,
}

impl Layout {
    /// Names the paths below `data_dir`, made absolute. Touches nothing.
    pub(super) fn new(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let root = std::path::absolute(data_dir)
            .map_err(EmbeddedError::file("find the absolute path of", data_dir))?;
        let bytes = root.as_os_str().as_bytes();
        if bytes.iter().any(|byte| SPECIAL.contains(byte)) {
            return Err(EmbeddedError::UnusablePath { path: root });
        }
        Ok(Self {
            lock: root.join("attest.lock"),
            server_lock: root.join("postgres.lock"),
            cluster: root.join("postgres"),
            unfinished: root.join("postgres.unfinished"),
            made_by: root.join("postgres.runtime"),
            password: root.join("postgres.password"),
            log: root.join("postgres.log"),
            run: root.join("run"),
            runtime: root.join("runtime"),
            root,
        })
    }

    /// Makes the data directory if it is not there. As root it stays closed to readers but can be passed through,
    /// because Postgres runs as somebody else.
    pub(super) fn create(&self) -> Result<(), EmbeddedError> {
        if let Some(parent) = self.root.parent() {
            fs::create_dir_all(parent).map_err(EmbeddedError::file("create", parent))?;
        }
        let wanted = if nix::unistd::geteuid().is_root() {
            0o711
        } else {
            0o700
        };
        create_dir(&self.root, wanted)?;
        let found = fs::metadata(&self.root).map_err(EmbeddedError::file("look at", &self.root))?;
        let mode = found.permissions().mode() & 0o777;
        if found.uid() == nix::unistd::geteuid().as_raw() && mode & wanted != wanted {
            set_mode(&self.root, mode | wanted)?;
        }
        Ok(())
    }
}

/// Sets the permission bits of `path`, whatever the umask.
pub(super) fn set_mode(path: &Path, mode: u32) -> Result<(), EmbeddedError> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(EmbeddedError::file("set the permissions of", path))
}

/// Makes `path` a directory of mode `mode`, whatever the umask and whether or not it was there.
pub(super) fn make_dir(path: &Path, mode: u32) -> Result<(), EmbeddedError> {
    create_dir(path, mode)?;
    set_mode(path, mode)
}

/// Makes the directory `path` unless it is there.
fn create_dir(path: &Path, mode: u32) -> Result<(), EmbeddedError> {
    match fs::DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(EmbeddedError::file("create", path)(error))
        }
        _ => Ok(()),
    }
}

/// Waits until the entries of directory `path` are on disk, so that a rename survives a power cut.
pub(super) fn sync_dir(path: &Path) -> Result<(), EmbeddedError> {
    fs::File::open(path)
        .and_then(|dir| dir.sync_all())
        .map_err(EmbeddedError::file("sync", path))
}
