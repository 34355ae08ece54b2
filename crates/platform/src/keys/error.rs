//! What can go wrong with the root keys.

use std::path::PathBuf;

use crate::crypto;

/// What can go wrong with the root keys. No variant carries key material.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no root key file yet.
    #[error("there are no root keys at {}", .0.display())]
    Missing(PathBuf),
    /// Creating would overwrite root keys.
    #[error("there are root keys at {} already", .0.display())]
    Exists(PathBuf),
    /// The file or its folder could not be read or written.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Others may read or change the file.
    #[error("{} may be used by others (mode {mode:04o}): run chmod 600 on it", path.display())]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file belongs to somebody else.
    #[error("{} belongs to user {owner}, neither to this process nor to root", path.display())]
    Owner {
        /// The file.
        path: PathBuf,
        /// The numeric user id it belongs to.
        owner: u32,
    },
    /// The text is not a keyring.
    #[error("cannot read the root keys: {0}")]
    Text(&'static str),
    /// A key that nobody drew at random.
    #[error("root key v{version} is {reason}: use 32 random bytes")]
    Weak {
        /// Its version.
        version: u32,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The key does not match the check value stored beside it.
    #[error("root key v{0} is damaged: it does not match its check value")]
    Damaged(u32),
    /// The same version or the same key twice.
    #[error("root key v{0} is there twice")]
    Duplicate(u32),
    /// No root key of this version.
    #[error("there is no root key v{0}")]
    UnknownVersion(u32),
    /// The active root key cannot be retired.
    #[error("root key v{0} is the active one: rotate first")]
    StillActive(u32),
    /// Something is still wrapped by the key to be retired.
    #[error("{count} keys are still wrapped by root key v{version}: wrap them anew first")]
    StillUsed {
        /// The root key to be retired.
        version: u32,
        /// How many keys it wraps.
        count: u64,
    },
    /// Root keys from the environment are changed there.
    #[error("the root keys come from the environment: change them there")]
    NoFile,
    /// Another process changed the file since it was read.
    #[error("{} has changed since it was read: start again", .0.display())]
    Changed(PathBuf),
    /// A wrapped key does not open, or no random bytes were to be had.
    #[error(transparent)]
    Crypto(#[from] crypto::Error),
}
