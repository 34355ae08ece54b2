mod stream;
mod vectors;

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const COMPANY: Uuid = Uuid::from_u128(0x0192_f000_0000_7000_8000_0000_0000_0001);
const OTHER_COMPANY: Uuid = Uuid::from_u128(0x0192_f000_0000_7000_8000_0000_0000_0009);
const ROW: Uuid = Uuid::from_u128(0x0192_f000_0000_7000_8000_0000_0000_0002);

/// The key 40 41 42 … 5f.
fn key() -> Key {
    let bytes: Vec<u8> = (0x40..0x60).collect();
    Key::from_slice(&bytes).unwrap()
}

fn body() -> Aad {
    Aad::cell("platform.person_text", "body", COMPANY, ROW)
}

#[test]
fn a_sealed_value_opens_in_its_own_place_only() {
    let sealed = seal(&key(), &body(), b"Hei").unwrap();
    assert_eq!(*open(&key(), &body(), &sealed).unwrap(), b"Hei");
    let elsewhere = [
        Aad::cell("platform.person_text", "body", COMPANY, COMPANY),
        Aad::cell("platform.person_text", "body", OTHER_COMPANY, ROW),
        Aad::cell("platform.person_text", "title", COMPANY, ROW),
        Aad::cell("platform.person_identifier", "body", COMPANY, ROW),
        Aad::cell("platform.person_textb", "ody", COMPANY, ROW),
        Aad::system_cell("platform.person_text", "body", ROW),
        Aad::spool(COMPANY, ROW),
        body().and("version", &[1]),
    ];
    for place in elsewhere {
        assert_eq!(
            open(&key(), &place, &sealed),
            Err(Error::NotAuthentic),
            "{place:?}"
        );
    }
    assert_eq!(
        open(&Key::generate().unwrap(), &body(), &sealed),
        Err(Error::NotAuthentic)
    );
}

#[test]
fn every_flipped_bit_of_a_sealed_value_is_noticed() {
    let sealed = seal(&key(), &body(), b"kari@example.org").unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut altered = sealed.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&key(), &body(), &altered).is_err(), "bit {bit}");
    }
}

#[test]
fn every_shortened_sealed_value_is_refused() {
    let sealed = seal(&key(), &body(), b"kari@example.org").unwrap();
    for length in 0..sealed.len() {
        assert!(
            open(&key(), &body(), &sealed[..length]).is_err(),
            "{length} bytes"
        );
    }
    assert_eq!(open(&key(), &body(), &[]), Err(Error::Short));
    assert_eq!(
        open(&key(), &body(), &sealed[..OVERHEAD - 1]),
        Err(Error::Short)
    );
    assert_eq!(
        open(&key(), &body(), b"plain text in the column"),
        Err(Error::UnknownFormat(b'p'))
    );
}

#[test]
fn the_same_text_never_looks_the_same_twice() {
    let sealed: std::collections::BTreeSet<_> = (0..100)
        .map(|_| seal(&key(), &body(), b"same").unwrap())
        .collect();
    assert_eq!(sealed.len(), 100);
}

#[test]
fn keys_never_show_in_debug_output() {
    let company = CompanyKeys::generate(COMPANY).unwrap();
    let person = PersonKey::generate().unwrap();
    let shown = format!("{:?} {company:?} {person:?}", key());
    assert!(
        shown.contains("***") && !shown.contains("64, 65") && !shown.contains("4041"),
        "{shown}"
    );
    assert_eq!(
        format!("{:?}", Normalised::email("a@b.no").unwrap()),
        "Normalised(***)"
    );
}

#[test]
fn a_key_of_another_length_is_refused() {
    assert_eq!(Key::from_slice(&[7; 31]).err(), Some(Error::KeyLength(31)));
    assert_eq!(Key::from_slice(&[7; 33]).err(), Some(Error::KeyLength(33)));
}

#[test]
fn emails_that_differ_by_typing_are_one() {
    let expected = Normalised::email("kåri@example.org");
    for typed in [
        "  KÅRI@Example.ORG ",
        "ka\u{30a}ri@example.org\u{a0}",
        "\u{feff}Kåri@example.org\u{200b}",
    ] {
        assert_eq!(Normalised::email(typed), expected, "{typed:?}");
    }
    assert_eq!(Normalised::email(" \u{200b}\t"), None);
}

#[test]
fn external_ids_keep_their_case() {
    assert_eq!(
        Normalised::external_id(" K-17a\n").unwrap().as_str(),
        "K-17a"
    );
    assert_ne!(
        Normalised::external_id("K-17a"),
        Normalised::external_id("K-17A")
    );
    assert_eq!(Normalised::external_id(""), None);
}

