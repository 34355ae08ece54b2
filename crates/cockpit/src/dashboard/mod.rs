//! A company's figures for a period: `GET /c/{slug}`.

mod measure;
mod period;
pub(crate) mod routes;
mod view;

#[cfg(any(test, feature = "samples"))]
pub mod sample;

pub use measure::Measure;
pub use period::{Kind, ParsePeriodError, Period};
pub(crate) use routes::metric;
pub use view::{Dashboard, Figure, MonthCount, Picker, sessions_chart};

#[cfg(test)]
mod tests;
