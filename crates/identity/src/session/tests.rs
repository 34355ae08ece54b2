//! Signing in, and guessing.

mod life;

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use platform::crypto::hash_token;
use serde_json::{Value, json};

use self::life::is_signed_in;
use super::{Visitor, sign_in_form, verify_sign_in_form};
use crate::error::Error;
use crate::trial::{PASSWORD, Trial};
use crate::user::disable_user;

const ASTRID: &str = "astrid@acme.example";

#[tokio::test]
async fn a_right_password_begins_a_session_whose_token_only_the_browser_has() {
    let trial = Trial::new().await;
    let user = trial.user(ASTRID).await;
    let mut browser = trial.browser();
    let answer = browser.sign_in("Astrid@acme.example", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let seen = answer.json();
    assert_eq!(
        seen["user"],
        json!({ "user_id": user, "email": ASTRID, "display_name": "Astrid Moen" })
    );
    assert_eq!(
        (&seen["memberships"], &seen["company_id"]),
        (&json!([]), &Value::Null)
    );
    assert_eq!(browser.get("/v1/session").await.json(), seen);
    assert_eq!(browser.session().len(), 64);
    assert!(!answer.text.contains(browser.session()));
    let stored = trial
        .look("select to_jsonb(encode(token_hash, 'hex')) from identity.login_session")
        .await;
    assert_eq!(stored, json!(hex::encode(hash_token(browser.session()))));
}

#[tokio::test]
async fn a_planted_token_is_not_adopted() {
    let trial = Trial::new().await;
    trial.user(ASTRID).await;
    let planted = "ab".repeat(32);
    let mut victim = trial.browser();
    victim
        .cookies
        .insert("__Host-attest".to_owned(), planted.clone());
    victim.sign_in(ASTRID, PASSWORD).await;
    assert_ne!(victim.session(), planted);
    let mut attacker = trial.browser();
    attacker.cookies.insert("__Host-attest".to_owned(), planted);
    assert!(!is_signed_in(&attacker).await);
}

#[tokio::test]
async fn signing_in_again_ends_the_session_that_the_browser_had() {
    let trial = Trial::new().await;
    trial.user(ASTRID).await;
    let mut browser = trial.signed_in(ASTRID).await;
    let before = browser.clone();
    browser.sign_in(ASTRID, PASSWORD).await;
    assert_ne!(browser.session(), before.session());
    assert!(is_signed_in(&browser).await);
    assert!(!is_signed_in(&before).await);
}

#[tokio::test]
async fn unknown_wrong_and_disabled_have_one_answer() {
    let trial = Trial::new().await;
    trial.user(ASTRID).await;
    let disabled = trial.user("birk@acme.example").await;
    disable_user(&trial.identity, disabled).await.unwrap();
    let mut answers = Vec::new();
    for (email, password) in [
        (ASTRID, "harbour lamp 43 crows"),
        ("nobody@acme.example", PASSWORD),
        ("", PASSWORD),
        ("birk@acme.example", PASSWORD),
    ] {
        let answer = trial.browser().sign_in(email, password).await;
        assert!(!answer.headers.contains_key(SET_COOKIE));
        answers.push((answer.status, answer.headers, answer.text));
    }
    assert_eq!(answers[0].0, StatusCode::UNAUTHORIZED);
    assert!(answers[0].2.contains("sign_in_refused"));
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "{answers:?}"
    );
}

#[tokio::test]
async fn the_unknown_are_turned_away_no_sooner_than_the_known() {
    let trial = Trial::new().await;
    trial.user(ASTRID).await;
    let fastest = async |email: &str| {
        let mut fastest = Duration::MAX;
        for _ in 0..5 {
            let begun = Instant::now();
            trial
                .browser()
                .sign_in(email, "harbour lamp 43 crows")
                .await;
            fastest = fastest.min(begun.elapsed());
        }
        fastest
    };
    let known = fastest(ASTRID).await;
    let unknown = fastest("nobody@acme.example").await;
    // Without the work of a hash the unknown would be away at least ten times sooner.
    assert!(
        unknown * 3 > known && known * 3 > unknown,
        "{known:?} {unknown:?}"
    );
}

