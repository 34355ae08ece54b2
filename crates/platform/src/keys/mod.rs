//! The root keys: the only secrets Attest cannot make again, kept outside the database.
//!
//! A [`Keyring`] holds one root key a version. Nothing is sealed under a root key itself: it wraps the keys of the
//! companies, and everything else is derived from it for one named purpose.

mod error;
mod file;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

pub use error::Error;

use crate::crypto::{self, Aad, CompanyKeys, Key, KeyKind, unwrap, wrap};

/// Keys of one purpose, one for each root key version. Masked in `Debug`.
#[derive(Debug, Clone)]
pub struct VersionedKeys {
    active: Root,
    keys: BTreeMap<u32, Key>,
}

impl VersionedKeys {
    /// A single key as all there is.
    #[cfg(test)]
    pub(crate) fn of(version: u32, key: Key) -> Self {
        Self {
            active: Root {
                version,
                key: key.clone(),
            },
            keys: BTreeMap::from([(version, key)]),
        }
    }

    /// The version to use for what is new, and its key.
    #[must_use]
    pub fn active(&self) -> (u32, &Key) {
        (self.active.version, &self.active.key)
    }

    /// The key of this version, for what is old.
    #[must_use]
    pub fn get(&self, version: u32) -> Option<&Key> {
        self.keys.get(&version)
    }
}

/// A company's key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// Which of the company's keys.
    pub kind: KeyKind,
    /// Version of the key itself; 1 for index and audit keys.
    pub version: u32,
    /// Version of the root key around it.
    pub root_version: u32,
    /// The sealed key.
    pub wrapped: Vec<u8>,
}

/// The root keys by version, one of them active. Masked in `Debug`.
#[derive(Clone)]
pub struct Keyring {
    roots: BTreeMap<u32, Key>,
    active: Root,
    path: Option<PathBuf>,
}

/// An active key, held apart from the others so that using it cannot fail.
#[derive(Debug, Clone)]
struct Root {
    version: u32,
    key: Key,
}

impl Keyring {
    /// Makes a first root key and stores it in a new file (mode 0600, on disk before this returns).
    pub fn create(path: &Path) -> Result<Self, Error> {
        let mut keyring = Self::new(BTreeMap::from([(1, Key::generate()?)]), 1)?;
        keyring.path = Some(file::create(path, &text::to_json(&keyring)?)?);
        Ok(keyring)
    }

