//! Words that have no place in the repository: hosts of package registries (the
//! clients know where to ask) and paths of one machine.

#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::project::Project;

/// In two pieces, so that this list does not find itself.
const REGISTRIES: [(&str, &str); 14] = [
    ("crates", ".io"),
    ("static.rust", "-lang.org"),
    ("pypi", ".org"),
    ("pypi.python", ".org"),
    ("python", "hosted.org"),
    ("npm", "js.org"),
    ("npm", "js.com"),
    ("yarn", "pkg.com"),
    ("deb.debian", ".org"),
    ("security.debian", ".org"),
    ("docker", ".io"),
    ("ghcr", ".io"),
    ("quay", ".io"),
    ("proxy.golang", ".org"),
];

const MACHINE_PATHS: [(&str, &str); 3] = [("/wo", "rk/"), ("/ro", "ot/"), ("/ho", "me/")];

/// Cargo writes its index's address into its lock files.
const NOT_READ: [&str; 2] = ["Cargo.lock", "fuzz/Cargo.lock"];

/// Every place where such a word stands.
pub(crate) fn problems(project: &Project) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for file in project.files()? {
        let name = project.relative(&file);
        if NOT_READ.contains(&name.as_str()) || is_local(&file) {
            continue;
        }
        let bytes = fs::read(&file).with_context(|| format!("read {name}"))?;
        // Pictures and archives are not text.
        if let Ok(text) = String::from_utf8(bytes) {
            problems.extend(text_problems(&name, &text));
        }
    }
    Ok(problems)
}

/// Files that stay on the machine of whoever made them.
fn is_local(file: &Path) -> bool {
    file.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name == ".env")
}

fn text_problems(name: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        for (first, second) in REGISTRIES {
            let host = format!("{first}{second}");
            if line.to_ascii_lowercase().contains(&host) {
                problems.push(format!("{name}:{number}: names the registry host {host}"));
            }
        }
        for (first, second) in MACHINE_PATHS {
            let path = format!("{first}{second}");
            if names_path(line, &path) {
                problems.push(format!(
                    "{name}:{number}: names {path}, a path of one machine"
                ));
            }
        }
    }
    problems
}

/// Whether `path` begins a path in this line; inside one it is only a segment.
fn names_path(line: &str, path: &str) -> bool {
    let continues = |c: char| c.is_alphanumeric() || "._-})*".contains(c);
    line.match_indices(path)
        .any(|(at, _)| !line[..at].ends_with(continues))
}
