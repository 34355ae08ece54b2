//! Reads a plain dump as `pg_dump` writes it, piece by piece, so that it can be fed to a server without psql.
//!
//! `pg_dump` puts a comment of three lines (`--`, `-- Name: …; Type: …`, `--`) before everything it makes: what stands between two
//! such comments is sent in one go. The rows of a table follow a `COPY … FROM stdin;` and end with `\.` on a line of its own.
//! Since the minor releases of August 2025 a dump is framed by `\restrict` and `\unrestrict`, which only psql understands.

use std::io::{self, BufRead};

/// Rows travel in portions of about this many bytes.
const PORTION: usize = 256 * 1024;

/// The line after the last piece.
const COMPLETE: &str = "-- PostgreSQL database dump complete";

/// A part of a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Statements, one after the other.
    Sql(String),
    /// A `COPY … FROM stdin` statement; rows follow.
    CopyBegin(String),
    /// Whole lines of rows, in the text format of COPY.
    Rows {
        /// The lines, each with its line feed.
        bytes: Vec<u8>,
        /// How many they are.
        count: u64,
    },
    /// The end of those rows.
    CopyEnd,
    /// The dump was read to its end; one that was cut off lacks it.
    Complete,
}

/// Where in the dump we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Statements,
    Rows,
    End,
}

/// An iterator over the pieces of a dump.
pub(super) struct Script<R> {
    reader: R,
    place: Place,
    sql: String,
    key: Option<String>,
    /// A piece that was found together with the one before it.
    next: Option<Piece>,
    /// The line before, if it was a bare `--`.
    after_rule: bool,
    in_table_data: bool,
}

impl<R: BufRead> Script<R> {
    /// Reads from `reader`.
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            place: Place::Statements,
            sql: String::new(),
            key: None,
            next: None,
            after_rule: false,
            in_table_data: false,
        }
    }

    fn statements(&mut self) -> io::Result<Option<Piece>> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.reader.read_line(&mut line)? == 0 {
                self.place = Place::End;
                return Ok(self.take_sql());
            }
            let text = line.trim_end_matches('\n');
            if self.is_meta_command(text) {
                continue;
            }
            if text == COMPLETE {
                self.next = Some(Piece::Complete);
                return Ok(self.take_sql().or_else(|| self.next.take()));
            }
            if self.after_rule && text.starts_with("-- ") && text.contains("; Type: ") {
                self.after_rule = false;
                self.in_table_data = text.contains("; Type: TABLE DATA; ");
                let sql = self.take_sql();
                if sql.is_some() {
                    return Ok(sql);
                }
                continue;
            }
            self.after_rule = text == "--";
            if self.in_table_data && text.starts_with("COPY ") && text.ends_with(" FROM stdin;") {
                self.place = Place::Rows;
                self.next = Some(Piece::CopyBegin(text.trim_end_matches(';').to_owned()));
                return Ok(self.take_sql().or_else(|| self.next.take()));
            }
            self.sql.push_str(&line);
        }
    }

    /// Whether a line is meant for psql. The closing one must bear the key of the opening one.
    fn is_meta_command(&mut self, text: &str) -> bool {
        match (&self.key, text.strip_prefix("\\restrict ")) {
            (None, Some(key)) => {
                self.key = Some(key.to_owned());
                true
            }
            (Some(key), None) => text.strip_prefix("\\unrestrict ") == Some(key),
            _ => false,
        }
    }

    /// What was gathered, unless it is only comments.
    fn take_sql(&mut self) -> Option<Piece> {
        let sql = std::mem::take(&mut self.sql);
        sql.lines()
            .any(|line| !line.is_empty() && !line.starts_with("--"))
            .then_some(Piece::Sql(sql))
    }

    fn rows(&mut self) -> io::Result<Piece> {
        let mut bytes = Vec::new();
        let mut count = 0;
        while bytes.len() < PORTION {
            let start = bytes.len();
            if self.reader.read_until(b'\n', &mut bytes)? == 0 {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "it ends within the rows of a table",
                ));
            }
            if bytes.get(start..) == Some(b"\\.\n") {
                bytes.truncate(start);
                self.place = Place::Statements;
                if bytes.is_empty() {
                    return Ok(Piece::CopyEnd);
                }
                self.next = Some(Piece::CopyEnd);
                break;
            }
            count += 1;
        }
        Ok(Piece::Rows { bytes, count })
    }
}

impl<R: BufRead> Iterator for Script<R> {
    type Item = io::Result<Piece>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(piece) = self.next.take() {
            return Some(Ok(piece));
        }
        let piece = match self.place {
            Place::Statements => self.statements().transpose(),
            Place::Rows => Some(self.rows()),
            Place::End => None,
        };
        if matches!(piece, Some(Err(_))) {
            self.place = Place::End;
        }
        piece
    }
}
