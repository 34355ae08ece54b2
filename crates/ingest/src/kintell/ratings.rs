//! Ratings of sessions that come apart from them.

use contracts::event::Payload;
use contracts::event::kintell::RatingCreated;
use contracts::event::value::{Rate, RatingScale, SessionRole, ValueError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::field;
use crate::record::cells::Cells;
use crate::record::draft::{Data, Draft, Place, RecordKey, Reference, Told};
use crate::sheet::row_error::RowError;

const ID: usize = 128;

/// A rating without its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatingData {
    /// Who rated.
    pub from_role: SessionRole,
    /// From 0 to 1.
    pub rating: Rate,
    /// The scale it was given on.
    pub source_scale: RatingScale,
    /// When it was given.
    pub created_at: Timestamp,
}

impl RatingData {
    /// A participant's rating that came with the session already is told as that one, so that nobody counts it twice.
    #[expect(clippy::unnecessary_wraps, reason = "as the others")]
    pub(crate) fn announce(&self, told: &Told<'_>) -> Result<Vec<Payload>, ValueError> {
        let Some(session_id) = told.parent else {
            return Ok(Vec::new());
        };
        let with_session = told
            .rating
            .filter(|_| self.from_role == SessionRole::Participant);
        let created = RatingCreated {
            rating_id: with_session.unwrap_or(told.id),
            session_id,
            from_role: self.from_role,
            rating: self.rating,
            source_scale: self.source_scale,
            feedback_text_id: told.texts.get("feedback_text").copied(),
            created_at: self.created_at,
        };
        Ok(vec![created.into()])
    }
}

/// Maps a row.
pub(crate) fn map(mut cells: Cells<'_>) -> Result<Draft, Vec<RowError>> {
    let id = cells.must("rating_id", |text| field::external_id(text, ID));
    let session = cells.must("session_id", |text| field::external_id(text, ID));
    let from_role: Option<SessionRole> = cells.must_word("from_role");
    let rating = cells.must_rating("rating");
    let source_scale = cells.scale();
    let text = cells.long_text("feedback_text");
    let created_at = cells.must_past("created_at");
    let draft = || {
        let (from_role, created_at) = (from_role?, created_at?);
        let data = RatingData {
            from_role,
            rating: rating?,
            source_scale,
            created_at,
        };
        let mut draft = Draft::new(RecordKey::Given(id?), Data::Rating(data));
        draft.reference = Some(Reference::Session { id: session? });
        draft.occurred_at = Some(created_at);
        let speaker = match from_role {
            SessionRole::Participant => Place::Person,
            SessionRole::Volunteer => Place::Other,
        };
        draft.text("feedback_text", "session_feedback", speaker, text);
        Some(draft)
    };
    let draft = draft();
    cells.end(draft)
}
