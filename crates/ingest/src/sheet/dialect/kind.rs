//! What a cell looks like: a number, a date, an address, a word, a text.

/// The look of one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Nothing, or a usual word for nothing.
    Empty,
    /// A whole number.
    Integer,
    /// A number with a fraction, thousands, a percent sign or a currency.
    Decimal,
    /// A day, in any usual order.
    Date,
    /// A time of day or a length of time.
    Time,
    /// A day with a time.
    Instant,
    /// An e-mail address.
    Email,
    /// A web address.
    Url,
    /// A UUID or a word with digits, such as `KS-1042`.
    Code,
    /// Letters only, one word.
    Word,
    /// Several words.
    Text,
    /// JSON, or a list in brackets.
    Structure,
    /// Anything else: most of it is not letters, or brackets and quotation marks do not pair.
    Odd,
}

impl Kind {
    /// Whether a column name never looks like this.
    pub(crate) fn is_data(self) -> bool {
        matches!(
            self,
            Self::Integer
                | Self::Decimal
                | Self::Date
                | Self::Time
                | Self::Instant
                | Self::Email
                | Self::Url
                | Self::Structure
        )
    }

    /// How well a cell speaks for the cut that made it, from 0 to 1.
    pub(crate) fn weight(self) -> f64 {
        match self {
            Self::Integer
            | Self::Decimal
            | Self::Date
            | Self::Time
            | Self::Instant
            | Self::Email
            | Self::Url => 1.0,
            Self::Code | Self::Word | Self::Structure => 0.9,
            Self::Text => 0.85,
            Self::Empty => 0.7,
            Self::Odd => 0.1,
        }
    }
}

/// The look of a cell.
pub(crate) fn kind(cell: &str) -> Kind {
    let cell = cell.trim();
    if is_nothing(cell) {
        return Kind::Empty;
    }
    if let Some(number) = number(cell) {
        return number;
    }
    if let Some(when) = when(cell) {
        return when;
    }
    if is_email(cell) {
        return Kind::Email;
    }
    if is_url(cell) {
        return Kind::Url;
    }
    if is_structure(cell) {
        return Kind::Structure;
    }
    words(cell)
}

fn is_nothing(cell: &str) -> bool {
    let bytes = cell.as_bytes();
    bytes.is_empty()
        || [
            "n/a", "na", "nan", "null", "none", "nil", "#n/a", "\\n", "-", "--",
        ]
        .iter()
        .any(|word| word.eq_ignore_ascii_case(cell))
}

fn number(cell: &str) -> Option<Kind> {
    let bare = cell
        .trim_start_matches(['$', '€', '£'])
        .trim_end_matches(['%', '€', '$'])
        .trim();
    let marked = bare.len() != cell.len();
    let bare = bare.strip_prefix(['+', '-', '\u{2212}']).unwrap_or(bare);
    if !bare.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',')
        || !bare.ends_with(|c: char| c.is_ascii_digit() || c == '.')
    {
        return None;
    }
    if bare.bytes().all(|b| b.is_ascii_digit()) {
        return Some(if marked { Kind::Decimal } else { Kind::Integer });
    }
    (is_fraction(bare) || is_grouped(bare) || is_scientific(bare)).then_some(Kind::Decimal)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_fraction(text: &str) -> bool {
    match text.split_once(['.', ',']) {
        Some((whole, rest)) => {
            (whole.is_empty() || is_digits(whole))
                && (is_digits(rest) || (rest.is_empty() && !whole.is_empty()))
        }
        None => false,
    }
}

/// `1,234,567.89`, `1.234.567,89`, `1 234 567,89`.
fn is_grouped(text: &str) -> bool {
    [',', '.', ' ', '\u{a0}', '\u{202f}', '\'']
        .iter()
        .any(|mark| {
            let point = if *mark == ',' { '.' } else { ',' };
            let (whole, rest) = text.split_once(point).unwrap_or((text, "0"));
            let mut groups = whole.split(*mark);
            let first = groups.next().unwrap_or("");
            is_digits(rest)
                && is_digits(first)
                && first.len() <= 3
                && whole.contains(*mark)
                && groups.all(|group| group.len() == 3 && is_digits(group))
        })
}

fn is_scientific(text: &str) -> bool {
    match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            (is_digits(mantissa) || is_fraction(mantissa))
                && is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
        }
        None => false,
    }
}

fn when(cell: &str) -> Option<Kind> {
    if is_date(cell) {
        return Some(Kind::Date);
    }
    if is_time(cell) {
        return Some(Kind::Time);
    }
    let (date, time) = cell.split_once(['T', ' '])?;
    (is_date(date) && is_time(time.trim_start())).then_some(Kind::Instant)
}

/// The three numbers of a day such as `2025-03-04`, `04.03.2025`, `4/3/25`, in the order written.
pub(crate) fn date_parts(text: &str) -> Option<[u32; 3]> {
    let mark = ['-', '/', '.']
        .into_iter()
        .find(|mark| text.contains(*mark))?;
    let mut parts = text.split(mark);
    let mut next = || {
        let part = parts.next()?;
        (is_digits(part) && part.len() <= 4).then(|| (part.parse().ok(), part.len()))
    };
    let [(Some(a), a_len), (Some(b), b_len), (Some(c), c_len)] = [next()?, next()?, next()?] else {
        return None;
    };
    let in_year: fn(u32) -> bool = |n| (1..=31).contains(&n);
    let is_day = parts.next().is_none()
        && b_len <= 2
        && ((a_len == 4 && c_len <= 2 && in_year(b) && in_year(c))
            || (a_len <= 2 && matches!(c_len, 2 | 4) && in_year(a) && in_year(b)))
        && (a_len == 4 || a <= 12 || b <= 12);
    is_day.then_some([a, b, c])
}

