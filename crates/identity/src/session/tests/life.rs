//! What becomes of a session: choices, ends, and changes to its user.

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use contracts::Role;
use serde_json::{Value, json};

use super::ASTRID;
use crate::trial::{Answer, Browser, Trial};
use crate::user::{disable_user, end_membership, set_system_admin};

async fn choose(browser: &mut Browser<'_>, company: &str) -> Answer {
    let choice = json!({ "company": company });
    browser
        .send("PUT", "/v1/session/company", &[], &choice)
        .await
}

pub(super) async fn is_signed_in(browser: &Browser<'_>) -> bool {
    browser.clone().get("/v1/session").await.status == StatusCode::OK
}

#[tokio::test]
async fn choosing_a_company_changes_the_token_and_the_form_token() {
    let trial = Trial::new().await;
    let (acme, globex) = (trial.company("acme").await, trial.company("globex").await);
    let user = trial.member(ASTRID, &acme, Role::CompanyManager).await;
    trial.give(user, &globex, Role::CompanyViewer).await;
    let mut browser = trial.signed_in(ASTRID).await;
    let before = browser.clone();
    assert_eq!(browser.get("/write").await.code(), "company_not_chosen");
    let end = browser.get("/v1/session").await.json()["expires_at"].clone();
    trial.wait(1);
    let answer = choose(&mut browser, "globex").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json()["company_id"], json!(globex.company()));
    assert_eq!(answer.json()["expires_at"], end);
    assert_ne!(browser.session(), before.session());
    assert_ne!(browser.csrf, before.csrf);
    assert!(!is_signed_in(&before).await);
    assert_eq!(
        browser.get("/who").await.text,
        format!("user:{user} company_viewer")
    );
    let by_id = choose(&mut browser, &acme.company().to_string()).await;
    assert_eq!(by_id.status, StatusCode::OK);
    assert_eq!(
        browser.get("/who").await.text,
        format!("user:{user} company_manager")
    );
}

#[tokio::test]
async fn the_only_membership_is_chosen_by_signing_in() {
    let trial = Trial::new().await;
    let acme = trial.company("acme").await;
    trial.company("globex").await;
    trial.member(ASTRID, &acme, Role::CompanyViewer).await;
    let mut browser = trial.signed_in(ASTRID).await;
    assert_eq!(browser.get("/write").await.text, "read");
}

#[tokio::test]
async fn a_foreign_company_cannot_be_told_from_one_that_is_not() {
    let trial = Trial::new().await;
    let (acme, globex) = (trial.company("acme").await, trial.company("globex").await);
    let user = trial.member(ASTRID, &acme, Role::CompanyAdmin).await;
    let mut browser = trial.signed_in(ASTRID).await;
    let nowhere = choose(&mut browser, "nowhere").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    let names = [
        "globex".to_owned(),
        globex.company().to_string(),
        globex.company().uuid().to_string(),
    ];
    for name in names {
        let foreign = choose(&mut browser, &name).await;
        assert_eq!(
            (foreign.status, foreign.text),
            (nowhere.status, nowhere.text.clone())
        );
    }
    assert!(!nowhere.headers.contains_key(SET_COOKIE));
    assert_eq!(
        browser.get("/who").await.text,
        format!("user:{user} company_admin")
    );
}

#[tokio::test]
async fn a_session_ends_after_an_hour_without_use() {
    let trial = Trial::new().await;
    trial.user(ASTRID).await;
    let mut browser = trial.signed_in(ASTRID).await;
    for _ in 0..3 {
        trial.wait(59);
        assert_eq!(browser.get("/v1/session").await.status, StatusCode::OK);
    }
    trial.wait(60);
    assert_eq!(browser.get("/v1/session").await.code(), "unauthenticated");
}

#[tokio::test]
async fn a_session_ends_a_day_after_the_sign_in_however_much_it_is_used() {
    let trial = Trial::new().await;
    let (acme, globex) = (trial.company("acme").await, trial.company("globex").await);
    let user = trial.member(ASTRID, &acme, Role::CompanyViewer).await;
    trial.give(user, &globex, Role::CompanyViewer).await;
    let mut browser = trial.signed_in(ASTRID).await;
    for hour in 0..47 {
        trial.wait(30);
        let answer = browser.get("/v1/session").await;
        assert_eq!(answer.status, StatusCode::OK, "after {hour} half hours");
    }
    assert_eq!(choose(&mut browser, "acme").await.status, StatusCode::OK);
    trial.wait(30);
    assert!(!is_signed_in(&browser).await);
}

