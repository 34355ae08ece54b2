//! Files that are generated and committed: their tests compare them, and write them
//! instead when told to.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{cargo, output, run};
use crate::project::Project;
use crate::test;

/// Crates with generated files. A test that owns such a file has `generated` in its
/// path, compares, and rewrites the file when `UPDATE_GENERATED` is 1.
const OWNERS: [&str; 3] = ["contracts", "platform", "server"];

/// Rewrites every generated file.
pub(crate) fn rewrite(project: &Project) -> Result<()> {
    let environment = test::Environment::prepare(project)?;
    for owner in present(project) {
        run(command(&environment, project, owner).env("UPDATE_GENERATED", "1"))?;
    }
    Ok(())
}

/// Compares every generated file; a crate without such a test is an error, because
/// then nothing would have been compared.
pub(crate) fn compare(project: &Project) -> Result<()> {
    let environment = test::Environment::prepare(project)?;
    for owner in present(project) {
        let text = output(&mut command(&environment, project, owner))?;
        if passed(&text) == 0 {
            bail!("crate {owner} has no test of its generated files");
        }
    }
    Ok(())
}

fn present(project: &Project) -> impl Iterator<Item = &'static str> {
    OWNERS.into_iter().filter(|name| project.has_package(name))
}

fn command(environment: &test::Environment, project: &Project, package: &str) -> Command {
    let mut command = cargo();
    command
        .args(["test", "--quiet", "--package", package, "--", "generated"])
        .current_dir(&project.root);
    environment.apply(&mut command);
    command
}

/// How many tests passed, from the closing lines of the test binaries.
fn passed(text: &str) -> usize {
    text.lines()
        .filter_map(|line| line.split_once("test result: ok. "))
        .filter_map(|(_, counts)| counts.split(' ').next()?.parse::<usize>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::passed;

    #[test]
    fn passed_tests_are_summed_over_binaries() {
        let text = "running 2 tests\n..\ntest result: ok. 2 passed; 0 failed; 0 ignored\n\
                    test result: ok. 1 passed; 0 failed\n";
        assert_eq!(passed(text), 3);
        assert_eq!(passed("running 0 tests\n"), 0);
    }
}
