//! The server as a child process that ends with us, however we end.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, getpid, getppid, setsid};
use tokio::sync::watch;

use super::EmbeddedError;

/// How large the log may be at start before it is moved aside.
const LOG_LIMIT: u64 = 10 * 1024 * 1024;

/// How much of the log an error quotes.
const QUOTED: u64 = 2_000;

/// Makes `command` lead a session of its own, so that Ctrl-C in the terminal reaches only us, and makes the kernel send it
/// `signal` when the thread that started it ends (prctl(2), `PR_SET_PDEATHSIG`).
pub(super) fn tie_to_us(command: &mut Command, signal: Signal) {
    let parent = getpid();
    let hook = move || {
        setsid()?;
        nix::sys::prctl::set_pdeathsig(signal)?;
        // We may have died before the line above took effect.
        if getppid() == parent {
            Ok(())
        } else {
            Err(io::Error::from(nix::errno::Errno::ESRCH))
        }
    };
    #[expect(
        unsafe_code,
        reason = "between fork and exec the hook makes only system calls that are safe there, and allocates nothing"
    )]
    // SAFETY: setsid, prctl and getppid are async-signal-safe, and the closure owns plain values only.
    unsafe {
        command.pre_exec(hook);
    }
}

/// Leaves the child none of our environment: it could hold secrets, and PG* variables that change what Postgres does.
pub(super) fn clean_environment(command: &mut Command) {
    command.env_clear().env("TZ", "UTC").env("LC_ALL", "C");
    for name in ["PATH", "LD_LIBRARY_PATH"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
}

/// Opens the file that takes the server's standard error; a large one is first moved to `<log>.1`.
pub(super) fn open_log(path: &Path) -> Result<fs::File, EmbeddedError> {
    if fs::metadata(path).is_ok_and(|found| found.len() > LOG_LIMIT) {
        let old = path.with_extension("log.1");
        fs::rename(path, &old).map_err(EmbeddedError::file("rename", path))?;
    }
    fs::File::options()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(EmbeddedError::file("open", path))
}

/// What was written to the log after byte `from`, at most its last 2,000 bytes, in one line.
pub(super) fn log_since(path: &Path, from: u64) -> String {
    let read = || -> io::Result<String> {
        let mut file = fs::File::open(path)?;
        let end = file.metadata()?.len();
        file.seek(SeekFrom::Start(from.max(end.saturating_sub(QUOTED))))?;
        let mut bytes = Vec::new();
        file.take(QUOTED).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).trim().replace('\n', " · "))
    };
    read().unwrap_or_default()
}

/// A running server. The thread that started it waits for its end, for as long as the process lives.
#[derive(Debug)]
pub(super) struct Server {
    shared: Arc<Shared>,
    ended: watch::Receiver<Option<String>>,
    pid: i32,
}

#[derive(Debug)]
struct Shared {
    /// The process id while it is ours to signal: it cannot be given to another process before this is `None`.
    alive: Mutex<Option<Pid>>,
    changed: Condvar,
}

impl Shared {
    fn alive(&self) -> MutexGuard<'_, Option<Pid>> {
        self.alive.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// Starts `command` from a thread of its own. `command` is tied to that thread.
    pub(super) fn spawn(mut command: Command) -> io::Result<Self> {
        tie_to_us(&mut command, Signal::SIGINT);
        let shared = Arc::new(Shared {
            alive: Mutex::new(None),
            changed: Condvar::new(),
        });
        let (end, ended) = watch::channel(None);
        let (start, started) = mpsc::sync_channel(1);
        let keeper = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || match command.spawn() {
                Ok(child) => {
                    // Nothing of ours may keep the server's lock open: it says whether the server lives.
                    drop(command);
                    keep(child, &keeper, &start, &end);
                }
                Err(error) => {
                    let _ = start.send(Err(error));
                }
            })?;
        let pid = started
            .recv()
            .map_err(|_| io::Error::other("the thread that starts the server ended"))??;
        Ok(Self { shared, ended, pid })
    }

    /// The process id it was started with.
    pub(super) fn pid(&self) -> i32 {
        self.pid
    }

    /// How it ended, if it has.
    pub(super) fn ended(&self) -> Option<String> {
        self.ended.borrow().clone()
    }

    /// A receiver that turns `Some` when the server has ended.
    pub(super) fn watch(&self) -> watch::Receiver<Option<String>> {
        self.ended.clone()
    }

    /// Sends `signal` and waits; false if the server still runs after `patience`.
    pub(super) fn end_with(&self, signal: Signal, patience: Duration) -> bool {
        let mut alive = self.shared.alive();
        if let Some(pid) = *alive {
            let _ = kill(pid, signal);
        }
        let begun = Instant::now();
        while alive.is_some() {
            let Some(left) = patience.checked_sub(begun.elapsed()) else {
                return false;
            };
            alive = self
                .shared
                .changed
                .wait_timeout(alive, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }
}

fn keep(
    mut child: Child,
    shared: &Shared,
    start: &mpsc::SyncSender<io::Result<i32>>,
    end: &watch::Sender<Option<String>>,
) {
    let raw = i32::try_from(child.id()).unwrap_or_default();
    let pid = Pid::from_raw(raw);
    *shared.alive() = Some(pid);
    let _ = start.send(Ok(raw));
    // Wait without taking the exit status, so that the process id stays taken until nobody can signal it any more.
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    while waitid(Id::Pid(pid), flags) == Err(nix::errno::Errno::EINTR) {}
    let mut alive = shared.alive();
    let status = match child.wait() {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    };
    *alive = None;
    end.send_replace(Some(status));
    shared.changed.notify_all();
}
