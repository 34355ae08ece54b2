//! Files that every crate brings along.

use std::fs;

use anyhow::{Context, Result};

use crate::project::{Project, is_test_file};
use crate::rust_text;

/// Signs of a route in blanked source.
const ROUTES: [&str; 3] = ["#[utoipa::path", "routes!(", ".route("];

/// Missing files, one line each.
pub(crate) fn problems(project: &Project) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for package in &project.packages {
        let name = &package.name;
        if !package.folder.join("README.md").is_file() {
            problems.push(format!("crate {name}: has no README.md"));
        }
        let mut has_routes = false;
        for file in package.rust_files()? {
            let text =
                fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
            let blanked = rust_text::blank(&text);
            let in_product = !is_test_file(&file) && name != "xtask" && name != "testkit";
            has_routes |= in_product && ROUTES.iter().any(|sign| blanked.contains(sign));
        }
        if has_routes && !package.folder.join("requests.http").is_file() {
            problems.push(format!("crate {name}: has routes but no requests.http"));
        }
    }
    Ok(problems)
}
