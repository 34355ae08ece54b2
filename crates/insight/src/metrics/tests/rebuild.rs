//! However events come, figures are what the facts say.

use std::collections::{BTreeMap, BTreeSet};

use contracts::event::NewEvent;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{Lab, rating, session, withdrawn};
use crate::metrics::store::Totals;
use crate::metrics::{Metric, Period, rebuild};
use crate::query;

/// What may happen to one of a few sessions.
#[derive(Debug, Clone)]
enum Happening {
    Held {
        number: u128,
        month: i8,
        minutes: i64,
        people: (u128, u128),
    },
    Rated {
        number: u128,
        millionths: u32,
    },
    Withdrawn {
        number: u128,
    },
}

impl Happening {
    fn event(&self) -> NewEvent {
        match *self {
            Self::Held {
                number,
                month,
                minutes,
                people: (participant, volunteer),
            } => session(number, &format!("2026-{month:02}-15T10:00:00Z"), minutes)
                .between(participant, volunteer)
                .into(),
            Self::Rated { number, millionths } => rating(number, f64::from(millionths) / 1e6),
            Self::Withdrawn { number } => withdrawn(number, "kintell-sessions"),
        }
    }
}

fn happenings() -> impl Strategy<Value = Vec<Vec<Happening>>> {
    let held = (1_u128..6, 1_i8..8, 1_i64..200, (1_u128..4, 1_u128..4)).prop_map(
        |(number, month, minutes, people)| Happening::Held {
            number,
            month,
            minutes,
            people,
        },
    );
    let rated = (1_u128..6, 0_u32..=1_000_000)
        .prop_map(|(number, millionths)| Happening::Rated { number, millionths });
    let back = (1_u128..6).prop_map(|number| Happening::Withdrawn { number });
    let one = prop_oneof![4 => held, 2 => rated, 1 => back];
    let batch = proptest::collection::vec(one, 1..8);
    proptest::collection::vec(batch, 1..6)
}

/// The last word on a session.
struct Known {
    month: i8,
    minutes: i64,
    people: (u128, u128),
    millionths: Option<u32>,
}

/// What the figures must be, counted without SQL. A rating of a session that nobody
/// knows has no effect, and one of a session that is withdrawn after it has none either.
fn expected(batches: &[Vec<Happening>]) -> BTreeMap<(Metric, Period), (Option<String>, i64)> {
    let mut sessions: BTreeMap<u128, Known> = BTreeMap::new();
    let mut periods = BTreeSet::new();
    for batch in batches {
        // Within a batch a rating may come before its session.
        let mut early: BTreeMap<u128, u32> = BTreeMap::new();
        for happening in batch {
            match *happening {
                Happening::Held {
                    number,
                    month,
                    minutes,
                    people,
                } => {
                    let before = sessions.get(&number).and_then(|known| known.millionths);
                    let millionths = early.get(&number).copied().or(before);
                    periods.extend(Period::containing(jiff::civil::date(2026, month, 1)));
                    let known = Known {
                        month,
                        minutes,
                        people,
                        millionths,
                    };
                    sessions.insert(number, known);
                }
                Happening::Rated { number, millionths } => {
                    early.insert(number, millionths);
                    if let Some(known) = sessions.get_mut(&number) {
                        known.millionths = Some(millionths);
                    }
                }
                Happening::Withdrawn { number } => {
                    early.remove(&number);
                    sessions.remove(&number);
                }
            }
        }
    }
    // A month that a session passed through within one batch was never stored.
    let mut figures = BTreeMap::new();
    for period in periods {
        let totals = add_up(&sessions, period);
        for metric in Metric::ALL {
            let value = totals
                .value(metric)
                .map(|value| value.normalize().to_string());
            figures.insert((metric, period), (value, totals.sample_size(metric)));
        }
    }
    figures
}

