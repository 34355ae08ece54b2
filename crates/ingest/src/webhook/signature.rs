//! Signatures of deliveries: pure functions of headers, bytes, secrets and the time.
//!
//! Two schemes are understood, both HMAC-SHA256 (RFC 2104) over the body as it came:
//!
//! - `X-Kintell-Signature: t=<unix seconds>,v1=<hex>[,v1=<hex>…]` over `<t>.<body>`, keyed by the bytes of the secret as
//!   it is written, with `X-Delivery-Id` beside it; the same with `X-Buddy-`, `X-Upskilling-` and `X-Attest-`;
//! - Standard Webhooks 1.0.0 (standardwebhooks.com): `webhook-signature: v1,<base64>[ v1,<base64>…]` over
//!   `<webhook-id>.<webhook-timestamp>.<body>`, keyed by the bytes that the secret's base64 stands for.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac as _};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use platform::crypto;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// How far the time of a signature may be from ours, either way; this far is still near enough.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// What a secret begins with.
pub const SECRET_PREFIX: &str = "whsec_";

/// The headers of the first scheme.
const TIMED_HEADERS: [&str; 4] = [
    "x-kintell-signature",
    "x-buddy-signature",
    "x-upskilling-signature",
    "x-attest-signature",
];
const DELIVERY_ID: &str = "x-delivery-id";

/// A sender that rotates its own secrets signs by a few; more is an attempt to make us work.
const MOST_SIGNATURES: usize = 8;
const LONGEST_ID: usize = 128;

/// Why a delivery is refused. Senders are not told which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No header has a signature, or one stands there twice.
    #[error("the delivery is not signed")]
    Unsigned,
    /// A header is not of its scheme's form.
    #[error("the signature cannot be read")]
    Unreadable,
    /// The time of the signature is too far from ours.
    #[error("the signature is not of this time")]
    Untimely,
    /// No signature is that of the body under a secret in force.
    #[error("the signature does not hold")]
    Wrong,
}

/// A secret that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret is whsec_ and the base64 of 24 to 64 bytes")]
pub struct MalformedSecret;

/// What a delivery is signed by, ready for both schemes. Masked in `Debug`.
#[derive(Clone)]
pub struct Secret {
    written: Hmac<Sha256>,
    decoded: Hmac<Sha256>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl Secret {
    /// A fresh secret as it is written: `whsec_` and the base64 of 32 random bytes.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn generate() -> Result<SecretString, crypto::Error> {
        let bytes = Zeroizing::new(crypto::random_bytes::<32>()?);
        Ok(format!("{SECRET_PREFIX}{}", STANDARD.encode(bytes.as_slice())).into())
    }

    /// Reads a secret as it is written.
    ///
    /// # Errors
    /// [`MalformedSecret`] when it is none.
    pub fn parse(text: &SecretString) -> Result<Self, MalformedSecret> {
        let text = text.expose_secret();
        let bytes = text
            .strip_prefix(SECRET_PREFIX)
            .and_then(|base64| STANDARD.decode(base64).ok())
            .map(Zeroizing::new)
            .filter(|bytes| (24..=64).contains(&bytes.len()))
            .ok_or(MalformedSecret)?;
        let keyed = |key: &[u8]| Hmac::new_from_slice(key).map_err(|_| MalformedSecret);
        Ok(Self {
            written: keyed(text.as_bytes())?,
            decoded: keyed(&bytes)?,
        })
    }
}

/// The secrets that a delivery may be signed by. Verifying is the same work for one and for two.
#[derive(Debug, Clone)]
pub struct Secrets {
    current: Secret,
    former: Option<(Secret, Timestamp)>,
}

impl Secrets {
    /// The secret in force, and the one before with the time until which it is good.
    #[must_use]
    pub const fn new(current: Secret, former: Option<(Secret, Timestamp)>) -> Self {
        Self { current, former }
    }

    /// A stand-in where there is no endpoint, so that refusing takes as long. What it says counts for nothing.
    pub(crate) fn of_nobody() -> Self {
        let key = Hmac::new((&[0; 64]).into());
        let nobody = Secret {
            written: key.clone(),
            decoded: key,
        };
        Self::new(nobody, None)
    }

    /// Whether headers and body have one of the signatures under one of the secrets at `now`.
    fn hold(&self, signed: &Signed<'_>, body: &[u8], now: Timestamp) -> bool {
        let (former, counts) = match &self.former {
            Some((former, until)) => (former, u8::from(now < *until)),
            None => (&self.current, 0),
        };
        let is_current = signed.matches(&self.current, body);
        let is_former = signed.matches(former, body) & Choice::from(counts);
        (is_current | is_former).into()
    }
}

