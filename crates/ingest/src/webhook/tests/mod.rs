//! Webhooks, from a signed request to rows.

mod endpoints;
mod inbox;
mod process;
mod records;
pub(crate) mod sign;
mod signature;

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use contracts::{Role, UserId};
use http::{Request, StatusCode};
use platform::http::RequestContext;
use platform::{Actor, Assembly, Service, Trace};
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use crate::tests::House;
use crate::webhook::endpoint::directory::Directory;
use crate::webhook::{Webhooks, routes};

/// A server's webhooks over a house's database.
pub(crate) struct Post {
    pub(crate) house: House,
    pub(crate) webhooks: Webhooks,
    router: Router,
}

/// An endpoint and what its sender knows.
#[derive(Clone)]
pub(crate) struct Sender {
    pub(crate) endpoint: String,
    pub(crate) secret: String,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
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

fn router(webhooks: &Webhooks) -> Router {
    let service = Service::new("ingest", &[]).routes(routes(webhooks.clone()));
    Assembly::of([service]).routes.split_for_parts().0
}

impl Post {
    pub(crate) async fn new() -> Self {
        let house = House::new().await;
        let webhooks = Webhooks::new(house.test.db(), house.test.issuer());
        Self {
            router: router(&webhooks),
            webhooks,
            house,
        }
    }

    /// Another process on the same database, which looks endpoints up every time.
    pub(crate) fn another_process(&self) -> Router {
        let (db, issuer) = self.house.test.another_process();
        let webhooks = Webhooks {
            directory: Directory::new(&db, Duration::ZERO).into(),
            ..Webhooks::new(&db, &issuer)
        };
        router(&webhooks)
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    /// A request of somebody who is signed in.
    pub(crate) async fn ask(
        &self,
        company: &str,
        role: Role,
        method: &str,
        path: &str,
        body: Value,
    ) -> Answer {
        self.ask_with(company, role, method, path, body, &[]).await
    }

    pub(crate) async fn ask_with(
        &self,
        company: &str,
        role: Role,
        method: &str,
        path: &str,
        body: Value,
        headers: &[(&str, &str)],
    ) -> Answer {
        let trace = Trace::beginning(self.house.test.clock().new_id());
        let user = UserId::new(Uuid::from_u128(7));
        let company = self.house.test.grant(company).company();
        let issuer = self.house.test.issuer();
        let context = RequestContext {
            actor: Actor::User(user),
            grant: Some(issuer.for_member(company, user, role, trace)),
            ..RequestContext::anonymous(trace)
        };
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        };
        let mut request = request.body(body).unwrap();
        request.extensions_mut().insert(context);
        self.send(request).await
    }

    pub(crate) async fn sender(&self, company: &str, source: &str) -> Sender {
        let scale = ["kintell", "buddy"].contains(&source).then_some("1-5");
        let order = json!({ "source": source, "rating_scale": scale });
        let path = "/v1/webhook-endpoints";
        let answer = self
            .ask(company, Role::CompanyAdmin, "POST", path, order)
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let endpoint = answer.json();
        Sender {
            endpoint: endpoint["id"].as_str().unwrap().to_owned(),
            secret: endpoint["secret"].as_str().unwrap().to_owned(),
        }
    }

    /// A delivery signed now.
    pub(crate) fn delivery(
        &self,
        sender: &Sender,
        kind: &str,
        id: &str,
        body: &str,
    ) -> Request<Body> {
        let now = self.house.test.clock().now().as_second();
        let signature = sign::timed(&sender.secret, now, body.as_bytes());
        Request::post(format!("/v1/webhooks/{}/{kind}", sender.endpoint))
            .header("x-kintell-signature", format!("t={now},v1={signature}"))
            .header("x-delivery-id", id)
            .body(Body::from(body.to_owned()))
            .unwrap()
    }

    pub(crate) async fn deliver(
        &self,
        sender: &Sender,
        kind: &str,
        id: &str,
        body: &str,
    ) -> StatusCode {
        self.send(self.delivery(sender, kind, id, body))
            .await
            .status
    }

    pub(crate) async fn kept(&self) -> i64 {
        self.house
            .count("select count(*) from ingest.inbox_delivery")
            .await
    }
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}
