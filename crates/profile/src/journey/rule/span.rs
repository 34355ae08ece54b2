//! Durations of rules: `14 days`, `1 month`.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer};

/// The longest number of units.
const MOST: u32 = 10_000;

/// A length of time in the words of a rule; a month has 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    number: u32,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Hours,
    Days,
    Weeks,
    Months,
}

impl Unit {
    const ALL: [Self; 4] = [Self::Hours, Self::Days, Self::Weeks, Self::Months];

    const fn word(self) -> &'static str {
        match self {
            Self::Hours => "hours",
            Self::Days => "days",
            Self::Weeks => "weeks",
            Self::Months => "months",
        }
    }

    const fn hours(self) -> i64 {
        match self {
            Self::Hours => 1,
            Self::Days => 24,
            Self::Weeks => 7 * 24,
            Self::Months => 30 * 24,
        }
    }
}

impl Span {
    /// The exact length.
    pub(crate) fn duration(self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.number) * self.unit.hours())
    }
}

/// A text that is no duration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a duration is a number from 1 to 10000 and hours, days, weeks or months: \"14 days\"")]
pub(crate) struct NoSpan;

impl FromStr for Span {
    type Err = NoSpan;

    fn from_str(text: &str) -> Result<Self, NoSpan> {
        let (number, word) = text.split_once(' ').ok_or(NoSpan)?;
        let number: u32 = number.parse().map_err(|_| NoSpan)?;
        let unit = Unit::ALL.into_iter().find(|unit| {
            let many = unit.word();
            word == many || (number == 1 && many.strip_suffix('s') == Some(word))
        });
        match unit {
            Some(unit) if (1..=MOST).contains(&number) => Ok(Self { number, unit }),
            _ => Err(NoSpan),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.unit.word())
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
