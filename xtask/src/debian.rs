//! What Debian's package manager can add when it is here and we may use it.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::process;

/// Installs Debian packages, or says that they are wanted and by whom.
pub(crate) fn install(packages: &[&str], wanted_for: &str) -> Result<()> {
    let list = packages.join(" ");
    if !process::answers("apt-get", "--version") {
        bail!("{wanted_for} need {list}; install it with this system's package manager");
    }
    if !process::is_root() {
        bail!(
            "{wanted_for} need {list}; run `sudo apt-get install --no-install-recommends {list}`"
        );
    }
    let install = [
        "install",
        "--yes",
        "-qq",
        "--no-install-recommends",
        "--option=Dpkg::Use-Pty=0",
    ];
    // The lists of a fresh machine are empty or old: try what they know, then renew them.
    let installed = process::run(apt_get().args(install).args(packages));
    if installed.is_err() {
        process::fail_if_stopped()?;
        process::run(apt_get().args(["update", "-qq"]))?;
        process::run(apt_get().args(install).args(packages))?;
    }
    Ok(())
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null());
    command
}
