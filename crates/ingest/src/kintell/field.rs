//! Rules for single cells. Each takes a trimmed text and gives the value or what is wrong with it.

use std::borrow::Cow;

use contracts::event::value::{CefrLevel, Label, List, RatingScale, SessionType, ValueError};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::Value;

use super::mapping::Topics;
use super::rating::{normalise, parse_rating, scale_name};
use crate::sheet::header::tidy;
use crate::sheet::row_error::ErrorCode;

/// What is wrong with a cell; never repeats the value.
pub(crate) struct Fault {
    pub(crate) code: ErrorCode,
    pub(crate) reason: Cow<'static, str>,
}

impl Fault {
    pub(crate) fn new(code: ErrorCode, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }
}

fn fault<T>(code: ErrorCode, reason: impl Into<Cow<'static, str>>) -> Result<T, Fault> {
    Err(Fault {
        code,
        reason: reason.into(),
    })
}

const LOOKS_WRONG: &str = "This is not an e-mail address";

/// An address in lower case. The check is of form only: one `@`, a dotted domain, no blanks or brackets.
pub(crate) fn email(text: &str) -> Result<String, Fault> {
    // RFC 5321: 64 before the @, 254 in all.
    let Some((local, domain)) = text.rsplit_once('@') else {
        return fault(ErrorCode::Email, LOOKS_WRONG);
    };
    let fits = text.len() <= 254 && (1..=64).contains(&local.len());
    if fits && is_local_part(local) && is_domain(domain) {
        Ok(if text.is_ascii() {
            text.to_ascii_lowercase()
        } else {
            text.to_lowercase()
        })
    } else {
        fault(ErrorCode::Email, LOOKS_WRONG)
    }
}

fn is_local_part(local: &str) -> bool {
    let allowed = |c: char| !c.is_whitespace() && !c.is_control() && !"@\"`(),:;<>[\\]".contains(c);
    local.chars().all(allowed)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c == '-' || c.is_alphanumeric())
    };
    let top = domain.rsplit('.').next().unwrap_or("");
    domain.contains('.')
        && domain.split('.').all(is_label)
        && top.chars().count() >= 2
        && !top.chars().all(|c| c.is_ascii_digit())
}

/// A short text without control characters.
pub(crate) fn short_text(text: &str, limit: usize) -> Result<String, Fault> {
    if text.chars().any(char::is_control) {
        return fault(
            ErrorCode::ControlCharacter,
            "The value holds a control character",
        );
    }
    within(text, limit)?;
    Ok(text.to_owned())
}

/// A text of any number of lines.
pub(crate) fn long_text(text: &str, limit: usize) -> Result<String, Fault> {
    if has_control(text) {
        return fault(
            ErrorCode::ControlCharacter,
            "The text holds a control character",
        );
    }
    within(text, limit)?;
    Ok(text.to_owned())
}

fn has_control(text: &str) -> bool {
    // No byte of other characters is below a blank; 0xC2 begins the rarer controls, but other signs too.
    let may_have = text.bytes().any(|b| b < b' ' || b == 0x7f || b == 0xc2);
    may_have
        && text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

fn within(text: &str, limit: usize) -> Result<(), Fault> {
    // A text has at most as many characters as bytes, so most need no counting.
    if text.len() <= limit {
        return Ok(());
    }
    let count = text.chars().count();
    if count <= limit {
        Ok(())
    } else {
        fault(
            ErrorCode::Text,
            format!("The text has {count} characters, the limit is {limit}"),
        )
    }
}

/// An id given by the source system. Addresses are refused: ids are kept in clear.
pub(crate) fn external_id(text: &str, limit: usize) -> Result<String, Fault> {
    if text.contains('@') {
        return fault(ErrorCode::Text, "The id holds an e-mail address");
    }
    short_text(text, limit)
}

/// A list separated by commas; empty items fall out.
pub(crate) fn topics(text: &str, limit: usize) -> Result<Topics, Fault> {
    if has_control(text) {
        return fault(
            ErrorCode::ControlCharacter,
            "The text holds a control character",
        );
    }
    within(text, limit)?;
    let items = text
        .split(',')
        .map(tidy)
        .filter(|item| !item.is_empty())
        .map(Label::new);
    let refused = |what: &str, error: ValueError| Fault {
        code: ErrorCode::Text,
        reason: format!("{what} {error}").into(),
    };
    let labels: Result<Vec<_>, ValueError> = items.collect();
    let labels = labels.map_err(|error| refused("A topic", error))?;
    List::new(labels).map_err(|error| refused("The list", error))
}

/// The programme that a free description names.
pub(crate) fn session_type(text: &str) -> Result<SessionType, Fault> {
    let contains = |word: &str| {
        text.as_bytes()
            .windows(word.len())
            .any(|w| w.eq_ignore_ascii_case(word.as_bytes()))
    };
    if contains("language") {
        Ok(SessionType::Language)
    } else if contains("mentor") {
        Ok(SessionType::Mentorship)
    } else {
        fault(
            ErrorCode::SessionType,
            "The type names neither language sessions nor mentorship",
        )
    }
}

/// Whole minutes, 1 to 480.
pub(crate) fn duration(text: &str) -> Result<u16, Fault> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u16>() {
        Ok(minutes @ 1..=480) if digits => Ok(minutes),
        _ if digits => fault(
            ErrorCode::Duration,
            "The duration lies outside 1 to 480 minutes",
        ),
        _ => fault(
            ErrorCode::Duration,
            "The duration is not a whole number of minutes",
        ),
    }
}

