//! How a file is to be read: found out by reading it through once, or kept from an earlier run.

use std::sync::Arc;

use contracts::CompanyId;
use jiff::tz::TimeZone;
use platform::jobs::{JobError, JobRun};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::feed::{Batch, BatchSize, FeedError, Feeder, StopOnDrop, Stoppable};
use super::halt::Halt;
use super::model::Layout;
use super::seal::CompanySeal;
use super::spool::{Spool, SpoolId, SpoolReader};
use super::summary::ImportSummary;
use super::way::{self, Way};
use crate::error::Error;
use crate::kintell::mapping::MappingOptions;
use crate::sheet::content::Wanted;
use crate::sheet::encoding::Encoding;
use crate::sheet::file_error::FileError;
use crate::sheet::header::Header;
use crate::sheet::limits::Limits;
use crate::sheet::reader::SheetReader;
use crate::sheet::record::Record;
use crate::source::{Origin, Source};

/// Batches that may wait for the database.
const WAITING_BATCHES: usize = 2;

/// What is known of a file before its rows are taken in.
pub(crate) struct Plan {
    /// None for a file without rows.
    pub(crate) layout: Option<Layout>,
    pub(crate) header: Option<Header>,
    pub(crate) rows_total: u64,
    source: Source,
    limits: Limits,
}

impl Plan {
    pub(crate) async fn of(
        spool: &Arc<Spool>,
        company: CompanyId,
        import: &ImportSummary,
        limits: Limits,
    ) -> Result<Self, Halt> {
        if let (Some(layout), Some(rows_total)) = (&import.layout, import.rows_total) {
            return Ok(Self {
                layout: Some(layout.clone()),
                header: Some(Header::from_names(import.columns.clone())?),
                rows_total,
                source: import.source,
                limits,
            });
        }
        let id = SpoolId {
            company,
            import: import.id,
        };
        let (spool, declared) = (Arc::clone(spool), import.options.rating_scale);
        let kind = import.source;
        let (source, _stop) = open(spool, id).await?;
        let scanned =
            tokio::task::spawn_blocking(move || way::scan(kind, source, limits, declared));
        match scanned.await.map_err(Error::Task)? {
            Ok(scanned) => Ok(Self {
                layout: Some(scanned.layout),
                header: Some(scanned.header),
                rows_total: scanned.rows,
                source: kind,
                limits,
            }),
            Err(FileError::HeaderOnly) => Ok(Self {
                layout: None,
                header: None,
                rows_total: 0,
                source: kind,
                limits,
            }),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn has_rows(&self) -> bool {
        self.rows_total > 0
    }

    /// What the rows do not say themselves.
    ///
    /// # Errors
    /// A zone that this machine does not know, although the one that took the upload did.
    pub(crate) fn options(
        &self,
        import: &ImportSummary,
        now: jiff::Timestamp,
    ) -> Result<MappingOptions, Error> {
        let zone = TimeZone::get(&import.options.zone).map_err(|_| {
            let detail = "This machine does not know the time zone.";
            Error::option("zone", "zone_unknown", detail)
        })?;
        Ok(MappingOptions {
            rating_scale: self.layout.as_ref().and_then(Layout::rating_scale),
            zone,
            now,
        })
    }

    /// Begins to map rows behind the checkpoint.
    pub(crate) fn feed<W: Way>(
        self,
        way: &Arc<W>,
        spool: &Arc<Spool>,
        run: &JobRun,
        import: &ImportSummary,
        seal: CompanySeal,
        size: BatchSize,
    ) -> Feed<W> {
        let (sender, batches) = mpsc::channel(WAITING_BATCHES);
        let (stopped, stop) = StopOnDrop::new();
        let id = SpoolId {
            company: run.company(),
            import: import.id,
        };
        let (spool, way) = (Arc::clone(spool), Arc::clone(way));
        let feeder = Feeder {
            import: import.id,
            seal,
            size,
            skip: import.counts.rows_in,
        };
        let task = tokio::task::spawn_blocking(move || {
            let source = spool
                .open(id)
                .map_err(FileError::Read)
                .map_err(FeedError::File)?;
            let source = Stoppable::new(source, stopped);
            self.feed_rows(source, &feeder, &*way, |batch| {
                sender.blocking_send(batch).is_ok()
            })
        });
        Feed {
            batches,
            task,
            _stop: stop,
        }
    }

    fn feed_rows<W: Way>(
        &self,
        source: Stoppable<SpoolReader>,
        feeder: &Feeder,
        way: &W,
        send: impl FnMut(Batch<W::Row>) -> bool,
    ) -> Result<(), FeedError> {
        let encoding = self
            .layout
            .as_ref()
            .and_then(|layout| Encoding::find(&layout.encoding));
        let wanted = Wanted::of(self.source, encoding);
        let reader =
            SheetReader::open_wanted(source, self.limits, &wanted).map_err(FeedError::File)?;
        let origin = |row, record: Record<'_>| Origin::Import {
            import: feeder.import,
            row,
            line: i64::try_from(record.line()).unwrap_or(i64::MAX),
        };
        feeder.feed(
            reader,
            |number, record| way.map(origin(number, record), record),
            send,
        )
    }
}

/// Opens a spooled file off the asynchronous threads.
async fn open(
    spool: Arc<Spool>,
    id: SpoolId,
) -> Result<(Stoppable<SpoolReader>, StopOnDrop), Halt> {
    let (stopped, stop) = StopOnDrop::new();
    let source = tokio::task::spawn_blocking(move || spool.open(id))
        .await
        .map_err(Error::Task)??;
    Ok((Stoppable::new(source, stopped), stop))
}

/// Mapped rows on their way. Dropping it ends the mapping.
pub(crate) struct Feed<W: Way> {
    pub(crate) batches: mpsc::Receiver<Batch<W::Row>>,
    task: JoinHandle<Result<(), FeedError>>,
    _stop: StopOnDrop,
}

impl<W: Way> Feed<W> {
    /// Whether the file was read to its end.
    pub(crate) async fn end(self) -> Result<(), Halt> {
        match self.task.await {
            Ok(result) => Ok(result?),
            Err(error) => Err(JobError::retry("map rows", error).into()),
        }
    }
}
