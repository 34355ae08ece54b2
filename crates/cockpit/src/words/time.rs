//! Dates and instants as people read them.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The month's name: `October`. A month runs from 1 to 12; others give nothing.
#[must_use]
pub fn month(number: i8) -> &'static str {
    usize::try_from(number - 1)
        .ok()
        .and_then(|index| MONTHS.get(index))
        .copied()
        .unwrap_or("")
}

/// The month a day lies in: `October 2026`.
#[must_use]
pub fn month_and_year(day: Date) -> String {
    format!("{} {}", month(day.month()), day.year())
}

/// A day: `14 October 2026`.
#[must_use]
pub fn date(day: Date) -> String {
    format!("{} {}", day.day(), month_and_year(day))
}

/// An instant on the clock of `zone`: `14 October 2026, 16:05 (Europe/Oslo)`.
#[must_use]
pub fn instant(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let (day, time) = (date(local.date()), local.time());
    format!(
        "{day}, {:02}:{:02} ({})",
        time.hour(),
        time.minute(),
        zone_name(zone)
    )
}

/// The zone's IANA name, or `UTC` for a zone without one.
#[must_use]
pub fn zone_name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("UTC")
}
