//! A year of sessions: every participant meets one volunteer week by week, and learns.

use jiff::civil::{DateTime, Weekday, date};
use jiff::{Span, ToSpan};

use crate::people::{Participant, Roster};
use crate::random::Random;
use crate::texts::{Mood, Subject, compose};

/// Days from the first of November 2025 to the end of October 2026.
const DAYS: usize = 365;
const HIGHEST_LEVEL: usize = 5;
const LEVELS: [&str; 6] = ["A1", "A2", "B1", "B2", "C1", "C2"];

#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) participant: String,
    pub(crate) volunteer: String,
    pub(crate) mentorship: bool,
    pub(crate) start: DateTime,
    pub(crate) minutes: u64,
    /// Stars, 1 to 5.
    pub(crate) rating: Option<u64>,
    pub(crate) text: String,
    pub(crate) level: usize,
}

impl Session {
    /// The language level, which mentorship has not.
    pub(crate) fn level_name(&self) -> &'static str {
        if self.mentorship {
            ""
        } else {
            LEVELS[self.level]
        }
    }

    /// When it was over.
    pub(crate) fn end(&self) -> DateTime {
        self.start
            .saturating_add(Span::new().minutes(self.minutes as i64))
    }
}

/// What share of a company's sessions is mentorship.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Programme {
    Language,
    Mentorship,
    Both,
}

/// Exactly `count` sessions in the order of their beginning.
pub(crate) fn year(
    random: &mut Random,
    roster: &mut Roster,
    programme: Programme,
    count: usize,
) -> Vec<Session> {
    let usual = count / roster.participants.len();
    let mut sessions = Vec::with_capacity(count);
    let mut number = 0;
    while sessions.len() < count {
        let place = number % roster.participants.len();
        number += 1;
        let planned = 2 + random.index(usual * 2);
        let course = course(random, roster, place, programme, planned);
        sessions.extend(course.into_iter().take(count - sessions.len()));
    }
    sessions.sort_by_key(|session| session.start);
    sessions
}

/// The meetings of one participant.
fn course(
    random: &mut Random,
    roster: &mut Roster,
    place: usize,
    programme: Programme,
    planned: usize,
) -> Vec<Session> {
    // Courses run over both edges of the year; what lies outside is not told.
    let first_day = random.index(DAYS) as i64 - planned as i64 * 7 / 2;
    let turn = match programme {
        Programme::Mentorship => 0,
        Programme::Both if place.is_multiple_of(3) => planned / 2,
        Programme::Language | Programme::Both => planned,
    };
    let mut sessions = Vec::new();
    for number in 0..planned {
        let mentorship = number >= turn;
        if number == turn {
            roster.participants[place].volunteer = random.index(roster.volunteers.len());
        }
        let day = first_day + number as i64 * 7 + random.below(6) as i64;
        if (0..DAYS as i64).contains(&day) {
            let start = moment(random, day);
            sessions.push(meet(random, roster, place, mentorship, start));
        }
    }
    sessions
}

/// One session between a participant and the volunteer of the time.
pub(crate) fn meet(
    random: &mut Random,
    roster: &mut Roster,
    place: usize,
    mentorship: bool,
    start: DateTime,
) -> Session {
    let participant = &mut roster.participants[place];
    participant.sessions += 1;
    let volunteer = &roster.volunteers[participant.volunteer];
    let level = (participant.level + participant.sessions / 10).min(HIGHEST_LEVEL);
    let mood = mood(random, participant);
    let subject = Subject {
        tongue: participant.tongue,
        mood,
        mentorship,
        level,
        volunteer: volunteer.first_name,
    };
    Session {
        participant: participant.person.email.clone(),
        volunteer: volunteer.email.clone(),
        mentorship,
        start,
        minutes: random.pick(&[30, 45, 45, 60, 60, 60, 60, 75, 90]),
        rating: rating(random, mood),
        text: if random.chance(78) {
            compose(random, &subject)
        } else {
            String::new()
        },
        level,
    }
}

/// Afternoons and evenings mostly, seldom at weekends, never at Christmas.
pub(crate) fn moment(random: &mut Random, day: i64) -> DateTime {
    let mut day = date(2025, 11, 1).saturating_add(day.days());
    if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && random.chance(75) {
        day = day.saturating_sub(2.days()).max(date(2025, 11, 1));
    }
    if (date(2025, 12, 24)..=date(2025, 12, 26)).contains(&day) {
        day = date(2025, 12, 22);
    }
    let hour = random.pick(&[8, 9, 10, 12, 13, 15, 16, 16, 17, 17, 17, 18, 18, 19, 20]);
    let minute = random.pick(&[0, 0, 0, 15, 30, 30, 45]);
    day.at(hour, minute, 0, 0)
}

/// People warm to it: the first meetings are less sure.
fn mood(random: &mut Random, participant: &Participant) -> Mood {
    let unsure = if participant.sessions <= 3 { 15 } else { 0 };
    match random.below(100 + unsure) {
        0..=51 => Mood::Good,
        52..=68 => Mood::Mixed,
        69..=82 => Mood::Bad,
        _ => Mood::Hedged,
    }
}

fn rating(random: &mut Random, mood: Mood) -> Option<u64> {
    if random.chance(12) {
        return None;
    }
    Some(random.pick(match mood {
        Mood::Good => &[5, 5, 5, 4, 4],
        Mood::Mixed => &[4, 4, 3, 3, 2],
        Mood::Hedged => &[4, 3, 3, 3, 2],
        Mood::Bad => &[3, 2, 2, 1, 1],
    }))
}
