//! Months, quarters and years to date, as they stand in addresses and on screens.

use crate::words;
use jiff::{ToSpan, civil::Date};
use std::{fmt, str::FromStr};

/// The three lengths of period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
    /// From 1 January to the end of the year, as far as it has come.
    YearToDate,
}

/// One period; prints and parses as `2026-10`, `2026-Q4` or `2026-YTD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    kind: Kind,
    first: Date,
}

/// The text is no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a period: expected 2026-10, 2026-Q4 or 2026-YTD")]
pub struct ParsePeriodError;

impl Period {
    /// The period of this kind that `day` lies in.
    #[must_use]
    pub fn containing(kind: Kind, day: Date) -> Self {
        let month = match kind {
            Kind::Month => day.month(),
            Kind::Quarter => (day.month() - 1) / 3 * 3 + 1,
            Kind::YearToDate => 1,
        };
        let first = day.with().month(month).day(1).build().unwrap_or(day);
        Self { kind, first }
    }

    /// Its length.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.kind
    }

    /// Its first day.
    #[must_use]
    pub fn first_day(self) -> Date {
        self.first
    }

    /// The day after its last day.
    #[must_use]
    pub fn end(self) -> Date {
        self.first.saturating_add(self.months().months())
    }

    /// The period of the same kind just before.
    #[must_use]
    pub fn previous(self) -> Self {
        Self {
            first: self.first.saturating_sub(self.months().months()),
            ..self
        }
    }

    /// The period of the same kind just after.
    #[must_use]
    pub fn next(self) -> Self {
        Self {
            first: self.end(),
            ..self
        }
    }

    /// Whether it still runs on `today`.
    #[must_use]
    pub fn is_unfinished(self, today: Date) -> bool {
        today < self.end()
    }

    /// Its name: `October 2026`, `October to December 2026`, `2026 to date`;
    /// `today` tells whether a year is over.
    #[must_use]
    pub fn label(self, today: Date) -> String {
        let year = self.first.year();
        match self.kind {
            Kind::Month => words::month_and_year(self.first),
            Kind::Quarter => {
                let last = words::month(self.first.month() + 2);
                format!("{} to {last} {year}", words::month(self.first.month()))
            }
            Kind::YearToDate if self.is_unfinished(today) => format!("{year} to date"),
            Kind::YearToDate => format!("{year}"),
        }
    }

    /// The name of what it is compared with: the period before, and for a
    /// running year the same months of the year before.
    #[must_use]
    pub fn compared_with(self, today: Date) -> String {
        if self.kind == Kind::YearToDate && self.is_unfinished(today) {
            let year = self.first.year() - 1;
            match today.month() {
                1 => format!("January {year}"),
                month => format!("January to {} {year}", words::month(month)),
            }
        } else {
            self.previous().label(today)
        }
    }

    fn months(self) -> i32 {
        match self.kind {
            Kind::Month => 1,
            Kind::Quarter => 3,
            Kind::YearToDate => 12,
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.first.year(), self.first.month());
        match self.kind {
            Kind::Month => write!(f, "{year:04}-{month:02}"),
            Kind::Quarter => write!(f, "{year:04}-Q{}", (month - 1) / 3 + 1),
            Kind::YearToDate => write!(f, "{year:04}-YTD"),
        }
    }
}

impl FromStr for Period {
    type Err = ParsePeriodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, year, month) = match text.split_once('-').ok_or(ParsePeriodError)? {
            (year, "YTD") => (Kind::YearToDate, year, 1),
            (year, part) => match part.strip_prefix('Q') {
                Some(quarter) => (Kind::Quarter, year, (digits(quarter, 1)? - 1) * 3 + 1),
                None => (Kind::Month, year, digits(part, 2)?),
            },
        };
        let month = i8::try_from(month).map_err(|_| ParsePeriodError)?;
        let first = Date::new(digits(year, 4)?, month, 1).map_err(|_| ParsePeriodError)?;
        Ok(Self { kind, first })
    }
}

/// Exactly `length` ASCII digits.
fn digits(text: &str, length: usize) -> Result<i16, ParsePeriodError> {
    if text.len() != length || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParsePeriodError);
    }
    text.parse().map_err(|_| ParsePeriodError)
}
