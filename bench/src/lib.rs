#![doc = include_str!("../README.md")]

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command};

use anyhow::{Context, Result};
use tempfile::TempDir;

/// The release binary, built by `cargo xtask bench`.
pub fn attest() -> Result<Command> {
    Ok(Command::new(variable("BENCH_BINARY")?))
}

/// The generator of sample files, built by `cargo xtask bench`.
pub fn samples() -> Result<Command> {
    Ok(Command::new(variable("BENCH_SAMPLES")?))
}

/// The packed Postgres that the binary was built with; none if an installed one is used.
#[must_use]
pub fn postgres_runtime() -> Option<PathBuf> {
    std::env::var_os("ATTEST_POSTGRES_RUNTIME").map(PathBuf::from)
}

fn variable(name: &str) -> Result<OsString> {
    std::env::var_os(name)
        .with_context(|| format!("{name} is not set; run this by `cargo xtask bench`"))
}

/// A data directory that every user can reach, because root lends Postgres to another.
pub fn data_folder() -> Result<TempDir> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = fs::Permissions::from_mode(0o755);
    tempfile::Builder::new()
        .prefix("attest-bench-")
        .permissions(permissions)
        .tempdir()
        .context("make a data directory")
}

/// A line of `/proc/<pid>/status` in MB (10⁶ bytes): `VmRSS` is what is resident now,
/// `VmHWM` the most that ever was (proc(5)). None once the process has ended.
#[must_use]
pub fn memory_mb(child: &Child, line: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    memory_in(&status, line)
}

fn memory_in(status: &str, line: &str) -> Option<f64> {
    let rest = status
        .lines()
        .find_map(|text| text.strip_prefix(line)?.strip_prefix(':'))?;
    let kibibytes: f64 = rest.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}

/// The middle of the values, the upper one of two; none of no values.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// The value behind `--name` among the arguments, or `default`.
#[must_use]
pub fn option(name: &str, default: &str) -> String {
    let arguments: Vec<String> = std::env::args().collect();
    option_in(&arguments, name).unwrap_or_else(|| default.to_owned())
}

fn option_in(arguments: &[String], name: &str) -> Option<String> {
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1).cloned()
}

/// Asks a child to end and waits until it has.
pub fn stop(mut child: Child) -> Result<()> {
    let pid = child.id().to_string();
    Command::new("kill")
        .args(["-s", "TERM", &pid])
        .status()
        .context("stop attest")?;
    child.wait().context("wait for attest")?;
    Ok(())
}
