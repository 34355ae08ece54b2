//! The audit log: who did what, as a keyed hash chain a company.

use contracts::CompanyId;
use hmac::Mac;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::crypto::{self, Key};

/// One entry of a company's audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in the company's chain, from 1 without gaps.
    pub seq: i64,
    /// The company.
    pub company: CompanyId,
    /// When, in whole microseconds.
    pub at: Timestamp,
    /// Who, as an opaque id.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub resource_kind: String,
    /// To which.
    pub resource_id: String,
    /// In which request.
    pub request_id: Uuid,
    /// `success` or `failure`.
    pub outcome: String,
    /// Facts, as JSON text.
    pub details: String,
}

/// The hash of an entry and of all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryHash(pub [u8; 32]);

/// What the first entry of a company follows.
#[must_use]
pub fn genesis_hash(company: CompanyId) -> EntryHash {
    EntryHash(
        Sha256::digest([b"attest audit chain ", company.uuid().as_bytes() as &[u8]].concat())
            .into(),
    )
}

/// HMAC-SHA256 (RFC 2104) over the previous hash and every field, each behind its length.
#[must_use]
pub fn hash_entry(key: &Key, previous: &EntryHash, entry: &AuditEntry) -> EntryHash {
    let mut mac = crypto::mac(key.expose());
    let company = entry.company.uuid();
    let seq = entry.seq.to_be_bytes();
    let at = entry.at.as_microsecond().to_be_bytes();
    let parts: [&[u8]; 11] = [
        &previous.0,
        &seq,
        company.as_bytes(),
        &at,
        entry.actor.as_bytes(),
        entry.action.as_bytes(),
        entry.resource_kind.as_bytes(),
        entry.resource_id.as_bytes(),
        entry.request_id.as_bytes(),
        entry.outcome.as_bytes(),
        entry.details.as_bytes(),
    ];
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    EntryHash(mac.finalize().into_bytes().into())
}
