//! The journey's rules: data with a typed grammar. Reading and evaluating them
//! are functions of their inputs.

mod check;
mod evaluate;
mod facts;
mod parse;
mod span;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use contracts::journey::Milestone;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::flag::{Flag, FlagValue};
pub(crate) use evaluate::{FlagChange, Reason, evaluate};
pub(crate) use facts::{Facts, Group, StoredFlag};
pub(crate) use parse::{RuleError, Rules};
use span::Span;

/// One rule: what must hold, and what follows.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// Its name, which the history of flags refers to.
    pub(crate) id: String,
    /// The highest goes first and settles the flags it acts on.
    pub(crate) priority: i32,
    /// What it is for.
    pub(crate) description: String,
    /// What must hold.
    pub(crate) when: Condition,
    /// What follows when it does.
    pub(crate) then: Vec<Action>,
    /// What follows when it does not, unless another rule settled the flag.
    #[serde(default)]
    pub(crate) otherwise: Vec<Action>,
}

/// Words that a record must have: `{ session_type = "language" }`.
pub(crate) type Filter = BTreeMap<Key, String>;

/// Something that holds of a person, or does not.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Condition {
    /// How many records there are.
    Count {
        entity: Entity,
        #[serde(default, rename = "where")]
        filter: Filter,
        operator: Operator,
        value: u64,
    },
    /// That there is a record.
    Exists {
        entity: Entity,
        #[serde(default, rename = "where")]
        filter: Filter,
    },
    /// The mean of a field, or a flag; one that is not there meets no comparison.
    Value {
        entity: Entity,
        field: Field,
        #[serde(default, rename = "where")]
        filter: Filter,
        operator: Operator,
        value: Operand,
    },
    /// The time since the last record, or since a person's last activity; if
    /// there was none, no comparison is met.
    TimeSince {
        entity: Entity,
        #[serde(default, rename = "where")]
        filter: Filter,
        operator: Operator,
        duration: Span,
    },
    /// That all hold.
    AllOf { conditions: Vec<Condition> },
    /// That one holds.
    AnyOf { conditions: Vec<Condition> },
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Action {
    /// Gives a flag a value, for ever or for a while.
    SetFlag {
        flag: Flag,
        value: FlagValue,
        #[serde(default)]
        expires_in: Option<Span>,
    },
    /// Takes a flag away.
    ClearFlag { flag: Flag },
    /// Says that a milestone was reached; once a person and milestone.
    EmitEvent {
        event: Emitted,
        milestone: Milestone,
    },
}

/// The events that a rule may emit. A flag's change is always announced, so
/// `orchestration.profile.updated` is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Emitted {
    #[serde(rename = "orchestration.journey.milestone.reached")]
    MilestoneReached,
}

/// What records are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entity {
    BuddyMatches,
    BuddyEvents,
    BuddyCheckins,
    KintellSessions,
    LearningProgress,
    ProgramEnrollments,
    OutcomeScores,
    UserProfile,
}

/// A word that records can be told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Key {
    SessionType,
    ProgramType,
    Status,
    Dimension,
}

/// A number of a record, or a flag of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged)]
pub(crate) enum Field {
    Measure(Measure),
    Flag(Flag),
}

/// A number that records carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Measure {
    /// Of a session, from 0 to 1.
    Rating,
    /// Of an outcome, from 0 to 1.
    Score,
    /// Of a course, from 0 to 100.
    ProgressPercent,
}

/// What a value is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(from = "RawOperand")]
pub(crate) enum Operand {
    YesNo(bool),
    Number(Decimal),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawOperand {
    YesNo(bool),
    Number(f64),
}

impl From<RawOperand> for Operand {
    fn from(raw: RawOperand) -> Self {
        match raw {
            RawOperand::YesNo(value) => Self::YesNo(value),
            // What no decimal can hold is refused by the check as out of range.
            RawOperand::Number(value) => {
                Self::Number(Decimal::try_from(value).unwrap_or(Decimal::MAX))
            }
        }
    }
}

/// How two things compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Operator {
    #[serde(rename = ">=")]
    AtLeast,
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = "=")]
    Equal,
    #[serde(rename = "!=")]
    Unequal,
    #[serde(rename = ">")]
    More,
    #[serde(rename = "<")]
    Less,
}

impl Operator {
    /// Whether `left operator right` holds.
    pub(crate) fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::AtLeast => left >= right,
            Self::AtMost => left <= right,
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::More => left > right,
            Self::Less => left < right,
        }
    }
}
