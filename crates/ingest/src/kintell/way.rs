//! Sessions as a way in.

use std::io::Read;

use contracts::event::value::RatingScale;
use platform::TenantTx;
use platform::crypto::Key;
use platform::vault::Vault;

use super::apply;
use super::content::{ContentHasher, PreparedRow};
use super::header::HeaderSet;
use super::mapping::{Mapper, MappingOptions};
use crate::error::Error;
use crate::import::model::Layout;
use crate::import::way::{Scanned, Taken, Way};
use crate::sheet::file_error::FileError;
use crate::sheet::header::Header;
use crate::sheet::limits::Limits;
use crate::sheet::record::Record;
use crate::sheet::row_error::RowError;
use crate::source::Origin;

/// Reads a sessions file through.
pub(crate) fn scan(
    file: impl Read,
    limits: Limits,
    declared: Option<RatingScale>,
) -> Result<Scanned, FileError> {
    let scan = super::scan::scan(file, limits, None)?;
    let scale = scan.ratings.scale(declared)?;
    Ok(Scanned {
        layout: Layout {
            header_set: scan.header_set.as_str().to_owned(),
            encoding: scan.encoding.as_str().to_owned(),
            delimiter: char::from(scan.delimiter),
            rating_scale: Layout::scale_word(scale),
        },
        header: scan.header,
        rows: scan.rows,
    })
}

/// Columns that mean nothing here; none of a header that is not known.
pub(crate) fn unused_columns(header: &Header) -> Vec<String> {
    HeaderSet::recognise(header)
        .map(|recognised| recognised.unused)
        .unwrap_or_default()
}

/// The sessions of one file.
pub(crate) struct Sessions {
    mapper: Mapper,
    hasher: ContentHasher,
    scale: Option<RatingScale>,
}

impl Sessions {
    /// `index` is the company's key of the blind index.
    ///
    /// # Errors
    /// [`FileError`] when the header is none of the known ones.
    pub(crate) fn new(
        header: &Header,
        options: MappingOptions,
        index: &Key,
    ) -> Result<Self, FileError> {
        let scale = options.rating_scale;
        Ok(Self {
            mapper: Mapper::new(header, options)?,
            hasher: ContentHasher::new(index, scale),
            scale,
        })
    }
}

impl Way for Sessions {
    type Row = PreparedRow;

    fn key(row: &PreparedRow) -> &str {
        &row.session.external_id
    }

    fn content(row: &PreparedRow) -> [u8; 32] {
        row.content_hash
    }

    fn map(&self, origin: Origin, record: Record<'_>) -> Result<PreparedRow, Vec<RowError>> {
        Ok(self.hasher.prepare(origin, self.mapper.map(record)?))
    }

    async fn take_in(
        &self,
        tx: &mut TenantTx,
        vault: &mut Vault,
        rows: &[PreparedRow],
    ) -> Result<Taken, Error> {
        let counts = apply::take_in(tx, vault, self.scale, rows).await?;
        Ok(Taken {
            counts,
            refused: Vec::new(),
        })
    }
}
