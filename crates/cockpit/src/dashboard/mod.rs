//! A company's figures for a period: `GET /c/{slug}`.

pub(crate) mod routes;
mod measure;
mod period;
mod view;

#[cfg(any(test, feature = "samples"))]
pub mod sample;

pub use measure::Measure;
pub(crate) use routes::metric;
pub use period::{Kind, ParsePeriodError, Period};
pub use view::{Dashboard, Figure, MonthCount, Picker, sessions_chart};

#[cfg(test)]
mod tests;
