use contracts::event::value::RatingScale;
use rust_decimal::Decimal;

use super::super::rating::{RatingEvidence, find_scale, normalise, parse_rating, scale_name};
use super::{COMBINED, faults, map_all};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn evidence(cells: &[&str]) -> RatingEvidence {
    let mut evidence = RatingEvidence::default();
    for cell in cells {
        evidence.add(cell);
    }
    evidence
}

#[test]
fn stars_become_exact_rates() {
    for (stars, rate) in [
        ("1", "0"),
        ("2", "0.25"),
        ("3", "0.5"),
        ("4", "0.75"),
        ("5", "1"),
        ("4.3", "0.825"),
        ("3.33", "0.5825"),
    ] {
        let found = normalise(decimal(stars), RatingScale::OneToFive).unwrap();
        assert_eq!(found, decimal(rate));
        assert_eq!(found.to_string(), rate, "without trailing zeros");
    }
    for outside in ["0.99", "5.01", "0", "-1", "85"] {
        assert_eq!(
            normalise(decimal(outside), RatingScale::OneToFive),
            None,
            "{outside}"
        );
    }
}

#[test]
fn rates_stay_and_are_kept_to_four_decimals() {
    assert_eq!(
        normalise(decimal("0.80"), RatingScale::ZeroToOne),
        Some(decimal("0.8"))
    );
    assert_eq!(
        normalise(decimal("0.7999999999999999"), RatingScale::ZeroToOne),
        Some(decimal("0.8"))
    );
    assert_eq!(normalise(decimal("1.0001"), RatingScale::ZeroToOne), None);
}

#[test]
fn ratings_are_plain_decimal_numbers() {
    for (text, value) in [
        ("5", "5"),
        ("4.5", "4.5"),
        ("4,5", "4.5"),
        ("0.80", "0.80"),
        ("+3", "3"),
        ("-1", "-1"),
        ("10", "10"),
    ] {
        assert_eq!(parse_rating(text), Some(decimal(value)), "{text}");
    }
    for text in [
        "",
        "five",
        "4.",
        ".5",
        "1e1",
        "1.2.3",
        "4 5",
        "½",
        "--1",
        "=5",
        "NaN",
        "0x5",
        &"9".repeat(60),
    ] {
        assert_eq!(parse_rating(text), None, "{text}");
    }
}

#[test]
fn the_scale_of_a_file_is_inferred_or_asked_for() {
    let inferred = |cells: &[&str]| evidence(cells).scale(None);
    assert_eq!(
        inferred(&["1", "0.5", "1.5"]).unwrap(),
        Some(RatingScale::OneToFive)
    );
    assert_eq!(inferred(&["", "n/a"]).unwrap(), None);
    assert_eq!(
        inferred(&["85", "-1"]).unwrap(),
        Some(RatingScale::OneToFive)
    );
    for unclear in [&["1", "1"][..], &["0.2", "1"], &["0"], &["0.5", "85"]] {
        assert_eq!(inferred(unclear).unwrap_err().code(), "rating_scale_needed");
    }
}

#[test]
fn a_declared_scale_holds_whatever_the_ratings_look_like() {
    for scale in [RatingScale::ZeroToOne, RatingScale::OneToFive] {
        assert_eq!(
            evidence(&["1", "5"]).scale(Some(scale)).unwrap(),
            Some(scale)
        );
        assert_eq!(find_scale(scale_name(scale)), Some(scale));
        assert_eq!(find_scale(scale.as_str()), Some(scale));
    }
    assert_eq!(find_scale(" 1-5 "), Some(RatingScale::OneToFive));
    assert_eq!(find_scale("1-10"), None);
}

#[test]
fn the_scale_is_that_of_the_file_never_that_of_the_row() {
    let rows = "K1,Language,a@example.org,b@example.net,2026-01-01,60,RATING,,\n";
    let file = |rating: &str| format!("{COMBINED}\n{}", rows.replace("RATING", rating));
    let map = |rating: &str, scale: &str| map_all(&file(rating), Some(scale)).unwrap().remove(0);
    assert_eq!(map("1", "0-1").unwrap().rating, Some(Decimal::ONE));
    assert_eq!(map("1", "1-5").unwrap().rating, Some(Decimal::ZERO));
    assert_eq!(faults(&map("0.5", "1-5")), [("E006", "rating")]);
    assert_eq!(faults(&map("5", "0-1")), [("E006", "rating")]);
    let unknown = map_all(&file("1"), None).unwrap().remove(0);
    assert_eq!(
        unknown.unwrap_err()[0].reason,
        "The scale of the rating is not known"
    );
}
