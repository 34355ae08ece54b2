//! Figures over HTTP: who may see what, and what they see.

use axum::body::{Body, to_bytes};
use contracts::{Role, UserId};
use http::{HeaderMap, Request, StatusCode, header};
use platform::TenantGrant;
use platform::http::{Csrf, RequestContext};
use serde_json::Value;
use tower::ServiceExt;

use super::{Lab, rating, session};
use crate::metrics::Metric;

/// An answer, read to its end.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    fn tag(&self) -> String {
        let tag = self.headers.get(header::ETAG).expect("an entity tag");
        tag.to_str().expect("text").to_owned()
    }
}

impl Lab {
    /// A member's grant in the company of another grant.
    fn member(&self, company: &TenantGrant, role: Role) -> TenantGrant {
        let user = UserId::new(self.test.clock().new_id());
        self.test
            .issuer()
            .for_member(company.company(), user, role, company.trace())
    }

    async fn get(&self, grant: &TenantGrant, uri: &str) -> Answer {
        self.get_unless(grant, uri, None).await
    }

    async fn get_unless(&self, grant: &TenantGrant, uri: &str, tag: Option<&str>) -> Answer {
        let mut request = Request::get(uri);
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        let mut request = request.body(Body::empty()).expect("a request");
        request.extensions_mut().insert(RequestContext {
            trace: grant.trace(),
            actor: grant.actor(),
            grant: Some(*grant),
            session: None,
            csrf: Csrf::NotNeeded,
        });
        let (router, _) = self.assembly().routes.split_for_parts();
        let response = router.oneshot(request).await.expect("an answer");
        Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body: to_bytes(response.into_body(), 1 << 20)
                .await
                .expect("a body")
                .to_vec(),
        }
    }
}

/// Both companies have the same five sessions, the first of them rated.
async fn both() -> (Lab, TenantGrant, TenantGrant) {
    let lab = Lab::new().await;
    for grant in [&lab.acme, &lab.globex] {
        let held = (1..=5).map(|number| session(number, "2026-02-05T10:00:00Z", 25).into());
        let earlier = session(6, "2025-01-05T10:00:00Z", 60).into();
        let later = session(7, "2025-12-05T10:00:00Z", 60).into();
        lab.happen(grant, held.chain([earlier, later, rating(1, 0.5)]))
            .await;
    }
    let viewer = lab.member(&lab.acme, Role::CompanyViewer);
    let foreigner = lab.member(&lab.globex, Role::CompanyAdmin);
    (lab, viewer, foreigner)
}

fn figure<'a>(metrics: &'a Value, metric: &str) -> &'a Value {
    let figures = metrics["figures"].as_array().expect("figures");
    let found = figures.iter().find(|figure| figure["metric"] == metric);
    found.expect("the figure")
}

#[tokio::test]
async fn a_viewer_sees_exact_values_and_the_way_to_their_lineage() {
    let (lab, viewer, _) = both().await;
    let answer = lab.get(&viewer, "/v1/metrics/acme/2026-Q1").await;
    assert_eq!(answer.status, StatusCode::OK);
    let metrics = answer.json();
    assert_eq!(metrics["company"], "acme");
    assert_eq!(metrics["pending"], false);
    let hours = figure(&metrics, "hours");
    assert_eq!(hours["value"], "2.0833");
    assert_eq!(hours["previous"], "1", "the quarter before");
    assert_eq!(hours["formula_version"], "hours/1");
    let lineage = hours["lineage"].as_str().expect("an address");
    let lineage = lab.get(&viewer, lineage).await.json();
    assert_eq!(lineage["value"], "2.0833");
    assert_eq!(lineage["inputs"]["minutes"], 125);
    assert_eq!(lineage["inputs"]["from"], "2026-01-01");
    assert_eq!(lineage["inputs"]["before"], "2026-04-01");
    assert_eq!(lineage["stale"], false);
    assert_eq!(lineage["next"], Value::Null);
    let first = &lineage["sessions"][0];
    assert_eq!(first["origin"]["row"], 1);
    assert_eq!(first["rating"], "0.5");
    assert_eq!(
        first.get("participant"),
        None,
        "sessions are listed without people"
    );
}

#[tokio::test]
async fn a_running_year_names_the_same_months_of_the_year_before() {
    let (lab, viewer, _) = both().await;
    // It is November: the session of December 2025 does not count.
    let metrics = lab.get(&viewer, "/v1/metrics/acme/2026-YTD").await.json();
    assert_eq!(figure(&metrics, "sessions")["value"], "5");
    assert_eq!(figure(&metrics, "sessions")["previous"], "1");
}

