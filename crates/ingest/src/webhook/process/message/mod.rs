//! What a delivery says, as cells by the names of columns: pure, for every system that delivers.

mod buddy;
mod flat;
mod kintell;
#[cfg(test)]
mod tests;
mod upskilling;

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use crate::source::Source;
use crate::webhook::source::{DeliveryKind, WebhookSource};

/// Why a delivery says nothing that can be taken in. Neither part holds a value of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::webhook) struct Fault {
    pub(in crate::webhook) code: &'static str,
    pub(in crate::webhook) detail: Cow<'static, str>,
}

impl Fault {
    pub(super) fn new(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

/// Texts by the names of columns. Personal data.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::webhook) struct Cells(Vec<(&'static str, String)>);

impl fmt::Debug for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl Cells {
    /// The names in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    /// The text of a column.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| text.as_str())
    }

    /// Gives a column a text, in place of one that it has.
    fn set(&mut self, name: &'static str, text: String) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = text,
            None => self.0.push((name, text)),
        }
    }

    /// Gives a column a text if it has none.
    fn fill(&mut self, name: &'static str, text: impl FnOnce() -> String) {
        if self.get(name).is_none_or(str::is_empty) {
            self.set(name, text());
        }
    }

    /// All texts in one, and where each ends.
    pub(super) fn joined(&self) -> (String, Vec<usize>) {
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(self.0.len()));
        for (_, cell) in &self.0 {
            text.push_str(cell);
            ends.push(text.len());
        }
        (text, ends)
    }
}

/// What a delivery tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::webhook) enum Told {
    /// A session, with the columns of one of its header sets.
    Session(Cells),
    /// A session that was agreed on.
    Booking(Cells),
    /// A row of another source.
    Record(Source, Cells),
}

/// Reads a delivery; most tell of one thing, some of two. Fields that mean nothing here are passed over: a sender may add
/// some at any time.
///
/// # Errors
/// [`Fault`] when it is not of the form that its source has.
pub(in crate::webhook) fn read(
    source: WebhookSource,
    kind: DeliveryKind,
    body: &[u8],
) -> Result<Vec<Told>, Fault> {
    let body = object(body)?;
    match (source, kind) {
        (WebhookSource::Kintell, DeliveryKind::SessionCompleted) => kintell::session(&body),
        (WebhookSource::Kintell, DeliveryKind::BookingConfirmed) => Ok(kintell::booking(&body)),
        (WebhookSource::Kintell, DeliveryKind::RatingCreated) => Ok(kintell::rating(&body)),
        (WebhookSource::Buddy, DeliveryKind::BuddyEvents) => buddy::event(&body),
        (WebhookSource::Ecornell, DeliveryKind::UpskillingEvents) => upskilling::ecornell(&body),
        (WebhookSource::Itslearning, DeliveryKind::UpskillingEvents) => {
            upskilling::itslearning(&body)
        }
        (WebhookSource::Upskilling, DeliveryKind::UpskillingEvents) => {
            Ok(upskilling::generic(&body))
        }
        _ => Err(Fault::new(
            "kind_unread",
            "This source delivers nothing of this kind",
        )),
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Fault> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Fault::new(
            "body_not_an_object",
            "The body is JSON, but not an object",
        )),
        Err(_) => Err(Fault::new("body_not_json", "The body is not JSON")),
    }
}

/// A value as it would stand in a file: a list of texts with commas between, an object as JSON, nothing for null.
fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.iter().all(is_plain) => {
            let items: Vec<String> = items.iter().map(|item| text(Some(item))).collect();
            items.join(",")
        }
        Some(value) => value.to_string(),
    }
}

/// Whether a value can stand in a list that is divided by commas.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains(','),
        Value::Number(_) | Value::Bool(_) => true,
        _ => false,
    }
}
