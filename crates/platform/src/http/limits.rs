//! The numbers that bound what one client may take from the others.

use std::net::IpAddr;
use std::time::Duration;

use jiff::fmt::serde::unsigned_duration::friendly::compact::required as friendly;
use serde::Deserialize;

/// How much a client may send, how slowly, and over how many connections.
///
/// Durations are written as `"5s"` or `"250ms"` in configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EdgeLimits {
    /// Connections open at one time.
    pub connections: usize,
    /// The part of `connections` kept for addresses that have none open yet, so
    /// that a health probe still gets in while somebody fills the rest.
    pub reserved: usize,
    /// Connections open at one time from one address (IPv6: from one /64).
    pub per_address: usize,
    /// Reverse proxies in front of this server: the cap per address does not
    /// count them, for everybody comes from there.
    pub proxies: Vec<IpAddr>,
    /// Bytes of a message head: request line and headers.
    pub head_bytes: usize,
    /// Header lines of a message.
    pub headers: usize,
    /// Bytes of a request target.
    pub target_bytes: usize,
    /// From the first byte of a head (for the first one: from the connection's
    /// start) to its last.
    #[serde(with = "friendly")]
    pub head_deadline: Duration,
    /// Longest wait for the next byte of a body.
    #[serde(with = "friendly")]
    pub body_stall: Duration,
    /// Bytes a second that a body must bring on average, once it has made us
    /// wait longer than `body_stall` in all.
    pub body_rate: u64,
    /// From the end of an answer to the first byte of the next request.
    #[serde(with = "friendly")]
    pub idle: Duration,
    /// Longest wait for a client to take more of its answer.
    #[serde(with = "friendly")]
    pub write_stall: Duration,
    /// How long what a refused client still sends is read and thrown away, so
    /// that the refusal reaches it instead of a reset connection.
    #[serde(with = "friendly")]
    pub linger: Duration,
    /// From the start of a shutdown to the moment open connections are cut.
    #[serde(with = "friendly")]
    pub drain: Duration,
}

impl Default for EdgeLimits {
    fn default() -> Self {
        Self {
            connections: 512,
            reserved: 32,
            per_address: 128,
            proxies: Vec::new(),
            head_bytes: 16 * 1024,
            headers: 64,
            target_bytes: 8 * 1024,
            head_deadline: Duration::from_secs(5),
            body_stall: Duration::from_secs(10),
            body_rate: 1024,
            idle: Duration::from_mins(1),
            write_stall: Duration::from_secs(30),
            linger: Duration::from_secs(1),
            drain: Duration::from_secs(20),
        }
    }
}

impl EdgeLimits {
    /// Says what is wrong with a set of limits that would let nobody in.
    pub(super) fn fault(&self) -> Option<&'static str> {
        if self.reserved >= self.connections {
            Some("`reserved` must be smaller than `connections`")
        } else if self.per_address == 0 {
            Some("`per_address` must be at least 1")
        } else if self.headers == 0 || self.target_bytes == 0 {
            Some("`headers` and `target_bytes` must be at least 1")
        } else if self.head_bytes <= self.target_bytes {
            Some("`head_bytes` must be larger than `target_bytes`")
        } else if self.body_rate == 0 {
            Some("`body_rate` must be at least 1")
        } else {
            None
        }
    }
}
