use super::*;

#[test]
fn numbers_outside_their_range_are_refused() {
    assert!(PositiveInt::new(0).is_err());
    assert!(Count::new(-1).is_err());
    assert!(Count::new(i64::from(i32::MAX) + 1).is_err());
    assert!(SdgGoal::new(18).is_err());
    assert!(WholePercent::new(101).is_err());
    assert_eq!(SdgGoal::new(17).map(SdgGoal::get), Ok(17));
    assert_eq!(
        SdgGoal::new(0).unwrap_err().to_string(),
        "must be a whole number from 1 to 17"
    );
}

#[test]
fn a_rate_is_a_number_from_zero_to_one_with_six_decimals() {
    for bad in [-0.01, 1.01, f64::NAN, f64::INFINITY] {
        assert!(Rate::new(bad).is_err(), "{bad}");
    }
    assert_eq!(Rate::new(1.0 / 3.0).map(Rate::get), Ok(0.333_333));
}

#[test]
fn four_of_five_stars_are_three_quarters() {
    assert_eq!(RatingScale::OneToFive.rate(4.0).map(Rate::get), Ok(0.75));
    assert_eq!(RatingScale::OneToFive.rate(1.0).map(Rate::get), Ok(0.0));
    assert_eq!(RatingScale::ZeroToOne.rate(0.4).map(Rate::get), Ok(0.4));
    assert!(RatingScale::OneToFive.rate(0.5).is_err());
    assert!(RatingScale::OneToFive.rate(5.1).is_err());
    assert!(RatingScale::ZeroToOne.rate(4.0).is_err());
}

#[test]
fn a_label_names_a_thing_and_gives_no_contact() {
    for good in [
        "Norsk for nybegynnere",
        "Kurs 20260101",
        "C++ 17",
        "@ work",
        "Київ",
        "3 + 4",
    ] {
        assert!(Label::<40>::new(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "   ",
        "two\nlines",
        "olena@example.org",
        "call +47 912 34 567",
        "01017012345",
        "https://example.org",
        "0123456789 0123456789 0123456789 0123456789",
    ] {
        assert!(Label::<40>::new(bad).is_err(), "{bad}");
    }
}

#[test]
fn tokens_keep_to_their_form() {
    assert!(ExternalRef::new("KINTELL-001").is_ok());
    for bad in ["", "a b", "a@b", "é"] {
        assert!(ExternalRef::new(bad).is_err(), "{bad}");
    }
    assert!(Slug::new("acme").is_ok());
    for bad in ["", "Acme", "-acme", "a_b"] {
        assert!(Slug::new(bad).is_err(), "{bad}");
    }
    assert!(FieldName::new("kintell.session.completed").is_ok());
    for bad in ["", "1a", "What did you do?"] {
        assert!(FieldName::new(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_period_is_a_year_a_quarter_a_month_or_the_year_to_date() {
    for good in ["2026", "2026-Q4", "2026-01", "2026-12", "2026-YTD"] {
        assert!(PeriodKey::new(good).is_ok(), "{good}");
    }
    for bad in [
        "", "26", "2026-", "2026-Q0", "2026-Q5", "2026-13", "2026-00", "2026-1", "2026-+1",
    ] {
        assert!(PeriodKey::new(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_list_keeps_to_its_length() {
    assert!(List::<u8, 1, 2>::new(vec![]).is_err());
    assert!(List::<u8, 1, 2>::new(vec![1, 2]).is_ok());
    assert!(List::<u8, 1, 2>::new(vec![1, 2, 3]).is_err());
}
