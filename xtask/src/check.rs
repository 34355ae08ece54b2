//! `cargo xtask check`: what a change must pass before it lands, besides its tests.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::process::{self, cargo};
use crate::project::Project;
use crate::{architecture, demo, generated, house, licences, sizes, words};

/// A look at the files that answers one line for each thing wrong.
type Inspection = fn(&Project) -> Result<Vec<String>>;

/// A tool of its own that says itself what is wrong.
type Work = fn(&Project) -> Result<()>;

const INSPECTIONS: [(&str, Inspection); 5] = [
    ("who imports whom", architecture::problems),
    ("sizes", sizes::problems),
    ("words that do not belong here", words::problems),
    ("README and requests.http of every crate", house::problems),
    ("licences and sources", licences::problems),
];

/// Runs every check, the quick ones first; reports all that is wrong.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    if let Some(unknown) = arguments.first() {
        bail!("`cargo xtask check` takes no argument `{unknown}`");
    }
    let mut failed = Vec::new();
    for (name, inspect) in INSPECTIONS {
        let mut step = Step::begin(name, &mut failed);
        match inspect(project) {
            Ok(problems) => problems.iter().for_each(|problem| step.problem(problem)),
            Err(error) => step.problem(&format!("{error:#}")),
        }
        process::fail_if_stopped()?;
    }
    let steps: [(&str, Work); 3] = [
        ("format", format),
        ("clippy", clippy),
        ("generated files", generated::compare),
    ];
    for (name, work) in steps {
        let mut step = Step::begin(name, &mut failed);
        if let Err(error) = work(project) {
            step.problem(&format!("{error:#}"));
        }
        process::fail_if_stopped()?;
    }
    if !failed.is_empty() {
        bail!("check failed: {}", failed.join(", "));
    }
    println!("check passed");
    Ok(())
}

fn format(project: &Project) -> Result<()> {
    process::run(
        cargo()
            .args(["fmt", "--all", "--check"])
            .current_dir(&project.root),
    )
}

fn clippy(project: &Project) -> Result<()> {
    let mut command = cargo();
    command
        .args(["clippy", "--workspace", "--all-targets"])
        .args(["--", "-D", "warnings"])
        .current_dir(&project.root);
    // In the same surroundings as the tests, or cargo would build the server for each anew.
    if let Some(runtime) = demo::postgres_runtime(project)? {
        command.env(demo::RUNTIME_VARIABLE, runtime);
    }
    process::run(&mut command)
}

/// One check: prints its name, its problems, and how it went and how long it took.
struct Step<'a> {
    name: &'static str,
    started: Instant,
    problems: usize,
    failed: &'a mut Vec<&'static str>,
}

impl<'a> Step<'a> {
    fn begin(name: &'static str, failed: &'a mut Vec<&'static str>) -> Self {
        println!("── {name}");
        Self {
            name,
            started: Instant::now(),
            problems: 0,
            failed,
        }
    }

    fn problem(&mut self, text: &str) {
        println!("   {text}");
        self.problems += 1;
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        let seconds = self.started.elapsed().as_secs_f32();
        if self.problems == 0 {
            println!("   ok ({seconds:.1} s)");
        } else {
            println!("   problems: {} ({seconds:.1} s)", self.problems);
            self.failed.push(self.name);
        }
    }
}
