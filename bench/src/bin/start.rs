//! How long Attest takes from its command to `/health/ready`, and what it holds when idle.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bench::{attest, data_folder, median, memory_mb, option, stop};

const FIRST_S: f64 = 5.0;
const LATER_S: f64 = 1.0;
const IDLE_MB: f64 = 80.0;

const POLL: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_mins(1);
/// Long enough for start-up work to end and caches to settle.
const SETTLE: Duration = Duration::from_secs(15);

fn main() -> Result<()> {
    let runs: usize = option("--runs", "5").parse().context("read --runs")?;
    let data = data_folder()?;
    let (first, child) = start(data.path())?;
    stop(child)?;
    let mut later = Vec::new();
    let mut idle = None;
    for run in 0..runs.max(1) {
        let (seconds, child) = start(data.path())?;
        later.push(seconds);
        if run == 0 {
            sleep(SETTLE);
            idle = memory_mb(&child, "VmRSS");
        }
        stop(child)?;
    }
    let later = median(&later).context("measure a later start")?;
    let idle = idle.context("read the memory of an idle Attest")?;
    println!("| what | measured | promised |\n|---|---|---|");
    println!("| first start | {first:.2} s | {FIRST_S:.0} s |");
    println!("| later start, median of {runs} | {later:.2} s | {LATER_S:.0} s |");
    println!("| resident when idle | {idle:.0} MB | {IDLE_MB:.0} MB |");
    if first > FIRST_S || later > LATER_S || idle > IDLE_MB {
        bail!("a promised figure is missed");
    }
    Ok(())
}

/// Seconds until ready, and the running process.
fn start(data: &Path) -> Result<(f64, Child)> {
    let address = free_address()?;
    let log = data.join("bench.log");
    let output = File::create(&log).context("make a log")?;
    let began = Instant::now();
    let mut child = attest()?
        .args(["serve", "--listen", &address.to_string(), "--data-dir"])
        .arg(data)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(output)
        .spawn()
        .context("start attest")?;
    while !is_ready(address) {
        if let Some(status) = child.try_wait().context("look after attest")? {
            let said = fs::read_to_string(&log).unwrap_or_default();
            bail!("attest ended before it was ready ({status}):\n{said}");
        }
        if began.elapsed() > PATIENCE {
            stop(child)?;
            bail!("attest was not ready within {} s", PATIENCE.as_secs());
        }
        sleep(POLL);
    }
    Ok((began.elapsed().as_secs_f64(), child))
}

fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("find a free port")?;
    listener.local_addr().context("find a free port")
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}
