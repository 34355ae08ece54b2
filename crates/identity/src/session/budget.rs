//! How many wrong guesses are taken. It is kept in memory: a restart forgives,
//! and each process counts for itself.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// More subjects than this are forgotten, those nearest to a full budget first.
const MOST_SUBJECTS: usize = 50_000;

/// Whose guesses are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// One account, by a keyed hash of the address typed; it need not exist.
    Account([u8; 32]),
    /// One network address; of IPv6 the first 64 bits, which one customer has whole.
    Address(IpAddr),
    /// One browser in which the account was signed in to before.
    KnownBrowser([u8; 16]),
}

impl Subject {
    pub(crate) fn address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = u128::from(address) & (u128::MAX << 64);
                IpAddr::V6(Ipv6Addr::from(network))
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }

    /// Guesses at once. As many come back within an hour, so that no hour sees
    /// more than twice as many.
    const fn burst(self) -> i32 {
        match self {
            Self::Account(_) | Self::KnownBrowser(_) => 10,
            Self::Address(_) => 50,
        }
    }

    /// What one guess costs.
    fn price(self) -> SignedDuration {
        SignedDuration::from_hours(1) / self.burst()
    }
}

/// Budgets by subject: the instant at which each is full again (the generic cell
/// rate algorithm, ITU-T I.371). A subject that is absent has its budget whole.
#[derive(Default)]
pub(crate) struct Budget(Mutex<HashMap<Subject, Timestamp>>);

impl Budget {
    /// Takes a guess from every subject, or from none; the error is the seconds to wait.
    pub(crate) fn take(&self, subjects: &[Subject], now: Timestamp) -> Result<(), u64> {
        let mut full_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::with_capacity(subjects.len());
        let mut wait = SignedDuration::ZERO;
        for subject in subjects {
            let next = full_at.get(subject).map_or(now, |at| (*at).max(now)) + subject.price();
            let over = now.duration_until(next) - SignedDuration::from_hours(1);
            wait = wait.max(over);
            taken.push((*subject, next));
        }
        if wait > SignedDuration::ZERO {
            return Err(u64::try_from(wait.as_secs()).unwrap_or_default() + 1);
        }
        full_at.extend(taken);
        make_room(&mut full_at, now);
        Ok(())
    }

    /// Gives the guess back: it was right, or was never made.
    pub(crate) fn give_back(&self, subjects: &[Subject]) {
        let mut full_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for subject in subjects {
            if let Some(at) = full_at.get_mut(subject) {
                *at -= subject.price();
            }
        }
    }
}

fn make_room(full_at: &mut HashMap<Subject, Timestamp>, now: Timestamp) {
    if full_at.len() <= MOST_SUBJECTS {
        return;
    }
    full_at.retain(|_, at| *at > now);
    let mut horizon = SignedDuration::from_mins(7);
    while full_at.len() > MOST_SUBJECTS / 2 {
        full_at.retain(|_, at| now.duration_until(*at) > horizon);
        horizon *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;
    const ACCOUNT: Subject = Subject::Account([7; 32]);

    #[test]
    fn no_hour_sees_more_than_twenty_guesses_at_an_account() {
        let budget = Budget::default();
        let guesses = (0..3600)
            .filter(|second| {
                let now = NOW + SignedDuration::from_secs(*second);
                budget.take(&[ACCOUNT], now).is_ok()
            })
            .count();
        assert!((15..=20).contains(&guesses), "{guesses}");
    }

    #[test]
    fn whoever_waits_as_long_as_told_may_guess_again() {
        let budget = Budget::default();
        for _ in 0..10 {
            budget.take(&[ACCOUNT], NOW).unwrap();
        }
        let wait = budget.take(&[ACCOUNT], NOW).unwrap_err();
        let wait = SignedDuration::from_secs(i64::try_from(wait).unwrap());
        assert!(wait > SignedDuration::from_mins(5), "{wait}");
        let early = NOW + wait - SignedDuration::from_secs(2);
        assert!(budget.take(&[ACCOUNT], early).is_err());
        assert!(budget.take(&[ACCOUNT], NOW + wait).is_ok());
    }

    #[test]
    fn a_guess_given_back_costs_nothing_and_a_refused_one_costs_nobody() {
        let budget = Budget::default();
        let address = Subject::address("2001:db8::1".parse().unwrap());
        for _ in 0..100 {
            budget.take(&[ACCOUNT, address], NOW).unwrap();
            budget.give_back(&[ACCOUNT, address]);
        }
        for _ in 0..10 {
            budget.take(&[ACCOUNT], NOW).unwrap();
        }
        for _ in 0..100 {
            assert!(budget.take(&[ACCOUNT, address], NOW).is_err());
        }
        assert!(budget.take(&[address], NOW).is_ok());
    }

    #[test]
    fn a_customer_with_a_whole_network_is_one_address() {
        let of = |text: &str| Subject::address(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
    }

    #[test]
    fn a_flood_of_subjects_is_forgotten_before_one_who_guessed_often() {
        let budget = Budget::default();
        for _ in 0..10 {
            budget.take(&[ACCOUNT], NOW).unwrap();
        }
        for number in 0..u32::try_from(MOST_SUBJECTS).unwrap() + 10 {
            let address = IpAddr::from(number.to_be_bytes());
            let _ = budget.take(&[Subject::address(address)], NOW);
        }
        assert!(budget.take(&[ACCOUNT], NOW).is_err());
        let kept = budget.0.lock().unwrap().len();
        assert!(kept <= MOST_SUBJECTS, "{kept}");
    }
}
