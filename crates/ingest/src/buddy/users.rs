//! People known to the buddy system.

use contracts::event::Payload;
use contracts::event::value::{BuddyRole, Label, ValueError};
use jiff::Timestamp;
use platform::vault::IdentifierKind;
use serde::{Deserialize, Serialize};

use crate::kintell::field;
use crate::record::cells::Cells;
use crate::record::draft::{Data, Draft, Identity, Place, RecordKey, Told};
use crate::sheet::row_error::RowError;

/// What is kept of a person beside their identifiers; names and place are in the vault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuddyUserData {
    /// Participant or buddy.
    pub role: BuddyRole,
    /// When they joined.
    pub joined_at: Option<Timestamp>,
    /// The language they like to speak.
    pub language_preference: Option<Label<50>>,
    /// What they like.
    #[serde(default)]
    pub interests: Vec<Label<50>>,
}

impl BuddyUserData {
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
    let id = cells.must_uuid("id");
    let email = cells.must("email", field::email);
    let first_name = cells.short_text("first_name");
    let last_name = cells.short_text("last_name");
    let role = cells.must_word("role");
    let joined_at = cells.past("joined_at");
    let language_preference = cells.label("language_preference");
    let interests = cells.labels("interests");
    let location = cells.short_text("location");
    let draft = || {
        let (id, email) = (id?, email?);
        let data = BuddyUserData {
            role: role?,
            joined_at,
            language_preference,
            interests,
        };
        // The id leads to a person, so that it is not kept in clear.
        let mut draft = Draft::new(RecordKey::Natural(vec![id.clone()]), Data::BuddyUser(data));
        let names = [first_name.as_deref(), last_name.as_deref()];
        let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        draft.identity = Some(Identity {
            id: Some((IdentifierKind::Buddy, id)),
            email,
            name: (!name.is_empty()).then_some(name),
        });
        draft.occurred_at = joined_at;
        draft.text("first_name", "person_name", Place::Person, first_name);
        draft.text("last_name", "person_name", Place::Person, last_name);
        draft.text("location", "person_location", Place::Person, location);
        Some(draft)
    };
    let draft = draft();
    cells.end(draft)
}
