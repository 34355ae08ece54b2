//! Made-up Kintell files, and what they say, counted without any of Attest's code.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) const HEADER: &str = "session_id,session_type,participant_email,volunteer_email,date,duration_min,rating,feedback_text,language_level\n";

/// A session as a file tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) participant: String,
    pub(crate) volunteer: String,
    /// The month, `2026-03`.
    pub(crate) month: String,
    pub(crate) minutes: u32,
    /// From 1 to 5.
    pub(crate) rating: Option<u32>,
    pub(crate) text: String,
}

impl Row {
    /// The session of a number: its month, people and length follow from it.
    pub(crate) fn of(number: u32) -> Self {
        Self {
            id: format!("K-{number}"),
            participant: format!("learner{}@example.org", number % 37),
            volunteer: format!("mentor{}@acme.example.org", number % 11),
            month: format!("2026-{:02}", 1 + number % 10),
            minutes: 15 + number % 90,
            rating: (!number.is_multiple_of(3)).then_some(1 + number % 5),
            text: if number.is_multiple_of(2) {
                format!("We spoke about the weather, and about {number}")
            } else {
                String::new()
            },
        }
    }

    fn line(&self) -> String {
        let rating = self.rating.map(|rating| rating.to_string());
        format!(
            "{},Language Connect,{},{},{}-14T10:00:00Z,{},{},\"{}\",B1\n",
            self.id,
            self.participant,
            self.volunteer,
            self.month,
            self.minutes,
            rating.unwrap_or_default(),
            self.text
        )
    }
}

/// A file of these sessions.
pub(crate) fn file<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<u8> {
    let lines: String = rows.into_iter().map(Row::line).collect();
    format!("{HEADER}{lines}").into_bytes()
}

/// What figures must say of a month.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Month {
    pub(crate) sessions: u32,
    pub(crate) participants: u32,
    pub(crate) volunteers: u32,
    pub(crate) hours: f64,
    pub(crate) average_rating: Option<f64>,
}

/// What figures must say, by month. Of two rows about one session the later one counts.
pub(crate) fn months<'a>(rows: impl IntoIterator<Item = &'a Row>) -> BTreeMap<String, Month> {
    let known: BTreeMap<&str, &Row> = rows.into_iter().map(|row| (row.id.as_str(), row)).collect();
    let mut by_month: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in known.into_values() {
        by_month.entry(row.month.clone()).or_default().push(row);
    }
    let told = |rows: Vec<&Row>| {
        let ratings: Vec<f64> = rows
            .iter()
            .filter_map(|row| row.rating)
            .map(|rating| f64::from(rating - 1) / 4.0)
            .collect();
        let count = |number: usize| u32::try_from(number).unwrap();
        let different = |of: fn(&Row) -> &str| {
            let all: BTreeSet<_> = rows.iter().map(|row| of(row)).collect();
            count(all.len())
        };
        Month {
            sessions: count(rows.len()),
            participants: different(|row| &row.participant),
            volunteers: different(|row| &row.volunteer),
            hours: f64::from(rows.iter().map(|row| row.minutes).sum::<u32>()) / 60.0,
            average_rating: (!ratings.is_empty())
                .then(|| ratings.iter().sum::<f64>() / f64::from(count(ratings.len()))),
        }
    };
    by_month
        .into_iter()
        .map(|(month, rows)| (month, told(rows)))
        .collect()
}

impl Month {
    /// Whether a list of figures, as the API answers it, says the same.
    pub(crate) fn agrees(&self, figures: &serde_json::Value) -> bool {
        let value = |metric: &str| {
            let all = figures.as_array().unwrap();
            let figure = all.iter().find(|figure| figure["metric"] == metric);
            figure.and_then(|figure| figure["value"].as_str()?.parse::<f64>().ok())
        };
        let near = |metric: &str, expected: Option<f64>| match (value(metric), expected) {
            (Some(value), Some(expected)) => (value - expected).abs() < 1e-4,
            (value, expected) => value == expected,
        };
        near("sessions", Some(f64::from(self.sessions)))
            && near("participants", Some(f64::from(self.participants)))
            && near("volunteers", Some(f64::from(self.volunteers)))
            && near("hours", Some(self.hours))
            && near("average_rating", self.average_rating)
    }
}
