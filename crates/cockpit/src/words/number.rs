//! Numbers as people read them.

use rust_decimal::{Decimal, RoundingStrategy};

/// A whole number with its thousands apart: `12,870`.
#[must_use]
pub fn count(number: u64) -> String {
    group(&number.to_string())
}

/// A decimal rounded half away from zero to `places`, thousands apart: `1,204.5`.
#[must_use]
pub fn decimal(number: Decimal, places: u32) -> String {
    let rounded = number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    let text = format!("{:.1$}", rounded.abs(), places as usize);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if rounded.is_sign_negative() && !rounded.is_zero() {
        "\u{2212}"
    } else {
        ""
    };
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{dot}{fraction}", group(whole))
}

/// A decimal with every place it has: `492`, `1,204.25`.
#[must_use]
pub fn exact(number: Decimal) -> String {
    decimal(number, number.normalize().scale())
}

/// The number and its noun: `1 row`, `27 rows`.
#[must_use]
pub fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A file's size with one decimal: `1.4 MB` (powers of ten).
#[must_use]
pub fn bytes(size: u64) -> String {
    for (unit, scale) in [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)] {
        if size >= scale {
            return format!(
                "{} {unit}",
                decimal(Decimal::from(size) / Decimal::from(scale), 1)
            );
        }
    }
    plural(size, "byte", "bytes")
}

fn group(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
