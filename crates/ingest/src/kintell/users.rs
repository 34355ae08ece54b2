//! The export of people known to Kintell.

use contracts::event::Payload;
use contracts::event::value::{Label, SessionRole, ValueError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::field::{self, Fault};
use crate::record::cells::Cells;
use crate::record::draft::{Data, Draft, Identity, Place, RecordKey, Told};
use crate::sheet::row_error::{ErrorCode, RowError};

/// What is kept of a person beside their address; name and profile link are in the vault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KintellUserData {
    /// What the role that they joined in is to a session.
    pub role: Option<SessionRole>,
    /// The role in Kintell's word.
    pub role_when_joined: Option<Label<50>>,
    /// Whether Kintell has verified them, in Kintell's word.
    pub verification_status: Option<Label<50>>,
    /// Whether they have access, in Kintell's word.
    pub grant_access: Option<Label<50>>,
    /// When they joined.
    pub joined_kg_at: Option<Timestamp>,
}

impl KintellUserData {
    /// Nobody is told of people: whoever takes part is known by what they do.
    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "as the others"
    )]
    pub(crate) fn announce(&self, _: &Told<'_>) -> Result<Vec<Payload>, ValueError> {
        Ok(Vec::new())
    }
}

/// Maps a row.
pub(crate) fn map(mut cells: Cells<'_>) -> Result<Draft, Vec<RowError>> {
    let email = cells.must("email", field::email);
    let name = cells.short_text("name");
    let linkedin_url = cells.url("linkedin_url");
    let role = cells.maybe("role_when_joined", role);
    let role_when_joined = cells.label("role_when_joined");
    let verification_status = cells.label("verification_status");
    let grant_access = cells.label("grant_access");
    let joined_kg_at = cells.english_day("joined_kg_at");
    let draft = || {
        let email = email?;
        let data = KintellUserData {
            role,
            role_when_joined,
            verification_status,
            grant_access,
            joined_kg_at,
        };
        let mut draft = Draft::new(
            RecordKey::Natural(vec![email.clone()]),
            Data::KintellUser(data),
        );
        draft.identity = Some(Identity {
            id: None,
            email,
            name: name.clone(),
        });
        draft.occurred_at = joined_kg_at;
        draft.text("name", "person_name", Place::Person, name);
        draft.text("linkedin_url", "person_link", Place::Person, linkedin_url);
        Some(draft)
    };
    let draft = draft();
    cells.end(draft)
}

/// Those who help are volunteers, those who are helped participants.
fn role(text: &str) -> Result<SessionRole, Fault> {
    match text.to_lowercase().as_str() {
        "advisor" | "adviser" | "mentor" | "tutor" | "volunteer" => Ok(SessionRole::Volunteer),
        "learner" | "mentee" | "student" | "participant" => Ok(SessionRole::Participant),
        _ => Err(Fault::new(
            ErrorCode::Choice,
            "The role is none of advisor, mentor, tutor, learner, mentee, student",
        )),
    }
}
