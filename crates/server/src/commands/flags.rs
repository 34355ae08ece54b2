//! `attest flags`

use clap::{Subcommand, ValueEnum};

use super::operator;
use crate::assembly::assemble;
use crate::settings::Settings;
use crate::system::{Schema, System};

/// List and switch feature flags.
#[derive(Debug, Subcommand)]
pub(crate) enum Flags {
    /// List a company's flags.
    List {
        /// The company's short name.
        #[arg(long, value_name = "SLUG")]
        company: String,
    },
    /// Open or close a feature for a company.
    Set {
        /// The flag's name, as listed.
        flag: String,
        /// Open or closed.
        state: Gate,
        /// The company's short name.
        #[arg(long, value_name = "SLUG")]
        company: String,
    },
}

/// Whether a feature can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Gate {
    /// It can.
    Open,
    /// Its routes answer 404.
    Closed,
}

impl Flags {
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        let system = System::open(settings, Schema::Expect, true).await?;
        let flags = assemble(&system)?.flags;
        match self {
            Self::List { company } => {
                let grant = operator(&system, &company).await?;
                let mut tx = system.db.tenant(&grant).await?;
                for flag in flags {
                    let state = if flag.is_open(&mut tx).await? {
                        "open"
                    } else {
                        "closed"
                    };
                    println!("{:6}  {}  {}", state, flag.name, flag.description);
                }
            }
            Self::Set {
                flag: name,
                state,
                company,
            } => {
                let grant = operator(&system, &company).await?;
                let Some(flag) = flags.iter().find(|flag| flag.name == name) else {
                    let known: Vec<_> = flags.iter().map(|flag| flag.name).collect();
                    anyhow::bail!("there is no flag {name}; known are {}", known.join(", "));
                };
                let mut tx = system.db.tenant(&grant).await?;
                flag.set(&mut tx, state == Gate::Open).await?;
                tx.commit().await?;
                println!(
                    "{name} is {} for {company}.",
                    if state == Gate::Open {
                        "open"
                    } else {
                        "closed"
                    }
                );
            }
        }
        system.close().await;
        Ok(())
    }
}
