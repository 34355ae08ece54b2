//! `attest demo`, and the samples it shares with `attest db seed`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Args;
use identity::Identity;
use ingest::query::{Options, Source};
use ingest::{Upload, import_file};
use platform::events::{BusRunner, StreamCounts, stream_counts};
use platform::jobs::JobRunner;
use serde::{Deserialize, Serialize};

use super::serve::{Serving, start_telemetry};
use super::{audit, operator};
use crate::assembly::{assemble, ingest_config};
use crate::settings::Settings;
use crate::system::{Schema, System};
use tokio_util::sync::CancellationToken;

/// Serve sample companies with sample data, and print the address and the logins.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Prepare everything, print what came of it, and end without serving.
    #[arg(long)]
    once: bool,
    /// Print one JSON object on standard output.
    #[arg(long)]
    json: bool,
    /// Address and port to listen on.
    #[arg(long)]
    pub(crate) listen: Option<SocketAddr>,
}

/// A sample file, compiled in.
struct Sample {
    company: &'static str,
    source: Source,
    name: &'static str,
    bytes: &'static [u8],
}

/// A sample file of the repository by company and source.
macro_rules! samples {
    ($($company:literal, $source:ident, $file:literal;)+) => {
        &[$(Sample {
            company: $company,
            source: Source::$source,
            name: $file,
            bytes: include_bytes!(concat!("../../../../fixtures/", $file)),
        },)+]
    };
}

/// In the order in which they are taken in: rows name people and matches of files before them.
const SAMPLES: &[Sample] = samples! {
    "acme", KintellSessions, "kintell/acme-sessions.csv";
    "globex", KintellSessions, "kintell/globex-language.csv";
    "initech", KintellSessions, "kintell/initech-mentorship.csv";
    "acme", KintellUsers, "kintell/acme-users.csv";
    "acme", KintellRatings, "kintell/acme-ratings.csv";
    "acme", BuddyUsers, "buddy/acme-users.csv";
    "acme", BuddyMatches, "buddy/acme-matches.csv";
    "acme", BuddyEvents, "buddy/acme-events.csv";
    "acme", BuddyAttendance, "buddy/acme-attendance.csv";
    "acme", BuddyCheckins, "buddy/acme-checkins.csv";
    "acme", BuddyFeedback, "buddy/acme-feedback.csv";
    "acme", BuddySkillSessions, "buddy/acme-skill-sessions.csv";
    "acme", BuddyMilestones, "buddy/acme-milestones.csv";
    "globex", BuddyMatches, "buddy/globex-matches-short.csv";
    "acme", UpskillingCompletions, "upskilling/acme-completions.csv";
    "acme", UpskillingCredentials, "upskilling/acme-credentials.csv";
};

/// Counts of rows over all sample files.
#[expect(
    clippy::struct_field_names,
    reason = "the names that every import reports"
)]
#[derive(Debug, Default, Serialize)]
struct Rows {
    rows_in: u64,
    created: u64,
    updated: u64,
    unchanged: u64,
    rejected: u64,
}

/// Counts of events over all companies.
#[derive(Debug, Default, Serialize)]
struct EventCounts {
    published: i64,
    consumed: i64,
    dead: i64,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    ready_seconds: f64,
    import: Rows,
    events: EventCounts,
    /// By company, then period, then metric.
    figures: BTreeMap<String, BTreeMap<String, BTreeMap<String, Option<String>>>>,
    audit: AuditReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logins: Option<Vec<Login>>,
}

#[derive(Debug, Serialize)]
struct AuditReport {
    verified: bool,
    entries: u64,
}

/// How to sign in as one of the sample people, as kept for later runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Login {
    email: String,
    password: String,
    roles: Vec<String>,
}

