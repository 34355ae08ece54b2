//! Why taking a file in stopped before its end.

use std::io;

use platform::DbError;
use platform::jobs::JobError;

use super::feed::FeedError;
use super::model::FileProblem;
use crate::error::Error;
use crate::sheet::file_error::FileError;

/// What stopped it.
pub(crate) enum Halt {
    /// The file: the import has failed.
    Refused(FileProblem),
    /// Something of ours: the job is to be run again, or not.
    Again(JobError),
}

impl From<JobError> for Halt {
    fn from(error: JobError) -> Self {
        Self::Again(error)
    }
}

impl From<DbError> for Halt {
    fn from(error: DbError) -> Self {
        Self::Again(error.into())
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        match error {
            Error::Database(error) => error.into(),
            Error::Interrupted => Self::Again(JobError::Interrupted),
            error => Self::Again(JobError::retry(error.to_string(), error)),
        }
    }
}

impl From<FileError> for Halt {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Read(error) => error.into(),
            error => {
                let status = match error {
                    FileError::TooLarge { .. } | FileError::GzipBomb { .. } => 413,
                    _ => 422,
                };
                Self::Refused(FileProblem::new(error.code(), status, error.to_string()))
            }
        }
    }
}

impl From<FeedError> for Halt {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::File(error) => error.into(),
            FeedError::Ours(error) => error.into(),
        }
    }
}

/// The spooled file could not be read.
impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                let detail = "The stored upload is missing or damaged. What the counts say was taken in stays; upload the file again.";
                Self::Refused(FileProblem::new("upload_damaged", 500, detail))
            }
            // Told to stop.
            io::ErrorKind::ConnectionAborted => Self::Again(JobError::Interrupted),
            _ => Self::Again(JobError::retry("read the spooled file", error)),
        }
    }
}