fn is_date(text: &str) -> bool {
    date_parts(text.trim_end_matches('.')).is_some()
        || has_month_name(text)
        || is_compact_date(text)
}

fn is_compact_date(text: &str) -> bool {
    text.len() == 8
        && is_digits(text)
        && (text.starts_with("19") || text.starts_with("20"))
        && ("01"..="12").contains(&&text[4..6])
        && ("01"..="31").contains(&&text[6..8])
}

/// `4 Mar 2025`, `Mar 4, 2025`, `04-Mar-25`.
fn has_month_name(text: &str) -> bool {
    const MONTHS: [&str; 14] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mai",
        "okt",
    ];
    let parts: Vec<&str> = text
        .split([' ', '-', '.', ',', '/'])
        .filter(|part| !part.is_empty())
        .collect();
    let is_month = |part: &&&str| {
        part.get(..3).is_some_and(|start| {
            part.chars().all(char::is_alphabetic)
                && part.len() <= 9
                && MONTHS.iter().any(|month| month.eq_ignore_ascii_case(start))
        })
    };
    let numbers = parts
        .iter()
        .filter(|part| is_digits(part) && part.len() <= 4);
    matches!(parts.len(), 2 | 3)
        && parts.iter().filter(is_month).count() == 1
        && numbers.count() == parts.len() - 1
}

fn is_time(text: &str) -> bool {
    let text = text.trim();
    let text = ["AM", "PM", "am", "pm"]
        .into_iter()
        .find_map(|half| text.strip_suffix(half))
        .map_or(text, str::trim_end);
    let text = text.strip_suffix('Z').unwrap_or(text);
    let text = match text.rfind(['+', '-']) {
        Some(at)
            if at > 0
                && text[at + 1..]
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b == b':') =>
        {
            &text[..at]
        }
        _ => text,
    };
    let mut parts = text.trim_end().split(':');
    let hours = parts
        .next()
        .is_some_and(|part| is_digits(part) && part.len() <= 3);
    let minutes = parts
        .next()
        .is_some_and(|part| part.len() == 2 && is_digits(part) && part < "60");
    let seconds = parts.next().is_none_or(|part| {
        let (whole, fraction) = part.split_once(['.', ',']).unwrap_or((part, "0"));
        whole.len() == 2 && is_digits(whole) && is_digits(fraction)
    });
    hours && minutes && seconds && parts.next().is_none()
}

/// Whether a text can be one e-mail address.
pub(crate) fn is_email(text: &str) -> bool {
    match text.split_once('@') {
        Some((local, domain)) => {
            let is_name = |c: char| c.is_alphanumeric() || "._%+-'".contains(c);
            !local.is_empty()
                && local.chars().all(is_name)
                && domain.contains('.')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
                && domain
                    .chars()
                    .all(|c| c.is_alphanumeric() || c == '.' || c == '-')
        }
        None => false,
    }
}

fn is_url(text: &str) -> bool {
    let rest = ["http://", "https://", "ftp://", "www."]
        .iter()
        .find_map(|start| text.strip_prefix(start));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

fn is_structure(text: &str) -> bool {
    (text.starts_with('{') && text.ends_with('}')) || (text.starts_with('[') && text.ends_with(']'))
}

/// Words and texts, by the share of letters and digits and the pairing of brackets and quotation marks.
fn words(cell: &str) -> Kind {
    let (mut letters, mut digits, mut spaces, mut others, mut marks) = (0_usize, 0, 0, 0, 0);
    let mut depth = 0_i32;
    let mut pairs = true;
    for c in cell.chars() {
        match c {
            _ if c.is_alphabetic() => letters += 1,
            _ if c.is_numeric() => digits += 1,
            _ if c.is_whitespace() => spaces += 1,
            '_' | '-' => marks += 1,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth -= 1;
                pairs &= depth >= 0;
            }
            _ => others += 1,
        }
    }
    let quotes = cell.bytes().filter(|b| *b == b'"').count();
    let torn = depth != 0 || !pairs || quotes % 2 == 1;
    let is_code = letters + digits + marks > 0 && spaces == 0 && depth == 0;
    if torn || letters + digits + marks <= others || (letters == 0 && digits == 0) {
        Kind::Odd
    } else if letters > 0 && digits + spaces + others + marks == 0 {
        Kind::Word
    } else if is_code && others <= 1 && starts_plain(cell) {
        Kind::Code
    } else if starts_plain(cell) && letters > 0 {
        Kind::Text
    } else {
        Kind::Odd
    }
}

/// A text begins with a letter, a digit or an opening mark, not with what separates things.
fn starts_plain(cell: &str) -> bool {
    cell.starts_with(|c: char| {
        c.is_alphanumeric()
            || matches!(
                c,
                '"' | '\''
                    | '('
                    | '['
                    | '«'
                    | '“'
                    | '„'
                    | '<'
                    | '*'
                    | '@'
                    | '+'
                    | '¿'
                    | '¡'
                    | '—'
                    | '–'
                    | '/'
                    | '\\'
                    | '_'
            )
            || !c.is_ascii()
    })
}
