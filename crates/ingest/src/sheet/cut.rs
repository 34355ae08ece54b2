//! Cuts text into rows and fields, with a ceiling on what one row may hold.

use std::io::Read;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::dialect::{self, Detected, Dialect};
use super::file_error::FileError;
use super::limits::Limits;
use super::text::{CHUNK, TextSource};

/// Bytes that the first fill may lack although the file goes on.
const LEFT_OUT: usize = 16;
/// Stands for the separator of a file that has none; no text holds it.
const NO_DELIMITER: u8 = 0x1f;
const FIRST_RECORD_BYTES: usize = 4 << 10;

/// Why a row could not be cut properly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    TooLarge,
    TooManyFields,
    /// The file ends inside a quotation opened on this line.
    Unclosed {
        line: u64,
    },
}

/// A raw row: the line it begins on and what is wrong with it. Its bytes are in the [`Cutter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) line: u64,
    pub(crate) flaw: Option<Flaw>,
}

pub(crate) struct Cutter<R: Read> {
    source: TextSource<R>,
    parser: Reader,
    detected: Detected,
    /// A usual quotation mark was read anywhere.
    has_mark: bool,
    input: Box<[u8]>,
    start: usize,
    end: usize,
    at_end: bool,
    /// Physical line of `start`, from 1.
    line: u64,
    max_bytes: usize,
    /// Fields of the current row, one after the other, and where each ends.
    bytes: Vec<u8>,
    len: usize,
    ends: Vec<usize>,
    fields: usize,
}

impl<R: Read> Cutter<R> {
    pub(crate) fn open(mut source: TextSource<R>, limits: Limits) -> Result<Self, FileError> {
        let mut input = vec![0; CHUNK].into_boxed_slice();
        let end = source.fill(&mut input)?;
        // The first fill gives as much as there is of a chunk, less a mark or half a character.
        let complete = end + LEFT_OUT < CHUNK;
        let detected = dialect::detect(&input[..end], complete);
        let mut cutter = Self {
            source,
            parser: parser(detected.dialect),
            has_mark: input[..end].contains(&b'"'),
            detected,
            input,
            start: 0,
            end,
            at_end: false,
            line: 1,
            // One byte more than allowed, so that a row that fills its limit is not yet cut.
            max_bytes: limits.max_record_bytes + 1,
            bytes: vec![0; FIRST_RECORD_BYTES.min(limits.max_record_bytes)],
            len: 0,
            ends: vec![0; limits.max_columns],
            fields: 0,
        };
        cutter.refuse_nul()?;
        cutter.consume(cutter.detected.top.skip);
        Ok(cutter)
    }

    /// Whether a usual quotation mark was read, be it behind the sample.
    pub(crate) fn has_mark(&self) -> bool {
        self.has_mark
    }

    /// What the beginning of the text showed.
    pub(crate) fn detected(&self) -> &Detected {
        &self.detected
    }

    pub(crate) fn bytes_read(&self) -> u64 {
        self.source.bytes_read()
    }

    /// The current row's bytes and the ends of its fields; meaningless after a flaw other than `Unclosed`.
    pub(crate) fn row(&self) -> (&[u8], &[usize]) {
        (&self.bytes[..self.len], &self.ends[..self.fields])
    }

