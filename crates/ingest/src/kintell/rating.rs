//! Ratings and the scale they are on. The scale belongs to the file and is never guessed row by row.

use contracts::event::value::RatingScale;
use rust_decimal::Decimal;

use crate::sheet::file_error::FileError;

/// The decimals of a stored rating.
const DECIMALS: u32 = 4;

/// The scale that an uploader names: `0-1` or `1-5`, or the word that is stored for it.
#[must_use]
pub fn find_scale(name: &str) -> Option<RatingScale> {
    RatingScale::ALL
        .iter()
        .copied()
        .find(|scale| [scale_name(*scale), scale.as_str()].contains(&name.trim()))
}

/// The scale as people write it.
#[must_use]
pub fn scale_name(scale: RatingScale) -> &'static str {
    match scale {
        RatingScale::ZeroToOne => "0-1",
        RatingScale::OneToFive => "1-5",
    }
}

/// The rating from 0 to 1: as given, or `(r − 1) / 4`, so 4 of 5 is 0.75; none outside the scale.
///
/// Exact up to four decimals and rounded there, half to even: what is compared is what is stored.
#[must_use]
pub fn normalise(rating: Decimal, scale: RatingScale) -> Option<Decimal> {
    let normalised = match scale {
        RatingScale::ZeroToOne => rating,
        RatingScale::OneToFive => (rating - Decimal::ONE) / Decimal::from(4),
    };
    let inside = (Decimal::ZERO..=Decimal::ONE).contains(&normalised);
    inside.then(|| normalised.round_dp(DECIMALS).normalize())
}

/// How many ratings of a file lie where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RatingEvidence {
    /// From 0 to 1: fits both scales or only the first.
    pub up_to_one: u64,
    /// Above 1, up to 5: only on the scale from 1 to 5.
    pub above_one: u64,
    /// On neither scale; proves nothing.
    pub outside: u64,
}

impl RatingEvidence {
    /// Takes in a rating cell. Empty cells and texts count nowhere.
    pub fn add(&mut self, cell: &str) {
        match parse_rating(cell.trim()) {
            Some(r) if (Decimal::ZERO..=Decimal::ONE).contains(&r) => self.up_to_one += 1,
            Some(r) if r > Decimal::ONE && r <= Decimal::from(5) => self.above_one += 1,
            Some(_) => self.outside += 1,
            None => {}
        }
    }

    /// The scale of the file: as declared, else 1–5 where any rating is above 1; none where there are no ratings.
    ///
    /// # Errors
    /// [`FileError::RatingScaleNeeded`] when nothing is declared and every rating would fit both scales.
    pub fn scale(&self, declared: Option<RatingScale>) -> Result<Option<RatingScale>, FileError> {
        if declared.is_some() {
            Ok(declared)
        } else if self.above_one > 0 {
            Ok(Some(RatingScale::OneToFive))
        } else if self.up_to_one > 0 {
            Err(FileError::RatingScaleNeeded)
        } else {
            // Numbers such as 85 are refused row by row on either scale.
            Ok((self.outside > 0).then_some(RatingScale::OneToFive))
        }
    }
}

/// A plain decimal number with point or comma; exact, or none.
pub(crate) fn parse_rating(text: &str) -> Option<Decimal> {
    if let [digit @ b'0'..=b'9'] = text.as_bytes() {
        return Some(Decimal::from(digit - b'0'));
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','));
    if !plain {
        return None;
    }
    Decimal::from_str_exact(&text.replace(',', ".")).ok()
}
