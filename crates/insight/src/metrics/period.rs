//! Periods: a month, a quarter, or a year so far, by the company's calendar.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::{Date, date};

/// A stretch of whole months that figures speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// A calendar month, `2026-03`.
    Month {
        /// The year, 1000 to 9999.
        year: i16,
        /// 1 to 12.
        month: i8,
    },
    /// A quarter of a calendar year, `2026-Q1`.
    Quarter {
        /// The year, 1000 to 9999.
        year: i16,
        /// 1 to 4.
        quarter: i8,
    },
    /// A year up to now, `2026-YTD`; a past year is whole.
    YearToDate {
        /// The year, 1000 to 9999.
        year: i16,
    },
}

/// A text that names no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a period is a month (2026-03), a quarter (2026-Q1) or a year to date (2026-YTD)")]
pub struct ParsePeriod;

impl Period {
    /// The three periods that a month is part of.
    #[must_use]
    pub fn containing(month: Date) -> [Self; 3] {
        let (year, month) = (month.year(), month.month());
        [
            Self::Month { year, month },
            Self::Quarter {
                year,
                quarter: (month - 1) / 3 + 1,
            },
            Self::YearToDate { year },
        ]
    }

    /// Its first day.
    #[must_use]
    pub fn start(self) -> Date {
        match self {
            Self::Month { year, month } => date(year, month, 1),
            Self::Quarter { year, quarter } => date(year, (quarter - 1) * 3 + 1, 1),
            Self::YearToDate { year } => date(year, 1, 1),
        }
    }

    /// The first day after it. A year to date ends with its year: there are no
    /// figures of the time to come, so that is the same as now.
    #[must_use]
    pub fn end(self) -> Date {
        let months = match self {
            Self::Month { .. } => 1,
            Self::Quarter { .. } => 3,
            Self::YearToDate { .. } => 12,
        };
        self.start().saturating_add(months.months())
    }

    /// The period of the same length before it; of a year to date, the year before.
    #[must_use]
    pub fn previous(self) -> Self {
        let before = self.start().saturating_sub(1.day());
        let [month, quarter, year] = Self::containing(before);
        match self {
            Self::Month { .. } => month,
            Self::Quarter { .. } => quarter,
            Self::YearToDate { .. } => year,
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month { year, month } => write!(f, "{year:04}-{month:02}"),
            Self::Quarter { year, quarter } => write!(f, "{year:04}-Q{quarter}"),
            Self::YearToDate { year } => write!(f, "{year:04}-YTD"),
        }
    }
}

impl FromStr for Period {
    type Err = ParsePeriod;

    fn from_str(text: &str) -> Result<Self, ParsePeriod> {
        let (year, rest) = text.split_once('-').ok_or(ParsePeriod)?;
        if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParsePeriod);
        }
        let year: i16 = year
            .parse()
            .ok()
            .filter(|year| *year >= 1000)
            .ok_or(ParsePeriod)?;
        match rest.as_bytes() {
            b"YTD" => Ok(Self::YearToDate { year }),
            [b'Q', digit @ b'1'..=b'4'] => Ok(Self::Quarter {
                year,
                quarter: i8::try_from(digit - b'0').unwrap_or(1),
            }),
            [b'0'..=b'9', b'0'..=b'9'] => {
                let month = rest
                    .parse()
                    .ok()
                    .filter(|month| (1..=12).contains(month))
                    .ok_or(ParsePeriod)?;
                Ok(Self::Month { year, month })
            }
            _ => Err(ParsePeriod),
        }
    }
}
