//! Users and memberships.

use contracts::{Role, UserId};
use serde_json::json;
use uuid::Uuid;

use super::{
    NewUser, Password, add_membership, create_user, disable_user, end_membership, find_user,
    memberships_of, set_system_admin,
};
use crate::error::Error;
use crate::trial::{PASSWORD, Trial};

fn new<'a>(email: &'a str, password: &str) -> NewUser<'a> {
    NewUser {
        email,
        display_name: "Astrid Moen",
        password: Password::new(password),
    }
}

#[tokio::test]
async fn an_address_belongs_to_one_user_however_it_is_written() {
    let trial = Trial::new().await;
    let user = trial.user("astrid@acme.example").await;
    let again = create_user(&trial.identity, new(" Astrid@ACME.example", PASSWORD)).await;
    assert!(matches!(again, Err(Error::EmailTaken)));
    let found = find_user(&trial.identity, "ASTRID@acme.example").await;
    assert_eq!(found.unwrap(), Some(user));
    let stranger = find_user(&trial.identity, "astrid@acme.exampl").await;
    assert_eq!(stranger.unwrap(), None);
}

#[tokio::test]
async fn neither_address_nor_name_nor_password_is_legible_in_any_table() {
    let trial = Trial::new().await;
    let acme = trial.company("acme").await;
    trial
        .member("astrid@acme.example", &acme, Role::CompanyAdmin)
        .await;
    trial.signed_in("astrid@acme.example").await;
    let all = trial
        .look(
            "select jsonb_build_array(
                (select jsonb_agg(to_jsonb(t)) from identity.user_account t),
                (select jsonb_agg(to_jsonb(t)) from identity.membership t),
                (select jsonb_agg(to_jsonb(t)) from identity.login_session t),
                (select jsonb_agg(to_jsonb(t)) from platform.person_identifier t),
                (select jsonb_agg(to_jsonb(t)) from platform.audit_entry t),
                (select jsonb_agg(to_jsonb(t)) from platform.outbox t))",
        )
        .await
        .to_string();
    assert!(all.contains("$argon2id$v=19$m=19456,t=2,p=1$"));
    for secret in ["astrid", "Astrid", "Moen", "harbour"] {
        assert!(!all.contains(secret), "{secret}");
        assert!(!all.contains(&hex::encode(secret)), "{secret}");
    }
}

#[tokio::test]
async fn what_cannot_be_a_user_is_refused() {
    let trial = Trial::new().await;
    let create = |new| create_user(&trial.identity, new);
    for email in [
        "",
        "astrid",
        "@acme.example",
        "astrid@",
        "a b@acme.example",
        "a@b@c",
    ] {
        let refused = create(new(email, PASSWORD)).await;
        assert!(matches!(refused, Err(Error::EmailMalformed)), "{email}");
    }
    for password in ["short", "passwordpassword", "astrid.moen.astrid"] {
        let refused = create(new("astrid.moen@acme.example", password)).await;
        assert!(matches!(refused, Err(Error::Password(_))), "{password}");
    }
    let nameless = NewUser {
        display_name: "\u{7}",
        ..new("astrid@acme.example", PASSWORD)
    };
    assert!(matches!(create(nameless).await, Err(Error::NameMalformed)));
}

#[tokio::test]
async fn every_change_of_a_membership_is_told_and_nothing_else_is() {
    let trial = Trial::new().await;
    let acme = trial.company("acme").await;
    let user = trial.user("astrid@acme.example").await;
    let first = add_membership(&trial.identity, &acme, user, Role::CompanyViewer).await;
    let same = add_membership(&trial.identity, &acme, user, Role::CompanyViewer).await;
    let other = add_membership(&trial.identity, &acme, user, Role::CompanyManager).await;
    end_membership(&trial.identity, &acme, user).await.unwrap();
    let again = end_membership(&trial.identity, &acme, user).await;
    assert!(matches!(again, Err(Error::MembershipNotFound)));
    let back = add_membership(&trial.identity, &acme, user, Role::CompanyManager).await;
    let id = first.unwrap();
    assert_eq!([same.unwrap(), other.unwrap(), back.unwrap()], [id; 3]);
    let told = trial
        .look("select jsonb_agg(jsonb_build_array(body -> 'data' ->> 'role', body -> 'data' ->> 'status') order by position)
               from platform.outbox where type = 'identity.membership.changed'")
        .await;
    let expected = json!([
        ["company_viewer", "active"],
        ["company_manager", "active"],
        ["company_manager", "revoked"],
        ["company_manager", "active"],
    ]);
    assert_eq!(told, expected);
    let entries = trial
        .look("select to_jsonb(count(*)) from platform.audit_entry where action = 'membership.change'")
        .await;
    assert_eq!(entries, json!(4));
}

#[tokio::test]
async fn nobody_and_the_disabled_are_given_no_membership() {
    let trial = Trial::new().await;
    let acme = trial.company("acme").await;
    let user = trial.user("astrid@acme.example").await;
    let give = |user, role| add_membership(&trial.identity, &acme, user, role);
    let admin = give(user, Role::SystemAdmin).await;
    assert!(matches!(admin, Err(Error::RoleOutsideCompanies)));
    let nobody = UserId::new(Uuid::from_u128(7));
    let nobodys = give(nobody, Role::CompanyViewer).await;
    assert!(matches!(nobodys, Err(Error::UserNotFound)));
    assert!(disable_user(&trial.identity, user).await.unwrap());
    assert!(!disable_user(&trial.identity, user).await.unwrap());
    let disabled = give(user, Role::CompanyViewer).await;
    assert!(matches!(disabled, Err(Error::UserNotFound)));
    let unknown = disable_user(&trial.identity, nobody).await;
    assert!(matches!(unknown, Err(Error::UserNotFound)));
}

#[tokio::test]
async fn a_user_may_choose_their_companies_and_a_system_administrator_all() {
    let trial = Trial::new().await;
    let (acme, globex) = (trial.company("acme").await, trial.company("globex").await);
    let user = trial
        .member("astrid@acme.example", &globex, Role::CompanyViewer)
        .await;
    let list = async || {
        let list = memberships_of(&trial.identity, user).await.unwrap();
        list.into_iter()
            .map(|m| (m.slug, m.role))
            .collect::<Vec<_>>()
    };
    let viewer = ("globex".to_owned(), Role::CompanyViewer);
    assert_eq!(list().await, std::slice::from_ref(&viewer));
    trial.give(user, &acme, Role::CompanyAdmin).await;
    assert_eq!(
        list().await,
        [("acme".to_owned(), Role::CompanyAdmin), viewer]
    );
    set_system_admin(&trial.identity, user, true).await.unwrap();
    let everywhere = ["acme", "globex"].map(|slug| (slug.to_owned(), Role::SystemAdmin));
    assert_eq!(list().await, everywhere);
    disable_user(&trial.identity, user).await.unwrap();
    assert_eq!(list().await, []);
}
