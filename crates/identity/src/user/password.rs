//! Passwords and their hashes: argon2id (RFC 9106) in PHC strings.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use platform::crypto::random_bytes;
use serde::{Deserialize, Deserializer};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::error::Error;

/// 19 MiB, two passes, one lane: OWASP's floor for argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Passwords hashed at once: as many as there are cores on the smallest machine.
const AT_ONCE: usize = 2;

/// How long a password waits for its turn.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// A password as it was typed, in one Unicode spelling (NFC), so that keyboards
/// that compose letters differently agree. Masked in `Debug`, wiped when dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Wraps a typed password.
    #[must_use]
    pub fn new(typed: impl Into<String>) -> Self {
        let typed = Zeroizing::new(typed.into());
        Self(Zeroizing::new(typed.nfc().collect()))
    }

    /// The password in clear, to be hashed or handed to the one person it is for.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// Hashes passwords a few at a time, off the threads that serve requests.
pub(crate) struct Hasher {
    gate: Arc<Semaphore>,
}

impl Hasher {
    pub(crate) fn new() -> Self {
        Self {
            gate: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// A PHC string with a fresh salt.
    pub(crate) async fn hash(&self, password: Password) -> Result<Zeroizing<String>, Error> {
        let salt = random_bytes::<16>().map_err(Error::Random)?;
        self.run(move || {
            let hash: PasswordHash =
                argon2()?.hash_password_with_salt(password.expose().as_bytes(), &salt)?;
            Ok(Zeroizing::new(hash.to_string()))
        })
        .await
    }

    /// Whether the password has this hash. Without a hash the answer is no, after
    /// the same work.
    pub(crate) async fn verify(
        &self,
        password: Password,
        stored: Option<String>,
    ) -> Result<bool, Error> {
        let stored = match stored {
            Some(stored) => stored,
            None => nobodys_hash()?,
        };
        self.run(move || {
            let hash = PasswordHash::new(&stored)?;
            match argon2()?.verify_password(password.expose().as_bytes(), &hash) {
                Ok(()) => Ok(true),
                Err(password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    async fn run<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, Fault> + Send + 'static,
    {
        let turn = tokio::time::timeout(LONGEST_WAIT, self.gate.clone().acquire_owned());
        let turn = turn
            .await
            .map_err(|_| Error::Busy)?
            .map_err(|_| Error::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            // The turn ends with the work, even when nobody waits for it any more.
            let _turn = turn;
            work()
        });
        done.await
            .map_err(|_| Error::HashPassword("the work was cut short".to_owned()))?
            .map_err(|fault| Error::HashPassword(fault.0))
    }
}

/// Why a hash could not be made or read, in words without any part of it.
struct Fault(String);

impl<E: fmt::Display> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

fn argon2() -> Result<Argon2<'static>, Fault> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// A hash that costs as much as a real one and that no password has.
fn nobodys_hash() -> Result<String, Error> {
    let salt = STANDARD_NO_PAD.encode(random_bytes::<16>().map_err(Error::Random)?);
    let hash = STANDARD_NO_PAD.encode(random_bytes::<32>().map_err(Error::Random)?);
    Ok(format!(
        "$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_has_its_own_hash_and_no_other() {
        let hasher = Hasher::new();
        let hash = hasher.hash(Password::new("harbour lamp 42 crows")).await;
        let hash = hash.unwrap().to_string();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let verify = |typed: &str, stored: &str| {
            hasher.verify(Password::new(typed), Some(stored.to_owned()))
        };
        assert!(verify("harbour lamp 42 crows", &hash).await.unwrap());
        assert!(!verify("harbour lamp 42 crow", &hash).await.unwrap());
    }

    #[tokio::test]
    async fn nobodys_hash_is_checked_in_full_and_refused() {
        let hasher = Hasher::new();
        let checked = hasher.verify(Password::new("harbour lamp 42 crows"), None);
        assert!(!checked.await.unwrap());
        let hash = nobodys_hash().unwrap();
        let params = Params::try_from(&PasswordHash::new(&hash).unwrap()).unwrap();
        assert_eq!(
            (params.m_cost(), params.t_cost(), params.p_cost()),
            (19_456, 2, 1)
        );
        assert_ne!(hash, nobodys_hash().unwrap());
    }

    #[test]
    fn a_password_is_one_however_its_letters_were_composed() {
        let (composed, combining) = (
            Password::new("bl\u{e5}b\u{e6}r"),
            Password::new("bla\u{30a}b\u{e6}r"),
        );
        assert_eq!(composed.expose(), combining.expose());
        assert_eq!(format!("{composed:?}"), "Password(***)");
    }
}
