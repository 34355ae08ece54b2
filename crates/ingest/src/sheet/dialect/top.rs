//! Where the table begins: preamble and comment lines before it, and whether it has a row of names.

use std::collections::{HashMap, HashSet};

use super::kind::{Kind, kind};
use super::{SampleRow, share};

/// Rows below a possible header that it is compared with.
const BODY: usize = 200;
/// Characters of a column name; a longer cell is a text.
const LONGEST_NAME: usize = 80;

/// The beginning of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Top {
    /// Bytes before the header, or before the first row of a table without one.
    pub(crate) skip: usize,
    /// Lines before it.
    pub(crate) lines: u64,
    /// Records before it, blank lines included.
    pub(crate) records: usize,
    /// Whether that row has the column names.
    pub(crate) has_header: bool,
    /// Number of columns of most rows.
    pub(crate) width: usize,
}

/// Where a table begins among its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    /// Index of the row of names, or of the first row of a table without one.
    pub(crate) row: usize,
    pub(crate) has_header: bool,
    /// Number of columns of most rows.
    pub(crate) width: usize,
}

/// Finds the beginning of the table in the rows of a sample.
pub(crate) fn find_top(sample: &[u8], rows: &[SampleRow], line_end: u8) -> Top {
    let Some(start) = find_start(rows) else {
        return Top::default();
    };
    let skip = rows[start.row].span.start;
    Top {
        skip,
        lines: super::super::cut::count(line_end, &sample[..skip]),
        records: start.row,
        has_header: start.has_header,
        width: start.width,
    }
}

/// Finds the beginning of a table; none where all rows are blank.
pub(crate) fn find_start(rows: &[SampleRow]) -> Option<Start> {
    let width = usual_width(rows);
    let index = rows
        .iter()
        .enumerate()
        .position(|(at, row)| {
            is_of_table(row, width) && !(width == 1 && is_remark(row, &rows[at + 1..]))
        })
        .or_else(|| rows.iter().position(|row| !row.is_blank()))?;
    let (mut row, mut has_header) = (index, is_header(&rows[index], &rows[index + 1..], width));
    if !has_header && let Some(commented) = commented_header(rows, index, width) {
        (row, has_header) = (commented, true);
    }
    Some(Start {
        row,
        has_header,
        width,
    })
}

/// The number of fields that most rows have. Of equals it is the larger, but that of the first row where no number comes
/// twice. Rows of one field count only if there is nothing else.
fn usual_width(rows: &[SampleRow]) -> usize {
    let mut widths: HashMap<usize, usize> = HashMap::new();
    for row in rows
        .iter()
        .filter(|row| !row.is_blank() && !is_comment(row))
    {
        *widths.entry(row.fields.len()).or_default() += 1;
    }
    let most = |least: usize| {
        widths
            .iter()
            .filter(|(width, _)| **width >= least)
            .max_by_key(|(width, count)| (**count, **width))
            .map(|(width, _)| *width)
    };
    if widths.values().all(|count| *count < 2)
        && let Some(first) = rows
            .iter()
            .find(|row| row.fields.len() > 1 && !row.is_blank())
    {
        return first.fields.len();
    }
    most(2).or_else(|| most(1)).unwrap_or(1)
}

fn is_comment(row: &SampleRow) -> bool {
    row.fields.first().is_some_and(|field| {
        let field = field.trim_start();
        ["#", "//", "--", "%%", "/*"]
            .iter()
            .any(|mark| field.starts_with(mark))
    })
}

fn is_of_table(row: &SampleRow, width: usize) -> bool {
    if row.is_blank() || is_comment(row) {
        return false;
    }
    let (filled, fields) = (row.filled(), row.fields.len());
    if width == 1 {
        return true;
    }
    let enough = |tenths: usize| filled >= 2 && filled * 10 >= width * tenths;
    (fields == width && enough(5)) || enough(7)
}

/// A sentence above a column of values that are none.
fn is_remark(row: &SampleRow, below: &[SampleRow]) -> bool {
    let is_text = |row: &&SampleRow| {
        let field = row.fields.first().map_or("", String::as_str);
        matches!(kind(field), Kind::Text | Kind::Odd) && field.split_whitespace().count() >= 3
    };
    let filled = below.iter().filter(|row| !row.is_blank()).take(BODY);
    let (texts, all) = filled.fold((0, 0), |(texts, all), row| {
        (texts + usize::from(is_text(&row)), all + 1)
    });
    all > 0 && is_text(&row) && share(texts, all) <= 0.5
}

/// A comment line that has a name for every column, right above a row of data.
fn commented_header(rows: &[SampleRow], first: usize, width: usize) -> Option<usize> {
    let above = first.checked_sub(1)?;
    let row = &rows[above];
    let fits = width > 1
        && row.fields.len() == width
        && row.fields.first()?.starts_with('#')
        && is_header(row, &rows[first..], width);
    fits.then_some(above)
}

