//! Cells that a spreadsheet would run as a formula (CWE-1236).

use std::borrow::Cow;

/// Makes a text cell harmless for spreadsheets by a leading apostrophe.
///
/// A cell is dangerous when it begins with `= + - @`, their full-width forms, a tab, a carriage return or NUL.
/// Plain signed numbers such as `-5` or `+0.25` stay as they are: they are what they look like.
#[must_use]
pub fn escape_formula(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// Takes away the apostrophe that [`escape_formula`] put there. Other texts stay as they are.
#[must_use]
pub fn unescape_formula(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => cell,
    }
}

fn is_formula(cell: &str) -> bool {
    match cell.chars().next() {
        Some('+' | '-') => !is_number(&cell[1..]),
        Some('=' | '@' | '\t' | '\r' | '\0' | '＝' | '＋' | '－' | '＠') => true,
        _ => false,
    }
}

fn is_number(digits: &str) -> bool {
    let mut parts = digits.splitn(2, ['.', ',']);
    let all_digits = |part: Option<&str>| {
        part.is_none_or(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
    };
    all_digits(parts.next()) && all_digits(parts.next())
}
