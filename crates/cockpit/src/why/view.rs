use crate::dashboard::Measure;
use crate::layout::Layout;
use crate::page::Paging;
use crate::words;
use askama::Template;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rust_decimal::Decimal;

/// The page that explains one figure, down to the rows of the files.
#[derive(Template, Clone)]
#[template(path = "why.html")]
pub struct Why {
    /// The frame, within the company.
    pub layout: Layout,
    /// Which figure.
    pub measure: Measure,
    /// The name of its period: `October 2026`.
    pub period: String,
    /// Its value, none when nothing can be said.
    pub value: Option<Decimal>,
    /// The version of the formula that made it: `hours/1`.
    pub version: String,
    /// The formula with its numbers, see [`words::division`]; none for plain counts.
    pub worked: Option<String>,
    /// What went into the formula, with the numbers.
    pub inputs: Vec<Input>,
    /// When it was computed.
    pub computed_at: Timestamp,
    /// The zone in which instants are shown.
    pub zone: TimeZone,
    /// The dashboard of the same period.
    pub back: String,
    /// One page of the sessions that count, newest first.
    pub sessions: Vec<ContributingSession>,
    /// Where that page stands; its total is the number of all of them.
    pub paging: Paging,
}

/// One operand of the formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// What it is: `Minutes of these sessions`.
    pub name: String,
    /// How much, ready to be read: `12,870`.
    pub value: String,
}

/// One session that counts, and the row it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContributingSession {
    /// The programme's name.
    pub programme: String,
    /// The day it was completed.
    pub date: Date,
    /// Its length in minutes.
    pub minutes: u32,
    /// Its rating between 0 and 1, if it has one.
    pub rating: Option<Decimal>,
    /// The import's page.
    pub import_href: String,
    /// The name of the imported file.
    pub file: String,
    /// The line of the file, from 1.
    pub line: u64,
}

impl ContributingSession {
    fn rating(&self) -> String {
        self.rating
            .map_or_else(|| "none".to_owned(), |rating| words::decimal(rating, 2))
    }
}

impl Why {
    fn label(&self) -> &'static str {
        words::label(self.measure)
    }

    fn shown(&self) -> String {
        let places = self.measure.places();
        self.value.map_or_else(
            || "\u{2013}".to_owned(),
            |value| words::decimal(value, places),
        )
    }

    fn unit(&self) -> String {
        match (self.measure, self.value) {
            (Measure::AverageRating, Some(value)) => {
                format!(
                    "{} ({})",
                    words::unit(self.measure),
                    words::rating_in_stars(value)
                )
            }
            _ => words::unit(self.measure).to_owned(),
        }
    }

    fn computed_at(&self) -> String {
        words::instant(self.computed_at, &self.zone)
    }

    fn sessions_in_words(&self) -> String {
        words::plural(self.paging.total, "session counts", "sessions count")
    }
}
