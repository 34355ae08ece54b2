use super::{Decision, Source};
use crate::layout::{self, Layout};
use crate::page::Link;
use crate::words;
use askama::Template;
use jiff::{Timestamp, tz::TimeZone};
use rust_decimal::Decimal;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Uploaded, not begun.
    Waiting,
    /// Reading rows.
    Running,
    /// Every row is dealt with.
    Committed,
    /// Stopped before the end.
    Failed,
    /// Tried out; nothing is taken in until somebody says so.
    Checked,
    /// Ended by somebody.
    Abandoned,
    /// Being taken back.
    Undoing,
    /// Taken back.
    Undone,
}

impl State {
    /// Its name on the screen.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Running => "Running",
            Self::Committed => "Done",
            Self::Failed => "Failed",
            Self::Checked => "Checked",
            Self::Abandoned => "Abandoned",
            Self::Undoing => "Being undone",
            Self::Undone => "Undone",
        }
    }

    /// Its name in classes.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Waiting | Self::Checked => "waiting",
            Self::Running | Self::Undoing => "running",
            Self::Committed => "done",
            Self::Failed => "failed",
            Self::Abandoned | Self::Undone => "ended",
        }
    }

    /// Whether it may still change.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Running | Self::Undoing)
    }
}

/// What became of the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Data rows read from the file.
    pub rows_in: u64,
    /// New sessions.
    pub created: u64,
    /// Known sessions with a change.
    pub updated: u64,
    /// Known sessions without one.
    pub unchanged: u64,
    /// Rows with an error.
    pub rejected: u64,
}

impl Counts {
    /// Whether every row read has become exactly one of the four.
    #[must_use]
    pub fn reconcile(&self) -> bool {
        self.rows_in == self.created + self.updated + self.unchanged + self.rejected
    }

    fn share(&self, part: u64) -> String {
        let share = Decimal::from(part * 100).checked_div(Decimal::from(self.rows_in));
        words::decimal(share.unwrap_or_default(), 1)
    }

    fn sum(&self) -> String {
        let parts = [self.created, self.updated, self.unchanged, self.rejected].map(words::count);
        format!("{} = {}", parts.join(" + "), words::count(self.rows_in))
    }
}

/// A row that was not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// The line of the file, from 1.
    pub line: u64,
    /// The column's name; empty when the whole row is meant.
    pub column: String,
    /// The error's code: `E003`.
    pub code: String,
    /// What is wrong, without the raw value.
    pub reason: String,
    /// What to do about it, in one sentence.
    pub advice: &'static str,
}

/// Why an import stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What happened.
    pub what: String,
    /// What is safe: what was kept, what was not touched.
    pub safe: String,
    /// What to do next.
    pub next: String,
}

/// The live part of an import's page: `GET /c/{slug}/imports/{id}/progress`.
#[derive(Template, Clone)]
#[template(path = "import_progress.html")]
pub struct Progress {
    /// The company's slug.
    pub slug: String,
    /// The import's id as in addresses.
    pub import_id: String,
    /// How far it is.
    pub state: State,
    /// What became of the rows so far.
    pub counts: Counts,
    /// Percent of the file that is read, while it runs.
    pub percent: Option<u8>,
    /// The first rejected rows, in the order of the file.
    pub rejected: Vec<RejectedRow>,
    /// Why it failed, in the state [`State::Failed`].
    pub failure: Option<Failure>,
    /// Fields that would change, of a file that was checked, each with the number of sessions.
    pub changes: Vec<(String, u64)>,
    /// What undoing it has done.
    pub undone: Option<Undone>,
}

/// What an undo has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undone {
    /// What is gone.
    pub withdrawn: u64,
    /// What is as it was before.
    pub restored: u64,
    /// What was changed since and stays.
    pub kept: u64,
}

impl Progress {
    fn base(&self) -> String {
        format!("{}/imports/{}", layout::address(&self.slug), self.import_id)
    }

    fn is_empty(&self) -> bool {
        self.state == State::Committed && self.counts.rows_in == 0
    }

    fn is_repeat(&self) -> bool {
        let Counts {
            rows_in, unchanged, ..
        } = self.counts;
        self.state == State::Committed && rows_in > 0 && unchanged == rows_in
    }

    fn headline(&self) -> String {
        let rows = words::plural(self.counts.rows_in, "row", "rows");
        match self.state {
            State::Waiting => "it starts in a moment".to_owned(),
            State::Running => format!("{rows} read so far"),
            State::Failed | State::Abandoned if self.counts.rows_in == 0 => {
                "nothing was taken in".to_owned()
            }
            State::Failed => format!("{rows} read before it stopped"),
            State::Checked => "nothing was taken in yet".to_owned(),
            State::Abandoned => format!("{rows} read before it was ended"),
            State::Undoing | State::Undone => {
                let undone = self.undone.map_or(0, |u| u.withdrawn + u.restored);
                format!("{} taken back", words::count(undone))
            }
            State::Committed if self.is_empty() => "the file has no rows".to_owned(),
            State::Committed => format!("{rows} read"),
        }
    }

    fn rejected_in_words(&self) -> String {
        if self.state == State::Checked {
            let rows = words::plural(self.counts.rejected, "row", "rows");
            return format!("{rows} would be rejected");
        }
        words::plural(
            self.counts.rejected,
            "row was rejected",
            "rows were rejected",
        )
    }

    fn outcomes(&self) -> [(&'static str, u64, &'static str); 4] {
        let Counts {
            created,
            updated,
            unchanged,
            rejected,
            ..
        } = self.counts;
        [
            ("Created", created, "New"),
            ("Updated", updated, "Already known, with something changed"),
            ("Unchanged", unchanged, "Already known, nothing new"),
            ("Rejected", rejected, "Rows with an error, not taken in"),
        ]
    }

    fn changed(&self) -> Vec<(&str, String)> {
        let changes = self.changes.iter();
        changes
            .map(|(field, count)| (field.as_str(), words::count(*count)))
            .collect()
    }

    fn is_shortened(&self) -> bool {
        (self.rejected.len() as u64) < self.counts.rejected
    }
}

/// The page `GET /c/{slug}/imports/{id}`.
#[derive(Template, Clone)]
#[template(path = "import.html")]
pub struct ImportPage {
    /// The frame, within the company.
    pub layout: Layout,
    /// The name of the file.
    pub file: String,
    /// Where the file came from.
    pub source: Source,
    /// The file's size in bytes.
    pub size: u64,
    /// How its ratings are read, in words.
    pub rating_scale: String,
    /// The IANA zone of its times without an offset.
    pub time_zone: String,
    /// When it was uploaded.
    pub uploaded_at: Timestamp,
    /// The zone in which instants are shown.
    pub zone: TimeZone,
    /// The live part.
    pub progress: Progress,
    /// What the viewer may decide about it.
    pub decisions: Vec<Decision>,
}

impl ImportPage {
    fn uploaded_at(&self) -> String {
        words::instant(self.uploaded_at, &self.zone)
    }

    fn address(&self) -> String {
        self.progress.base()
    }

    fn size(&self) -> String {
        words::bytes(self.size)
    }

    fn reload(&self) -> Link {
        Link::new("Show the latest state", self.progress.base())
    }
}
