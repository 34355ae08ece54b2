//! Child processes: shown before they run, waited for, and told when we are asked to stop.

use std::ffi::OsStr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGINT, SIGTERM};

static INTERRUPTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
static TERMINATED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

const POLL: Duration = Duration::from_millis(30);

/// Replaces death by signal with a flag, so that destructors run: they stop the
/// throw-away Postgres and remove its directory.
pub(crate) fn watch_signals() -> Result<()> {
    signal_hook::flag::register(SIGINT, Arc::clone(&INTERRUPTED)).context("watch SIGINT")?;
    signal_hook::flag::register(SIGTERM, Arc::clone(&TERMINATED)).context("watch SIGTERM")?;
    Ok(())
}

/// Fails once a signal has asked us to stop.
pub(crate) fn fail_if_stopped() -> Result<()> {
    if INTERRUPTED.load(Ordering::Relaxed) || TERMINATED.load(Ordering::Relaxed) {
        bail!("stopped by a signal");
    }
    Ok(())
}

/// The cargo that runs us.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Shows and runs `command`; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    eprintln!("\n$ {shown}");
    let child = command
        .spawn()
        .with_context(|| format!("start `{shown}`"))?;
    let status = wait(child)?;
    fail_if_stopped()?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Runs `command` and answers its standard output; its errors go to ours.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("start `{shown}`"))?;
    fail_if_stopped()?;
    if !output.status.success() {
        bail!("`{shown}` failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("read the output of `{shown}`"))
}

/// Whether `program` exists and answers `argument` with success.
pub(crate) fn answers(program: impl AsRef<OsStr>, argument: &str) -> bool {
    Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether this process may do everything.
pub(crate) fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Sends `signal` (a name such as `INT`) to a child of ours.
pub(crate) fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill")
        .args(["-s", signal, &child.id().to_string()])
        .stderr(Stdio::null())
        .status();
    if let Err(error) = sent {
        eprintln!("could not signal process {}: {error}", child.id());
    }
}

/// A terminal sends Ctrl-C to the child as well; a `kill` reaches only us and is passed on.
fn wait(mut child: Child) -> Result<ExitStatus> {
    let mut passed_on = false;
    loop {
        if let Some(status) = child.try_wait().context("wait for a process")? {
            return Ok(status);
        }
        if TERMINATED.load(Ordering::Relaxed) && !passed_on {
            send("TERM", &child);
            passed_on = true;
        }
        sleep(POLL);
    }
}

fn show(command: &Command) -> String {
    let program = command.get_program();
    let name = std::path::Path::new(program)
        .file_name()
        .unwrap_or(program)
        .to_string_lossy()
        .into_owned();
    let arguments = command.get_args().map(|a| a.to_string_lossy().into_owned());
    std::iter::once(name)
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}