#[tokio::test]
async fn history_is_not_taken_for_a_period() {
    let (lab, viewer, _) = both().await;
    let uri = "/v1/metrics/acme/history?metric=sessions&months=10";
    let history = lab.get(&viewer, uri).await.json();
    let items = history["items"].as_array().expect("items");
    assert_eq!(items.len(), 10);
    assert_eq!(items[0]["period"], "2026-02");
    assert_eq!(items[0]["value"], "5");
    assert_eq!(items[9]["period"], "2026-11");
    assert_eq!(items[9]["value"], Value::Null);
}

#[tokio::test]
async fn figures_are_pending_until_the_job_has_run() {
    let (lab, viewer, _) = both().await;
    let pending = async || {
        let metrics = lab.get(&viewer, "/v1/metrics/acme/2026-02").await.json();
        metrics["pending"].as_bool().expect("a flag")
    };
    lab.publish(&lab.acme, [session(9, "2026-02-05T10:00:00Z", 25).into()])
        .await;
    assert!(pending().await);
    lab.consume().await;
    assert!(pending().await);
    lab.run_jobs().await;
    assert!(!pending().await);
}

#[tokio::test]
async fn foreign_and_unknown_figures_get_the_same_answer() {
    let (lab, viewer, foreigner) = both().await;
    let id = lab.figure_id(&lab.acme, Metric::Hours, "2026-Q1").await;
    assert_eq!(
        lab.get(&viewer, &format!("/v1/lineage/{id}")).await.status,
        StatusCode::OK
    );
    let foreign = lab.get(&foreigner, &format!("/v1/lineage/{id}")).await;
    let unknown = lab
        .get(
            &foreigner,
            "/v1/lineage/fig_0190b6a0000070008000000000000001",
        )
        .await;
    let nonsense = lab.get(&foreigner, "/v1/lineage/nonsense").await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    for other in [&unknown, &nonsense] {
        assert_eq!(other.status, foreign.status);
        assert_eq!(other.body, foreign.body);
        assert_eq!(other.headers, foreign.headers);
    }
}

#[tokio::test]
async fn another_company_in_the_address_is_not_found_whatever_else_is_wrong() {
    let (lab, viewer, _) = both().await;
    let id = lab.globex.company();
    let unknown = lab.get(&viewer, "/v1/metrics/hooli/2026-Q1").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    for uri in [
        "/v1/metrics/globex/2026-Q1".to_owned(),
        "/v1/metrics/globex/nonsense".to_owned(),
        "/v1/metrics/globex/history?metric=nonsense".to_owned(),
        format!("/v1/metrics/{id}/2026-Q1"),
    ] {
        let foreign = lab.get(&viewer, &uri).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{uri}");
        assert_eq!(foreign.body, unknown.body, "{uri}");
    }
    let own = format!("/v1/metrics/{}/2026-Q1", lab.acme.company());
    assert_eq!(lab.get(&viewer, &own).await.status, StatusCode::OK);
}

#[tokio::test]
async fn roles_without_the_permission_are_refused() {
    let (lab, ..) = both().await;
    let id = lab.figure_id(&lab.acme, Metric::Hours, "2026-Q1").await;
    for role in Role::ALL {
        let member = lab.member(&lab.acme, *role);
        let expected = match role {
            Role::Participant | Role::Volunteer => StatusCode::FORBIDDEN,
            _ => StatusCode::OK,
        };
        for uri in [
            "/v1/metrics/acme/2026-Q1",
            "/v1/metrics/acme/history",
            &format!("/v1/lineage/{id}"),
        ] {
            assert_eq!(lab.get(&member, uri).await.status, expected, "{role} {uri}");
        }
    }
}

