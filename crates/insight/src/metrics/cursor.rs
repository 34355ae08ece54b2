//! Places in the list of sessions behind a figure.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contracts::FigureId;
use jiff::Timestamp;
use platform::{TenantTx, crypto};

use super::lineage::{After, Contribution};
use crate::error::Error;

/// Cursors name a place in one figure's sessions of one company; a MAC under the
/// company's index key keeps them from being made up or carried elsewhere.
pub(super) struct Cursor {
    key: crypto::Key,
    figure: FigureId,
}

impl Cursor {
    pub(super) async fn new(tx: &mut TenantTx, figure: FigureId) -> Result<Self, Error> {
        let keys = tx.db().company_keys(tx.company()).await?;
        Ok(Self {
            key: keys.index().derive(&[b"insight lineage cursor"]),
            figure,
        })
    }

    /// The place behind a session.
    pub(super) fn seal(&self, last: &Contribution) -> String {
        let place = format!(
            "{}.{}",
            last.completed_at.as_microsecond(),
            last.session.uuid().simple()
        );
        let tag = self.tag(&place);
        URL_SAFE_NO_PAD.encode(format!("{place}.{tag}"))
    }

    /// Reads a place; an error for one of another list.
    pub(super) fn open(&self, text: &str) -> Result<After, Error> {
        let wrong =
            || Error::Parameter("this cursor belongs to another list; begin without one".into());
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
        let text = String::from_utf8(bytes).map_err(|_| wrong())?;
        let (place, tag) = text.rsplit_once('.').ok_or_else(wrong)?;
        if !crypto::same(tag.as_bytes(), self.tag(place).as_bytes()) {
            return Err(wrong());
        }
        let (at, session) = place.split_once('.').ok_or_else(wrong)?;
        let at = at
            .parse()
            .ok()
            .and_then(|at| Timestamp::from_microsecond(at).ok())
            .ok_or_else(wrong)?;
        Ok(After {
            completed_at: at,
            session: session.parse().map_err(|_| wrong())?,
        })
    }

    fn tag(&self, place: &str) -> String {
        let tag = self
            .key
            .derive(&[self.figure.uuid().as_bytes(), place.as_bytes()]);
        hex::encode(&tag.expose()[..16])
    }
}
