//! `attest db`

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use anyhow::bail;
use clap::Subcommand;

use crate::settings::Settings;
use crate::system::{Schema, System};

/// Look after the database.
#[derive(Debug, Subcommand)]
pub(crate) enum Db {
    /// Bring the schema up to date.
    Migrate,
    /// Make three sample companies and ten people who may log in.
    Seed {
        /// Print what was made as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove everything that is stored and begin anew.
    Reset {
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Write everything that is stored to a file. It is of no use without the root keys.
    Dump {
        /// The file to write.
        file: PathBuf,
    },
    /// Read a dump into an empty database.
    Restore {
        /// The file to read.
        file: PathBuf,
    },
}

impl Db {
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        match self {
            Self::Migrate => migrate(settings).await,
            Self::Seed { json } => super::demo::seed_command(settings, json).await,
            Self::Reset { yes } => reset(settings, yes).await,
            Self::Dump { file } => super::dump::dump(settings, &file).await,
            Self::Restore { file } => super::dump::restore(settings, &file).await,
        }
    }
}

async fn migrate(settings: Settings) -> anyhow::Result<()> {
    let system = System::open(settings, Schema::Migrate, true).await?;
    match system.migrations_applied {
        0 => println!("The schema is up to date."),
        count => println!("{count} migrations were applied."),
    }
    system.close().await;
    Ok(())
}

async fn reset(settings: Settings, yes: bool) -> anyhow::Result<()> {
    let place = if settings.database_url().is_some() {
        "the outside database".to_owned()
    } else {
        settings.data_dir.display().to_string()
    };
    if !yes && !confirmed(&place)? {
        println!("Nothing was changed.");
        return Ok(());
    }
    let system = System::open(settings.clone(), Schema::Migrate, false).await?;
    system.db.close().await;
    system.administrator.drop_schemas().await?;
    system.administrator.migrate(&system.keyring).await?;
    system.close().await;
    for leftover in ["spool", "witness"] {
        let folder = settings.data_dir.join(leftover);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
    }
    println!("Everything that was stored in {place} is gone; the schema is new and empty.");
    Ok(())
}

/// Asks the person at the terminal to type a word. Without a terminal, says which flag to give.
fn confirmed(place: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("this removes everything stored in {place}: repeat with --yes if you mean it");
    }
    print!("This removes everything stored in {place}. Type reset to go on: ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "reset")
}