/// The id that a sender gives to a delivery and keeps when it sends it again: 1 to 128 visible ASCII characters, none
/// of them an `@`, for ids are kept in clear.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SenderId(String);

impl SenderId {
    /// The id, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=LONGEST_ID).contains(&text.len());
        let plain = text.bytes().all(|b| b.is_ascii_graphic() && b != b'@');
        (fits && plain).then(|| Self(text.to_owned()))
    }

    /// As it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A delivery whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The sender's id of it; none if it has no such header or one that is no id.
    pub delivery_id: Option<SenderId>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Timed,
    Standard,
}

/// What the headers say.
struct Signed<'a> {
    scheme: Scheme,
    id: Option<&'a str>,
    time: &'a str,
    at: Timestamp,
    signatures: Vec<[u8; 32]>,
}

/// Verifies a delivery.
///
/// # Errors
/// [`Refused`], for our own log.
pub fn verify(
    headers: &HeaderMap,
    body: &[u8],
    secrets: &Secrets,
    now: Timestamp,
) -> Result<Verified, Refused> {
    let signed = Signed::read(headers)?;
    let holds = secrets.hold(&signed, body, now);
    if signed.at.duration_until(now).abs() > TOLERANCE {
        return Err(Refused::Untimely);
    }
    if !holds {
        return Err(Refused::Wrong);
    }
    Ok(Verified {
        delivery_id: signed.id.and_then(SenderId::parse),
    })
}

impl<'a> Signed<'a> {
    fn read(headers: &'a HeaderMap) -> Result<Self, Refused> {
        if let Some(signatures) = one(headers, "webhook-signature")? {
            return Self::read_standard(headers, signatures);
        }
        for name in TIMED_HEADERS {
            if let Some(value) = one(headers, name)? {
                return Self::read_timed(headers, value);
            }
        }
        Err(Refused::Unsigned)
    }

    fn read_timed(headers: &'a HeaderMap, value: &'a str) -> Result<Self, Refused> {
        let (mut time, mut signatures) = (None, Vec::new());
        for part in value.split(',') {
            match part.trim().split_once('=') {
                Some(("t", text)) if time.is_none() => time = Some(text),
                Some(("t", _)) | None => return Err(Refused::Unreadable),
                Some(("v1", digits)) => signatures.extend(from_hex(digits)),
                // Other versions of the scheme may stand beside ours.
                Some(_) => {}
            }
        }
        let time = time.ok_or(Refused::Unreadable)?;
        Self {
            scheme: Scheme::Timed,
            id: one(headers, DELIVERY_ID)?,
            time,
            at: instant(time)?,
            signatures,
        }
        .checked()
    }

    fn read_standard(headers: &'a HeaderMap, value: &'a str) -> Result<Self, Refused> {
        let id = one(headers, "webhook-id")?.ok_or(Refused::Unreadable)?;
        let time = one(headers, "webhook-timestamp")?.ok_or(Refused::Unreadable)?;
        let signatures = value
            .split(' ')
            .filter_map(|part| from_base64(part.strip_prefix("v1,")?))
            .collect();
        Self {
            scheme: Scheme::Standard,
            id: Some(id),
            time,
            at: instant(time)?,
            signatures,
        }
        .checked()
    }

    fn checked(self) -> Result<Self, Refused> {
        if (1..=MOST_SIGNATURES).contains(&self.signatures.len()) {
            Ok(self)
        } else {
            Err(Refused::Unreadable)
        }
    }

    fn matches(&self, secret: &Secret, body: &[u8]) -> Choice {
        let mut mac = match self.scheme {
            Scheme::Timed => secret.written.clone(),
            Scheme::Standard => secret.decoded.clone(),
        };
        if let (Scheme::Standard, Some(id)) = (self.scheme, self.id) {
            mac.update(id.as_bytes());
            mac.update(b".");
        }
        mac.update(self.time.as_bytes());
        mac.update(b".");
        mac.update(body);
        let expected: [u8; 32] = mac.finalize().into_bytes().into();
        self.signatures
            .iter()
            .fold(Choice::from(0), |any, given| any | given.ct_eq(&expected))
    }
}

/// The one value of a header; an error when there are several or it is no text.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refused> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Refused::Unreadable),
        (Some(_), Some(_)) => Err(Refused::Unreadable),
    }
}

/// Seconds since 1970, as digits alone: what is signed is the text, so it has one form.
fn instant(text: &str) -> Result<Timestamp, Refused> {
    let plain = (1..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let seconds = plain.then(|| text.parse().ok()).flatten();
    seconds
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .ok_or(Refused::Unreadable)
}

fn from_hex(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(bytes)
}

fn from_base64(text: &str) -> Option<[u8; 32]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}