#[tokio::test]
async fn a_cursor_leads_through_every_session_once() {
    let (lab, viewer, _) = both().await;
    let id = lab.figure_id(&lab.acme, Metric::Hours, "2026-Q1").await;
    let (mut sessions, mut sizes) = (Vec::new(), Vec::new());
    let mut uri = format!("/v1/lineage/{id}?limit=2");
    loop {
        let page = lab.get(&viewer, &uri).await.json();
        let rows = page["sessions"].as_array().expect("sessions");
        sizes.push(rows.len());
        sessions.extend(rows.iter().map(|row| row["session"].to_string()));
        let Some(next) = page["next"].as_str() else {
            break;
        };
        uri = format!("/v1/lineage/{id}?limit=2&cursor={next}");
    }
    assert_eq!(sizes, [2, 2, 1]);
    sessions.sort();
    sessions.dedup();
    assert_eq!(sessions.len(), 5);
    let exact = lab.get(&viewer, &format!("/v1/lineage/{id}?limit=5")).await;
    assert_eq!(
        exact.json()["next"],
        Value::Null,
        "no empty page follows a full one"
    );
}

#[tokio::test]
async fn a_cursor_of_another_figure_or_company_is_refused() {
    let (lab, viewer, foreigner) = both().await;
    let hours = lab.figure_id(&lab.acme, Metric::Hours, "2026-Q1").await;
    let sessions = lab.figure_id(&lab.acme, Metric::Sessions, "2026-Q1").await;
    let theirs = lab.figure_id(&lab.globex, Metric::Hours, "2026-Q1").await;
    let cursor = async |grant, figure| {
        let page = lab
            .get(grant, &format!("/v1/lineage/{figure}?limit=2"))
            .await;
        page.json()["next"].as_str().expect("a cursor").to_owned()
    };
    let own = cursor(&viewer, hours).await;
    let mut forged = own.clone().into_bytes();
    forged[3] ^= 1;
    for (what, cursor) in [
        ("another figure's", cursor(&viewer, sessions).await),
        ("another company's", cursor(&foreigner, theirs).await),
        ("a forged", String::from_utf8(forged).expect("text")),
        ("a cut", own[..own.len() - 4].to_owned()),
        ("no", "nonsense".to_owned()),
    ] {
        let uri = format!("/v1/lineage/{hours}?limit=2&cursor={cursor}");
        let answer = lab.get(&viewer, &uri).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what} cursor");
        assert_eq!(
            answer.json()["code"],
            "parameter_malformed",
            "{what} cursor"
        );
    }
}

#[tokio::test]
async fn parameters_that_cannot_be_read_are_named() {
    let (lab, viewer, _) = both().await;
    let id = lab.figure_id(&lab.acme, Metric::Hours, "2026-Q1").await;
    for (uri, says) in [
        ("/v1/metrics/acme/2026-Q5".to_owned(), "2026-Q1"),
        (
            "/v1/metrics/acme/history?metric=profit".to_owned(),
            "average_rating",
        ),
        ("/v1/metrics/acme/history?months=0".to_owned(), "1 to 120"),
        ("/v1/metrics/acme/history?months=121".to_owned(), "1 to 120"),
        (format!("/v1/lineage/{id}?limit=0"), "1 to 200"),
        (format!("/v1/lineage/{id}?limit=201"), "1 to 200"),
    ] {
        let answer = lab.get(&viewer, &uri).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{uri}");
        let detail = answer.json()["detail"].to_string();
        assert!(detail.contains(says), "{uri}: {detail}");
    }
}

#[tokio::test]
async fn an_answer_that_has_not_changed_is_not_sent_again() {
    let (lab, viewer, _) = both().await;
    let uri = "/v1/metrics/acme/history?metric=sessions";
    let first = lab.get(&viewer, uri).await;
    assert_eq!(first.headers[header::CACHE_CONTROL], "private, no-cache");
    assert_eq!(first.headers[header::CONTENT_TYPE], "application/json");
    let tag = first.tag();
    for known in [
        tag.clone(),
        format!("\"other\", {tag}"),
        format!("W/{tag}"),
        "*".to_owned(),
    ] {
        let again = lab.get_unless(&viewer, uri, Some(&known)).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{known}");
        assert!(again.body.is_empty());
        assert_eq!(again.tag(), tag);
    }
    lab.happen(&lab.acme, [session(9, "2026-02-05T10:00:00Z", 25).into()])
        .await;
    let changed = lab.get_unless(&viewer, uri, Some(&tag)).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_ne!(changed.tag(), tag);
}

#[tokio::test]
async fn two_companies_never_share_an_entity_tag() {
    let (lab, viewer, foreigner) = both().await;
    let ours = lab.get(&viewer, "/v1/metrics/acme/history").await;
    let theirs = lab.get(&foreigner, "/v1/metrics/globex/history").await;
    assert_eq!(ours.body, theirs.body, "the test needs equal answers");
    assert_ne!(ours.tag(), theirs.tag());
}
