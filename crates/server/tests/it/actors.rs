//! Every operation of the API's description, tried by everybody.

use std::collections::{BTreeMap, BTreeSet};

use contracts::{Permission, Role};
use serde_json::{Value, json};

use crate::browser::{Answer, Browser};
use crate::house::{House, Logins, Server, look, tell};
use crate::ledger::{company_id, settled};
use crate::sheet::{self, Row};

/// Operations that ask for nobody's name, and why.
const OPEN: [(&str, &str); 17] = [
    ("GET /", "leads to the sign-in page or the dashboard"),
    (
        "GET /company",
        "leads to the sign-in page, or offers the caller's own companies",
    ),
    ("GET /health", "is asked by probes, which have no name"),
    ("GET /health/all", "as above"),
    ("GET /health/live", "as above"),
    ("GET /health/ready", "as above"),
    ("GET /health/{service}", "as above"),
    ("GET /login", "is where one says one's name"),
    ("POST /login", "as above"),
    ("POST /v1/session", "as above"),
    (
        "GET /metrics",
        "is read by Prometheus; it names neither company nor person",
    ),
    (
        "POST /v1/webhooks/{endpoint}/{kind}",
        "asks for a signature under the endpoint's secret",
    ),
    ("POST /v1/webhooks/session-completed", "as above"),
    ("POST /v1/webhooks/rating-created", "as above"),
    ("POST /v1/webhooks/booking-confirmed", "as above"),
    ("POST /v1/webhooks/buddy-events", "as above"),
    ("POST /v1/webhooks/upskilling-events", "as above"),
];

/// Operations that end or change the caller's session: each is tried in a session of its own.
const ON_SESSION: [&str; 4] = [
    "POST /company",
    "POST /logout",
    "DELETE /v1/session",
    "PUT /v1/session/company",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Actor {
    Anonymous,
    Viewer,
    Manager,
    Admin,
    /// The administrator of another company.
    Stranger,
    SystemAdmin,
}

impl Actor {
    const ALL: [Self; 6] = [
        Self::Anonymous,
        Self::Viewer,
        Self::Manager,
        Self::Admin,
        Self::Stranger,
        Self::SystemAdmin,
    ];

    const fn login(self) -> Option<(&'static str, &'static str, Role)> {
        Some(match self {
            Self::Anonymous => return None,
            Self::Viewer => ("leila@acme.example", "acme", Role::CompanyViewer),
            Self::Manager => ("tomasz@acme.example", "acme", Role::CompanyManager),
            Self::Admin => ("ingrid@acme.example", "acme", Role::CompanyAdmin),
            Self::Stranger => ("jonas@globex.example", "globex", Role::CompanyAdmin),
            Self::SystemAdmin => ("sunniva@attest.example", "acme", Role::SystemAdmin),
        })
    }
}

/// An operation of the description.
struct Operation {
    method: String,
    path: String,
    /// None where the description asks for no session.
    scopes: Option<Vec<Permission>>,
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn is_page(&self) -> bool {
        !self.path.starts_with("/v1/")
    }

    fn changes(&self) -> bool {
        self.method != "GET"
    }

    /// Whether it names something of a company's own.
    fn names_something(&self) -> bool {
        ["{id}", "{figure}", "{company}", "{slug}"]
            .iter()
            .any(|part| self.path.contains(part))
            || self.path == "/v1/profile/mapping"
    }
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let scopes = operation.get("security").map(|security| {
                let scopes = security[0]["session"].as_array().unwrap().iter();
                scopes
                    .map(|scope| scope.as_str().unwrap().parse().unwrap())
                    .collect()
            });
            all.push(Operation {
                method: method.to_ascii_uppercase(),
                path: path.clone(),
                scopes,
            });
        }
    }
    all
}

/// Ids that stand in addresses and bodies.
#[derive(Clone)]
struct Names {
    slug: String,
    import: String,
    figure: String,
    person: String,
    letter: String,
    endpoint: String,
    delivery: String,
}

impl Names {
    /// Well-formed, and nobody's.
    fn of_nobody() -> Self {
        let id = "019a0000-0000-7000-8000-00000000dead";
        Self {
            slug: "nowhere".to_owned(),
            import: id.to_owned(),
            figure: id.to_owned(),
            person: id.to_owned(),
            letter: id.to_owned(),
            endpoint: id.to_owned(),
            delivery: id.to_owned(),
        }
    }

