//! The key file on disk: private, never half written, never silently overwritten.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::Error;
use crate::crypto::random_bytes;

/// Far more than any keyring needs; keeps a mistaken path from filling the memory.
const LONGEST: u64 = 1 << 20;

/// The content of the file and its path with links resolved.
pub(super) fn read(path: &Path) -> Result<(PathBuf, SecretString), Error> {
    let path = fs::canonicalize(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => Error::Missing(path.to_owned()),
        _ => failed("read", path)(source),
    })?;
    let file = File::open(&path).map_err(failed("read", &path))?;
    refuse_shared(&file, &path)?;
    let mut text = String::with_capacity(4096);
    file.take(LONGEST)
        .read_to_string(&mut text)
        .map_err(failed("read", &path))?;
    Ok((path, text.into()))
}

/// Writes a file that must not exist yet; gives its path with links resolved.
pub(super) fn create(path: &Path, text: &SecretString) -> Result<PathBuf, Error> {
    let folder = folder(path);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(failed("make", folder))?;
    let whole = write_beside(path, text)?;
    // A link fails where a file exists; a rename would replace it.
    let linked = fs::hard_link(&whole, path);
    fs::remove_file(&whole).map_err(failed("remove", &whole))?;
    linked.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => Error::Exists(path.to_owned()),
        _ => failed("write", path)(source),
    })?;
    sync(folder)?;
    fs::canonicalize(path).map_err(failed("read", path))
}

/// Replaces a file that must still hold `former`, which stays as `<name>.bak`.
pub(super) fn replace(
    path: &Path,
    former: &SecretString,
    text: &SecretString,
) -> Result<(), Error> {
    let lock_path = with_suffix(path, ".lock");
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&lock_path);
    let lock = lock.map_err(failed("lock", &lock_path))?;
    lock.lock().map_err(failed("lock", &lock_path))?;
    let (_, found) = read(path)?;
    // Two rotations at once would each wrap keys under a version of which one is lost.
    if found.expose_secret() != former.expose_secret() {
        return Err(Error::Changed(path.to_owned()));
    }
    let next = write_beside(path, text)?;
    let backup = write_beside(path, former)?;
    keep_owner(path, &[&next, &backup])?;
    let backup_path = with_suffix(path, ".bak");
    fs::rename(&backup, &backup_path).map_err(failed("write", &backup_path))?;
    fs::rename(&next, path).map_err(failed("write", path))?;
    sync(folder(path))
}

fn refuse_shared(file: &File, path: &Path) -> Result<(), Error> {
    let metadata = file.metadata().map_err(failed("read", path))?;
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(Error::Permissions {
            path: path.to_owned(),
            mode,
        });
    }
    let (owner, user) = (metadata.uid(), nix::unistd::geteuid());
    if owner != user.as_raw() && owner != 0 && !user.is_root() {
        return Err(Error::Owner {
            path: path.to_owned(),
            owner,
        });
    }
    Ok(())
}

/// Writes a private file of a new name beside `path` and forces it to disk.
fn write_beside(path: &Path, text: &SecretString) -> Result<PathBuf, Error> {
    let name = with_suffix(path, &format!(".{}", hex::encode(random_bytes::<8>()?)));
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&name)
        .map_err(failed("write", &name))?;
    file.write_all(text.expose_secret().as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(failed("write", &name))?;
    Ok(name)
}

/// Gives new files to the owner of the old one, so that root may rotate the keys of a service.
fn keep_owner(path: &Path, new: &[&Path]) -> Result<(), Error> {
    let metadata = fs::metadata(path).map_err(failed("read", path))?;
    if !nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    for name in new {
        let file = File::open(name).map_err(failed("read", name))?;
        fchown(&file, Some(metadata.uid()), Some(metadata.gid())).map_err(failed("write", name))?;
    }
    Ok(())
}

fn sync(folder: &Path) -> Result<(), Error> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed("write", folder))
}

fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io {
        action,
        path,
        source,
    }
}
