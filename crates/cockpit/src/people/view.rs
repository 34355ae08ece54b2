use askama::Template;
use contracts::event::value::MatchReason;
use jiff::{Timestamp, tz::TimeZone};

use crate::layout::Layout;
use crate::words;

/// The page `GET /c/{slug}/people`.
#[derive(Template, Clone)]
#[template(path = "people.html")]
pub struct Duplicates {
    /// The frame, within the company.
    pub layout: Layout,
    /// What was just done, to be said first.
    pub done: Option<&'static str>,
    /// What could not be done, and why.
    pub refused: Option<String>,
    /// People who may be one, the strongest case first.
    pub pairs: Vec<Pair>,
    /// The address of the next pairs.
    pub more_pairs: Option<String>,
    /// Merges, the latest first.
    pub merges: Vec<MergeRow>,
    /// The address of earlier merges.
    pub more_merges: Option<String>,
    /// The zone in which instants are shown.
    pub zone: TimeZone,
}

/// Two people who may be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The suggestion's id.
    pub id: String,
    /// One of the two.
    pub one: Side,
    /// The other.
    pub other: Side,
    /// What speaks for it.
    pub reason: MatchReason,
    /// How much, in per cent.
    pub percent: u8,
    /// What was taken in when it was noticed.
    pub source: String,
    /// When.
    pub suggested_at: Timestamp,
}

/// One of two people, as far as they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The person's id.
    pub id: String,
    /// `Participant in language, mentorship`.
    pub what: String,
    /// Their last session.
    pub last_active_at: Option<Timestamp>,
    /// What they are known by, masked: kind and value.
    pub known_by: Vec<(String, String)>,
}

/// Two people taken for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeRow {
    /// Its id.
    pub id: String,
    /// The id that stands for both.
    pub kept: String,
    /// The id that is another name for it.
    pub merged: String,
    /// When.
    pub merged_at: Timestamp,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
}

impl Side {
    /// The end of the id, enough to tell the two apart.
    #[must_use]
    pub fn short(&self) -> &str {
        end(&self.id)
    }
}

impl MergeRow {
    /// The end of the id that was kept.
    #[must_use]
    pub fn kept_short(&self) -> &str {
        end(&self.kept)
    }

    /// The end of the id that was merged.
    #[must_use]
    pub fn merged_short(&self) -> &str {
        end(&self.merged)
    }
}

fn end(id: &str) -> &str {
    id.char_indices()
        .rev()
        .nth(5)
        .map_or(id, |(start, _)| &id[start..])
}

impl Pair {
    /// What speaks for it, in a sentence.
    #[must_use]
    pub const fn why(&self) -> &'static str {
        match self.reason {
            MatchReason::SameEmail => "One e-mail address, but two ids at the same system",
            MatchReason::EmailUnderTwoNames => "One e-mail address under two names",
            MatchReason::IdentifiersDisagree => {
                "A row named the id of one and the e-mail address of the other"
            }
            MatchReason::SameName => "The same full name",
            MatchReason::SameNameAndDomain => {
                "The same full name, and e-mail addresses of one company"
            }
            MatchReason::SameNameAndMailbox => {
                "The same full name, and e-mail addresses that begin alike"
            }
        }
    }
}

impl Duplicates {
    fn at(&self, at: &Timestamp) -> String {
        words::instant(*at, &self.zone)
    }
}
