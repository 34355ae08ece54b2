//! What can go wrong on the way in, beside what is wrong with a file.

use std::borrow::Cow;
use std::io;

use platform::http::{ErrorKind, FieldError, ProblemSource};
use platform::{DbError, crypto};

/// A failed operation of this crate. No variant carries a value of a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A statement or transaction failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The upload could not be written to or read from the spool.
    #[error("the spool could not be used")]
    Spool(#[source] io::Error),
    /// A value of the company could not be sealed or opened.
    #[error("a sealed value could not be used")]
    Sealed(#[source] crypto::Error),
    /// A sealed value opened, but is not what belongs there.
    #[error("a sealed value has another form than expected")]
    Form(#[source] serde_json::Error),
    /// The upload is larger than the limit.
    #[error("the upload is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The upload ended before it was complete.
    #[error("the upload broke off")]
    BrokenOff,
    /// An option of the upload is wrong.
    #[error("an option of the upload is wrong")]
    Option(FieldError),
    /// The file to import could not be read.
    #[error("the file could not be read")]
    ReadFile(#[source] io::Error),
    /// The import was interrupted; it goes on when a server or the same command runs again.
    #[error("the import was interrupted; it goes on from its last batch when Attest runs again")]
    Interrupted,
    /// An import is not in a state for what was asked.
    #[error("{0}")]
    State(&'static str),
    /// A task of ours ended without a result.
    #[error("a task ended without a result")]
    Task(#[source] tokio::task::JoinError),
}

impl Error {
    /// An option by its name in the form, and what would be right.
    pub(crate) fn option(
        name: &str,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Option(FieldError::at(format!("/{name}"), code, detail))
    }
}

impl From<crypto::Error> for Error {
    fn from(error: crypto::Error) -> Self {
        Self::Sealed(error)
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

impl ProblemSource for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Database(error) => error.kind(),
            Self::Spool(error) if is_full(error) => ErrorKind::Unavailable,
            Self::Spool(_) | Self::Sealed(_) | Self::Form(_) | Self::Task(_) => ErrorKind::Internal,
            Self::TooLarge { .. } => ErrorKind::PayloadTooLarge,
            Self::BrokenOff | Self::ReadFile(_) => ErrorKind::BadRequest,
            Self::Option(_) => ErrorKind::Unprocessable,
            Self::State(_) => ErrorKind::Conflict,
            Self::Interrupted => ErrorKind::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Database(error) => error.code(),
            Self::Spool(error) if is_full(error) => "storage_full",
            Self::Spool(_) | Self::Sealed(_) | Self::Form(_) | Self::Task(_) => "internal",
            Self::TooLarge { .. } => "upload_too_large",
            Self::BrokenOff => "upload_broken_off",
            Self::Option(_) => "option_wrong",
            Self::State(_) => "import_state",
            Self::ReadFile(_) => "file_unreadable",
            Self::Interrupted => "import_interrupted",
        }
    }

    fn detail(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Spool(error) if is_full(error) => Some(Cow::Borrowed(
                "There is no room left for uploads. Nothing was stored; tell whoever runs this installation.",
            )),
            Self::TooLarge { limit } => Some(Cow::Owned(format!(
                "The file is larger than {limit} bytes, the most that one upload may have. Nothing was stored. Split it into \
                 smaller files, each with its own line of column names, or upload it packed with gzip."
            ))),
            Self::BrokenOff => Some(Cow::Borrowed(
                "The upload broke off before its end. Nothing was stored; upload the file again.",
            )),
            _ => None,
        }
    }

    fn field_errors(&self) -> Vec<FieldError> {
        match self {
            Self::Option(error) => vec![error.clone()],
            _ => Vec::new(),
        }
    }
}
