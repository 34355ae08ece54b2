//! Who may import whom, and what stays behind `platform`.

#[cfg(test)]
mod tests;

use std::fs;

use anyhow::{Context, Result};

use crate::project::{Package, Project, is_test_file};
use crate::rust_text;

/// Everything is allowed.
const ANY: &[&str] = &["*"];

/// Each crate and what it may import. A crate that is not listed fails the check,
/// so that its place is decided and written here first.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("contracts", &[]),
    ("language", &["contracts"]),
    ("platform", &["contracts"]),
    ("identity", &["contracts", "platform"]),
    ("ingest", &["contracts", "language", "platform"]),
    ("profile", &["contracts", "platform"]),
    ("insight", &["contracts", "language", "platform"]),
    ("privacy", &["contracts", "platform"]),
    ("analytics", &["contracts", "platform"]),
    (
        "reporting",
        &["contracts", "insight", "language", "platform", "profile"],
    ),
    ("delivery", &["contracts", "insight", "platform", "profile"]),
    (
        "cockpit",
        &[
            "analytics",
            "contracts",
            "delivery",
            "identity",
            "ingest",
            "insight",
            "platform",
            "privacy",
            "profile",
            "reporting",
        ],
    ),
    ("server", ANY),
    ("testkit", ANY),
    ("bench", ANY),
    ("xtask", &[]),
];

/// The crates that own data: schema and crate bear the same name.
const OWNERS: [&str; 9] = [
    "platform",
    "identity",
    "ingest",
    "profile",
    "insight",
    "privacy",
    "analytics",
    "reporting",
    "delivery",
];

/// These meet their neighbours through their public face: `neighbour::query`, and what
/// the neighbour names at its root.
const READERS: [&str; 3] = ["reporting", "delivery", "cockpit"];

/// Modules that are part of a public face as well: signing in is an operation, not a query.
const FACES: [(&str, &str); 2] = [("identity", "session"), ("identity", "user")];

/// Names that only `platform` may use: outside it nobody knows which transport,
/// cache or pool is in use. The test tools stand outside the product.
const BEHIND_PLATFORM: [&str; 8] = [
    "async_nats",
    "clickhouse",
    "fred",
    "object_store",
    "redis",
    "PgListener",
    "PgPool",
    "PgPoolOptions",
];
const MAY_LOOK_BEHIND: [&str; 4] = ["platform", "testkit", "bench", "xtask"];

const WRITES: [&str; 4] = ["insert into ", "update ", "delete from ", "truncate "];

/// Every breach, one line each.
pub(crate) fn problems(project: &Project) -> Result<Vec<String>> {
    let members: Vec<&str> = project.packages.iter().map(|p| p.name.as_str()).collect();
    let mut problems = Vec::new();
    for package in &project.packages {
        problems.extend(import_problems(package, &members));
        for file in package.rust_files()? {
            let text =
                fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
            let name = project.relative(&file);
            problems.extend(name_problems(&package.name, &name, &text));
            if !is_test_file(&file) {
                problems.extend(reading_problems(&package.name, &name, &text));
                problems.extend(writing_problems(&package.name, &name, &text));
            }
        }
    }
    Ok(problems)
}

fn import_problems(package: &Package, members: &[&str]) -> Vec<String> {
    let name = &package.name;
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(known, _)| known == name) else {
        return vec![format!(
            "crate {name}: has no line in the table of xtask/src/architecture.rs"
        )];
    };
    let is_allowed = |other: &str| *allowed == ANY || allowed.contains(&other);
    package
        .dependencies
        .iter()
        .filter(|dependency| members.contains(&dependency.name.as_str()))
        .filter(|dependency| match dependency.name.as_str() {
            "testkit" => !dependency.only_for_tests,
            other => !is_allowed(other),
        })
        .map(|dependency| format!("crate {name}: may not import {}", dependency.name))
        .collect()
}

fn name_problems(package: &str, file: &str, text: &str) -> Vec<String> {
    if MAY_LOOK_BEHIND.contains(&package) {
        return Vec::new();
    }
    let blanked = rust_text::blank(text);
    let mut problems = Vec::new();
    for name in BEHIND_PLATFORM {
        for (line, _) in words(&blanked, name) {
            problems.push(format!("{file}:{line}: `{name}` belongs to platform"));
        }
    }
    problems
}

fn reading_problems(package: &str, file: &str, text: &str) -> Vec<String> {
    if !READERS.contains(&package) {
        return Vec::new();
    }
    let blanked = rust_text::blank(text);
    let mut problems = Vec::new();
    for owner in OWNERS {
        if owner == package || owner == "platform" {
            continue;
        }
        for (line, after) in words(&blanked, owner) {
            if after
                .strip_prefix("::")
                .is_some_and(|name| !is_face(owner, name))
            {
                problems.push(format!(
                    "{file}:{line}: {package} looks into {owner} past its public face"
                ));
            }
        }
    }
    problems
}

/// Whether what follows `owner::` belongs to that crate's public face.
fn is_face(owner: &str, name: &str) -> bool {
    let module = name
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .next();
    let module = module.unwrap_or_default();
    module == "query" || FACES.contains(&(owner, module)) || module.starts_with(char::is_uppercase)
}

/// A statement that changes another crate's schema. Statements are string
/// literals, so this looks at the text as it stands.
fn writing_problems(package: &str, file: &str, text: &str) -> Vec<String> {
    if MAY_LOOK_BEHIND.contains(&package) && package != "platform" {
        return Vec::new();
    }
    let lower = text.to_ascii_lowercase();
    let mut problems = Vec::new();
    for verb in WRITES {
        for (at, _) in lower.match_indices(verb) {
            let Some((schema, _)) = lower[at + verb.len()..].split_once('.') else {
                continue;
            };
            let owner = OWNERS.iter().find(|owner| **owner == schema.trim());
            if let Some(owner) = owner.filter(|owner| **owner != package) {
                let line = 1 + lower[..at].matches('\n').count();
                problems.push(format!(
                    "{file}:{line}: only {owner} writes to schema {owner}"
                ));
            }
        }
    }
    problems
}

/// Where `word` stands alone and is not the end of a path, with what follows it.
fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = (usize, &'t str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).filter_map(move |(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        let starts = !before.ends_with(is_word);
        let ends = !after.starts_with(is_word);
        let own_module = before.ends_with("crate::")
            || before.ends_with("self::")
            || before.ends_with("super::");
        (starts && ends && !own_module).then(|| (1 + before.matches('\n').count(), after))
    })
}
