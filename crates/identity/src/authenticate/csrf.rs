//! Requests that change something must come from our own pages (OWASP ASVS 3.5.1):
//! the browser must say so, and the page must show the session's token.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, Method, StatusCode};
use platform::crypto::same;
use platform::http::{Csrf, Problem, RequestContext, foreign_form};

use super::origin::Origin;
use crate::Identity;

/// Carries the token of a request made by a script.
const X_CSRF_TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");
/// Carries the token of a form.
const FIELD: &str = "csrf_token";
/// Bytes of a form that are read to find its token.
const MAX_FORM: usize = 64 * 1024;

/// Where a session begins. A browser that has one already may come with the form
/// of an older page, whose token belongs to no session; its handler checks that.
const SIGN_IN: [&str; 2] = ["/login", "/v1/session"];

/// What is known of a request's provenance; the request is handed on whole.
pub(super) async fn check(
    identity: &Identity,
    context: &RequestContext,
    request: Request,
) -> Result<(Csrf, Request), Problem> {
    if request.method().is_safe() {
        return Ok((Csrf::NotNeeded, request));
    }
    let origin = identity.origins().judge(request.headers());
    if origin == Origin::Foreign {
        return Err(foreign_page());
    }
    let signs_in = request.method() == Method::POST && SIGN_IN.contains(&request.uri().path());
    let Some(session) = context.session.as_ref().filter(|_| !signs_in) else {
        return Ok((Csrf::NotNeeded, request));
    };
    if origin == Origin::Unsaid {
        return Err(foreign_page());
    }
    match Token::of(request.headers()) {
        Token::Header(token) if is(&session.csrf_token, &token) => Ok((Csrf::Verified, request)),
        Token::InMultipart => Ok((Csrf::InBody, request)),
        Token::InForm => {
            let (found, request) = read_form(request).await?;
            match found {
                Some(token) if is(&session.csrf_token, &token) => Ok((Csrf::Verified, request)),
                _ => Err(foreign_form()),
            }
        }
        Token::Header(_) | Token::Absent => Err(foreign_form()),
    }
}

/// Where the token is.
enum Token {
    Header(Vec<u8>),
    InForm,
    InMultipart,
    Absent,
}

impl Token {
    fn of(headers: &HeaderMap) -> Self {
        if let Some(token) = headers.get(X_CSRF_TOKEN) {
            return Self::Header(token.as_bytes().to_vec());
        }
        let kind = headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or("");
        match kind.trim().to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => Self::InForm,
            "multipart/form-data" => Self::InMultipart,
            _ => Self::Absent,
        }
    }
}

fn is(expected: &str, token: &[u8]) -> bool {
    same(expected.as_bytes(), token)
}

/// Takes the token out of a form and puts the body back.
async fn read_form(request: Request) -> Result<(Option<Vec<u8>>, Request), Problem> {
    let too_large = || Problem::payload_too_large(MAX_FORM as u64);
    let declared = request.headers().get(CONTENT_LENGTH);
    let declared = declared.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > MAX_FORM) {
        return Err(too_large());
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, MAX_FORM).await.map_err(|_| too_large())?;
    // The token is hexadecimal: no browser encodes a character of it.
    let mut tokens = bytes
        .split(|byte| *byte == b'&')
        .filter_map(|pair| pair.strip_prefix(FIELD.as_bytes())?.strip_prefix(b"="));
    let token = match (tokens.next(), tokens.next()) {
        (Some(token), None) => Some(token.to_vec()),
        _ => None,
    };
    Ok((token, Request::from_parts(parts, Body::from(bytes))))
}

fn foreign_page() -> Problem {
    Problem::with_status(StatusCode::FORBIDDEN, "origin_foreign")
        .title("This request comes from another site")
        .detail(
            "Nothing was changed. Start from a page of this site. If you reach it through a \
             proxy, its operator sets the public address in the configuration.",
        )
}
