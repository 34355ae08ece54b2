use super::*;
use crate::dashboard::Measure;
use jiff::{Timestamp, civil::date as day, tz::TimeZone};
use rust_decimal::Decimal;

#[test]
fn thousands_stand_apart() {
    let shown: Vec<String> = [0, 7, 999, 1_000, 12_870, 1_000_000].map(count).to_vec();
    assert_eq!(shown, ["0", "7", "999", "1,000", "12,870", "1,000,000"]);
}

#[test]
fn decimals_round_half_away_from_zero_and_keep_their_places() {
    assert_eq!(decimal(Decimal::new(12045, 1), 1), "1,204.5");
    assert_eq!(decimal(Decimal::new(125, 2), 1), "1.3");
    assert_eq!(decimal(Decimal::new(-125, 2), 1), "\u{2212}1.3");
    assert_eq!(decimal(Decimal::new(-1, 2), 1), "0.0");
    assert_eq!(decimal(Decimal::from(5), 2), "5.00");
}

#[test]
fn sizes_use_the_largest_fitting_unit() {
    let shown: Vec<String> = [1, 999, 1_400, 2_345_678, 3_000_000_000]
        .map(bytes)
        .to_vec();
    assert_eq!(shown, ["1 byte", "999 bytes", "1.4 kB", "2.3 MB", "3.0 GB"]);
}

#[test]
fn an_instant_names_its_zone() {
    let at: Timestamp = "2026-10-14T14:05:00Z".parse().unwrap();
    assert_eq!(instant(at, &TimeZone::UTC), "14 October 2026, 14:05 (UTC)");
    let oslo = TimeZone::get("Europe/Oslo").unwrap();
    assert_eq!(instant(at, &oslo), "14 October 2026, 16:05 (Europe/Oslo)");
    assert_eq!(date(day(2026, 2, 1)), "1 February 2026");
}

#[test]
fn a_comparison_says_how_much_and_which_way() {
    let compare = |measure, now: i64, before: i64, scale| {
        let (now, before) = (Decimal::new(now, scale), Decimal::new(before, scale));
        comparison(measure, Some(now), Some(before), "September 2026", false)
    };
    let more = compare(Measure::Sessions, 1_214, 183, 0);
    assert_eq!(
        (more.trend, more.text.as_str()),
        (Trend::Up, "1,031 more than in September 2026")
    );
    let less = compare(Measure::Hours, 2_005, 2_130, 1);
    assert_eq!(
        (less.trend, less.text.as_str()),
        (Trend::Down, "12.5 less than in September 2026")
    );
    let higher = compare(Measure::AverageRating, 91, 87, 2);
    assert_eq!(higher.text, "0.04 higher than in September 2026");
    assert_eq!(compare(Measure::Volunteers, 4, 4, 0).trend, Trend::Level);
}

#[test]
fn a_running_period_is_compared_with_all_of_the_one_before() {
    let (now, before) = (Some(Decimal::from(2)), Some(Decimal::from(5)));
    let shown = comparison(Measure::Participants, now, before, "September 2026", true);
    assert_eq!(shown.text, "3 fewer than in all of September 2026");
    let nothing = comparison(Measure::Participants, now, None, "September 2026", true);
    assert_eq!(nothing.trend, Trend::Unknown);
    assert_eq!(nothing.text, "No figure for September 2026 to compare with");
}

#[test]
fn the_takeaway_names_the_peak_and_does_not_invent_one() {
    let months = |counts: &[u64]| -> Vec<(String, u64)> {
        counts
            .iter()
            .enumerate()
            .map(|(i, n)| (format!("{} 2026", month(i8::try_from(i).unwrap() + 1)), *n))
            .collect()
    };
    assert_eq!(
        takeaway(&months(&[3, 9, 4])),
        "Sessions peaked in February 2026: 9 sessions"
    );
    assert_eq!(
        takeaway(&months(&[9, 9, 4])),
        "Sessions peaked at 9 sessions in 2 months, first in January 2026"
    );
    assert_eq!(takeaway(&months(&[0, 0])), "No sessions in these months");
    assert_eq!(takeaway(&[]), "No sessions in these months");
}

#[test]
fn stars_are_the_scale_people_answered_on() {
    assert_eq!(rating_in_stars(Decimal::ONE), "5.0 of 5 stars");
    assert_eq!(rating_in_stars(Decimal::new(875, 3)), "4.5 of 5 stars");
    assert_eq!(rating_in_stars(Decimal::ZERO), "1.0 of 5 stars");
}
