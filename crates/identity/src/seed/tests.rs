//! Seeding.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use contracts::Role;
use serde_json::json;

use super::{PEOPLE, seed, seed_companies, seed_persons};
use crate::trial::Trial;
use crate::user::check_password;

#[tokio::test]
async fn three_companies_and_ten_users_are_made_once() {
    let trial = Trial::new().await;
    let first = seed(&trial.identity).await.unwrap();
    assert_eq!(
        (
            first.companies_created,
            first.logins.len(),
            first.users_before
        ),
        (3, 10, 0)
    );
    let counts = "select jsonb_build_array(
        (select count(*) from identity.company), (select count(*) from identity.user_account),
        (select count(*) from identity.membership), (select count(*) from platform.person),
        (select count(*) from platform.outbox), (select count(*) from platform.audit_entry))";
    let before = trial.look(counts).await;
    assert_eq!(before, json!([3, 10, 10, 10, 13, 23]));
    let second = seed(&trial.identity).await.unwrap();
    assert_eq!(
        (
            second.companies_created,
            second.logins.len(),
            second.users_before
        ),
        (0, 0, 10)
    );
    assert_eq!(second.companies, first.companies);
    assert_eq!(trial.look(counts).await, before);
}

#[tokio::test]
async fn a_seeded_login_opens_the_door_and_is_written_nowhere_else() {
    let trial = Trial::new().await;
    let seeded = seed(&trial.identity).await.unwrap();
    let login = seeded
        .logins
        .iter()
        .find(|login| login.system_admin)
        .unwrap();
    let mut browser = trial.browser();
    let answer = browser.sign_in(login.email, login.password.expose()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    assert_eq!(answer.json()["memberships"].as_array().unwrap().len(), 3);
    let json = serde_json::to_string(&seeded).unwrap();
    assert!(json.contains(login.password.expose()));
    let passwords: BTreeSet<_> = seeded.logins.iter().map(|l| l.password.expose()).collect();
    assert_eq!(passwords.len(), 10);
    for login in &seeded.logins {
        assert_eq!(check_password(&login.password, login.email), Ok(()));
    }
}

#[tokio::test]
async fn a_seeding_that_was_interrupted_is_taken_up_where_it_ended() {
    let trial = Trial::new().await;
    seed_companies(&trial.identity).await.unwrap();
    seed_persons(&trial.identity).await.unwrap();
    let seeded = seed(&trial.identity).await.unwrap();
    assert_eq!((seeded.companies_created, seeded.logins.len()), (0, 10));
}

#[test]
fn every_company_has_one_of_each_kind() {
    for slug in ["acme", "globex", "initech"] {
        for role in [
            Role::CompanyAdmin,
            Role::CompanyManager,
            Role::CompanyViewer,
        ] {
            let is_it = |(_, _, roles): &&super::Person| roles.contains(&(slug, role));
            assert!(PEOPLE.iter().any(|person| is_it(&person)), "{slug} {role}");
        }
    }
    assert_eq!(
        PEOPLE
            .iter()
            .filter(|(_, _, roles)| roles.len() > 1)
            .count(),
        1
    );
}
