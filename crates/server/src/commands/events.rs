//! `attest events`

use clap::Subcommand;
use contracts::DeadLetterId;
use platform::events::{list_dead_letters, replay_dead_letter};

use super::operator;
use crate::settings::Settings;
use crate::system::{Schema, System};

/// Look after events that could not be processed.
#[derive(Debug, Subcommand)]
pub(crate) enum Events {
    /// List a company's events that a consumer gave up on.
    Dead {
        /// The company's short name.
        #[arg(long, value_name = "SLUG")]
        company: String,
    },
    /// Put one back before its consumer.
    Replay {
        /// Its id, as listed.
        id: DeadLetterId,
        /// The company's short name.
        #[arg(long, value_name = "SLUG")]
        company: String,
    },
}

impl Events {
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        let system = System::open(settings, Schema::Expect, true).await?;
        match self {
            Self::Dead { company } => {
                let grant = operator(&system, &company).await?;
                let letters = list_dead_letters(&mut system.db.tenant(&grant).await?).await?;
                if letters.is_empty() {
                    println!("No event of {company} was given up on.");
                }
                for letter in letters {
                    println!(
                        "{}  {}  {}  {} attempts  {}",
                        letter.id,
                        letter.event_type,
                        letter.consumer,
                        letter.attempts,
                        letter.error
                    );
                }
            }
            Self::Replay { id, company } => {
                let grant = operator(&system, &company).await?;
                let mut tx = system.db.tenant(&grant).await?;
                if !replay_dead_letter(&mut tx, id).await? {
                    anyhow::bail!("{company} has no such event, or it was replayed already");
                }
                tx.commit().await?;
                println!("{id} waits for its consumer again.");
            }
        }
        system.close().await;
        Ok(())
    }
}
