//! The catalogue: what may be taken in, and which fields each kind of data has.
//!
//! It says how a column may be called and what its cells look like. The rules for a whole row are beside the sources,
//! in [`crate::kintell`], [`crate::record`] and below.

mod buddy;
mod kintell;
mod milestones;
mod origin;
#[cfg(test)]
mod tests;
mod upskilling;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use origin::Origin;

use crate::error::Error;

/// Where data comes from: a system, and what it tells of.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A sessions file from Kintell, in any of its header sets.
    KintellSessions,
    /// Ratings of Kintell sessions.
    KintellRatings,
    /// The export of people known to Kintell.
    KintellUsers,
    /// People known to the buddy system.
    BuddyUsers,
    /// Matches of a participant and a buddy.
    BuddyMatches,
    /// What matches did together.
    BuddyEvents,
    /// Who attended an event.
    BuddyAttendance,
    /// Check-ins of matches.
    BuddyCheckins,
    /// Feedback of either side of a match.
    BuddyFeedback,
    /// Sessions in which one taught the other a skill.
    BuddySkillSessions,
    /// Milestones of the buddy programme.
    BuddyMilestones,
    /// Courses completed at a provider.
    UpskillingCompletions,
    /// Credentials issued by a provider.
    UpskillingCredentials,
}

/// The system that a source belongs to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// The matcher of language and mentorship sessions.
    Kintell,
    /// The buddy programme's own system.
    Buddy,
    /// Course providers.
    Upskilling,
}

impl System {
    /// Every system.
    pub const ALL: [Self; 3] = [Self::Kintell, Self::Buddy, Self::Upskilling];

    /// The word in requests, paths and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kintell => "kintell",
            Self::Buddy => "buddy",
            Self::Upskilling => "upskilling",
        }
    }
}

/// A field of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name: that of the column in our templates.
    pub name: &'static str,
    /// Other headings that mean the same, in the form in which headings are compared (lower case, underscores).
    pub words: &'static [&'static str],
    /// What its cells look like.
    pub shape: Shape,
    /// Whether every file of the source has it; what a single variant needs is in [`Variant`].
    pub required: bool,
}

