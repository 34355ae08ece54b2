//! `cargo xtask seed`: fills the demo's database without starting the demo.

use std::process::Command;

use anyhow::Result;

use crate::project::Project;
use crate::{demo, process};

/// Runs `attest db seed`, by default on the data directory of the demo.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    let mut command = Command::new(demo::build(project)?);
    command.args(["db", "seed"]);
    demo::add_data_folder(&mut command, project, arguments)?;
    process::run(command.args(arguments))
}
