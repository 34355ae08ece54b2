//! What Attest is told: embedded defaults, then `attest.toml`, then `ATTEST_*`,
//! then flags. Each value remembers where it came from.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use figment::providers::{Env, Format, Serialized, Toml};
use figment::{Figment, Profile};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// The annotated reference of every key.
pub const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// Variables that begin with ATTEST_ and are no settings: they are read by builds and tests.
const NOT_SETTINGS: [&str; 7] = [
    "postgres_runtime",
    "packed_postgres",
    "test_postgres",
    "test_seed",
    "demo",
    "browser",
    "screenshots",
];

/// Keys whose values are never printed.
const SECRET: [&str; 2] = ["database.url", "keys.root"];

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where everything lives.
    #[serde(deserialize_with = "data_dir")]
    pub data_dir: PathBuf,
    /// The HTTP edge.
    pub server: ServerSettings,
    /// The database.
    pub database: DatabaseSettings,
    /// The root keys.
    pub keys: KeySettings,
    /// The audit log.
    pub audit: AuditSettings,
    /// Taking data in.
    pub ingest: IngestSettings,
    /// Logging.
    pub log: LogSettings,
}

/// `[server]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// Address and port.
    pub listen: SocketAddr,
    /// The address that browsers use; empty for `http://` and `listen`.
    pub public_url: String,
    /// Connections at once.
    pub max_connections: usize,
    /// Connections at once from one address.
    pub max_connections_per_address: usize,
    /// Reverse proxies in front.
    pub proxies: Vec<IpAddr>,
}

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// An outside server; empty for the private one.
    pub url: SecretString,
    /// Connections for handlers.
    pub app_connections: u32,
    /// Connections for consumers and jobs.
    pub worker_connections: u32,
}

/// `[keys]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySettings {
    /// Root keys; empty for the file.
    pub root: SecretString,
}

/// `[audit]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditSettings {
    /// Where checkpoints are witnessed.
    pub witness_dir: PathBuf,
}

/// `[ingest]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IngestSettings {
    /// The largest file, in bytes, unpacked.
    pub max_upload_bytes: u64,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// What is logged.
    pub filter: String,
}

/// What flags may override.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Overrides {
    /// `--data-dir`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// `--listen`
    #[serde(skip)]
    pub listen: Option<SocketAddr>,
}

/// Settings with their origins.
pub struct Loaded {
    /// What is in force.
    pub settings: Settings,
    figment: Figment,
}

/// Reads the settings. `file` names a configuration file that must exist;
/// without it, `attest.toml` in the data directory is read if it is there.
pub fn load(file: Option<&Path>, overrides: &Overrides) -> anyhow::Result<Loaded> {
    let environment = Env::prefixed("ATTEST_").ignore(&NOT_SETTINGS).split("__");
    let base = Figment::from(Toml::string(DEFAULTS));
    let file = match file {
        Some(path) if !path.is_file() => bail!("there is no configuration file {}", path.display()),
        Some(path) => Some(path.to_owned()),
        None => {
            let place: PathBuf = overlay(base.clone(), None, &environment, overrides)
                .extract_inner::<String>("data_dir")
                .map(|dir| place_of(&dir))
                .context("data_dir")?;
            Some(place.join("attest.toml")).filter(|path| path.is_file())
        }
    };
    let figment = overlay(base, file.as_deref(), &environment, overrides);
    let mut settings: Settings = figment.extract().map_err(|error| readable(&error))?;
    if settings.audit.witness_dir.as_os_str().is_empty() {
        settings.audit.witness_dir = settings.data_dir.join("witness");
    }
    Ok(Loaded { settings, figment })
}

fn overlay(
    base: Figment,
    file: Option<&Path>,
    environment: &Env,
    overrides: &Overrides,
) -> Figment {
    let mut figment = base;
    if let Some(file) = file {
        figment = figment.merge(Toml::file_exact(file));
    }
    figment = figment
        .merge(
            Env::raw()
                .only(&["DATABASE_URL"])
                .map(|_| "database.url".into()),
        )
        .merge(environment.clone())
        .merge(Serialized::from(overrides, Profile::Default));
    if let Some(listen) = overrides.listen {
        figment = figment.merge(Serialized::default("server.listen", listen.to_string()));
    }
    figment
}

impl Settings {
    /// The address that browsers use.
    #[must_use]
    pub fn public_url(&self) -> String {
        if self.server.public_url.is_empty() {
            format!("http://{}", self.server.listen)
        } else {
            self.server.public_url.trim_end_matches('/').to_owned()
        }
    }

    /// The outside server's URL, if one was named.
    #[must_use]
    pub fn database_url(&self) -> Option<&SecretString> {
        use secrecy::ExposeSecret;
        Some(&self.database.url).filter(|url| !url.expose_secret().is_empty())
    }

