//! Events: what the crates tell each other.
//!
//! An [`Event`] is a CloudEvents 1.0 envelope around a typed [`Payload`]. It is
//! checked when it is made and again when it is received: unknown fields,
//! unknown versions and values out of range are refused on both sides.
//!
//! Events carry ids, numbers, times, words of closed vocabularies and names of
//! catalogues. Raw text and anything that leads to a person (names, addresses,
//! links, ids at other systems) stays in the vault; where the domain knows such
//! a field, the payload has the vault's id of it, named `…TextId`.
//!
//! ```
//! use contracts::event::{Event, NewEvent, insight::FiguresUpdated};
//! use contracts::event::value::{List, PeriodKey};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let id = "0190b6a0-0000-7000-8000-000000000001".parse()?;
//! let company = "0190b6a0-0000-7000-8000-000000000002".parse()?;
//! let now = "2026-03-01T12:00:00Z".parse()?;
//! let figures = FiguresUpdated {
//!     periods: List::new(vec![PeriodKey::new("2026-Q1")?])?,
//!     updated_at: now,
//! };
//! let event = NewEvent::new(figures, "/insight/metrics").into_event(id, now, company, id)?;
//! let received = Event::from_json(event.to_json()?.as_bytes())?;
//! assert_eq!(received, event);
//! # Ok(())
//! # }
//! ```

pub mod buddy;
pub mod catalogue;
mod contract;
mod envelope;
mod error;
pub mod identity;
pub mod ingest;
pub mod insight;
pub mod kintell;
pub mod orchestration;
mod payload;
pub mod profile;
pub mod safety;
mod upcast;
pub mod upskilling;
pub mod value;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

pub use error::EventError;
pub use payload::{EventType, Payload};

use envelope::Envelope;
use error::Defect;

/// An event that was checked. It can be read freely and made only by
/// [`Event::new`], [`NewEvent::into_event`] and the `from_` functions.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// A UUID v7, by which receivers know what they have seen.
    pub id: Uuid,
    /// Where what it says came from: a path such as
    /// `/ingest/imports/<import uuid>/rows/<line>`.
    pub source: String,
    /// When it was made.
    pub time: Timestamp,
    /// The company that it belongs to.
    pub company: Uuid,
    /// What began it all: shared by every event that follows from one request.
    pub correlation: Uuid,
    /// The event that this one follows from.
    pub causation: Option<Uuid>,
    /// What it says.
    pub payload: Payload,
}

/// What a producer hands over; the platform adds id, time, company and
/// correlation.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// What the event says.
    pub payload: Payload,
    /// Where that came from; see [`Event::source`].
    pub source: String,
    /// The event that this one follows from.
    pub causation: Option<Uuid>,
}

impl NewEvent {
    /// An event that no other event caused.
    #[must_use]
    pub fn new(payload: impl Into<Payload>, source: impl Into<String>) -> Self {
        Self {
            payload: payload.into(),
            source: source.into(),
            causation: None,
        }
    }

    /// The same event, as a consequence of another.
    #[must_use]
    pub fn caused_by(self, cause: &Event) -> Self {
        Self {
            causation: Some(cause.id),
            ..self
        }
    }

    /// Completes and checks the event.
    pub fn into_event(
        self,
        id: Uuid,
        time: Timestamp,
        company: Uuid,
        correlation: Uuid,
    ) -> Result<Event, EventError> {
        Event::new(self, id, time, company, correlation)
    }
}

impl Event {
    /// Makes an event; an error when its id is no UUID v7, its source no plain
    /// path, or its payload's fields contradict each other.
    pub fn new(
        new: NewEvent,
        id: Uuid,
        time: Timestamp,
        company: Uuid,
        correlation: Uuid,
    ) -> Result<Self, EventError> {
        envelope::check_id(id)?;
        envelope::check_source(&new.source)?;
        new.payload.check()?;
        let NewEvent {
            payload,
            source,
            causation,
        } = new;
        Ok(Self {
            id,
            source,
            time,
            company,
            correlation,
            causation,
            payload,
        })
    }

    /// The name of the type.
    #[must_use]
    pub const fn event_type(&self) -> EventType {
        self.payload.event_type()
    }

    /// The ordering key: events of one subject are consumed in order.
    #[must_use]
    pub fn subject(&self) -> String {
        self.payload.subject()
    }

    /// Reads an event of any published version, strictly; an older one comes
    /// out in the current version.
    pub fn from_json(json: &[u8]) -> Result<Self, EventError> {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let envelope: Envelope<Value> = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| Defect::new(&error).within(""))?;
        reader
            .end()
            .map_err(|error| Defect::of(&error).within(""))?;
        Self::open(envelope)
    }

    /// As [`Event::from_json`], from a JSON value.
    pub fn from_value(value: Value) -> Result<Self, EventError> {
        serde_path_to_error::deserialize(value)
            .map_err(|error| Defect::new(&error).within(""))
            .and_then(Self::open)
    }

    /// Writes the event as JSON text, in the current version.
    pub fn to_json(&self) -> Result<String, EventError> {
        serde_json::to_string(self).map_err(EventError::Write)
    }

    /// As [`Event::to_json`], as a JSON value.
    pub fn to_value(&self) -> Result<Value, EventError> {
        serde_json::to_value(self).map_err(EventError::Write)
    }

    fn open(envelope: Envelope<Value>) -> Result<Self, EventError> {
        envelope::check_constants(&envelope)?;
        let event_type: EventType = envelope
            .r#type
            .parse()
            .map_err(|_| EventError::UnknownType)?;
        let version = payload::version_of(event_type, &envelope.dataschema)?;
        let payload = Payload::read(event_type, version, envelope.data)?;
        envelope::check_subject(&envelope.subject, &payload.subject())?;
        let new = NewEvent {
            payload,
            source: envelope.source,
            causation: envelope.causationid,
        };
        Self::new(
            new,
            envelope.id,
            envelope.time,
            envelope.companyid,
            envelope.correlationid,
        )
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event_type = self.event_type();
        Envelope {
            specversion: envelope::SPEC_VERSION.to_owned(),
            id: self.id,
            source: self.source.clone(),
            r#type: event_type.as_str().to_owned(),
            subject: self.subject(),
            time: self.time,
            datacontenttype: envelope::CONTENT_TYPE.to_owned(),
            dataschema: payload::dataschema(event_type, event_type.version()),
            companyid: self.company,
            correlationid: self.correlation,
            causationid: self.causation,
            data: payload::Data(&self.payload),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let envelope = Envelope::<Value>::deserialize(deserializer)?;
        Self::open(envelope).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
