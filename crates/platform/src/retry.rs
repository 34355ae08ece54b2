//! When to try again: exponential back-off with full jitter, as a pure function.

use jiff::SignedDuration;

/// How often and how soon something is tried again.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// The longest wait before the second attempt.
    pub base: SignedDuration,
    /// No wait is longer.
    pub cap: SignedDuration,
    /// After so many attempts it is given up.
    pub max_attempts: i32,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            base: SignedDuration::from_secs(1),
            cap: SignedDuration::from_mins(5),
            max_attempts: 8,
        }
    }
}

impl Retry {
    /// The wait after `attempts` failures (1 or more), `random` in 0..1; None when no
    /// attempt is left. Waits are at least a tenth of the longest possible one, so
    /// that a struggling neighbour is not asked again at once.
    #[must_use]
    pub fn wait_after(&self, attempts: i32, random: f64) -> Option<SignedDuration> {
        if attempts >= self.max_attempts {
            return None;
        }
        let exponent = u32::try_from(attempts.saturating_sub(1))
            .unwrap_or_default()
            .min(30);
        let longest = self.base.saturating_mul(1_i32 << exponent).min(self.cap);
        Some(longest.mul_f64_clamped(random.clamp(0.1, 1.0)))
    }
}

trait MulClamped {
    fn mul_f64_clamped(self, factor: f64) -> Self;
}

impl MulClamped for SignedDuration {
    fn mul_f64_clamped(self, factor: f64) -> Self {
        Self::try_from_secs_f64(self.as_secs_f64() * factor).unwrap_or(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_end_after_the_last_attempt() {
        let retry = Retry::default();
        let longest: Vec<i64> = (1..9)
            .filter_map(|n| retry.wait_after(n, 1.0))
            .map(|wait| wait.as_secs())
            .collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 32, 64]);
        assert_eq!(retry.wait_after(8, 0.5), None);
        let patient = Retry {
            max_attempts: 40,
            ..retry
        };
        assert_eq!(patient.wait_after(39, 1.0), Some(retry.cap));
    }

    #[test]
    fn jitter_shortens_a_wait_but_never_to_nothing() {
        let retry = Retry::default();
        let short = retry.wait_after(4, 0.0).unwrap();
        let long = retry.wait_after(4, 1.0).unwrap();
        assert!(short.as_millis() > 0 && short < long);
    }
}
