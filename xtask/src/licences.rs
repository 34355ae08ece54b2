//! Licences and sources of what Attest is built from, after `deny.toml`.
//!
//! cargo-deny checks the same and more; this much is checked also where it is
//! not installed.

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{self, cargo, output};
use crate::project::Project;

/// Runs cargo-deny where it is installed, else our own look at licences and
/// sources, and says what stayed unchecked.
pub(crate) fn problems(project: &Project) -> Result<Vec<String>> {
    if process::answers("cargo-deny", "--version") {
        run_cargo_deny(project)?;
        return Ok(Vec::new());
    }
    println!(
        "   licences and sources are checked from cargo metadata; cargo-deny is not installed, \
         so advisories, yanked and duplicate versions were NOT checked"
    );
    let policy = fs::read_to_string(project.root.join("deny.toml")).context("read deny.toml")?;
    let allowed = allowed_licences(&policy)?;
    let mut command = cargo();
    command
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--filter-platform",
        ])
        .arg(host()?)
        .current_dir(&project.root);
    let metadata = serde_json::from_str(&output(&mut command)?).context("read cargo metadata")?;
    package_problems(&metadata, &allowed)
}

fn run_cargo_deny(project: &Project) -> Result<()> {
    let has_advisories = advisory_databases().is_some_and(|folder| {
        fs::read_dir(folder)
            .is_ok_and(|entries| entries.flatten().any(|entry| entry.path().is_dir()))
    });
    let deny = || {
        let mut command = Command::new("cargo-deny");
        command.arg("--workspace").current_dir(&project.root);
        command
    };
    process::run(deny().args(["check", "bans", "licenses", "sources"]))?;
    if has_advisories {
        return process::run(deny().args(["--offline", "check", "advisories"]));
    }
    println!("   advisories were NOT checked: this machine holds no advisory database");
    Ok(())
}

/// Where cargo-deny keeps advisory databases.
fn advisory_databases() -> Option<PathBuf> {
    let home = match std::env::var_os("CARGO_HOME") {
        Some(home) => home.into(),
        None => std::env::home_dir()?.join(".cargo"),
    };
    Some(home.join("advisory-dbs"))
}

fn host() -> Result<String> {
    let version = output(Command::new("rustc").arg("-vV"))?;
    let line = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("rustc names no host")?.to_owned())
}

/// The list `allow = […]` under `[licenses]`.
fn allowed_licences(policy: &str) -> Result<Vec<String>> {
    let section = policy
        .split("\n[")
        .find(|section| section.starts_with("licenses]"))
        .context("deny.toml has no section [licenses]")?;
    let list = section
        .split_once("\nallow = [")
        .and_then(|(_, rest)| rest.split_once(']'))
        .context("deny.toml allows no licences")?
        .0;
    let entries = list
        .lines()
        .map(|line| line.split('#').next().unwrap_or(""));
    Ok(entries
        .flat_map(|line| line.split(','))
        .map(|entry| entry.trim().trim_matches('"').to_owned())
        .filter(|entry| !entry.is_empty())
        .collect())
}

fn package_problems(metadata: &Value, allowed: &[String]) -> Result<Vec<String>> {
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata lists no packages")?;
    let index = packages
        .iter()
        .find_map(|package| package["source"].as_str());
    // The list also holds crates that are in the lock file for other systems only.
    let built: HashSet<&str> = metadata["resolve"]["nodes"]
        .as_array()
        .context("cargo metadata resolves nothing")?
        .iter()
        .filter_map(|node| node["id"].as_str())
        .collect();
    let mut problems = Vec::new();
    for package in packages {
        if !package["id"].as_str().is_some_and(|id| built.contains(id)) {
            continue;
        }
        let (name, version) = (&package["name"], &package["version"]);
        if let Some(source) = package["source"].as_str()
            && (Some(source) != index || !source.starts_with("registry+"))
        {
            problems.push(format!("{name} {version}: comes from {source}"));
        }
        let licence = package["license"].as_str().unwrap_or("");
        if !is_allowed(licence, allowed)? {
            problems.push(format!(
                "{name} {version}: licence `{licence}` is not allowed"
            ));
        }
    }
    Ok(problems)
}

/// Evaluates an SPDX expression (`A OR B`, `A AND B`, `A WITH x`, parentheses, and the
/// old `A/B` for a choice): whether the allowed licences satisfy it.
fn is_allowed(expression: &str, allowed: &[String]) -> Result<bool> {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ")
        .replace(" WITH ", "+WITH+");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    if tokens.is_empty() {
        return Ok(false);
    }
    let mut rest = tokens.as_slice();
    let satisfied = choice(&mut rest, allowed)?;
    if !rest.is_empty() {
        bail!("cannot read the licence expression `{expression}`");
    }
    Ok(satisfied)
}

fn choice(rest: &mut &[&str], allowed: &[String]) -> Result<bool> {
    let mut satisfied = conjunction(rest, allowed)?;
    while let ["OR", after @ ..] = *rest {
        *rest = after;
        satisfied |= conjunction(rest, allowed)?;
    }
    Ok(satisfied)
}

fn conjunction(rest: &mut &[&str], allowed: &[String]) -> Result<bool> {
    let mut satisfied = single(rest, allowed)?;
    while let ["AND", after @ ..] = *rest {
        *rest = after;
        satisfied &= single(rest, allowed)?;
    }
    Ok(satisfied)
}

fn single(rest: &mut &[&str], allowed: &[String]) -> Result<bool> {
    match *rest {
        ["(", after @ ..] => {
            *rest = after;
            let satisfied = choice(rest, allowed)?;
            let [")", after @ ..] = *rest else {
                bail!("a licence expression lacks a closing parenthesis");
            };
            *rest = after;
            Ok(satisfied)
        }
        [name, after @ ..] => {
            *rest = after;
            Ok(allowed.contains(&name.replace("+WITH+", " WITH ")))
        }
        [] => bail!("a licence expression ends early"),
    }
}
