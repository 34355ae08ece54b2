//! The cockpit behind its sign-in, with the sample people, and browsers that visit it.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use http::{Request, StatusCode};
use identity::Identity;
use identity::seed::{Login, seed};
use ingest::Intake;
use platform::Assembly;
use tempfile::TempDir;
use testkit::TestDb;
use tower::ServiceExt;

pub(super) struct House {
    router: Router,
    logins: Vec<Login>,
    db: TestDb,
    _data: TempDir,
}

impl House {
    pub(super) async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let db = TestDb::new().await;
        let config = identity::Config::default();
        let identity = Identity::new(db.db().clone(), db.issuer().clone(), &config);
        let logins = seed(&identity).await.unwrap().logins;
        let intake = Intake::new(&ingest::Config::new(data.path()), db.db());
        let cockpit = crate::service(db.db(), &identity, intake);
        let (routes, _) = Assembly::of([cockpit]).routes.split_for_parts();
        Self {
            router: identity::authenticate::layer(routes, &identity),
            logins,
            db,
            _data: data,
        }
    }

    pub(super) fn db(&self) -> &TestDb {
        &self.db
    }

    pub(super) fn browser(&self) -> Browser<'_> {
        Browser {
            house: self,
            cookies: BTreeMap::new(),
        }
    }

    /// A browser in which the person of this address is signed in.
    pub(super) async fn signed_in(&self, email: &str) -> Browser<'_> {
        let mut browser = self.browser();
        let answer = browser.sign_in(email, "/").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.html);
        browser
    }

    fn password(&self, email: &str) -> &str {
        let login = self.logins.iter().find(|login| login.email == email);
        login.unwrap().password.expose()
    }
}

/// A client that keeps cookies and says that its forms come from here.
pub(super) struct Browser<'a> {
    house: &'a House,
    cookies: BTreeMap<String, String>,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) location: String,
    pub(super) html: String,
}

impl Answer {
    /// The token of the page's forms.
    fn token(&self) -> String {
        let field = self.html.split("name=\"csrf_token\" value=\"").nth(1);
        let token = field.and_then(|rest| rest.split('"').next());
        token.unwrap_or_default().to_owned()
    }
}

impl Browser<'_> {
    pub(super) async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "", String::new()).await
    }

    pub(super) async fn sign_in(&mut self, email: &str, next: &str) -> Answer {
        let password = self.house.password(email).to_owned();
        self.type_in(email, &password, next).await
    }

    pub(super) async fn type_in(&mut self, email: &str, password: &str, next: &str) -> Answer {
        let token = self.get("/login").await.token();
        let fields = [
            ("csrf_token", token.as_str()),
            ("next", next),
            ("email", email),
            ("password", password),
        ];
        self.post("/login", &fields).await
    }

    /// A posted form, with nothing but these fields.
    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let pairs = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", percent(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        self.send("POST", path, "application/x-www-form-urlencoded", body)
            .await
    }

    /// The token of the page at `path`.
    pub(super) async fn token(&mut self, path: &str) -> String {
        self.get(path).await.token()
    }

    /// The form of the imports page of a company, with a file and with this token.
    pub(super) async fn upload(&mut self, slug: &str, token: &str, zone: &str) -> Answer {
        let fields = [
            ("csrf_token", token),
            ("source", "kintell-sessions"),
            ("rating_scale", "1-5"),
            ("zone", zone),
        ];
        let mut body: String = fields
            .iter()
            .map(|(name, value)| part(&format!("name=\"{name}\""), value))
            .collect();
        body.push_str(&part("name=\"file\"; filename=\"march.csv\"", "a,b\n1,2\n"));
        body.push_str("--XX--\r\n");
        let path = format!("/c/{slug}/imports");
        self.send("POST", &path, "multipart/form-data; boundary=XX", body)
            .await
    }

    async fn send(&mut self, method: &str, path: &str, kind: &str, body: String) -> Answer {
        let pairs = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "attest.test")
            .header(ORIGIN, "https://attest.test")
            .header(COOKIE, pairs.collect::<Vec<_>>().join("; "))
            .header(CONTENT_TYPE, kind)
            .body(Body::from(body))
            .unwrap();
        let response = self.house.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = cookie.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let location = parts.headers.get(LOCATION);
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            location: location
                .map_or("", |value| value.to_str().unwrap())
                .to_owned(),
            html: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }
}

fn part(disposition: &str, value: &str) -> String {
    format!("--XX\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{value}\r\n")
}

/// Every byte but letters and digits, encoded for a form.
fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
