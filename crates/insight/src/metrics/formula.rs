//! The formulas of the figures, versioned: what each says, in words and exactly.

use std::fmt;
use std::str::FromStr;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Different people whom the programmes are for.
    Participants,
    /// Different people who volunteered.
    Volunteers,
    /// Sessions that took place.
    Sessions,
    /// Time spent in sessions.
    Hours,
    /// The mean of the ratings that participants gave to sessions.
    AverageRating,
}

/// How a metric is computed. A published version is never edited: a change is a new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formula {
    /// Its name and version, `sessions/1`.
    pub version: &'static str,
    /// The figure's name.
    pub title: &'static str,
    /// What is done, in a sentence.
    pub words: &'static str,
    /// The unit of the value.
    pub unit: &'static str,
}

impl Metric {
    /// Every metric, in the order of the dashboard.
    pub const ALL: [Self; 5] = [
        Self::Participants,
        Self::Volunteers,
        Self::Sessions,
        Self::Hours,
        Self::AverageRating,
    ];

    /// Its name in addresses, answers and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Participants => "participants",
            Self::Volunteers => "volunteers",
            Self::Sessions => "sessions",
            Self::Hours => "hours",
            Self::AverageRating => "average_rating",
        }
    }

    /// The formula in use.
    #[must_use]
    pub const fn formula(self) -> Formula {
        match self {
            Self::Participants => Formula {
                version: "participants/1",
                title: "Participants",
                words: "The number of different participants in sessions completed in the period.",
                unit: "people",
            },
            Self::Volunteers => Formula {
                version: "volunteers/1",
                title: "Volunteers",
                words: "The number of different volunteers in sessions completed in the period.",
                unit: "people",
            },
            Self::Sessions => Formula {
                version: "sessions/1",
                title: "Sessions",
                words: "The number of sessions completed in the period.",
                unit: "sessions",
            },
            Self::Hours => Formula {
                version: "hours/1",
                title: "Hours",
                words: "The minutes of all sessions completed in the period, divided by 60.",
                unit: "hours",
            },
            Self::AverageRating => Formula {
                version: "average_rating/1",
                title: "Average rating",
                words: "The sum of all ratings that participants gave to sessions completed in the period, each from 0 to 1, divided by their number.",
                unit: "0 to 1",
            },
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no metric.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a metric is participants, volunteers, sessions, hours or average_rating")]
pub struct ParseMetric;

impl FromStr for Metric {
    type Err = ParseMetric;

    fn from_str(text: &str) -> Result<Self, ParseMetric> {
        Self::ALL
            .into_iter()
            .find(|metric| metric.as_str() == text)
            .ok_or(ParseMetric)
    }
}
