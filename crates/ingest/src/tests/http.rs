use axum::body::{Body, to_bytes};
use contracts::{Role, UserId};
use http::{Request, StatusCode, header};
use platform::http::{BrowserSession, Csrf, RequestContext};
use platform::{Actor, Assembly, Trace};
use serde_json::Value;
use tower::ServiceExt;
use uuid::Uuid;

use super::{HEADER, House, file, row};
use crate::service;

/// A browser's or a program's requests, as identity hands them on.
pub(super) struct Client<'a> {
    house: &'a House,
    context: RequestContext,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    headers: http::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn code(&self) -> String {
        self.json()["code"].as_str().unwrap().to_owned()
    }

    fn id(&self) -> String {
        self.json()["id"].as_str().unwrap().to_owned()
    }
}

impl<'a> Client<'a> {
    pub(super) fn new(house: &'a House, company: &str, role: Role) -> Self {
        let trace = Trace::beginning(house.test.clock().new_id());
        let user = UserId::new(Uuid::from_u128(7));
        let company = house.test.grant(company).company();
        let context = RequestContext {
            actor: Actor::User(user),
            grant: Some(house.test.issuer().for_member(company, user, role, trace)),
            ..RequestContext::anonymous(trace)
        };
        Self { house, context }
    }

    fn in_a_browser(mut self, csrf: Csrf) -> Self {
        let user = UserId::new(Uuid::from_u128(7));
        let csrf_token = "the-token".to_owned();
        self.context.session = Some(BrowserSession { user, csrf_token });
        self.context.csrf = csrf;
        self
    }

