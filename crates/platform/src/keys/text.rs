//! The two written forms of a keyring, and what makes a key too weak to take.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Error, Keyring, Purpose, derive};
use crate::crypto::{KEY_LEN, Key, same};

const FORMAT: u32 = 1;

/// Fewer different bytes than this are found once in about 10¹⁸ random keys.
const FEWEST_DIFFERENT_BYTES: usize = 12;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'a> {
    format: u32,
    active: u32,
    #[serde(borrow)]
    keys: Vec<Entry<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry<'a> {
    version: u32,
    key: &'a str,
    /// First half of a key derived from this one, in hex: tells a damaged key from a wrong one.
    check: String,
}

/// The content of the key file.
pub(super) fn to_json(keyring: &Keyring) -> Result<SecretString, Error> {
    let encoded: Vec<SecretString> = keyring.roots.values().map(encode).collect();
    let keys = keyring
        .roots
        .iter()
        .zip(&encoded)
        .map(|((&version, key), text)| Entry {
            version,
            key: text.expose_secret(),
            check: check(key),
        });
    let file = File {
        format: FORMAT,
        active: keyring.active(),
        keys: keys.collect(),
    };
    // Room for all at once: a buffer that grows leaves its former self behind unwiped.
    let mut text = Vec::with_capacity(256 * (1 + encoded.len()));
    serde_json::to_writer_pretty(&mut text, &file)
        .map_err(|_| Error::Text("they cannot be written as JSON"))?;
    text.push(b'\n');
    let text =
        String::from_utf8(text).map_err(|_| Error::Text("they cannot be written as JSON"))?;
    Ok(text.into())
}

/// A keyring from the content of the key file.
pub(super) fn from_json(text: &str) -> Result<Keyring, Error> {
    // The parser's own message might quote a key.
    let file: File =
        serde_json::from_str(text).map_err(|_| Error::Text("this is not a whole key file"))?;
    if file.format != FORMAT {
        return Err(Error::Text("the file was written by a later version"));
    }
    let mut roots = BTreeMap::new();
    for entry in file.keys {
        let key = decode(entry.version, entry.key)?;
        if !same(check(&key).as_bytes(), entry.check.as_bytes()) {
            return Err(Error::Damaged(entry.version));
        }
        if roots.insert(entry.version, key).is_some() {
            return Err(Error::Duplicate(entry.version));
        }
    }
    Keyring::new(roots, file.active)
}

/// A keyring from `v1:<base64>,v2:<base64>`.
pub(super) fn from_setting(value: &str) -> Result<Keyring, Error> {
    let mut roots = BTreeMap::new();
    for part in value.split(',') {
        let (version, key) = part
            .trim()
            .split_once(':')
            .ok_or(Error::Text("expected v1:<base64>,v2:<base64>"))?;
        let version = version
            .strip_prefix('v')
            .and_then(|number| number.parse().ok())
            .filter(|&number| number > 0)
            .ok_or(Error::Text("a version is v and a number from 1 on"))?;
        if roots.insert(version, decode(version, key)?).is_some() {
            return Err(Error::Duplicate(version));
        }
    }
    let active = roots.keys().next_back().copied().unwrap_or_default();
    Keyring::new(roots, active)
}

/// Refuses keys that were typed, padded or counted up instead of drawn, and one key under two versions.
pub(super) fn refuse_weak(roots: &BTreeMap<u32, Key>) -> Result<(), Error> {
    for (&version, key) in roots {
        if let Some(reason) = weakness(key.expose()) {
            return Err(Error::Weak { version, reason });
        }
        if roots
            .range(..version)
            .any(|(_, other)| same(other.expose(), key.expose()))
        {
            return Err(Error::Duplicate(version));
        }
    }
    Ok(())
}

fn weakness(bytes: &[u8; KEY_LEN]) -> Option<&'static str> {
    let step = bytes[1].wrapping_sub(bytes[0]);
    if bytes.iter().all(|&byte| byte == 0) {
        Some("all zero")
    } else if (1..=KEY_LEN / 2).any(|period| bytes[period..] == bytes[..KEY_LEN - period]) {
        Some("a repeated pattern")
    } else if bytes
        .windows(2)
        .all(|pair| pair[1].wrapping_sub(pair[0]) == step)
    {
        Some("a sequence")
    } else if bytes
        .iter()
        .all(|byte| byte.is_ascii_graphic() || *byte == b' ')
    {
        Some("readable text")
    } else if bytes.iter().collect::<BTreeSet<_>>().len() < FEWEST_DIFFERENT_BYTES {
        Some("made of too few different bytes")
    } else {
        None
    }
}

fn encode(key: &Key) -> SecretString {
    BASE64.encode(key.expose()).into()
}

fn decode(version: u32, text: &str) -> Result<Key, Error> {
    let bytes = BASE64
        .decode(text.trim())
        .map_err(|_| Error::Text("a key is not base64"))?;
    let bytes = Zeroizing::new(bytes);
    Key::from_slice(&bytes).map_err(|_| Error::Weak {
        version,
        reason: "not 32 bytes long",
    })
}

fn check(key: &Key) -> String {
    hex::encode(&derive(key, Purpose::Check).expose()[..KEY_LEN / 2])
}