    /// Where the root keys lie when they are a file.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        self.data_dir.join("keys").join("root.json")
    }
}

impl Loaded {
    /// Every key, its value with secrets masked, and where it came from.
    pub fn table(&self) -> anyhow::Result<Vec<(String, String, String)>> {
        let all: figment::value::Dict = self.figment.extract().map_err(|error| readable(&error))?;
        let mut rows = Vec::new();
        flatten("", &all, &mut rows);
        Ok(rows
            .into_iter()
            .map(|(key, value)| {
                let origin = self
                    .figment
                    .find_metadata(&key)
                    .map_or_else(String::new, origin);
                let masked = SECRET.contains(&key.as_str()) && value != "\"\"";
                (
                    key,
                    if masked { "(secret)".to_owned() } else { value },
                    origin,
                )
            })
            .collect())
    }
}

fn flatten(prefix: &str, dict: &figment::value::Dict, rows: &mut Vec<(String, String)>) {
    for (name, value) in dict {
        let key = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        match value.as_dict() {
            Some(inner) => flatten(&key, inner, rows),
            None => rows.push((key, shown(value))),
        }
    }
}

fn shown(value: &figment::value::Value) -> String {
    match value {
        figment::value::Value::String(_, text) => format!("\"{text}\""),
        figment::value::Value::Num(_, number) => number
            .to_u128()
            .map_or_else(|| format!("{number:?}"), |n| n.to_string()),
        figment::value::Value::Bool(_, flag) => flag.to_string(),
        other => format!("{other:?}"),
    }
}

fn origin(metadata: &figment::Metadata) -> String {
    match &metadata.source {
        Some(figment::Source::File(path)) => path.display().to_string(),
        _ if metadata.name.contains("environment") => "environment".to_owned(),
        _ if metadata.name.contains("TOML source string") => "default".to_owned(),
        _ => "flag".to_owned(),
    }
}

/// A configuration error in one line, with the key and where its value came from.
fn readable(error: &figment::Error) -> anyhow::Error {
    let key = error.path.join(".");
    let place = error.metadata.as_ref().map(origin).unwrap_or_default();
    let what = match &error.kind {
        figment::error::Kind::UnknownField(name, known) => {
            format!(
                "there is no setting {name} here; known are {}",
                known.join(", ")
            )
        }
        kind => kind.to_string(),
    };
    anyhow::anyhow!("configuration: {key}: {what} ({place})")
}

fn data_dir<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    String::deserialize(deserializer).map(|dir| place_of(&dir))
}

/// The data directory that is meant: the one named, else the usual place.
#[expect(
    clippy::disallowed_methods,
    reason = "the usual place depends on the user's environment"
)]
fn place_of(dir: &str) -> PathBuf {
    if !dir.is_empty() {
        return PathBuf::from(dir);
    }
    if nix::unistd::geteuid().is_root() {
        return PathBuf::from("/var/lib/attest");
    }
    let home = || std::env::var("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    std::env::var("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|_| home())
        .map_or_else(
            |_| PathBuf::from("attest-data"),
            |place| place.join("attest"),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("attest.toml");
        std::fs::write(&path, text).unwrap();
        (dir, path)
    }

    #[test]
    fn a_file_outranks_the_defaults_and_a_flag_outranks_the_file() {
        let (_dir, path) =
            file("[server]\nlisten = \"127.0.0.1:9000\"\n[log]\nfilter = \"debug\"\n");
        let flags = Overrides {
            listen: Some("127.0.0.1:9001".parse().unwrap()),
            ..Overrides::default()
        };
        let loaded = load(Some(&path), &flags).unwrap();
        assert_eq!(loaded.settings.server.listen.port(), 9001);
        assert_eq!(loaded.settings.log.filter, "debug");
        let origins: Vec<_> = loaded.table().unwrap();
        let of = |key: &str| origins.iter().find(|row| row.0 == key).unwrap().2.clone();
        assert_eq!(of("server.listen"), "flag");
        assert_eq!(of("log.filter"), path.display().to_string());
        assert_eq!(of("database.app_connections"), "default");
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it_and_its_file() {
        let (_dir, path) = file("[server]\nlisen = \"127.0.0.1:9000\"\n");
        let error = load(Some(&path), &Overrides::default())
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.contains("lisen") && error.contains("attest.toml"),
            "{error}"
        );
    }

    #[test]
    fn a_secret_is_masked_where_it_is_set() {
        let (_dir, path) = file("[database]\nurl = \"postgres://u:hunter2@h/d\"\n");
        let loaded = load(Some(&path), &Overrides::default()).unwrap();
        let shown = format!("{:?} {:?}", loaded.table().unwrap(), loaded.settings);
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_configuration_file_that_was_named_must_exist() {
        assert!(
            load(
                Some(Path::new("/nowhere/attest.toml")),
                &Overrides::default()
            )
            .is_err()
        );
    }
}
