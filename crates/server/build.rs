//! Packs the Postgres runtime that `ATTEST_POSTGRES_RUNTIME` names into the binary. Without it Attest uses an installed one.

use std::io;
use std::path::{Path, PathBuf};

const VARIABLE: &str = "ATTEST_POSTGRES_RUNTIME";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    println!("cargo::rustc-check-cfg=cfg(packed_postgres)");
    let named = std::env::var_os(VARIABLE).filter(|path| !path.is_empty());
    let Some(archive) = named.map(PathBuf::from) else {
        return Ok(());
    };
    println!("cargo::rerun-if-changed={}", archive.display());
    let name = archive.file_name().and_then(|name| name.to_str());
    let Some(name) = name.and_then(|name| name.strip_suffix(".tar.zst")) else {
        return Err(io::Error::other(format!(
            "{VARIABLE} must name a file <version>-<hash>.tar.zst, as `cargo xtask postgres` makes it"
        )));
    };
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    std::fs::copy(&archive, Path::new(&out).join("postgres.tar.zst"))
        .map_err(|error| io::Error::other(format!("read {}: {error}", archive.display())))?;
    println!("cargo::rustc-env=ATTEST_PACKED_POSTGRES={name}");
    println!("cargo::rustc-cfg=packed_postgres");
    Ok(())
}
