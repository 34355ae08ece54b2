//! The value axis: from zero to a round number, in round steps.

use rust_decimal::{Decimal, prelude::FromPrimitive};

use crate::words;

/// Steps on the axis at most.
const MOST_STEPS: f64 = 4.0;

/// An axis that begins at zero and ends on a tick at or above the highest value.
pub(super) struct Scale {
    step: f64,
    steps: u32,
    places: u32,
}

impl Scale {
    /// An axis for values up to `highest`; with `whole`, only whole numbers are ticks.
    pub(super) fn new(highest: f64, whole: bool) -> Self {
        let (step, places) = nice_step(highest / MOST_STEPS, whole);
        let mut steps = 1;
        while step * f64::from(steps) < highest && f64::from(steps) < MOST_STEPS {
            steps += 1;
        }
        Self {
            step,
            steps,
            places,
        }
    }

    /// The value at the upper end.
    pub(super) fn top(&self) -> f64 {
        self.step * f64::from(self.steps)
    }

    /// The ticks from zero upwards.
    pub(super) fn ticks(&self) -> impl Iterator<Item = f64> + '_ {
        (0..=self.steps).map(|index| self.step * f64::from(index))
    }

    /// A tick's label: `1,500`, `0.25`.
    pub(super) fn label(&self, tick: f64) -> String {
        words::decimal(Decimal::from_f64(tick).unwrap_or_default(), self.places)
    }
}

/// The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `rough`,
/// and the decimals its multiples need; with `whole`, a whole number.
fn nice_step(rough: f64, whole: bool) -> (f64, u32) {
    if !rough.is_finite() || rough <= 0.0 {
        return (1.0, 0);
    }
    let mut power: i32 = if whole { 0 } else { -6 };
    loop {
        for (factor, extra) in [(1.0, 0), (2.0, 0), (2.5, 1), (5.0, 0)] {
            let step = factor * 10_f64.powi(power);
            let places = (extra - power).max(0).unsigned_abs();
            if step >= rough * (1.0 - 1e-9) && (places == 0 || !whole) {
                return (step, places);
            }
        }
        power += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(highest: f64, whole: bool) -> Vec<String> {
        let scale = Scale::new(highest, whole);
        scale.ticks().map(|tick| scale.label(tick)).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(labels(231.0, true), ["0", "100", "200", "300"]);
        assert_eq!(
            labels(1_986.0, true),
            ["0", "500", "1,000", "1,500", "2,000"]
        );
        assert_eq!(
            labels(0.91, false),
            ["0.00", "0.25", "0.50", "0.75", "1.00"]
        );
        assert_eq!(labels(10.0, true), ["0", "5", "10"]);
    }

    #[test]
    fn small_counts_get_whole_ticks() {
        assert_eq!(labels(0.0, true), ["0", "1"]);
        assert_eq!(labels(1.0, true), ["0", "1"]);
        assert_eq!(labels(3.0, true), ["0", "1", "2", "3"]);
    }

    proptest! {
        #[test]
        fn the_axis_always_reaches_the_highest_value(highest in 0.0_f64..1e9) {
            let scale = Scale::new(highest, true);
            prop_assert!(scale.top() >= highest * (1.0 - 1e-6));
            prop_assert!(scale.ticks().count() <= 6);
            prop_assert!(highest < 1.0 || scale.top() <= highest * 4.0);
        }
    }
}
