//! Rules for single cells beyond those of sessions. Each takes a trimmed text and gives the value or what is wrong.

use std::str::FromStr;

use contracts::event::value::{Label, SdgGoal};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::kintell::field::{self, Fault};
use crate::kintell::mapping::MappingOptions;
use crate::kintell::rating::parse_rating;
use crate::sheet::header::tidy;
use crate::sheet::row_error::ErrorCode;

/// Clocks differ; what lies this little ahead has been.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// Characters of JSON in one cell.
const JSON_LIMIT: usize = 20_000;
/// Characters of a list in one cell.
const LIST_LIMIT: usize = 20_000;
/// Characters of a link.
const URL_LIMIT: usize = 2_000;

/// A moment, as in sessions files.
pub(crate) fn instant(text: &str, options: &MappingOptions) -> Result<Timestamp, Fault> {
    field::date(text, &options.zone, options.now).map(|when| when.at)
}

/// A moment that has been.
pub(crate) fn past(text: &str, options: &MappingOptions) -> Result<Timestamp, Fault> {
    let at = instant(text, options)?;
    refuse_future(at, options)
}

fn refuse_future(at: Timestamp, options: &MappingOptions) -> Result<Timestamp, Fault> {
    let latest = options.now.saturating_add(SKEW).unwrap_or(options.now);
    if at > latest {
        return Err(Fault::new(
            ErrorCode::Future,
            "The date lies in the future, but tells of what has been",
        ));
    }
    Ok(at)
}

/// A day as `Dec 14, 2025`, or a moment as in other files; it has been.
pub(crate) fn english_day(text: &str, options: &MappingOptions) -> Result<Timestamp, Fault> {
    let Ok(day) = Date::strptime("%b %d, %Y", text).or_else(|_| Date::strptime("%B %d, %Y", text))
    else {
        return past(text, options);
    };
    past(&day.to_string(), options)
}

/// A UUID, in lower case with hyphens.
pub(crate) fn uuid(text: &str) -> Result<String, Fault> {
    Uuid::try_parse(text)
        .map(|id| id.to_string())
        .map_err(|_| Fault::new(ErrorCode::Identifier, "The id is not a UUID"))
}

/// One of `words`, whatever its case and whether its parts are joined by blanks, hyphens or underscores.
pub(crate) fn word<T: FromStr>(text: &str, words: &[&str]) -> Result<T, Fault> {
    let plain = |text: &str| text.to_lowercase().replace([' ', '-'], "_");
    let wanted = plain(text);
    let known = words.iter().find(|word| plain(word) == wanted);
    known.and_then(|word| word.parse().ok()).ok_or_else(|| {
        let reason = format!("The value is none of {}", words.join(", "));
        Fault::new(ErrorCode::Choice, reason)
    })
}

/// A whole number from `min` to `max`.
pub(crate) fn integer(text: &str, min: i64, max: i64) -> Result<i64, Fault> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    // Spreadsheets write whole numbers as 30.0.
    let whole = digits.strip_suffix(".0").unwrap_or(digits);
    let is_whole = !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit());
    let number = text.strip_suffix(".0").unwrap_or(text).parse::<i64>();
    match number {
        Ok(number) if is_whole && (min..=max).contains(&number) => Ok(number),
        _ if is_whole => Err(Fault::new(
            ErrorCode::Number,
            format!("The number lies outside {min} to {max}"),
        )),
        _ => Err(Fault::new(
            ErrorCode::Number,
            "The value is not a whole number",
        )),
    }
}

/// A number from `min` to `max`, with decimal point or comma.
pub(crate) fn decimal(text: &str, min: i64, max: i64) -> Result<f64, Fault> {
    let text = text.strip_suffix('%').map_or(text, str::trim_end);
    let Some(number) = parse_rating(text) else {
        return Err(Fault::new(ErrorCode::Number, "The value is not a number"));
    };
    let inside = (Decimal::from(min)..=Decimal::from(max)).contains(&number);
    number.to_f64().filter(|_| inside).ok_or_else(|| {
        Fault::new(
            ErrorCode::Number,
            format!("The number lies outside {min} to {max}"),
        )
    })
}

/// A term that names a thing and gives no contact.
pub(crate) fn label<const MAX: usize>(text: &str) -> Result<Label<MAX>, Fault> {
    let text = field::short_text(text, MAX)?;
    Label::new(text).map_err(|error| Fault::new(ErrorCode::Text, format!("The value {error}")))
}

/// Items of a list: a JSON array of texts and numbers, or separated by commas; empty items fall out.
pub(crate) fn list(text: &str) -> Result<Vec<String>, Fault> {
    let text = field::long_text(text, LIST_LIMIT)?;
    let items: Vec<String> = if text.starts_with('[') {
        let wrong = || Fault::new(ErrorCode::Json, "The list is not a JSON array of texts");
        let items: Vec<Value> = serde_json::from_str(&text).map_err(|_| wrong())?;
        let plain = |item| match item {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(wrong()),
        };
        items.into_iter().map(plain).collect::<Result<_, _>>()?
    } else {
        text.split([',', ';', '|']).map(str::to_owned).collect()
    };
    let tidied = items.iter().map(|item| tidy(item).to_owned());
    Ok(tidied.filter(|item| !item.is_empty()).collect())
}

/// Terms of a list, at most `limit`.
pub(crate) fn labels<const MAX: usize>(text: &str, limit: usize) -> Result<Vec<Label<MAX>>, Fault> {
    let items = list(text)?;
    if items.len() > limit {
        let reason = format!("The list has {} items, the limit is {limit}", items.len());
        return Err(Fault::new(ErrorCode::Text, reason));
    }
    items.iter().map(|item| label(item)).collect()
}

/// Goals for sustainable development, each once, in order.
pub(crate) fn goals(text: &str) -> Result<Vec<SdgGoal>, Fault> {
    let mut goals = Vec::new();
    for item in list(text)? {
        let number = item
            .strip_prefix("SDG")
            .map_or(item.as_str(), str::trim_start);
        let goal = integer(number, 1, 17)?;
        goals.extend(SdgGoal::new(goal).ok());
    }
    goals.sort_unstable();
    goals.dedup();
    Ok(goals)
}

/// A JSON object.
pub(crate) fn json_object(text: &str) -> Result<Map<String, Value>, Fault> {
    match field::metadata(text, JSON_LIMIT) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Fault::new(
            ErrorCode::Json,
            "The value is JSON, but not an object",
        )),
        Err(fault) if fault.code == ErrorCode::Text && text.len() <= JSON_LIMIT => {
            Err(Fault::new(ErrorCode::Json, "The value is no JSON object"))
        }
        Err(fault) => Err(fault),
    }
}

/// A link over http or https; one without its scheme is over https.
pub(crate) fn url(text: &str) -> Result<String, Fault> {
    let text = field::short_text(text, URL_LIMIT)?;
    let whole = if text.contains("://") {
        text
    } else {
        format!("https://{text}")
    };
    let rest = whole
        .strip_prefix("https://")
        .or_else(|| whole.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    let is_host = host.is_some_and(|host| {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        name.contains('.')
            && !name.starts_with('.')
            && !name.ends_with('.')
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '.')
    });
    if is_host && !whole.contains(char::is_whitespace) {
        Ok(whole)
    } else {
        Err(Fault::new(ErrorCode::Url, "The value is not a web address"))
    }
}
