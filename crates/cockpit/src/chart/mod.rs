//! Bar and line charts as SVG, made on the server.
//!
//! A chart cannot be made without its takeaway, unit, period and source, and
//! always brings the same numbers as a table. Widths are percentages and text is
//! in CSS pixels, so a chart shrinks to a phone without its letters shrinking.
//! Colours come from the style sheet by class, so light, dark, forced colours
//! and print need no second drawing.

mod scale;

use crate::words;
use askama::Template;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use scale::Scale;

/// Where the plot begins, in percent of the width: room for the axis labels.
const LEFT: f64 = 7.5;
/// The plot's upper and lower edge in CSS pixels.
const TOP: f64 = 28.0;
const BOTTOM: f64 = 196.0;

/// How the values are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One bar a category: for counts.
    Bars,
    /// One point a category, joined: for averages and rates.
    Line,
}

/// One category and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The label under the axis, at most four letters: `Oct`.
    pub short: String,
    /// A second line under the axis, shown where it changes: `2026`.
    pub group: String,
    /// The category in full, for the table: `October 2026`.
    pub full: String,
    /// The value.
    pub value: Decimal,
    /// Whether the value is still growing; drawn dashed and marked in the table.
    pub partial: bool,
}

/// What a reader must be told beside the drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    /// The sentence to remember, shown as the title.
    pub takeaway: String,
    /// What is measured: `Sessions per month`.
    pub measure: String,
    /// What one of it is: `completed sessions`.
    pub unit: String,
    /// The time it covers: `November 2025 to October 2026`.
    pub period: String,
    /// Where the numbers come from.
    pub source: String,
    /// The heading of the categories in the table: `Month`.
    pub category: String,
    /// The heading of the values in the table: `Sessions`.
    pub value: String,
}

/// A chart with its table, ready for a page.
#[derive(Template, Clone)]
#[template(path = "chart.html")]
pub struct Chart {
    id: String,
    caption: Caption,
    kind: Kind,
    summary: String,
    ticks: Vec<Tick>,
    marks: Vec<Mark>,
    segments: Vec<Segment>,
    any_partial: bool,
}

#[derive(Clone)]
struct Tick {
    y: String,
    label_y: String,
    label: String,
    zero: bool,
}

#[derive(Clone)]
struct Mark {
    point: Point,
    value: String,
    left: String,
    middle: String,
    width: String,
    top: String,
    height: String,
    label_y: String,
    group: Option<String>,
    key: bool,
    odd: bool,
}

#[derive(Clone)]
struct Segment {
    x1: String,
    y1: String,
    x2: String,
    y2: String,
    partial: bool,
}

impl Chart {
    /// Draws `points`, whose values show `places` decimals. The `id` must be
    /// unique in its page. Negative values are drawn as zero.
    #[must_use]
    pub fn new(id: &str, kind: Kind, caption: Caption, points: Vec<Point>, places: u32) -> Self {
        let highest = points
            .iter()
            .map(|point| number(point.value))
            .fold(0.0, f64::max);
        let scale = Scale::new(highest, places == 0);
        let summary = summary(&caption, &points, places);
        // A bar of no height has no outline to explain.
        let is_drawn = |point: &Point| kind == Kind::Line || !point.value.is_zero();
        let any_partial = points.iter().any(|point| point.partial && is_drawn(point));
        let marks = marks(points, &scale, places);
        let segments = if kind == Kind::Line {
            segments(&marks)
        } else {
            Vec::new()
        };
        Self {
            id: id.to_owned(),
            caption,
            kind,
            summary,
            ticks: ticks(&scale),
            marks,
            segments,
            any_partial,
        }
    }

    fn is_bars(&self) -> bool {
        self.kind == Kind::Bars
    }
}

fn number(value: Decimal) -> f64 {
    value.to_f64().unwrap_or(0.0).max(0.0)
}

fn percent(value: f64) -> String {
    format!("{value:.3}%")
}

fn pixels(value: f64) -> String {
    format!("{value:.1}")
}

fn height_of(value: f64, scale: &Scale) -> f64 {
    (BOTTOM - TOP) * value / scale.top()
}

fn ticks(scale: &Scale) -> Vec<Tick> {
    let tick = |value: f64| {
        let y = BOTTOM - height_of(value, scale);
        Tick {
            y: pixels(y),
            label_y: pixels(y - 5.0),
            label: scale.label(value),
            zero: value == 0.0,
        }
    };
    scale.ticks().map(tick).collect()
}

fn marks(points: Vec<Point>, scale: &Scale, places: u32) -> Vec<Mark> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a chart has a few dozen categories"
    )]
    let slot = (100.0 - LEFT) / points.len().max(1) as f64;
    let highest = points.iter().map(|point| point.value).max();
    let last = points.len().saturating_sub(1);
    let mut group_before = String::new();
    let mut from = LEFT;
    let mut marks = Vec::with_capacity(points.len());
    for (index, point) in points.into_iter().enumerate() {
        let height = height_of(number(point.value), scale);
        let group = (point.group != group_before).then(|| point.group.clone());
        group_before.clone_from(&point.group);
        marks.push(Mark {
            value: words::decimal(point.value, places),
            left: percent(from + slot * 0.16),
            middle: percent(from + slot * 0.5),
            width: percent(slot * 0.68),
            top: pixels(BOTTOM - height),
            height: pixels(height),
            label_y: pixels(BOTTOM - height - 7.0),
            group,
            key: Some(point.value) == highest || index == last,
            odd: index % 2 == 1,
            point,
        });
        from += slot;
    }
    marks
}

fn segments(marks: &[Mark]) -> Vec<Segment> {
    let pairs = marks.iter().zip(marks.iter().skip(1));
    pairs
        .map(|(from, to)| Segment {
            x1: from.middle.clone(),
            y1: from.top.clone(),
            x2: to.middle.clone(),
            y2: to.top.clone(),
            partial: to.point.partial,
        })
        .collect()
}

/// The drawing in words, for those who do not see it.
fn summary(caption: &Caption, points: &[Point], places: u32) -> String {
    let kind = format!(
        "{}, {}, in {}.",
        caption.measure, caption.period, caption.unit
    );
    let lowest = points.iter().min_by_key(|point| point.value);
    let highest = points.iter().max_by_key(|point| point.value);
    let (Some(lowest), Some(highest), Some(last)) = (lowest, highest, points.last()) else {
        return format!("{kind} There are no values.");
    };
    let say = |point: &Point| format!("{} in {}", words::decimal(point.value, places), point.full);
    let so_far = if last.partial { " so far" } else { "" };
    format!(
        "{kind} Lowest: {}. Highest: {}. Last: {}{so_far}. The table below holds every value.",
        say(lowest),
        say(highest),
        say(last)
    )
}

#[cfg(test)]
mod tests;
