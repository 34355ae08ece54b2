//! Sessions in which one taught the other a skill.

use contracts::event::Payload;
use contracts::event::buddy::{SkillShareCompleted, SkillShareFeedback};
use contracts::event::value::{
    Label, LearnerProgress, List, MeetingFormat, PositiveInt, Proficiency, Rate, RatingScale,
    SdgGoal, ValueError,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::sdg::{self, Activity, SdgTag};
use crate::record::cells::Cells;
use crate::record::draft::{Data, Draft, Place, RecordKey, Reference, Told};
use crate::sheet::row_error::RowError;

/// A skill session without its people and comments; ratings from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkillSessionData {
    /// The skill's number in the catalogue.
    pub skill_id: PositiveInt,
    /// The skill's name in the catalogue.
    pub skill_name: Label<100>,
    /// The skill's category in the catalogue.
    pub skill_category: Option<Label<50>>,
    /// When it was over.
    pub completed_at: Timestamp,
    /// When it was to begin.
    pub scheduled_at: Option<Timestamp>,
    /// How long it took, in minutes.
    pub duration_minutes: Option<PositiveInt>,
    /// Where they met.
    pub format: Option<MeetingFormat>,
    /// How well the teacher masters the skill.
    pub proficiency_level: Option<Proficiency>,
    /// The teacher's rating.
    pub teacher_rating: Option<Rate>,
    /// The learner's rating.
    pub learner_rating: Option<Rate>,
    /// The scale of both.
    pub rating_scale: Option<RatingScale>,
    /// How far the learner came.
    pub learner_progress: Option<LearnerProgress>,
    /// Goals as the source says.
    #[serde(default)]
    pub sdg_goals: Vec<SdgGoal>,
    /// Points that the programme gives for it.
    pub valuation_points: Option<PositiveInt>,
    /// Goals by the tagging rules.
    #[serde(default)]
    pub sdg: Vec<SdgTag>,
}

impl SkillSessionData {
    fn feedback(&self, told: &Told<'_>) -> Option<SkillShareFeedback> {
        let feedback = SkillShareFeedback {
            teacher_rating: self.teacher_rating,
            learner_rating: self.learner_rating,
            teacher_comment_text_id: told.texts.get("teacher_comment").copied(),
            learner_comment_text_id: told.texts.get("learner_comment").copied(),
            learner_progress: self.learner_progress,
        };
        let any = feedback.teacher_rating.is_some()
            || feedback.learner_rating.is_some()
            || feedback.teacher_comment_text_id.is_some()
            || feedback.learner_comment_text_id.is_some()
            || feedback.learner_progress.is_some();
        any.then_some(feedback)
    }

    pub(crate) fn announce(&self, told: &Told<'_>) -> Result<Vec<Payload>, ValueError> {
        let (Some(learner_id), Some(teacher_id)) = (told.person, told.other) else {
            return Ok(Vec::new());
        };
        let goals = if self.sdg_goals.is_empty() {
            sdg::goals(&self.sdg)
        } else {
            self.sdg_goals.clone()
        };
        let completed = SkillShareCompleted {
            session_id: told.id,
            skill_id: self.skill_id,
            skill_name: self.skill_name.clone(),
            skill_category: self.skill_category.clone(),
            teacher_id,
            learner_id,
            match_id: told.parent,
            completed_at: self.completed_at,
            scheduled_at: self.scheduled_at,
            duration_minutes: self.duration_minutes,
            format: self.format,
            proficiency_level: self.proficiency_level,
            feedback: self.feedback(told),
            sdg_goals: List::new(goals)?,
            valuation_points: self.valuation_points,
        };
        Ok(vec![completed.into()])
    }
}

/// Maps a row: it is about the learner, and the teacher is the other side.
pub(crate) fn map(mut cells: Cells<'_>) -> Result<Draft, Vec<RowError>> {
    let id = cells.must_uuid("session_id");
    let learner = cells.must_buddy("learner_id", Place::Person);
    let teacher = cells.must_buddy("teacher_id", Place::Other);
    let match_id = cells.uuid("match_id");
    let teacher_comment = cells.long_text("teacher_comment");
    let learner_comment = cells.long_text("learner_comment");
    let data = data(&mut cells);
    let draft = || {
        let data = data?;
        let occurred_at = data.completed_at;
        let mut draft = Draft::new(RecordKey::Given(id?), Data::SkillSession(data));
        draft.people = vec![learner?, teacher?];
        draft.reference = match_id.map(|id| Reference::Match {
            id,
            gives_people: false,
        });
        draft.occurred_at = Some(occurred_at);
        draft.text(
            "teacher_comment",
            "skill_comment",
            Place::Other,
            teacher_comment,
        );
        draft.text(
            "learner_comment",
            "skill_comment",
            Place::Person,
            learner_comment,
        );
        Some(draft)
    };
    let draft = draft();
    cells.end(draft)
}

fn data(cells: &mut Cells<'_>) -> Option<SkillSessionData> {
    let skill_id = cells.must_positive("skill_id");
    let skill_name: Option<Label<100>> = cells.must_label("skill_name");
    let skill_category: Option<Label<50>> = cells.label("skill_category");
    let completed_at = cells.must_past("completed_at");
    let scheduled_at = cells.instant("scheduled_at");
    cells.order(
        "completed_at",
        scheduled_at,
        completed_at,
        "The session was completed before it was scheduled",
    );
    let teacher_rating = cells.rating("teacher_rating");
    let learner_rating = cells.rating("learner_rating");
    let texts = [
        skill_name.as_ref().map(Label::as_str),
        skill_category.as_ref().map(Label::as_str),
    ];
    let sdg = sdg::tags(&[Activity::SkillShare], texts.into_iter().flatten());
    Some(SkillSessionData {
        skill_category,
        scheduled_at,
        duration_minutes: cells.positive("duration_minutes"),
        format: cells.word("format"),
        proficiency_level: cells.word("proficiency_level"),
        teacher_rating,
        learner_rating,
        rating_scale: teacher_rating.or(learner_rating).map(|_| cells.scale()),
        learner_progress: cells.word("learner_progress"),
        sdg_goals: cells.goals("sdg_goals"),
        valuation_points: cells.positive("valuation_points"),
        sdg,
        skill_id: skill_id?,
        skill_name: skill_name?,
        completed_at: completed_at?,
    })
}
