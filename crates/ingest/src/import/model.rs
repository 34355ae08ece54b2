//! What an import is: where it comes from, how it is to be read, how far it is.

use contracts::event::value::RatingScale;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;
use crate::kintell::rating::{find_scale, scale_name};

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The file is stored; nobody has begun to read it.
    Uploaded,
    /// The file was read through and tried out; nothing of it was taken in.
    Checked,
    /// Rows are being taken in.
    Running,
    /// Every row is dealt with.
    Committed,
    /// The file was refused; nothing of it was taken in, or no more than the counts say.
    Failed,
    /// Somebody ended it; nothing of it was taken in, or no more than the counts say.
    Abandoned,
    /// What was taken in is being taken back.
    Undoing,
    /// What was taken in is taken back, but for what was changed since.
    Undone,
}

impl State {
    const ALL: [Self; 8] = [
        Self::Uploaded,
        Self::Checked,
        Self::Running,
        Self::Committed,
        Self::Failed,
        Self::Abandoned,
        Self::Undoing,
        Self::Undone,
    ];

    /// The word in the database and in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Checked => "checked",
            Self::Running => "running",
            Self::Committed => "committed",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    /// Whether no row will be taken in any more.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        !matches!(self, Self::Uploaded | Self::Checked | Self::Running)
    }

    /// Whether nothing happens until somebody decides.
    #[must_use]
    pub const fn rests(self) -> bool {
        !matches!(self, Self::Uploaded | Self::Running | Self::Undoing)
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What the uploader says about a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// The scale of the ratings; none to tell it by the ratings themselves.
    pub rating_scale: Option<RatingScale>,
    /// The IANA zone of dates and times that name none.
    pub zone: String,
    /// Whether the file is to be checked, and taken in only when somebody says so.
    #[serde(default)]
    pub check: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rating_scale: None,
            zone: "UTC".to_owned(),
            check: false,
        }
    }
}

impl Options {
    /// Options from the words of a form or command; an empty word is the same as none. A scale is `0-1`, `1-5` or `auto`.
    ///
    /// # Errors
    /// [`Error::Option`] for an unknown scale or zone.
    pub fn parse(rating_scale: Option<&str>, zone: Option<&str>) -> Result<Self, Error> {
        let given = |word: Option<&str>| {
            word.map(str::trim)
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
        };
        let rating_scale = match given(rating_scale).filter(|word| word != "auto") {
            None => None,
            Some(word) => Some(find_scale(&word).ok_or_else(|| {
                let detail = "A rating scale is 0-1, 1-5, or auto to tell it by the ratings.";
                Error::option("rating_scale", "rating_scale_unknown", detail)
            })?),
        };
        let zone = given(zone).unwrap_or_else(|| Self::default().zone);
        if TimeZone::get(&zone).is_err() {
            let detail = "There is no such time zone. Write it like Europe/Oslo.";
            return Err(Error::option("zone", "zone_unknown", detail));
        }
        Ok(Self {
            rating_scale,
            zone,
            check: false,
        })
    }
}

/// How a file was understood, once it was read through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Layout {
    /// The header set: `kintell-sessions`, `kintell-language-1.1`, `buddy-matches-short` or another one.
    pub header_set: String,
    /// The encoding, by its WHATWG name.
    pub encoding: String,
    /// The separator between fields.
    pub delimiter: char,
    /// The scale of the ratings, `0-1` or `1-5`; none in a file without ratings.
    pub rating_scale: Option<String>,
}

impl Layout {
    pub(crate) fn rating_scale(&self) -> Option<RatingScale> {
        self.rating_scale.as_deref().and_then(find_scale)
    }

    pub(crate) fn scale_word(scale: Option<RatingScale>) -> Option<String> {
        scale.map(|scale| scale_name(scale).to_owned())
    }
}

/// What became of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// Rows read that are not blank: the sum of the others.
    pub rows_in: u64,
    /// Rows that made a session.
    pub created: u64,
    /// Rows that changed a session.
    pub updated: u64,
    /// Rows that said what was known.
    pub unchanged: u64,
    /// Rows refused.
    pub rejected: u64,
}

impl Counts {
    /// Whether every row read became exactly one of the others.
    #[must_use]
    pub const fn reconcile(&self) -> bool {
        self.rows_in == self.created + self.updated + self.unchanged + self.rejected
    }

    pub(crate) const fn add(&mut self, other: Self) {
        self.rows_in += other.rows_in;
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.rejected += other.rejected;
    }
}

/// How far a running import is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Progress {
    /// Rows dealt with.
    pub rows_done: u64,
    /// Rows of the file; none before it was read through.
    pub rows_total: Option<u64>,
    /// Rows a second since the present run began.
    pub rows_per_second: Option<f64>,
    /// Seconds until the end at that speed.
    pub seconds_left: Option<u64>,
}

impl Progress {
    /// `seconds` is how long the present run has been dealing with rows, `first` the row it began at.
    #[must_use]
    pub fn at(rows_done: u64, rows_total: Option<u64>, first: u64, seconds: f64) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an estimate for people"
        )]
        let estimate = |done: u64| {
            let rate = done as f64 / seconds;
            let left = rows_total
                .map(|total| (total.saturating_sub(rows_done) as f64 / rate).ceil() as u64);
            (((rate * 10.0).round() / 10.0), left)
        };
        let done = rows_done.saturating_sub(first);
        let estimate = (done > 0 && seconds > 0.0).then(|| estimate(done));
        Self {
            rows_done,
            rows_total,
            rows_per_second: estimate.map(|(rate, _)| rate),
            seconds_left: estimate.and_then(|(_, left)| left),
        }
    }
}

/// Why a file was refused: a problem document (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileProblem {
    /// `urn:attest:problem:` and the code.
    pub r#type: String,
    /// The problem in a few words.
    pub title: String,
    /// The HTTP status that this problem would have in an answer.
    pub status: u16,
    /// A stable name in snake case.
    pub code: String,
    /// What is wrong with the file and what to do.
    pub detail: String,
}

impl FileProblem {
    pub(crate) fn new(code: &str, status: u16, detail: impl Into<String>) -> Self {
        Self {
            r#type: format!("urn:attest:problem:{code}"),
            title: "The file was not imported".to_owned(),
            status,
            code: code.to_owned(),
            detail: detail.into(),
        }
    }
}

/// Something worth knowing about an import that went well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    /// A stable name in snake case: `file_without_rows`, `columns_unused` or `matches_unknown`.
    pub code: String,
    /// What it means and what to do.
    pub detail: String,
}
