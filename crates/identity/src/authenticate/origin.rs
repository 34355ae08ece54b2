//! Whether a request comes from a page of ours: what the browser says of it in
//! `Origin` (RFC 6454) and `Sec-Fetch-Site` (W3C Fetch Metadata), neither of which
//! a script can set.

use http::header::{HOST, HeaderName, ORIGIN};
use http::{HeaderMap, Uri};

use crate::config::Config;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A page of ours.
    Ours,
    /// Somebody else's page.
    Foreign,
    /// No browser says anything about it.
    Unsaid,
}

/// The origins that are ours.
#[derive(Debug, Clone)]
pub(crate) struct Origins {
    public: Option<String>,
}

impl Origins {
    pub(crate) fn new(config: &Config) -> Self {
        let uri: Option<Uri> = config.public_url.trim().parse().ok();
        let public = uri.and_then(|uri| {
            let scheme = uri.scheme_str()?.to_ascii_lowercase();
            let host = uri.authority()?.as_str().to_ascii_lowercase();
            // Browsers leave a scheme's own port out.
            let own_port = if scheme == "https" { ":443" } else { ":80" };
            let host = host.strip_suffix(own_port).unwrap_or(&host);
            Some(format!("{scheme}://{host}"))
        });
        Self { public }
    }

    pub(crate) fn judge(&self, headers: &HeaderMap) -> Origin {
        let mut origins = headers.get_all(ORIGIN).iter();
        let origin = origins.next().map(|value| value.to_str().unwrap_or("?"));
        let site = headers.get(SEC_FETCH_SITE).map(http::HeaderValue::as_bytes);
        if origins.next().is_some() {
            return Origin::Foreign;
        }
        match (origin, site) {
            (None, None) => Origin::Unsaid,
            // A page may hide its origin; where the request comes from is then still said.
            (None | Some("null"), Some(b"same-origin")) => Origin::Ours,
            (Some(origin), None | Some(b"same-origin")) if self.is_ours(origin, headers) => {
                Origin::Ours
            }
            _ => Origin::Foreign,
        }
    }

    /// The public address, or the very host that this request was sent to: the
    /// edge has made sure that it is one of this server's.
    fn is_ours(&self, origin: &str, headers: &HeaderMap) -> bool {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let named = ["http://", "https://"]
            .iter()
            .find_map(|scheme| origin.strip_prefix(scheme));
        let to_this_host = match (named, host) {
            (Some(named), Some(host)) => named.eq_ignore_ascii_case(host),
            _ => false,
        };
        to_this_host || self.public.as_deref() == Some(origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(headers: &[(&'static str, &'static str)]) -> Origin {
        let config = Config {
            public_url: "https://Attest.example:443/".to_owned(),
            ..Config::default()
        };
        let headers = headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    http::HeaderValue::from_static(value),
                )
            })
            .collect();
        Origins::new(&config).judge(&headers)
    }

    #[test]
    fn the_public_address_and_the_host_asked_are_ours() {
        let host = ("host", "localhost:8080");
        assert_eq!(
            judge(&[("origin", "https://attest.example"), host]),
            Origin::Ours
        );
        assert_eq!(
            judge(&[("origin", "http://localhost:8080"), host]),
            Origin::Ours
        );
        assert_eq!(
            judge(&[("sec-fetch-site", "same-origin"), host]),
            Origin::Ours
        );
    }

    #[test]
    fn neighbours_look_alikes_and_the_nameless_are_foreign() {
        let host = ("host", "localhost:8080");
        for origin in [
            "https://evil.example",
            "https://attest.example.evil.example",
            "https://sub.attest.example",
            "http://attest.example",
            "http://localhost:8081",
            "http://localhost",
            "file://localhost:8080",
            "null",
            "",
        ] {
            assert_eq!(
                judge(&[("origin", origin), host]),
                Origin::Foreign,
                "{origin}"
            );
        }
        for site in ["cross-site", "same-site", "none"] {
            assert_eq!(
                judge(&[("sec-fetch-site", site), host]),
                Origin::Foreign,
                "{site}"
            );
        }
    }

    #[test]
    fn two_witnesses_must_agree() {
        let host = ("host", "localhost:8080");
        let ours = ("origin", "http://localhost:8080");
        assert_eq!(
            judge(&[ours, ("sec-fetch-site", "cross-site"), host]),
            Origin::Foreign
        );
        let evil = ("origin", "https://evil.example");
        assert_eq!(
            judge(&[evil, ("sec-fetch-site", "same-origin"), host]),
            Origin::Foreign
        );
        assert_eq!(judge(&[ours, evil, host]), Origin::Foreign);
        let hidden = ("origin", "null");
        assert_eq!(
            judge(&[hidden, ("sec-fetch-site", "same-origin"), host]),
            Origin::Ours
        );
        assert_eq!(
            judge(&[hidden, ("sec-fetch-site", "cross-site"), host]),
            Origin::Foreign
        );
    }

    #[test]
    fn a_client_that_is_no_browser_says_nothing() {
        assert_eq!(judge(&[("host", "localhost:8080")]), Origin::Unsaid);
    }
}