/// What the cells of a field look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// An e-mail address.
    Email,
    /// An id that a system gave.
    Identifier,
    /// A date, or a date and time.
    Instant,
    /// A whole number.
    Integer {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A number with decimals.
    Decimal {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A rating on the scale of its file.
    Rating,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A level of the Common European Framework, A1 to C2.
    Level,
    /// A text.
    Text {
        /// The most characters.
        max: usize,
    },
    /// Items separated by commas, or a JSON array.
    List,
    /// A JSON object.
    Json,
    /// A link.
    Url,
    /// Numbers of goals for sustainable development, 1 to 17, as a list.
    SdgGoals,
}

/// One of the header sets in which files of a source arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// Its name, as shown and stored.
    pub name: &'static str,
    /// Fields that a file must have.
    pub required: &'static [&'static str],
    /// Fields that it may have.
    pub optional: &'static [&'static str],
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 13] = [
        Self::KintellSessions,
        Self::KintellRatings,
        Self::KintellUsers,
        Self::BuddyUsers,
        Self::BuddyMatches,
        Self::BuddyEvents,
        Self::BuddyAttendance,
        Self::BuddyCheckins,
        Self::BuddyFeedback,
        Self::BuddySkillSessions,
        Self::BuddyMilestones,
        Self::UpskillingCompletions,
        Self::UpskillingCredentials,
    ];

    /// The word in requests, commands and events.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KintellSessions => "kintell-sessions",
            Self::KintellRatings => "kintell-ratings",
            Self::KintellUsers => "kintell-users",
            Self::BuddyUsers => "buddy-users",
            Self::BuddyMatches => "buddy-matches",
            Self::BuddyEvents => "buddy-events",
            Self::BuddyAttendance => "buddy-attendance",
            Self::BuddyCheckins => "buddy-checkins",
            Self::BuddyFeedback => "buddy-feedback",
            Self::BuddySkillSessions => "buddy-skill-sessions",
            Self::BuddyMilestones => "buddy-milestones",
            Self::UpskillingCompletions => "upskilling-completions",
            Self::UpskillingCredentials => "upskilling-credentials",
        }
    }

    /// The name on screens.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::KintellSessions => "Kintell sessions",
            Self::KintellRatings => "Kintell ratings",
            Self::KintellUsers => "Kintell users",
            Self::BuddyUsers => "Buddy users",
            Self::BuddyMatches => "Buddy matches",
            Self::BuddyEvents => "Buddy events",
            Self::BuddyAttendance => "Buddy event attendance",
            Self::BuddyCheckins => "Buddy check-ins",
            Self::BuddyFeedback => "Buddy feedback",
            Self::BuddySkillSessions => "Buddy skill sessions",
            Self::BuddyMilestones => "Buddy milestones",
            Self::UpskillingCompletions => "Course completions",
            Self::UpskillingCredentials => "Credentials",
        }
    }

    /// Finds a source by its word.
    ///
    /// # Errors
    /// [`Error::Option`] for an unknown one; it names those that there are.
    pub fn find(word: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|source| source.as_str() == word)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::as_str).join(", ");
                let detail = format!("There is no such source. Known are: {known}.");
                Error::option("source", "source_unknown", detail)
            })
    }

    /// The system it belongs to.
    #[must_use]
    pub const fn system(self) -> System {
        match self {
            Self::KintellSessions | Self::KintellRatings | Self::KintellUsers => System::Kintell,
            Self::UpskillingCompletions | Self::UpskillingCredentials => System::Upskilling,
            _ => System::Buddy,
        }
    }

    /// Every field that any of its variants has.
    #[must_use]
    pub const fn fields(self) -> &'static [FieldSpec] {
        match self {
            Self::KintellSessions => kintell::SESSIONS,
            Self::KintellRatings => kintell::RATINGS,
            Self::KintellUsers => kintell::USERS,
            Self::BuddyUsers => buddy::USERS,
            Self::BuddyMatches => buddy::MATCHES,
            Self::BuddyEvents => buddy::EVENTS,
            Self::BuddyAttendance => buddy::ATTENDANCE,
            Self::BuddyCheckins => buddy::CHECKINS,
            Self::BuddyFeedback => buddy::FEEDBACK,
            Self::BuddySkillSessions => buddy::SKILL_SESSIONS,
            Self::BuddyMilestones => milestones::MILESTONES,
            Self::UpskillingCompletions => upskilling::COMPLETIONS,
            Self::UpskillingCredentials => upskilling::CREDENTIALS,
        }
    }

    /// Its header sets, the fullest first.
    #[must_use]
    pub const fn variants(self) -> &'static [Variant] {
        match self {
            Self::KintellSessions => kintell::SESSIONS_VARIANTS,
            Self::KintellRatings => kintell::RATINGS_VARIANTS,
            Self::KintellUsers => kintell::USERS_VARIANTS,
            Self::BuddyUsers => buddy::USERS_VARIANTS,
            Self::BuddyMatches => buddy::MATCHES_VARIANTS,
            Self::BuddyEvents => buddy::EVENTS_VARIANTS,
            Self::BuddyAttendance => buddy::ATTENDANCE_VARIANTS,
            Self::BuddyCheckins => buddy::CHECKINS_VARIANTS,
            Self::BuddyFeedback => buddy::FEEDBACK_VARIANTS,
            Self::BuddySkillSessions => buddy::SKILL_SESSIONS_VARIANTS,
            Self::BuddyMilestones => milestones::MILESTONES_VARIANTS,
            Self::UpskillingCompletions => upskilling::COMPLETIONS_VARIANTS,
            Self::UpskillingCredentials => upskilling::CREDENTIALS_VARIANTS,
        }
    }

    /// The field with this name.
    #[must_use]
    pub fn field(self, name: &str) -> Option<&'static FieldSpec> {
        self.fields().iter().find(|field| field.name == name)
    }
}

/// The column of any source that has this name, or is called so by one of its variants.
pub(crate) fn find_column(name: &str) -> Option<&'static str> {
    let fields = || Source::ALL.into_iter().flat_map(Source::fields);
    fields()
        .map(|field| field.name)
        .chain(fields().flat_map(|field| field.words.iter().copied()))
        .find(|known| *known == name)
}

const fn required(name: &'static str, shape: Shape, words: &'static [&'static str]) -> FieldSpec {
    FieldSpec {
        name,
        words,
        shape,
        required: true,
    }
}

const fn optional(name: &'static str, shape: Shape, words: &'static [&'static str]) -> FieldSpec {
    FieldSpec {
        name,
        words,
        shape,
        required: false,
    }
}
