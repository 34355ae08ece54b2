//! `cargo xtask bench`: measurements of the release build.

use std::process::Command;

use anyhow::{Result, bail};

use crate::demo;
use crate::process;
use crate::project::Project;

const MEASUREMENTS: [&str; 3] = ["import", "start", "webhooks"];

const SELECTION: [&str; 10] = [
    "--release",
    "--package",
    "server",
    "--package",
    "bench",
    "--package",
    "ingest",
    "--bins",
    "--example",
    "make_samples",
];

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
    // One selection for all, or what they share is built once for each.
    let built = demo::build_targets(project, &SELECTION)?;
    let runtime = demo::postgres_runtime(project)?;
    let mut command = Command::new(demo::executable(&built, name)?);
    command
        .args(rest)
        .env("BENCH_BINARY", demo::executable(&built, "attest")?)
        .env("BENCH_SAMPLES", demo::executable(&built, "make_samples")?)
        .envs(runtime.map(|runtime| (demo::RUNTIME_VARIABLE, runtime)))
        .current_dir(&project.root);
    process::run(&mut command)
}
