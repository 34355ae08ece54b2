//! Who gets to which page, and with which form.

use http::StatusCode;

use super::house::House;

const ADMINISTRATOR: &str = "ingrid@acme.example";
const MANAGER: &str = "tomasz@acme.example";
const VIEWER: &str = "leila@acme.example";
/// Manager of Initech, viewer of Acme.
const PARTNER: &str = "mykola@partner.example";

#[tokio::test]
async fn whoever_is_not_signed_in_is_led_to_the_form_and_back() {
    let house = House::new().await;
    let mut browser = house.browser();
    for path in ["/c/acme", "/c/acme/imports", "/c/nowhere", "/c/acme/why/x"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(answer.location, format!("/login?next={path}"));
    }
    assert_eq!(browser.get("/").await.location, "/login");
    let answer = browser.sign_in(VIEWER, "/c/acme/imports").await;
    assert_eq!(answer.location, "/c/acme/imports");
    assert_eq!(browser.get("/c/acme/imports").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_password_shows_the_form_again_without_it() {
    let house = House::new().await;
    let answer = house
        .browser()
        .type_in(VIEWER, "harbour lamp 43 crows", "/c/acme")
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.html.contains(VIEWER) && answer.html.contains("value=\"/c/acme\""));
    assert!(!answer.html.contains("crows"));
}

#[tokio::test]
async fn the_company_of_others_is_answered_as_one_that_does_not_exist() {
    let house = House::new().await;
    let mut browser = house.signed_in(ADMINISTRATOR).await;
    for path in ["", "/imports", "/imports/imp_1", "/why/fig_1"] {
        let foreign = browser.get(&format!("/c/globex{path}")).await;
        let absent = browser.get(&format!("/c/nowhere{path}")).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!((absent.status, absent.html), (foreign.status, foreign.html));
    }
    let period = browser.get("/c/acme?period=2026-13").await;
    assert_eq!(period.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_viewer_sees_no_upload_form_and_cannot_send_one() {
    let house = House::new().await;
    let mut browser = house.signed_in(VIEWER).await;
    let page = browser.get("/c/acme/imports").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.html.contains("multipart/form-data"));
    let token = browser.token("/c/acme/imports").await;
    let answer = browser.upload("acme", &token, "UTC").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_form_without_the_token_of_its_session_is_refused() {
    let house = House::new().await;
    let mut browser = house.signed_in(MANAGER).await;
    for token in ["", "0123456789abcdef"] {
        let upload = browser.upload("acme", token, "UTC").await;
        assert_eq!(upload.status, StatusCode::FORBIDDEN);
        for path in ["/logout", "/company"] {
            let fields = [("csrf_token", token), ("company", "acme")];
            let answer = browser.post(path, &fields).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
    let list = browser.get("/c/acme/imports").await;
    assert!(list.html.contains("Nothing was imported yet"));
}

#[tokio::test]
async fn an_upload_leads_to_its_import_and_a_wrong_setting_back_to_the_form() {
    let house = House::new().await;
    let mut browser = house.signed_in(MANAGER).await;
    let token = browser.token("/c/acme/imports").await;
    let wrong = browser.upload("acme", &token, "Mars/Base").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.html.contains("value=\"Mars/Base\""));
    assert!(wrong.html.contains("value=\"1-5\" selected"));
    let right = browser.upload("acme", &token, "UTC").await;
    assert_eq!(right.status, StatusCode::SEE_OTHER);
    let page = browser.get(&right.location).await;
    assert!(page.html.contains("<title>Import of march.csv"));
    assert!(page.html.contains("data-poll"));
}

#[tokio::test]
async fn a_file_goes_to_no_other_company_than_that_of_its_page() {
    let house = House::new().await;
    let mut browser = house.signed_in(PARTNER).await;
    let token = browser.token("/company").await;
    let fields = [("csrf_token", token.as_str()), ("company", "initech")];
    assert_eq!(
        browser.post("/company", &fields).await.location,
        "/c/initech"
    );
    let token = browser.token("/c/initech/imports").await;
    let answer = browser.upload("acme", &token, "UTC").await;
    assert_eq!(answer.location, "/company");
    let list = browser.get("/c/initech/imports").await;
    assert!(list.html.contains("Nothing was imported yet"));
}

#[tokio::test]
async fn whoever_signed_out_is_out() {
    let house = House::new().await;
    let mut browser = house.signed_in(VIEWER).await;
    let token = browser.token("/c/acme").await;
    let answer = browser.post("/logout", &[("csrf_token", &token)]).await;
    assert_eq!(answer.location, "/login?out=true");
    assert_eq!(browser.get("/c/acme").await.location, "/login?next=/c/acme");
}

#[tokio::test]
async fn deliveries_that_were_given_up_are_for_administrators() {
    let house = House::new().await;
    let mut administrator = house.signed_in(ADMINISTRATOR).await;
    let page = administrator.get("/c/acme/deliveries").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.html.contains("Nothing was given up"));
    let token = administrator.token("/c/acme/deliveries").await;
    let absent = "/c/acme/deliveries/del_00000000000000000000000000000001";
    for (decision, status) in [
        ("replay", StatusCode::NOT_FOUND),
        ("discard", StatusCode::NOT_FOUND),
        ("burn", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let fields = [("csrf_token", token.as_str()), ("decision", decision)];
        let answer = administrator.post(absent, &fields).await;
        assert_eq!(answer.status, status, "{decision}");
    }
    let fields = [("csrf_token", ""), ("decision", "replay")];
    assert_eq!(
        administrator.post(absent, &fields).await.status,
        StatusCode::FORBIDDEN
    );
    for email in [MANAGER, VIEWER] {
        let mut browser = house.signed_in(email).await;
        let page = browser.get("/c/acme/deliveries").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{email}");
        assert!(
            !browser
                .get("/c/acme/imports")
                .await
                .html
                .contains("/deliveries")
        );
    }
}
