//! `cargo xtask test`: every test, on a Postgres that lives as long as the run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

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
    let environment = Environment::prepare(project)?;
    let nextest = process::answers("cargo-nextest", "--version");
    let mut command = test_command(nextest, &selection);
    environment.apply(&mut command);
    let tests = run_command(command.current_dir(&project.root));
    if !selection.is_empty() {
        return tests;
    }
    process::fail_if_stopped()?;
    // A failing test does not hide what the others would say.
    let documentation = if nextest {
        run_documentation_tests(project, &environment)
    } else {
        Ok(())
    };
    process::fail_if_stopped()?;
    drop(environment);
    let pages = if flags.is_empty() {
        e2e::run(project, &[])
    } else {
        Ok(())
    };
    tests.and(documentation).and(pages)
}

/// nextest where it is installed, else cargo's own runner, which runs the examples
/// in the documentation as well.
fn test_command(nextest: bool, selection: &[&String]) -> Command {
    let mut command = cargo();
    if nextest {
        command.args(["nextest", "run"]);
    } else {
        command.arg("test");
    }
    let names_package = |argument: &String| {
        argument.starts_with("-p") || argument.starts_with("--package") || argument == "--lib"
    };
    if !selection.iter().any(|argument| names_package(argument)) {
        command.arg("--workspace");
    }
    command.arg("--no-fail-fast").args(selection);
    command
}

fn run_documentation_tests(project: &Project, environment: &Environment) -> Result<()> {
    let mut command = cargo();
    command.args(["test", "--doc"]);
    for package in project.packages.iter().filter(|p| p.has_library) {
        command.args(["--package", &package.name]);
    }
    environment.apply(&mut command);
    run_command(command.current_dir(&project.root))
}
