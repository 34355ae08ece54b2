//! Signatures: what holds, what does not, and what other people's libraries make.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::sign::{SECRET, standard, timed};
use crate::webhook::signature::{Refused, Secret, Secrets, TOLERANCE, verify};

const NOW: i64 = 1_795_348_800;
const BODY: &[u8] = br#"{"session_id":"K-1", "n": 1.0}"#;
const OTHER: &str = "whsec_T3RoZXJPdGhlck90aGVyT3RoZXJPdGhlck90aGVyMDA=";

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::parse(&SecretString::from(text)).unwrap()
}

fn secrets() -> Secrets {
    Secrets::new(secret(SECRET), None)
}

fn headers(pairs: &[(&str, String)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn check(pairs: &[(&str, String)]) -> Result<Option<String>, Refused> {
    let verified = verify(&headers(pairs), BODY, &secrets(), now())?;
    Ok(verified.delivery_id.map(|id| id.as_str().to_owned()))
}

fn signed_at(seconds: i64) -> Vec<(&'static str, String)> {
    let signature = timed(SECRET, seconds, BODY);
    vec![
        ("x-kintell-signature", format!("t={seconds},v1={signature}")),
        ("x-delivery-id", "d-1".to_owned()),
    ]
}

#[test]
fn a_signature_holds_in_either_scheme_and_in_every_source_s_header() {
    assert_eq!(check(&signed_at(NOW)), Ok(Some("d-1".to_owned())));
    let value = signed_at(NOW)[0].1.clone();
    for header in [
        "x-buddy-signature",
        "x-upskilling-signature",
        "X-Attest-Signature",
    ] {
        assert_eq!(check(&[(header, value.clone())]), Ok(None), "{header}");
    }
    let signed = [
        ("webhook-id", "msg_1".to_owned()),
        ("webhook-timestamp", NOW.to_string()),
        ("webhook-signature", standard(SECRET, "msg_1", NOW, BODY)),
    ];
    assert_eq!(check(&signed), Ok(Some("msg_1".to_owned())));
}

#[test]
fn one_right_signature_among_several_is_enough() {
    let right = timed(SECRET, NOW, BODY);
    let wrong = timed(OTHER, NOW, BODY);
    for value in [
        format!("t={NOW},v1={wrong},v1={right}"),
        format!("t={NOW},v1={right},v1={wrong}"),
        format!("t={NOW}, v0=abc, v1={right}"),
        format!("v1={right},t={NOW}"),
        format!("t={NOW},v1={}", right.to_uppercase()),
    ] {
        assert_eq!(
            check(&[("x-kintell-signature", value.clone())]),
            Ok(None),
            "{value}"
        );
    }
    let right = standard(SECRET, "m", NOW, BODY);
    let wrong = standard(OTHER, "m", NOW, BODY);
    for value in [format!("{wrong} {right}"), format!("v1a,x {right} v2,y")] {
        let signed = [
            ("webhook-id", "m".to_owned()),
            ("webhook-timestamp", NOW.to_string()),
            ("webhook-signature", value.clone()),
        ];
        assert_eq!(check(&signed), Ok(Some("m".to_owned())), "{value}");
    }
}

#[test]
fn what_is_not_signed_or_not_readable_is_refused() {
    let right = timed(SECRET, NOW, BODY);
    assert_eq!(check(&[]), Err(Refused::Unsigned));
    let many = format!("t={NOW}{}", format!(",v1={right}").repeat(9));
    for value in [
        String::new(),
        format!("v1={right}"),
        format!("t={NOW}"),
        format!("t={NOW},v1="),
        format!("t={NOW},v1={}", &right[1..]),
        format!("t={NOW},v1={right}00"),
        format!("t=+{NOW},v1={right}"),
        format!("t={NOW}.0,v1={right}"),
        format!("t=,v1={right}"),
        format!("t=99999999999999,v1={right}"),
        format!("t={NOW},t={NOW},v1={right}"),
        format!("t={NOW},v1={right},"),
        right.clone(),
        many,
    ] {
        let refused = check(&[("x-kintell-signature", value.clone())]);
        assert_eq!(refused, Err(Refused::Unreadable), "{value}");
    }
    let twice = [signed_at(NOW), signed_at(NOW)].concat();
    assert_eq!(check(&twice), Err(Refused::Unreadable));
    let alone = [("webhook-signature", standard(SECRET, "m", NOW, BODY))];
    assert_eq!(check(&alone), Err(Refused::Unreadable));
}

#[test]
fn a_signature_of_one_scheme_does_not_hold_in_the_other() {
    let hex = timed(SECRET, NOW, BODY);
    let standard = standard(SECRET, "", NOW, BODY);
    let as_standard = STANDARD.encode(hex::decode(&hex).unwrap());
    let signed = [
        ("webhook-id", String::new()),
        ("webhook-timestamp", NOW.to_string()),
        ("webhook-signature", format!("v1,{as_standard}")),
    ];
    assert_eq!(check(&signed), Err(Refused::Wrong));
    let digits = standard.strip_prefix("v1,").unwrap();
    let digits = base64::engine::general_purpose::STANDARD
        .decode(digits)
        .unwrap();
    let value = format!("t={NOW},v1={}", hex::encode(digits));
    assert_eq!(
        check(&[("x-kintell-signature", value)]),
        Err(Refused::Wrong)
    );
}

#[test]
fn five_minutes_either_way_are_near_enough_and_a_second_more_is_not() {
    let edge = TOLERANCE.as_secs();
    for (off, result) in [
        (-edge, Ok(Some("d-1".to_owned()))),
        (edge, Ok(Some("d-1".to_owned()))),
        (-edge - 1, Err(Refused::Untimely)),
        (edge + 1, Err(Refused::Untimely)),
    ] {
        assert_eq!(check(&signed_at(NOW + off)), result, "{off}");
    }
}

#[test]
fn while_a_secret_is_rotated_both_hold_and_afterwards_the_new_one_alone() {
    let until = now() + SignedDuration::from_hours(1);
    let both = Secrets::new(secret(OTHER), Some((secret(SECRET), until)));
    let by = |text: &str, at: Timestamp| {
        let seconds = at.as_second();
        let value = format!("t={seconds},v1={}", timed(text, seconds, BODY));
        verify(&headers(&[("x-kintell-signature", value)]), BODY, &both, at).map(drop)
    };
    let last = until - SignedDuration::from_secs(1);
    for (text, at, result) in [
        (SECRET, now(), Ok(())),
        (OTHER, now(), Ok(())),
        (SECRET, last, Ok(())),
        (SECRET, until, Err(Refused::Wrong)),
        (OTHER, until, Ok(())),
    ] {
        assert_eq!(by(text, at), result, "{at}");
    }
}

#[test]
fn ids_that_could_name_a_person_or_break_a_line_are_no_ids() {
    for id in ["", "kari@example.org", "a b", "a\tb", "é", &"x".repeat(129)] {
        let mut signed = signed_at(NOW);
        signed.truncate(1);
        let mut headers = headers(&signed);
        if let Ok(value) = HeaderValue::from_bytes(id.as_bytes()) {
            headers.insert("x-delivery-id", value);
        }
        let verified = verify(&headers, BODY, &secrets(), now());
        assert!(
            matches!(&verified, Ok(v) if v.delivery_id.is_none())
                || verified == Err(Refused::Unreadable),
            "{id}"
        );
    }
}

#[test]
fn fresh_secrets_are_written_as_the_standard_has_them_and_never_shown() {
    let text = Secret::generate().unwrap();
    assert!(text.expose_secret().starts_with("whsec_"));
    assert_eq!(text.expose_secret().len(), "whsec_".len() + 44);
    assert_eq!(
        format!("{:?}", Secret::parse(&text).unwrap()),
        "Secret(***)"
    );
    for short in ["", "whsec_", "whsec_!!!", "whsec_c2hvcnQ=", &SECRET[6..]] {
        assert!(
            Secret::parse(&SecretString::from(short)).is_err(),
            "{short}"
        );
    }
}

/// Signatures made by the official libraries.
#[derive(Deserialize)]
struct Recorded {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    secret: String,
    id: String,
    timestamp: i64,
    body: String,
    signature: String,
}

#[test]
fn what_the_official_libraries_sign_holds_and_ours_is_the_same() {
    for recorded in [
        include_str!("../../../../../fixtures/webhooks/standardwebhooks-pypi-1.1.0.json"),
        include_str!("../../../../../fixtures/webhooks/standardwebhooks-npm-1.1.1.json"),
    ] {
        let recorded: Recorded = serde_json::from_str(recorded).unwrap();
        assert_eq!(recorded.cases.len(), 4);
        for case in recorded.cases {
            let headers = headers(&[
                ("webhook-id", case.id.clone()),
                ("webhook-timestamp", case.timestamp.to_string()),
                ("webhook-signature", case.signature.clone()),
            ]);
            let secrets = Secrets::new(secret(&case.secret), None);
            let at = Timestamp::from_second(case.timestamp).unwrap();
            let body = case.body.as_bytes();
            assert!(verify(&headers, body, &secrets, at).is_ok(), "{}", case.id);
            let ours = standard(&case.secret, &case.id, case.timestamp, body);
            assert_eq!(ours, case.signature);
        }
    }
}

proptest! {
    #[test]
    fn any_changed_byte_is_refused(
        mut body in proptest::collection::vec(any::<u8>(), 1..200),
        place in any::<prop::sample::Index>(),
        flip in 1_u8..,
        part in 0..3,
    ) {
        let value = format!("t={NOW},v1={}", timed(SECRET, NOW, &body));
        let mut value = value.into_bytes();
        match part {
            0 => { let at = place.index(body.len()); body[at] ^= flip; }
            1 => { body.truncate(place.index(body.len())); }
            _ => {
                // Another digit in the time or in the signature.
                let digits: Vec<usize> = (0..value.len()).filter(|i| value[*i].is_ascii_digit() && value[*i - 1] != b'v').collect();
                let at = digits[place.index(digits.len())];
                value[at] = if value[at] == b'9' { b'0' } else { value[at] + 1 };
            }
        }
        let mut headers = HeaderMap::new();
        headers.insert("x-kintell-signature", HeaderValue::from_bytes(&value).unwrap());
        prop_assert!(verify(&headers, &body, &secrets(), now()).is_err());
    }

    #[test]
    fn no_header_makes_it_stumble(value in "\\PC{0,80}", other in "[ -~]{0,80}") {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert("x-kintell-signature", value);
        }
        headers.insert("webhook-signature", HeaderValue::from_str(&other).unwrap());
        prop_assert!(verify(&headers, BODY, &secrets(), now()).is_err());
    }
}
