//! Sealing secrets and bodies under the company's key.

use contracts::{CompanyId, DeliveryId, WebhookEndpointId};
use platform::crypto::{self, Aad, CompanyKeys, Key};
use zeroize::Zeroizing;

/// What the company's data key is derived for. Part of the stored format: never change it.
const PURPOSE: &[u8] = b"attest/ingest/1/webhook\0";
const VERSION_LEN: usize = 4;

/// Where a sealed value stands, so that it opens only there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// A secret of an endpoint; it opens in both of its columns, for rotation moves it.
    Secret(WebhookEndpointId),
    /// The body of a delivery.
    Body(DeliveryId),
}

impl Place {
    fn aad(self, company: CompanyId) -> Aad {
        let (table, column, row) = match self {
            Self::Secret(id) => ("ingest.webhook_endpoint", "secret", id.uuid()),
            Self::Body(id) => ("ingest.inbox_delivery", "body", id.uuid()),
        };
        Aad::cell(table, column, company.uuid(), row)
    }
}

/// Seals values of one company: version of the data key (u32, big-endian) · sealed value. The key is derived once.
pub(super) struct Sealer {
    company: CompanyId,
    version: u32,
    key: Key,
}

impl Sealer {
    pub(super) fn of(company: CompanyId, keys: &CompanyKeys) -> Result<Self, crypto::Error> {
        let version = keys.active();
        Ok(Self {
            company,
            version,
            key: derived(keys, version)?,
        })
    }

    pub(super) fn seal(&self, place: Place, plain: &[u8]) -> Result<Vec<u8>, crypto::Error> {
        let mut sealed = self.version.to_be_bytes().to_vec();
        sealed.extend(crypto::seal(&self.key, &place.aad(self.company), plain)?);
        Ok(sealed)
    }
}

/// Opens what [`Sealer::seal`] gave.
pub(super) fn open(
    keys: &CompanyKeys,
    company: CompanyId,
    place: Place,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, crypto::Error> {
    let (version, sealed) = sealed
        .split_first_chunk::<VERSION_LEN>()
        .ok_or(crypto::Error::Short)?;
    let key = derived(keys, u32::from_be_bytes(*version))?;
    crypto::open(&key, &place.aad(company), sealed)
}

fn derived(keys: &CompanyKeys, version: u32) -> Result<Key, crypto::Error> {
    let data = keys.data().get(&version);
    Ok(data
        .ok_or(crypto::Error::UnknownVersion(version))?
        .derive(&[PURPOSE]))
}
