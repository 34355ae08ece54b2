//! Courses: enrolled, under way, completed or given up.

use contracts::event::Payload;
use contracts::event::upskilling::{CourseCompleted, ProgressUpdated};
use contracts::event::value::{
    CourseStatus, ExternalRef, Label, Percent, Slug, ValueError, WholePercent,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::provider;
use crate::kintell::field::Fault;
use crate::record::cells::Cells;
use crate::record::draft::{Data, Draft, Place, RecordKey, Told};
use crate::sheet::row_error::{ErrorCode, RowError};

/// A learner's place in a course, without the learner and the credential's number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompletionData {
    /// The course provider.
    pub provider: Slug,
    /// The provider's id of the course.
    pub course_id: ExternalRef,
    /// The course's name.
    pub course_name: Label<255>,
    /// How the learner stands.
    pub status: CourseStatus,
    /// How far, in whole per cent.
    pub progress_percent: WholePercent,
    /// When they began.
    pub started_at: Option<Timestamp>,
    /// When they completed it.
    pub completed_at: Option<Timestamp>,
    /// When that became so.
    pub updated_at: Timestamp,
    /// The final score in per cent.
    pub final_score: Option<Percent>,
}

impl CompletionData {
    #[expect(clippy::unnecessary_wraps, reason = "as the others")]
    pub(crate) fn announce(&self, told: &Told<'_>) -> Result<Vec<Payload>, ValueError> {
        let Some(user_id) = told.person else {
            return Ok(Vec::new());
        };
        let progress = ProgressUpdated {
            progress_id: told.id,
            user_id,
            provider: self.provider.clone(),
            course_id: self.course_id.clone(),
            course_name: self.course_name.clone(),
            progress_percent: self.progress_percent,
            status: self.status,
            updated_at: self.updated_at,
        };
        let mut payloads = vec![progress.into()];
        if let (CourseStatus::Completed, Some(completed_at)) = (self.status, self.completed_at) {
            let completed = CourseCompleted {
                progress_id: told.id,
                user_id,
                provider: self.provider.clone(),
                course_id: self.course_id.clone(),
                course_name: self.course_name.clone(),
                completed_at,
                final_score: self.final_score,
                credential_ref_text_id: told.texts.get("credential_ref").copied(),
                program_id: None,
                campaign_id: None,
                beneficiary_group_id: None,
            };
            payloads.push(completed.into());
        }
        Ok(payloads)
    }
}

/// Maps a row: learner, provider and course tell places apart. A file of completions says nothing of the status.
pub(crate) fn map(mut cells: Cells<'_>) -> Result<Draft, Vec<RowError>> {
    let person = cells.must_email("user_email", Place::Person);
    let credential_ref = cells.short_text("credential_ref");
    let data = data(&mut cells);
    let draft = || {
        let (person, data) = (person?, data?);
        let key = RecordKey::Natural(vec![
            person.value.clone(),
            data.provider.as_str().to_owned(),
            data.course_id.as_str().to_owned(),
        ]);
        let occurred_at = data.completed_at.unwrap_or(data.updated_at);
        let mut draft = Draft::new(key, Data::Completion(data));
        draft.people = vec![person];
        draft.occurred_at = Some(occurred_at);
        draft.text(
            "credential_ref",
            "credential_ref",
            Place::Person,
            credential_ref,
        );
        Some(draft)
    };
    let draft = draft();
    cells.end(draft)
}

fn data(cells: &mut Cells<'_>) -> Option<CompletionData> {
    let slug = cells.must("provider", provider);
    let course_id = cells.must("course_id", course_id);
    let course_name = cells.must_label("course_name");
    let said: Option<CourseStatus> = cells.word("status");
    let completed_at = cells.past("completed_at");
    let started_at = cells.past("started_at");
    let updated_at = cells.past("updated_at");
    let percent = cells.integer("progress_percent");
    let final_score = cells.decimal("final_score");
    cells.order(
        "completed_at",
        started_at,
        completed_at,
        "The course was completed before it was begun",
    );
    let status = said.unwrap_or(CourseStatus::Completed);
    let needed = if status == CourseStatus::Completed {
        "completed_at"
    } else {
        "updated_at"
    };
    let told = cells.has(needed) || (said.is_some() && cells.has("updated_at"));
    if !told {
        let fault = Fault::new(ErrorCode::MissingField, "The field is empty");
        cells.refuse(needed, fault);
    }
    let percent = match status {
        CourseStatus::Completed => 100,
        _ => percent.unwrap_or(0),
    };
    Some(CompletionData {
        status,
        progress_percent: WholePercent::new(percent).ok()?,
        started_at,
        completed_at: completed_at.or(updated_at.filter(|_| status == CourseStatus::Completed)),
        updated_at: updated_at.or(completed_at)?,
        final_score: final_score.and_then(|score| Percent::new(score).ok()),
        provider: slug?,
        course_id: course_id?,
        course_name: course_name?,
    })
}

/// The provider's id of a course.
pub(super) fn course_id(text: &str) -> Result<ExternalRef, Fault> {
    ExternalRef::new(text)
        .map_err(|error| Fault::new(ErrorCode::Identifier, format!("The course's id {error}")))
}
