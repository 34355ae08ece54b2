//! For this crate's tests: a database, the routes behind authentication, and
//! browsers with their cookies.
#![expect(
    clippy::disallowed_methods,
    reason = "tests look at tables from outside, by statements that no cache keeps"
)]

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::{get, post};
use contracts::{Role, UserId};
use jiff::SignedDuration;
use platform::http::{Allowed, AllowedForm, Peer, RequestContext, may};
use platform::{Assembly, TenantGrant, Trace};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use testkit::TestDb;
use tower::ServiceExt;

use crate::company::{NewCompany, create_company};
use crate::user::{self, NewUser, Password};
use crate::{Config, Identity, authenticate, service};

/// Everybody's password.
pub(crate) const PASSWORD: &str = "harbour lamp 42 crows";
/// Where the pages of this server are.
pub(crate) const OURS: &str = "https://attest.test";
/// Where they are not.
pub(crate) const EVIL: &str = "https://evil.test";

pub(crate) struct Trial {
    pub(crate) db: TestDb,
    pub(crate) identity: Identity,
    router: Router,
}

impl Trial {
    pub(crate) async fn new() -> Self {
        let db = TestDb::new().await;
        let identity = Identity::new(db.db().clone(), db.issuer().clone(), &Config::default());
        let (routes, _) = Assembly::of([service(&identity)]).routes.split_for_parts();
        let routes = routes
            .route("/who", get(who))
            .route("/write", get(read).post(write))
            .route("/write-form", post(write_form));
        Self {
            router: authenticate::layer(routes, &identity),
            db,
            identity,
        }
    }

    pub(crate) fn wait(&self, minutes: i64) {
        self.db.clock().advance(SignedDuration::from_mins(minutes));
    }

    /// Makes a company of that slug; the operator's grant for it.
    pub(crate) async fn company(&self, slug: &str) -> TenantGrant {
        let new = NewCompany {
            slug,
            name: slug,
            zone: "Europe/Oslo",
        };
        let company = create_company(&self.identity, new).await.unwrap();
        let trace = Trace::beginning(self.db.clock().new_id());
        self.db.issuer().for_operator(company.id, trace)
    }

    /// Makes a user with everybody's password.
    pub(crate) async fn user(&self, email: &str) -> UserId {
        let new = NewUser {
            email,
            display_name: "Astrid Moen",
            password: Password::new(PASSWORD),
        };
        user::create_user(&self.identity, new).await.unwrap()
    }

    pub(crate) async fn member(&self, email: &str, grant: &TenantGrant, role: Role) -> UserId {
        let user = self.user(email).await;
        self.give(user, grant, role).await;
        user
    }

    pub(crate) async fn give(&self, user: UserId, grant: &TenantGrant, role: Role) {
        user::add_membership(&self.identity, grant, user, role)
            .await
            .unwrap();
    }

    /// A browser that never was here.
    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser {
            trial: self,
            cookies: BTreeMap::new(),
            csrf: String::new(),
            address: "192.0.2.7",
        }
    }

    /// A browser in which somebody is signed in.
    pub(crate) async fn signed_in(&self, email: &str) -> Browser<'_> {
        let mut browser = self.browser();
        let answer = browser.sign_in(email, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        browser
    }

    /// One value of one statement, seen by the administrator, whom no policy binds.
    pub(crate) async fn look(&self, statement: &'static str) -> Value {
        let mut conn = PgConnection::connect_with(&self.db.options())
            .await
            .unwrap();
        let value = sqlx::query_scalar(statement).fetch_one(&mut conn).await;
        value.unwrap()
    }
}

/// A client with a cookie jar; requests come from our own pages unless told otherwise.
#[derive(Clone)]
pub(crate) struct Browser<'a> {
    trial: &'a Trial,
    pub(crate) cookies: BTreeMap<String, String>,
    /// The token of the last answer that had one.
    pub(crate) csrf: String,
    /// Where it connects from.
    pub(crate) address: &'static str,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap().to_owned()
    }
}

impl Browser<'_> {
    pub(crate) fn session(&self) -> &str {
        &self.cookies["__Host-attest"]
    }

    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let credentials = json!({ "email": email, "password": password });
        self.send("POST", "/v1/session", &[], &credentials).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], &Value::Null).await
    }

    /// As a script of our own page does it.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let csrf = self.csrf.clone();
        let mut all = vec![("origin", OURS), ("content-type", "application/json")];
        if !csrf.is_empty() {
            all.push(("x-csrf-token", &csrf));
        }
        all.extend_from_slice(headers);
        self.raw(method, path, &all, body.to_string()).await
    }

    /// A request with these headers and the browser's cookies.
    pub(crate) async fn raw(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(HOST, "attest.test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !self.cookies.is_empty() {
            let pairs = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            request = request.header(COOKIE, pairs.collect::<Vec<_>>().join("; "));
        }
        let mut request = request.body(Body::from(body)).unwrap();
        let address = self.address.parse::<IpAddr>().unwrap();
        let peer = Peer(SocketAddr::new(address, 50_000));
        request.extensions_mut().insert(peer);
        let response = self.trial.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        };
        if let Ok(Value::Object(fields)) = serde_json::from_str(&answer.text)
            && let Some(token) = fields.get("csrf_token")
        {
            self.csrf = token.as_str().unwrap().to_owned();
        }
        answer
    }

    fn keep(&mut self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        if attributes.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// Headers of a form posted from a page at `origin`.
pub(crate) fn form_from(origin: &str) -> [(&'static str, &str); 2] {
    let (kind, form) = (CONTENT_TYPE, "application/x-www-form-urlencoded");
    assert_eq!((kind.as_str(), ORIGIN.as_str()), ("content-type", "origin"));
    [("content-type", form), ("origin", origin)]
}

async fn who(context: RequestContext) -> String {
    let role = context.grant.map(|grant| grant.role().to_string());
    format!("{} {}", context.actor, role.unwrap_or_default())
}

async fn read(_: Allowed<may::DataRead>) -> &'static str {
    "read"
}

/// Says what was written, so that tests see the body arrive whole.
async fn write(_: Allowed<may::DataWrite>, body: String) -> String {
    format!("wrote {body}")
}

async fn write_form(
    form: AllowedForm<may::DataWrite>,
    body: String,
) -> Result<String, platform::http::Problem> {
    let token = body.lines().next().map(ToOwned::to_owned);
    form.verify(token.as_deref())?;
    Ok(format!("wrote {body}"))
}
