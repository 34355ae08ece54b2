//! From a view to an answer, and the parts that many pages share.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

/// The answer that shows `page`. Pages hold a company's data, so nobody keeps
/// a copy of them on the way.
pub fn html(status: StatusCode, page: &impl Template) -> askama::Result<Response> {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((status, headers, page.render()?).into_response())
}

/// A link in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What the link is called.
    pub text: String,
    /// Where it leads, always within this site.
    pub href: String,
}

impl Link {
    /// A link called `text` to `href`.
    #[must_use]
    pub fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            href: href.into(),
        }
    }
}

/// One thing wrong with a form, linked to the field it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormError {
    /// The `id` of the field.
    pub field: &'static str,
    /// What is wrong and what to do.
    pub text: String,
}

/// The error about `field`, if there is one.
#[must_use]
pub fn error_of<'a>(errors: &'a [FormError], field: &str) -> Option<&'a str> {
    errors
        .iter()
        .find(|error| error.field == field)
        .map(|error| error.text.as_str())
}

/// Where a page of a long list stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// The number of the first row shown, from 1; 0 when the list is empty.
    pub first: u64,
    /// The number of the last row shown.
    pub last: u64,
    /// All rows there are.
    pub total: u64,
    /// The address of the page before, if any.
    pub previous: Option<String>,
    /// The address of the page after, if any.
    pub next: Option<String>,
}

impl Paging {
    /// Page `page` (from 1) of `total` rows at `size` rows a page; a page behind the
    /// last is the last. `base` is the list's address without a query.
    #[must_use]
    pub fn new(base: &str, page: u64, size: u64, total: u64) -> Self {
        let size = size.max(1);
        let page = page.clamp(1, total.div_ceil(size).max(1));
        let before = page.saturating_sub(1).saturating_mul(size).min(total);
        let last = before.saturating_add(size).min(total);
        let at = |number: u64| format!("{base}?page={number}");
        Self {
            first: if last > before { before + 1 } else { before },
            last,
            total,
            previous: (page > 1).then(|| at(page - 1)),
            next: (last < total).then(|| at(page + 1)),
        }
    }

    /// The rows before the first one shown.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.first.saturating_sub(1)
    }

    /// Whether there is more than one page.
    #[must_use]
    pub fn is_needed(&self) -> bool {
        self.previous.is_some() || self.next.is_some()
    }

    /// Where we are, in words: `1 to 50 of 214`.
    #[must_use]
    pub fn words(&self) -> String {
        use crate::words::count;
        format!(
            "{} to {} of {}",
            count(self.first),
            count(self.last),
            count(self.total)
        )
    }
}

#[cfg(test)]
mod tests;
