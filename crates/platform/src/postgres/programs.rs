//! Finding Postgres' programs on this machine.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::layout::Layout;
use super::version::ServerVersion;
use super::{EmbeddedError, EmbeddedOptions, runtime};

/// The oldest major version that is run.
const OLDEST: u32 = 15;

/// Where packages put one directory for every installed major version.
const INSTALLED: [&str; 3] = ["/usr/lib/postgresql", "/usr/local/lib/postgresql", "/usr"];

/// A directory with Postgres' programs, and what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runtime {
    /// Where `postgres`, `initdb` and `pg_dump` lie.
    pub bin: PathBuf,
    /// Their version.
    pub version: ServerVersion,
    /// Whether they came packed in the binary.
    pub packed: bool,
}

impl Runtime {
    /// Looks at the programs in `bin`; `None` if there is no server that runs.
    #[must_use]
    pub fn at(bin: &Path) -> Option<Self> {
        Some(Self {
            bin: bin.to_owned(),
            version: version_of(&bin.join("postgres"))?,
            packed: false,
        })
    }

    /// The path of one of the programs.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = if self.packed { "packed" } else { "installed" };
        write!(
            formatter,
            "PostgreSQL {} ({origin}, {})",
            self.version,
            self.bin.display()
        )
    }
}

/// A `pg_dump` that runs here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpTool {
    program: PathBuf,
    version: ServerVersion,
}

impl DumpTool {
    /// Finds a `pg_dump` for a server of this version: an installed one, because it can speak TLS, or else the packed one.
    /// `pg_dump` reads servers of its own major version and older ones.
    pub fn find(options: &EmbeddedOptions, server: ServerVersion) -> Result<Self, EmbeddedError> {
        let suits = |tool: &Self| tool.version.major() >= server.major();
        let mut found: Vec<Self> = tool_folders()
            .iter()
            .filter_map(|bin| Self::at(bin))
            .filter(suits)
            .collect();
        // The server's own version if it is there: the newer the tool, the less an old server understands of the dump.
        found.sort_by_key(|tool| tool.version);
        if let Some(tool) = found.into_iter().next() {
            return Ok(tool);
        }
        let layout = Layout::new(&options.data_dir)?;
        if let Some(packed) = &options.packed {
            layout.create()?;
            let unpacked = Self::at(&runtime::unpack(&layout, packed)?.bin);
            if let Some(tool) = unpacked.filter(suits) {
                return Ok(tool);
            }
        }
        Err(EmbeddedError::NoDumpTool {
            server: server.to_string(),
        })
    }

    /// The `pg_dump` among the programs in `bin`.
    #[must_use]
    pub fn at(bin: &Path) -> Option<Self> {
        let program = bin.join("pg_dump");
        let version = version_of(&program)?;
        Some(Self { program, version })
    }

    pub(super) fn program(&self) -> &Path {
        &self.program
    }
}

/// What a program says its version is; `None` if it is not there or does not run.
fn version_of(program: &Path) -> Option<ServerVersion> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    ServerVersion::from_banner(&String::from_utf8_lossy(&output.stdout))
}

/// The installed runtimes of version 15 or later, newest first.
#[must_use]
pub fn installed() -> Vec<Runtime> {
    let mut found: Vec<Runtime> = version_folders()
        .iter()
        .filter_map(|bin| Runtime::at(bin))
        .collect();
    if found.is_empty() {
        found.extend(bin_of_pg_config().and_then(|bin| Runtime::at(&bin)));
    }
    found.retain(|runtime| runtime.version.major() >= OLDEST);
    found.sort_by_key(|runtime| std::cmp::Reverse(runtime.version));
    found
}

/// Where packages put programs, by version. Debian: `<root>/<major>/bin`; Fedora and its kin: `<root>/pgsql-<major>/bin`.
fn version_folders() -> Vec<PathBuf> {
    let entries = INSTALLED.iter().filter_map(|root| fs::read_dir(root).ok());
    entries
        .flatten()
        .filter_map(Result::ok)
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let number = name.strip_prefix("pgsql-").unwrap_or(&name);
            number.parse::<u32>().is_ok()
        })
        .map(|entry| entry.path().join("bin"))
        .collect()
}

fn tool_folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    version_folders()
        .into_iter()
        .chain(std::env::split_paths(&path))
        .collect()
}

fn bin_of_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().into())
}
