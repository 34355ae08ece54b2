//! `attest audit`

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use contracts::CompanyId;
use platform::audit::export::{ExportHeader, Exporter, verify_export};
use platform::audit::verify::{Verified, Verifier};
use platform::audit::witness::{Checkpoint, Witness};
use platform::audit::{ChainKey, heads, list_entries, wrapped_audit_key};
use platform::{TenantGrant, Trace};

use super::operator;
use crate::settings::Settings;
use crate::system::{Schema, System, open_keyring};
use crate::witness::witness_of;

/// Look after the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Check that no entry was changed, removed, added or moved since it was written.
    Verify {
        /// Check an export instead of the database; needs the root keys and the witness, but no server.
        #[arg(long, value_name = "FILE")]
        export: Option<PathBuf>,
    },
    /// Write a company's audit log to a file that can be checked anywhere.
    Export {
        /// The company's short name.
        #[arg(long, value_name = "SLUG")]
        company: String,
        /// The file to write.
        file: PathBuf,
    },
}

impl Audit {
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        match self {
            Self::Verify { export: Some(file) } => verify_file(&settings, &file),
            Self::Verify { export: None } => {
                let system = System::open(settings, Schema::Expect, true).await?;
                for (company, verified) in verify_all(&system).await? {
                    println!(
                        "{company}: {} entries are sound, {} of them witnessed",
                        verified.count, verified.anchored_seq
                    );
                }
                system.close().await;
                Ok(())
            }
            Self::Export { company, file } => {
                let system = System::open(settings, Schema::Expect, true).await?;
                let grant = operator(&system, &company).await?;
                let count = export(&system, &grant, &file).await?;
                println!("{count} entries of {company} are in {}.", file.display());
                system.close().await;
                Ok(())
            }
        }
    }
}

/// Checks every company's chain against itself and the witness; an error names the first bad entry.
pub(crate) async fn verify_all(system: &System) -> anyhow::Result<Vec<(CompanyId, Verified)>> {
    let witness = witness_of(system);
    let mut all = Vec::new();
    for head in heads(&system.db).await? {
        let trace = Trace::beginning(system.clock.new_id());
        let grant = system.issuer.for_operator(head.company, trace);
        let verified = verify_company(system, &grant, &witness)
            .await
            .with_context(|| format!("the audit log of {}", head.company))?;
        all.push((head.company, verified));
    }
    Ok(all)
}

async fn verify_company(
    system: &System,
    grant: &TenantGrant,
    witness: &Witness,
) -> anyhow::Result<Verified> {
    // Before the entries: a checkpoint written in between would look like a missing tail.
    let log = witness.read(grant.company())?;
    let keys = system.db.company_keys(grant.company()).await?;
    let key = ChainKey::new(keys.audit());
    let mut verifier = Verifier::new(grant.company(), &key, log.checkpoints);
    loop {
        let mut tx = system.db.tenant(grant).await?;
        let page = list_entries(&mut tx, verifier.next_seq() - 1).await?;
        if page.is_empty() {
            break;
        }
        for (entry, hash) in &page {
            verifier.push(entry, hash)?;
        }
    }
    Ok(verifier.finish()?)
}

async fn export(system: &System, grant: &TenantGrant, file: &Path) -> anyhow::Result<i64> {
    let checkpoint: Option<Checkpoint> =
        witness_of(system).read(grant.company())?.checkpoints.pop();
    let audit_key = wrapped_audit_key(&mut system.db.tenant(grant).await?).await?;
    let header = ExportHeader {
        company: grant.company(),
        exported_at: system.clock.now(),
        audit_key,
        checkpoint,
    };
    let keys = system.db.company_keys(grant.company()).await?;
    let key = ChainKey::new(keys.audit());
    let out = File::create_new(file).with_context(|| format!("cannot write {}", file.display()))?;
    let mut exporter = Exporter::new(BufWriter::new(out), &header, &key)?;
    let mut last = 0;
    loop {
        let page = list_entries(&mut system.db.tenant(grant).await?, last).await?;
        if page.is_empty() {
            break;
        }
        for (entry, hash) in page {
            last = entry.seq;
            exporter.entry(entry, hash)?;
        }
    }
    exporter.finish()?;
    Ok(last)
}

fn verify_file(settings: &Settings, file: &Path) -> anyhow::Result<()> {
    let keyring = open_keyring(settings)?;
    let witness = Witness::new(settings.audit.witness_dir.clone(), keyring.witness_keys());
    let input = BufReader::new(
        File::open(file).with_context(|| format!("cannot read {}", file.display()))?,
    );
    let report = verify_export(input, &keyring, Some(&witness))?;
    println!(
        "{}: {} entries are sound; exported {}",
        report.company, report.verified.count, report.exported_at
    );
    Ok(())
}
