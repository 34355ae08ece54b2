//! `attest inspect`

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::Args;
use ingest::inspect::{InspectOptions, Inspection, inspect};
use ingest::query::Source;

/// Show what a file is, how it is written and what its columns mean, without taking it in.
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The file: CSV in any dialect, XLSX, ODS, JSON or JSON lines; it may be in gzip or ZIP.
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// Print one JSON object on standard output.
    #[arg(long)]
    json: bool,
    /// What the file is taken for, such as kintell-sessions; found out if not given.
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// The sheet of a workbook, or the entity of a JSON file.
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
}

impl Inspect {
    /// Inspects; the exit status is 0 when the file can be read at all.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let path = self.path.display();
        let file = File::open(&self.path).with_context(|| format!("cannot read {path}"))?;
        let options = InspectOptions {
            source: self.source.as_deref().map(source_of).transpose()?,
            sheet: self.sheet,
            ..InspectOptions::default()
        };
        let found = inspect(BufReader::new(file), &options).with_context(|| path.to_string())?;
        if self.json {
            println!("{}", serde_json::to_string(&found)?);
        } else {
            print(&found);
        }
        Ok(())
    }
}

fn source_of(word: &str) -> anyhow::Result<Source> {
    Source::find(word).map_err(|_| {
        let known = Source::ALL.map(Source::as_str).join(", ");
        anyhow!("there is no source {word}; known are {known}")
    })
}

fn print(found: &Inspection) {
    let shown = |text: &str| match text {
        "" => "none".to_owned(),
        "\t" => "tab".to_owned(),
        " " => "space".to_owned(),
        other => other.to_owned(),
    };
    println!("Encoding    {}", found.encoding);
    if let Some(sheet) = &found.sheet {
        println!("Sheet       {sheet}");
    }
    if let Some(line_end) = &found.line_end {
        println!(
            "Dialect     separator {}, quotation mark {}, escape {}, lines end in {line_end}",
            shown(&found.delimiter),
            shown(&found.quote),
            shown(&found.escape)
        );
    }
    match found.header_row {
        Some(row) => println!(
            "Header      record {row}, after {} lines",
            found.preamble_lines
        ),
        None => println!("Header      none"),
    }
    println!("Rows        {}", found.rows);
    match (found.source, &found.header_set) {
        (Some(source), Some(set)) => println!("Source      {} ({set})", source.as_str()),
        (Some(source), None) => println!("Source      {}, as a proposal", source.as_str()),
        (None, _) => println!("Source      unknown"),
    }
    let width = found
        .columns
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0)
        .min(40);
    for pair in &found.mapping {
        println!(
            "  {:width$}  →  {}  {:.2}  {}",
            pair.column,
            pair.field,
            pair.score,
            pair.reasons.join("; ")
        );
    }
    for column in &found.unmapped {
        println!("  {column:width$}  →  nothing");
    }
    for question in &found.questions {
        println!("Question: {}", question.detail);
    }
    for warning in &found.warnings {
        println!("Note: {}", warning.detail);
    }
}
