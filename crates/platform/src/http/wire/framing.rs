//! Where a request's body ends, so that the next head is found exactly there.

use super::fault::Fault;

/// Bytes that chunk extensions and trailers may take in one body.
const SIDE_BYTES: usize = 4 * 1024;

/// What is still to come of a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes.
    Length(u64),
    /// Chunks, after RFC 9112 section 7.1.
    Chunked(Chunked),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chunked {
    step: Step,
    size: u64,
    digits: u8,
    side: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Size,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    TrailerStart,
    Trailer,
    TrailerLf,
    LastLf,
    Done,
}

impl Framing {
    pub(super) const fn chunked() -> Self {
        Self::Chunked(Chunked {
            step: Step::Size,
            size: 0,
            digits: 0,
            side: 0,
        })
    }

    /// Whether the whole body was seen.
    pub(super) const fn finished(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunked(chunked) => matches!(chunked.step, Step::Done),
        }
    }

    /// Counts how many of the next bytes belong to this body.
    pub(super) fn advance(&mut self, raw: &[u8]) -> Result<usize, Fault> {
        match self {
            Self::Length(left) => {
                let taken = bounded(*left, raw.len());
                *left -= taken as u64;
                Ok(taken)
            }
            Self::Chunked(chunked) => chunked.advance(raw),
        }
    }
}

/// The smaller of a count still to come and the bytes at hand.
fn bounded(left: u64, at_hand: usize) -> usize {
    usize::try_from(left).map_or(at_hand, |left| left.min(at_hand))
}

impl Chunked {
    fn advance(&mut self, raw: &[u8]) -> Result<usize, Fault> {
        let mut at = 0;
        while let Some(byte) = raw.get(at) {
            match self.step {
                Step::Done => break,
                Step::Data => {
                    let taken = bounded(self.size, raw.len() - at);
                    self.size -= taken as u64;
                    at += taken;
                    if self.size == 0 {
                        self.step = Step::DataCr;
                    }
                }
                _ => {
                    self.step = self.after(*byte)?;
                    at += 1;
                }
            }
        }
        Ok(at)
    }

    /// The step that follows when `byte` is met outside of data.
    fn after(&mut self, byte: u8) -> Result<Step, Fault> {
        match (self.step, byte) {
            (Step::Size, b'\r') if self.digits > 0 => Ok(Step::SizeLf),
            (Step::Size, b';') if self.digits > 0 => self.aside(Step::Extension),
            (Step::Size, _) => self.digit(byte),
            (Step::Extension, b'\r') => Ok(Step::SizeLf),
            (Step::SizeLf, b'\n') if self.size == 0 => Ok(Step::TrailerStart),
            (Step::SizeLf, b'\n') => Ok(Step::Data),
            (Step::DataCr, b'\r') => Ok(Step::DataLf),
            (Step::DataLf, b'\n') => {
                self.digits = 0;
                Ok(Step::Size)
            }
            (Step::TrailerStart, b'\r') => Ok(Step::LastLf),
            (Step::TrailerStart, b' ' | b'\t') => Err(Fault::CHUNK),
            (Step::Trailer, b'\r') => Ok(Step::TrailerLf),
            (Step::TrailerLf, b'\n') => Ok(Step::TrailerStart),
            (Step::LastLf, b'\n') => Ok(Step::Done),
            (Step::Extension | Step::TrailerStart | Step::Trailer, _)
                if byte == b'\t' || !byte.is_ascii_control() =>
            {
                let extension = self.step == Step::Extension;
                self.aside(if extension {
                    Step::Extension
                } else {
                    Step::Trailer
                })
            }
            _ => Err(Fault::CHUNK),
        }
    }

    fn digit(&mut self, byte: u8) -> Result<Step, Fault> {
        let digit = char::from(byte).to_digit(16).ok_or(Fault::CHUNK)?;
        // Fifteen digits are 1 EiB; more would overflow in the next server along.
        if self.digits >= 15 {
            return Err(Fault::CHUNK);
        }
        self.digits += 1;
        self.size = self.size << 4 | u64::from(digit);
        Ok(Step::Size)
    }

    /// Counts a byte that carries no data.
    fn aside(&mut self, step: Step) -> Result<Step, Fault> {
        self.side += 1;
        if self.side > SIDE_BYTES {
            Err(Fault::CHUNK)
        } else {
            Ok(step)
        }
    }
}
