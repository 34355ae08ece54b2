//! Milestones of the buddy programme.

use contracts::event::Payload;
use contracts::event::buddy::{MilestoneContext, MilestoneProgress, MilestoneReached};
use contracts::event::value::{
    Count, Label, MilestoneAudience, MilestoneCategory, PositiveInt, ValueError,
};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::sdg::{self, Activity, SdgTag};
use crate::kintell::field::Fault;
use crate::record::cells::Cells;
use crate::record::draft::{Data, Draft, Place, RecordKey, Told};
use crate::sheet::row_error::{ErrorCode, RowError};

/// Members of the metadata that have a place of their own.
const CONTEXT: [&str; 3] = ["isFirstTime", "streakCount", "relatedEntities"];

/// A milestone reached, without its person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MilestoneData {
    /// The milestone's number in the catalogue.
    pub milestone_id: PositiveInt,
    /// The milestone's name in the catalogue.
    pub milestone_title: Label<100>,
    /// What the milestone belongs to.
    pub milestone_category: MilestoneCategory,
    /// When it was reached.
    pub reached_at: Timestamp,
    /// Points that the programme gives for it.
    pub points: Count,
    /// The badge's icon in the catalogue.
    pub badge_icon: Option<Label<50>>,
    /// Whom the milestone is meant for.
    pub target_role: Option<MilestoneAudience>,
    /// The way there.
    pub progress: Option<MilestoneProgress>,
    /// What else is known; members that have no name here are in the vault.
    pub metadata: Option<MilestoneContext>,
    /// Goals that it serves.
    #[serde(default)]
    pub sdg: Vec<SdgTag>,
}

impl MilestoneData {
    #[expect(clippy::unnecessary_wraps, reason = "as the others")]
    pub(crate) fn announce(&self, told: &Told<'_>) -> Result<Vec<Payload>, ValueError> {
        let Some(user_id) = told.person else {
            return Ok(Vec::new());
        };
        let reached = MilestoneReached {
            milestone_id: self.milestone_id,
            user_id,
            milestone_title: self.milestone_title.clone(),
            milestone_category: self.milestone_category,
            reached_at: self.reached_at,
            points: self.points,
            badge_icon: self.badge_icon.clone(),
            target_role: self.target_role,
            progress: self.progress.clone(),
            metadata: self.metadata.clone(),
        };
        Ok(vec![reached.into()])
    }
}

/// Maps a row. The number is that of the catalogue, so that person, number and time tell rows apart.
pub(crate) fn map(mut cells: Cells<'_>) -> Result<Draft, Vec<RowError>> {
    let milestone_id = cells.must_positive("milestone_id");
    let person = cells.must_buddy("user_id", Place::Person);
    let title: Option<Label<100>> = cells.must_label("milestone_title");
    let category = cells.must_word("milestone_category");
    let reached_at = cells.must_past("reached_at");
    let points = cells.must_count("points");
    let badge_icon = cells.label("badge_icon");
    let target_role = cells.word("target_role");
    let progress = progress(&mut cells);
    let (metadata, rest) = metadata(&mut cells);
    let draft = || {
        let (milestone_id, person, reached_at) = (milestone_id?, person?, reached_at?);
        let title = title?;
        let key = RecordKey::Natural(vec![
            person.value.clone(),
            milestone_id.get().to_string(),
            reached_at.to_string(),
        ]);
        let data = MilestoneData {
            milestone_id,
            sdg: sdg::tags(&[Activity::Milestone], [title.as_str()]),
            milestone_title: title,
            milestone_category: category?,
            reached_at,
            points: points?,
            badge_icon,
            target_role,
            progress,
            metadata,
        };
        let mut draft = Draft::new(key, Data::Milestone(data));
        draft.people = vec![person];
        draft.occurred_at = Some(reached_at);
        draft.text("metadata", "milestone_metadata", Place::Person, rest);
        Some(draft)
    };
    let draft = draft();
    cells.end(draft)
}

fn progress(cells: &mut Cells<'_>) -> Option<MilestoneProgress> {
    let members = camel(cells.json("progress")?);
    let progress: Option<MilestoneProgress> = read(members);
    let fits = progress
        .as_ref()
        .is_some_and(|progress| progress.current_step.get() <= progress.total_steps.get());
    if !fits {
        let reason =
            "The progress is no object of currentStep, totalSteps and completedSteps that fit";
        cells.refuse("progress", Fault::new(ErrorCode::Json, reason));
    }
    progress
}

/// The members that have a name here, and all of them as text if there are others.
fn metadata(cells: &mut Cells<'_>) -> (Option<MilestoneContext>, Option<String>) {
    let Some(members) = cells.json("metadata").map(camel) else {
        return (None, None);
    };
    let whole = Value::Object(members.clone()).to_string();
    let (known, others): (Map<_, _>, Map<_, _>) = members
        .into_iter()
        .partition(|(name, _)| CONTEXT.contains(&name.as_str()));
    let any = !known.is_empty();
    let context: Option<MilestoneContext> = any.then(|| read(known)).flatten();
    let misread = any && context.is_none();
    (context, (misread || !others.is_empty()).then_some(whole))
}

fn read<T: DeserializeOwned>(members: Map<String, Value>) -> Option<T> {
    serde_json::from_value(Value::Object(members)).ok()
}

/// Members by their names in camel case, and numbers in lists of names as texts.
fn camel(members: Map<String, Value>) -> Map<String, Value> {
    let name = |name: String| {
        let mut camel = String::with_capacity(name.len());
        let mut raise = false;
        for c in name.chars() {
            match c {
                '_' => raise = true,
                c if raise => {
                    camel.extend(c.to_uppercase());
                    raise = false;
                }
                c => camel.push(c),
            }
        }
        camel
    };
    let plain = |value: Value| match value {
        Value::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Value::Number(number) => Value::String(number.to_string()),
                other => other,
            })
            .collect(),
        other => other,
    };
    members
        .into_iter()
        .map(|(key, value)| (name(key), plain(value)))
        .collect()
}