    pub(super) async fn send(&self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(self.context.clone());
        let service = service(
            &self.house.config,
            self.house.test.db(),
            self.house.test.issuer(),
        );
        let (router, _) = Assembly::of([service]).routes.split_for_parts();
        let response = router.oneshot(request).await.unwrap();
        Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body: to_bytes(response.into_body(), usize::MAX)
                .await
                .unwrap()
                .to_vec(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    async fn post_csv(&self, query: &str, key: Option<&str>, body: impl Into<Body>) -> Answer {
        let mut request = Request::post(format!("/v1/imports?source=kintell-sessions{query}"))
            .header(header::CONTENT_TYPE, "text/csv");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    async fn post_form(&self, fields: &[(&str, &str)], file: Option<&[u8]>) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(
                format!(
                    "--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                )
                .bytes(),
            );
        }
        if let Some(file) = file {
            body.extend(b"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"mars.csv\"\r\n\r\n");
            body.extend(file);
            body.extend(b"\r\n");
        }
        body.extend(b"--XX--\r\n");
        let request = Request::post("/v1/imports")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX");
        self.send(request.body(body.into()).unwrap()).await
    }
}

async fn run_jobs(house: &House) {
    house.runner(100, |_| {}).settle().await.unwrap();
}

#[tokio::test]
async fn an_upload_is_answered_with_its_address_and_can_be_followed_there() {
    let house = House::new().await;
    let client = Client::new(&house, "acme", Role::CompanyManager);
    let answer = client
        .post_csv(
            "&zone=Europe/Oslo&file_name=mars.csv",
            None,
            file(&[row("K-1", 60, "5", "")]),
        )
        .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let location = answer.headers[header::LOCATION]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(location, format!("/v1/imports/{}", answer.id()));
    assert_eq!(client.get(&location).await.json()["state"], "uploaded");
    run_jobs(&house).await;
    let import = client.get(&location).await.json();
    assert_eq!(
        (&import["state"], &import["created"], &import["rows_total"]),
        (&"committed".into(), &1.into(), &1.into())
    );
    assert_eq!(
        (&import["file_name"], &import["zone"]),
        (&"mars.csv".into(), &"Europe/Oslo".into())
    );
    assert_eq!(import["layout"]["header_set"], "kintell-sessions");
}

#[tokio::test]
async fn a_form_with_the_right_token_is_taken_and_one_with_another_is_not() {
    let house = House::new().await;
    let client = Client::new(&house, "acme", Role::CompanyManager).in_a_browser(Csrf::InBody);
    let bytes = file(&[row("K-1", 60, "5", "")]);
    let options = [
        ("source", "kintell-sessions"),
        ("rating_scale", "auto"),
        ("time_zone", "Europe/Oslo"),
    ];
    let with = |token| [&[("csrf_token", token)], &options[..]].concat();
    let answer = client.post_form(&with("the-token"), Some(&bytes)).await;
    assert_eq!(
        (answer.status, answer.json()["file_name"].as_str()),
        (StatusCode::ACCEPTED, Some("mars.csv"))
    );
    for fields in [with("another"), options.to_vec()] {
        let answer = client.post_form(&fields, Some(&bytes)).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::FORBIDDEN, "csrf_token_wrong")
        );
    }
    assert_eq!(
        client.post_csv("", None, bytes).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(house.spooled(), 1);
}

#[tokio::test]
async fn forms_that_miss_something_say_what() {
    let house = House::new().await;
    let client = Client::new(&house, "acme", Role::CompanyManager);
    let bytes = file(&[row("K-1", 60, "5", "")]);
    let source = ("source", "kintell-sessions");
    for (fields, body, code) in [
        (vec![source], None, "file_missing"),
        (vec![], Some(&bytes), "source_missing"),
        (vec![("source", "benevity")], Some(&bytes), "source_unknown"),
        (
            vec![source, ("zone", "Europe/Atlantis")],
            Some(&bytes),
            "zone_unknown",
        ),
        (
            vec![source, ("rating_scale", "1-10")],
            Some(&bytes),
            "rating_scale_unknown",
        ),
        (
            vec![source, ("colour", "red")],
            Some(&bytes),
            "field_unknown",
        ),
    ] {
        let answer = client.post_form(&fields, body.map(|b| &b[..])).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{code}");
        assert_eq!(answer.json()["errors"][0]["code"], code);
    }
    let other = Request::post("/v1/imports?source=kintell-sessions")
        .header(header::CONTENT_TYPE, "application/json");
    assert_eq!(
        client.send(other.body(Body::empty()).unwrap()).await.status,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    assert_eq!(house.spooled(), 0);
}

#[tokio::test]
async fn an_upload_over_the_limit_is_a_413_that_says_the_limit_and_leaves_nothing() {
    let mut house = House::new().await;
    house.config.max_upload_bytes = 100_000;
    let client = Client::new(&house, "acme", Role::CompanyManager);
    let large = format!("{HEADER}{}", "x".repeat(200_000));
    let bare = client.post_csv("", None, large.clone()).await;
    let form = client
        .post_form(&[("source", "kintell-sessions")], Some(large.as_bytes()))
        .await;
    for answer in [bare, form] {
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::PAYLOAD_TOO_LARGE, "upload_too_large")
        );
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(
            detail.contains("100000 bytes") && detail.contains("gzip"),
            "{detail}"
        );
    }
    assert_eq!(house.spooled(), 0);
    assert_eq!(house.count("select count(*) from ingest.import").await, 0);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let house = House::new().await;
    let client = Client::new(&house, "acme", Role::CompanyManager);
    let chunks = [Ok(HEADER), Err(std::io::Error::other("the line was cut"))];
    let answer = client
        .post_csv(
            "",
            None,
            Body::from_stream(futures_util::stream::iter(chunks)),
        )
        .await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::BAD_REQUEST, "upload_broken_off")
    );
    testkit::poll("the spool is empty", async || house.spooled() == 0).await;
}

