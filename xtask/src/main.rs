#![doc = include_str!("../README.md")]

mod architecture;
mod bench;
mod check;
mod debian;
mod demo;
mod e2e;
mod generated;
mod house;
mod licences;
mod postgres;
mod postgres_runtime;
mod prepare;
mod process;
mod project;
mod rust_text;
mod seed;
mod sizes;
mod temporary;
mod test;
mod words;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::project::Project;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  demo [ARGS]       start Attest with sample data; ARGS go to `attest demo`
  test [ARGS]       run every test; with ARGS (a filter, -p CRATE) only those
       --no-browser   without the browser tests
  check             what a change must pass before it lands, without the tests
  e2e [ARGS]        the browser tests alone
  seed [ARGS]       fill the demo's database: `attest db seed`
  bench start|import [ARGS]
                    measure the release build
  postgres          pack Postgres and print the archive's path, for
                    ATTEST_POSTGRES_RUNTIME when building without xtask
  generate          rewrite the generated files that are committed
  prepare           renew .sqlx, the cache of checked statements
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    if matches!(command.as_str(), "" | "help" | "--help" | "-h") {
        print!("{USAGE}");
        return Ok(());
    }
    process::watch_signals()?;
    let project = Project::load()?;
    match command.as_str() {
        "demo" => demo::run(&project, &rest),
        "test" => test::run(&project, &rest),
        "check" => check::run(&project, &rest),
        "e2e" => e2e::run(&project, &rest),
        "seed" => seed::run(&project, &rest),
        "bench" => bench::run(&project, &rest),
        "postgres" => {
            println!("{}", postgres_runtime::prepare(&project.target)?.display());
            Ok(())
        }
        "generate" => generated::rewrite(&project),
        "prepare" => prepare::run(&project),
        other => bail!("there is no command `{other}`\n\n{USAGE}"),
    }
}
