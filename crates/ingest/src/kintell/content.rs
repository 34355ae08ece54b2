//! Telling whether a row says anything new, without opening what was stored: keyed hashes of its content.

use contracts::event::value::{CefrLevel, Label, RatingScale};
use hmac::{Hmac, KeyInit, Mac};
use platform::crypto::Key;
use sha2::Sha256;

use super::mapping::SessionRow;
use crate::source::Origin;

/// What the index key is derived for. Part of the stored format: another label makes every row look changed.
const PURPOSE: &[u8] = b"attest/ingest/1/kintell-session\0";

/// A row ready for the database.
#[derive(Debug)]
pub(crate) struct PreparedRow {
    /// Where it stands.
    pub(crate) origin: Origin,
    pub(crate) session: SessionRow,
    /// The metadata as text.
    pub(crate) metadata: Option<String>,
    /// Equal for rows that say the same.
    pub(crate) content_hash: [u8; 32],
    /// Equal for rows with the same texts of the same participant; none without any text.
    pub(crate) texts_hash: Option<[u8; 32]>,
}

/// Makes hashes under one company's key: HMAC-SHA256 (RFC 2104), every part behind its length.
pub(crate) struct ContentHasher {
    begun: Hmac<Sha256>,
    scale: Option<RatingScale>,
}

impl ContentHasher {
    /// `index` is the company's key of the blind index, `scale` that of the file's ratings.
    pub(crate) fn new(index: &Key, scale: Option<RatingScale>) -> Self {
        let key = index.derive(&[PURPOSE]);
        let mut block = [0; 64];
        block[..key.expose().len()].copy_from_slice(key.expose());
        Self {
            begun: Hmac::new((&block).into()),
            scale,
        }
    }

    pub(crate) fn prepare(&self, origin: Origin, session: SessionRow) -> PreparedRow {
        let metadata = session.metadata.as_ref().map(ToString::to_string);
        let texts_hash = self.hash_texts(&session, metadata.as_deref());
        let content_hash = self.hash_content(&session, texts_hash.as_ref());
        PreparedRow {
            origin,
            session,
            metadata,
            content_hash,
            texts_hash,
        }
    }

    fn hash_texts(&self, session: &SessionRow, metadata: Option<&str>) -> Option<[u8; 32]> {
        let texts = [
            session.feedback_text.as_deref(),
            session.goals.as_deref(),
            metadata,
        ];
        if texts.iter().all(Option::is_none) {
            return None;
        }
        let mut parts = Parts(self.begun.clone());
        parts.add(session.participant_email.as_bytes());
        for text in texts {
            parts.add_text(text);
        }
        Some(parts.finish())
    }

    fn hash_content(&self, session: &SessionRow, texts: Option<&[u8; 32]>) -> [u8; 32] {
        let mut parts = Parts(self.begun.clone());
        parts.add(session.session_type.as_str().as_bytes());
        parts.add(session.participant_email.as_bytes());
        parts.add(session.volunteer_email.as_bytes());
        parts.add(&session.scheduled_at.as_microsecond().to_be_bytes());
        parts.add(&session.completed_at.as_microsecond().to_be_bytes());
        parts.add(&session.duration_minutes.to_be_bytes());
        match session.rating {
            None => parts.add(&[]),
            Some(rating) => {
                parts.add(&rating.normalize().serialize());
                parts.add_text(self.scale.map(RatingScale::as_str));
            }
        }
        parts.add_text(session.language_level.map(CefrLevel::as_str));
        parts.add(&session.topics.len().to_be_bytes());
        session
            .topics
            .iter()
            .map(Label::as_str)
            .for_each(|topic| parts.add(topic.as_bytes()));
        parts.add_text(session.focus_area.as_deref());
        parts.add(texts.map_or(&[], |hash| &hash[..]));
        parts.finish()
    }
}

struct Parts(Hmac<Sha256>);

impl Parts {
    fn add(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    /// Texts are never empty, so an absent one is told from all others.
    fn add_text(&mut self, text: Option<&str>) {
        self.add(text.unwrap_or_default().as_bytes());
    }

    fn finish(self) -> [u8; 32] {
        self.0.finalize().into_bytes().into()
    }
}
