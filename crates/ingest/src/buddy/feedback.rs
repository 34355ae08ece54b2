//! Feedback of either side of a match.

use contracts::event::Payload;
use contracts::event::buddy::{FeedbackCategories, FeedbackSubmitted};
use contracts::event::value::{BuddyRole, Rate, RatingScale, ValueError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::sdg::{self, Activity, SdgTag};
use crate::record::cells::Cells;
use crate::record::draft::{Data, Draft, Place, RecordKey, Reference, Told};
use crate::sheet::row_error::RowError;

/// Feedback without its text; ratings from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedbackData {
    /// Who gave it.
    pub from_role: BuddyRole,
    /// The rating.
    pub rating: Rate,
    /// The scale that all ratings were given on.
    pub rating_scale: RatingScale,
    /// When it was given.
    pub submitted_at: Timestamp,
    /// How well they talk.
    pub communication: Option<Rate>,
    /// How much it helps.
    pub helpfulness: Option<Rate>,
    /// How much the other takes part.
    pub engagement: Option<Rate>,
    /// Goals that it serves.
    #[serde(default)]
    pub sdg: Vec<SdgTag>,
}

impl FeedbackData {
    #[expect(clippy::unnecessary_wraps, reason = "as the others")]
    pub(crate) fn announce(&self, told: &Told<'_>) -> Result<Vec<Payload>, ValueError> {
        let Some(match_id) = told.parent else {
            return Ok(Vec::new());
        };
        let any = self
            .communication
            .or(self.helpfulness)
            .or(self.engagement)
            .is_some();
        let categories = FeedbackCategories {
            communication: self.communication,
            helpfulness: self.helpfulness,
            engagement: self.engagement,
        };
        let submitted = FeedbackSubmitted {
            feedback_id: told.id,
            match_id,
            from_role: self.from_role,
            rating: self.rating,
            feedback_text_id: told.texts.get("feedback_text").copied(),
            submitted_at: self.submitted_at,
            categories: any.then_some(categories),
        };
        Ok(vec![submitted.into()])
    }
}

/// Maps a row. Without an id of its own, match, side and date tell feedback apart.
pub(crate) fn map(mut cells: Cells<'_>) -> Result<Draft, Vec<RowError>> {
    let id = cells.uuid("feedback_id");
    let match_id = cells.must_uuid("match_id");
    let from_role: Option<BuddyRole> = cells.must_word("from_role");
    let rating = cells.must_rating("rating");
    let text = cells.long_text("feedback_text");
    let submitted_at = cells.must_past("submitted_at");
    let communication = cells.rating("communication");
    let helpfulness = cells.rating("helpfulness");
    let engagement = cells.rating("engagement");
    let rating_scale = cells.scale();
    let draft = || {
        let (match_id, from_role, submitted_at) = (match_id?, from_role?, submitted_at?);
        let key = match id {
            Some(id) => RecordKey::Given(id),
            None => RecordKey::Natural(vec![
                match_id.clone(),
                from_role.as_str().to_owned(),
                submitted_at.to_string(),
            ]),
        };
        let data = FeedbackData {
            from_role,
            rating: rating?,
            rating_scale,
            submitted_at,
            communication,
            helpfulness,
            engagement,
            sdg: sdg::tags(&[Activity::Feedback], text.as_deref()),
        };
        let mut draft = Draft::new(key, Data::Feedback(data));
        draft.reference = Some(Reference::Match {
            id: match_id,
            gives_people: true,
        });
        draft.occurred_at = Some(submitted_at);
        let speaker = match from_role {
            BuddyRole::Participant => Place::Person,
            BuddyRole::Buddy => Place::Other,
        };
        draft.text("feedback_text", "buddy_feedback", speaker, text);
        Some(draft)
    };
    let draft = draft();
    cells.end(draft)
}
