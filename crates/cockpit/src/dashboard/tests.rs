use super::*;
use askama::Template;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;

const TODAY: Date = date(2026, 10, 14);

#[test]
fn periods_print_as_they_parse() {
    for text in ["2026-10", "2026-01", "2026-Q4", "2026-Q1", "2026-YTD"] {
        assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
    }
}

#[test]
fn what_is_no_period_is_refused() {
    for text in [
        "",
        "2026",
        "2026-13",
        "2026-0",
        "2026-Q5",
        "2026-Q0",
        "26-YTD",
        "2026-1",
        "-2026-10",
        "2026-+1",
        "２026-10",
    ] {
        assert_eq!(text.parse::<Period>(), Err(ParsePeriodError), "{text}");
    }
}

#[test]
fn neighbours_touch_without_a_gap() {
    for text in ["2026-01", "2026-12", "2026-Q1", "2026-Q4", "2026-YTD"] {
        let period: Period = text.parse().unwrap();
        assert_eq!(period.previous().end(), period.first_day());
        assert_eq!(period.next().first_day(), period.end());
        assert_eq!(period.next().previous(), period);
    }
}

#[test]
fn a_period_is_named_and_compared_in_words() {
    let words = |text: &str| {
        let period: Period = text.parse().unwrap();
        (period.label(TODAY), period.compared_with(TODAY))
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(words("2026-01"), pair("January 2026", "December 2025"));
    assert_eq!(
        words("2026-Q1"),
        pair("January to March 2026", "October to December 2025")
    );
    assert_eq!(
        words("2026-YTD"),
        pair("2026 to date", "January to October 2025")
    );
    assert_eq!(words("2025-YTD"), pair("2025", "2024"));
}

#[test]
fn the_picker_offers_what_has_data_and_what_is_shown() {
    let picker = Picker::new("acme", "2026-10".parse().unwrap(), date(2026, 8, 20), TODAY);
    let offered: Vec<&str> = picker
        .choices
        .iter()
        .map(|(value, _)| value.as_str())
        .collect();
    assert_eq!(offered, ["2026-10", "2026-09", "2026-08"]);
    assert_eq!(picker.later, None);
    assert_eq!(picker.earlier.unwrap().href, "/c/acme?period=2026-09");
    let kinds: Vec<&str> = picker
        .kinds
        .iter()
        .map(|(link, _)| link.href.as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "/c/acme?period=2026-10",
            "/c/acme?period=2026-Q4",
            "/c/acme?period=2026-YTD"
        ]
    );
}

#[test]
fn a_period_outside_the_data_is_still_offered() {
    let picker = Picker::new("acme", "2026-06".parse().unwrap(), date(2026, 8, 20), TODAY);
    assert_eq!(picker.choices.last().unwrap().0, "2026-06");
    let future = Picker::new("acme", "2027-03".parse().unwrap(), date(2026, 8, 20), TODAY);
    assert_eq!(future.choices.first().unwrap().0, "2027-03");
}

#[test]
fn nothing_is_compared_with_a_period_from_before_the_data() {
    let mut board = sample::full();
    let changes = |board: &Dashboard| board.render().unwrap().matches("class=\"change\"").count();
    assert_eq!(changes(&board), 5);
    board.begins = date(2026, 9, 1);
    assert_eq!(changes(&board), 0);
    assert!(
        board
            .render()
            .unwrap()
            .contains("The data begin in September 2026")
    );
}

#[test]
fn where_nothing_happened_counts_are_nought_and_nothing_is_to_be_explained() {
    assert_eq!(Measure::Hours.of_nothing(), Some(Decimal::ZERO));
    assert_eq!(Measure::AverageRating.of_nothing(), None);
    let mut board = sample::full();
    for figure in &mut board.figures {
        figure.figure_id.clear();
    }
    assert!(!board.render().unwrap().contains("/why/"));
}
