//! How senders sign, written down once more and apart from the product's own reading of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac as _};
use sha2::Sha256;

/// A secret of tests.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(&parts.concat());
    mac.finalize().into_bytes().to_vec()
}

/// The hexadecimal signature over `<t>.<body>`.
pub(crate) fn timed(secret: &str, seconds: i64, body: &[u8]) -> String {
    let time = seconds.to_string();
    hex::encode(mac(secret.as_bytes(), &[time.as_bytes(), b".", body]))
}

/// `v1,` and the base64 of the signature over `<id>.<timestamp>.<body>`.
pub(crate) fn standard(secret: &str, id: &str, seconds: i64, body: &[u8]) -> String {
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let time = seconds.to_string();
    let signature = mac(&key, &[id.as_bytes(), b".", time.as_bytes(), b".", body]);
    format!("v1,{}", STANDARD.encode(signature))
}
