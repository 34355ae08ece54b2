//! Which goals for sustainable development an activity serves: by its kind, and by whole words in what is said of it.
//!
//! The kinds and words are those of the programme's own tagging rules. Of several reasons for one goal the surest
//! counts. Words are matched whole, in any case, so that `communityless` is no `community`.

use std::collections::BTreeMap;

use contracts::event::value::{Rate, SdgGoal};
use serde::{Deserialize, Serialize};

/// A goal and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SdgTag {
    /// The goal, 1 to 17.
    pub goal: SdgGoal,
    /// From 0 to 1.
    pub confidence: Rate,
}

/// A kind of activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activity {
    MatchCreated,
    MatchEnded,
    EventLogged,
    EventAttended,
    SkillShare,
    Feedback,
    Milestone,
    Checkin,
}

impl Activity {
    /// Goals that every activity of the kind serves.
    const fn goals(self) -> &'static [u8] {
        match self {
            Self::MatchCreated => &[10, 16],
            Self::MatchEnded | Self::Milestone => &[10],
            Self::EventLogged => &[],
            Self::EventAttended => &[4, 11],
            Self::SkillShare => &[4, 8],
            Self::Feedback => &[17],
            Self::Checkin => &[3],
        }
    }
}

/// Words, the goal they speak for, and how sure that is in tenths.
const WORDS: &[(&[&str], u8, u8)] = &[
    (&["language", "languages"], 4, 8),
    (&["job", "jobs", "career", "careers", "employment"], 8, 8),
    (&["mental health"], 3, 9),
    (&["wellness", "health"], 3, 8),
    (&["community", "communities"], 11, 8),
    (&["culture", "cultures"], 11, 7),
    (&["integration"], 10, 9),
];

/// The goals of an activity and of the texts that describe it, in order.
pub(crate) fn tags<'a>(
    activities: &[Activity],
    texts: impl IntoIterator<Item = &'a str>,
) -> Vec<SdgTag> {
    let mut tenths: BTreeMap<u8, u8> = BTreeMap::new();
    for goal in activities.iter().flat_map(|activity| activity.goals()) {
        tenths.insert(*goal, 10);
    }
    for text in texts {
        let plain = plain(text);
        for (words, goal, sure) in WORDS {
            if words
                .iter()
                .any(|word| plain.contains(&format!(" {word} ")))
            {
                let known = tenths.entry(*goal).or_default();
                *known = (*known).max(*sure);
            }
        }
    }
    let tag = |(goal, sure): (u8, u8)| {
        Some(SdgTag {
            goal: SdgGoal::new(i64::from(goal)).ok()?,
            confidence: Rate::new(f64::from(sure) / 10.0).ok()?,
        })
    };
    tenths.into_iter().filter_map(tag).collect()
}

/// Words in lower case, a blank around each.
fn plain(text: &str) -> String {
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut plain = String::from(" ");
    for word in words {
        plain.extend(word.chars().flat_map(char::to_lowercase));
        plain.push(' ');
    }
    plain
}

/// The goals alone.
pub(crate) fn goals(tags: &[SdgTag]) -> Vec<SdgGoal> {
    tags.iter().map(|tag| tag.goal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(activities: &[Activity], text: &str) -> Vec<(u8, u8)> {
        tags(activities, [text])
            .iter()
            .map(|tag| {
                let tenths =
                    (0..=10).find(|n| (tag.confidence.get() * 10.0 - f64::from(*n)).abs() < 0.01);
                (tag.goal.get(), tenths.unwrap())
            })
            .collect()
    }

    #[test]
    fn every_kind_of_activity_serves_its_goals_for_certain() {
        let cases: [(Activity, &[u8]); 8] = [
            (Activity::MatchCreated, &[10, 16]),
            (Activity::MatchEnded, &[10]),
            (Activity::EventLogged, &[]),
            (Activity::EventAttended, &[4, 11]),
            (Activity::SkillShare, &[4, 8]),
            (Activity::Feedback, &[17]),
            (Activity::Milestone, &[10]),
            (Activity::Checkin, &[3]),
        ];
        for (activity, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|goal| (*goal, 10)).collect();
            assert_eq!(found(&[activity], ""), expected, "{activity:?}");
        }
    }

    #[test]
    fn words_are_matched_whole_and_in_any_case() {
        let cases: [(&str, &[(u8, u8)]); 12] = [
            ("A COMMUNITY picnic", &[(11, 8)]),
            ("a communityless evening", &[]),
            ("communities", &[(11, 8)]),
            ("job-hunting", &[(8, 8)]),
            ("the book of Jobst", &[]),
            ("Career day", &[(8, 8)]),
            ("agriculture", &[]),
            ("culture", &[(11, 7)]),
            ("disintegration", &[]),
            ("integration: first steps", &[(10, 9)]),
            ("healthy food", &[]),
            ("language and wellness", &[(3, 8), (4, 8)]),
        ];
        for (text, expected) in cases {
            assert_eq!(found(&[], text), expected, "{text}");
        }
    }

    #[test]
    fn the_surest_reason_for_a_goal_counts() {
        assert_eq!(found(&[], "mental health and health"), [(3, 9)]);
        assert_eq!(found(&[], "mental-health"), [(3, 9)]);
        assert_eq!(found(&[], "culture in the community"), [(11, 8)]);
        assert_eq!(found(&[Activity::Checkin], "mental health"), [(3, 10)]);
    }
}