    /// Cuts the next row that has any byte; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Cut>, FileError> {
        self.cut(false)
    }

    /// Cuts the first row. Without a good one the file is lost, so a flawed one is not read to its end.
    pub(crate) fn first(&mut self) -> Result<Option<Cut>, FileError> {
        self.cut(true)
    }

    fn cut(&mut self, stop_at_flaw: bool) -> Result<Option<Cut>, FileError> {
        (self.len, self.fields) = (0, 0);
        if !self.skip_line_ends()? {
            return Ok(None);
        }
        let line = self.line;
        let mut flaw = None;
        loop {
            if self.start == self.end && !self.refill()? {
                return Ok(Some(self.finish(line, flaw)));
            }
            let (outcome, read, wrote, ended) = self.parser.read_record(
                &self.input[self.start..self.end],
                &mut self.bytes[self.len..],
                &mut self.ends[self.fields..],
            );
            self.consume(read);
            self.len += wrote;
            self.fields += ended;
            match outcome {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => flaw = self.make_room(flaw),
                ReadRecordResult::OutputEndsFull => {
                    flaw = self.drop_fields(flaw, Flaw::TooManyFields);
                }
                ReadRecordResult::Record | ReadRecordResult::End => {
                    return Ok(Some(Cut { line, flaw }));
                }
            }
            if stop_at_flaw && flaw.is_some() {
                return Ok(Some(Cut { line, flaw }));
            }
        }
    }

    /// Grows the row's buffer up to the limit; beyond it the row is read on but not kept.
    fn make_room(&mut self, flaw: Option<Flaw>) -> Option<Flaw> {
        if flaw.is_none() && self.bytes.len() < self.max_bytes {
            let larger = (self.bytes.len() * 2).min(self.max_bytes);
            self.bytes.resize(larger, 0);
            return None;
        }
        self.drop_fields(flaw, Flaw::TooLarge)
    }

    fn drop_fields(&mut self, flaw: Option<Flaw>, new: Flaw) -> Option<Flaw> {
        (self.len, self.fields) = (0, 0);
        flaw.or(Some(new))
    }

    /// The last row, which no line end closes. One more line end tells whether it could have been closed: inside
    /// quotation marks it is text.
    fn finish(&mut self, line: u64, flaw: Option<Flaw>) -> Cut {
        let mut spare = [0];
        let has_room = flaw.is_none() && self.fields < self.ends.len();
        let ends = if has_room {
            &mut self.ends[self.fields..]
        } else {
            &mut spare
        };
        let (_, _, wrote, ended) = self.parser.read_record(b"\n", &mut [0], ends);
        if wrote > 0 {
            let opened = self.line_of_last_field(line, flaw);
            self.keep_last_field(has_room);
            return Cut {
                line,
                flaw: Some(Flaw::Unclosed { line: opened }),
            };
        }
        if has_room {
            self.fields += ended;
            return Cut { line, flaw };
        }
        Cut {
            line,
            flaw: self.drop_fields(flaw, Flaw::TooManyFields),
        }
    }

    fn keep_last_field(&mut self, has_room: bool) {
        if has_room {
            self.ends[self.fields] = self.len;
            self.fields += 1;
        } else {
            (self.len, self.fields) = (0, 0);
        }
    }

    /// Where the field still open began: line breaks in the fields before it are all kept in them. Of a row that was
    /// not kept, only its own line is known.
    fn line_of_last_field(&self, line: u64, flaw: Option<Flaw>) -> u64 {
        let before = match self.fields.checked_sub(1) {
            Some(last) if flaw.is_none() => self.ends[last],
            _ => 0,
        };
        line + count(self.detected.dialect.line_end.byte(), &self.bytes[..before])
    }

    fn skip_line_ends(&mut self) -> Result<bool, FileError> {
        loop {
            let waiting = &self.input[self.start..self.end];
            let skipped = waiting
                .iter()
                .take_while(|b| matches!(b, b'\r' | b'\n'))
                .count();
            let more = skipped < waiting.len();
            self.consume(skipped);
            if more {
                return Ok(true);
            }
            if !self.refill()? {
                return Ok(false);
            }
        }
    }

    fn consume(&mut self, n: usize) {
        self.line += count(
            self.detected.dialect.line_end.byte(),
            &self.input[self.start..self.start + n],
        );
        self.start += n;
    }

    fn refill(&mut self) -> Result<bool, FileError> {
        if self.at_end {
            return Ok(false);
        }
        (self.start, self.end) = (0, self.source.fill(&mut self.input)?);
        self.at_end = self.end == 0;
        self.has_mark |= self.input[..self.end].contains(&b'"');
        self.refuse_nul()?;
        Ok(!self.at_end)
    }

    fn refuse_nul(&self) -> Result<(), FileError> {
        let chunk = &self.input[self.start..self.end];
        if !chunk.contains(&0) {
            return Ok(());
        }
        let before = chunk.iter().position(|b| *b == 0).unwrap_or(0);
        Err(FileError::NulBytes {
            line: self.line + count(self.detected.dialect.line_end.byte(), &chunk[..before]),
        })
    }
}

#[expect(
    clippy::naive_bytecount,
    reason = "the compiler vectorises this; another crate would win nothing at 64 KiB"
)]
pub(crate) fn count(byte: u8, bytes: &[u8]) -> u64 {
    bytes.iter().filter(|b| **b == byte).count() as u64
}

/// A file whose sample has no quoted field may have one further on, so the usual mark always holds.
fn parser(dialect: Dialect) -> Reader {
    ReaderBuilder::new()
        .delimiter(dialect.delimiter.unwrap_or(NO_DELIMITER))
        .quote(dialect.quote.unwrap_or(b'"'))
        .escape(dialect.escape)
        .double_quote(dialect.escape.is_none())
        .build()
}
