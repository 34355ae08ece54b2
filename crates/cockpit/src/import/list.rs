use super::{Counts, Source, State, UploadForm};
use crate::layout::Layout;
use crate::page::Paging;
use crate::words;
use askama::Template;
use jiff::{Timestamp, tz::TimeZone};

/// The page `GET /c/{slug}/imports`, and its form come back with errors.
#[derive(Template, Clone)]
#[template(path = "imports.html")]
pub struct Imports {
    /// The frame, within the company; mark it failing when the form has errors.
    pub layout: Layout,
    /// The upload form; none for those who may only read.
    pub form: Option<UploadForm>,
    /// One page of the imports, newest first.
    pub rows: Vec<ImportRow>,
    /// Where that page stands.
    pub paging: Paging,
    /// The zone in which instants are shown.
    pub zone: TimeZone,
}

/// One import in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Its page.
    pub href: String,
    /// The name of its file.
    pub file: String,
    /// Where the file came from.
    pub source: Source,
    /// When it was uploaded.
    pub uploaded_at: Timestamp,
    /// How far it is.
    pub state: State,
    /// Its counts so far.
    pub counts: Counts,
}

impl Imports {
    fn uploaded_at(&self, row: &ImportRow) -> String {
        words::instant(row.uploaded_at, &self.zone)
    }
}