#[tokio::test]
async fn a_use_within_the_same_minute_is_not_written_down() {
    let trial = Trial::new().await;
    trial.user(ASTRID).await;
    let mut browser = trial.signed_in(ASTRID).await;
    let seen = "select to_jsonb(last_seen_at - created_at) from identity.login_session";
    trial
        .db
        .clock()
        .advance(jiff::SignedDuration::from_secs(59));
    browser.get("/who").await;
    assert_eq!(trial.look(seen).await, json!("00:00:00"));
    trial.db.clock().advance(jiff::SignedDuration::from_secs(1));
    browser.get("/who").await;
    assert_eq!(trial.look(seen).await, json!("00:01:00"));
}

#[tokio::test]
async fn a_disabled_user_is_out_at_the_next_request() {
    let trial = Trial::new().await;
    let acme = trial.company("acme").await;
    let user = trial.member(ASTRID, &acme, Role::CompanyAdmin).await;
    let mut browser = trial.signed_in(ASTRID).await;
    assert_eq!(browser.get("/write").await.text, "read");
    disable_user(&trial.identity, user).await.unwrap();
    assert_eq!(browser.get("/write").await.code(), "unauthenticated");
    assert_eq!(browser.get("/who").await.text, "anonymous ");
}

#[tokio::test]
async fn a_session_that_outlived_its_user_opens_nothing() {
    let trial = Trial::new().await;
    trial.user(ASTRID).await;
    let mut browser = trial.signed_in(ASTRID).await;
    let disable = "update identity.user_account set disabled_at = now() returning to_jsonb(id)";
    trial.look(disable).await;
    assert_eq!(browser.get("/who").await.text, "anonymous ");
    let rows = "select to_jsonb(count(*)) from identity.login_session";
    assert_eq!(trial.look(rows).await, json!(1));
}

#[tokio::test]
async fn an_ended_membership_and_a_changed_role_count_at_the_next_request() {
    let trial = Trial::new().await;
    let acme = trial.company("acme").await;
    let user = trial.member(ASTRID, &acme, Role::CompanyAdmin).await;
    let mut browser = trial.signed_in(ASTRID).await;
    trial.give(user, &acme, Role::CompanyViewer).await;
    let write = browser.send("POST", "/write", &[], &Value::Null).await;
    assert_eq!(write.code(), "forbidden");
    end_membership(&trial.identity, &acme, user).await.unwrap();
    assert_eq!(browser.get("/write").await.code(), "company_not_chosen");
    assert_eq!(
        browser.get("/v1/session").await.json()["company_id"],
        Value::Null
    );
    assert_eq!(
        choose(&mut browser, "acme").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_system_administrator_reaches_every_company_until_they_are_none() {
    let trial = Trial::new().await;
    trial.company("acme").await;
    trial.company("globex").await;
    let user = trial.user(ASTRID).await;
    set_system_admin(&trial.identity, user, true).await.unwrap();
    let mut browser = trial.signed_in(ASTRID).await;
    choose(&mut browser, "globex").await;
    assert_eq!(
        browser.get("/who").await.text,
        format!("user:{user} system_admin")
    );
    set_system_admin(&trial.identity, user, false)
        .await
        .unwrap();
    assert_eq!(browser.get("/write").await.code(), "company_not_chosen");
}

#[tokio::test]
async fn signing_out_ends_the_session_everywhere() {
    let trial = Trial::new().await;
    trial.user(ASTRID).await;
    let mut browser = trial.signed_in(ASTRID).await;
    let copy = browser.clone();
    let answer = browser
        .send("DELETE", "/v1/session", &[], &Value::Null)
        .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(!browser.cookies.contains_key("__Host-attest"));
    assert!(!is_signed_in(&copy).await);
    let rows = trial
        .look("select to_jsonb(count(*)) from identity.login_session")
        .await;
    assert_eq!(rows, json!(0));
    let again = browser
        .send("DELETE", "/v1/session", &[], &Value::Null)
        .await;
    assert_eq!(again.status, StatusCode::NO_CONTENT);
}
