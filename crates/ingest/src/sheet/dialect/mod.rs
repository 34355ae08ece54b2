//! How a file separates fields and lines, found from a sample of its text.
//!
//! Every plausible combination of separator, quotation mark and escape cuts the sample; the one that gives the most
//! regular rows of the most meaningful cells wins. The measure follows van den Burg, Nazábal and Sutton, "Wrangling messy
//! CSV files by detecting row and type patterns" (2019): a pattern score times a type score. It differs in that widths
//! that few rows have weigh little, so a preamble does not spoil a good separator, that cells are judged by column, and
//! that quotation marks out of place count against a candidate.

mod candidate;
pub(crate) mod kind;
mod score;
mod split;
mod top;

use std::ops::Range;

pub(crate) use split::split;
use top::find_top;
pub(crate) use top::{Start, Top, find_start};

/// Bytes of text that are looked at.
pub(crate) const SAMPLE: usize = 64 << 10;
/// Rows of the sample that are looked at.
pub(crate) const SAMPLE_ROWS: usize = 1_000;

/// Separator, quotation mark, escape and line end of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// None for a file of one column.
    pub(crate) delimiter: Option<u8>,
    /// None where the sample has no quoted field.
    pub(crate) quote: Option<u8>,
    /// None where a quotation mark is doubled.
    pub(crate) escape: Option<u8>,
    pub(crate) line_end: LineEnd,
}

/// How lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineEnd {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
    /// `\r` alone, as in old Macintosh exports.
    Cr,
}

impl LineEnd {
    /// The byte that counts lines.
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Cr => b'\r',
            Self::Lf | Self::CrLf => b'\n',
        }
    }

    /// The name in results.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "lf",
            Self::CrLf => "crlf",
            Self::Cr => "cr",
        }
    }

    fn of(text: &[u8]) -> Self {
        let (mut pairs, mut returns, mut feeds) = (0_usize, 0_usize, 0_usize);
        for (index, byte) in text.iter().enumerate() {
            match byte {
                b'\r' if text.get(index + 1) == Some(&b'\n') => pairs += 1,
                b'\r' => returns += 1,
                b'\n' => feeds += 1,
                _ => {}
            }
        }
        feeds -= pairs;
        if pairs >= feeds && pairs >= returns && pairs > 0 {
            Self::CrLf
        } else if returns > feeds && pairs == 0 {
            Self::Cr
        } else {
            Self::Lf
        }
    }
}

/// What the sample says about the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Detected {
    pub(crate) dialect: Dialect,
    pub(crate) top: Top,
    /// The sample has a usual quotation mark, be it in the middle of a text.
    pub(crate) has_mark: bool,
}

/// Detects from the beginning of the text. `complete` says that it is all of the text.
pub(crate) fn detect(text: &[u8], complete: bool) -> Detected {
    let sample = &text[..text.len().min(SAMPLE)];
    let complete = complete && sample.len() == text.len();
    let line_end = LineEnd::of(sample);
    let blank = count_blank(sample);
    let first = first_line(&sample[blank..]);
    let declared = declared_delimiter(first);
    let skip = if declared.is_some() {
        blank + first.len()
    } else {
        0
    };
    let body = &sample[skip..];
    let best = candidate::list(body, declared)
        .into_iter()
        .map(|candidate| (score::of(body, complete, candidate), candidate))
        .fold(
            None,
            |best: Option<(f64, candidate::Candidate)>, next| match best {
                // The earlier one of two equals is the more usual one.
                Some(best) if best.0 >= next.0 => Some(best),
                _ => Some(next),
            },
        );
    let has_text = body
        .iter()
        .any(|b| b.is_ascii_alphanumeric() || !b.is_ascii());
    let candidate = match best {
        Some((_, candidate)) if has_text => candidate,
        // Nothing but separators, if anything.
        _ => candidate::Candidate {
            delimiter: Some(b','),
            ..Default::default()
        },
    };
    let dialect = Dialect {
        delimiter: candidate.delimiter,
        quote: candidate.quote,
        escape: candidate.escape,
        line_end,
    };
    let rows = split(sample, complete, candidate).0;
    let mut top = find_top(sample, &rows, line_end.byte());
    if declared.is_some() && top.skip < skip {
        top = find_top(sample, &rows[1.min(rows.len())..], line_end.byte());
    }
    Detected {
        dialect,
        top,
        has_mark: sample.contains(&b'"'),
    }
}

fn count_blank(text: &[u8]) -> usize {
    text.iter()
        .take_while(|b| matches!(b, b'\r' | b'\n'))
        .count()
}

fn first_line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|b| matches!(b, b'\r' | b'\n'));
    &text[..end.unwrap_or(text.len())]
}

fn declared_delimiter(line: &[u8]) -> Option<u8> {
    match line {
        [
            s,
            e,
            p,
            b'=',
            delimiter @ (b',' | b';' | b'\t' | b'|' | b':'),
        ] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => Some(*delimiter),
        _ => None,
    }
}

/// `part` of `whole` as a number from 0 to 1; 0 of nothing.
pub(crate) fn share(part: usize, whole: usize) -> f64 {
    let number = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    if whole == 0 {
        0.0
    } else {
        number(part) / number(whole)
    }
}

/// A row of the sample: where it stands, and its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SampleRow {
    /// Bytes of the sample, without the line end.
    pub(crate) span: Range<usize>,
    pub(crate) fields: Vec<String>,
}

impl SampleRow {
    pub(crate) fn is_blank(&self) -> bool {
        self.fields.iter().all(|field| field.trim().is_empty())
    }

    /// Fields that say something.
    pub(crate) fn filled(&self) -> usize {
        self.fields
            .iter()
            .filter(|field| !field.trim().is_empty())
            .count()
    }
}
