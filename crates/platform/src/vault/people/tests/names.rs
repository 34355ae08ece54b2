//! Names compared.

use contracts::event::value::MatchReason;
use proptest::prelude::*;

use crate::vault::people::name::{Name, Verdict};
use crate::vault::people::weigh;

fn name(text: &str) -> Name {
    Name::read(text).unwrap()
}

#[test]
fn spellings_of_one_name_are_the_same() {
    for (one, other) in [
        ("Olena Kovalenko", "KOVALENKO, Olena"),
        ("Jürgen Groß", "Jurgen Gross"),
        ("Øystein Ådland", "Oystein Adland"),
        ("Łukasz Żółć", "lukasz zolc"),
        ("Sinéad O'Brien", "Sinead O’Brien"),
        ("Anne-Marie Dahl", "Anne Marie  Dahl"),
        ("Ｏｌｅｎａ Ｋ", "olena k"),
        ("Андрій Їжак", "андріи іжак"),
        ("Γιώργος Πάππας", "ΓΙΏΡΓΟΣ ΠΆΠΠΑΣ"),
    ] {
        assert_eq!(name(one).compare(&name(other)), Verdict::Same, "{one}");
        assert_eq!(
            name(one).full().map(|n| n.as_str().to_owned()),
            name(other).full().map(|n| n.as_str().to_owned())
        );
    }
}

#[test]
fn short_and_mistyped_forms_are_compatible_and_two_names_are_not() {
    for (one, other, verdict) in [
        ("Olena Kovalenko", "Olena K.", Verdict::Compatible),
        (
            "Olena Kovalenko",
            "Olena Maria Kovalenko",
            Verdict::Compatible,
        ),
        ("Olena Kovalenko", "Olena Kovalenco", Verdict::Compatible),
        ("Olena Kovalenko", "Olena Kovlaenko", Verdict::Compatible),
        ("Olena Kovalenko", "Olena Kovalenkko", Verdict::Compatible),
        ("Olena Kovalenko", "Olena", Verdict::Compatible),
        ("Amelia Bedelia", "Amelia Earhart", Verdict::Different),
        ("Anna Hansen", "Ole Hansen", Verdict::Different),
        ("Olena Kovalenko", "O. K.", Verdict::Different),
        ("Olena Kovalenko", "Olha Kovalenko", Verdict::Different),
        ("Dan Li", "Don Li", Verdict::Different),
    ] {
        assert_eq!(name(one).compare(&name(other)), verdict, "{one} / {other}");
        assert_eq!(name(other).compare(&name(one)), verdict, "{other} / {one}");
    }
}

#[test]
fn a_first_name_or_initials_are_no_full_name() {
    for text in ["Amelia", "A. E.", "Amelia E", "  ", "-", "李"] {
        let full = Name::read(text).and_then(|name| name.full());
        assert!(full.is_none(), "{text}");
    }
    assert!(name("Li Na").full().is_some());
}

#[test]
fn nothing_but_ids_and_addresses_reaches_the_threshold() {
    let best = weigh::same_name(&["olena.k@acme.example"], &["olena.k@acme.example"]);
    assert_eq!(best, (MatchReason::SameNameAndMailbox, 850));
    let alone = weigh::same_name(&["info@gmail.com"], &["info@gmail.com"]);
    assert_eq!(alone, (MatchReason::SameName, 500));
    for reason in [
        MatchReason::SameEmail,
        MatchReason::IdentifiersDisagree,
        MatchReason::EmailUnderTwoNames,
    ] {
        for names in [None, Some(Verdict::Same), Some(Verdict::Different)] {
            assert!(weigh::shared_email(reason, names) < weigh::CERTAIN);
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_and_is_the_same_as_itself_in_any_order(text in "\\PC{0,40}") {
        if let Some(name) = Name::read(&text) {
            prop_assert!(name.compare(&name) == Verdict::Same);
            let turned: Vec<&str> = text.split_whitespace().rev().collect();
            let turned = Name::read(&turned.join(" "));
            prop_assert!(turned.is_some_and(|turned| turned == name));
        }
    }

    #[test]
    fn comparing_is_the_same_from_both_sides(one in "[a-d]{1,6}( [a-d]{1,6}){0,2}", other in "[a-d]{1,6}( [a-d]{1,6}){0,2}") {
        let (one, other) = (name(&one), name(&other));
        prop_assert_eq!(one.compare(&other) == Verdict::Same, other.compare(&one) == Verdict::Same);
    }
}
