//! Finding a sealed value without opening anything: keyed hashes of normalised values.

use std::fmt;

use hmac::Mac as _;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::{Key, mac};

/// An identifier in the one spelling under which it is looked up; masked in `Debug`, wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Normalised(Zeroizing<String>);

impl Normalised {
    /// An e-mail address: trimmed, lower case, composed (NFC). `None` when nothing is left.
    ///
    /// The local part is lower-cased too: the mailboxes of programme data differ in case by typing, not by person.
    #[must_use]
    pub fn email(value: &str) -> Option<Self> {
        let lower = Zeroizing::new(trimmed(value).to_lowercase());
        Self::some(lower.nfc().collect())
    }

    /// An identifier of an outside system: trimmed only, since its case may matter. `None` when nothing is left.
    #[must_use]
    pub fn external_id(value: &str) -> Option<Self> {
        Self::some(trimmed(value).to_owned())
    }

    /// The normalised text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn some(value: String) -> Option<Self> {
        (!value.is_empty()).then(|| Self(Zeroizing::new(value)))
    }
}

impl fmt::Debug for Normalised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Normalised(***)")
    }
}

/// The key under which a value is found: HMAC-SHA256 under the company's index key.
///
/// `kind` keeps equal values of different sorts apart, for example `email` or `external_id:kintell`.
#[must_use]
pub fn blind_index(key: &Key, kind: &str, value: &Normalised) -> [u8; 32] {
    let mut hash = mac(key.expose()).chain_update(b"attest/blind-index/1");
    for part in [kind, value.as_str()] {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into_bytes().into()
}

/// What is stored of a random token: its SHA-256. For tokens of at least 128 random bits only, never for passwords.
#[must_use]
pub fn hash_token(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// Whether two byte strings are equal, in time that depends on their lengths only.
#[must_use]
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// Without white space and the invisible characters that spreadsheets leave at the ends of a cell.
fn trimmed(value: &str) -> &str {
    value.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    })
}
