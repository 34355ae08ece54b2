//! `attest undo`

use anyhow::bail;
use clap::Args;
use contracts::ImportId;
use ingest::undo_import;
use tokio_util::sync::CancellationToken;

use super::{company, operator_of};
use crate::settings::Settings;
use crate::system::{Schema, System};

/// Take back what an import did.
#[derive(Debug, Args)]
pub(crate) struct Undo {
    /// The import, as `attest import` or the cockpit names it.
    #[arg(value_name = "IMPORT")]
    import: String,
    /// The company's short name.
    #[arg(long, value_name = "SLUG")]
    company: String,
    /// Print the counts as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

impl Undo {
    /// Undoes; comes back when everything is taken back.
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        let Ok(import) = self.import.parse::<ImportId>() else {
            bail!("{} is no import; they look like imp_01a2…", self.import);
        };
        let system = System::open(settings, Schema::Expect, true).await?;
        let undone = self.undo(&system, import).await;
        system.close().await;
        let undone = undone?;
        if self.json {
            println!("{}", serde_json::to_string(&undone)?);
        } else {
            println!(
                "{} withdrawn, {} as before, {} changed since and left alone",
                undone.withdrawn, undone.restored, undone.kept
            );
        }
        Ok(())
    }

    async fn undo(
        &self,
        system: &System,
        import: ImportId,
    ) -> anyhow::Result<ingest::query::UndoCounts> {
        let company = company(system, &self.company).await?;
        let grant = operator_of(system, company.id);
        let stop = CancellationToken::new();
        let interrupt = stop.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                interrupt.cancel();
            }
        });
        Ok(undo_import(&system.db, &grant, import, &stop).await?)
    }
}
