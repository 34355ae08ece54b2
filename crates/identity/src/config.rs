//! What can be set.

use std::net::IpAddr;

use serde::Deserialize;

/// `[identity]`: settings of this crate.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The address that browsers use, such as `https://attest.example`; forms may
    /// come from there and from the host that the request was sent to. Empty when
    /// the two are the same.
    pub public_url: String,
    /// Reverse proxies in front of this server. Everybody comes from there, so wrong
    /// guesses are not counted against these addresses, nor against loopback.
    pub proxies: Vec<IpAddr>,
}
