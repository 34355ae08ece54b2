//! Random tokens and what is derived from them.

use std::fmt;

use platform::crypto::{hash_token, random_bytes};
use platform::keys::Keyring;
use zeroize::Zeroizing;

use crate::error::Error;

/// 256 random bits in hexadecimal, as a browser keeps them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SessionToken(Zeroizing<String>);

impl SessionToken {
    /// A fresh one from the operating system.
    pub(crate) fn generate() -> Result<Self, Error> {
        let bytes = Zeroizing::new(random_bytes::<32>().map_err(Error::Random)?);
        Ok(Self(Zeroizing::new(hex::encode(bytes.as_slice()))))
    }

    /// A text from a cookie, if it can be a token at all.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        is_hex(text, 64).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// For the cookie.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// What the database knows it by.
    pub(crate) fn hash(&self) -> [u8; 32] {
        hash_token(&self.0)
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(***)")
    }
}

/// What the forms of a session carry: HKDF-SHA256 (a keyed MAC) over the hash of
/// its token, so that nothing more has to be stored.
pub(crate) fn csrf_token(keyring: &Keyring, token_hash: &[u8; 32]) -> String {
    let key = keyring.csrf_key().derive(&[b"session", token_hash]);
    hex::encode(key.expose())
}

/// Small hexadecimal digits of exactly this length.
pub(crate) fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
