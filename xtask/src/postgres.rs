//! Postgres for the tests: found or installed, and a throw-away server of it.

#[cfg(test)]
mod tests;

use std::fs;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::temporary::Temporary;
use crate::{debian, process};

/// The oldest major version that Attest works with.
const OLDEST: u32 = 15;
const SUPERUSER: &str = "attest_admin";
const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

/// A socket's path has to fit `sockaddr_un`, with `/.s.PGSQL.5432` behind it.
const LONGEST_SOCKET_FOLDER: usize = 90;

/// Nothing here outlives the run, so durability is switched off.
const SETTINGS: [&str; 8] = [
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=128MB",
    "max_wal_size=4GB",
    "log_min_messages=warning",
];

/// The installed server's folder `bin`, newest version first; installs one when it may.
pub(crate) fn installed() -> Result<PathBuf> {
    if let Some(found) = newest_installed() {
        return Ok(found);
    }
    debian::install(&["postgresql"], "the tests and the demo")?;
    newest_installed().with_context(|| {
        format!("the installed Postgres is older than {OLDEST}; install {OLDEST} or later")
    })
}

/// The same, if there is one.
pub(crate) fn newest_installed() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.flatten().map(|entry| entry.path());
    newest(folders.filter(|folder| folder.join("bin/postgres").is_file()))
        .map(|folder| folder.join("bin"))
}

/// The folder with the greatest number for a name, of those new enough.
fn newest(folders: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    folders
        .filter_map(|folder| {
            let version: u32 = folder.file_name()?.to_str()?.parse().ok()?;
            (version >= OLDEST).then_some((version, folder))
        })
        .max()
        .map(|(_, folder)| folder)
}

/// A Postgres in a temporary directory; dropping it stops it and removes the directory.
pub(crate) struct Throwaway {
    folder: Folder,
    child: Child,
}

impl Throwaway {
    /// Starts one. `binaries` makes the folder of `initdb` and `postgres`, given the
    /// temporary directory, which the server's user can read.
    pub(crate) fn start(binaries: impl FnOnce(&Path) -> Result<PathBuf>) -> Result<Self> {
        let user = Identity::of_server()?;
        let folder = Folder::create(user)?;
        let bin = binaries(folder.path())?;
        make_cluster(&bin, &folder, user)?;
        let child = spawn(&bin, &folder, user)?;
        let mut server = Self { folder, child };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// The address of the server as its superuser, over its socket.
    pub(crate) fn url(&self) -> String {
        let socket = self.folder.socket();
        let host = percent_encode(&socket.to_string_lossy());
        format!("postgres://{SUPERUSER}@localhost/postgres?host={host}")
    }

    /// The server writes `ready` into the eighth line of its pid file.
    fn wait_until_ready(&mut self) -> Result<()> {
        let started = Instant::now();
        let pid_file = self.folder.data().join("postmaster.pid");
        loop {
            process::fail_if_stopped()?;
            let text = fs::read_to_string(&pid_file).unwrap_or_default();
            if text
                .lines()
                .nth(7)
                .is_some_and(|state| state.trim() == "ready")
            {
                return Ok(());
            }
            let ended = self.child.try_wait().context("look after Postgres")?;
            if ended.is_some() || started.elapsed() > START_LIMIT {
                let log = fs::read_to_string(self.folder.log()).unwrap_or_default();
                bail!("the throw-away Postgres did not start:\n{log}");
            }
            sleep(POLL);
        }
    }

    fn stop(&mut self) -> Result<()> {
        // QUIT is Postgres's immediate shutdown: nothing is worth a checkpoint.
        process::send("QUIT", &self.child);
        let asked = Instant::now();
        while self.child.try_wait()?.is_none() {
            if asked.elapsed() > STOP_LIMIT {
                self.child.kill()?;
                self.child.wait()?;
            }
            sleep(POLL);
        }
        Ok(())
    }
}

impl Drop for Throwaway {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("could not stop the throw-away Postgres: {error}");
        }
    }
}

/// The temporary directory: `data`, `socket`, `server.log` and perhaps binaries.
struct Folder(Temporary);

impl Folder {
    fn create(user: Option<Identity>) -> Result<Self> {
        let folder = Self(Temporary::create("attest-test", 0o700)?);
        if folder.socket().as_os_str().len() > LONGEST_SOCKET_FOLDER {
            bail!(
                "{} is too long for a socket; set TMPDIR",
                folder.socket().display()
            );
        }
        fs::DirBuilder::new()
            .mode(0o700)
            .create(folder.socket())
            .context("make the socket's directory")?;
        if let Some(Identity { uid, gid }) = user {
            for path in [folder.path(), &folder.socket()] {
                chown(path, Some(uid), Some(gid)).context("give the directory away")?;
            }
        }
        Ok(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    fn socket(&self) -> PathBuf {
        self.path().join("socket")
    }

    fn log(&self) -> PathBuf {
        self.path().join("server.log")
    }
}

/// A user and group by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    uid: u32,
    gid: u32,
}

impl Identity {
    /// Postgres refuses to run as root; whoever else we are will do.
    fn of_server() -> Result<Option<Self>> {
        if !process::is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").context("read /etc/passwd")?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| Self::named(name, &users))
            .map(Some)
            .context("Postgres does not run as root, and there is no user `nobody`")
    }

    fn named(name: &str, users: &str) -> Option<Self> {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).map(str::parse);
        Some(Self {
            uid: fields.next()?.ok()?,
            gid: fields.next()?.ok()?,
        })
    }
}

/// The letters of all languages in the order of their code points, as the private
/// database of Attest has them.
fn make_cluster(bin: &Path, folder: &Folder, user: Option<Identity>) -> Result<()> {
    let mut command = as_user(Command::new(bin.join("initdb")), user);
    command
        .arg("--pgdata")
        .arg(folder.data())
        .args(["--username", SUPERUSER, "--auth", "trust"])
        .args(["--encoding", "UTF8", "--locale", "C.UTF-8"])
        .args(["--lc-collate", "C", "--lc-messages", "C", "--no-sync"])
        .current_dir(folder.path());
    let output = command.output().context("start initdb")?;
    if !output.status.success() {
        bail!(
            "initdb failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

fn spawn(bin: &Path, folder: &Folder, user: Option<Identity>) -> Result<Child> {
    let log = fs::File::create(folder.log()).context("make the server's log")?;
    // Should we be killed outright, the kernel tells the server to stop.
    let guard = ["--pdeathsig", "QUIT"];
    let mut command = if process::answers("setpriv", "--version") {
        let mut command = Command::new("setpriv");
        command.args(guard).arg("--").arg(bin.join("postgres"));
        command
    } else {
        Command::new(bin.join("postgres"))
    };
    command.arg("-D").arg(folder.data());
    command.arg("-k").arg(folder.socket());
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    // A group of its own, so that Ctrl-C stops the tests first and the server after them.
    as_user(command, user)
        .process_group(0)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .context("start Postgres")
}

fn as_user(mut command: Command, user: Option<Identity>) -> Command {
    if let Some(Identity { uid, gid }) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn percent_encode(text: &str) -> String {
    let encode = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(encode).collect()
}