#[tokio::test]
async fn guesses_run_out_for_accounts_that_exist_and_for_those_that_do_not() {
    let trial = Trial::new().await;
    trial.user(ASTRID).await;
    for email in [ASTRID, "nobody@acme.example"] {
        for _ in 0..10 {
            let refused = trial.browser().sign_in(email, "wrong").await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        }
        let answer = trial.browser().sign_in(email, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        let wait: i64 = answer.headers[RETRY_AFTER]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((300..=361).contains(&wait), "{wait}");
    }
    trial.wait(7);
    let answer = trial.browser().sign_in(ASTRID, PASSWORD).await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_right_password_costs_no_guess() {
    let trial = Trial::new().await;
    trial.user(ASTRID).await;
    for _ in 0..11 {
        trial.signed_in(ASTRID).await;
    }
}

#[tokio::test]
async fn one_address_guesses_at_many_accounts_no_longer_than_at_one() {
    let trial = Trial::new().await;
    for number in 0..50 {
        let email = format!("astrid{number}@acme.example");
        let answer = trial.browser().sign_in(&email, "wrong").await;
        assert_eq!(answer.code(), "sign_in_refused");
    }
    let answer = trial.browser().sign_in(ASTRID, "wrong").await;
    assert_eq!(answer.code(), "too_many_attempts");
    let mut elsewhere = trial.browser();
    elsewhere.address = "127.0.0.1";
    for number in 50..101 {
        let email = format!("astrid{number}@acme.example");
        let answer = elsewhere.sign_in(&email, "wrong").await;
        assert_eq!(answer.code(), "sign_in_refused", "a proxy on this machine");
    }
}

#[tokio::test]
async fn a_strangers_guesses_do_not_lock_out_a_browser_that_was_signed_in_before() {
    let trial = Trial::new().await;
    trial.user(ASTRID).await;
    trial.user("birk@acme.example").await;
    let mut own = trial.signed_in(ASTRID).await;
    let mut other = trial.signed_in("birk@acme.example").await;
    for browser in [&mut own, &mut other] {
        browser
            .send("DELETE", "/v1/session", &[], &Value::Null)
            .await;
    }
    for _ in 0..10 {
        trial.browser().sign_in(ASTRID, "wrong").await;
    }
    assert_eq!(
        other.sign_in(ASTRID, PASSWORD).await.code(),
        "too_many_attempts"
    );
    assert_eq!(
        own.sign_in(ASTRID, PASSWORD).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn an_unreadable_body_is_refused_without_repeating_it() {
    let trial = Trial::new().await;
    let mut browser = trial.browser();
    let json = [("content-type", "application/json")];
    for body in [
        r#"{"email":"a@b.example","password":["my secret"]}"#,
        r#"{"email":"a@b.example","password":"my secret","my secret":1}"#,
        r#"{"email":"a@b.example","password":"my secret"#,
    ] {
        let answer = browser
            .raw("POST", "/v1/session", &json, body.to_owned())
            .await;
        assert_eq!(answer.code(), "body_malformed");
        assert!(!answer.text.contains("secret"), "{}", answer.text);
    }
    let plain = [("content-type", "text/plain")];
    let answer = browser
        .raw("POST", "/v1/session", &plain, "{}".to_owned())
        .await;
    assert_eq!(answer.code(), "media_type_unsupported");
}

#[tokio::test]
async fn a_sign_in_form_is_good_in_the_browser_that_it_was_made_for() {
    let trial = Trial::new().await;
    let trace = platform::Trace::beginning(trial.db.clock().new_id());
    let stranger = Visitor::without_browser(trace);
    let form = sign_in_form(&trial.identity, &stranger).unwrap();
    let cookies = form.cookies.to_cookie_header();
    let own = Visitor::with_cookies(trace, &cookies);
    let verify = |visitor, token: &str| verify_sign_in_form(&trial.identity, visitor, token);
    verify(&own, &form.csrf_token).unwrap();
    let again = sign_in_form(&trial.identity, &own).unwrap();
    assert_eq!(again.csrf_token, form.csrf_token);
    let other = sign_in_form(&trial.identity, &stranger).unwrap();
    for (visitor, token) in [
        (&own, ""),
        (&own, other.csrf_token.as_str()),
        (&stranger, form.csrf_token.as_str()),
    ] {
        assert!(
            matches!(verify(visitor, token), Err(Error::ForeignForm)),
            "{token}"
        );
    }
}
