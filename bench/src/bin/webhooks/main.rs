//! Webhooks: a steady thousand a second, and as many as there can be beside `pgbench` on the same server.

mod client;
mod load;
mod server;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use bench::option;
use tokio::runtime::Runtime;

use load::{Latencies, closed, open};
use server::Server;

const RATE: &str = "1000";
const SECONDS: &str = "60";
const P99_MS: f64 = 50.0;
const SETTLED_S: f64 = 10.0;
const SHARE: f64 = 0.5;

/// Connections of the open loop, of which none waits for another.
const OPEN_CONNECTIONS: usize = 96;
/// Connections of the closed loop, and clients of `pgbench`.
const CLIENTS: usize = 32;
/// How long deliveries may take to be taken in before the measurement is given up.
const PATIENCE: Duration = Duration::from_mins(5);

fn main() -> Result<()> {
    let rate: u32 = option("--rate", RATE).parse().context("read --rate")?;
    let seconds: u64 = option("--seconds", SECONDS)
        .parse()
        .context("read --seconds")?;
    let closed_s: u64 = option("--closed-seconds", "15")
        .parse()
        .context("read --closed-seconds")?;
    let runtime = Runtime::new().context("start tokio")?;
    let server = runtime.block_on(Server::start())?;
    let result = runtime.block_on(measure(&server, rate, seconds, closed_s));
    runtime.block_on(server.stop())?;
    result
}

async fn measure(server: &Server, rate: u32, seconds: u64, closed_s: u64) -> Result<()> {
    println!("fsync is {}", server.setting("fsync").await?);
    // Connections, caches and statements are made before anything is measured.
    closed(&server.target, CLIENTS, Duration::from_secs(2), "warm").await?;
    server.settled(PATIENCE).await?;
    let measured = open(&server.target, OPEN_CONNECTIONS, rate, seconds).await?;
    let settled = server.settled(PATIENCE).await?.as_secs_f64();
    let p99 = show_open(&measured, rate, seconds, settled);
    let pgbench_before = server.pgbench(CLIENTS, closed_s)?;
    let closed = closed(
        &server.target,
        CLIENTS,
        Duration::from_secs(closed_s),
        "most",
    )
    .await?;
    let closed_settled = server.settled(PATIENCE).await?.as_secs_f64();
    let pgbench_after = server.pgbench(CLIENTS, closed_s)?;
    // The better one counts: neither meets a colder disk.
    let pgbench = pgbench_before.max(pgbench_after);
    let most = per_second(closed.count(), closed_s);
    let share = most / pgbench;
    println!("\n| {CLIENTS} connections | a second |\n|---|---|");
    println!("| webhooks | {most:.0} |\n| pgbench, single-row inserts | {pgbench:.0} |");
    println!("| share | {share:.2} (promised {SHARE}) |");
    println!("| errors | {} |", closed.errors);
    println!("| until all were taken in | {closed_settled:.1} s |");
    let lost = server.missing(&[&measured, &closed]).await?;
    println!("\nAccepted and not stored: {lost}");
    if p99 > P99_MS || settled > SETTLED_S || share < SHARE || measured.errors + closed.errors > 0 {
        bail!("a promised figure is missed");
    }
    if lost > 0 {
        bail!("{lost} deliveries were accepted and are not there");
    }
    Ok(())
}

/// Prints the open loop and gives its 99th percentile in ms.
fn show_open(measured: &Latencies, rate: u32, seconds: u64, settled: f64) -> f64 {
    let at = |share| measured.percentile(share);
    println!(
        "\n| open loop, {rate} a second for {seconds} s | measured | promised |\n|---|---|---|"
    );
    println!("| answered | {} | |", measured.count());
    println!("| errors | {} | 0 |", measured.errors);
    println!("| p50 | {:.1} ms | |", at(0.5));
    println!("| p90 | {:.1} ms | |", at(0.9));
    println!("| p99 | {:.1} ms | {P99_MS:.0} ms |", at(0.99));
    println!("| p99.9 | {:.1} ms | |", at(0.999));
    println!("| most | {:.1} ms | |", at(1.0));
    println!("| until all were taken in | {settled:.1} s | {SETTLED_S:.0} s |");
    at(0.99)
}

fn per_second(count: usize, seconds: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let share = count as f64 / seconds.max(1) as f64;
    share
}
