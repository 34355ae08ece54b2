//! Made-up explanations.

use super::{ContributingSession, Input, Why};
use crate::dashboard::Measure;
use crate::gallery::{PERSON, TOKEN, company};
use crate::layout::{Layout, Section};
use crate::page::Paging;
use crate::words;
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use rust_decimal::Decimal;

/// The hours of a month, on the second of many pages of sessions.
#[must_use]
pub fn hours() -> Why {
    let input = |name: &str, value: &str| Input {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    let layout = Layout::signed_in("Why this number? Hours, September 2026", TOKEN, PERSON);
    Why {
        layout: layout.within(company(), true).at(Section::Dashboard),
        measure: Measure::Hours,
        period: "September 2026".to_owned(),
        value: Some(Decimal::new(1_873, 1)),
        version: "hours/1".to_owned(),
        worked: Some(words::division(
            Decimal::from(11_238),
            Decimal::from(60),
            Decimal::new(1_873, 1),
            1,
        )),
        inputs: vec![input("Sessions", "197"), input("Their minutes", "11,238")],
        computed_at: Timestamp::constant(1_791_986_400, 0),
        zone: TimeZone::UTC,
        back: "/c/acme?period=2026-09".to_owned(),
        sessions: (0..12).map(session).collect(),
        paging: Paging {
            last: 24,
            ..Paging::new("/c/acme/why/fig_hours", 2, 12, 197)
        },
    }
}

/// A rating nobody gave.
#[must_use]
pub fn unrated() -> Why {
    let page = hours();
    Why {
        layout: Layout {
            title: "Why this number? Average rating, September 2026".to_owned(),
            ..page.layout
        },
        measure: Measure::AverageRating,
        value: None,
        worked: None,
        version: "average_rating/1".to_owned(),
        inputs: vec![Input {
            name: "Rated sessions".to_owned(),
            value: "0".to_owned(),
        }],
        sessions: Vec::new(),
        paging: Paging::new("/c/acme/why/fig_average-rating", 1, 12, 0),
        ..page
    }
}

fn session(index: u32) -> ContributingSession {
    let programmes = ["Language Connect", "Mentorship"];
    let day = Date::constant(2026, 9, 30).saturating_sub(i64::from(index / 2).days());
    ContributingSession {
        programme: (*programmes
            .get(index as usize % 3)
            .unwrap_or(&"Language Connect"))
        .to_owned(),
        date: day,
        minutes: 30 + 15 * (index % 3),
        rating: (index % 4 != 3).then(|| Decimal::new(i64::from(index % 4) * 25 + 50, 2)),
        import_href: "/c/acme/imports/imp_0199aa".to_owned(),
        file: "kintell-sessions-2026-q3.csv".to_owned(),
        line: 2_011 - u64::from(index) * 3,
    }
}
