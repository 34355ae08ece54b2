//! The wire form of events: CloudEvents 1.0 in JSON, structured mode.
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::EventError;

/// The version of CloudEvents that is spoken.
pub(super) const SPEC_VERSION: &str = "1.0";
/// The media type of `data`.
pub(super) const CONTENT_TYPE: &str = "application/json";
/// What a source looks like, for readers of the schema.
pub(super) const SOURCE_PATTERN: &str = r"^(/[A-Za-z0-9._:-]+)+$";
/// The most characters of a source.
pub(super) const SOURCE_LENGTH: usize = 256;

/// An event as it is sent, with nothing checked but names and types.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Envelope<D> {
    /// The version of CloudEvents.
    pub(super) specversion: String,
    /// The event: a UUID v7, by which receivers know what they have seen.
    pub(super) id: Uuid,
    /// Where what the event says came from, as a path of ids and names.
    pub(super) source: String,
    /// The type.
    pub(super) r#type: String,
    /// The ordering key, out of `data`.
    pub(super) subject: String,
    /// When the event was made.
    pub(super) time: Timestamp,
    /// The media type of `data`.
    pub(super) datacontenttype: String,
    /// The type and version of `data`.
    pub(super) dataschema: String,
    /// The company that the event belongs to.
    pub(super) companyid: Uuid,
    /// What began it all: shared by every event that follows from one request.
    pub(super) correlationid: Uuid,
    /// The event that this one follows from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) causationid: Option<Uuid>,
    /// What the event says.
    pub(super) data: D,
}

/// Checks the attributes that have the same value or form in every event.
pub(super) fn check_constants<D>(envelope: &Envelope<D>) -> Result<(), EventError> {
    ensure(
        envelope.specversion == SPEC_VERSION,
        "specversion",
        "must be 1.0",
    )?;
    ensure(
        envelope.datacontenttype == CONTENT_TYPE,
        "datacontenttype",
        "must be application/json",
    )
}

/// Checks an event's id: v7, so that ids sort by time.
pub(super) fn check_id(id: Uuid) -> Result<(), EventError> {
    ensure(id.get_version_num() == 7, "id", "must be a UUID v7")
}

/// Checks a source: a path of ids and plain names, so that no address and no
/// name of a person fits in.
pub(super) fn check_source(source: &str) -> Result<(), EventError> {
    let plain = |segment: &str| {
        !segment.is_empty()
            && segment
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b))
    };
    let path = source
        .strip_prefix('/')
        .is_some_and(|rest| rest.split('/').all(plain));
    ensure(
        path && source.len() <= SOURCE_LENGTH,
        "source",
        "must be a path of ids and plain names, at most 256 characters",
    )
}

/// Checks that the subject is the payload's.
pub(super) fn check_subject(said: &str, own: &str) -> Result<(), EventError> {
    ensure(said == own, "subject", "must be the subject of data")
}

fn ensure(holds: bool, attribute: &'static str, rule: &'static str) -> Result<(), EventError> {
    if holds {
        Ok(())
    } else {
        Err(EventError::Envelope { attribute, rule })
    }
}
