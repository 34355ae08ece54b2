//! Two locks of a data directory: one says which Attest uses it, the other whether a server still runs on it.
//!
//! Both are `flock` locks, which the kernel drops with the last process that holds the open file. The server inherits
//! the second one as its standard input, and its backends from it: so the lock is free exactly when all of them are gone,
//! whatever process ids have been given out again meanwhile.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::EmbeddedError;
use super::layout::Layout;

/// How often a lock that somebody else holds is tried again.
const AGAIN: Duration = Duration::from_millis(20);

/// The right to use a data directory, for as long as this value lives.
#[derive(Debug)]
pub(super) struct DataDirLock {
    _file: File,
}

impl DataDirLock {
    /// Takes the data directory for this process, or says who has it.
    pub(super) fn take(layout: &Layout) -> Result<Self, EmbeddedError> {
        let mut file = open(&layout.lock)?;
        if !try_lock(&file, &layout.lock)? {
            return Err(EmbeddedError::InUse {
                data_dir: layout.root.clone(),
                pid: holder(&mut file),
            });
        }
        let pid = std::process::id();
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| writeln!(file, "{pid}"))
            .map_err(EmbeddedError::file("write", &layout.lock))?;
        Ok(Self { _file: file })
    }

    /// Whether another process has the data directory at this moment.
    pub(super) fn is_taken(layout: &Layout) -> Result<bool, EmbeddedError> {
        if !layout.lock.exists() {
            return Ok(false);
        }
        let file = open(&layout.lock)?;
        Ok(!try_lock(&file, &layout.lock)?)
    }
}

/// Waits until no process of an earlier server is left, and returns the lock for the next one to inherit.
pub(super) fn take_server_lock(layout: &Layout, patience: Duration) -> Result<File, EmbeddedError> {
    let file = open(&layout.server_lock)?;
    let begun = Instant::now();
    let mut told = false;
    while !try_lock(&file, &layout.server_lock)? {
        if begun.elapsed() > patience {
            return Err(EmbeddedError::StillStopping {
                data_dir: layout.root.clone(),
                seconds: patience.as_secs(),
                log: layout.log.clone(),
            });
        }
        if !told && begun.elapsed() > Duration::from_secs(1) {
            told = true;
            tracing::info!("waiting for the database server of an earlier run to end");
        }
        std::thread::sleep(AGAIN);
    }
    Ok(file)
}

fn open(path: &Path) -> Result<File, EmbeddedError> {
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(EmbeddedError::file("open", path))
}

fn try_lock(file: &File, path: &Path) -> Result<bool, EmbeddedError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(EmbeddedError::file("lock", path)(error)),
    }
}

fn holder(file: &mut File) -> Option<i32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
