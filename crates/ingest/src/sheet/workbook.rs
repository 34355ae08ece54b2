//! Workbooks: the sheets of XLSX and ODS files as tables of text.
//!
//! Dates become ISO 8601 in whichever of the two date systems the workbook counts, numbers lose what only binary
//! fractions have, and cells are read one by one, so that a cell far out does not ask for the space before it.

use std::io::Cursor;

use calamine::{Data, DataRef, Ods, Reader, SheetVisible, Xlsx};
use jiff::Unit;
use jiff::civil::DateTime;

use super::choice::rank;
use super::file_error::FileError;
use super::table::Table;
use crate::source::Source;

/// Rows of each sheet that are looked at to choose one.
const LOOK: usize = 60;
/// Columns that are kept; beyond it only a styled empty sheet goes.
const COLUMNS: usize = 2_000;

/// Reads the wanted sheet, or the one that looks most like a table we know, the first of equals.
pub(crate) fn read_xlsx(
    bytes: Vec<u8>,
    sheet: Option<&str>,
    wanted: Option<Source>,
) -> Result<Table, FileError> {
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|_| FileError::WorkbookBroken)?;
    let names = visible(&book);
    let name = choose(&names, sheet, wanted, |name| {
        xlsx_sheet(&mut book, name, LOOK)
    })?;
    let mut table = xlsx_sheet(&mut book, &name, usize::MAX)?;
    table.siblings = names;
    Ok(table)
}

/// As [`read_xlsx`], for ODS.
pub(crate) fn read_ods(
    bytes: Vec<u8>,
    sheet: Option<&str>,
    wanted: Option<Source>,
) -> Result<Table, FileError> {
    let mut book = Ods::new(Cursor::new(bytes)).map_err(|_| FileError::WorkbookBroken)?;
    let names = visible(&book);
    let name = choose(&names, sheet, wanted, |name| {
        ods_sheet(&mut book, name, LOOK)
    })?;
    let mut table = ods_sheet(&mut book, &name, usize::MAX)?;
    table.siblings = names;
    Ok(table)
}

fn visible<R: Reader<Cursor<Vec<u8>>>>(book: &R) -> Vec<String> {
    let shown: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    if shown.is_empty() {
        book.sheet_names()
    } else {
        shown
    }
}

/// The sheet to read: the one named, else the best ranked.
pub(crate) fn choose(
    names: &[String],
    asked: Option<&str>,
    wanted: Option<Source>,
    mut look: impl FnMut(&str) -> Result<Table, FileError>,
) -> Result<String, FileError> {
    if let Some(asked) = asked {
        return names
            .iter()
            .find(|name| name.eq_ignore_ascii_case(asked))
            .cloned()
            .ok_or_else(|| FileError::SheetUnknown {
                name: asked.to_owned(),
                sheets: names.to_vec(),
            });
    }
    let mut best: Option<(u32, &String)> = None;
    for name in names {
        let rank = rank(&look(name)?.sample(), wanted);
        if best.is_none_or(|(highest, _)| rank > highest) {
            best = Some((rank, name));
        }
    }
    best.map(|(_, name)| name.clone()).ok_or(FileError::Empty)
}

fn xlsx_sheet(
    book: &mut Xlsx<Cursor<Vec<u8>>>,
    name: &str,
    rows: usize,
) -> Result<Table, FileError> {
    let mut cells = book
        .worksheet_cells_reader(name)
        .map_err(|_| FileError::WorkbookBroken)?;
    let mut table = Table::named(name);
    let mut row: Vec<String> = Vec::new();
    let mut at = None;
    while let Some(cell) = cells.next_cell().map_err(|_| FileError::WorkbookBroken)? {
        let (line, column) = cell.get_position();
        let text = text_of(cell.get_value());
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if text.is_empty() || column >= COLUMNS {
            continue;
        }
        if at != Some(line) {
            if let Some(at) = at {
                table.push(u64::from(at) + 1, row.iter().map(String::as_str))?;
            }
            if table.len() >= rows {
                return Ok(table);
            }
            row.clear();
            at = Some(line);
        }
        if row.len() <= column {
            row.resize(column + 1, String::new());
        }
        row[column] = text;
    }
    if let Some(at) = at {
        table.push(u64::from(at) + 1, row.iter().map(String::as_str))?;
    }
    Ok(table)
}

fn ods_sheet(book: &mut Ods<Cursor<Vec<u8>>>, name: &str, rows: usize) -> Result<Table, FileError> {
    let range = book
        .worksheet_range(name)
        .map_err(|_| FileError::WorkbookBroken)?;
    let first = range.start().map_or(0, |(row, _)| u64::from(row));
    let mut table = Table::named(name);
    for (line, cells) in (first + 1..).zip(range.rows().take(rows)) {
        let texts: Vec<String> = cells.iter().take(COLUMNS).map(text_of_data).collect();
        let filled = texts
            .iter()
            .rposition(|text| !text.is_empty())
            .map_or(0, |last| last + 1);
        if filled > 0 {
            table.push(line, texts[..filled].iter().map(String::as_str))?;
        }
    }
    Ok(table)
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::String(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Bool(yes) => yes.to_string(),
        DataRef::DateTime(when) => when_text(when),
        DataRef::DateTimeIso(text) => without_midnight(text).to_owned(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

fn text_of_data(value: &Data) -> String {
    match value {
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number_text(*number),
        Data::String(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(yes) => yes.to_string(),
        Data::DateTime(when) => when_text(when),
        Data::DateTimeIso(text) => without_midnight(text).to_owned(),
        Data::Error(error) => error.to_string(),
        Data::Empty => String::new(),
    }
}

/// A number with the fifteen digits that spreadsheets show, never in scientific notation.
pub(crate) fn number_text(number: f64) -> String {
    let rounded = format!("{number:.14e}").parse().unwrap_or(number);
    format!("{rounded}")
}

fn without_midnight(text: &str) -> &str {
    text.strip_suffix("T00:00:00").unwrap_or(text)
}

/// A date as `2025-03-04`, with a time as `2025-03-04T10:30:00`; a time alone or a length of time as `10:30:00`.
fn when_text(when: &calamine::ExcelDateTime) -> String {
    let value = when.as_f64();
    if when.is_duration() || (0.0..1.0).contains(&value) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cell holds at most some million hours"
        )]
        let seconds = (value * 86_400.0).round() as i64;
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
        return format!("{hours:02}:{minutes:02}:{:02}", seconds % 60);
    }
    let (year, month, day, hour, minute, second, milli) = when.to_ymd_hms_milli();
    let civil = || {
        let small = |number: u8| i8::try_from(number).ok();
        let exact = DateTime::new(
            i16::try_from(year).ok()?,
            small(month)?,
            small(day)?,
            small(hour)?,
            small(minute)?,
            small(second)?,
            i32::from(milli) * 1_000_000,
        );
        exact.ok()?.round(Unit::Second).ok()
    };
    match civil() {
        Some(civil) => without_midnight(&civil.to_string()).to_owned(),
        // The 29th of February 1900, which only spreadsheets know.
        None => number_text(value),
    }
}
