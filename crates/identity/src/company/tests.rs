//! Companies begin with an event and an audit entry of their own, or not at all.

use serde_json::json;

use super::{NewCompany, create_company};
use crate::error::Error;
use crate::query;
use crate::trial::Trial;

fn new(slug: &'static str) -> NewCompany<'static> {
    NewCompany {
        slug,
        name: "Acme Energy",
        zone: "Europe/Oslo",
    }
}

#[tokio::test]
async fn a_company_begins_its_own_stream_and_its_own_audit_chain() {
    let trial = Trial::new().await;
    let company = create_company(&trial.identity, new("acme")).await.unwrap();
    let event = trial
        .look("select jsonb_build_array(type, position, company_id, body -> 'data' ->> 'slug') from platform.outbox")
        .await;
    let id = company.id.uuid();
    assert_eq!(event, json!(["identity.company.created", 1, id, "acme"]));
    let entry = trial
        .look("select jsonb_build_array(action, seq, company_id, actor) from platform.audit_entry")
        .await;
    assert_eq!(entry, json!(["company.create", 1, id, "operator"]));
}

#[tokio::test]
async fn a_company_is_found_by_slug_by_printed_id_and_by_bare_id() {
    let trial = Trial::new().await;
    let company = create_company(&trial.identity, new("acme")).await.unwrap();
    create_company(&trial.identity, new("globex"))
        .await
        .unwrap();
    let db = trial.db.db();
    let names = [
        "acme".to_owned(),
        company.id.to_string(),
        company.id.uuid().to_string(),
    ];
    for name in names {
        let found = query::find_company(db, &name).await.unwrap();
        assert_eq!(found.as_ref(), Some(&company), "{name}");
    }
    assert_eq!(query::list_companies(db).await.unwrap().len(), 2);
    for nobody in ["initech", "", "com_00000000000000000000000000000000"] {
        let found = query::get_company(db, nobody).await;
        assert!(matches!(found, Err(Error::CompanyNotFound)), "{nobody}");
    }
}

#[tokio::test]
async fn a_slug_is_given_once_and_a_second_try_leaves_no_trace() {
    let trial = Trial::new().await;
    create_company(&trial.identity, new("acme")).await.unwrap();
    let again = create_company(&trial.identity, new("acme")).await;
    assert!(matches!(again, Err(Error::SlugTaken)));
    let counts = trial
        .look("select jsonb_build_array((select count(*) from identity.company), (select count(*) from platform.outbox), (select count(*) from platform.audit_entry))")
        .await;
    assert_eq!(counts, json!([1, 1, 1]));
}

#[tokio::test]
async fn what_cannot_be_a_company_is_refused() {
    let trial = Trial::new().await;
    let create = |new| create_company(&trial.identity, new);
    for slug in [
        "",
        "Acme",
        "-acme",
        "a_b",
        "0190b6a0-0000-7000-8000-000000000001",
    ] {
        assert!(
            matches!(create(new(slug)).await, Err(Error::SlugMalformed)),
            "{slug}"
        );
    }
    let nowhere = NewCompany {
        zone: "Europe/Atlantis",
        ..new("acme")
    };
    assert!(matches!(create(nowhere).await, Err(Error::ZoneUnknown)));
    let nameless = NewCompany {
        name: " ",
        ..new("acme")
    };
    assert!(matches!(create(nameless).await, Err(Error::NameMalformed)));
}