#[test]
fn a_blind_index_tells_kinds_and_companies_apart() {
    let (value, other) = (
        Normalised::external_id("17").unwrap(),
        Normalised::external_id("18").unwrap(),
    );
    let index = blind_index(&key(), "email", &value);
    assert_eq!(index, blind_index(&key(), "email", &value));
    assert_ne!(index, blind_index(&key(), "external_id:kintell", &value));
    assert_ne!(index, blind_index(&key(), "email", &other));
    assert_ne!(
        index,
        blind_index(&Key::generate().unwrap(), "email", &value)
    );
    let shifted = Normalised::external_id("l17").unwrap();
    assert_ne!(index, blind_index(&key(), "emai", &shifted));
}

#[test]
fn comparison_in_constant_time_still_compares() {
    assert!(same(b"token", b"token"));
    assert!(!same(b"token", b"tokem"));
    assert!(!same(b"token", b"tokens"));
}

#[test]
fn a_person_key_comes_back_only_to_its_person_and_company() {
    let (company, stranger) = (
        CompanyKeys::generate(COMPANY).unwrap(),
        CompanyKeys::generate(COMPANY).unwrap(),
    );
    let person = PersonKey::generate().unwrap();
    let (version, wrapped) = company.wrap_person(ROW, &person).unwrap();
    let sealed = person.seal(&body(), b"Hei").unwrap();
    let again = company.unwrap_person(ROW, version, &wrapped).unwrap();
    assert_eq!(*again.open(&body(), &sealed).unwrap(), b"Hei");
    assert_eq!(
        company.unwrap_person(COMPANY, version, &wrapped).err(),
        Some(Error::NotAuthentic)
    );
    assert_eq!(
        company.unwrap_person(ROW, 2, &wrapped).err(),
        Some(Error::UnknownVersion(2))
    );
    assert_eq!(
        stranger.unwrap_person(ROW, version, &wrapped).err(),
        Some(Error::NotAuthentic)
    );
}

#[test]
fn a_person_key_does_not_follow_a_data_key_to_another_company() {
    let company = CompanyKeys::generate(COMPANY).unwrap();
    let (version, wrapped) = company
        .wrap_person(ROW, &PersonKey::generate().unwrap())
        .unwrap();
    let data = company.data().clone();
    let other = CompanyKeys::from_parts(OTHER_COMPANY, data, key(), key()).unwrap();
    assert_eq!(
        other.unwrap_person(ROW, version, &wrapped).err(),
        Some(Error::NotAuthentic)
    );
}

#[test]
fn rotating_a_data_key_leaves_old_person_keys_readable() {
    let mut company = CompanyKeys::generate(COMPANY).unwrap();
    let person = PersonKey::generate().unwrap();
    let old = company.wrap_person(ROW, &person).unwrap();
    assert_eq!(company.rotate_data(), Ok(2));
    let new = company.wrap_person(ROW, &person).unwrap();
    assert_eq!((old.0, new.0), (1, 2));
    let sealed = person.seal(&body(), b"Hei").unwrap();
    for (version, wrapped) in [old, new] {
        let key = company.unwrap_person(ROW, version, &wrapped).unwrap();
        assert_eq!(*key.open(&body(), &sealed).unwrap(), b"Hei");
        assert!(
            company.unwrap_person(ROW, 3 - version, &wrapped).is_err(),
            "version is bound"
        );
    }
}

#[test]
fn a_company_without_a_data_key_is_refused() {
    let result = CompanyKeys::from_parts(COMPANY, BTreeMap::new(), key(), key());
    assert_eq!(result.err(), Some(Error::UnknownVersion(1)));
}

#[test]
fn stored_names_of_key_kinds_read_back() {
    for kind in [
        KeyKind::CompanyData,
        KeyKind::CompanyIndex,
        KeyKind::CompanyAudit,
        KeyKind::Person,
    ] {
        assert_eq!(KeyKind::parse(kind.as_str()), Some(kind));
    }
    assert_eq!(KeyKind::parse("root"), None);
}

proptest! {
    #[test]
    fn whatever_is_sealed_opens(text in proptest::collection::vec(any::<u8>(), 0..2000), row in any::<u128>()) {
        let place = Aad::cell("t", "c", COMPANY, Uuid::from_u128(row));
        let sealed = seal(&key(), &place, &text).unwrap();
        prop_assert_eq!(sealed.len(), text.len() + OVERHEAD);
        prop_assert_eq!(&*open(&key(), &place, &sealed).unwrap(), &text);
    }

    #[test]
    fn whatever_is_not_sealed_does_not_open(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(open(&key(), &body(), &bytes).is_err());
    }

    #[test]
    fn normalising_twice_changes_nothing(text in "\\PC{0,40}") {
        if let Some(once) = Normalised::email(&text) {
            prop_assert_eq!(Normalised::email(once.as_str()), Some(once));
        }
        if let Some(once) = Normalised::external_id(&text) {
            prop_assert_eq!(Normalised::external_id(once.as_str()), Some(once));
        }
    }
}
