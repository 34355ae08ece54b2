//! Looking at possible duplicates in a browser.

use contracts::event::NewEvent;
use contracts::event::ingest::MatchSuggested;
use contracts::event::value::{MatchReason, Rate, Slug};
use contracts::{PersonId, Role, UserId};
use http::StatusCode;
use platform::events::BusRunner;
use platform::vault::{Evidence, IdentifierKind, Vault};
use platform::{Assembly, AuditNote, TenantGrant, Trace};
use uuid::Uuid;

use super::house::{Answer, House};

const ADMINISTRATOR: &str = "ingrid@acme.example";
const MANAGER: &str = "tomasz@acme.example";
const VIEWER: &str = "leila@acme.example";
const PAGE: &str = "/c/acme/people";

/// Two people of Acme who share an address, and the suggestion that they are one.
async fn suggest(house: &House) -> [PersonId; 2] {
    let db = house.db().db();
    let company = identity::query::find_company(db, "acme")
        .await
        .unwrap()
        .unwrap();
    let trace = Trace::beginning(house.db().clock().new_id());
    let user = UserId::new(Uuid::from_u128(7));
    let issuer = house.db().issuer();
    let grant: TenantGrant = issuer.for_member(company.id, user, Role::CompanyManager, trace);
    let mut tx = db.tenant(&grant).await.unwrap();
    let row = |id| Evidence {
        external: Some((IdentifierKind::Kintell, id)),
        email: Some("amelia@home.example"),
        name: None,
        source: "kintell-sessions",
    };
    let rows = [row("K-1000012"), row("K-1000034")];
    let found = Vault::new().resolve_people(&mut tx, &rows).await.unwrap();
    let people: Vec<PersonId> = found.iter().flatten().map(|one| one.person).collect();
    let event = MatchSuggested {
        person_id: people[1].uuid(),
        other_id: people[0].uuid(),
        reason: MatchReason::SameEmail,
        score: Rate::new(0.6).unwrap(),
        source: Slug::new("kintell-sessions").unwrap(),
        suggested_at: tx.clock().now(),
    };
    tx.publish(NewEvent::new(event, "/test")).unwrap();
    tx.audit(AuditNote::new("test.suggest", "test", "people"));
    tx.commit().await.unwrap();
    let consumers = Assembly::of([profile::service(db)]).consumers;
    BusRunner::new(db, consumers).settle().await.unwrap();
    [people[0], people[1]]
}

/// The value of a hidden field.
fn field<'a>(page: &'a Answer, name: &str) -> &'a str {
    let field = page.html.split(&format!("name=\"{name}\" value=\"")).nth(1);
    field.and_then(|rest| rest.split('"').next()).unwrap()
}

#[tokio::test]
async fn a_pair_is_merged_and_the_merge_undone_without_a_script() {
    let house = House::new().await;
    suggest(&house).await;
    let mut browser = house.signed_in(MANAGER).await;
    let page = browser.get(PAGE).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.html
            .contains("One e-mail address, but two ids at the same system")
    );
    assert!(page.html.contains("60 of 100 points") && page.html.contains("••••34"));
    assert!(!page.html.contains("amelia@") && !page.html.contains("K-1000"));

    let token = browser.token(PAGE).await;
    let two = [
        ("csrf_token", token.as_str()),
        ("keep", field(&page, "keep")),
        ("merge", field(&page, "merge")),
    ];
    let merged = browser.post("/c/acme/people/merge", &two).await;
    assert_eq!(merged.status, StatusCode::SEE_OTHER);
    let page = browser.get(&merged.location).await;
    assert!(
        page.html.contains("The two are one now") && page.html.contains("Nobody looks like two")
    );
    let again = browser.post("/c/acme/people/merge", &two).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.html.contains("one person already") && again.html.contains("<title>Error: "));

    let one = [("csrf_token", token.as_str()), ("id", field(&page, "id"))];
    let undone = browser.post("/c/acme/people/undo", &one).await;
    let page = browser.get(&undone.location).await;
    assert!(page.html.contains("The two are two again") && page.html.contains("Merge the two"));
}

#[tokio::test]
async fn a_pair_that_is_two_is_not_shown_again() {
    let house = House::new().await;
    suggest(&house).await;
    let mut browser = house.signed_in(ADMINISTRATOR).await;
    let page = browser.get(PAGE).await;
    let token = browser.token(PAGE).await;
    let one = [("csrf_token", token.as_str()), ("id", field(&page, "id"))];
    let done = browser.post("/c/acme/people/dismiss", &one).await;
    let page = browser.get(&done.location).await;
    assert!(page.html.contains("The two stay two") && page.html.contains("Nobody looks like two"));
}

#[tokio::test]
async fn who_may_not_see_people_neither_sees_nor_decides() {
    let house = House::new().await;
    let [keep, merge] = suggest(&house).await.map(|person| person.to_string());
    let mut viewer = house.signed_in(VIEWER).await;
    assert_eq!(viewer.get(PAGE).await.status, StatusCode::FORBIDDEN);
    let imports = viewer.get("/c/acme/imports").await;
    assert!(!imports.html.contains("Possible duplicates"));
    let token = viewer.token("/c/acme/imports").await;
    let two = [
        ("csrf_token", token.as_str()),
        ("keep", keep.as_str()),
        ("merge", merge.as_str()),
    ];
    let answer = viewer.post("/c/acme/people/merge", &two).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);

    let mut manager = house.signed_in(MANAGER).await;
    let without = [("keep", keep.as_str()), ("merge", merge.as_str())];
    let answer = manager.post("/c/acme/people/merge", &without).await;
    assert_eq!(
        answer.status,
        StatusCode::FORBIDDEN,
        "a form without its token"
    );
    let token = manager.token(PAGE).await;
    for path in ["merge", "dismiss", "undo"] {
        let fields = [
            ("csrf_token", token.as_str()),
            ("keep", "per_1"),
            ("merge", "per_2"),
            ("id", "mat_1"),
        ];
        let absent = manager
            .post(&format!("/c/acme/people/{path}"), &fields)
            .await;
        assert_eq!(absent.status, StatusCode::NOT_FOUND, "{path}");
        let foreign = manager
            .post(&format!("/c/globex/people/{path}"), &fields)
            .await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(
        manager.get(&format!("{PAGE}?pairs=!")).await.status,
        StatusCode::BAD_REQUEST
    );
    let page = house.browser().get(PAGE).await;
    assert_eq!(page.location, format!("/login?next={PAGE}"));
}
