//! The keys below the root: company keys, and the person keys they wrap.

use std::collections::BTreeMap;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Aad, Error, Key, KeyKind, open, seal};

/// The keys of one company, unwrapped.
#[derive(Debug, Clone)]
pub struct CompanyKeys {
    company: Uuid,
    data: BTreeMap<u32, Key>,
    active: u32,
    index: Key,
    audit: Key,
}

/// The key under which everything of one person is sealed. Destroying its wrapped form erases the person.
#[derive(Debug, Clone)]
pub struct PersonKey(Key);

impl CompanyKeys {
    /// New keys for a new company; the data key has version 1.
    pub fn generate(company: Uuid) -> Result<Self, Error> {
        let data = BTreeMap::from([(1, Key::generate()?)]);
        Ok(Self {
            company,
            data,
            active: 1,
            index: Key::generate()?,
            audit: Key::generate()?,
        })
    }

    /// The keys as unwrapped from the store; the highest data version is the active one, and there must be one.
    pub fn from_parts(
        company: Uuid,
        data: BTreeMap<u32, Key>,
        index: Key,
        audit: Key,
    ) -> Result<Self, Error> {
        let active = *data.keys().next_back().ok_or(Error::UnknownVersion(1))?;
        Ok(Self {
            company,
            data,
            active,
            index,
            audit,
        })
    }

    /// Adds a data key, which wraps person keys from now on, and gives its version.
    pub fn rotate_data(&mut self) -> Result<u32, Error> {
        let version = self.active + 1;
        self.data.insert(version, Key::generate()?);
        self.active = version;
        Ok(version)
    }

    /// Whose keys these are.
    #[must_use]
    pub fn company(&self) -> Uuid {
        self.company
    }

    /// The version of the data key that wraps new person keys.
    #[must_use]
    pub fn active(&self) -> u32 {
        self.active
    }

    /// The data keys by version.
    #[must_use]
    pub fn data(&self) -> &BTreeMap<u32, Key> {
        &self.data
    }

    /// The key of the blind index. It never changes: every stored index would have to be computed anew.
    #[must_use]
    pub fn index(&self) -> &Key {
        &self.index
    }

    /// The key of the audit chain. It never changes: the whole chain would have to be computed anew.
    #[must_use]
    pub fn audit(&self) -> &Key {
        &self.audit
    }

    /// Wraps a person's key under the active data key: its version, and the bytes to store.
    pub fn wrap_person(&self, person: Uuid, key: &PersonKey) -> Result<(u32, Vec<u8>), Error> {
        let wrapped = wrap(
            self.data_key(self.active)?,
            &self.person_aad(person, self.active),
            &key.0,
        )?;
        Ok((self.active, wrapped))
    }

    /// The person's key from what [`CompanyKeys::wrap_person`] gave.
    pub fn unwrap_person(
        &self,
        person: Uuid,
        version: u32,
        wrapped: &[u8],
    ) -> Result<PersonKey, Error> {
        unwrap(
            self.data_key(version)?,
            &self.person_aad(person, version),
            wrapped,
        )
        .map(PersonKey)
    }

    fn data_key(&self, version: u32) -> Result<&Key, Error> {
        self.data
            .get(&version)
            .ok_or(Error::UnknownVersion(version))
    }

    fn person_aad(&self, person: Uuid, version: u32) -> Aad {
        Aad::key(KeyKind::Person, self.company, person, version)
    }
}

impl PersonKey {
    /// A key for a new person.
    pub fn generate() -> Result<Self, Error> {
        Key::generate().map(Self)
    }

    /// Seals a value of this person; see [`seal`].
    pub fn seal(&self, aad: &Aad, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        seal(&self.0, aad, plaintext)
    }

    /// Opens a value of this person; see [`open`].
    pub fn open(&self, aad: &Aad, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        open(&self.0, aad, sealed)
    }
}

/// A key sealed under another.
pub(crate) fn wrap(wrapping: &Key, aad: &Aad, key: &Key) -> Result<Vec<u8>, Error> {
    seal(wrapping, aad, key.expose())
}

/// The key that [`wrap`] sealed.
pub(crate) fn unwrap(wrapping: &Key, aad: &Aad, wrapped: &[u8]) -> Result<Key, Error> {
    Key::from_slice(&open(wrapping, aad, wrapped)?)
}
