//! Older versions of payloads and how they are lifted to the next.
//!
//! A published version is never edited. When a payload must change, its type's
//! version in the list of events goes up, the old struct moves here, and a step
//! from it to the next version is added; old events are read for ever.

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::EventType;
use super::error::Defect;
use super::value::{Rate, RatingScale, SessionRole};

/// A step from one version of a type to the next.
pub(super) struct Upcaster {
    /// The type.
    pub(super) event_type: EventType,
    /// The version that it starts from.
    pub(super) from: u32,
    /// The schema of the old version's `data`.
    pub(super) schema: fn(&mut SchemaGenerator) -> Schema,
    read: fn(Value) -> Result<Value, Defect>,
    step: fn(&mut Value),
}

/// Every step. Between version 1 and the current version of a type there is
/// exactly one step for each version.
pub(super) const UPCASTERS: &[Upcaster] = &[Upcaster {
    event_type: EventType::KintellRatingCreated,
    from: 1,
    schema: RatingCreatedV1::json_schema,
    read: strict::<RatingCreatedV1>,
    step: |data| set(data, "sourceScale", json!(RatingScale::ZeroToOne)),
}];

/// The step of a type from a version, if the version is an old one.
pub(super) fn step_from(event_type: EventType, version: u32) -> Option<&'static Upcaster> {
    UPCASTERS
        .iter()
        .find(|upcaster| upcaster.event_type == event_type && upcaster.from == version)
}

/// Lifts `data` of a version to the current one, step by step.
pub(super) fn lift(event_type: EventType, version: u32, data: Value) -> Result<Value, Defect> {
    let Some(upcaster) = step_from(event_type, version) else {
        return Ok(data);
    };
    let mut data = (upcaster.read)(data)?;
    (upcaster.step)(&mut data);
    lift(event_type, version + 1, data)
}

/// Reads `data` by the old version's own rules: an old event gets no licence
/// to carry what its version had not.
fn strict<T: DeserializeOwned + Serialize>(data: Value) -> Result<Value, Defect> {
    let old: T = serde_path_to_error::deserialize(data).map_err(|error| Defect::new(&error))?;
    serde_json::to_value(old).map_err(|error| Defect::of(&error))
}

fn set(data: &mut Value, field: &str, value: Value) {
    if let Some(object) = data.as_object_mut() {
        object.insert(field.to_owned(), value);
    }
}

/// Someone rated a session. This version did not say what scale a rating was
/// given on; all of them were given from 0 to 1.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RatingCreatedV1 {
    /// The rating.
    rating_id: Uuid,
    /// The session rated.
    session_id: Uuid,
    /// Who rated.
    from_role: SessionRole,
    /// The rating from 0 to 1.
    rating: Rate,
    /// The vault's id of the text that came with the rating.
    #[serde(skip_serializing_if = "Option::is_none")]
    feedback_text_id: Option<Uuid>,
    /// When the rating was given.
    created_at: Timestamp,
}
