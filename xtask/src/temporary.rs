//! A directory that is removed when it is dropped.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A directory below the system's temporary one.
pub(crate) struct Temporary(PathBuf);

impl Temporary {
    /// Makes `<temporary directory>/<name>-<process>-<n>` with these permissions.
    pub(crate) fn create(name: &str, mode: u32) -> Result<Self> {
        let parent = std::env::temp_dir();
        let mut attempt = 0;
        loop {
            let path = parent.join(format!("{name}-{}-{attempt}", std::process::id()));
            match fs::DirBuilder::new().mode(mode).create(&path) {
                Ok(()) => {
                    let folder = Self(path);
                    // The umask may have taken some away.
                    fs::set_permissions(&folder.0, fs::Permissions::from_mode(mode))
                        .context("set the permissions of a temporary directory")?;
                    return Ok(folder);
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => attempt += 1,
                Err(error) => {
                    return Err(error).with_context(|| format!("make {}", path.display()));
                }
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("could not remove {}: {error}", self.0.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::Temporary;

    #[test]
    fn it_has_the_permissions_asked_for_and_goes_with_its_owner() {
        let first = Temporary::create("attest-temporary", 0o755).unwrap();
        let second = Temporary::create("attest-temporary", 0o700).unwrap();
        assert_ne!(first.path(), second.path());
        let mode = |folder: &Temporary| fs::metadata(folder.path()).unwrap().permissions().mode();
        assert_eq!(mode(&first) & 0o777, 0o755);
        assert_eq!(mode(&second) & 0o777, 0o700);
        fs::write(first.path().join("file"), "x").unwrap();
        let path = first.path().to_path_buf();
        drop(first);
        assert!(!path.exists());
    }
}
