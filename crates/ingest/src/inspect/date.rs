//! In which order a column writes its dates. It is found for a whole column, never guessed for a row.

use serde::{Deserialize, Serialize};

use crate::sheet::dialect::kind::date_parts;

/// The order of day, month and year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// Year, month, day: `2025-03-04`.
    Iso,
    /// Day before month: `31/03/2025`, `04.03.2025`.
    DayFirst,
    /// Month before day: `03/31/2025`.
    MonthFirst,
    /// Both fit every value of the file, and they would give different days.
    Ambiguous,
    /// Some values fit only one order, others only the other.
    Mixed,
}

/// The dates of one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateColumn {
    /// The column.
    pub column: String,
    /// The order of its dates.
    pub order: DateOrder,
    /// How that is known.
    pub reason: String,
}

/// What the values of a column say about their order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct DateEvidence {
    iso: u64,
    /// A first number above 12.
    day_first: u64,
    /// A second number above 12.
    month_first: u64,
    /// Both orders fit and differ.
    either: u64,
    /// Both orders give the same day.
    same: u64,
    /// Written with points, as where the day comes first.
    pointed: u64,
}

impl DateEvidence {
    pub(crate) fn add(&mut self, value: &str) {
        let date = value.split(['T', ' ']).next().unwrap_or("");
        let date = date.trim_end_matches(['.', ',']);
        let Some([first, second, _]) = date_parts(date) else {
            return;
        };
        if first > 31 || date.find(['-', '/', '.']) == Some(4) {
            self.iso += 1;
            return;
        }
        self.pointed += u64::from(date.contains('.'));
        match (first > 12, second > 12) {
            (true, _) => self.day_first += 1,
            (_, true) => self.month_first += 1,
            _ if first == second => self.same += 1,
            _ => self.either += 1,
        }
    }

    fn read(&self) -> u64 {
        self.iso + self.day_first + self.month_first + self.either + self.same
    }

    /// The order and how it is known; none where there are no dates in numbers.
    pub(crate) fn order(&self) -> Option<(DateOrder, String)> {
        if self.read() == 0 {
            return None;
        }
        let written = self.read() - self.iso;
        Some(match (self.day_first, self.month_first) {
            _ if written == 0 => (
                DateOrder::Iso,
                format!("all {} dates begin with the year", self.iso),
            ),
            _ if self.iso > 0 => (
                DateOrder::Mixed,
                format!("{} dates begin with the year, {written} do not", self.iso),
            ),
            (0, 0) if self.pointed == written => (
                DateOrder::DayFirst,
                "the dates are written with points, as is done where the day comes first"
                    .to_owned(),
            ),
            (0, 0) if self.either == 0 => (
                DateOrder::DayFirst,
                "day and month are the same in every date".to_owned(),
            ),
            (0, 0) => (
                DateOrder::Ambiguous,
                format!("day first and month first both fit all {written} dates"),
            ),
            (days, 0) => (
                DateOrder::DayFirst,
                format!("{days} of {written} dates have a first number above 12"),
            ),
            (0, days) => (
                DateOrder::MonthFirst,
                format!("{days} of {written} dates have a second number above 12"),
            ),
            (first, second) => (
                DateOrder::Mixed,
                format!("{first} dates fit only day first, {second} only month first"),
            ),
        })
    }
}