#[tokio::test]
async fn a_repeated_key_gives_the_first_answer_and_one_import() {
    let house = House::new().await;
    let client = Client::new(&house, "acme", Role::CompanyManager);
    let bytes = file(&[row("K-1", 60, "5", "")]);
    let first = client.post_csv("", Some("abc"), bytes.clone()).await;
    let second = client.post_csv("", Some("abc"), bytes).await;
    assert_eq!((first.status, &first.body), (second.status, &second.body));
    assert_eq!(
        first.headers[header::LOCATION],
        second.headers[header::LOCATION]
    );
    let other = client
        .post_csv("", Some("abc"), file(&[row("K-2", 60, "5", "")]))
        .await;
    assert_eq!(
        (other.status, other.code().as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused")
    );
    assert_eq!(house.count("select count(*) from ingest.import").await, 1);
    assert_eq!(house.spooled(), 1);
}

#[tokio::test]
async fn who_may_only_look_may_not_upload_and_participants_may_neither() {
    let house = House::new().await;
    let viewer = Client::new(&house, "acme", Role::CompanyViewer);
    assert_eq!(
        viewer.post_csv("", None, file(&[])).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(viewer.get("/v1/imports").await.status, StatusCode::OK);
    let participant = Client::new(&house, "acme", Role::Participant);
    assert_eq!(
        participant.get("/v1/imports").await.status,
        StatusCode::FORBIDDEN
    );
    let mut nobody = Client::new(&house, "acme", Role::CompanyManager);
    nobody.context = RequestContext::anonymous(nobody.context.trace);
    assert_eq!(
        nobody.post_csv("", None, file(&[])).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(house.spooled(), 0);
}

#[tokio::test]
async fn foreign_unknown_and_malformed_ids_are_all_not_there() {
    let house = House::new().await;
    let id = Client::new(&house, "globex", Role::CompanyManager)
        .post_csv("", None, file(&[row("K-1", 60, "5", "")]))
        .await
        .id();
    let acme = Client::new(&house, "acme", Role::CompanyManager);
    let unknown = "imp_0190b6a000007000800000000000000f".to_owned();
    let bodies: Vec<Vec<u8>> = {
        let mut bodies = Vec::new();
        for id in [id, unknown, "nonsense".to_owned()] {
            for path in ["", "/errors", "/errors.csv"] {
                let answer = acme.get(&format!("/v1/imports/{id}{path}")).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND);
                bodies.push(answer.body);
            }
        }
        bodies
    };
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(
        acme.get("/v1/imports").await.json()["imports"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn the_list_is_paged_from_the_newest_on() {
    let house = House::new().await;
    let client = Client::new(&house, "acme", Role::CompanyManager);
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(
            client
                .post_csv("", None, file(&[row(&format!("K-{n}"), 60, "5", "")]))
                .await
                .id(),
        );
        house
            .test
            .clock()
            .advance(jiff::SignedDuration::from_secs(1));
    }
    ids.reverse();
    let (mut seen, mut path) = (Vec::new(), "/v1/imports?limit=2".to_owned());
    loop {
        let page = client.get(&path).await.json();
        seen.extend(
            page["imports"]
                .as_array()
                .unwrap()
                .iter()
                .map(|import| import["id"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/imports?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ids);
    assert_eq!(
        client.get("/v1/imports?cursor=nonsense").await.code(),
        "cursor_malformed"
    );
}

#[tokio::test]
async fn the_error_file_goes_out_harmless_and_comes_back_corrected() {
    let house = House::new().await;
    let client = Client::new(&house, "acme", Role::CompanyManager);
    let good = row("K-1", 60, "5", "");
    let wrong = row("K-2", 900, "5", "=HYPERLINK(1)");
    let upload = client
        .post_csv("&file_name=mars%202026.csv", None, file(&[good, wrong]))
        .await;
    run_jobs(&house).await;
    let base = format!("/v1/imports/{}", upload.id());

    let page = client.get(&format!("{base}/errors")).await.json();
    assert_eq!(page["rows"][0]["line"], 3);
    let error = &page["rows"][0]["errors"][0];
    assert_eq!(
        (&error["code"], &error["column"], &error["value"]),
        (&"E004".into(), &"duration_min".into(), &"900".into())
    );
    assert!(error["reason"].as_str().unwrap().contains("480") && page.get("next_cursor").is_none());

    let download = client.get(&format!("{base}/errors.csv")).await;
    assert_eq!(
        download.headers[header::CONTENT_DISPOSITION],
        "attachment; filename=\"mars_2026-errors.csv\""
    );
    let text = String::from_utf8(download.body).unwrap();
    assert!(
        text.contains(",'=HYPERLINK(1),") && text.contains("E004"),
        "{text}"
    );

    let corrected = text.replace(",900,", ",90,");
    let again = client.post_csv("", None, corrected).await;
    run_jobs(&house).await;
    let import = client
        .get(&format!("/v1/imports/{}", again.id()))
        .await
        .json();
    assert_eq!(
        (&import["created"], &import["rejected"]),
        (&1.into(), &0.into())
    );
}

#[tokio::test]
async fn a_refused_file_keeps_its_problem_document() {
    let house = House::new().await;
    let client = Client::new(&house, "acme", Role::CompanyManager);
    let upload = client.post_csv("", None, "name,city\nOla,Oslo\n").await;
    run_jobs(&house).await;
    let import = client
        .get(&format!("/v1/imports/{}", upload.id()))
        .await
        .json();
    assert_eq!(import["state"], "failed");
    assert_eq!(
        import["problem"]["type"],
        "urn:attest:problem:header_missing_columns"
    );
    assert!(
        import["problem"]["detail"]
            .as_str()
            .unwrap()
            .contains("session_id")
    );
}