    fn path(&self, template: &str) -> String {
        let id = match template {
            path if path.contains("/imports/") => &self.import,
            path if path.contains("/dead-letters/") => &self.letter,
            path if path.contains("/webhook-endpoints/") => &self.endpoint,
            path if path.contains("/dlq/") || path.contains("/deliveries/") => &self.delivery,
            _ => &self.person,
        };
        template
            .replace("{slug}", &self.slug)
            .replace("{company}", &self.slug)
            .replace("{figure}", &self.figure)
            .replace("{id}", id)
            .replace("{period}", "2026-04")
            .replace("{service}", "gateway")
            .replace("{endpoint}", &self.endpoint)
            .replace("{kind}", "session-completed")
            .replace("{flag}", "no.such-flag")
    }

    fn body(&self, operation: &Operation) -> (&'static str, String) {
        let json = |body: Value| ("application/json", body.to_string());
        match operation.name().as_str() {
            "POST /v1/imports" => ("text/csv", sheet::HEADER.to_owned()),
            "POST /c/{slug}/imports" => ("multipart/form-data; boundary=x", form()),
            "PUT /v1/profile/{id}" => json(json!({ "flags": { "is_discord_member": true } })),
            "POST /v1/profile/mapping" => json(json!({
                "profileId": self.person, "provider": "discord", "externalId": "discord-7",
            })),
            "POST /v1/people/matches/{id}/dismiss" => json(json!({ "reason": "other" })),
            "POST /c/{slug}/imports/{id}/decision" => (
                "application/x-www-form-urlencoded",
                "decision=undo".to_owned(),
            ),
            "POST /c/{slug}/people/merge"
            | "POST /c/{slug}/people/dismiss"
            | "POST /c/{slug}/people/undo" => (
                "application/x-www-form-urlencoded",
                format!("keep={0}&merge={0}&id={0}", self.person),
            ),
            "PUT /v1/flags/{flag}" => json(json!({ "enabled": true })),
            "POST /v1/webhook-endpoints" => {
                json(json!({ "source": "kintell", "rating_scale": "1-5" }))
            }
            "POST /v1/webhook-endpoints/{id}/rotate" => json(json!({})),
            "PUT /v1/session/company" => json(json!({ "company": self.slug })),
            "POST /c/{slug}/deliveries/{id}" => (
                "application/x-www-form-urlencoded",
                "decision=replay".to_owned(),
            ),
            "POST /company" | "POST /logout" => (
                "application/x-www-form-urlencoded",
                format!("company={}", self.slug),
            ),
            _ => ("application/json", String::new()),
        }
    }
}

/// An upload as a page sends it, without the session's token in it.
fn form() -> String {
    let file = sheet::HEADER;
    format!(
        "--x\r\nContent-Disposition: form-data; name=\"source\"\r\n\r\nkintell-sessions\r\n\
         --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n{file}\r\n--x--\r\n"
    )
}

/// A company with data, and everybody signed in.
struct Stage {
    house: House,
    server: Server,
    logins: Logins,
    operations: Vec<Operation>,
    browsers: BTreeMap<&'static str, Browser>,
    acme: Names,
    company: String,
}

impl Stage {
    async fn new() -> Self {
        let (house, logins) = House::seeded().await;
        let server = house.serve().await;
        let mut browsers = BTreeMap::new();
        for (email, company, _) in Actor::ALL.iter().filter_map(|actor| actor.login()) {
            browsers.insert(email, server.signed_in(&logins, email, company).await);
        }
        let document = server.browser().get("/openapi.json").await.json();
        let company = company_id(&house, "acme").await;
        let acme = fill(&house, &browsers["tomasz@acme.example"], &company).await;
        Self {
            house,
            server,
            logins,
            operations: operations(&document),
            browsers,
            acme,
            company,
        }
    }

    fn browser(&self, actor: Actor) -> Browser {
        actor.login().map_or_else(
            || self.server.browser(),
            |(email, ..)| self.browsers[email].clone(),
        )
    }

    async fn attempt(&self, browser: &Browser, operation: &Operation, names: &Names) -> Answer {
        let (kind, body) = names.body(operation);
        let path = names.path(&operation.path);
        let query = if path == "/v1/imports" && operation.changes() {
            "?source=kintell-sessions"
        } else {
            ""
        };
        let headers = [("content-type", kind)];
        let headers = if operation.changes() {
            &headers[..]
        } else {
            &[]
        };
        let body = if operation.changes() {
            body
        } else {
            String::new()
        };
        browser
            .send(
                &operation.method,
                &format!("{path}{query}"),
                headers,
                body.as_bytes(),
            )
            .await
            .unwrap()
    }

