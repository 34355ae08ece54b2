//! Sealing, blind indexes and the key hierarchy below the root keys.
//!
//! Everything here is a function of its arguments, except that new keys and nonces come from the operating system.
//! One cipher (AES-256-GCM-SIV, RFC 8452), one hash (SHA-256), one MAC (HMAC, RFC 2104), one derivation (HKDF, RFC 5869).

mod aad;
mod hierarchy;
mod index;
mod key;
mod seal;
mod stream;
#[cfg(test)]
mod tests;

pub use aad::{Aad, KeyKind};
pub use hierarchy::{CompanyKeys, PersonKey};
pub(crate) use hierarchy::{unwrap, wrap};
pub use index::{Normalised, blind_index, hash_token, same};
pub use key::{KEY_LEN, Key, random_bytes};
pub(crate) use key::{Mac, mac};
pub use seal::{OVERHEAD, open, seal};
pub use stream::{
    CHUNK_LEN, ChunkOpener, ChunkSealer, HEADER_LEN, OpeningReader, SEALED_CHUNK_LEN,
    SealingWriter, StreamHeader,
};

/// What can go wrong. No variant carries key material or plaintext.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
    /// A key was not 32 bytes long.
    #[error("a key must be 32 bytes, this one has {0}")]
    KeyLength(usize),
    /// The plaintext is longer than the cipher takes (64 GiB).
    #[error("the text is too long to seal")]
    TooLong,
    /// A chunk of a stream did not have the length of a chunk.
    #[error("a chunk of {0} bytes does not fit the stream")]
    ChunkLength(usize),
    /// Sealed by a later version of this program, or not sealed at all.
    #[error("unknown sealing format {0}")]
    UnknownFormat(u8),
    /// Too short to be anything that was sealed.
    #[error("sealed bytes are cut short")]
    Short,
    /// Altered, sealed under another key, or moved from another place.
    #[error("sealed bytes do not belong here: altered, moved, or under another key")]
    NotAuthentic,
    /// A sealed stream ends before its last chunk.
    #[error("the sealed stream ends too early")]
    Truncated,
    /// The key of this version is not in the hierarchy at hand.
    #[error("no key of version {0}")]
    UnknownVersion(u32),
}
