//! What can be wrong with the bytes of a request, before anything is routed.

use http::StatusCode;

/// A reason to refuse a request that never became one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The answer's status.
    pub(crate) status: StatusCode,
    /// The problem's stable code.
    pub(crate) code: &'static str,
    /// The problem's explanation.
    pub(crate) detail: &'static str,
}

const fn fault(status: StatusCode, code: &'static str, detail: &'static str) -> Fault {
    Fault {
        status,
        code,
        detail,
    }
}

const fn bad(code: &'static str, detail: &'static str) -> Fault {
    fault(StatusCode::BAD_REQUEST, code, detail)
}

impl Fault {
    pub(super) const BARE_LINE_FEED: Self = bad(
        "bare_line_feed",
        "Every line of the request head must end in CR LF.",
    );
    pub(super) const REQUEST_LINE: Self = bad(
        "malformed_request_line",
        "The first line must be a method, a target and a version, with one space between each.",
    );
    pub(super) const TARGET: Self = bad(
        "malformed_target",
        "The request target must be a path beginning with a slash, or an absolute http or https URL.",
    );
    pub(super) const HEADER: Self = bad(
        "malformed_header",
        "A header line must be a name, a colon without space before it, and a value without control bytes.",
    );
    pub(super) const FOLDED_HEADER: Self = bad(
        "folded_header",
        "A header must stand on one line; folded headers are refused.",
    );
    pub(super) const LENGTH: Self = bad(
        "malformed_length",
        "Content-Length must be one decimal number.",
    );
    pub(super) const CONFLICTING_LENGTH: Self = bad(
        "conflicting_length",
        "A request must say its length once: one Content-Length or one Transfer-Encoding, never both.",
    );
    pub(super) const TRANSFER_ENCODING: Self = bad(
        "unsupported_transfer_encoding",
        "The only Transfer-Encoding understood is `chunked`, once, in HTTP/1.1.",
    );
    pub(super) const CHUNK: Self = bad(
        "malformed_chunk",
        "The request body's chunked encoding is malformed.",
    );
    pub(super) const VERSION: Self = fault(
        StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        "unsupported_version",
        "This port speaks HTTP/1.1 and HTTP/1.0.",
    );
    pub(super) const TARGET_TOO_LONG: Self = fault(
        StatusCode::URI_TOO_LONG,
        "target_too_long",
        "The request target is too long.",
    );
    pub(super) const HEAD_TOO_LARGE: Self = fault(
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        "headers_too_large",
        "The request's headers are too large together.",
    );
    pub(super) const TOO_MANY_HEADERS: Self = fault(
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        "too_many_headers",
        "The request has too many headers.",
    );
    pub(super) const HEAD_TIMEOUT: Self = fault(
        StatusCode::REQUEST_TIMEOUT,
        "headers_too_slow",
        "The request's headers did not arrive in time.",
    );
    pub(super) const BODY_TIMEOUT: Self = fault(
        StatusCode::REQUEST_TIMEOUT,
        "body_too_slow",
        "The request's body did not arrive in time.",
    );
}
