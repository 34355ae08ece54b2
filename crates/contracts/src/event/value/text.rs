//! Short texts that name things, never people: events carry no free text.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::ValueError;

/// An address, a link, a phone number or a personal number, as a pattern for
/// readers of the schema; `gives_contact` says the same in code.
const CONTACT_PATTERN: &str = r"\S@\S|://|[0-9]{9}|\+[ .()-]*([0-9][ .()-]*){8}";

/// A name out of a catalogue or a list of terms: a course, a skill, a topic, a
/// city. At most `MAX` characters, no control characters, and nothing by which
/// a person could be reached (address, link, phone or personal number).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label<const MAX: usize>(String);

impl<const MAX: usize> Label<MAX> {
    /// Wraps a text; an error when it is blank, too long or gives a contact.
    pub fn new(text: impl Into<String>) -> Result<Self, ValueError> {
        let text = text.into();
        if text.trim().is_empty() || text.chars().count() > MAX {
            return Err(ValueError(
                format!("must be a text of 1 to {MAX} characters").into(),
            ));
        }
        if text.chars().any(char::is_control) {
            return Err(ValueError("must hold no control character".into()));
        }
        if gives_contact(&text) {
            return Err(ValueError(
                "must give no address, link or number of a person".into(),
            ));
        }
        Ok(Self(text))
    }

    /// The bare text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for Label<MAX> {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        Self::new(text)
    }
}

impl<const MAX: usize> From<Label<MAX>> for String {
    fn from(label: Label<MAX>) -> String {
        label.0
    }
}

impl<const MAX: usize> JsonSchema for Label<MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Label{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": MAX,
            "pattern": r"^\P{Cc}*[^\s\p{Cc}]\P{Cc}*$",
            "not": { "pattern": CONTACT_PATTERN },
        })
    }
}

fn gives_contact(text: &str) -> bool {
    let solid = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
    let address = text.char_indices().any(|(at, c)| {
        c == '@' && solid(text[..at].chars().next_back()) && solid(text[at + 1..].chars().next())
    });
    let long_number = text
        .split(|c: char| !c.is_ascii_digit())
        .any(|digits| digits.len() >= 9);
    let phone = text.split('+').skip(1).any(|rest| {
        rest.chars()
            .filter(|c| !" .()-".contains(*c))
            .take(8)
            .filter(char::is_ascii_digit)
            .count()
            == 8
    });
    address || text.contains("://") || long_number || phone
}

macro_rules! tokens {
    ($($(#[$doc:meta])* $name:ident, $check:ident, $pattern:literal, $rule:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Wraps a text; an error when it has not the form.
            pub fn new(text: impl Into<String>) -> Result<Self, ValueError> {
                let text = text.into();
                if $check(&text) {
                    Ok(Self(text))
                } else {
                    Err(ValueError(Cow::Borrowed(concat!("must be ", $rule))))
                }
            }

            /// The bare text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = ValueError;

            fn try_from(text: String) -> Result<Self, ValueError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(token: $name) -> String {
                token.0
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    )+};
}

tokens! {
    /// An id that another system gave to a thing (a session, a course), never
    /// to a person: ids of people live in the vault.
    ExternalRef, is_external_ref, r"^[!-?A-~]{1,128}$",
        "1 to 128 ASCII characters without spaces and without @";
    /// A company's or a source's short name in addresses.
    Slug, is_slug, r"^[a-z0-9][a-z0-9-]{0,62}$",
        "1 to 63 lower-case letters, digits and hyphens, none in front";
    /// The name of a field, a question or an event type.
    FieldName, is_field_name, r"^[A-Za-z][A-Za-z0-9_.]{0,63}$",
        "a letter and up to 63 letters, digits, underscores and dots";
    /// A reporting period: a year (`2026`), a quarter (`2026-Q1`), a month
    /// (`2026-01`) or the year to date (`2026-YTD`).
    PeriodKey, is_period_key, r"^[0-9]{4}(-(Q[1-4]|0[1-9]|1[0-2]|YTD))?$",
        "a period such as 2026, 2026-Q1, 2026-01 or 2026-YTD";
}

fn is_external_ref(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'@')
}

fn is_slug(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_field_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.')
}

fn is_period_key(text: &str) -> bool {
    let (year, part) = text
        .split_once('-')
        .map_or((text, None), |(y, p)| (y, Some(p)));
    let part_known = part.is_none_or(|part| {
        matches!(
            part.as_bytes(),
            b"YTD" | [b'Q', b'1'..=b'4'] | [b'0', b'1'..=b'9'] | [b'1', b'0'..=b'2']
        )
    });
    year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) && part_known
}
