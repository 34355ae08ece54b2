//! `attest doctor`

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::bail;
use platform::db::lint;

use crate::settings::Settings;
use crate::system::{Schema, System, open_keyring};

/// What came of one check.
struct Finding {
    what: String,
    /// What is wrong and what to do; None when all is well.
    advice: Option<String>,
}

/// Checks the installation from the ground up and says what to do.
pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let mut findings = vec![data_dir(&settings.data_dir)];
    let begun = settings.database_url().is_some() || settings.data_dir.join("postgres").exists();
    if !begun {
        // Looking must not make anything.
        findings.push(Finding::good(
            "No database and no keys yet: `attest serve` makes both",
        ));
        return report(&findings);
    }
    findings.push(keys(&settings));
    let witness = settings.audit.witness_dir.clone();
    if witness.starts_with(&settings.data_dir) {
        findings.push(Finding::bad(
            "Witness",
            "checkpoints of the audit log lie beside the database: set audit.witness_dir to another machine's disk",
        ));
    }
    match System::open(settings, Schema::Expect, true).await {
        Ok(system) => {
            findings.push(Finding::good(format!(
                "Database: {}, schema up to date",
                system.database_description()
            )));
            findings.push(schema(&system).await);
            findings.push(audit(&system).await);
            findings.push(consumers(&system).await);
            system.close().await;
        }
        Err(error) => findings.push(Finding::bad("Database", format!("{error:#}"))),
    }
    report(&findings)
}

fn report(findings: &[Finding]) -> anyhow::Result<()> {
    for finding in findings {
        match &finding.advice {
            None => println!("  ok   {}", finding.what),
            Some(advice) => println!("  look {}: {advice}", finding.what),
        }
    }
    let bad = findings
        .iter()
        .filter(|finding| finding.advice.is_some())
        .count();
    match bad {
        0 => Ok(()),
        1 => bail!("one thing needs a look"),
        count => bail!("{count} things need a look"),
    }
}

impl Finding {
    fn good(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            advice: None,
        }
    }

    fn bad(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            advice: Some(advice.into()),
        }
    }
}

fn data_dir(dir: &Path) -> Finding {
    let what = format!("Data directory {}", dir.display());
    match std::fs::metadata(dir) {
        Err(_) => Finding::good(format!("{what} will be made at the first start")),
        Ok(meta) if !meta.is_dir() => {
            Finding::bad(what, "it is a file: choose another with --data-dir")
        }
        Ok(_) => Finding::good(what),
    }
}

fn keys(settings: &Settings) -> Finding {
    let file = settings.key_file();
    match open_keyring(settings) {
        Err(error) => Finding::bad("Root keys", format!("{error:#}")),
        Ok(_) if !file.exists() => Finding::good("Root keys come from the settings"),
        Ok(_) => match std::fs::metadata(&file) {
            Ok(meta) if meta.permissions().mode().trailing_zeros() >= 6 => Finding::good(format!(
                "Root keys in {}; keep a copy elsewhere",
                file.display()
            )),
            _ => Finding::bad(
                "Root keys",
                format!("others may read {}: chmod 600 it", file.display()),
            ),
        },
    }
}

async fn schema(system: &System) -> Finding {
    let linted = async {
        let mut conn = system.administrator.connect_target().await?;
        lint(&mut conn).await
    };
    match linted.await {
        Ok(findings) if findings.is_empty() => {
            Finding::good("Every table is behind row-level security")
        }
        Ok(findings) => {
            let list: Vec<_> = findings
                .iter()
                .map(|finding| format!("{} ({})", finding.object, finding.rule))
                .collect();
            Finding::bad(
                "Isolation",
                format!("the schema was changed by hand: {}", list.join(", ")),
            )
        }
        Err(error) => Finding::bad(
            "Isolation",
            format!("the catalogue cannot be read: {error}"),
        ),
    }
}

async fn audit(system: &System) -> Finding {
    match super::audit::verify_all(system).await {
        Ok(chains) => Finding::good(format!("Audit log: {} chains are sound", chains.len())),
        Err(error) => Finding::bad(
            "Audit log",
            format!("{error:#}; keep the database as it is and compare with your backups"),
        ),
    }
}

async fn consumers(system: &System) -> Finding {
    let Ok(assembled) = crate::assembly::assemble(system) else {
        return Finding::bad(
            "Services",
            "they cannot be put together: see the log of `attest serve`",
        );
    };
    let mut behind = Vec::new();
    for consumer in assembled.consumers {
        match platform::events::unread_events(&system.db, consumer.name).await {
            Ok(0) => {}
            Ok(unread) => behind.push(format!("{} has {unread} events to read", consumer.name)),
            Err(error) => behind.push(format!("{}: {error}", consumer.name)),
        }
    }
    if behind.is_empty() {
        Finding::good("Every consumer has read every event")
    } else {
        Finding::bad(
            "Consumers",
            format!("{}; `attest serve` reads on", behind.join(", ")),
        )
    }
}
