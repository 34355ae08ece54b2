//! The five figures in words: their names, units, formulas and comparisons.

use crate::dashboard::Measure;
use rust_decimal::Decimal;

/// Which way a figure moved. It carries no judgement: more is not always better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trend {
    /// Higher than before.
    Up,
    /// Lower than before.
    Down,
    /// The same as before, as far as the figure is shown.
    Level,
    /// Nothing to compare with.
    Unknown,
}

/// A figure beside the one of the period before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The direction, drawn as a shape beside the words.
    pub trend: Trend,
    /// The whole comparison in words.
    pub text: String,
}

impl Comparison {
    /// No comparison, and why not.
    #[must_use]
    pub fn unknown(text: String) -> Self {
        Self {
            trend: Trend::Unknown,
            text,
        }
    }

    /// The shape that repeats the direction for the eye; hidden from screen readers.
    #[must_use]
    pub fn mark(&self) -> &'static str {
        match self.trend {
            Trend::Up => "\u{25B2}",
            Trend::Down => "\u{25BC}",
            Trend::Level => "\u{25C6}",
            Trend::Unknown => "\u{25C7}",
        }
    }
}

/// The figure's name on the card.
#[must_use]
pub fn label(measure: Measure) -> &'static str {
    match measure {
        Measure::Participants => "Participants",
        Measure::Volunteers => "Volunteers",
        Measure::Sessions => "Sessions",
        Measure::Hours => "Hours",
        Measure::AverageRating => "Average rating",
    }
}

/// What one of it is.
#[must_use]
pub fn unit(measure: Measure) -> &'static str {
    match measure {
        Measure::Participants | Measure::Volunteers => "people",
        Measure::Sessions => "completed sessions",
        Measure::Hours => "hours of sessions",
        Measure::AverageRating => "out of 1",
    }
}

/// How the figure is made, in one sentence.
#[must_use]
pub fn formula(measure: Measure) -> &'static str {
    match measure {
        Measure::Participants => {
            "The number of different participants with at least one completed session in the period."
        }
        Measure::Volunteers => {
            "The number of different volunteers with at least one completed session in the period."
        }
        Measure::Sessions => "The number of sessions that were completed in the period.",
        Measure::Hours => {
            "The minutes of all sessions completed in the period, added up and divided by 60."
        }
        Measure::AverageRating => {
            "The ratings of all rated sessions in the period, each brought to a scale from 0 to 1, \
             added up and divided by their number. Sessions without a rating do not count."
        }
    }
}

/// A rating between 0 and 1 as the stars people gave: `4.5 of 5 stars`.
#[must_use]
pub fn rating_in_stars(rating: Decimal) -> String {
    let stars = rating * Decimal::from(4) + Decimal::ONE;
    format!("{} of 5 stars", super::decimal(stars, 1))
}

/// A division with its numbers: `11,238 ÷ 60 = 187.3`. The result shows `places`
/// decimals; the operands show theirs.
#[must_use]
pub fn division(dividend: Decimal, divisor: Decimal, result: Decimal, places: u32) -> String {
    format!(
        "{} \u{f7} {} = {}",
        super::exact(dividend),
        super::exact(divisor),
        super::decimal(result, places)
    )
}

/// The figure against the period before, whose name is `before`; `unfinished`
/// says that the figure's own period still runs.
#[must_use]
pub fn comparison(
    measure: Measure,
    value: Option<Decimal>,
    previous: Option<Decimal>,
    before: &str,
    unfinished: bool,
) -> Comparison {
    let (value, previous) = match (value, previous) {
        (Some(value), Some(previous)) => (value, previous),
        (Some(_), None) => {
            return Comparison::unknown(format!("No figure for {before} to compare with"));
        }
        (None, _) => return Comparison::unknown(format!("Nothing to compare with {before}")),
    };
    let places = measure.places();
    let change = value.round_dp(places) - previous.round_dp(places);
    let whole = if unfinished { "all of " } else { "" };
    if change.is_zero() {
        let text = format!("The same as in {whole}{before}");
        return Comparison {
            trend: Trend::Level,
            text,
        };
    }
    let (trend, word) = match (change.is_sign_positive(), measure) {
        (true, Measure::AverageRating) => (Trend::Up, "higher"),
        (true, _) => (Trend::Up, "more"),
        (false, Measure::AverageRating) => (Trend::Down, "lower"),
        (false, Measure::Hours) => (Trend::Down, "less"),
        (false, _) => (Trend::Down, "fewer"),
    };
    let text = format!(
        "{} {word} than in {whole}{before}",
        super::decimal(change.abs(), places)
    );
    Comparison { trend, text }
}

/// The sentence above a chart of sessions per month: where they peaked.
/// `months` holds a month's full name and its sessions.
#[must_use]
pub fn takeaway(months: &[(String, u64)]) -> String {
    let most = months
        .iter()
        .map(|(_, sessions)| *sessions)
        .max()
        .unwrap_or(0);
    let peaks: Vec<&str> = months
        .iter()
        .filter(|(_, n)| *n == most)
        .map(|(name, _)| name.as_str())
        .collect();
    let sessions = super::plural(most, "session", "sessions");
    match (most, peaks.as_slice()) {
        (0, _) | (_, []) => "No sessions in these months".to_owned(),
        (_, [peak]) => format!("Sessions peaked in {peak}: {sessions}"),
        (_, [first, ..]) => {
            format!(
                "Sessions peaked at {sessions} in {} months, first in {first}",
                peaks.len()
            )
        }
    }
}
