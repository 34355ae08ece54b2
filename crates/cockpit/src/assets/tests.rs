use super::*;
use axum::body::Body;
use http::Request;
use tower::ServiceExt;

fn parts(address: &str) -> (String, String) {
    let name = address.strip_prefix("/assets/").unwrap();
    let mut parts = name.splitn(3, '.');
    let (_, hash, extension) = (parts.next(), parts.next().unwrap(), parts.next().unwrap());
    (hash.to_owned(), extension.to_owned())
}

#[test]
fn an_address_carries_the_hash_of_the_content() {
    for (address, content) in all() {
        let (hash, _) = parts(address);
        assert!(
            hex::encode(Sha256::digest(content)).starts_with(&hash),
            "{address}"
        );
        assert_eq!(hash.len(), 16);
    }
}

#[test]
fn the_three_assets_stay_small() {
    let total: usize = all().map(|(_, content)| content.len()).sum();
    assert!(total < 60_000, "{total} bytes");
    let script = FILES.iter().find(|(name, ..)| *name == SCRIPT).unwrap();
    assert!(
        script.2.len() < 12_000,
        "{} bytes of script",
        script.2.len()
    );
}

#[test]
fn an_unknown_name_has_no_address() {
    assert_eq!(address("other.css"), "");
}

#[tokio::test]
async fn a_known_address_is_kept_for_a_year_and_an_unknown_one_is_not() {
    let get = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        routes::<()>().oneshot(request).await.unwrap()
    };
    let known = get(address(STYLE)).await;
    assert_eq!(known.status(), StatusCode::OK);
    assert_eq!(known.headers()[header::CACHE_CONTROL], A_YEAR);
    assert_eq!(
        known.headers()[header::CONTENT_TYPE],
        "text/css; charset=utf-8"
    );
    let stale = get("/assets/attest.0000000000000000.css").await;
    assert_eq!(stale.status(), StatusCode::NOT_FOUND);
    assert_eq!(stale.headers()[header::CACHE_CONTROL], "no-store");
}
