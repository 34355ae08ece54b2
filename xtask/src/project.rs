//! The workspace as cargo sees it, and its files.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::{cargo, output};

/// Folders that hold nothing written by hand.
const SKIPPED_FOLDERS: [&str; 3] = ["target", ".git", "node_modules"];

/// In a second work tree this is a file that names the first one's folder.
const WORKTREE_MARK: &str = ".git";

/// Marks a folder whose content can be made again; cargo puts it where it builds.
const CACHE_MARK: &str = "CACHEDIR.TAG";

/// The workspace.
pub(crate) struct Project {
    /// The folder of the workspace's manifest.
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    /// Its members.
    pub(crate) packages: Vec<Package>,
}

/// A member of the workspace.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) has_library: bool,
}

/// A line under `[dependencies]`, `[dev-dependencies]` or `[build-dependencies]`.
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) only_for_tests: bool,
}

impl Project {
    /// Asks cargo for the workspace around this program's manifest; needs no network.
    pub(crate) fn load() -> Result<Self> {
        let mut command = cargo();
        command.args(["metadata", "--format-version", "1", "--no-deps"]);
        if let Some(folder) = env::var_os("CARGO_MANIFEST_DIR") {
            command.current_dir(folder);
        }
        let text = output(&mut command)?;
        Self::from_metadata(&serde_json::from_str(&text).context("read cargo metadata")?)
    }

    pub(crate) fn from_metadata(metadata: &Value) -> Result<Self> {
        let packages = metadata["packages"]
            .as_array()
            .context("cargo metadata lists no packages")?;
        Ok(Self {
            root: path(&metadata["workspace_root"])?,
            target: path(&metadata["target_directory"])?,
            packages: packages.iter().map(package).collect::<Result<_>>()?,
        })
    }

    /// Whether the workspace has a member of this name.
    pub(crate) fn has_package(&self, name: &str) -> bool {
        self.packages.iter().any(|package| package.name == name)
    }

    /// `path` as it is read from the root of the workspace.
    pub(crate) fn relative(&self, path: &Path) -> String {
        let relative = path.strip_prefix(&self.root).unwrap_or(path);
        relative.to_string_lossy().into_owned()
    }

    /// Every file of the workspace that people write, sorted.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        files_below(&self.root)
    }
}

impl Package {
    /// The package's Rust files, tests included, sorted.
    pub(crate) fn rust_files(&self) -> Result<Vec<PathBuf>> {
        let mut files = files_below(&self.folder)?;
        files.retain(|file| file.extension().is_some_and(|e| e == "rs"));
        Ok(files)
    }
}

/// Whether a file is for tests only: `tests.rs`, `sample.rs` (made-up pages), or anything in a folder `tests`.
pub(crate) fn is_test_file(path: &Path) -> bool {
    path.components().any(|part| {
        matches!(
            part.as_os_str().to_str(),
            Some("tests.rs" | "sample.rs" | "tests")
        )
    })
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("list {}", folder.display()))?;
            let kind = entry.file_type().context("read a file's type")?;
            if kind.is_dir() {
                let (name, path) = (entry.file_name(), entry.path());
                let skipped = SKIPPED_FOLDERS.iter().any(|skipped| name == *skipped);
                if !skipped && !path.join(CACHE_MARK).exists() {
                    open.push(path);
                }
            } else if kind.is_file() && entry.file_name() != WORKTREE_MARK {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn path(value: &Value) -> Result<PathBuf> {
    Ok(value
        .as_str()
        .context("cargo metadata lacks a path")?
        .into())
}

fn package(value: &Value) -> Result<Package> {
    let mut folder = path(&value["manifest_path"])?;
    folder.pop();
    let list = |key: &str| value[key].as_array().cloned().unwrap_or_default();
    Ok(Package {
        name: text(&value["name"])?,
        folder,
        dependencies: list("dependencies")
            .iter()
            .map(|dependency| {
                Ok(Dependency {
                    name: text(&dependency["name"])?,
                    only_for_tests: dependency["kind"] == "dev",
                })
            })
            .collect::<Result<_>>()?,
        has_library: list("targets")
            .iter()
            .any(|target| target["kind"][0] == "lib"),
    })
}

fn text(value: &Value) -> Result<String> {
    let text = value.as_str().context("cargo metadata lacks a name")?;
    Ok(text.to_owned())
}
