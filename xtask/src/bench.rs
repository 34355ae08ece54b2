//! `cargo xtask bench`: measurements of the release build.

use anyhow::{Result, bail};

use crate::demo;
use crate::process::{self, cargo};
use crate::project::Project;

const MEASUREMENTS: [&str; 2] = ["import", "start"];

/// Builds everything for release and runs one measurement of the package `bench`.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    let Some((name, rest)) = arguments.split_first() else {
        bail!("name a measurement: {}", MEASUREMENTS.join(" or "));
    };
    if !MEASUREMENTS.contains(&name.as_str()) {
        bail!(
            "there is no measurement `{name}`; there are: {}",
            MEASUREMENTS.join(", ")
        );
    }
    let attest = demo::build(project, &["--release"])?;
    let runtime = demo::postgres_runtime(project)?;
    let mut command = cargo();
    command
        .args([
            "run",
            "--release",
            "--package",
            "bench",
            "--bin",
            name,
            "--",
        ])
        .args(rest)
        .env("BENCH_BINARY", attest)
        .envs(runtime.map(|runtime| (demo::RUNTIME_VARIABLE, runtime)))
        .current_dir(&project.root);
    process::run(&mut command)
}
