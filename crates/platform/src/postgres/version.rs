//! Which servers are accepted.

use std::fmt;

use sqlx::postgres::PgConnection;

use super::EmbeddedError;

/// A server's version, as `server_version_num` counts it: 15.18 is 150018.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerVersion(u32);

impl ServerVersion {
    /// Takes `server_version_num`.
    #[must_use]
    pub const fn from_num(num: u32) -> Self {
        Self(num)
    }

    /// Reads what `postgres --version` prints, for example `postgres (PostgreSQL) 15.18 (Debian 15.18-1)`.
    #[must_use]
    pub fn from_banner(banner: &str) -> Option<Self> {
        let after = banner.split("PostgreSQL) ").nth(1)?;
        let number = after.split_whitespace().next()?;
        let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |text: &str| -> Option<u32> {
            let end = text
                .find(|letter: char| !letter.is_ascii_digit())
                .unwrap_or(text.len());
            text.get(..end)?.parse().ok()
        };
        Some(Self(
            digits(major)?
                .checked_mul(10_000)?
                .checked_add(digits(minor).unwrap_or(0))?,
        ))
    }

    /// The major version: 15, 18.
    #[must_use]
    pub const fn major(self) -> u32 {
        self.0 / 10_000
    }

    /// Refuses versions whose planner shows rows that row-level security hides (CVE-2025-8713, fixed in 15.14, 16.10
    /// and 17.6), and those older than the SQL that Attest uses.
    pub fn check(self) -> Result<Self, EmbeddedError> {
        let needed = match self.0 {
            0..160_000 => (150_014, "15.14"),
            160_000..170_000 => (160_010, "16.10"),
            170_000..180_000 => (170_006, "17.6"),
            _ => (180_000, "18.0"),
        };
        if self.0 >= needed.0 {
            return Ok(self);
        }
        Err(EmbeddedError::TooOld {
            found: self.to_string(),
            needed: needed.1,
        })
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major(), self.0 % 10_000)
    }
}

/// Asks the server behind `connection` for its version, and refuses one that is too old. Costs no round trip.
pub fn check_server_version(connection: &PgConnection) -> Result<ServerVersion, EmbeddedError> {
    connection
        .server_version_num()
        .map(ServerVersion::from_num)
        .ok_or(EmbeddedError::UnknownVersion)?
        .check()
}