impl Demo {
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        let begun = Instant::now();
        if !settings.server.listen.ip().is_loopback() {
            bail!("the demo serves this machine only: choose a loopback address with --listen");
        }
        if settings.database_url().is_some() {
            bail!(
                "the demo brings its own database: unset DATABASE_URL, or use `attest db seed` and `attest serve`"
            );
        }
        let mut settings = settings;
        if settings.log.filter == "info" {
            // The printed address and logins should not drown in log lines.
            "warn".clone_into(&mut settings.log.filter);
        }
        start_telemetry(&settings)?;
        let system = System::open(settings, Schema::Migrate, false).await?;
        refuse_real_data(&system).await?;
        let logins = seed(&system).await?;
        let import = import_samples(&system).await?;
        if self.once {
            settle(&system).await?;
            let report = report(&system, begun, import).await?;
            self.print(&report)?;
            system.close().await;
            return Ok(());
        }
        let serving = Serving::start(&system).await?;
        serving.wait_for_consumers(&system).await?;
        let mut report = report(&system, begun, import).await?;
        report.address = Some(format!("http://{}", serving.address));
        report.logins = Some(logins);
        self.print(&report)?;
        let result = serving.until_told(&system).await;
        system.close().await;
        result
    }

    fn print(&self, report: &Report) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        if self.json {
            writeln!(out, "{}", serde_json::to_string(report)?)?;
        } else {
            print_for_people(&mut out, report)?;
        }
        out.flush()?;
        Ok(())
    }
}

fn print_for_people(out: &mut impl Write, report: &Report) -> anyhow::Result<()> {
    let rows = &report.import;
    writeln!(
        out,
        "Sample files: {} rows in = {} created + {} updated + {} unchanged + {} rejected.",
        rows.rows_in, rows.created, rows.updated, rows.unchanged, rows.rejected
    )?;
    let events = &report.events;
    writeln!(
        out,
        "Events: {} published, {} consumed, {} given up. The audit log's {} entries are sound.",
        events.published, events.consumed, events.dead, report.audit.entries
    )?;
    let Some(address) = &report.address else {
        return Ok(());
    };
    writeln!(
        out,
        "\nAttest is ready after {:.1} s at {address}\n",
        report.ready_seconds
    )?;
    for login in report.logins.iter().flatten() {
        writeln!(
            out,
            "  {:34} {:24} {}",
            login.email,
            login.password,
            login.roles.join(", ")
        )?;
    }
    writeln!(
        out,
        "\nThese logins were made for this demo and are in demo-logins.json in the data directory. Ctrl-C stops it."
    )?;
    Ok(())
}

/// `attest db seed`
pub(crate) async fn seed_command(settings: Settings, json: bool) -> anyhow::Result<()> {
    let system = System::open(settings, Schema::Migrate, true).await?;
    let logins = seed(&system).await?;
    if json {
        println!("{}", serde_json::to_string(&logins)?);
    } else {
        for login in &logins {
            println!(
                "  {:34} {:24} {}",
                login.email,
                login.password,
                login.roles.join(", ")
            );
        }
        println!(
            "The logins are in {}.",
            logins_file(&system.settings).display()
        );
    }
    system.close().await;
    Ok(())
}

/// The demo publishes sample data; it must not stand beside a real company's.
async fn refuse_real_data(system: &System) -> anyhow::Result<()> {
    let companies = identity::query::list_companies(&system.db).await?;
    let ours = |slug: &str| SAMPLES.iter().any(|sample| sample.company == slug);
    if let Some(real) = companies.iter().find(|company| !ours(&company.slug)) {
        bail!(
            "{} holds the company {}, which is no sample: choose another --data-dir for the demo",
            system.settings.data_dir.display(),
            real.slug
        );
    }
    Ok(())
}

/// Makes the sample companies and logins as far as they are missing. Passwords are
/// drawn here and kept in a file of this user's, because nothing else knows them.
async fn seed(system: &System) -> anyhow::Result<Vec<Login>> {
    let identity = Identity::new(
        system.db.clone(),
        system.issuer.clone(),
        &identity::Config::default(),
    );
    let file = logins_file(&system.settings);
    let mut logins: Vec<Login> = match fs::read(&file) {
        Ok(text) => serde_json::from_slice(&text)
            .with_context(|| format!("{} cannot be read", file.display()))?,
        Err(_) => Vec::new(),
    };
    let seeded = identity::seed::seed(&identity).await?;
    if !seeded.logins.is_empty() {
        logins.retain(|old| seeded.logins.iter().all(|new| new.email != old.email));
        logins.extend(seeded.logins.iter().map(login));
        write_private(&file, &serde_json::to_vec_pretty(&logins)?)?;
    }
    Ok(logins)
}

