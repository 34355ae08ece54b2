//! Cookies. All have the prefix `__Host-`, which a browser takes only with
//! `Secure`, `Path=/` and no `Domain`: no neighbouring host can plant one.

use std::convert::Infallible;
use std::fmt;

use axum::response::{IntoResponseParts, ResponseParts};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use zeroize::Zeroizing;

/// The session's token.
pub const SESSION_COOKIE: &str = "__Host-attest";
/// What the token of a sign-in form belongs to.
pub const SIGN_IN_FORM_COOKIE: &str = "__Host-attest-form";
/// Says that somebody signed in with this browser before.
pub const KNOWN_BROWSER_COOKIE: &str = "__Host-attest-known";

/// Cookies to set or clear with an answer; part of a response.
#[derive(Default, Clone)]
pub struct SetCookies(Vec<Cookie>);

#[derive(Clone)]
struct Cookie {
    name: &'static str,
    value: Zeroizing<String>,
    /// Seconds; the browser's session when absent, deletion when 0.
    max_age: Option<u32>,
}

impl SetCookies {
    /// Sets a cookie until the browser closes, or for some seconds.
    #[must_use]
    pub(crate) fn set(mut self, name: &'static str, value: &str, max_age: Option<u32>) -> Self {
        let value = Zeroizing::new(value.to_owned());
        self.0.push(Cookie {
            name,
            value,
            max_age,
        });
        self
    }

    /// Makes the browser forget a cookie.
    #[must_use]
    pub(crate) fn clear(self, name: &'static str) -> Self {
        self.set(name, "", Some(0))
    }

    /// What a browser that took these sends back as its `Cookie` header. It holds
    /// the session's token: for clients that keep their own cookies, not for logs.
    #[must_use]
    pub fn to_cookie_header(&self) -> String {
        let kept = self.0.iter().filter(|cookie| cookie.max_age != Some(0));
        let pairs: Vec<String> = kept
            .map(|cookie| format!("{}={}", cookie.name, *cookie.value))
            .collect();
        pairs.join("; ")
    }
}

impl fmt::Debug for SetCookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|cookie| cookie.name))
            .finish()
    }
}

impl Cookie {
    fn header(&self) -> Option<HeaderValue> {
        let age = self.max_age.map(|age| format!("; Max-Age={age}"));
        let text = format!(
            "{}={}; Path=/; Secure; HttpOnly; SameSite=Lax{}",
            self.name,
            *self.value,
            age.unwrap_or_default()
        );
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl IntoResponseParts for SetCookies {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        for value in self.0.iter().filter_map(Cookie::header) {
            parts.headers_mut().append(SET_COOKIE, value);
        }
        Ok(parts)
    }
}

/// The session's token, as it was sent.
pub(crate) fn find_session(headers: &HeaderMap) -> Option<&str> {
    find(headers, SESSION_COOKIE)
}

/// The one cookie of a name; none when there are several, for then somebody else set one.
pub(crate) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        values
            .iter()
            .map(|value| (COOKIE, HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_cookie_is_found_among_others_and_not_when_it_is_there_twice() {
        let one = headers(&["theme=dark; __Host-attest=abc", "other=1"]);
        assert_eq!(find(&one, SESSION_COOKIE), Some("abc"));
        let two = headers(&["__Host-attest=abc", "__Host-attest=def"]);
        assert_eq!(find(&two, SESSION_COOKIE), None);
        assert_eq!(
            find(&headers(&["__Host-attest-form=x"]), SESSION_COOKIE),
            None
        );
    }

    #[test]
    fn a_set_cookie_is_bound_to_the_host_and_out_of_reach_of_scripts() {
        let cookies = SetCookies::default().set(SESSION_COOKIE, "abc", None);
        let header = cookies.0[0].header().unwrap();
        assert_eq!(
            header.to_str().unwrap(),
            "__Host-attest=abc; Path=/; Secure; HttpOnly; SameSite=Lax"
        );
        assert!(header.is_sensitive());
        assert!(!format!("{cookies:?}").contains("abc"));
    }

    #[test]
    fn a_cleared_cookie_is_not_sent_back() {
        let cookies = SetCookies::default()
            .set(SESSION_COOKIE, "abc", None)
            .clear(SIGN_IN_FORM_COOKIE);
        assert_eq!(cookies.to_cookie_header(), "__Host-attest=abc");
    }
}
