//! The sentences that code has to put together: numbers, dates, plurals and
//! comparisons, in English. Words that never change stand in the templates.
//! A translation replaces this module and the text of the templates.

mod measure;
mod number;
mod programme;
mod time;

pub use measure::{
    Comparison, Trend, comparison, division, formula, label, rating_in_stars, takeaway, unit,
};
pub use number::{bytes, count, decimal, exact, plural};
pub use programme::programme;
pub use time::{date, instant, month, month_and_year, zone_name};

#[cfg(test)]
mod tests;