    async fn rows(&self) -> String {
        self.house.rows(&self.company, &[]).await
    }
}

/// Acme's data: an import with sessions and a refused row, and an event that was given up on.
async fn fill(house: &House, manager: &Browser, company: &str) -> Names {
    let rows: Vec<Row> = (1..=20).map(Row::of).collect();
    let mut file = sheet::file(&rows);
    file.extend(b"X-1,Language Connect,nobody,m@acme.example.org,2026-01-01T10:00:00Z,30,4,,B1\n");
    let import = manager.import(&file, "stage").await;
    settled(house, company).await;
    let letter = "019a0000-0000-7000-8000-000000000001";
    let mut conn = house.administer().await;
    tell(
        &mut conn,
        &format!(
            "insert into platform.dead_letter (company_id, id, consumer, position, event_type, attempts, error, died_at)
             select company_id, '{letter}', 'insight.metrics', position, type, 8, 'made up', now()
             from platform.outbox where company_id = '{company}' and type = 'kintell.session.completed' limit 1"
        ),
    )
    .await;
    tell(
        &mut conn,
        &format!(
            "insert into ingest.webhook_endpoint (company_id, id, source, description, rating_scale, secret, created_by, created_at)
             values ('{company}', '019a0000-0000-7000-8000-00000000e0e0', 'kintell', '', 'one_to_five', 's', '{letter}', now());
             insert into ingest.inbox_delivery
                 (company_id, id, endpoint_id, delivery_id, source, kind, body, state, attempts, due_at, reason_code, reason, received_at, finished_at)
             values ('{company}', '019a0000-0000-7000-8000-00000000d0d0', '019a0000-0000-7000-8000-00000000e0e0', 'd-1', 'kintell',
                     'session-completed', 's', 'dead', 10, now(), 'refused', 'made up', now(), now())"
        ),
    )
    .await;
    let mut id = async |statement: &str| {
        look(&mut conn, statement)
            .await
            .as_str()
            .unwrap()
            .to_owned()
    };
    Names {
        slug: "acme".to_owned(),
        import: import["id"].as_str().unwrap().to_owned(),
        figure: id("select id from insight.figure where metric = 'hours' and period = '2026-04'")
            .await,
        person: id("select participant_id from ingest.kintell_session limit 1").await,
        letter: letter.to_owned(),
        endpoint: id("select id from ingest.webhook_endpoint limit 1").await,
        delivery: id("select id from ingest.inbox_delivery limit 1").await,
    }
}

/// What an operation must answer to an actor who names things of acme's.
fn check(operation: &Operation, actor: Actor, answer: &Answer) {
    let told = format!(
        "{} as {actor:?}: {} {}",
        operation.name(),
        answer.status,
        answer.text
    );
    let Some(scopes) = &operation.scopes else {
        return;
    };
    let Some((_, _, role)) = actor.login() else {
        let to_sign_in = answer.status == 303 && answer.headers["location"].starts_with("/login");
        let signed_out = operation.name() == "DELETE /v1/session" && answer.status == 204;
        assert!(
            answer.status == 401 || signed_out || (operation.is_page() && to_sign_in),
            "{told}"
        );
        return;
    };
    if !scopes.iter().all(|scope| role.allows(*scope)) {
        assert_eq!(answer.status, 403, "{told}");
    } else if actor == Actor::Stranger && operation.names_something() {
        assert_eq!(answer.status, 404, "{told}");
    } else {
        assert!(
            answer.status < 500 && ![401, 403].contains(&answer.status),
            "{told}"
        );
    }
}

/// The answer without what differs from request to request and from name to name.
fn shape(answer: &Answer, names: &Names) -> String {
    let mut text = format!("{} {}", answer.status, answer.text);
    let request = &answer.headers["x-request-id"];
    for word in [
        request,
        &names.slug,
        &names.import,
        &names.figure,
        &names.person,
        &names.letter,
        &names.endpoint,
        &names.delivery,
    ] {
        text = text.replace(word.as_str(), "…");
    }
    text
}

