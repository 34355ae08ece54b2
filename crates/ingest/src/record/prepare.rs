//! A draft with its id and hashes: what tells it from others, and whether it says anything new.

use hmac::{Hmac, KeyInit, Mac};
use platform::crypto::Key;
use sha2::Sha256;
use uuid::{Builder, Uuid};

use super::draft::{Draft, RecordKey, Reference};
use crate::sheet::record::RowText;
use crate::source::{Origin, Source};

/// What the index key is derived for. Part of the stored format: another label makes every record another one.
const PURPOSE: &[u8] = b"attest/ingest/1/record\0";

/// A row ready for the database.
#[derive(Debug)]
pub(crate) struct PreparedRecord {
    pub(crate) origin: Origin,
    /// The row as it came, should it be refused after all.
    pub(crate) text: RowText,
    pub(crate) draft: Draft,
    /// The id by which the record is found again; a keyed hash where none may be kept in clear.
    pub(crate) external_id: String,
    pub(crate) id: Uuid,
    /// The record's id of the match that the row refers to.
    pub(crate) match_id: Option<Uuid>,
    /// Equal for rows that say the same.
    pub(crate) content_hash: [u8; 32],
    /// Of each text, in order.
    pub(crate) text_hashes: Vec<String>,
}

/// Makes ids and hashes under one company's key: HMAC-SHA256 (RFC 2104), every part behind its length.
#[derive(Clone)]
pub(crate) struct RecordHasher {
    begun: Hmac<Sha256>,
}

impl RecordHasher {
    /// `index` is the company's key of the blind index.
    pub(crate) fn new(index: &Key) -> Self {
        let key = index.derive(&[PURPOSE]);
        let mut block = [0; 64];
        block[..key.expose().len()].copy_from_slice(key.expose());
        Self {
            begun: Hmac::new((&block).into()),
        }
    }

    fn hash<'a>(&self, what: &'a str, parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
        let mut mac = self.begun.clone();
        for part in std::iter::once(what.as_bytes()).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// The id of a record: a UUID of version 8 (RFC 9562) that follows from source and external id.
    pub(crate) fn id_of(&self, source: Source, external_id: &str) -> Uuid {
        let hash = self.hash("id", [source.as_str().as_bytes(), external_id.as_bytes()]);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        Builder::from_custom_bytes(bytes).into_uuid()
    }

    fn external_id(&self, source: Source, key: &RecordKey) -> String {
        match key {
            RecordKey::Given(id) => id.clone(),
            RecordKey::Natural(parts) => {
                let parts = parts.iter().map(String::as_bytes);
                let hash = self.hash(
                    "key",
                    std::iter::once(source.as_str().as_bytes()).chain(parts),
                );
                format!("h:{}", hex::encode(&hash[..16]))
            }
        }
    }

    /// Gives a draft its id and hashes.
    ///
    /// # Errors
    /// When its data has no form in JSON, which no mapped value lacks.
    pub(crate) fn prepare(
        &self,
        origin: Origin,
        text: RowText,
        draft: Draft,
    ) -> Result<PreparedRecord, serde_json::Error> {
        let source = draft.data.source();
        let external_id = self.external_id(source, &draft.key);
        let text_hash = |text: &str| hex::encode(&self.hash("text", [text.as_bytes()])[..16]);
        let text_hashes: Vec<String> = draft
            .texts
            .iter()
            .map(|text| text_hash(&text.text))
            .collect();
        let match_id = match &draft.reference {
            Some(Reference::Match { id, .. }) => Some(self.id_of(Source::BuddyMatches, id)),
            _ => None,
        };
        Ok(PreparedRecord {
            origin,
            text,
            id: self.id_of(source, &external_id),
            content_hash: self.content(&draft, &text_hashes)?,
            external_id,
            match_id,
            text_hashes,
            draft,
        })
    }

    fn content(
        &self,
        draft: &Draft,
        text_hashes: &[String],
    ) -> Result<[u8; 32], serde_json::Error> {
        let mut parts: Vec<String> = vec![
            draft.data.to_json()?.to_string(),
            draft
                .occurred_at
                .map(|at| at.to_string())
                .unwrap_or_default(),
        ];
        match &draft.reference {
            Some(Reference::Match { id, .. } | Reference::Session { id }) => parts.push(id.clone()),
            None => parts.push(String::new()),
        }
        for person in &draft.people {
            parts.push(format!("{:?} {}", person.place, person.kind.as_str()));
            parts.push(person.value.clone());
        }
        if let Some(identity) = &draft.identity {
            let id = identity.id.as_ref().map(|(_, id)| id.clone());
            parts.push(id.unwrap_or_default());
            parts.push(identity.email.clone());
            parts.push(identity.name.clone().unwrap_or_default());
        }
        for (text, hash) in draft.texts.iter().zip(text_hashes) {
            parts.push(format!("{:?} {}", text.owner, text.name));
            parts.push(hash.clone());
        }
        Ok(self.hash("content", parts.iter().map(String::as_bytes)))
    }
}
