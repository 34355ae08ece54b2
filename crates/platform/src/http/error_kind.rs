//! How a crate's errors become answers.

use std::borrow::Cow;
use std::error::Error;

use http::StatusCode;

use super::problem::FieldError;

/// The kinds of failure that the crates' errors are mapped to. The set is closed:
/// a client can handle each, and a new one would have to be handled everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// 400: the request cannot be understood.
    BadRequest,
    /// 401: nobody has said who they are.
    Unauthenticated,
    /// 403: known, but not allowed.
    Forbidden,
    /// 404: not there, or not for this caller to know of.
    NotFound,
    /// 409: at odds with what is stored.
    Conflict,
    /// 413: larger than accepted.
    PayloadTooLarge,
    /// 422: understood, and against the rules.
    Unprocessable,
    /// 429: too many requests.
    TooManyRequests,
    /// 500: a fault of ours.
    Internal,
    /// 503: not now.
    Unavailable,
}

impl ErrorKind {
    /// The kind's status.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Whether it is for the operator to look at.
    pub(super) const fn is_ours(self) -> bool {
        matches!(self, Self::Internal | Self::Unavailable)
    }
}

/// A crate's error, as far as a client may know of it.
///
/// `?` turns it into a [`Problem`](super::Problem). The error's own text is for the log: a client
/// is shown `detail` only, and of an internal error not even that.
pub trait ProblemSource: Error + Send + Sync + 'static {
    /// How a client should take it.
    fn kind(&self) -> ErrorKind;

    /// A stable name in snake case, which clients may match on.
    fn code(&self) -> &'static str;

    /// What happened and what to do, for the person who asked.
    fn detail(&self) -> Option<Cow<'static, str>> {
        None
    }

    /// Which parts of the request are wrong.
    fn field_errors(&self) -> Vec<FieldError> {
        Vec::new()
    }
}
