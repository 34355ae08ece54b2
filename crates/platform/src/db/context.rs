//! The signed tenant context: what row-level security believes.
//!
//! The context is `kind:company:expiry:mac` in the transaction-local setting
//! `attest.context`. The MAC is HMAC-SHA256 (RFC 2104) over
//! `kind:company:expiry:role:pid`, so that it holds for one role, one backend
//! and a few minutes. `platform.verified_context()` checks it in the database,
//! which keeps the key out of reach of injected SQL.

use hmac::Mac;
use jiff::Timestamp;
use uuid::Uuid;

use crate::crypto::{self, Key};

/// How long a context is good for, in seconds: far longer than any transaction should live.
const LIFETIME_SECONDS: i64 = 600;

/// Signs tenant contexts.
pub(crate) struct ContextSigner {
    key: Key,
}

/// What a transaction may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The rows of one company.
    Tenant(Uuid),
    /// The system's own rows.
    System,
}

impl ContextSigner {
    pub(crate) fn new(key: Key) -> Self {
        Self { key }
    }

    /// The context for `role` on backend `pid`, valid from `now` for ten minutes.
    pub(crate) fn sign(&self, scope: Scope, role: &str, pid: i32, now: Timestamp) -> String {
        let (kind, company) = match scope {
            Scope::Tenant(company) => ("t", company),
            Scope::System => ("s", Uuid::nil()),
        };
        let expiry = now.as_second() + LIFETIME_SECONDS;
        let message = format!("{kind}:{company}:{expiry}:{role}:{pid}");
        let mut mac = crypto::mac(self.key.expose());
        mac.update(message.as_bytes());
        let tag = hex::encode(mac.finalize().into_bytes());
        format!("{kind}:{company}:{expiry}:{tag}")
    }

    /// The inner and outer padded key blocks of HMAC (RFC 2104), 64 bytes each,
    /// as the database needs them to check a context with `sha256()` alone.
    pub(crate) fn padded_blocks(&self) -> ([u8; 64], [u8; 64]) {
        let mut inner = [0x36_u8; 64];
        let mut outer = [0x5c_u8; 64];
        for (index, byte) in self.key.expose().iter().enumerate() {
            inner[index] ^= byte;
            outer[index] ^= byte;
        }
        (inner, outer)
    }
}
