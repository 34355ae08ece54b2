//! What an entry is, and the keyed hash that ties it to the one before.

use std::fmt;
use std::str::FromStr;

use contracts::CompanyId;
use hmac::Mac as _;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::crypto::{Key, Mac, mac, same};

/// One entry of a company's audit log. Refers by value; holds ids, codes and counts, never names or texts of people.
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
    /// Facts, as JSON text. Stored as text, since `jsonb` would change its bytes.
    pub details: String,
}

/// The keyed hash of an entry, and through it of all entries before. Written in hex.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntryHash(pub [u8; 32]);

/// A company's audit key, ready for use.
#[derive(Clone)]
pub struct ChainKey(Mac);

impl ChainKey {
    /// From the company's audit key.
    #[must_use]
    pub fn new(audit: &Key) -> Self {
        Self(mac(audit.expose()))
    }

    /// The hash of an entry whose predecessor has the hash `previous`.
    ///
    /// HMAC-SHA256 over a label, the previous hash, and all fields in the order of [`AuditEntry`]: numbers big-endian,
    /// the time in microseconds, ids as 16 bytes, texts behind their length.
    #[must_use]
    pub fn hash(&self, previous: &EntryHash, entry: &AuditEntry) -> EntryHash {
        let mut mac = self.begin(b"attest/audit/entry/1").chain_update(previous.0);
        mac.update(&entry.seq.to_be_bytes());
        mac.update(entry.company.uuid().as_bytes());
        mac.update(&entry.at.as_microsecond().to_be_bytes());
        for field in [
            &entry.actor,
            &entry.action,
            &entry.resource_kind,
            &entry.resource_id,
        ] {
            text(&mut mac, field);
        }
        mac.update(entry.request_id.as_bytes());
        text(&mut mac, &entry.outcome);
        text(&mut mac, &entry.details);
        finish(mac)
    }

    /// A keyed hash for another purpose than entries.
    pub(super) fn begin(&self, label: &[u8]) -> Mac {
        self.0.clone().chain_update(label)
    }
}

impl fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainKey(***)")
    }
}

/// What the first entry of a company follows.
#[must_use]
pub fn genesis_hash(company: CompanyId) -> EntryHash {
    let label: &[u8] = b"attest/audit/genesis/1";
    EntryHash(Sha256::digest([label, company.uuid().as_bytes()].concat()).into())
}

/// [`ChainKey::hash`] for a single entry.
#[must_use]
pub fn hash_entry(key: &Key, previous: &EntryHash, entry: &AuditEntry) -> EntryHash {
    ChainKey::new(key).hash(previous, entry)
}

/// JSON text with sorted keys and no white space, so that equal particulars have equal bytes.
#[must_use]
pub fn canonical_json(value: &serde_json::Value) -> String {
    sorted(value).to_string()
}

fn sorted(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| (name.clone(), sorted(value)))
                .collect();
            fields.sort_by(|left, right| left.0.cmp(&right.0));
            Value::Object(fields.into_iter().collect())
        }
        other => other.clone(),
    }
}

fn text(mac: &mut Mac, text: &str) {
    mac.update(&(text.len() as u64).to_be_bytes());
    mac.update(text.as_bytes());
}

pub(super) fn finish(mac: Mac) -> EntryHash {
    EntryHash(mac.finalize().into_bytes().into())
}

impl EntryHash {
    /// Whether two hashes are equal, in constant time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl fmt::Display for EntryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for EntryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryHash({self})")
    }
}

impl FromStr for EntryHash {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash)?;
        Ok(Self(hash))
    }
}

impl Serialize for EntryHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = [0; 64];
        hex::encode_to_slice(self.0, &mut text).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(std::str::from_utf8(&text).map_err(serde::ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for EntryHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Hex;
        impl de::Visitor<'_> for Hex {
            type Value = EntryHash;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("64 hexadecimal digits")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<EntryHash, E> {
                text.parse()
                    .map_err(|_| E::invalid_value(de::Unexpected::Other("text"), &self))
            }
        }
        deserializer.deserialize_str(Hex)
    }
}
