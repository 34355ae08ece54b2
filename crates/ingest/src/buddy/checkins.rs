//! Check-ins of matches.

use std::collections::BTreeMap;

use contracts::event::Payload;
use contracts::event::buddy::CheckinCompleted;
use contracts::event::value::{CheckinMood, FieldName, ValueError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::sdg::{self, Activity, SdgTag};
use crate::kintell::field::Fault;
use crate::record::cells::Cells;
use crate::record::draft::{Data, Draft, Place, RecordKey, Reference, Told};
use crate::sheet::row_error::{ErrorCode, RowError};

/// The most questions that one check-in may answer.
const QUESTIONS: usize = 50;

/// What names of answers begin with among a record's texts.
const ANSWER: &str = "question_responses.";

/// A check-in without its texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckinData {
    /// When they checked in.
    pub checkin_date: Timestamp,
    /// How they feel.
    pub mood: Option<CheckinMood>,
    /// Names of the questions answered; the answers are texts.
    #[serde(default)]
    pub questions: Vec<FieldName>,
    /// Goals that it serves.
    #[serde(default)]
    pub sdg: Vec<SdgTag>,
}

impl CheckinData {
    #[expect(clippy::unnecessary_wraps, reason = "as the others")]
    pub(crate) fn announce(&self, told: &Told<'_>) -> Result<Vec<Payload>, ValueError> {
        let Some(match_id) = told.parent else {
            return Ok(Vec::new());
        };
        let answer = |name: &FieldName| {
            let id = told.texts.get(&format!("{ANSWER}{}", name.as_str()))?;
            Some((name.clone(), *id))
        };
        let completed = CheckinCompleted {
            checkin_id: told.id,
            match_id,
            checkin_date: self.checkin_date,
            mood: self.mood,
            notes_text_id: told.texts.get("notes").copied(),
            question_response_text_ids: self
                .questions
                .iter()
                .filter_map(answer)
                .collect::<BTreeMap<_, _>>(),
        };
        Ok(vec![completed.into()])
    }
}

/// Maps a row. Without an id of its own, match and date tell check-ins apart.
pub(crate) fn map(mut cells: Cells<'_>) -> Result<Draft, Vec<RowError>> {
    let id = cells.uuid("checkin_id");
    let match_id = cells.must_uuid("match_id");
    let checkin_date = cells.must_past("checkin_date");
    let mood = cells.word("mood");
    let notes = cells.long_text("notes");
    let responses = cells.json("question_responses").unwrap_or_default();
    let answers = answers(&responses);
    if answers.len() > QUESTIONS {
        let reason = format!("More than {QUESTIONS} questions are answered");
        cells.refuse("question_responses", Fault::new(ErrorCode::Json, reason));
    }
    let draft = || {
        let (match_id, checkin_date) = (match_id?, checkin_date?);
        let key = match id {
            Some(id) => RecordKey::Given(id),
            None => RecordKey::Natural(vec![match_id.clone(), checkin_date.to_string()]),
        };
        let texts = answers.iter().map(|(_, text)| text.as_str());
        let data = CheckinData {
            checkin_date,
            mood,
            questions: answers.iter().map(|(name, _)| name.clone()).collect(),
            sdg: sdg::tags(&[Activity::Checkin], texts.chain(notes.as_deref())),
        };
        let mut draft = Draft::new(key, Data::Checkin(data));
        draft.reference = Some(Reference::Match {
            id: match_id,
            gives_people: true,
        });
        draft.occurred_at = Some(checkin_date);
        draft.text("notes", "checkin_note", Place::Person, notes);
        for (name, text) in answers {
            let name = format!("{ANSWER}{}", name.as_str());
            draft.text(name, "checkin_answer", Place::Person, Some(text));
        }
        Some(draft)
    };
    let draft = draft();
    cells.end(draft)
}

/// Each answer as text, by a name for its question. A question that is no plain name is numbered, and stays with its
/// answer.
fn answers(responses: &Map<String, Value>) -> Vec<(FieldName, String)> {
    let mut answers = Vec::new();
    for (index, (question, answer)) in responses.iter().enumerate() {
        let answer = match answer {
            Value::Null => continue,
            Value::String(text) if text.trim().is_empty() => continue,
            Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        if let Ok(name) = FieldName::new(question.as_str()) {
            answers.push((name, answer));
        } else {
            let name = FieldName::new(format!("question_{}", index + 1));
            answers.extend(
                name.ok()
                    .map(|name| (name, format!("{question}\n{answer}"))),
            );
        }
    }
    answers
}
