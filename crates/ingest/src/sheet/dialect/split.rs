//! Cuts a sample as the reader would, and notes what looks wrong about it.

use super::candidate::Candidate;
use super::{SAMPLE_ROWS, SampleRow};

/// What cutting a sample showed about its quotation marks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Split {
    /// Fields in quotation marks.
    pub(crate) quoted: usize,
    /// Quoted fields with text behind their closing mark, and fields with a mark in their middle.
    pub(crate) misplaced: usize,
    /// Quoted fields that hold the separator, a line end or a mark: they could not do without.
    pub(crate) needed: usize,
    /// Quoted fields with spaces before their opening mark.
    pub(crate) padded: usize,
    /// Marks that the escape character made part of a text.
    pub(crate) escaped: usize,
    /// The sample ends inside quotation marks; how many bytes after the opening one.
    pub(crate) unclosed: Option<usize>,
}

/// Cuts the sample. The last row of an incomplete one is left out.
pub(crate) fn split(
    sample: &[u8],
    complete: bool,
    candidate: Candidate,
) -> (Vec<SampleRow>, Split) {
    let mut cutter = Cutting {
        sample,
        at: 0,
        candidate,
        found: Split::default(),
    };
    let mut rows = Vec::new();
    while cutter.at < sample.len() && rows.len() < SAMPLE_ROWS {
        let start = cutter.at;
        let fields = cutter.row();
        let end = cutter.at;
        cutter.pass_line_end();
        if end == sample.len() && !complete && !rows.is_empty() {
            break;
        }
        rows.push(SampleRow {
            span: start..end,
            fields,
        });
    }
    (rows, cutter.found)
}

struct Cutting<'a> {
    sample: &'a [u8],
    at: usize,
    candidate: Candidate,
    found: Split,
}

impl Cutting<'_> {
    fn peek(&self) -> Option<u8> {
        self.sample.get(self.at).copied()
    }

    fn is_line_end(byte: u8) -> bool {
        matches!(byte, b'\r' | b'\n')
    }

    fn pass_line_end(&mut self) {
        if self.peek() == Some(b'\r') {
            self.at += 1;
            if self.peek() == Some(b'\n') {
                self.at += 1;
            }
        } else if self.peek() == Some(b'\n') {
            self.at += 1;
        }
    }

    fn row(&mut self) -> Vec<String> {
        let mut fields = Vec::new();
        loop {
            let field = self.field();
            fields.push(String::from_utf8_lossy(&field).into_owned());
            match self.peek() {
                Some(byte) if Some(byte) == self.candidate.delimiter => self.at += 1,
                _ => return fields,
            }
        }
    }

    fn field(&mut self) -> Vec<u8> {
        self.pass_padding();
        if self.peek().is_some() && self.peek() == self.candidate.quote {
            return self.quoted_field();
        }
        let start = self.at;
        self.run();
        let field = &self.sample[start..self.at];
        let is_mark = |byte: &u8| Some(*byte) == self.candidate.quote;
        // An apostrophe inside a word is no quotation mark.
        if self.candidate.quote == Some(b'"') && field.iter().any(is_mark) {
            self.found.misplaced += 1;
        }
        field.to_vec()
    }

    /// Passes spaces between a separator and a quotation mark.
    fn pass_padding(&mut self) {
        let rest = &self.sample[self.at..];
        let spaces = rest.iter().take_while(|b| **b == b' ').count();
        if spaces > 0
            && self.candidate.delimiter != Some(b' ')
            && self.candidate.quote.is_some()
            && rest.get(spaces).copied() == self.candidate.quote
        {
            self.at += spaces;
            self.found.padded += 1;
        }
    }

    /// Passes bytes up to the next separator or line end.
    fn run(&mut self) {
        while let Some(byte) = self.peek() {
            if Some(byte) == self.candidate.delimiter || Self::is_line_end(byte) {
                return;
            }
            self.at += 1;
        }
    }

    fn quoted_field(&mut self) -> Vec<u8> {
        let opened = self.at;
        self.at += 1;
        self.found.quoted += 1;
        let mut field = Vec::new();
        let mut needed = false;
        loop {
            let Some(byte) = self.peek() else {
                self.found.unclosed = Some(self.sample.len() - opened);
                return field;
            };
            self.at += 1;
            if Some(byte) == self.candidate.escape {
                if let Some(next) = self.peek() {
                    self.at += 1;
                    field.push(next);
                    self.found.escaped += usize::from(Some(next) == self.candidate.quote);
                }
            } else if Some(byte) != self.candidate.quote {
                needed |= Some(byte) == self.candidate.delimiter || Self::is_line_end(byte);
                field.push(byte);
            } else if self.candidate.escape.is_none() && self.peek() == Some(byte) {
                self.at += 1;
                needed = true;
                field.push(byte);
            } else {
                break;
            }
        }
        self.found.needed += usize::from(needed);
        let closed = self.at;
        self.run();
        let behind = &self.sample[closed..self.at];
        if !behind.trim_ascii().is_empty() {
            self.found.misplaced += 1;
            field.extend_from_slice(behind);
        }
        field
    }
}
