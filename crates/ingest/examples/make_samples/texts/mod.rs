//! What participants say about a session: sentences in three languages, put together by mood, level and programme.

mod en;
mod no;
mod uk;

use crate::random::Random;

/// The sentences of one language. `{name}` stands for the volunteer's first name.
struct Parts {
    praise_language: &'static [&'static str],
    praise_mentorship: &'static [&'static str],
    complaint: &'static [&'static str],
    hedge: &'static [&'static str],
    beginner: &'static [&'static str],
    independent: &'static [&'static str],
    proficient: &'static [&'static str],
    work: &'static [&'static str],
    belonging: &'static [&'static str],
    next: &'static [&'static str],
    however: &'static [&'static str],
}

/// The language a participant writes in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tongue {
    English,
    Norwegian,
    Ukrainian,
}

/// How a session went for the participant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Good,
    Hedged,
    Mixed,
    Bad,
}

/// What a text is about.
pub(crate) struct Subject<'a> {
    pub(crate) tongue: Tongue,
    pub(crate) mood: Mood,
    pub(crate) mentorship: bool,
    /// From 0 (A1) to 5 (C2).
    pub(crate) level: usize,
    pub(crate) volunteer: &'a str,
}

/// Two to five sentences, now and then over several lines.
pub(crate) fn compose(random: &mut Random, subject: &Subject<'_>) -> String {
    let parts = match subject.tongue {
        Tongue::English => &en::PARTS,
        Tongue::Norwegian => &no::PARTS,
        Tongue::Ukrainian => &uk::PARTS,
    };
    let mut sentences = opening(random, parts, subject);
    sentences.push(random.pick(about(parts, subject)).to_owned());
    if random.chance(35) {
        sentences.push(random.pick(parts.belonging).to_owned());
    }
    if random.chance(if subject.mood == Mood::Bad { 25 } else { 50 }) {
        sentences.push(random.pick(parts.next).to_owned());
    }
    let separator = if random.chance(12) { "\n" } else { " " };
    sentences
        .join(separator)
        .replace("{name}", subject.volunteer)
}

fn opening(random: &mut Random, parts: &Parts, subject: &Subject<'_>) -> Vec<String> {
    let praise = if subject.mentorship {
        parts.praise_mentorship
    } else {
        parts.praise_language
    };
    match subject.mood {
        Mood::Good => vec![random.pick(praise).to_owned()],
        Mood::Hedged => vec![random.pick(parts.hedge).to_owned()],
        Mood::Bad => vec![random.pick(parts.complaint).to_owned()],
        Mood::Mixed => {
            let joined = join(random.pick(parts.however), random.pick(parts.complaint));
            vec![random.pick(praise).to_owned(), joined]
        }
    }
}

fn about(parts: &Parts, subject: &Subject<'_>) -> &'static [&'static str] {
    match subject.level {
        _ if subject.mentorship => parts.work,
        0 | 1 => parts.beginner,
        2 | 3 => parts.independent,
        _ => parts.proficient,
    }
}

/// A sentence behind a conjunction begins small, unless it begins with a name or with English "I".
fn join(however: &str, sentence: &str) -> String {
    let mut letters = sentence.chars();
    match letters.next() {
        Some(first) if first != '{' && !sentence.starts_with("I ") => {
            format!("{however} {}{}", first.to_lowercase(), letters.as_str())
        }
        _ => format!("{however} {sentence}"),
    }
}
