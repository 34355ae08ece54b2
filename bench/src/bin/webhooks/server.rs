//! Attest on a database of its own, with one endpoint, and `pgbench` on the same.

use std::fs::File;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bench::{attest, data_folder, postgres_runtime, stop};
use platform::postgres::{Embedded, EmbeddedOptions, Packed};
use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::client::Target;
use crate::load::Latencies;

const COMPANY: &str = "acme";
const READY: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(100);

/// Everything that is measured.
pub(crate) struct Server {
    pub(crate) target: Target,
    database: Embedded,
    options: PgConnectOptions,
    child: Child,
    data: TempDir,
}

impl Server {
    pub(crate) async fn start() -> Result<Self> {
        let data = data_folder()?;
        let packed = postgres_runtime()
            .map(|path| Packed::read(&path))
            .transpose()?;
        let folder = data.path().join("database");
        let database = Embedded::start(EmbeddedOptions::new(&folder).packed(packed)).await?;
        let options = database.connect_options();
        let command = |arguments: &[&str]| -> Result<Command> {
            let mut command = attest()?;
            command
                .args(arguments)
                .arg("--data-dir")
                .arg(data.path().join("attest"))
                .env("DATABASE_URL", options.to_url_lossy().as_str())
                .stdin(Stdio::null());
            Ok(command)
        };
        for arguments in [["keys", "create"], ["db", "migrate"], ["db", "seed"]] {
            output(command(&arguments)?)?;
        }
        let order = [
            "webhooks",
            "add",
            "kintell",
            "--company",
            COMPANY,
            "--rating-scale",
            "1-5",
            "--json",
        ];
        let endpoint: Value =
            serde_json::from_str(&output(command(&order)?)?).context("read the endpoint")?;
        let address = free_address()?;
        let text = |value: &Value| {
            value
                .as_str()
                .map(str::to_owned)
                .context("read the endpoint")
        };
        let log = File::create(data.path().join("serve.log")).context("make a log")?;
        let child = command(&["serve", "--listen", &address.to_string()])?
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("start attest")?;
        let server = Self {
            target: Target {
                address,
                path: text(&endpoint["paths"][0])?,
                secret: text(&endpoint["secret"])?,
            },
            options: options.clone(),
            database,
            child,
            data,
        };
        server.ready().await?;
        Ok(server)
    }

    async fn ready(&self) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < READY {
            if is_ready(self.target.address).await.unwrap_or(false) {
                return Ok(());
            }
            sleep(POLL).await;
        }
        bail!(
            "attest was not ready in time; see {}",
            self.data.path().display()
        )
    }

    /// A setting of the database server.
    pub(crate) async fn setting(&self, name: &str) -> Result<String> {
        self.look(format!("select current_setting('{name}')")).await
    }

    /// Waits until every delivery was taken in; how long that took.
    pub(crate) async fn settled(&self, patience: Duration) -> Result<Duration> {
        let began = Instant::now();
        while began.elapsed() < patience {
            let waiting =
                "select count(*)::text from ingest.inbox_delivery where state = 'pending'";
            if self.look(waiting.to_owned()).await? == "0" {
                return Ok(began.elapsed());
            }
            sleep(POLL).await;
        }
        bail!("deliveries still wait after {} s", patience.as_secs())
    }

    /// Deliveries that were accepted and did not become sessions.
    pub(crate) async fn missing(&self, loads: &[&Latencies]) -> Result<u64> {
        let mut missing = 0;
        for load in loads {
            let stored = format!(
                "select count(*)::text from ingest.kintell_session where external_id like '{}-%'",
                load.name
            );
            let stored: u64 = self.look(stored).await?.parse().context("read a count")?;
            missing += (load.count() as u64).saturating_sub(stored);
        }
        Ok(missing)
    }

    /// Inserts a second that `pgbench` reaches: one row of 400 characters a transaction, prepared, into a table with a
    /// primary key.
    pub(crate) fn pgbench(&self, clients: usize, seconds: u64) -> Result<f64> {
        let url = self.options.to_url_lossy();
        let script = self.data.path().join("insert.sql");
        let mut file = File::create(&script).context("write a script")?;
        writeln!(
            file,
            "insert into bench_row (body) values (repeat('x', 400));"
        )?;
        let table = "create table if not exists bench_row (id bigint generated always as identity primary key, body text not null)";
        let mut psql = Command::new("psql");
        psql.arg(url.as_str()).args(["-q", "-c", table]);
        output(psql)?;
        let mut pgbench = Command::new("pgbench");
        pgbench
            .args(["--no-vacuum", "--protocol", "prepared", "--jobs", "2"])
            .args([
                "--client",
                &clients.to_string(),
                "--time",
                &seconds.to_string(),
            ])
            .arg("--file")
            .arg(&script)
            .arg(url.as_str());
        let said = output(pgbench)?;
        let line = said.lines().find_map(|line| line.strip_prefix("tps = "));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.with_context(|| format!("read what pgbench said:\n{said}"))
    }

    async fn look(&self, statement: String) -> Result<String> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        #[expect(
            clippy::disallowed_methods,
            reason = "it looks at the product from outside"
        )]
        let found = sqlx::query_scalar(AssertSqlSafe(statement))
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        Ok(found)
    }

    pub(crate) async fn stop(self) -> Result<()> {
        stop(self.child)?;
        self.database.stop().await;
        Ok(())
    }
}

/// What a command says; an error when it fails.
fn output(mut command: Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("start {name}"))?;
    if !output.status.success() {
        bail!(
            "{name} failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("find a free port")?;
    listener.local_addr().context("find a free port")
}

async fn is_ready(address: SocketAddr) -> Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request =
        format!("GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer.starts_with(b"HTTP/1.1 200"))
}