fn add_up(sessions: &BTreeMap<u128, Known>, period: Period) -> Totals {
    let within: Vec<&Known> = sessions
        .values()
        .filter(|known| {
            (period.start()..period.end()).contains(&jiff::civil::date(2026, known.month, 1))
        })
        .collect();
    let different = |who: fn(&Known) -> u128| {
        let people: BTreeSet<u128> = within.iter().map(|known| who(known)).collect();
        i64::try_from(people.len()).expect("a few")
    };
    let ratings: Vec<u32> = within.iter().filter_map(|known| known.millionths).collect();
    Totals {
        sessions: i64::try_from(within.len()).expect("a few"),
        participants: different(|known| known.people.0),
        volunteers: different(|known| known.people.1),
        minutes: within.iter().map(|known| known.minutes).sum(),
        ratings: i64::try_from(ratings.len()).expect("a few"),
        rating_sum: rust_decimal::Decimal::new(ratings.into_iter().map(i64::from).sum(), 6),
    }
}

async fn stored(lab: &Lab) -> BTreeMap<(Metric, Period), (Option<String>, i64)> {
    let mut tx = lab.tx(&lab.acme).await;
    query::list_figures(&mut tx)
        .await
        .expect("figures")
        .into_iter()
        .map(|figure| {
            let value = figure.value.map(|value| value.normalize().to_string());
            ((figure.metric, figure.period), (value, figure.sample_size))
        })
        .collect()
}

/// Periods of which a figure says that something happened. Others may be there with
/// zero or not at all, by what was read in one batch.
fn with_sessions(
    figures: &BTreeMap<(Metric, Period), (Option<String>, i64)>,
) -> BTreeMap<(Metric, Period), (Option<String>, i64)> {
    let busy = |period: Period| {
        figures
            .get(&(Metric::Sessions, period))
            .is_some_and(|(_, size)| *size > 0)
    };
    figures
        .iter()
        .filter(|((_, period), _)| busy(*period))
        .map(|(key, value)| (*key, value.clone()))
        .collect()
}

async fn check(batches: Vec<Vec<Happening>>) {
    let lab = Lab::new().await;
    for (at, batch) in batches.iter().enumerate() {
        lab.publish(&lab.acme, batch.iter().map(Happening::event))
            .await;
        lab.consume().await;
        if at % 2 == 0 {
            lab.run_jobs().await;
        }
    }
    lab.run_jobs().await;
    let incremental = stored(&lab).await;
    assert_eq!(
        with_sessions(&incremental),
        with_sessions(&expected(&batches))
    );
    rebuild(lab.test.db(), &lab.acme).await.expect("a rebuild");
    assert_eq!(stored(&lab).await, incremental);
}

#[test]
fn a_rebuild_gives_what_the_events_gave() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let cases = Config {
        cases: 6,
        failure_persistence: None,
        max_shrink_iters: 40,
        ..Config::default()
    };
    TestRunner::new(cases)
        .run(&happenings(), |batches| {
            runtime.block_on(check(batches));
            Ok(())
        })
        .expect("figures follow from facts");
}

#[tokio::test]
async fn a_rebuild_mends_a_figure_of_a_month_that_every_session_has_left() {
    let lab = Lab::new().await;
    lab.happen(&lab.acme, [session(1, "2026-01-10T10:00:00Z", 60).into()])
        .await;
    lab.happen(&lab.acme, [session(1, "2026-02-10T10:00:00Z", 60).into()])
        .await;
    let mut tx = lab.tx(&lab.acme).await;
    let company = lab.acme.company().uuid();
    sqlx::query!(
        "update insight.figure set value = 7, sample_size = 7 where company_id = $1",
        company
    )
    .execute(tx.conn())
    .await
    .expect("the damage is done");
    tx.commit_bookkeeping().await.expect("a commit");
    rebuild(lab.test.db(), &lab.acme).await.expect("a rebuild");
    for (period, sessions) in [("2026-01", "0"), ("2026-02", "1"), ("2026-Q1", "1")] {
        let value = lab.value(&lab.acme, Metric::Sessions, period).await;
        assert_eq!(value.as_deref(), Some(sessions), "{period}");
    }
}
