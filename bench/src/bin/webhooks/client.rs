//! One connection that delivers, and how a delivery is signed.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Where to deliver to.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    pub(crate) secret: String,
}

/// A connection that is kept.
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(target: &Target) -> Result<Self> {
        let stream = TcpStream::connect(target.address)
            .await
            .context("connect to attest")?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(4096),
        })
    }

    /// Delivers a session of this name and gives the answer's status.
    pub(crate) async fn deliver(
        &mut self,
        target: &Target,
        name: &str,
        number: u64,
    ) -> Result<u16> {
        let request = request(target, name, number)?;
        self.stream.write_all(&request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the connection was closed");
            }
            if let Some(status) = answered(&self.buffer)? {
                return Ok(status);
            }
        }
    }
}

/// The status, once the whole answer is there.
fn answered(bytes: &[u8]) -> Result<Option<u16>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end]).context("read an answer")?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok())
        .unwrap_or(0);
    if bytes.len() < end + 4 + length {
        return Ok(None);
    }
    status.map(Some).context("an answer without a status")
}

fn request(target: &Target, name: &str, number: u64) -> Result<Vec<u8>> {
    let body = body(name, number);
    #[expect(
        clippy::disallowed_methods,
        reason = "a sender signs by the machine's clock, which is no part of the product"
    )]
    let time = SystemTime::now()
        .duration_since(UNIX_EPOCH)?
        .as_secs()
        .to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(target.secret.as_bytes())?;
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    let Target { address, path, .. } = target;
    Ok(format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         X-Kintell-Signature: t={time},v1={signature}\r\nX-Delivery-Id: {name}-{number}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes())
}

/// A session among 2,000 learners and 200 volunteers.
fn body(name: &str, number: u64) -> String {
    let (learner, volunteer) = (number % 2_000, number % 200);
    let (day, hour) = (1 + number % 28, 8 + number % 10);
    format!(
        r#"{{"session_id":"{name}-{number}","session_type":"language","participant_email":"learner-{learner}@example.org","volunteer_email":"volunteer-{volunteer}@example.org","scheduled_at":"2026-03-{day:02}T{hour:02}:00:00Z","completed_at":"2026-03-{day:02}T{hour:02}:45:00Z","duration_minutes":45,"topics":["food","travel"],"language_level":"B1"}}"#
    )
}
