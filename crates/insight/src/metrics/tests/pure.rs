//! Arithmetic, months and texts, without a database.

use std::error::Error;

use jiff::ToSpan;
use jiff::civil::date;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::metrics::consumer::month_of;
use crate::metrics::lineage::origin;
use crate::metrics::store::Totals;
use crate::metrics::{Metric, Period};

fn totals(minutes: i64, ratings: i64, rating_sum: &str) -> Totals {
    Totals {
        sessions: 3,
        participants: 2,
        volunteers: 1,
        minutes,
        ratings,
        rating_sum: rating_sum.parse().expect("a decimal"),
    }
}

fn text(totals: &Totals, metric: Metric) -> Option<String> {
    totals
        .value(metric)
        .map(|value| value.normalize().to_string())
}

#[test]
fn hours_are_minutes_by_sixty_to_four_decimal_places() {
    for (minutes, hours) in [
        (0, "0"),
        (60, "1"),
        (50, "0.8333"),
        (100, "1.6667"),
        (1, "0.0167"),
        (2_000_000_001, "33333333.35"),
    ] {
        let value = text(&totals(minutes, 0, "0"), Metric::Hours);
        assert_eq!(value.as_deref(), Some(hours), "{minutes} minutes");
    }
}

#[test]
fn a_mean_has_six_decimal_places_and_rounds_the_half_to_even() {
    for (count, sum, mean) in [
        (3, "2", "0.666667"),
        (3, "1", "0.333333"),
        (2, "1.5", "0.75"),
        (2, "0.000001", "0"),
        (2, "0.000003", "0.000002"),
        (1, "0.123456", "0.123456"),
    ] {
        let value = text(&totals(0, count, sum), Metric::AverageRating);
        assert_eq!(value.as_deref(), Some(mean), "{sum} by {count}");
    }
}

#[test]
fn a_mean_of_no_ratings_has_no_value() {
    assert_eq!(totals(60, 0, "0").value(Metric::AverageRating), None);
}

#[test]
fn a_mean_counts_ratings_and_every_other_figure_sessions() {
    let totals = totals(60, 2, "1");
    for metric in Metric::ALL {
        let expected = if metric == Metric::AverageRating {
            2
        } else {
            3
        };
        assert_eq!(totals.sample_size(metric), expected, "{metric}");
    }
}

#[test]
fn each_count_is_of_its_own_kind() {
    let totals = totals(60, 2, "1");
    let counts = [Metric::Participants, Metric::Volunteers, Metric::Sessions];
    let values = counts.map(|metric| totals.value(metric));
    assert_eq!(values, [2, 1, 3].map(|count| Some(Decimal::from(count))));
}

#[test]
fn a_month_begins_and_ends_by_the_companys_clock() {
    for (zone, at, month) in [
        // Oslo is two hours ahead in summer, one in winter.
        ("Europe/Oslo", "2026-03-31T21:59:59Z", date(2026, 3, 1)),
        ("Europe/Oslo", "2026-03-31T22:00:00Z", date(2026, 4, 1)),
        ("Europe/Oslo", "2026-02-28T22:59:59Z", date(2026, 2, 1)),
        ("Europe/Oslo", "2026-02-28T23:00:00Z", date(2026, 3, 1)),
        // Its summer time ended on 25 October.
        ("Europe/Oslo", "2026-10-31T22:30:00Z", date(2026, 10, 1)),
        ("Europe/Oslo", "2026-12-31T23:00:00Z", date(2027, 1, 1)),
        // New York's ends on 1 November, hours after the month began.
        (
            "America/New_York",
            "2026-11-01T03:59:59Z",
            date(2026, 10, 1),
        ),
        (
            "America/New_York",
            "2026-11-01T04:00:00Z",
            date(2026, 11, 1),
        ),
        (
            "Pacific/Kiritimati",
            "2026-06-30T10:00:00Z",
            date(2026, 7, 1),
        ),
    ] {
        let zone = TimeZone::get(zone).expect("a zone");
        let at = at.parse().expect("a timestamp");
        assert_eq!(month_of(at, &zone), month, "{at} in {zone:?}");
    }
}

#[test]
fn an_origin_is_an_import_and_a_row_and_nothing_else() {
    let import = super::IMPORT;
    let (found, row) = origin(&format!("/ingest/imports/{import}/rows/17")).expect("an origin");
    assert_eq!((found.uuid().to_string().as_str(), row), (import, 17));
    for source in [
        "/ingest/webhooks/kintell".to_owned(),
        format!("/ingest/imports/{import}"),
        format!("/ingest/imports/{import}/rows/"),
        format!("/ingest/imports/{import}/rows/-1"),
        format!("/ingest/imports/{import}/rows/1/2"),
        "/ingest/imports/17/rows/1".to_owned(),
        String::new(),
    ] {
        assert_eq!(origin(&source), None, "{source}");
    }
}

#[test]
fn every_metric_is_found_by_its_name() {
    for metric in Metric::ALL {
        assert_eq!(metric.to_string().parse(), Ok(metric));
        assert_eq!(metric.formula().version, format!("{metric}/1"));
    }
    let error = "profit".parse::<Metric>().expect_err("no metric");
    assert!(error.to_string().contains("average_rating"));
}

#[test]
fn a_text_that_is_no_period_is_refused() {
    for text in [
        "",
        "2026",
        "2026-",
        "2026-00",
        "2026-13",
        "2026-1",
        "2026-001",
        "2026-Q0",
        "2026-Q5",
        "2026-q1",
        "2026-ytd",
        "ytd-2026",
        "26-01",
        "0999-01",
        "+026-01",
        "2026-+1",
        "2026-01-01",
        " 2026-01",
        "２０２６-01",
        "history",
    ] {
        let error = text.parse::<Period>().expect_err(text);
        assert!(error.to_string().contains("2026-Q1"), "{text}");
    }
}

#[test]
fn the_period_before_is_of_the_same_kind() -> Result<(), Box<dyn Error>> {
    for (period, before) in [
        ("2026-03", "2026-02"),
        ("2026-01", "2025-12"),
        ("2026-Q3", "2026-Q2"),
        ("2026-Q1", "2025-Q4"),
        ("2026-YTD", "2025-YTD"),
    ] {
        assert_eq!(period.parse::<Period>()?.previous().to_string(), before);
    }
    Ok(())
}

fn periods() -> impl Strategy<Value = Period> {
    (1001_i16..=9998, 1_i8..=12, 0_usize..3)
        .prop_map(|(year, month, kind)| Period::containing(date(year, month, 1))[kind])
}

proptest! {
    #[test]
    fn a_period_reads_as_it_prints(period in periods()) {
        prop_assert_eq!(period.to_string().parse(), Ok(period));
    }

    #[test]
    fn a_period_begins_where_the_one_before_ends(period in periods()) {
        prop_assert_eq!(period.previous().end(), period.start());
    }

    #[test]
    fn a_month_lies_in_exactly_the_periods_that_contain_it(period in periods(), months in 0_i32..24) {
        let month = period.start().saturating_add(months.months());
        let within = (period.start()..period.end()).contains(&month);
        prop_assert_eq!(Period::containing(month).contains(&period), within);
    }
}
