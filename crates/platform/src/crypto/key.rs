//! A 32-byte key, and the two primitives that make one from another.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac as _};
use rand::{TryRng, rngs::SysRng};
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::Error;

/// Length of every key, in bytes.
pub const KEY_LEN: usize = 32;

/// HMAC-SHA256 under way.
pub(crate) type Mac = Hmac<Sha256>;

/// A 256-bit key: on the heap, wiped on drop, masked in `Debug`.
pub struct Key(SecretBox<[u8; KEY_LEN]>);

impl Key {
    /// A fresh key from the operating system.
    pub fn generate() -> Result<Self, Error> {
        SecretBox::try_init_with(random_bytes).map(Self)
    }

    /// The key with these 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() != KEY_LEN {
            return Err(Error::KeyLength(bytes.len()));
        }
        Ok(Self::filled(|key| key.copy_from_slice(bytes)))
    }

    /// The key derived for one purpose: HKDF-SHA256 (RFC 5869) without salt, the purpose's parts as `info`.
    ///
    /// Parts are joined as they are, so only the last one may vary in length.
    #[must_use]
    pub fn derive(&self, info: &[&[u8]]) -> Self {
        self.derive_salted(&[0; KEY_LEN], info)
    }

    /// As [`Key::derive`], with a salt.
    #[must_use]
    pub fn derive_salted(&self, salt: &[u8; KEY_LEN], info: &[&[u8]]) -> Self {
        hkdf(salt, self.expose(), info)
    }

    /// The bytes, for a cipher or a bound parameter. Never for a log or a message.
    #[must_use]
    pub fn expose(&self) -> &[u8; KEY_LEN] {
        self.0.expose_secret()
    }

    fn of_mac(mac: Mac) -> Self {
        let mut bytes = mac.finalize().into_bytes();
        let key = Self::filled(|key| key.copy_from_slice(&bytes));
        bytes.as_mut_slice().zeroize();
        key
    }

    fn filled(fill: impl FnOnce(&mut [u8; KEY_LEN])) -> Self {
        Self(SecretBox::init_with_mut(fill))
    }
}

impl Clone for Key {
    fn clone(&self) -> Self {
        Self::filled(|key| key.copy_from_slice(self.expose()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

/// `N` bytes from the operating system's random source.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|_| Error::Random)?;
    Ok(bytes)
}

/// HKDF-SHA256 with one block of output, which is all a key needs: the expansion is its first step only.
pub(super) fn hkdf(salt: &[u8; KEY_LEN], secret: &[u8], info: &[&[u8]]) -> Key {
    let pseudorandom = Key::of_mac(mac(salt).chain_update(secret));
    let mut block = mac(pseudorandom.expose());
    for part in info {
        block.update(part);
    }
    Key::of_mac(block.chain_update([1]))
}

/// HMAC-SHA256 (RFC 2104) begun under a 32-byte key.
pub(crate) fn mac(key: &[u8; KEY_LEN]) -> Mac {
    // Handing over a whole block spares the error of the variable-length constructor; HMAC pads with zeros anyway.
    let mut block = Zeroizing::new([0_u8; 64]);
    block[..KEY_LEN].copy_from_slice(key);
    Mac::new((&*block).into())
}
