//! Writes every page with made-up content to `target/gallery`, for looking at.
//!
//! `cargo run -p cockpit --example gallery --features samples`

use std::io::Write;
use std::{env, fs, io, path::PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = env::args_os()
        .nth(1)
        .map_or_else(|| PathBuf::from("target/gallery"), PathBuf::from);
    fs::create_dir_all(folder.join("assets"))?;
    for (address, content) in cockpit::assets::all() {
        fs::write(folder.join(address.trim_start_matches('/')), content)?;
    }
    let pages = cockpit::gallery::all()?;
    for page in &pages {
        fs::write(folder.join(page.name).with_extension("html"), &page.html)?;
    }
    writeln!(
        io::stdout(),
        "{} pages in {}",
        pages.len(),
        folder.display()
    )?;
    Ok(())
}
