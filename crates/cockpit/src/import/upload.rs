pub use ingest::query::Source;

use crate::page::{FormError, error_of};

/// How a file's ratings are to be read; the value of the field `rating_scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RatingScale {
    /// Decide by the values: any above 1 means stars.
    FromFile,
    /// Stars from 1 to 5.
    OneToFive,
    /// Fractions from 0 to 1.
    ZeroToOne,
}

impl RatingScale {
    /// Every scale.
    pub const ALL: [Self; 3] = [Self::FromFile, Self::OneToFive, Self::ZeroToOne];

    /// The value in the form.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::FromFile => "auto",
            Self::OneToFive => "1-5",
            Self::ZeroToOne => "0-1",
        }
    }

    /// The name on the screen.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::FromFile => "Find out from the file",
            Self::OneToFive => "1 to 5 stars",
            Self::ZeroToOne => "0 to 1",
        }
    }
}

/// The upload form, as filled in so far.
///
/// It posts multipart with `csrf_token`, `source`, `rating_scale` and `time_zone`
/// before `file`, so that a handler knows everything when the file's bytes begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadForm {
    /// The chosen source.
    pub source: Source,
    /// The chosen scale.
    pub rating_scale: RatingScale,
    /// The IANA zone of times without an offset.
    pub time_zone: String,
    /// Zones to suggest.
    pub zones: Vec<String>,
    /// The largest accepted file in bytes.
    pub limit: u64,
    /// What is wrong, about `source`, `rating_scale`, `time_zone` or `file`.
    pub errors: Vec<FormError>,
}

impl UploadForm {
    pub(super) fn error(&self, field: &str) -> Option<&str> {
        error_of(&self.errors, field)
    }

    pub(super) fn limit(&self) -> String {
        crate::words::bytes(self.limit)
    }
}
