//! What the dashboard is made of.

use super::{Kind, Measure, Period};
use crate::chart::{self, Caption, Chart, Point};
use crate::layout::{self, Layout};
use crate::page::Link;
use crate::words::{self, Comparison};
use askama::Template;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rust_decimal::Decimal;

/// The page `GET /c/{slug}?period=…`.
#[derive(Template, Clone)]
#[template(path = "dashboard.html")]
pub struct Dashboard {
    /// The frame; its company is the one shown.
    pub layout: Layout,
    /// The way to other periods.
    pub picker: Picker,
    /// The figures in the order of [`Measure::ALL`]; empty before the first import.
    pub figures: Vec<Figure>,
    /// Sessions per month, see [`sessions_chart`].
    pub chart: Option<Chart>,
    /// The first day of the first month with data.
    pub begins: Date,
    /// When the figures were read.
    pub as_of: Timestamp,
    /// The zone in which instants are shown.
    pub zone: TimeZone,
    /// Events that wait to be counted.
    pub pending: u64,
}

/// One figure of one period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Which figure.
    pub measure: Measure,
    /// Its id in `/c/{slug}/why/{figure_id}`; empty where nothing happened.
    pub figure_id: String,
    /// Its value; none when nothing can be said (no rated session).
    pub value: Option<Decimal>,
    /// The value of the period it is compared with.
    pub previous: Option<Decimal>,
}

/// The choice of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picker {
    /// The period shown.
    pub period: Period,
    /// The company's today.
    pub today: Date,
    /// One link for each kind, with whether it is the one shown.
    pub kinds: Vec<(Link, bool)>,
    /// The periods of the shown kind, newest first: value, label.
    pub choices: Vec<(String, String)>,
    /// The period before, if there is data.
    pub earlier: Option<Link>,
    /// The period after, if it has begun.
    pub later: Option<Link>,
}

/// The sessions of one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthCount {
    /// Any day of the month.
    pub month: Date,
    /// Its completed sessions.
    pub sessions: u64,
}

impl Picker {
    /// The choices of company `slug` from the day `earliest` of its first data
    /// until `today`, with `period` shown.
    #[must_use]
    pub fn new(slug: &str, period: Period, earliest: Date, today: Date) -> Self {
        let base = layout::address(slug);
        let link =
            |target: Period, text: String| Link::new(text, format!("{base}?period={target}"));
        let day = if period.is_unfinished(today) {
            today
        } else {
            period.first_day()
        };
        let kind_link = |(kind, text): (Kind, &str)| {
            (
                link(Period::containing(kind, day), text.to_owned()),
                kind == period.kind(),
            )
        };
        let (earlier, later) = (period.previous(), period.next());
        let shown = |other: Period| link(other, other.label(today));
        Self {
            period,
            today,
            kinds: [
                (Kind::Month, "Month"),
                (Kind::Quarter, "Quarter"),
                (Kind::YearToDate, "Year to date"),
            ]
            .map(kind_link)
            .to_vec(),
            choices: choices(period, earliest, today),
            earlier: (period.first_day() > earliest).then(|| shown(earlier)),
            later: (later.first_day() <= today).then(|| shown(later)),
        }
    }

    fn label(&self) -> String {
        self.period.label(self.today)
    }

    fn is_shown(&self, value: &str) -> bool {
        self.period.to_string() == value
    }
}

/// At most ten years of months.
const MOST_CHOICES: usize = 120;

fn choices(period: Period, earliest: Date, today: Date) -> Vec<(String, String)> {
    let mut list = Vec::new();
    let mut at = Period::containing(period.kind(), today.max(period.first_day()));
    while list.len() < MOST_CHOICES && (at.end() > earliest || at.first_day() >= period.first_day())
    {
        list.push((at.to_string(), at.label(today)));
        at = at.previous();
    }
    list
}

impl Figure {
    fn label(&self) -> &'static str {
        words::label(self.measure)
    }

    fn shown(&self) -> String {
        self.value.map_or_else(
            || "\u{2013}".to_owned(),
            |value| words::decimal(value, self.measure.places()),
        )
    }

    fn unit(&self) -> String {
        match (self.measure, self.value) {
            (Measure::AverageRating, Some(value)) => {
                format!(
                    "{} ({})",
                    words::unit(self.measure),
                    words::rating_in_stars(value)
                )
            }
            (Measure::AverageRating, None) => "no session was rated".to_owned(),
            _ => words::unit(self.measure).to_owned(),
        }
    }
}

impl Dashboard {
    fn period(&self) -> String {
        self.picker.label()
    }

    /// Whether to say that the period still runs; the name of a year to date does so.
    fn is_called_unfinished(&self) -> bool {
        let Picker { period, today, .. } = self.picker;
        period.is_unfinished(today) && period.kind() != Kind::YearToDate
    }

    /// The figure against the one before; none where the data begin too late for it.
    fn comparison(&self, figure: &Figure) -> Option<Comparison> {
        let before = self.picker.period.compared_with(self.picker.today);
        let unfinished = self.is_called_unfinished();
        self.is_comparable().then(|| {
            words::comparison(
                figure.measure,
                figure.value,
                figure.previous,
                &before,
                unfinished,
            )
        })
    }

    fn is_comparable(&self) -> bool {
        self.begins <= self.picker.period.previous().first_day()
    }

    fn beginning(&self) -> String {
        words::month_and_year(self.begins)
    }

    fn as_of(&self) -> String {
        words::instant(self.as_of, &self.zone)
    }

    fn pending(&self) -> String {
        words::plural(self.pending, "event is", "events are")
    }
}

/// Sessions per month as bars, `months` from the oldest to the newest. The month
/// of `today` is drawn as unfinished. `source` says where the data came from.
#[must_use]
pub fn sessions_chart(months: &[MonthCount], today: Date, source: &str) -> Chart {
    let points: Vec<Point> = months.iter().map(|month| point(*month, today)).collect();
    let named: Vec<(String, u64)> = months
        .iter()
        .map(|m| (words::month_and_year(m.month), m.sessions))
        .collect();
    let name = |point: Option<&Point>| point.map_or_else(String::new, |point| point.full.clone());
    let caption = Caption {
        takeaway: words::takeaway(&named),
        measure: "Sessions per month".to_owned(),
        unit: words::unit(Measure::Sessions).to_owned(),
        period: format!("{} to {}", name(points.first()), name(points.last())),
        source: source.to_owned(),
        category: "Month".to_owned(),
        value: words::label(Measure::Sessions).to_owned(),
    };
    Chart::new("sessions-per-month", chart::Kind::Bars, caption, points, 0)
}

fn point(count: MonthCount, today: Date) -> Point {
    let month = count.month;
    Point {
        short: words::month(month.month()).chars().take(3).collect(),
        group: month.year().to_string(),
        full: words::month_and_year(month),
        value: Decimal::from(count.sessions),
        partial: (month.year(), month.month()) == (today.year(), today.month()),
    }
}
