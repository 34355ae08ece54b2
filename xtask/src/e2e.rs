//! `cargo xtask e2e`: the pages in a real browser, on a demo of their own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::project::Project;
use crate::temporary::Temporary;
use crate::{debian, demo, process};

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Node's test runner is part of it from here on.
const OLDEST_NODE: u32 = 18;

/// Prepares the tools and runs the tests in `e2e/`.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    Tools::prepare(project)?.run(project, arguments)
}

/// Node, a browser and the npm packages, all there.
pub(crate) struct Tools {
    folder: PathBuf,
    browser: PathBuf,
}

impl Tools {
    /// Installs what is missing, or says what to install.
    pub(crate) fn prepare(project: &Project) -> Result<Self> {
        let folder = project.root.join("e2e");
        check_node()?;
        let browser = find_browser()?;
        install_packages(&folder)?;
        Ok(Self { folder, browser })
    }

    /// Starts a demo on a free port and runs the tests against it.
    pub(crate) fn run(&self, project: &Project, arguments: &[String]) -> Result<()> {
        let tests = test_files(&self.folder)?;
        if tests.is_empty() {
            bail!("{} holds no *.test.mjs", self.folder.display());
        }
        let shots = project.target.join("e2e");
        fs::create_dir_all(&shots).context("make a folder for the screenshots")?;
        let demo = Demo::start(&demo::build(project)?)?;
        let mut command = Command::new("node");
        command
            .args(["--test", "--test-reporter=spec"])
            .args(arguments)
            .args(tests)
            .env("ATTEST_DEMO", &demo.announcement)
            .env("ATTEST_BROWSER", &self.browser)
            .env("ATTEST_SCREENSHOTS", shots)
            .current_dir(&self.folder);
        process::run(&mut command)
    }
}

fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))? {
        let path = entry.context("list the browser tests")?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn check_node() -> Result<()> {
    if !process::answers("node", "--version") || !process::answers("npm", "--version") {
        debian::install(&["nodejs", "npm"], "the browser tests")?;
    }
    let version = process::output(Command::new("node").arg("--version"))?;
    let major = major_version(&version).context("node names no version")?;
    if major < OLDEST_NODE {
        bail!("the browser tests need node {OLDEST_NODE} or later; this is {version}");
    }
    Ok(())
}

fn major_version(version: &str) -> Option<u32> {
    version
        .trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

fn find_browser() -> Result<PathBuf> {
    if let Some(browser) = installed_browser() {
        return Ok(browser);
    }
    // Without a font every letter is a box, and a screenshot of boxes shows nothing.
    debian::install(&["chromium", "fonts-dejavu-core"], "the browser tests")?;
    installed_browser().context("chromium does not start")
}

/// The whole path, because Playwright does not search for it.
fn installed_browser() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .flat_map(|folder| BROWSERS.map(|name| folder.join(name)))
        .find(|browser| process::answers(browser, "--version"))
}

/// `npm ci`, unless what is there came from the present lock file.
fn install_packages(folder: &Path) -> Result<()> {
    let modified = |path: &str| {
        fs::metadata(folder.join(path))
            .and_then(|metadata| metadata.modified())
            .ok()
    };
    let installed = modified("node_modules/.package-lock.json");
    if installed.is_some() && installed >= modified("package-lock.json") {
        return Ok(());
    }
    let mut command = Command::new("npm");
    command
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .stdin(Stdio::null())
        .current_dir(folder);
    process::run(&mut command)
}

/// A running `attest demo`; dropping it stops it, then its directory goes.
struct Demo {
    child: Child,
    /// Kept open: a demo whose output nobody takes would end.
    _output: BufReader<ChildStdout>,
    /// The JSON object with `address` and `logins`.
    announcement: String,
    _folder: Temporary,
}

impl Demo {
    fn start(binary: &Path) -> Result<Self> {
        let folder = Temporary::create("attest-e2e", 0o755)?;
        eprintln!("\n$ attest demo --listen 127.0.0.1:0 --json");
        let mut child = Command::new(binary)
            .arg("demo")
            .args(["--listen", "127.0.0.1:0", "--json", "--data-dir"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("start the demo")?;
        let stdout = child.stdout.take().context("read the demo's output")?;
        let mut output = BufReader::new(stdout);
        let announcement = announcement(&mut output);
        // Made before the check, so that a demo that announces nothing is stopped too.
        let demo = Self {
            child,
            _output: output,
            announcement: announcement.unwrap_or_default(),
            _folder: folder,
        };
        process::fail_if_stopped()?;
        if demo.announcement.is_empty() {
            bail!("the demo ended without an address");
        }
        Ok(demo)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        process::send("TERM", &self.child);
        if let Err(error) = self.child.wait() {
            eprintln!("could not wait for the demo: {error}");
        }
    }
}

/// The first line that is a JSON object with an address.
fn announcement(output: &mut impl BufRead) -> Option<String> {
    output.lines().map_while(Result::ok).find(|line| {
        serde_json::from_str::<Value>(line).is_ok_and(|value| value["address"].is_string())
    })
}

#[cfg(test)]
mod tests {
    use super::{announcement, major_version};

    #[test]
    fn the_announcement_is_the_first_object_with_an_address() {
        let mut output =
            "seeding\n{\"step\":\"import\"}\n{\"address\":\"http://a\"}\nrest\n".as_bytes();
        let found = announcement(&mut output);
        assert_eq!(found.as_deref(), Some("{\"address\":\"http://a\"}"));
        assert_eq!(announcement(&mut "gone\n".as_bytes()), None);
    }

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(major_version("v20.20.2\n"), Some(20));
        assert_eq!(major_version("20"), None);
    }
}