/// A level of the Common European Framework.
pub(crate) fn level(text: &str) -> Result<CefrLevel, Fault> {
    match CefrLevel::ALL
        .iter()
        .copied()
        .find(|level| level.as_str().eq_ignore_ascii_case(text))
    {
        Some(level) => Ok(level),
        None => fault(
            ErrorCode::LanguageLevel,
            "The level is none of A1, A2, B1, B2, C1, C2",
        ),
    }
}

/// A rating on the scale of the file, as a decimal from 0 to 1.
pub(crate) fn rating(
    text: &str,
    scale: Option<RatingScale>,
) -> Result<rust_decimal::Decimal, Fault> {
    let Some(given) = parse_rating(text) else {
        return fault(ErrorCode::Rating, "The rating is not a number");
    };
    let Some(scale) = scale else {
        return fault(ErrorCode::Rating, "The scale of the rating is not known");
    };
    match normalise(given, scale) {
        Some(rating) => Ok(rating),
        None => fault(
            ErrorCode::Rating,
            format!(
                "The rating lies outside the file's scale {}",
                scale_name(scale)
            ),
        ),
    }
}

/// A JSON object.
pub(crate) fn metadata(text: &str, limit: usize) -> Result<Value, Fault> {
    within(text, limit)?;
    match serde_json::from_str::<Value>(text) {
        Ok(value @ Value::Object(_)) if !has_nul(&value) => Ok(value),
        // The database cannot hold a NUL in JSON.
        Ok(Value::Object(_)) => fault(
            ErrorCode::ControlCharacter,
            "The metadata holds a NUL character",
        ),
        Ok(_) => fault(ErrorCode::Text, "The metadata is JSON, but not an object"),
        Err(_) => fault(ErrorCode::Text, "The metadata is not JSON"),
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members
            .iter()
            .any(|(name, item)| name.contains('\0') || has_nul(item)),
        _ => false,
    }
}

/// The length of a date without a time.
const DAY: usize = "2026-03-15".len();

/// A point in time, or a whole day.
#[derive(Clone, Copy)]
pub(crate) struct When {
    pub(crate) at: Timestamp,
    pub(crate) day_only: Option<Date>,
}

const NOT_ISO: &str =
    "The date is not in ISO 8601 form; day and month could be confused in any other";
const NO_SUCH: &str = "There is no such date or time";
const TOO_FAR: &str = "The date lies more than ten years away from today";

/// ISO 8601 with a zone, or without one in `zone`; a date alone is the beginning of that day there. A local time that
/// a clock change skips or repeats is read as RFC 5545 does: pushed forward, or the first of the two.
pub(crate) fn date(text: &str, zone: &TimeZone, now: Timestamp) -> Result<When, Fault> {
    if !begins_like_iso(text) {
        return fault(ErrorCode::Date, NOT_ISO);
    }
    let Some(when) = parse_date(text, zone) else {
        return fault(ErrorCode::Date, NO_SUCH);
    };
    let ten_years = Span::new().hours(10 * 8_766);
    let near = now
        .checked_sub(ten_years)
        .is_ok_and(|first| when.at >= first)
        && now.checked_add(ten_years).is_ok_and(|last| when.at <= last);
    if near {
        Ok(when)
    } else {
        fault(ErrorCode::Date, TOO_FAR)
    }
}

/// Four digits, two, two, joined by hyphens.
fn begins_like_iso(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= DAY
        && bytes[..DAY]
            .iter()
            .enumerate()
            .all(|(place, byte)| match place {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            })
}

fn parse_date(text: &str, zone: &TimeZone) -> Option<When> {
    if text.len() == DAY {
        let day: Date = text.parse().ok()?;
        let at = day.to_zoned(zone.clone()).ok()?.timestamp();
        return Some(When {
            at,
            day_only: Some(day),
        });
    }
    let at = match text.parse::<Timestamp>() {
        Ok(at) => at,
        Err(_) => zone.to_timestamp(text.parse::<DateTime>().ok()?).ok()?,
    };
    Some(When { at, day_only: None })
}
