//! A column being read: a sample of its values, and what all of them say about dates and numbers.

use super::date::DateEvidence;

/// Values of a column that are kept to see their shape.
const SAMPLE: usize = 1_000;
/// Bytes of a value that are kept.
const LONGEST: usize = 256;

#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Values that are not blank, from the beginning of the file, long ones cut.
    pub(crate) values: Vec<String>,
    pub(crate) dates: DateEvidence,
    /// The largest number.
    pub(crate) most: Option<f64>,
}

impl Column {
    pub(crate) fn named(name: String) -> Self {
        Self {
            name,
            values: Vec::new(),
            dates: DateEvidence::default(),
            most: None,
        }
    }

    pub(crate) fn add(&mut self, value: &str) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        if self.values.len() < SAMPLE {
            let mut end = value.len().min(LONGEST);
            while !value.is_char_boundary(end) {
                end -= 1;
            }
            self.values.push(value[..end].to_owned());
        }
        if value.len() <= 32 {
            self.dates.add(value);
            if let Some(number) = number(value) {
                self.most = Some(self.most.map_or(number, |most| most.max(number)));
            }
        }
    }
}

/// A number with a point or a comma.
pub(crate) fn number(text: &str) -> Option<f64> {
    if !text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',' | b'-' | b'+'))
    {
        return None;
    }
    text.replace(',', ".").parse().ok()
}
