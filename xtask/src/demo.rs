//! `cargo xtask demo`: from a fresh clone to a running Attest with sample data.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{self, cargo, output};
use crate::project::Project;
use crate::{postgres, postgres_runtime};

/// Tells the build where the packed Postgres lies.
pub(crate) const RUNTIME_VARIABLE: &str = "ATTEST_POSTGRES_RUNTIME";

/// Builds and starts the demo; answers only if that fails, because the demo takes
/// this process's place.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    let binary = build(project)?;
    let mut command = Command::new(&binary);
    command.arg("demo");
    add_data_folder(&mut command, project, arguments)?;
    eprintln!("\n$ attest demo {}", arguments.join(" "));
    let error = command.args(arguments).exec();
    Err(error).with_context(|| format!("start {}", binary.display()))
}

/// Builds `attest` with the Postgres runtime packed in and answers the binary's path.
pub(crate) fn build(project: &Project) -> Result<PathBuf> {
    let messages = build_targets(project, &["--package", "server", "--bin", "attest"])?;
    executable(&messages, "attest")
}

/// Builds what `selection` says, with the Postgres runtime packed into `attest`; cargo's messages.
pub(crate) fn build_targets(project: &Project, selection: &[&str]) -> Result<String> {
    let runtime = postgres_runtime(project)?;
    let mut command = cargo();
    command
        .arg("build")
        .args(selection)
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(&project.root)
        .stderr(Stdio::inherit());
    if let Some(runtime) = runtime {
        command.env(RUNTIME_VARIABLE, runtime);
    }
    eprintln!("\n$ cargo build {}", selection.join(" "));
    output(&mut command)
}

/// The path of a binary or example out of cargo's messages, one JSON object a line.
pub(crate) fn executable(messages: &str, name: &str) -> Result<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .with_context(|| format!("cargo built no binary `{name}`"))
}

/// Prepares the packed Postgres; without it Attest uses an installed one, which is
/// then looked for and, if need be, installed.
pub(crate) fn postgres_runtime(project: &Project) -> Result<Option<PathBuf>> {
    match postgres_runtime::prepare(&project.target) {
        Ok(archive) => Ok(Some(archive)),
        Err(error) => {
            process::fail_if_stopped()?;
            eprintln!("no Postgres was packed ({error:#}); an installed one will do");
            postgres::installed()?;
            Ok(None)
        }
    }
}

/// Adds `--data-dir` unless the caller chose one.
pub(crate) fn add_data_folder(
    command: &mut Command,
    project: &Project,
    arguments: &[String],
) -> Result<()> {
    let chosen = |argument: &String| argument.starts_with("--data-dir");
    if !arguments.iter().any(chosen) && std::env::var_os("ATTEST_DATA_DIR").is_none() {
        command.arg("--data-dir").arg(data_folder(project)?);
    }
    Ok(())
}

/// Below the build's folder, so that `cargo clean` removes it; for root, whose
/// Postgres runs as another user, only if that user can get there.
fn data_folder(project: &Project) -> Result<PathBuf> {
    let folder = project.target.join("demo");
    if !process::is_root() || everyone_may_enter(&project.target)? {
        return Ok(folder);
    }
    let shared = PathBuf::from("/var/lib/attest-demo");
    eprintln!(
        "Postgres cannot reach {}; the demo's data goes to {}",
        folder.display(),
        shared.display()
    );
    Ok(shared)
}

fn everyone_may_enter(folder: &Path) -> Result<bool> {
    const ENTER: u32 = 0o001;
    for part in folder.ancestors().filter(|part| part.exists()) {
        let metadata = fs::metadata(part).with_context(|| format!("look at {}", part.display()))?;
        if metadata.permissions().mode() & ENTER == 0 {
            return Ok(false);
        }
    }
    if !folder.is_absolute() {
        bail!("{} is no absolute path", folder.display());
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::{everyone_may_enter, executable};

    #[test]
    fn the_binary_is_found_among_the_messages_of_a_build() {
        let messages = "{\"target\":{\"name\":\"server\"},\"executable\":null}\nnot json\n\
                        {\"target\":{\"name\":\"attest\"},\"executable\":\"/t/debug/attest\"}\n";
        let found = executable(messages, "attest").unwrap();
        assert_eq!(found, PathBuf::from("/t/debug/attest"));
        assert!(executable(messages, "start").is_err());
        assert!(executable("{\"reason\":\"build-finished\"}", "attest").is_err());
    }

    #[test]
    fn a_closed_folder_anywhere_above_keeps_others_out() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("a/b");
        fs::create_dir_all(&inside).unwrap();
        let set = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode));
        set(0o700).unwrap();
        assert!(!everyone_may_enter(&inside).unwrap());
        set(0o755).unwrap();
        assert!(everyone_may_enter(&inside).unwrap());
    }
}