fn login(made: &identity::seed::Login) -> Login {
    let mut roles: Vec<String> = made
        .roles
        .iter()
        .map(|(slug, role)| format!("{slug}: {}", role.label()))
        .collect();
    if made.system_admin {
        roles.push("every company: System administrator".to_owned());
    }
    Login {
        email: made.email.to_owned(),
        password: made.password.expose().to_owned(),
        roles,
    }
}

fn logins_file(settings: &Settings) -> PathBuf {
    settings.data_dir.join("demo-logins.json")
}

/// Writes a file that only this user may read.
fn write_private(file: &Path, text: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = file.parent() {
        // With an outside database, nothing may have been kept here before.
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut out = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)
        .with_context(|| format!("cannot write {}", file.display()))?;
    out.write_all(text)?;
    out.sync_all()?;
    Ok(())
}

async fn import_samples(system: &System) -> anyhow::Result<Rows> {
    let mut rows = Rows::default();
    for sample in SAMPLES {
        let company = super::company(system, sample.company).await?;
        let grant = super::operator_of(system, company.id);
        let upload = Upload {
            source: sample.source,
            options: Options::parse(None, Some(&company.zone))?,
            file_name: sample
                .name
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned(),
        };
        let config = ingest_config(system);
        let stop = CancellationToken::new();
        let outcome = import_file(
            &system.db,
            &grant,
            &config,
            upload,
            sample.bytes,
            |_| {},
            &stop,
        )
        .await?;
        if let Some(problem) = outcome.problem {
            bail!("{} was not taken in: {}", sample.name, problem.detail);
        }
        let counts = outcome.counts;
        rows.rows_in += counts.rows_in;
        rows.created += counts.created;
        rows.updated += counts.updated;
        rows.unchanged += counts.unchanged;
        rows.rejected += counts.rejected;
    }
    Ok(rows)
}

/// Lets every consumer and job do all that there is to do, in this task.
async fn settle(system: &System) -> anyhow::Result<()> {
    let assembled = assemble(system)?;
    let bus = BusRunner::new(&system.db, assembled.consumers);
    let jobs = JobRunner::new(&system.db, assembled.jobs);
    // Jobs publish events, and events queue jobs.
    for _ in 0..3 {
        bus.settle().await?;
        jobs.settle().await?;
    }
    bus.settle().await?;
    crate::witness::checkpoint(
        &system.db,
        &crate::witness::witness_of(system),
        &mut std::collections::HashMap::new(),
    )
    .await
}

async fn report(system: &System, begun: Instant, import: Rows) -> anyhow::Result<Report> {
    let ready_seconds = begun.elapsed().as_secs_f64();
    let consumers: Vec<_> = assemble(system)?
        .consumers
        .iter()
        .map(|consumer| consumer.name)
        .collect();
    let mut events = EventCounts::default();
    let mut figures = BTreeMap::new();
    let companies: BTreeSet<_> = SAMPLES.iter().map(|sample| sample.company).collect();
    for company in companies {
        let grant = operator(system, company).await?;
        let mut tx = system.db.tenant(&grant).await?;
        let StreamCounts {
            published,
            consumed,
            dead,
            ..
        } = stream_counts(&mut tx, &consumers).await?;
        events.published += published;
        events.consumed += consumed;
        events.dead += dead;
        let mut periods: BTreeMap<String, BTreeMap<String, Option<String>>> = BTreeMap::new();
        for figure in insight::query::list_figures(&mut tx).await? {
            let value = figure.value.map(|value| value.normalize().to_string());
            periods
                .entry(figure.period.to_string())
                .or_default()
                .insert(figure.metric.to_string(), value);
        }
        figures.insert(company.to_owned(), periods);
    }
    let verified = audit::verify_all(system).await?;
    let entries = verified.iter().map(|(_, chain)| chain.count).sum();
    Ok(Report {
        ready_seconds,
        import,
        events,
        figures,
        audit: AuditReport {
            verified: true,
            entries,
        },
        address: None,
        logins: None,
    })
}
