//! Sealing what belongs to a company and to no person: file names, headers, refused rows.

use std::sync::Arc;

use contracts::{CompanyId, ImportId};
use platform::crypto::{self, Aad, CompanyKeys, Key};
use platform::{Db, DbError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::Error;

/// What the company's data key is derived for. Part of the stored format: never change it.
const PURPOSE: &[u8] = b"attest/ingest/1/import\0";
const VERSION_LEN: usize = 4;

/// Where a sealed value stands, so that it opens only there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The name of an import's file.
    FileName(ImportId),
    /// Its column names.
    Header(ImportId),
    /// Why it failed.
    Problem(ImportId),
    /// A refused row, by its number.
    Row(ImportId, i64),
    /// Texts of a record that nobody owns yet.
    Unclaimed(Uuid),
}

impl Place {
    fn aad(self, company: CompanyId) -> Aad {
        let cell = |column, import: ImportId| {
            Aad::cell("ingest.import", column, company.uuid(), import.uuid())
        };
        match self {
            Self::FileName(import) => cell("file_name", import),
            Self::Header(import) => cell("header", import),
            Self::Problem(import) => cell("problem", import),
            Self::Unclaimed(record) => {
                Aad::cell("ingest.record", "unclaimed", company.uuid(), record)
            }
            Self::Row(import, number) => Aad::cell(
                "ingest.import_rejection",
                "sealed_row",
                company.uuid(),
                import.uuid(),
            )
            .and("row_number", &number.to_be_bytes()),
        }
    }
}

/// Seals and opens values of one company. Layout: version of the data key (u32, big-endian) · sealed value.
#[derive(Debug, Clone)]
pub(crate) struct CompanySeal {
    company: CompanyId,
    keys: Arc<CompanyKeys>,
}

impl CompanySeal {
    pub(crate) async fn of(db: &Db, company: CompanyId) -> Result<Self, DbError> {
        let keys = db.company_keys(company).await?;
        Ok(Self { company, keys })
    }

    /// The company's key of the blind index.
    pub(crate) fn index(&self) -> &Key {
        self.keys.index()
    }

    pub(crate) fn seal(&self, place: Place, plain: &[u8]) -> Result<Vec<u8>, crypto::Error> {
        let version = self.keys.active();
        let mut sealed = version.to_be_bytes().to_vec();
        sealed.extend(crypto::seal(
            &self.key(version)?,
            &place.aad(self.company),
            plain,
        )?);
        Ok(sealed)
    }

    pub(crate) fn seal_json(&self, place: Place, value: &impl Serialize) -> Result<Vec<u8>, Error> {
        let json = serde_json::to_vec(value).map_err(Error::Form)?;
        Ok(self.seal(place, &json)?)
    }

    pub(crate) fn open_text(&self, place: Place, sealed: &[u8]) -> Result<String, Error> {
        self.open(place, sealed, |plain| {
            Ok(String::from_utf8_lossy(plain).into_owned())
        })
    }

    pub(crate) fn open_json<T: DeserializeOwned>(
        &self,
        place: Place,
        sealed: &[u8],
    ) -> Result<T, Error> {
        self.open(place, sealed, |plain| {
            serde_json::from_slice(plain).map_err(Error::Form)
        })
    }

    fn open<T>(
        &self,
        place: Place,
        sealed: &[u8],
        read: impl FnOnce(&[u8]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (version, sealed) = sealed
            .split_first_chunk::<VERSION_LEN>()
            .ok_or(crypto::Error::Short)?;
        let key = self.key(u32::from_be_bytes(*version))?;
        read(&crypto::open(&key, &place.aad(self.company), sealed)?)
    }

    fn key(&self, version: u32) -> Result<Key, crypto::Error> {
        let data = self.keys.data().get(&version);
        Ok(data
            .ok_or(crypto::Error::UnknownVersion(version))?
            .derive(&[PURPOSE]))
    }
}
