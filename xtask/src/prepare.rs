//! `cargo xtask prepare`: renews `.sqlx`, the committed cache with which statements
//! are checked where no database is at hand.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::process::{self, cargo};
use crate::project::Project;
use crate::test::Environment;

/// Migrates an empty database, compiles every statement against it, and replaces the
/// cache by what that wrote.
pub(crate) fn run(project: &Project) -> Result<()> {
    let environment = Environment::prepare(project)?;
    let url = environment.database_url();
    let mut migrate = cargo();
    migrate.args([
        "run",
        "--package",
        "testkit",
        "--bin",
        "migrate_database",
        "--",
        &url,
    ]);
    environment.apply(&mut migrate);
    process::run(migrate.current_dir(&project.root))?;

    let fresh = project.target.join("sqlx-prepare");
    remove(&fresh)?;
    fs::create_dir_all(&fresh).context("make a folder for the new cache")?;
    touch_sources(project)?;
    let mut compile = cargo();
    compile.args(["check", "--workspace", "--all-targets"]);
    environment.apply(&mut compile);
    compile
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", &fresh)
        .env("DATABASE_URL", &url)
        .current_dir(&project.root);
    process::run(&mut compile)?;
    replace(&fresh, &project.root.join(".sqlx"))
}

/// Cargo compiles a crate again when its root is newer; only then do the macros run.
fn touch_sources(project: &Project) -> Result<()> {
    for package in &project.packages {
        for file in package.rust_files()? {
            let text = fs::read_to_string(&file)?;
            if text.contains("sqlx::query") {
                fs::write(&file, text).with_context(|| format!("touch {}", file.display()))?;
            }
        }
    }
    Ok(())
}

/// Copies, because the build may lie on another file system.
fn replace(fresh: &Path, cache: &Path) -> Result<()> {
    remove(cache)?;
    fs::create_dir_all(cache).context("make .sqlx")?;
    let mut count = 0;
    for entry in fs::read_dir(fresh).context("list the new cache")? {
        let entry = entry.context("list the new cache")?;
        fs::copy(entry.path(), cache.join(entry.file_name())).context("copy into .sqlx")?;
        count += 1;
    }
    println!("{count} statements in .sqlx");
    remove(fresh)
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    Ok(())
}
