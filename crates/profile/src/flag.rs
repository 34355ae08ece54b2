//! The journey's flags: one vocabulary for rows, rules and requests.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a flag's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// True or false.
    YesNo,
    /// A whole number from 0.
    Count,
}

/// Who gives a flag its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    /// Events, and people by request.
    Events,
    /// The journey's rules alone.
    Rules,
}

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $kind:ident, $writer:ident;)+) => {
        /// Something that is kept of where a person stands.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        pub enum Flag { $($(#[$doc])* #[serde(rename = $word)] $name,)+ }

        impl Flag {
            /// Every flag.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The flag's name in rows, rules and requests.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            pub(crate) const fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)+ }
            }

            pub(crate) const fn writer(self) -> Writer {
                match self { $(Self::$name => Writer::$writer,)+ }
            }
        }
    };
}

flags! {
    /// Takes part in the buddy programme.
    IsBuddyParticipant = "is_buddy_participant", YesNo, Events;
    /// Buddy matches so far.
    BuddyMatchCount = "buddy_match_count", Count, Events;
    /// Buddy events attended.
    BuddyEventsAttended = "buddy_events_attended", Count, Events;
    /// Buddy milestones reached.
    BuddyMilestonesCount = "buddy_milestones_count", Count, Events;
    /// Check-ins with a buddy.
    BuddyCheckinsCount = "buddy_checkins_count", Count, Events;
    /// Feedback given on a buddy match.
    BuddyFeedbackCount = "buddy_feedback_count", Count, Events;
    /// Skills shared with a buddy.
    BuddySkillShares = "buddy_skill_shares_count", Count, Events;
    /// Is on the chat server.
    IsDiscordMember = "is_discord_member", YesNo, Events;
    /// Had or has sessions through Kintell.
    IsKintellUser = "is_kintell_user", YesNo, Events;
    /// Takes part in the upskilling programme.
    IsUpskillingParticipant = "is_upskilling_participant", YesNo, Events;
    /// Has the practice that mentoring builds on.
    MentorReady = "mentor_ready", YesNo, Rules;
    /// Has been away while enrolled.
    FollowupNeeded = "followup_needed", YesNo, Rules;
    /// Finds the language hard.
    LanguageSupportNeeded = "language_support_needed", YesNo, Rules;
}

/// A name that no flag has. It does not repeat the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown flag")]
pub struct UnknownFlag;

impl FromStr for Flag {
    type Err = UnknownFlag;

    fn from_str(text: &str) -> Result<Self, UnknownFlag> {
        let known = Self::ALL.iter().copied();
        known
            .into_iter()
            .find(|flag| flag.as_str() == text)
            .ok_or(UnknownFlag)
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A flag's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum FlagValue {
    /// True or false.
    YesNo(bool),
    /// A whole number from 0.
    Count(u32),
}

impl FlagValue {
    pub(crate) const fn kind(self) -> Kind {
        match self {
            Self::YesNo(_) => Kind::YesNo,
            Self::Count(_) => Kind::Count,
        }
    }

    /// The value as JSON text, as rows keep it.
    pub(crate) fn to_json(self) -> String {
        match self {
            Self::YesNo(value) => value.to_string(),
            Self::Count(value) => value.to_string(),
        }
    }

    /// The value of a row, if it has the flag's kind.
    pub(crate) fn of(flag: Flag, json: &serde_json::Value) -> Option<Self> {
        Self::deserialize(json)
            .ok()
            .filter(|value| value.kind() == flag.kind())
    }
}
