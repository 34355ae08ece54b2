//! The system, opened: keys, database, clock, and the right to make grants.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, bail};
use platform::db::{Administrator, PoolSizes};
use platform::keys::Keyring;
use platform::postgres::{Embedded, EmbeddedOptions, attach, check_server_version};
use platform::{Clock, Db, GrantIssuer};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;

use crate::runtime;
use crate::settings::Settings;

/// Whether the schema is brought up to date when the system is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// Apply what is missing.
    Migrate,
    /// On a private server apply what is missing; on an outside one, only check.
    Expect,
}

/// Everything that commands and services work with.
pub struct System {
    /// What is in force.
    pub settings: Settings,
    /// The database.
    pub db: Db,
    /// The right to make grants.
    pub issuer: GrantIssuer,
    /// The root keys.
    pub keyring: Arc<Keyring>,
    /// The clock.
    pub clock: Clock,
    /// Who may administer the database.
    pub administrator: Administrator,
    /// How many migrations were applied while opening.
    pub migrations_applied: usize,
    embedded: Option<Embedded>,
}

impl System {
    /// Opens the system: finds or starts the database, reads the root keys, brings
    /// the schema up to date. If another Attest runs on the data directory, its
    /// database is used when `share` says so, else that is an error.
    pub async fn open(settings: Settings, schema: Schema, share: bool) -> anyhow::Result<Self> {
        let keyring = Arc::new(open_keyring(&settings)?);
        let (target, embedded) = connect(&settings, share).await?;
        let administrator = Administrator::new(target.clone());
        let conn = administrator.connect_target().await?;
        check_server_version(&conn)?;
        sqlx::Connection::close(conn).await?;
        let private = settings.database_url().is_none();
        let migrations_applied = if private || schema == Schema::Migrate {
            administrator.ensure_roles(&keyring).await?;
            administrator.migrate(&keyring).await?
        } else {
            administrator.check_schema(&keyring).await?;
            0
        };
        let clock = Clock::system();
        let sizes = PoolSizes {
            app: settings.database.app_connections,
            worker: settings.database.worker_connections,
        };
        let (db, issuer) = Db::open(&target, &keyring, clock.clone(), sizes);
        if embedded.is_some() {
            // Nobody has worked on a database that was not running: what was cut off goes on at once.
            platform::jobs::expire_leases(&db).await?;
        }
        Ok(Self {
            settings,
            db,
            issuer,
            keyring,
            clock,
            administrator,
            migrations_applied,
            embedded,
        })
    }

    /// What runs the database, for people.
    #[must_use]
    pub fn database_description(&self) -> String {
        match &self.embedded {
            Some(embedded) => format!("private PostgreSQL {}", embedded.runtime().version),
            None => "outside PostgreSQL".to_owned(),
        }
    }

    /// Says when the private server ends by itself; never, if there is none.
    pub async fn database_ended(&self) -> String {
        let Some(embedded) = &self.embedded else {
            return std::future::pending().await;
        };
        let mut ended = embedded.ended();
        loop {
            if let Some(how) = ended.borrow().clone() {
                return how;
            }
            if ended.changed().await.is_err() {
                return "its watcher is gone".to_owned();
            }
        }
    }

    /// Closes connections and stops the private server.
    pub async fn close(self) {
        self.db.close().await;
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

/// The root keys: from the settings, from the file, or, for a data directory that
/// has no database yet, made anew.
pub(crate) fn open_keyring(settings: &Settings) -> anyhow::Result<Keyring> {
    if !settings.keys.root.expose_secret().is_empty() {
        return Keyring::from_setting(&settings.keys.root).context("keys.root");
    }
    let file = settings.key_file();
    if file.exists() {
        return Ok(Keyring::load(&file)?);
    }
    if settings.database_url().is_some() {
        bail!(
            "there are no root keys: set ATTEST_KEYS__ROOT, or make {} with `attest keys create`, and keep a copy elsewhere",
            file.display()
        );
    }
    if settings
        .data_dir
        .join("postgres")
        .join("PG_VERSION")
        .exists()
    {
        bail!(
            "{} holds a database but its root keys are missing: put {} back from your copy",
            settings.data_dir.display(),
            file.display()
        );
    }
    create_keyring(&file)
}

/// Makes root keys in a file that only this user may read.
pub(crate) fn create_keyring(file: &Path) -> anyhow::Result<Keyring> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
    }
    Ok(Keyring::create(file)?)
}

/// The database as it is, without schema or roles: for a restore.
pub(crate) async fn unopened(
    settings: &Settings,
) -> anyhow::Result<(Administrator, Option<Embedded>)> {
    let (target, embedded) = connect(settings, false).await?;
    Ok((Administrator::new(target), embedded))
}

async fn connect(
    settings: &Settings,
    share: bool,
) -> anyhow::Result<(PgConnectOptions, Option<Embedded>)> {
    if let Some(url) = settings.database_url() {
        let target = outside(url)?;
        return Ok((target, None));
    }
    if share && let Some(target) = attach(&settings.data_dir)? {
        return Ok((target, None));
    }
    let embedded = Embedded::start(embedded_options(settings)).await?;
    let target = embedded.connect_options();
    Ok((target, Some(embedded)))
}

fn outside(url: &SecretString) -> anyhow::Result<PgConnectOptions> {
    // The URL carries a password, so the parser's own message is not repeated.
    PgConnectOptions::from_str(url.expose_secret()).map_err(|_| {
        anyhow::anyhow!(
            "DATABASE_URL is no PostgreSQL connection URL (postgres://user:password@host/database)"
        )
    })
}

/// How the private server is run.
pub(crate) fn embedded_options(settings: &Settings) -> EmbeddedOptions {
    EmbeddedOptions::new(&settings.data_dir).packed(runtime::packed())
}
