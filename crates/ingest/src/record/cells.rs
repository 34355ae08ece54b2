//! The cells of one row by the names of their fields, and the faults found in them so far.

use std::str::FromStr;

use contracts::event::value::{Count, Label, PositiveInt, Rate, SdgGoal};
use jiff::Timestamp;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value};

use super::draft::{PersonRef, Place};
use super::rule;
use crate::kintell::field::{self, Fault};
use crate::kintell::mapping::MappingOptions;
use crate::sheet::row_error::{ErrorCode, RowError};
use crate::source::{Shape, Source};
use platform::vault::IdentifierKind;

/// Items of a list that is kept as terms.
pub(crate) const TERMS: usize = 32;

/// One row on its way through a mapping.
pub(crate) struct Cells<'a> {
    source: Source,
    options: &'a MappingOptions,
    line: u64,
    /// Trimmed texts in the order of the source's fields.
    texts: &'a [&'a str],
    errors: Vec<RowError>,
}

impl<'a> Cells<'a> {
    /// `texts` are trimmed and in the order of [`Source::fields`]; empty where there is nothing.
    pub(crate) fn new(
        source: Source,
        options: &'a MappingOptions,
        line: u64,
        texts: &'a [&'a str],
    ) -> Self {
        Self {
            source,
            options,
            line,
            texts,
            errors: Vec::new(),
        }
    }

    /// What was made of the row, unless anything is wrong with it.
    pub(crate) fn end<T>(self, made: Option<T>) -> Result<T, Vec<RowError>> {
        match made {
            Some(made) if self.errors.is_empty() => Ok(made),
            _ => Err(self.errors),
        }
    }

    /// The trimmed text of a field; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &'a str {
        let fields = self.source.fields();
        let place = fields.iter().position(|field| field.name == name);
        place
            .and_then(|place| self.texts.get(place).copied())
            .unwrap_or_default()
    }

    /// Whether a field has a value.
    pub(crate) fn has(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// The scale of the row's ratings.
    pub(crate) fn scale(&self) -> contracts::event::value::RatingScale {
        self.options
            .rating_scale
            .unwrap_or(contracts::event::value::RatingScale::ZeroToOne)
    }

    /// Notes a fault of a field.
    pub(crate) fn refuse(&mut self, name: &'static str, fault: Fault) {
        let raw = self.text(name);
        let error = RowError::of_cell(self.line, name, fault.code, raw, fault.reason);
        self.errors.push(error);
    }

    /// A value by a rule, none where there is no text or the rule refuses it.
    pub(crate) fn maybe<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let text = self.text(name);
        if text.is_empty() {
            return None;
        }
        parse(text).map_err(|fault| self.refuse(name, fault)).ok()
    }

    /// As [`Cells::maybe`], but an empty field is a fault.
    pub(crate) fn must<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        if self.has(name) {
            return self.maybe(name, parse);
        }
        self.refuse(
            name,
            Fault::new(ErrorCode::MissingField, "The field is empty"),
        );
        None
    }

    /// A moment that may lie ahead.
    pub(crate) fn instant(&mut self, name: &'static str) -> Option<Timestamp> {
        let options = self.options;
        self.maybe(name, |text| rule::instant(text, options))
    }

    /// A moment that has been.
    pub(crate) fn past(&mut self, name: &'static str) -> Option<Timestamp> {
        let options = self.options;
        self.maybe(name, |text| rule::past(text, options))
    }

    /// A moment that has been and must be there.
    pub(crate) fn must_past(&mut self, name: &'static str) -> Option<Timestamp> {
        let options = self.options;
        self.must(name, |text| rule::past(text, options))
    }

    /// A day as `Dec 14, 2025`, or a moment; it has been.
    pub(crate) fn english_day(&mut self, name: &'static str) -> Option<Timestamp> {
        let options = self.options;
        self.maybe(name, |text| rule::english_day(text, options))
    }

    /// Notes a fault if `later` lies before `earlier`.
    pub(crate) fn order(
        &mut self,
        name: &'static str,
        earlier: Option<Timestamp>,
        later: Option<Timestamp>,
        reason: &'static str,
    ) {
        if earlier
            .zip(later)
            .is_some_and(|(earlier, later)| later < earlier)
        {
            self.refuse(name, Fault::new(ErrorCode::Order, reason));
        }
    }

    /// One of the field's words.
    pub(crate) fn word<T: FromStr>(&mut self, name: &'static str) -> Option<T> {
        let words = self.words(name);
        self.maybe(name, |text| rule::word(text, words))
    }

    /// One of the field's words, which must be there.
    pub(crate) fn must_word<T: FromStr>(&mut self, name: &'static str) -> Option<T> {
        let words = self.words(name);
        self.must(name, |text| rule::word(text, words))
    }

    fn words(&self, name: &str) -> &'static [&'static str] {
        match self.source.field(name).map(|field| field.shape) {
            Some(Shape::OneOf(words)) => words,
            _ => &[],
        }
    }

    fn range(&self, name: &str) -> (i64, i64) {
        match self.source.field(name).map(|field| field.shape) {
            Some(Shape::Integer { min, max } | Shape::Decimal { min, max }) => (min, max),
            _ => (0, i64::from(i32::MAX)),
        }
    }

    fn limit(&self, name: &str) -> usize {
        match self.source.field(name).map(|field| field.shape) {
            Some(Shape::Text { max }) => max,
            _ => 2_000,
        }
    }

    /// A whole number in the field's range.
    pub(crate) fn integer(&mut self, name: &'static str) -> Option<i64> {
        let (min, max) = self.range(name);
        self.maybe(name, |text| rule::integer(text, min, max))
    }

    /// A number of things.
    pub(crate) fn count(&mut self, name: &'static str) -> Option<Count> {
        self.integer(name)
            .and_then(|number| Count::new(number).ok())
    }

    /// A number of things, at least one.
    pub(crate) fn positive(&mut self, name: &'static str) -> Option<PositiveInt> {
        self.integer(name)
            .and_then(|number| PositiveInt::new(number).ok())
    }

    /// As [`Cells::count`], but it must be there.
    pub(crate) fn must_count(&mut self, name: &'static str) -> Option<Count> {
        let (min, max) = self.range(name);
        self.must(name, |text| rule::integer(text, min, max))
            .and_then(|number| Count::new(number).ok())
    }

    /// As [`Cells::positive`], but it must be there.
    pub(crate) fn must_positive(&mut self, name: &'static str) -> Option<PositiveInt> {
        let (min, max) = self.range(name);
        self.must(name, |text| rule::integer(text, min, max))
            .and_then(|number| PositiveInt::new(number).ok())
    }

    /// A number with decimals in the field's range.
    pub(crate) fn decimal(&mut self, name: &'static str) -> Option<f64> {
        let (min, max) = self.range(name);
        self.maybe(name, |text| rule::decimal(text, min, max))
    }

    /// A rating on the file's scale, from 0 to 1.
    pub(crate) fn rating(&mut self, name: &'static str) -> Option<Rate> {
        let scale = self.scale();
        self.maybe(name, |text| field::rating(text, Some(scale)))
            .and_then(|rating| Rate::new(rating.to_f64()?).ok())
    }

    /// As [`Cells::rating`], but it must be there.
    pub(crate) fn must_rating(&mut self, name: &'static str) -> Option<Rate> {
        let scale = self.scale();
        self.must(name, |text| field::rating(text, Some(scale)))
            .and_then(|rating| Rate::new(rating.to_f64()?).ok())
    }

    /// A term that names a thing.
    pub(crate) fn label<const MAX: usize>(&mut self, name: &'static str) -> Option<Label<MAX>> {
        self.maybe(name, rule::label)
    }

    /// As [`Cells::label`], but it must be there.
    pub(crate) fn must_label<const MAX: usize>(
        &mut self,
        name: &'static str,
    ) -> Option<Label<MAX>> {
        self.must(name, rule::label)
    }

    /// Terms that name things.
    pub(crate) fn labels<const MAX: usize>(&mut self, name: &'static str) -> Vec<Label<MAX>> {
        self.maybe(name, |text| rule::labels(text, TERMS))
            .unwrap_or_default()
    }

    /// Goals for sustainable development.
    pub(crate) fn goals(&mut self, name: &'static str) -> Vec<SdgGoal> {
        self.maybe(name, rule::goals).unwrap_or_default()
    }

    /// A JSON object.
    pub(crate) fn json(&mut self, name: &'static str) -> Option<Map<String, Value>> {
        self.maybe(name, rule::json_object)
    }

    /// A text of any number of lines, for the vault.
    pub(crate) fn long_text(&mut self, name: &'static str) -> Option<String> {
        let limit = self.limit(name);
        self.maybe(name, |text| field::long_text(text, limit))
    }

    /// A text of one line, for the vault.
    pub(crate) fn short_text(&mut self, name: &'static str) -> Option<String> {
        let limit = self.limit(name);
        self.maybe(name, |text| field::short_text(text, limit))
    }

    /// A link, for the vault.
    pub(crate) fn url(&mut self, name: &'static str) -> Option<String> {
        self.maybe(name, rule::url)
    }

    /// An id that is a UUID, in its usual form.
    pub(crate) fn uuid(&mut self, name: &'static str) -> Option<String> {
        self.maybe(name, rule::uuid)
    }

    /// As [`Cells::uuid`], but it must be there.
    pub(crate) fn must_uuid(&mut self, name: &'static str) -> Option<String> {
        self.must(name, rule::uuid)
    }

    /// A person by their address, who must be named.
    pub(crate) fn must_email(&mut self, name: &'static str, place: Place) -> Option<PersonRef> {
        let value = self.must(name, field::email)?;
        Some(PersonRef {
            place,
            kind: IdentifierKind::Email,
            value,
            column: name,
        })
    }

    /// A person by their id in the buddy system, who must be named.
    pub(crate) fn must_buddy(&mut self, name: &'static str, place: Place) -> Option<PersonRef> {
        let value = self.must_uuid(name)?;
        Some(PersonRef {
            place,
            kind: IdentifierKind::Buddy,
            value,
            column: name,
        })
    }
}
