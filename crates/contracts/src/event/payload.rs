//! The list of event types: the one place where a name, its version, its
//! payload, its publisher and its consumers stand together.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::contract::Contract;
use super::error::{Defect, EventError};
use super::{
    buddy, identity, ingest, insight, kintell, orchestration, profile, safety, upcast, upskilling,
};
use crate::words::words;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $word:literal v $version:literal,
        $family:ident::$payload:ident, $publisher:literal => [$($consumer:literal),*];)+) => {
        words! {
            /// The name of an event type, `domain.entity.action`.
            EventType, "event type" { $($(#[$doc])* $name = $word,)+ }
        }

        /// What an event says; one member for every event type, in its
        /// current version.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Payload {
            $($(#[$doc])* $name(Box<$family::$payload>),)+
        }

        $(impl From<$family::$payload> for Payload {
            fn from(payload: $family::$payload) -> Self {
                Self::$name(Box::new(payload))
            }
        })+

        impl EventType {
            /// The version that is published; older ones are lifted to it.
            #[must_use]
            pub const fn version(self) -> u32 {
                match self { $(Self::$name => $version,)+ }
            }

            /// The crate that publishes it, with the role in brackets where
            /// the crate has several.
            #[must_use]
            pub const fn publisher(self) -> &'static str {
                match self { $(Self::$name => $publisher,)+ }
            }

            /// The crates that it is meant for.
            #[must_use]
            pub const fn consumers(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($consumer),*],)+ }
            }

            /// The JSON field that becomes the subject.
            #[must_use]
            pub(super) const fn subject_field(self) -> &'static str {
                match self { $(Self::$name => <$family::$payload as Contract>::SUBJECT,)+ }
            }

            /// The schema of the current version's `data`.
            pub(super) fn current_schema(self, generator: &mut SchemaGenerator) -> Schema {
                match self { $(Self::$name => <$family::$payload>::json_schema(generator),)+ }
            }
        }

        impl Payload {
            /// The name of the type.
            #[must_use]
            pub const fn event_type(&self) -> EventType {
                match self { $(Self::$name(_) => EventType::$name,)+ }
            }

            /// The ordering key: events of one subject are consumed in order.
            #[must_use]
            pub fn subject(&self) -> String {
                match self { $(Self::$name(payload) => payload.subject(),)+ }
            }

            fn broken_rule(&self) -> Option<&'static str> {
                match self { $(Self::$name(payload) => payload.check().err(),)+ }
            }

            /// Reads `data` of the current version.
            fn read_current(event_type: EventType, data: Value) -> Result<Self, Defect> {
                Ok(match event_type { $(
                    EventType::$name => {
                        Self::$name(Box::new(serde_path_to_error::deserialize(data).map_err(|error| Defect::new(&error))?))
                    }
                )+ })
            }
        }

        impl Serialize for Data<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.0 { $(Payload::$name(payload) => payload.serialize(serializer),)+ }
            }
        }
    };
}

/// The `data` of an event, to be written.
pub(super) struct Data<'a>(pub(super) &'a Payload);

