//! Which Postgres runs the cluster: the one packed into the binary, or one that is installed.

use std::borrow::Cow;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::EmbeddedError;
use super::layout::{Layout, make_dir, set_mode, sync_dir};
use super::programs::{Runtime, installed};

/// A Postgres runtime that travels inside the binary: a tar archive compressed with zstd.
#[derive(Clone)]
pub struct Packed {
    name: Cow<'static, str>,
    archive: Cow<'static, [u8]>,
}

impl Packed {
    /// `name` is `<version>-<hash>` and changes whenever the content does, because a runtime is unpacked once under its name.
    /// The archive holds the programs at `bin/` or, as in the wheel that they come from, at `*/*/bin/`.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>, archive: impl Into<Cow<'static, [u8]>>) -> Self {
        Self {
            name: name.into(),
            archive: archive.into(),
        }
    }

    /// Reads a packed runtime from a file named `<version>-<hash>.tar.zst`.
    pub fn read(path: &Path) -> Result<Self, EmbeddedError> {
        let archive = fs::read(path).map_err(EmbeddedError::file("read", path))?;
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .trim_end_matches(".tar.zst")
            .to_owned();
        Ok(Self::new(name, archive))
    }

    fn major(&self) -> Option<u32> {
        self.name.split(['.', '-']).next()?.parse().ok()
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Packed({}, {} bytes)",
            self.name,
            self.archive.len()
        )
    }
}

/// Chooses the programs for the cluster: those of the major version that made it, or the best at hand for a new one.
pub(super) fn choose(
    layout: &Layout,
    packed: Option<&Packed>,
    bin_dir: Option<&Path>,
    made_with: Option<&str>,
) -> Result<Runtime, EmbeddedError> {
    let suits = |major: u32| made_with.is_none_or(|made| made == major.to_string());
    if let Some(packed) = packed.filter(|packed| packed.major().is_some_and(suits)) {
        match unpack(layout, packed) {
            // A machine may be unable to run what is packed: another C library, another processor.
            Err(EmbeddedError::NoRuntime) => {
                tracing::warn!("the packed Postgres does not run here");
            }
            unpacked => return unpacked,
        }
    }
    let others = match bin_dir {
        Some(bin) => Runtime::at(bin).into_iter().collect(),
        None => installed(),
    };
    if let Some(runtime) = others.iter().find(|other| suits(other.version.major())) {
        return Ok(runtime.clone());
    }
    let mut available: Vec<String> = packed
        .and_then(Packed::major)
        .into_iter()
        .chain(others.iter().map(|other| other.version.major()))
        .map(|major| format!("PostgreSQL {major}"))
        .collect();
    available.dedup();
    match made_with {
        Some(made) if !available.is_empty() => Err(EmbeddedError::OtherMajor {
            cluster: layout.cluster.clone(),
            found: made.to_owned(),
            available: available.join(", "),
        }),
        _ => Err(EmbeddedError::NoRuntime),
    }
}

/// Unpacks the runtime unless that has been done, and looks at what came out. The directory appears whole or not at all.
pub(super) fn unpack(layout: &Layout, packed: &Packed) -> Result<Runtime, EmbeddedError> {
    let dir = layout.runtime.join(packed.name.as_ref());
    if !dir.exists() {
        make_dir(&layout.runtime, 0o755)?;
        // A dump beside a running Attest may be unpacking at the same time.
        let fresh = layout
            .runtime
            .join(format!(".unfinished-{}", std::process::id()));
        remove(&fresh)?;
        make_dir(&fresh, 0o755)?;
        let reader = zstd::Decoder::new(packed.archive.as_ref())
            .map_err(EmbeddedError::file("unpack into", &fresh))?;
        tar::Archive::new(reader)
            .unpack(&fresh)
            .map_err(EmbeddedError::file("unpack into", &fresh))?;
        set_mode(&fresh, 0o755)?;
        sync_tree(&fresh)?;
        match fs::rename(&fresh, &dir) {
            Err(_) if dir.exists() => remove(&fresh)?,
            renamed => renamed.map_err(EmbeddedError::file("create", &dir))?,
        }
        sync_dir(&layout.runtime)?;
    }
    let bin = find_bin(&dir, 3).ok_or(EmbeddedError::NoRuntime)?;
    let mut runtime = Runtime::at(&bin).ok_or(EmbeddedError::NoRuntime)?;
    runtime.packed = true;
    Ok(runtime)
}

/// Removes unpacked runtimes other than the one in use, which an update leaves behind.
pub(super) fn remove_old(layout: &Layout, used: &Runtime) {
    let Ok(entries) = fs::read_dir(&layout.runtime) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        if used.packed && !used.bin.starts_with(entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn find_bin(dir: &Path, depth: u32) -> Option<PathBuf> {
    let bin = dir.join("bin");
    if bin.join("postgres").is_file() {
        return Some(bin);
    }
    if depth == 0 {
        return None;
    }
    let entries = fs::read_dir(dir).ok()?;
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_dir())
        .find_map(|entry| find_bin(&entry.path(), depth - 1))
}

/// One call writes back everything below `dir`, where syncing the 800 files one by one would take seconds.
fn sync_tree(dir: &Path) -> Result<(), EmbeddedError> {
    fs::File::open(dir)
        .and_then(|open| nix::unistd::syncfs(&open).map_err(Into::into))
        .map_err(EmbeddedError::file("sync", dir))
}

/// Removes a directory tree that may not be there.
pub(super) fn remove(path: &Path) -> Result<(), EmbeddedError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(EmbeddedError::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}
