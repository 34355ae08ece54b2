//! What a mapping makes of a row, and what an announcement is made of.

use std::collections::BTreeMap;
use std::fmt;

use contracts::event::Payload;
use contracts::event::value::ValueError;
use jiff::Timestamp;
use platform::vault::IdentifierKind;
use serde_json::Value;
use uuid::Uuid;

use crate::buddy::{
    AttendanceData, BuddyUserData, CheckinData, EventData, FeedbackData, MatchData, MilestoneData,
    SkillSessionData,
};
use crate::kintell::{KintellUserData, RatingData};
use crate::source::Source;
use crate::upskilling::{CompletionData, CredentialData};

/// A mapped row. Keys of people and texts are personal data, so `Debug` leaves them out.
#[derive(Clone, PartialEq)]
pub(crate) struct Draft {
    pub(crate) key: RecordKey,
    /// Whom a users file tells of; such a row names nobody else.
    pub(crate) identity: Option<Identity>,
    pub(crate) people: Vec<PersonRef>,
    pub(crate) reference: Option<Reference>,
    pub(crate) occurred_at: Option<Timestamp>,
    pub(crate) data: Data,
    pub(crate) texts: Vec<TextDraft>,
}

impl Draft {
    /// A draft without people, reference and texts.
    pub(crate) fn new(key: RecordKey, data: Data) -> Self {
        Self {
            key,
            identity: None,
            people: Vec::new(),
            reference: None,
            occurred_at: None,
            data,
            texts: Vec::new(),
        }
    }

    /// Adds a text, if there is one.
    pub(crate) fn text(
        &mut self,
        name: impl Into<String>,
        kind: &'static str,
        owner: Place,
        text: Option<String>,
    ) {
        if let Some(text) = text {
            self.texts.push(TextDraft {
                name: name.into(),
                kind,
                owner,
                text,
            });
        }
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("data", &self.data)
            .field("people", &self.people.len())
            .field("texts", &self.texts.len())
            .finish_non_exhaustive()
    }
}

/// What tells a record from all others of its source.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum RecordKey {
    /// The source's own id, kept in clear.
    Given(String),
    /// Values that belong together, of which only a keyed hash is kept: no id was given, or it leads to a person.
    Natural(Vec<String>),
}

/// A person of a row.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PersonRef {
    pub(crate) place: Place,
    pub(crate) kind: IdentifierKind,
    pub(crate) value: String,
    /// The column that named them, for errors.
    pub(crate) column: &'static str,
}

/// Who somebody is in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The one that it is about: participant, learner, attendee.
    Person,
    /// The other side: buddy, volunteer, teacher.
    Other,
    /// One of those who were there.
    Among,
}

/// A person of a users file: by the system's id, then by address.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The system's id, if it gives one.
    pub(crate) id: Option<(IdentifierKind, String)>,
    pub(crate) email: String,
    pub(crate) name: Option<String>,
}

/// What a row refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    /// A buddy match, by the system's id. If it is unknown, the row waits for it. With `gives_people`, the record's
    /// people are those of the match.
    Match { id: String, gives_people: bool },
    /// A Kintell session, by Kintell's id; it must be known, and its people are the record's.
    Session { id: String },
}

/// A text for the vault.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TextDraft {
    /// Its name in the record: that of the field, or of the question.
    pub(crate) name: String,
    /// What the vault calls it.
    pub(crate) kind: &'static str,
    /// Whose words.
    pub(crate) owner: Place,
    pub(crate) text: String,
}

/// A stored record, as announcements see it.
pub(crate) struct Told<'a> {
    pub(crate) id: Uuid,
    pub(crate) person: Option<Uuid>,
    pub(crate) other: Option<Uuid>,
    pub(crate) people: &'a [Uuid],
    pub(crate) parent: Option<Uuid>,
    /// A rating that came with the referred session itself, given by the same side.
    pub(crate) rating: Option<Uuid>,
    /// Texts by name.
    pub(crate) texts: &'a BTreeMap<String, Uuid>,
}

macro_rules! data {
    ($($variant:ident($kind:ty) = $source:ident;)+) => {
        /// The payload of a record without people, texts and whatever leads to a person.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Data {
            $(#[doc = concat!("Of [`Source::", stringify!($source), "`].")] $variant($kind),)+
        }

        impl Data {
            /// The source that it is of.
            #[must_use]
            pub fn source(&self) -> Source {
                match self { $(Self::$variant(_) => Source::$source,)+ }
            }

            /// As it is stored.
            ///
            /// # Errors
            /// When a value has no form in JSON, which no mapped one is.
            pub fn to_json(&self) -> Result<Value, serde_json::Error> {
                match self { $(Self::$variant(data) => serde_json::to_value(data),)+ }
            }

            /// Reads what is stored; none for the source that is not kept here.
            ///
            /// # Errors
            /// When a stored value has another form.
            pub fn from_json(source: Source, value: Value) -> Result<Option<Self>, serde_json::Error> {
                match source {
                    $(Source::$source => serde_json::from_value(value).map(|data| Some(Self::$variant(data))),)+
                    Source::KintellSessions => Ok(None),
                }
            }

            /// What others are told.
            pub(crate) fn announce(&self, told: &Told<'_>) -> Result<Vec<Payload>, ValueError> {
                match self { $(Self::$variant(data) => data.announce(told),)+ }
            }
        }
    };
}

data! {
    Rating(RatingData) = KintellRatings;
    KintellUser(KintellUserData) = KintellUsers;
    BuddyUser(BuddyUserData) = BuddyUsers;
    Match(MatchData) = BuddyMatches;
    Event(EventData) = BuddyEvents;
    Attendance(AttendanceData) = BuddyAttendance;
    Checkin(CheckinData) = BuddyCheckins;
    Feedback(FeedbackData) = BuddyFeedback;
    SkillSession(SkillSessionData) = BuddySkillSessions;
    Milestone(MilestoneData) = BuddyMilestones;
    Completion(CompletionData) = UpskillingCompletions;
    Credential(CredentialData) = UpskillingCredentials;
}
