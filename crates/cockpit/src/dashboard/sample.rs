//! Made-up dashboards.

use super::{Dashboard, Figure, Kind, Measure, MonthCount, Period, Picker, sessions_chart};
use crate::gallery::{PERSON, TOKEN, company};
use crate::layout::{CompanyLink, Layout, Section};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use rust_decimal::Decimal;

const TODAY: Date = Date::constant(2026, 10, 14);
const SESSIONS: [u64; 12] = [148, 96, 162, 171, 188, 154, 231, 176, 92, 143, 197, 84];

/// A month in full use.
#[must_use]
pub fn full() -> Dashboard {
    let period = Period::containing(Kind::Month, TODAY).previous();
    Dashboard {
        figures: figures(),
        chart: Some(sessions_chart(
            &months(),
            TODAY,
            "Kintell session files, counted by Attest",
        )),
        ..frame(period)
    }
}

/// The running month, with events on their way.
#[must_use]
pub fn pending() -> Dashboard {
    Dashboard {
        picker: Picker::new(
            "acme",
            Period::containing(Kind::Month, TODAY),
            first_day(),
            TODAY,
        ),
        pending: 1_204,
        ..full()
    }
}

/// Before the first import.
#[must_use]
pub fn empty() -> Dashboard {
    frame(Period::containing(Kind::Month, TODAY))
}

/// A long company name in a script that runs from right to left.
#[must_use]
pub fn right_to_left() -> Dashboard {
    let page = full();
    let name = "شركة الشمال المتجددة للطاقة والخدمات البحرية المحدودة".to_owned();
    let company = CompanyLink {
        slug: "acme".to_owned(),
        name,
    };
    let layout = Layout {
        company: Some(company),
        lang: "en",
        dir: "rtl",
        ..page.layout
    };
    Dashboard { layout, ..page }
}

fn first_day() -> Date {
    Date::constant(2025, 11, 1)
}

fn frame(period: Period) -> Dashboard {
    let title = format!("Dashboard, {}", period.label(TODAY));
    let layout = Layout::signed_in(title, TOKEN, PERSON);
    Dashboard {
        layout: layout.within(company(), true).at(Section::Dashboard),
        picker: Picker::new("acme", period, first_day(), TODAY),
        figures: Vec::new(),
        chart: None,
        begins: first_day(),
        as_of: jiff::Timestamp::constant(1_791_986_400, 0),
        zone: TimeZone::UTC,
        pending: 0,
    }
}

fn figures() -> Vec<Figure> {
    let figure = |measure: Measure, value, previous| Figure {
        measure,
        figure_id: format!("fig_{}", measure.key()),
        value: Some(value),
        previous,
    };
    vec![
        figure(
            Measure::Participants,
            Decimal::from(118),
            Some(Decimal::from(104)),
        ),
        figure(
            Measure::Volunteers,
            Decimal::from(61),
            Some(Decimal::from(61)),
        ),
        figure(
            Measure::Sessions,
            Decimal::from(197),
            Some(Decimal::from(143)),
        ),
        figure(
            Measure::Hours,
            Decimal::new(1_873, 1),
            Some(Decimal::new(1_984, 1)),
        ),
        figure(Measure::AverageRating, Decimal::new(871, 3), None),
    ]
}

fn months() -> Vec<MonthCount> {
    let first = Date::constant(2025, 11, 1);
    let month = |index: usize| first.saturating_add(i32::try_from(index).unwrap_or(0).months());
    let counts = SESSIONS.iter().enumerate();
    counts
        .map(|(index, sessions)| MonthCount {
            month: month(index),
            sessions: *sessions,
        })
        .collect()
}
