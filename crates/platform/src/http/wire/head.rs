//! The strict reading of a request's head.
//!
//! hyper is lenient in places where two servers in a row may understand one
//! message differently: it ends lines at a bare LF, drops a Content-Length that
//! stands beside a Transfer-Encoding, and folds equal Content-Lengths into one.
//! By the time a handler runs nothing of that can be seen any more. So the head
//! is read here first, after RFC 9112, and what is doubtful is refused.

use http::{Method, Uri};

use super::fault::Fault;
use super::framing::Framing;
use crate::http::limits::EdgeLimits;

/// Finds the end of the head in `raw`, of which `looked` bytes were seen before.
pub(super) fn find_end(
    raw: &[u8],
    looked: usize,
    limits: &EdgeLimits,
) -> Result<Option<usize>, Fault> {
    for (at, _) in raw
        .iter()
        .enumerate()
        .skip(looked)
        .filter(|(_, byte)| **byte == b'\n')
    {
        let line = raw.get(..=at).unwrap_or_default();
        if !line.ends_with(b"\r\n") {
            return Err(Fault::BARE_LINE_FEED);
        }
        if line.ends_with(b"\r\n\r\n") {
            let end = at + 1;
            return if end > limits.head_bytes {
                Err(oversize(raw))
            } else {
                Ok(Some(end))
            };
        }
    }
    if raw.len() > limits.head_bytes {
        Err(oversize(raw))
    } else {
        Ok(None)
    }
}

/// Which part of a head that is too large made it so.
fn oversize(raw: &[u8]) -> Fault {
    if raw.contains(&b'\n') {
        Fault::HEAD_TOO_LARGE
    } else {
        Fault::TARGET_TOO_LONG
    }
}

/// Judges a complete head, its last empty line included, and says how its body
/// is delimited.
pub(super) fn parse(head: &[u8], limits: &EdgeLimits) -> Result<Framing, Fault> {
    let lines = head.strip_suffix(b"\r\n").unwrap_or(head);
    let mut lines = lines.split_inclusive(|byte| *byte == b'\n');
    let request_line = lines.next().and_then(|line| line.strip_suffix(b"\r\n"));
    let http_11 = check_request_line(request_line.ok_or(Fault::REQUEST_LINE)?, limits)?;
    let mut length = None;
    let mut chunked = false;
    for (index, line) in lines.enumerate() {
        if index >= limits.headers {
            return Err(Fault::TOO_MANY_HEADERS);
        }
        let (name, value) = header(line.strip_suffix(b"\r\n").unwrap_or(line))?;
        if name.eq_ignore_ascii_case(b"content-length") {
            if length.replace(decimal(value)?).is_some() {
                return Err(Fault::CONFLICTING_LENGTH);
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if chunked || !http_11 || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Fault::TRANSFER_ENCODING);
            }
            chunked = true;
        }
    }
    match (length, chunked) {
        (Some(_), true) => Err(Fault::CONFLICTING_LENGTH),
        (None, true) => Ok(Framing::chunked()),
        (length, false) => Ok(Framing::Length(length.unwrap_or(0))),
    }
}

/// Checks the request line; true when it says HTTP/1.1.
fn check_request_line(line: &[u8], limits: &EdgeLimits) -> Result<bool, Fault> {
    let mut parts = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Fault::REQUEST_LINE);
    };
    let method = Method::from_bytes(method).map_err(|_| Fault::REQUEST_LINE)?;
    let http_11 = match version {
        b"HTTP/1.1" => true,
        b"HTTP/1.0" => false,
        _ if version.starts_with(b"HTTP/") => return Err(Fault::VERSION),
        _ => return Err(Fault::REQUEST_LINE),
    };
    if target.len() > limits.target_bytes {
        return Err(Fault::TARGET_TOO_LONG);
    }
    check_target(&method, target)?;
    Ok(http_11)
}

/// Refuses fragments, raw bytes beyond ASCII and the asterisk form, which the
/// connection keeps for itself.
fn check_target(method: &Method, target: &[u8]) -> Result<(), Fault> {
    let printable = target
        .iter()
        .all(|byte| byte.is_ascii_graphic() && *byte != b'#');
    let uri = Uri::try_from(target).map_err(|_| Fault::TARGET)?;
    let form = match uri.scheme_str() {
        Some(scheme) => matches!(scheme, "http" | "https") && uri.authority().is_some(),
        None => target.first() == Some(&b'/') || *method == Method::CONNECT,
    };
    if printable && form {
        Ok(())
    } else {
        Err(Fault::TARGET)
    }
}

/// Splits a header line into its name and its trimmed value.
fn header(line: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    if matches!(line.first(), Some(b' ' | b'\t')) {
        return Err(Fault::FOLDED_HEADER);
    }
    let colon = line
        .iter()
        .position(|byte| *byte == b':')
        .ok_or(Fault::HEADER)?;
    let (name, rest) = line.split_at(colon);
    let value = rest.get(1..).unwrap_or_default();
    let clean = |byte: &u8| *byte == b'\t' || !byte.is_ascii_control();
    if name.is_empty() || !name.iter().copied().all(is_token) || !value.iter().all(clean) {
        return Err(Fault::HEADER);
    }
    Ok((name, value.trim_ascii()))
}

/// RFC 9110 section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn decimal(value: &[u8]) -> Result<u64, Fault> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Fault::LENGTH);
    }
    let text = str::from_utf8(value).map_err(|_| Fault::LENGTH)?;
    // The largest values mean «no length» to hyper; nobody sends 8 EiB in earnest.
    text.parse()
        .ok()
        .filter(|length| *length <= u64::MAX / 2)
        .ok_or(Fault::LENGTH)
}
