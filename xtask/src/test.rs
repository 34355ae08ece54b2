//! `cargo xtask test`: every test, on a Postgres that lives as long as the run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::postgres::{self, Throwaway};
use crate::process::{self, cargo, run as run_command};
use crate::project::Project;
use crate::{demo, e2e, postgres_runtime};

/// What the tests need around them.
pub(crate) struct Environment {
    server: Throwaway,
    runtime: Option<PathBuf>,
}

impl Environment {
    /// Prepares Postgres and starts a throw-away server.
    pub(crate) fn prepare(project: &Project) -> Result<Self> {
        let runtime = demo::postgres_runtime(project)?;
        let server = Throwaway::start(|folder| programs(runtime.as_deref(), folder))?;
        Ok(Self { server, runtime })
    }

    /// The address of the throw-away server.
    pub(crate) fn database_url(&self) -> String {
        self.server.url()
    }

    /// Tells a cargo command about it.
    pub(crate) fn apply(&self, command: &mut Command) {
        command
            .env("ATTEST_TEST_POSTGRES", self.server.url())
            .env("SQLX_OFFLINE", "true");
        if let Some(runtime) = &self.runtime {
            command.env(demo::RUNTIME_VARIABLE, runtime);
        }
    }
}

/// An installed Postgres first, since it is likely the older one and so the stricter; else the packed one.
fn programs(runtime: Option<&Path>, folder: &Path) -> Result<PathBuf> {
    match runtime {
        Some(archive) if postgres::newest_installed().is_none() => {
            postgres_runtime::unpack(archive, folder)
        }
        _ => postgres::installed(),
    }
}

/// Runs the whole suite, or with arguments the tests that they select.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    let (flags, selection): (Vec<&String>, Vec<&String>) =
        arguments.iter().partition(|a| *a == "--no-browser");
    if !selection.is_empty() {
        let environment = Environment::prepare(project)?;
        return run_tests(project, &environment, &selection);
    }
    // First, because it may ask for something to be installed.
    let with_pages = flags.is_empty();
    let pages = with_pages
        .then(|| e2e::Tools::prepare(project))
        .transpose()?;
    let environment = Environment::prepare(project)?;
    // A part that fails does not hide what the others would say.
    let mut parts = vec![("tests", run_tests(project, &environment, &[]))];
    process::fail_if_stopped()?;
    parts.push(("examples", run_examples(project, &environment)));
    process::fail_if_stopped()?;
    drop(environment);
    match pages {
        Some(tools) => parts.push(("pages", tools.run(project, &[]))),
        None => println!("the pages were NOT tested in a browser"),
    }
    conclude(parts)
}

fn conclude(parts: Vec<(&str, Result<()>)>) -> Result<()> {
    let mut failed = Vec::new();
    println!();
    for (name, outcome) in parts {
        match outcome {
            Ok(()) => println!("{name}: passed"),
            Err(error) => {
                println!("{name}: {error:#}");
                failed.push(name);
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!("failed: {}", failed.join(", "))
}

/// nextest where it is installed, else cargo's own runner.
fn run_tests(project: &Project, environment: &Environment, selection: &[&String]) -> Result<()> {
    let mut command = cargo();
    if process::answers("cargo-nextest", "--version") {
        command.args(["nextest", "run"]);
    } else {
        command.arg("test");
        if selection.is_empty() {
            // Everything but the examples in the documentation.
            command.args(["--lib", "--bins", "--tests"]);
        }
    }
    let names_package =
        |argument: &String| argument.starts_with("-p") || argument.starts_with("--package");
    if !selection.iter().any(|argument| names_package(argument)) {
        command.arg("--workspace");
    }
    command.arg("--no-fail-fast").args(selection);
    environment.apply(&mut command);
    run_command(command.current_dir(&project.root))
}

/// The examples in the documentation, which nextest does not know.
fn run_examples(project: &Project, environment: &Environment) -> Result<()> {
    let mut command = cargo();
    command.args(["test", "--doc"]);
    for package in project.packages.iter().filter(|p| p.has_library) {
        command.args(["--package", &package.name]);
    }
    environment.apply(&mut command);
    run_command(command.current_dir(&project.root))
}
