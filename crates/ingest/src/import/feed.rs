//! The second pass: rows are mapped in batches while the batch before is on its way into the database.

use std::io::{self, Read};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use contracts::ImportId;

use super::rejection::SealedRejection;
use super::seal::CompanySeal;
use crate::error::Error;
use crate::sheet::file_error::FileError;
use crate::sheet::reader::SheetReader;
use crate::sheet::record::{Record, Row};
use crate::sheet::row_error::RowError;

/// How much one transaction takes in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchSize {
    pub(crate) rows: usize,
    /// Bytes of text; a batch ends with the first row beyond it.
    pub(crate) bytes: usize,
}

impl Default for BatchSize {
    fn default() -> Self {
        Self {
            rows: 4_000,
            bytes: 4 << 20,
        }
    }
}

/// Rows that are taken in together.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    /// Rows of the file before this batch.
    pub(crate) after: u64,
    pub(crate) mapped: Vec<T>,
    pub(crate) rejected: Vec<SealedRejection>,
    bytes: usize,
}

impl<T> Batch<T> {
    fn new(after: u64) -> Self {
        Self {
            after,
            mapped: Vec::new(),
            rejected: Vec::new(),
            bytes: 0,
        }
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.mapped.len() + self.rejected.len()
    }

    fn is_full(&self, size: BatchSize) -> bool {
        self.len() >= size.rows || self.bytes >= size.bytes
    }
}

/// Why feeding ended before the end of the file.
#[derive(Debug)]
pub(crate) enum FeedError {
    File(FileError),
    Ours(Error),
}

/// Whose rows these are, to seal the refused ones.
pub(crate) struct Feeder {
    pub(crate) import: ImportId,
    pub(crate) seal: CompanySeal,
    pub(crate) size: BatchSize,
    /// Rows that were dealt with before.
    pub(crate) skip: u64,
}

impl Feeder {
    /// Reads to the end and hands over batch after batch until `send` refuses one. Blocks.
    pub(crate) fn feed<R: Read, T>(
        &self,
        mut reader: SheetReader<R>,
        map: impl Fn(i64, Record<'_>) -> Result<T, Vec<RowError>>,
        mut send: impl FnMut(Batch<T>) -> bool,
    ) -> Result<(), FeedError> {
        let mut number = 0_u64;
        let mut batch = Batch::new(self.skip);
        while let Some(row) = reader.next_row().map_err(FeedError::File)? {
            number += 1;
            if number <= self.skip {
                continue;
            }
            self.add(
                &mut batch,
                i64::try_from(number).unwrap_or(i64::MAX),
                row,
                &map,
            )?;
            if batch.is_full(self.size) && !send(mem::replace(&mut batch, Batch::new(number))) {
                return Ok(());
            }
        }
        if batch.len() > 0 {
            send(batch);
        }
        Ok(())
    }

    fn add<T>(
        &self,
        batch: &mut Batch<T>,
        number: i64,
        row: Row<'_>,
        map: impl Fn(i64, Record<'_>) -> Result<T, Vec<RowError>>,
    ) -> Result<(), FeedError> {
        let (record, outcome) = match row {
            Row::Record(record) => (record, map(number, record)),
            Row::Broken(record, error) => (record, Err(vec![error])),
        };
        batch.bytes += record.size();
        match outcome {
            Ok(mapped) => batch.mapped.push(mapped),
            Err(errors) => {
                let rejection =
                    SealedRejection::new(&self.seal, self.import, number, record, errors);
                batch.rejected.push(rejection.map_err(FeedError::Ours)?);
            }
        }
        Ok(())
    }
}

/// Ends reading when the other side is dropped: a blocking thread cannot be cut off from outside.
pub(crate) struct Stoppable<R> {
    inner: R,
    stopped: Arc<AtomicBool>,
}

/// Stops the readers made with its flag when dropped.
pub(crate) struct StopOnDrop(Arc<AtomicBool>);

impl StopOnDrop {
    /// A flag for [`Stoppable::new`], and what raises it.
    pub(crate) fn new() -> (Arc<AtomicBool>, Self) {
        let stopped = Arc::new(AtomicBool::new(false));
        (Arc::clone(&stopped), Self(stopped))
    }
}

impl<R: Read> Stoppable<R> {
    pub(crate) fn new(inner: R, stopped: Arc<AtomicBool>) -> Self {
        Self { inner, stopped }
    }
}

impl<R: Read> Read for Stoppable<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        self.inner.read(buffer)
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
