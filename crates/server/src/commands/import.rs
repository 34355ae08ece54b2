//! `attest import`

use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use indicatif::{ProgressBar, ProgressStyle};
use ingest::query::{CheckResult, Options, Progress, Source};
use ingest::{ImportOutcome, Upload, abandon_import, import_file};
use tokio_util::sync::CancellationToken;

use super::{company, operator_of};
use crate::assembly::ingest_config;
use crate::settings::Settings;
use crate::system::{Schema, System};

/// Take a file in.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Where the file comes from.
    #[arg(value_name = "SOURCE", value_parser = sources())]
    source: Source,
    /// The file; it may be gzipped.
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// The company's short name.
    #[arg(long, value_name = "SLUG")]
    company: String,
    /// The scale of the ratings where the file does not show it: 1-5 or 0-1.
    #[arg(long)]
    rating_scale: Option<String>,
    /// The IANA zone of times without one; the company's if not given.
    #[arg(long)]
    zone: Option<String>,
    /// Say what would happen, and take nothing in.
    #[arg(long)]
    dry_run: bool,
    /// Print the counts as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

impl Import {
    /// Imports; the exit status is 0 when the file was taken in, even with rejected rows.
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        let file = self;
        let input = std::fs::File::open(&file.path)
            .with_context(|| format!("cannot read {}", file.path.display()))?;
        let system = System::open(settings, Schema::Expect, true).await?;
        let outcome = run(&system, &file, input).await;
        system.close().await;
        let outcome = outcome?;
        if let Some(check) = outcome.check {
            return print_check(&check, file.json);
        }
        if file.json {
            println!("{}", serde_json::to_string(&outcome)?);
        } else {
            print(&outcome, &file.company);
        }
        match outcome.problem {
            Some(problem) => bail!("{}: {}", file.path.display(), problem.detail),
            None => Ok(()),
        }
    }
}

async fn run(
    system: &System,
    file: &Import,
    input: std::fs::File,
) -> anyhow::Result<ImportOutcome> {
    let company = company(system, &file.company).await?;
    let grant = operator_of(system, company.id);
    let zone = file.zone.as_deref().unwrap_or(&company.zone);
    let mut options = Options::parse(file.rating_scale.as_deref(), Some(zone))?;
    options.check = file.dry_run;
    let name = file
        .path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let bar = bar()?;
    let shown = bar.clone();
    let stop = CancellationToken::new();
    let interrupt = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupt.cancel();
        }
    });
    let upload = Upload {
        source: file.source,
        options,
        file_name: name,
    };
    let progress = move |at: Progress| {
        if let Some(total) = at.rows_total {
            shown.set_length(total);
        }
        shown.set_position(at.rows_done);
    };
    let outcome = import_file(
        &system.db,
        &grant,
        &ingest_config(system),
        upload,
        input,
        progress,
        &stop,
    )
    .await;
    bar.finish_and_clear();
    let outcome = outcome?;
    if outcome.check.is_some() {
        abandon_import(
            &system.db,
            &grant,
            &ingest_config(system),
            outcome.import_id,
        )
        .await?;
    }
    Ok(outcome)
}

/// Every source by its word.
fn sources() -> impl TypedValueParser<Value = Source> {
    PossibleValuesParser::new(Source::ALL.map(Source::as_str)).try_map(|word| Source::find(&word))
}

/// A bar on standard error; none where that is no terminal.
fn bar() -> anyhow::Result<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template(
        "{bar:40} {human_pos} of {human_len} rows, {per_sec}, {eta} left",
    )?;
    Ok(ProgressBar::new(0).with_style(style))
}

fn print_check(check: &CheckResult, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(check)?);
        return Ok(());
    }
    let counts = &check.counts;
    println!(
        "Nothing was taken in. {} rows would be {} created, {} updated, {} unchanged, {} rejected.",
        counts.rows_in, counts.created, counts.updated, counts.unchanged, counts.rejected
    );
    for (field, count) in &check.changed_fields {
        println!("  {count} would change in {field}");
    }
    for row in &check.refused {
        for fault in &row.faults {
            let column = fault.column.as_deref().unwrap_or("row");
            println!(
                "  line {}, {column}: {} ({})",
                row.line, fault.reason, fault.code
            );
        }
    }
    Ok(())
}

fn print(outcome: &ImportOutcome, company: &str) {
    let counts = &outcome.counts;
    println!(
        "{} rows in = {} created + {} updated + {} unchanged + {} rejected ({})",
        counts.rows_in,
        counts.created,
        counts.updated,
        counts.unchanged,
        counts.rejected,
        outcome.import_id
    );
    for warning in &outcome.warnings {
        println!("Note: {}", warning.detail);
    }
    if counts.rejected > 0 {
        println!(
            "The cockpit shows the rejected rows of {company} and offers them as a file to correct."
        );
    }
}