    /// Reads the root keys from their file, which nobody else may read.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let (path, text) = file::read(path)?;
        Ok(Self {
            path: Some(path),
            ..text::from_json(text.expose_secret())?
        })
    }

    /// Root keys from a setting, `v1:<base64>,v2:<base64>`; the highest version is active.
    pub fn from_setting(value: &SecretString) -> Result<Self, Error> {
        text::from_setting(value.expose_secret())
    }

    /// Adds a root key and makes it active. The file is replaced whole; the former one stays as `<name>.bak`.
    pub fn rotate(&mut self) -> Result<u32, Error> {
        let version = self.active.version + 1;
        let mut roots = self.roots.clone();
        roots.insert(version, Key::generate()?);
        self.replace(roots, version)?;
        Ok(version)
    }

    /// Drops a root key for good, once `still_wrapped` counts none of the stored keys under it.
    ///
    /// The former file stays as `<name>.bak` and still holds the key.
    pub fn retire(&mut self, version: u32, still_wrapped: u64) -> Result<(), Error> {
        if version == self.active.version {
            return Err(Error::StillActive(version));
        }
        if still_wrapped > 0 {
            return Err(Error::StillUsed {
                version,
                count: still_wrapped,
            });
        }
        let mut roots = self.roots.clone();
        roots
            .remove(&version)
            .ok_or(Error::UnknownVersion(version))?;
        self.replace(roots, self.active.version)
    }

    /// The version that new keys are wrapped by.
    #[must_use]
    pub fn active(&self) -> u32 {
        self.active.version
    }

    /// All versions, ascending.
    pub fn versions(&self) -> impl Iterator<Item = u32> {
        self.roots.keys().copied()
    }

    /// Where the keys are stored; `None` when they came from a setting.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Signs the tenant context of a database session. Changes with the active version.
    #[must_use]
    pub fn tenant_context_key(&self) -> Key {
        derive(&self.active.key, Purpose::TenantContext)
    }

    /// As [`Keyring::tenant_context_key`], from a given version.
    pub fn tenant_context_key_of(&self, version: u32) -> Result<Key, Error> {
        Ok(derive(self.root(version)?, Purpose::TenantContext))
    }

    /// The password of a database role: 43 characters. Changes with the active version.
    #[must_use]
    pub fn role_password(&self, role: &str) -> SecretString {
        password(&self.active.key, role)
    }

    /// As [`Keyring::role_password`], from a given version.
    pub fn role_password_of(&self, version: u32, role: &str) -> Result<SecretString, Error> {
        Ok(password(self.root(version)?, role))
    }

    /// Protects cookies. Changes with the active version, which signs everybody out.
    #[must_use]
    pub fn cookie_key(&self) -> Key {
        derive(&self.active.key, Purpose::Cookie)
    }

    /// Makes and checks CSRF tokens. Changes with the active version.
    #[must_use]
    pub fn csrf_key(&self) -> Key {
        derive(&self.active.key, Purpose::Csrf)
    }

    /// Keys the witness's checkpoints.
    #[must_use]
    pub fn witness_keys(&self) -> VersionedKeys {
        self.all(Purpose::Witness)
    }

    /// Keys of spooled files; a stream header says which version.
    #[must_use]
    pub fn spool_keys(&self) -> VersionedKeys {
        self.all(Purpose::Spool)
    }

    /// Wraps a key under a root version.
    pub fn wrap(&self, root_version: u32, aad: &Aad, key: &Key) -> Result<Vec<u8>, Error> {
        Ok(wrap(
            &derive(self.root(root_version)?, Purpose::Wrap),
            aad,
            key,
        )?)
    }

    /// The key that [`Keyring::wrap`] wrapped in this place.
    pub fn unwrap(&self, root_version: u32, aad: &Aad, wrapped: &[u8]) -> Result<Key, Error> {
        Ok(unwrap(
            &derive(self.root(root_version)?, Purpose::Wrap),
            aad,
            wrapped,
        )?)
    }

    /// All keys of a company, wrapped under the active root key: for a new company, or after a rotation.
    pub fn wrap_company(&self, keys: &CompanyKeys) -> Result<Vec<WrappedKey>, Error> {
        let data = keys
            .data()
            .iter()
            .map(|(&version, key)| (KeyKind::CompanyData, version, key));
        let others = [
            (KeyKind::CompanyIndex, 1, keys.index()),
            (KeyKind::CompanyAudit, 1, keys.audit()),
        ];
        data.chain(others)
            .map(|(kind, version, key)| {
                let aad = Aad::key(kind, keys.company(), keys.company(), version);
                let wrapped = self.wrap(self.active(), &aad, key)?;
                Ok(WrappedKey {
                    kind,
                    version,
                    root_version: self.active(),
                    wrapped,
                })
            })
            .collect()
    }

    /// A company's keys from what [`Keyring::wrap_company`] gave, in any order.
    pub fn unwrap_company(
        &self,
        company: Uuid,
        wrapped: &[WrappedKey],
    ) -> Result<CompanyKeys, Error> {
        let (mut data, mut index, mut audit) = (BTreeMap::new(), None, None);
        for stored in wrapped {
            let key = self.unwrap_company_key(company, stored)?;
            match stored.kind {
                KeyKind::CompanyData => drop(data.insert(stored.version, key)),
                KeyKind::CompanyIndex => index = Some(key),
                KeyKind::CompanyAudit => audit = Some(key),
                KeyKind::Person => return Err(crypto::Error::NotAuthentic.into()),
            }
        }
        let missing = || Error::Crypto(crypto::Error::UnknownVersion(1));
        Ok(CompanyKeys::from_parts(
            company,
            data,
            index.ok_or_else(missing)?,
            audit.ok_or_else(missing)?,
        )?)
    }

    /// One of a company's keys, for example the audit key from the header of an export.
    pub fn unwrap_company_key(&self, company: Uuid, stored: &WrappedKey) -> Result<Key, Error> {
        let aad = Aad::key(stored.kind, company, company, stored.version);
        self.unwrap(stored.root_version, &aad, &stored.wrapped)
    }

    /// A keyring of these keys, each checked.
    fn new(roots: BTreeMap<u32, Key>, active: u32) -> Result<Self, Error> {
        text::refuse_weak(&roots)?;
        let key = roots
            .get(&active)
            .ok_or(Error::UnknownVersion(active))?
            .clone();
        Ok(Self {
            roots,
            active: Root {
                version: active,
                key,
            },
            path: None,
        })
    }

    fn root(&self, version: u32) -> Result<&Key, Error> {
        self.roots
            .get(&version)
            .ok_or(Error::UnknownVersion(version))
    }

    fn all(&self, purpose: Purpose<'_>) -> VersionedKeys {
        let keys = self
            .roots
            .iter()
            .map(|(&version, root)| (version, derive(root, purpose)))
            .collect();
        let active = Root {
            version: self.active(),
            key: derive(&self.active.key, purpose),
        };
        VersionedKeys { active, keys }
    }

    fn replace(&mut self, roots: BTreeMap<u32, Key>, active: u32) -> Result<(), Error> {
        let path = self.path.clone().ok_or(Error::NoFile)?;
        let mut next = Self::new(roots, active)?;
        file::replace(&path, &text::to_json(self)?, &text::to_json(&next)?)?;
        next.path = Some(path);
        *self = next;
        Ok(())
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let versions: Vec<u32> = self.versions().collect();
        f.debug_struct("Keyring")
            .field("versions", &versions)
            .field("active", &self.active())
            .finish_non_exhaustive()
    }
}

/// What a key is derived for. The labels are part of the stored format: never change one.
#[derive(Debug, Clone, Copy)]
enum Purpose<'a> {
    Check,
    Cookie,
    Csrf,
    RolePassword(&'a str),
    Spool,
    TenantContext,
    Witness,
    Wrap,
}

fn derive(root: &Key, purpose: Purpose<'_>) -> Key {
    // Each label ends in a zero byte, so none is the beginning of another.
    let (label, detail): (&[u8], &str) = match purpose {
        Purpose::Check => (b"attest/1/check\0", ""),
        Purpose::Cookie => (b"attest/1/cookie\0", ""),
        Purpose::Csrf => (b"attest/1/csrf\0", ""),
        Purpose::RolePassword(role) => (b"attest/1/role-password\0", role),
        Purpose::Spool => (b"attest/1/spool\0", ""),
        Purpose::TenantContext => (b"attest/1/tenant-context\0", ""),
        Purpose::Witness => (b"attest/1/witness\0", ""),
        Purpose::Wrap => (b"attest/1/wrap\0", ""),
    };
    root.derive(&[label, detail.as_bytes()])
}

fn password(root: &Key, role: &str) -> SecretString {
    URL_SAFE_NO_PAD
        .encode(derive(root, Purpose::RolePassword(role)).expose())
        .into()
}