events! {
    /// A Kintell session was agreed on.
    KintellSessionScheduled = "kintell.session.scheduled" v 1,
        kintell::SessionScheduled, "ingest (kintell)" => ["profile"];
    /// A Kintell session took place.
    KintellSessionCompleted = "kintell.session.completed" v 1,
        kintell::SessionCompleted, "ingest (kintell)" => ["profile", "insight", "analytics"];
    /// Someone rated a Kintell session.
    KintellRatingCreated = "kintell.rating.created" v 2,
        kintell::RatingCreated, "ingest (kintell)" => ["profile", "insight", "analytics"];
    /// A participant and a buddy were matched.
    BuddyMatchCreated = "buddy.match.created" v 1,
        buddy::MatchCreated, "ingest (buddy)" => ["profile", "insight", "analytics"];
    /// A buddy match came to its end.
    BuddyMatchEnded = "buddy.match.ended" v 1,
        buddy::MatchEnded, "ingest (buddy)" => ["profile", "insight", "analytics"];
    /// A match wrote down something that the two did.
    BuddyEventLogged = "buddy.event.logged" v 1,
        buddy::EventLogged, "ingest (buddy)" => ["profile", "insight"];
    /// Someone attended a buddy event.
    BuddyEventAttended = "buddy.event.attended" v 1,
        buddy::EventAttended, "ingest (buddy)" => ["profile", "insight", "analytics"];
    /// A match checked in.
    BuddyCheckinCompleted = "buddy.checkin.completed" v 1,
        buddy::CheckinCompleted, "ingest (buddy)" => ["profile", "insight"];
    /// One side of a match gave feedback.
    BuddyFeedbackSubmitted = "buddy.feedback.submitted" v 1,
        buddy::FeedbackSubmitted, "ingest (buddy)" => ["profile", "insight"];
    /// One buddy taught the other a skill.
    BuddySkillShareCompleted = "buddy.skill_share.completed" v 1,
        buddy::SkillShareCompleted, "ingest (buddy)" => ["profile", "insight", "analytics"];
    /// Someone reached a milestone of the buddy programme.
    BuddyMilestoneReached = "buddy.milestone.reached" v 1,
        buddy::MilestoneReached, "ingest (buddy)" => ["profile", "insight", "analytics"];
    /// A learner completed a course.
    UpskillingCourseCompleted = "upskilling.course.completed" v 1,
        upskilling::CourseCompleted, "ingest (upskilling)" => ["profile", "insight", "analytics"];
    /// A provider issued a credential.
    UpskillingCredentialIssued = "upskilling.credential.issued" v 1,
        upskilling::CredentialIssued, "ingest (upskilling)" => ["profile", "insight", "analytics"];
    /// A learner came further in a course.
    UpskillingProgressUpdated = "upskilling.progress.updated" v 1,
        upskilling::ProgressUpdated, "ingest (upskilling)" => ["profile", "analytics"];
    /// Someone reached a milestone of the journey.
    OrchestrationJourneyMilestoneReached = "orchestration.journey.milestone.reached" v 1,
        orchestration::JourneyMilestoneReached, "profile" => ["insight", "analytics"];
    /// Something in a person's profile changed.
    OrchestrationProfileUpdated = "orchestration.profile.updated" v 1,
        orchestration::ProfileUpdated, "profile" => ["analytics"];
    /// Screening found something in a text.
    SafetyFlagRaised = "safety.flag.raised" v 1,
        safety::FlagRaised, "insight (safety)" => ["insight"];
    /// A reviewer decided about a flagged text.
    SafetyReviewCompleted = "safety.review.completed" v 1,
        safety::ReviewCompleted, "insight (safety)" => ["insight"];
    /// An import came to its end.
    IngestImportCommitted = "ingest.import.committed" v 1,
        ingest::ImportCommitted, "ingest" => ["cockpit", "analytics"];
    /// An import was undone.
    IngestImportUndone = "ingest.import.undone" v 1,
        ingest::ImportUndone, "ingest" => ["cockpit", "analytics"];
    /// Data taken in suggests that two people are one.
    IngestMatchSuggested = "ingest.match.suggested" v 1,
        ingest::MatchSuggested, "ingest" => ["profile"];
    /// Something taken in does not hold.
    IngestRecordWithdrawn = "ingest.record.withdrawn" v 1,
        ingest::RecordWithdrawn, "ingest" => ["profile", "insight", "analytics"];
    /// Two people were taken for one.
    ProfilePeopleMerged = "profile.people.merged" v 1,
        profile::PeopleMerged, "profile" => ["insight", "analytics"];
    /// A merge was undone.
    ProfilePeopleUnmerged = "profile.people.unmerged" v 1,
        profile::PeopleUnmerged, "profile" => ["insight", "analytics"];
    /// Figures of the company changed.
    InsightFiguresUpdated = "insight.figures.updated" v 1,
        insight::FiguresUpdated, "insight (metrics)" => ["cockpit"];
    /// A company was made.
    IdentityCompanyCreated = "identity.company.created" v 1,
        identity::CompanyCreated, "identity" => ["insight", "analytics"];
    /// A membership was given, changed or taken away.
    IdentityMembershipChanged = "identity.membership.changed" v 1,
        identity::MembershipChanged, "identity" => ["analytics"];
}

impl Payload {
    /// The version of the type that this payload is.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.event_type().version()
    }

    /// Reads `data` of any published version; older ones are lifted.
    pub(super) fn read(
        event_type: EventType,
        version: u32,
        data: Value,
    ) -> Result<Self, EventError> {
        let malformed = |defect: Defect| defect.within("data");
        let current = upcast::lift(event_type, version, data).map_err(malformed)?;
        let payload = Self::read_current(event_type, current).map_err(malformed)?;
        payload.check()?;
        Ok(payload)
    }

    /// Checks the rules between fields; rules of one field hold by type.
    pub fn check(&self) -> Result<(), EventError> {
        self.broken_rule().map_or(Ok(()), |rule| {
            Err(EventError::Rule {
                event_type: self.event_type(),
                rule,
            })
        })
    }
}

/// The URN that names a type and version, as `dataschema` carries it.
pub(super) fn dataschema(event_type: EventType, version: u32) -> String {
    format!("urn:attest:event:{event_type}:v{version}")
}

/// The version that `dataschema` names, when it names one of the type that was
/// ever published.
pub(super) fn version_of(event_type: EventType, schema: &str) -> Result<u32, EventError> {
    (1..=event_type.version())
        .find(|version| dataschema(event_type, *version) == schema)
        .ok_or(EventError::UnknownVersion {
            event_type,
            newest: event_type.version(),
        })
}
