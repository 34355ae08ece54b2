//! Credentials that providers issued. Number, link and code lead to a person, so that they are in the vault.

use contracts::event::Payload;
use contracts::event::upskilling::CredentialIssued;
use contracts::event::value::{CredentialKind, ExternalRef, Label, Slug, ValueError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::completions::course_id;
use super::provider;
use crate::kintell::field;
use crate::record::cells::Cells;
use crate::record::draft::{Data, Draft, Place, RecordKey, Told};
use crate::sheet::row_error::RowError;

/// Characters of a credential's number.
const NUMBER: usize = 255;

/// A credential without its holder, number, link and code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialData {
    /// The course provider.
    pub provider: Slug,
    /// The provider's id of the course.
    pub course_id: ExternalRef,
    /// The course's name.
    pub course_name: Label<255>,
    /// What was issued.
    pub credential_type: CredentialKind,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

impl CredentialData {
    #[expect(clippy::unnecessary_wraps, reason = "as the others")]
    pub(crate) fn announce(&self, told: &Told<'_>) -> Result<Vec<Payload>, ValueError> {
        let Some(user_id) = told.person else {
            return Ok(Vec::new());
        };
        let issued = CredentialIssued {
            credential_id: told.id,
            user_id,
            provider: self.provider.clone(),
            course_id: self.course_id.clone(),
            course_name: self.course_name.clone(),
            credential_type: self.credential_type,
            issued_at: self.issued_at,
            expires_at: self.expires_at,
            credential_url_text_id: told.texts.get("credential_url").copied(),
            verification_code_text_id: told.texts.get("verification_code").copied(),
        };
        Ok(vec![issued.into()])
    }
}

/// Maps a row; provider and number tell credentials apart.
pub(crate) fn map(mut cells: Cells<'_>) -> Result<Draft, Vec<RowError>> {
    let number = cells.must("credential_id", |text| field::short_text(text, NUMBER));
    let person = cells.must_email("user_email", Place::Person);
    let slug = cells.must("provider", provider);
    let course = cells.must("course_id", course_id);
    let course_name = cells.must_label("course_name");
    let credential_type = cells.must_word("credential_type");
    let issued_at = cells.must_past("issued_at");
    let expires_at = cells.instant("expires_at");
    cells.order(
        "expires_at",
        issued_at,
        expires_at,
        "The credential ends before it was issued",
    );
    let url = cells.url("credential_url");
    let code = cells.short_text("verification_code");
    let draft = || {
        let (number, slug, issued_at) = (number?, slug?, issued_at?);
        let key = RecordKey::Natural(vec![slug.as_str().to_owned(), number.clone()]);
        let data = CredentialData {
            provider: slug,
            course_id: course?,
            course_name: course_name?,
            credential_type: credential_type?,
            issued_at,
            expires_at,
        };
        let mut draft = Draft::new(key, Data::Credential(data));
        draft.people = vec![person?];
        draft.occurred_at = Some(issued_at);
        let place = Place::Person;
        draft.text("credential_id", "credential_number", place, Some(number));
        draft.text("credential_url", "credential_url", place, url);
        draft.text("verification_code", "credential_code", place, code);
        Some(draft)
    };
    let draft = draft();
    cells.end(draft)
}
