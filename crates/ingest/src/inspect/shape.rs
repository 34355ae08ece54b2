//! How well the values of a column fit what a field holds.

use std::collections::HashSet;

use super::column::number;
use crate::sheet::dialect::kind::{Kind, is_email, kind};
use crate::sheet::dialect::share;
use crate::source::Shape;

/// How much a fit says: e-mail addresses are hardly ever anything else, texts may be anything.
struct Fit {
    /// From 0 to 1, where every value fits.
    weight: f64,
    /// What is taken away where no value fits.
    against: f64,
    /// The values in words, after "98 of 100 values are".
    words: &'static str,
    fits: fn(&str, Shape) -> bool,
}

/// How well values speak for a shape, from -1 to 1, and why.
pub(crate) fn likeness(values: &[String], shape: Shape) -> (f64, Option<String>) {
    if values.is_empty() {
        return (0.0, None);
    }
    let fit = fit(shape);
    let fitting = values
        .iter()
        .filter(|value| (fit.fits)(value, shape))
        .count();
    let part = share(fitting, values.len());
    let mut score = if part >= 0.5 {
        fit.weight * part
    } else {
        -fit.against * (1.0 - part)
    };
    if matches!(shape, Shape::Identifier) && part >= 0.5 {
        // Ids of the file's own things differ from row to row.
        let different: HashSet<&String> = values.iter().collect();
        score *= 0.5 + 0.5 * share(different.len(), values.len());
    }
    let reason =
        (part >= 0.5).then(|| format!("{fitting} of {} values are {}", values.len(), fit.words));
    let reason = reason.or_else(|| {
        (fit.against > 0.5).then(|| {
            format!(
                "only {fitting} of {} values are {}",
                values.len(),
                fit.words
            )
        })
    });
    (score, reason)
}

fn fit(shape: Shape) -> Fit {
    let of = |weight, against, words, fits| Fit {
        weight,
        against,
        words,
        fits,
    };
    match shape {
        Shape::Email => of(1.0, 1.0, "e-mail addresses", |value, _| is_email(value)),
        Shape::Instant => of(0.85, 1.0, "dates or times", |value, _| is_when(value)),
        Shape::Integer { .. } => of(0.5, 0.9, "whole numbers in its range", is_integer),
        Shape::Decimal { .. } => of(0.45, 0.9, "numbers in its range", is_decimal),
        Shape::Rating => of(0.5, 0.9, "numbers from 0 to 5", is_rating),
        Shape::OneOf(_) => of(1.0, 0.7, "of its words", is_one_of),
        Shape::Level => of(1.0, 1.0, "levels from A1 to C2", is_level),
        Shape::Url => of(0.9, 1.0, "links", |value, _| kind(value) == Kind::Url),
        Shape::Json => of(0.9, 0.6, "JSON objects", |value, _| {
            value.starts_with('{') && kind(value) == Kind::Structure
        }),
        Shape::List => of(0.35, 0.1, "lists", |value, _| {
            value.contains([',', ';']) || value.starts_with('[')
        }),
        Shape::SdgGoals => of(0.5, 0.8, "numbers of goals", is_goals),
        Shape::Identifier => of(0.45, 0.8, "ids", |value, _| {
            matches!(
                kind(value),
                Kind::Code | Kind::Integer | Kind::Word | Kind::Email
            )
        }),
        Shape::Text { .. } => of(0.3, 0.3, "texts", |value, _| {
            matches!(
                kind(value),
                Kind::Text | Kind::Word | Kind::Code | Kind::Odd
            )
        }),
    }
}

fn is_when(value: &str) -> bool {
    matches!(kind(value), Kind::Date | Kind::Instant)
}

fn in_range(value: &str, shape: Shape) -> bool {
    let (Shape::Integer { min, max } | Shape::Decimal { min, max }) = shape else {
        return false;
    };
    #[expect(clippy::cast_precision_loss, reason = "ranges are far below 2^52")]
    number(value).is_some_and(|number| (min as f64..=max as f64).contains(&number))
}

fn is_integer(value: &str, shape: Shape) -> bool {
    let value = value.strip_suffix(" min").unwrap_or(value);
    kind(value) == Kind::Integer && in_range(value, shape)
}

fn is_decimal(value: &str, shape: Shape) -> bool {
    let value = value.trim_end_matches('%').trim_end();
    matches!(kind(value), Kind::Integer | Kind::Decimal) && in_range(value, shape)
}

fn is_rating(value: &str, _: Shape) -> bool {
    let value = value.split('/').next().unwrap_or("").trim();
    number(value).is_some_and(|number| (0.0..=5.0).contains(&number))
}

fn is_one_of(value: &str, shape: Shape) -> bool {
    let Shape::OneOf(words) = shape else {
        return false;
    };
    let plain = |text: &str| text.to_lowercase().replace([' ', '_'], "-");
    let value = plain(value);
    words.iter().any(|word| plain(word) == value)
}

fn is_level(value: &str, _: Shape) -> bool {
    let bytes = value.as_bytes();
    matches!(bytes, [b'A'..=b'C' | b'a'..=b'c', b'1' | b'2'] | [b'A'..=b'C' | b'a'..=b'c', b'1' | b'2', b'+'])
}

fn is_goals(value: &str, _: Shape) -> bool {
    value
        .split([',', ';', ' ', '[', ']'])
        .filter(|part| !part.is_empty())
        .all(|part| {
            part.trim_start_matches("SDG")
                .parse::<u8>()
                .is_ok_and(|goal| (1..=17).contains(&goal))
        })
}
