//! Sizes that keep the code readable.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::project::{Project, is_test_file};
use crate::rust_text;

const FILE_LINES: usize = 600;
const FUNCTION_LINES: usize = 80;
/// In its folder `src`, without tests.
const CRATE_LINES: usize = 5_000;

/// Crates of many machines that know little of each other, or of one source of data
/// beside the other; each of their modules is measured as if it were a crate, because
/// nobody has to read the others with it.
const MEASURED_BY_MODULE: [&str; 3] = ["ingest", "platform", "profile"];

/// The kinds of files that people write and read.
const MEASURED: [&str; 6] = ["rs", "sql", "html", "css", "js", "mjs"];

/// What is larger than agreed, one line each.
pub(crate) fn problems(project: &Project) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for file in project.files()? {
        let extension = file.extension().and_then(|e| e.to_str()).unwrap_or("");
        if !MEASURED.contains(&extension) {
            continue;
        }
        let text = read(&file)?;
        problems.extend(file_problems(&project.relative(&file), &text));
    }
    for package in &project.packages {
        let mut lines: BTreeMap<String, usize> = BTreeMap::new();
        for file in package.rust_files()? {
            let inside = file.strip_prefix(package.folder.join("src"));
            if let Some(inside) = inside.ok().filter(|inside| !is_test_file(inside)) {
                let whole = whole_of(&package.name, inside);
                *lines.entry(whole).or_default() += read(&file)?.lines().count();
            }
        }
        problems.extend(
            lines
                .iter()
                .filter_map(|(name, lines)| crate_problem(name, *lines)),
        );
    }
    Ok(problems)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("read {}", file.display()))
}

fn file_problems(name: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let lines = text.lines().count();
    if lines > FILE_LINES {
        problems.push(format!(
            "{name}: {lines} lines; a file has {FILE_LINES} at most"
        ));
    }
    if Path::new(name).extension().is_some_and(|e| e == "rs") {
        let functions = rust_text::functions(&rust_text::blank(text));
        for function in functions.iter().filter(|f| f.lines > FUNCTION_LINES) {
            problems.push(format!(
                "{name}:{}: `{}` has {} lines; a function has {FUNCTION_LINES} at most",
                function.line, function.name, function.lines
            ));
        }
    }
    problems
}

/// What a file's lines count towards: its crate, or a module of one of those crates.
fn whole_of(package: &str, inside: &Path) -> String {
    let module = inside.components().next();
    match module {
        Some(module) if MEASURED_BY_MODULE.contains(&package) => {
            let module = module.as_os_str().to_string_lossy().replace(".rs", "");
            format!("module {package}::{module}")
        }
        _ => format!("crate {package}"),
    }
}

fn crate_problem(name: &str, lines: usize) -> Option<String> {
    (lines > CRATE_LINES)
        .then(|| format!("{name}: {lines} lines without its tests; {CRATE_LINES} are the limit"))
}
