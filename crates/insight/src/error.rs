//! What can go wrong in this crate.

use std::borrow::Cow;

use platform::DbError;
use platform::http::{ErrorKind, ProblemSource};

/// A failed operation.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
    /// There is no such figure, or it is another company's.
    #[error("find a figure")]
    FigureNotFound,
    /// The company of the address is not the one that was chosen.
    #[error("find a company")]
    CompanyNotFound,
    /// A period, metric or cursor that cannot be read.
    #[error("read a parameter: {0}")]
    Parameter(Cow<'static, str>),
}

impl ProblemSource for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Database(error) => error.kind(),
            Self::FigureNotFound | Self::CompanyNotFound => ErrorKind::NotFound,
            Self::Parameter(_) => ErrorKind::BadRequest,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Database(error) => error.code(),
            Self::FigureNotFound | Self::CompanyNotFound => "not_found",
            Self::Parameter(_) => "parameter_malformed",
        }
    }

    fn detail(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Parameter(what) => Some(what.clone()),
            _ => None,
        }
    }
}
