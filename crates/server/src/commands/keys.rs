//! `attest keys`

use clap::Subcommand;
use platform::Trace;

use super::operator;
use crate::settings::Settings;
use crate::system::{Schema, System, create_keyring, open_keyring};

/// Look after the keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make the root keys of a new installation with a database of its own.
    Create,
    /// Make a new root key and wrap every company's keys by it; with --company, make a
    /// new key for that company and wrap its people's keys by it.
    Rotate {
        /// The company's short name.
        #[arg(long, value_name = "SLUG")]
        company: Option<String>,
    },
}

impl Keys {
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        match self {
            Self::Create => {
                let file = settings.key_file();
                create_keyring(&file)?;
                println!(
                    "Made {}. Keep a copy elsewhere: without it nobody can read what is stored.",
                    file.display()
                );
                Ok(())
            }
            Self::Rotate {
                company: Some(slug),
            } => rotate_company(settings, &slug).await,
            Self::Rotate { company: None } => rotate_root(settings).await,
        }
    }
}

async fn rotate_company(settings: Settings, slug: &str) -> anyhow::Result<()> {
    let system = System::open(settings, Schema::Expect, true).await?;
    let grant = operator(&system, slug).await?;
    let persons = system.db.rotate_company_key(&grant).await?;
    println!("{slug} has a new key; {persons} people's keys are wrapped by it.");
    system.close().await;
    Ok(())
}

/// The new root key is written to the file first: what is wrapped by it can be
/// read by every process that starts from then on. Repeating goes on where a
/// rotation was cut off.
async fn rotate_root(settings: Settings) -> anyhow::Result<()> {
    let mut keyring = open_keyring(&settings)?;
    let version = keyring.rotate()?;
    let system = System::open(settings, Schema::Migrate, false).await?;
    let companies = identity::query::list_companies(&system.db).await?;
    let mut keys = 0;
    for company in companies
        .iter()
        .map(|company| company.id)
        .chain([contracts::CompanyId::SYSTEM])
    {
        let grant = system
            .issuer
            .for_operator(company, Trace::beginning(system.clock.new_id()));
        keys += system.db.rewrap_company(&grant).await?;
    }
    println!(
        "Root key v{version} is in use; {keys} keys are wrapped by it. Keep a copy of {}.",
        system.settings.key_file().display()
    );
    system.close().await;
    Ok(())
}