#[tokio::test]
async fn every_operation_answers_everybody_as_their_role_allows() {
    let stage = Stage::new().await;
    let mut tried = BTreeSet::new();
    for operation in &stage.operations {
        let open = OPEN.iter().any(|(name, _)| *name == operation.name());
        assert_eq!(open, operation.scopes.is_none(), "{}", operation.name());
        for actor in Actor::ALL {
            let browser = match actor.login() {
                Some((email, company, _)) if ON_SESSION.contains(&operation.name().as_str()) => {
                    stage.server.signed_in(&stage.logins, email, company).await
                }
                _ => stage.browser(actor),
            };
            let answer = stage.attempt(&browser, operation, &stage.acme).await;
            assert!(answer.status < 500, "{}: {}", operation.name(), answer.text);
            if !ON_SESSION.contains(&operation.name().as_str()) || actor == Actor::Anonymous {
                check(operation, actor, &answer);
            }
            if answer.status < 300 && matches!(actor, Actor::Anonymous | Actor::Stranger) {
                for id in [&stage.acme.import, &stage.acme.figure, &stage.acme.person] {
                    assert!(
                        !answer.text.contains(id.as_str()),
                        "{} shows {id}",
                        operation.name()
                    );
                }
            }
            tried.insert(answer.status);
        }
    }
    // Had everybody been turned away, nothing would have been tried.
    for status in [200, 202, 204, 303, 401, 403, 404] {
        assert!(tried.contains(&status), "{tried:?}");
    }
    assert!(stage.server.stop().await);
}

#[tokio::test]
async fn things_of_another_company_are_answered_as_things_that_are_not() {
    let stage = Stage::new().await;
    let stranger = stage.browser(Actor::Stranger);
    let before = stage.rows().await;
    let mut compared = 0;
    for operation in stage
        .operations
        .iter()
        .filter(|operation| operation.names_something())
    {
        // Also those under the stranger's own company, with an id of the other.
        let own = Names {
            slug: "globex".to_owned(),
            ..stage.acme.clone()
        };
        let own_nobody = Names {
            slug: "globex".to_owned(),
            ..Names::of_nobody()
        };
        for (foreign, absent) in [(&stage.acme, &Names::of_nobody()), (&own, &own_nobody)] {
            let of_foreign = stage.attempt(&stranger, operation, foreign).await;
            let of_absent = stage.attempt(&stranger, operation, absent).await;
            assert_eq!(
                shape(&of_foreign, foreign),
                shape(&of_absent, absent),
                "{}",
                operation.name()
            );
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
    assert_eq!(stage.rows().await, before, "a stranger changed something");
}

#[tokio::test]
async fn nothing_changes_without_a_session_and_its_token() {
    let stage = Stage::new().await;
    let admin = stage.browser(Actor::SystemAdmin);
    let before = stage.rows().await;
    let mut tried = 0;
    for operation in stage
        .operations
        .iter()
        .filter(|operation| operation.changes())
    {
        if operation.scopes.is_none() {
            continue;
        }
        for (who, browser) in [
            ("nobody", stage.server.browser()),
            ("somebody without the token", admin.clone().without_token()),
            (
                "another site",
                admin.clone().claiming("https://evil.example"),
            ),
        ] {
            let answer = stage.attempt(&browser, operation, &stage.acme).await;
            let refused = matches!(answer.status, 401 | 403);
            let nothing_to_end = who == "nobody" && matches!(answer.status, 204 | 303);
            assert!(
                refused || nothing_to_end,
                "{} by {who}: {} {}",
                operation.name(),
                answer.status,
                answer.text
            );
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
    assert_eq!(stage.rows().await, before, "something changed");
    // The same requests with the token do have effects, so the comparison can fail.
    for operation in stage
        .operations
        .iter()
        .filter(|operation| operation.changes())
    {
        if operation.scopes.is_some() && !ON_SESSION.contains(&operation.name().as_str()) {
            stage.attempt(&admin, operation, &stage.acme).await;
        }
    }
    assert_ne!(stage.rows().await, before);
}

#[tokio::test]
async fn operation_ids_are_unique() {
    let house = House::new().await;
    let server = house.serve().await;
    let document = server.browser().get("/openapi.json").await.json();
    let mut ids = BTreeSet::new();
    for methods in document["paths"].as_object().unwrap().values() {
        for operation in methods.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} twice");
        }
    }
}
