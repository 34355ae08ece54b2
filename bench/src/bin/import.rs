//! The import of a sessions file beside Postgres's own `COPY` of the same file.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bench::{attest, data_folder, memory_mb, option, postgres_runtime, samples};
use platform::postgres::{Embedded, EmbeddedOptions, Packed};
use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::runtime::Runtime;

/// The share of the copy's speed that is promised at this many rows.
const SHARE: f64 = 0.08;
const SHARE_AT: u64 = 100_000;
const PEAK_MB: f64 = 150.0;

const COMPANY: &str = "acme";
const POLL: Duration = Duration::from_millis(10);

/// What one size came to.
struct Measured {
    rows: u64,
    copied_per_s: f64,
    imported_per_s: f64,
    peak_mb: f64,
}

impl Measured {
    fn share(&self) -> f64 {
        self.imported_per_s / self.copied_per_s
    }

    fn misses(&self) -> bool {
        self.peak_mb > PEAK_MB || (self.rows == SHARE_AT && self.share() < SHARE)
    }
}

fn main() -> Result<()> {
    let sizes = option("--rows", "10000,100000,1000000");
    let sizes: Vec<u64> = sizes
        .split(',')
        .map(|size| {
            size.parse()
                .with_context(|| format!("read the size {size}"))
        })
        .collect::<Result<_>>()?;
    let runtime = Runtime::new().context("start tokio")?;
    println!(
        "| rows | COPY, rows/s | import, rows/s | share | peak memory |\n|---|---|---|---|---|"
    );
    let mut missed = false;
    for size in sizes {
        let measured = measure(&runtime, size)?;
        let share = measured.share();
        println!(
            "| {} | {:.0} | {:.0} | {share:.3} | {:.0} MB |",
            measured.rows, measured.copied_per_s, measured.imported_per_s, measured.peak_mb
        );
        missed |= measured.misses();
    }
    if missed {
        bail!("missed: {SHARE} of the copy at {SHARE_AT} rows, {PEAK_MB:.0} MB at every size");
    }
    Ok(())
}

/// A fresh server for each size, so that an earlier one weighs on none.
fn measure(runtime: &Runtime, rows: u64) -> Result<Measured> {
    let data = data_folder()?;
    let file = data.path().join("sessions.csv");
    make_samples(rows, &file)?;
    let database = data.path().join("database");
    let packed = postgres_runtime()
        .map(|path| Packed::read(&path))
        .transpose()?;
    let server = runtime.block_on(Embedded::start(
        EmbeddedOptions::new(&database).packed(packed),
    ))?;
    let options = server.connect_options();
    let here = Attest {
        url: options.to_url_lossy().into(),
        data: data.path().join("attest"),
    };
    here.run(&["keys", "create"])?;
    here.run(&["db", "migrate"])?;
    here.run(&["db", "seed"])?;
    // One copy before and one after, the better one counts: neither meets a colder disk.
    let before = runtime.block_on(copy(&options, &file, "before_import"))?;
    let (imported_per_s, peak_mb) = here.import(&file)?;
    let after = runtime.block_on(copy(&options, &file, "after_import"))?;
    runtime.block_on(server.stop());
    Ok(Measured {
        rows,
        copied_per_s: before.max(after),
        imported_per_s,
        peak_mb,
    })
}

fn make_samples(sessions: u64, file: &Path) -> Result<()> {
    let status = samples()?
        .args(["--sessions", &sessions.to_string(), "--out"])
        .arg(file)
        .status()
        .context("make a sample file")?;
    if !status.success() {
        bail!("make_samples failed ({status})");
    }
    Ok(())
}

/// Attest with a database of ours and a directory for its keys.
struct Attest {
    url: String,
    data: PathBuf,
}

impl Attest {
    fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = attest()?;
        command
            .args(arguments)
            .arg("--data-dir")
            .arg(&self.data)
            .env("DATABASE_URL", &self.url)
            .stdin(Stdio::null());
        Ok(command)
    }

    fn run(&self, arguments: &[&str]) -> Result<()> {
        let output = self.command(arguments)?.output().context("start attest")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("attest {} failed:\n{said}", arguments.join(" "));
        }
        Ok(())
    }

    /// Rows a second over the whole command, and the most memory it held in MB.
    fn import(&self, file: &Path) -> Result<(f64, f64)> {
        let file = file.to_str().context("the file's path is not UTF-8")?;
        let arguments = [
            "import",
            "kintell-sessions",
            file,
            "--company",
            COMPANY,
            "--json",
        ];
        let log = self.data.with_extension("log");
        let began = Instant::now();
        let mut child = self
            .command(&arguments)?
            .stdout(Stdio::piped())
            .stderr(File::create(&log).context("make a log")?)
            .spawn()
            .context("start attest import")?;
        let mut peak: f64 = 0.0;
        let status = loop {
            // The mark only ever rises, so that the last look before the end is the peak.
            peak = memory_mb(&child, "VmHWM").unwrap_or_default().max(peak);
            if let Some(status) = child.try_wait().context("look after the import")? {
                break status;
            }
            sleep(POLL);
        };
        let seconds = began.elapsed().as_secs_f64();
        if !status.success() {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            bail!("the import failed ({status}):\n{said}");
        }
        let mut said = String::new();
        let mut stdout = child.stdout.take().context("read the import's counts")?;
        stdout
            .read_to_string(&mut said)
            .context("read the import's counts")?;
        let counts: Value = serde_json::from_str(&said).context("read the import's counts")?;
        let rows = counts["rows_in"]
            .as_f64()
            .context("the import counts no rows")?;
        Ok((rows / seconds, peak))
    }
}

/// Copies the file into a plain table and answers rows a second.
async fn copy(options: &PgConnectOptions, file: &Path, table: &str) -> Result<f64> {
    let columns = columns(file)?;
    let mut connection = PgConnection::connect_with(options).await?;
    execute(&mut connection, table_of(table, columns.len())).await?;
    let names = numbered(columns.len(), "");
    let statement = format!("copy bench.{table} ({names}) from stdin (format csv, header)");
    let source = tokio::fs::File::open(file)
        .await
        .context("open the sample file")?;
    let began = Instant::now();
    let mut sink = connection.copy_in_raw(&statement).await?;
    sink.read_from(source).await?;
    let rows = sink.finish().await?;
    let seconds = began.elapsed().as_secs_f64();
    connection.close().await?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of rows is far below 2^52"
    )]
    let rows = rows as f64;
    Ok(rows / seconds)
}

fn columns(file: &Path) -> Result<Vec<String>> {
    let mut header = String::new();
    let file = std::fs::File::open(file).context("open the sample file")?;
    BufReader::new(file)
        .read_line(&mut header)
        .context("read the header")?;
    Ok(header.trim_end().split(',').map(str::to_owned).collect())
}

/// Text columns, a primary key and two indexes; the key is a number, which favours the copy.
fn table_of(table: &str, columns: usize) -> String {
    let columns = numbered(columns, " text");
    format!(
        "create schema if not exists bench;
         create table bench.{table} (line bigint generated always as identity primary key, {columns});
         create index on bench.{table} (c1);
         create index on bench.{table} (c2);"
    )
}

fn numbered(columns: usize, kind: &str) -> String {
    let names: Vec<String> = (1..=columns).map(|n| format!("c{n}{kind}")).collect();
    names.join(", ")
}

async fn execute(connection: &mut PgConnection, statements: String) -> Result<()> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the table to compare with is no part of the schema, so that no macro knows it"
    )]
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(connection)
        .await?;
    Ok(())
}
