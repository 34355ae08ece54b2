//! Every source but Kintell sessions as a way in.

use std::io::Read;

use contracts::event::value::RatingScale;
use platform::TenantTx;
use platform::crypto::Key;
use platform::vault::Vault;

use super::apply;
use super::cells::Cells;
use super::draft::Draft;
use super::header::recognise;
use super::prepare::{PreparedRecord, RecordHasher};
use crate::error::Error;
use crate::import::model::Layout;
use crate::import::way::{Scanned, Taken, Way};
use crate::kintell::mapping::MappingOptions;
use crate::kintell::rating::RatingEvidence;
use crate::sheet::content::Wanted;
use crate::sheet::file_error::FileError;
use crate::sheet::formula::unescape_formula;
use crate::sheet::header::{Header, tidy};
use crate::sheet::limits::Limits;
use crate::sheet::reader::SheetReader;
use crate::sheet::record::{Record, Row, RowText};
use crate::sheet::row_error::{ErrorCode, RowError};
use crate::source::{Origin, Shape, Source};
use crate::{buddy, kintell, upskilling};

/// Reads a file through. The scale of Kintell's ratings is told by the ratings; the buddy system gives them from 0 to 1
/// unless the uploader says otherwise.
pub(crate) fn scan(
    source: Source,
    file: impl Read,
    limits: Limits,
    declared: Option<RatingScale>,
) -> Result<Scanned, FileError> {
    let mut reader = SheetReader::open_wanted(file, limits, &Wanted::of(source, None))?;
    let recognised = recognise(source, reader.header())?;
    let rated: Vec<usize> = source
        .fields()
        .iter()
        .zip(&recognised.places)
        .filter(|(field, _)| field.shape == Shape::Rating)
        .filter_map(|(_, place)| *place)
        .collect();
    let mut ratings = RatingEvidence::default();
    while let Some(row) = reader.next_row()? {
        let (Row::Record(record) | Row::Broken(record, _)) = row;
        rated
            .iter()
            .filter_map(|place| record.get(*place))
            .for_each(|cell| ratings.add(cell));
    }
    if reader.rows() == 0 {
        return Err(FileError::HeaderOnly);
    }
    let scale = match source {
        Source::KintellRatings => ratings.scale(declared)?,
        _ if rated.is_empty() => None,
        _ => declared.or(Some(RatingScale::ZeroToOne)),
    };
    Ok(Scanned {
        layout: Layout {
            header_set: recognised.variant.name.to_owned(),
            encoding: reader.verdict().as_str().to_owned(),
            delimiter: char::from(reader.delimiter()),
            rating_scale: Layout::scale_word(scale),
        },
        header: reader.header().clone(),
        rows: reader.rows(),
    })
}

/// Columns that mean nothing to the source; none of a header that is not known.
pub(crate) fn unused_columns(source: Source, header: &Header) -> Vec<String> {
    recognise(source, header)
        .map(|recognised| recognised.unused)
        .unwrap_or_default()
}

/// The rows of one file or of deliveries.
pub(crate) struct Records {
    source: Source,
    options: MappingOptions,
    /// Where each field of the source stands in a file.
    places: Vec<Option<usize>>,
    unescape: bool,
    hasher: RecordHasher,
}

impl Records {
    /// Rows of a file; `index` is the company's key of the blind index.
    ///
    /// # Errors
    /// [`FileError`] when the header is none of the source's.
    pub(crate) fn new(
        source: Source,
        header: &Header,
        options: MappingOptions,
        index: &Key,
    ) -> Result<Self, FileError> {
        Ok(Self {
            places: recognise(source, header)?.places,
            unescape: header.is_error_file(),
            ..Self::without_file(source, options, index)
        })
    }

    /// Rows that come otherwise than in a file: for [`Records::map_cells`].
    pub(crate) fn without_file(source: Source, options: MappingOptions, index: &Key) -> Self {
        Self {
            source,
            options,
            places: Vec::new(),
            unescape: false,
            hasher: RecordHasher::new(index),
        }
    }

    /// Maps a row whose cells are asked for by the names of the source's fields; `text` is kept should it be refused.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn map_cells<'a>(
        &self,
        origin: Origin,
        text: RowText,
        cell: impl Fn(&'static str) -> Option<&'a str>,
    ) -> Result<PreparedRecord, Vec<RowError>> {
        let fields = self.source.fields().iter();
        let texts: Vec<&str> = fields
            .map(|field| tidy(cell(field.name).unwrap_or_default()))
            .collect();
        let draft = self.draft(origin, &texts)?;
        self.hasher.prepare(origin, text, draft).map_err(|_| {
            let reason = "The row holds a value that cannot be stored";
            vec![RowError::of_row(
                origin.line(),
                ErrorCode::Json,
                reason.into(),
            )]
        })
    }

    fn draft(&self, origin: Origin, texts: &[&str]) -> Result<Draft, Vec<RowError>> {
        let cells = Cells::new(self.source, &self.options, origin.line(), texts);
        match self.source {
            Source::KintellRatings => kintell::map_rating(cells),
            Source::KintellUsers => kintell::map_user(cells),
            Source::BuddyUsers => buddy::map_user(cells),
            Source::BuddyMatches => buddy::map_match(cells),
            Source::BuddyEvents => buddy::map_event(cells),
            Source::BuddyAttendance => buddy::map_attendance(cells),
            Source::BuddyCheckins => buddy::map_checkin(cells),
            Source::BuddyFeedback => buddy::map_feedback(cells),
            Source::BuddySkillSessions => buddy::map_skill_session(cells),
            Source::BuddyMilestones => buddy::map_milestone(cells),
            Source::UpskillingCompletions => upskilling::map_completion(cells),
            Source::UpskillingCredentials => upskilling::map_credential(cells),
            // Sessions have a way of their own; whoever asks here gets no record of them.
            Source::KintellSessions => cells.end(None),
        }
    }
}

impl Way for Records {
    type Row = PreparedRecord;

    fn key(row: &PreparedRecord) -> &str {
        &row.external_id
    }

    fn content(row: &PreparedRecord) -> [u8; 32] {
        row.content_hash
    }

    fn map(&self, origin: Origin, record: Record<'_>) -> Result<PreparedRecord, Vec<RowError>> {
        let fields = self.source.fields();
        self.map_cells(origin, record.into(), |name| {
            let place = fields.iter().position(|field| field.name == name)?;
            let cell = tidy(record.get((*self.places.get(place)?)?)?);
            Some(if self.unescape {
                unescape_formula(cell)
            } else {
                cell
            })
        })
    }

    async fn take_in(
        &self,
        tx: &mut TenantTx,
        vault: &mut Vault,
        rows: &[PreparedRecord],
    ) -> Result<Taken, Error> {
        apply::take_in(tx, vault, rows).await
    }
}