/// Whether a row has names rather than data, by its own cells and by those below it.
fn is_header(row: &SampleRow, below: &[SampleRow], width: usize) -> bool {
    let names: Vec<&str> = row.fields.iter().map(|field| field.trim()).collect();
    let kinds: Vec<Kind> = names.iter().map(|name| kind(name)).collect();
    let filled = names.iter().filter(|name| !name.is_empty()).count();
    let data = kinds.iter().filter(|kind| kind.is_data()).count();
    let long = names
        .iter()
        .filter(|name| name.chars().count() > LONGEST_NAME)
        .count();
    let body: Vec<&SampleRow> = below
        .iter()
        .filter(|row| row.fields.len() == width)
        .take(BODY)
        .collect();
    if share(data, filled) > 0.3 || long * 2 > filled {
        return years_above_numbers(&names, &kinds, &body);
    }
    let distinct: HashSet<String> = names
        .iter()
        .filter(|name| !name.is_empty())
        .map(|name| name.to_lowercase())
        .collect();
    if body.is_empty() {
        return data == 0 && distinct.len() == filled;
    }
    let mut votes = 0_i32;
    for (column, name) in names.iter().enumerate() {
        votes += vote(name, kinds[column], &cells(&body, column));
    }
    votes += if distinct.len() == filled { 1 } else { -2 };
    votes += names
        .iter()
        .take(3)
        .map(|name| i32::from(looks_like_name(name)))
        .sum::<i32>();
    votes > 0
}

fn cells<'a>(body: &[&'a SampleRow], column: usize) -> Vec<&'a str> {
    body.iter()
        .filter_map(|row| row.fields.get(column))
        .map(|cell| cell.trim())
        .filter(|cell| !cell.is_empty())
        .collect()
}

/// What one column says about the cell above it: different in kind is for a name, seen again below is against it.
fn vote(name: &str, name_kind: Kind, cells: &[&str]) -> i32 {
    if cells.is_empty() || name.is_empty() {
        return 0;
    }
    let again = cells.contains(&name);
    let data = cells.iter().filter(|cell| kind(cell).is_data()).count();
    if share(data, cells.len()) > 0.7 {
        return if name_kind.is_data() { -3 } else { 3 };
    }
    if name_kind.is_data() {
        return -2;
    }
    if again {
        return -2;
    }
    // Codes such as KS-1042 below a name without digits.
    let digits = |text: &str| text.bytes().any(|b| b.is_ascii_digit());
    let coded = cells.iter().filter(|cell| digits(cell)).count();
    if share(coded, cells.len()) > 0.7 {
        return if digits(name) { -1 } else { 2 };
    }
    // Few different values below, and the name is none of them.
    let different: HashSet<&&str> = cells.iter().collect();
    i32::from(cells.len() >= 4 && different.len() * 2 <= cells.len())
}

/// Words that column names have and cells hardly ever, or the writing of programs.
fn looks_like_name(name: &str) -> bool {
    const WORDS: [&str; 34] = [
        "id",
        "name",
        "navn",
        "email",
        "e-mail",
        "epost",
        "e-post",
        "date",
        "dato",
        "type",
        "status",
        "phone",
        "telefon",
        "mobile",
        "city",
        "by",
        "country",
        "land",
        "address",
        "adresse",
        "first",
        "last",
        "fornavn",
        "etternavn",
        "time",
        "number",
        "total",
        "amount",
        "description",
        "comment",
        "notes",
        "title",
        "ім'я",
        "дата",
    ];
    let lower = name.to_lowercase();
    lower.contains('_')
        || lower
            .split(|c: char| !c.is_alphanumeric() && c != '-' && c != '\'')
            .any(|word| WORDS.contains(&word))
}

/// A row like `country,2019,2020`: years, and other years or none below them.
fn years_above_numbers(names: &[&str], kinds: &[Kind], body: &[&SampleRow]) -> bool {
    let is_year = |cell: &str| cell.len() == 4 && ("1900".."2100").contains(&cell);
    let Some((first, rest)) = names.split_first() else {
        return false;
    };
    let years = rest.iter().filter(|name| is_year(name)).count();
    let others = rest
        .iter()
        .zip(&kinds[1..])
        .filter(|(name, kind)| !is_year(name) && kind.is_data())
        .count();
    let below = |row: &&SampleRow| row.fields.iter().skip(1).any(|cell| is_year(cell.trim()));
    !kinds[0].is_data()
        && first.len() <= LONGEST_NAME
        && years > 0
        && others == 0
        && !body.iter().any(below)
}
