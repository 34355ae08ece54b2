//! Made-up people who may be one.

use contracts::event::value::MatchReason;
use jiff::{Timestamp, tz::TimeZone};

use super::{Duplicates, MergeRow, Pair, Side};
use crate::gallery::{PERSON, TOKEN, company};
use crate::layout::{Layout, Section};

const NOTICED: Timestamp = Timestamp::constant(1_791_986_400, 0);

fn layout() -> Layout {
    let layout = Layout::signed_in("Possible duplicates", TOKEN, PERSON);
    Layout {
        may_review: true,
        ..layout.within(company(), true).at(Section::People)
    }
}

fn side(id: &str, what: &str, known_by: &[(&str, &str)]) -> Side {
    let words = |(kind, value): &(&str, &str)| ((*kind).to_owned(), (*value).to_owned());
    Side {
        id: id.to_owned(),
        what: what.to_owned(),
        last_active_at: Some(NOTICED),
        known_by: known_by.iter().map(words).collect(),
    }
}

/// Two pairs and two merges, one of them undone.
#[must_use]
pub fn full() -> Duplicates {
    let pair = |id: &str, reason, percent| Pair {
        id: id.to_owned(),
        one: side(
            "per_0190b6a0000070008000000000a1b2c3",
            "Participant in language",
            &[
                ("E-mail", "••••ia@"),
                ("Kintell id", "••••77"),
                ("Name", "A. B."),
            ],
        ),
        other: Side {
            last_active_at: None,
            ..side(
                "per_0190b6a0000070008000000000d4e5f6",
                "Participant in buddy",
                &[("Buddy id", "••••12"), ("Name", "A. E.")],
            )
        },
        reason,
        percent,
        source: "buddy-users".to_owned(),
        suggested_at: NOTICED,
    };
    let merge = |id: &str, undone_at| MergeRow {
        id: id.to_owned(),
        kept: "per_0190b6a0000070008000000000a1b2c3".to_owned(),
        merged: "per_0190b6a0000070008000000000d4e5f6".to_owned(),
        merged_at: NOTICED,
        undone_at,
    };
    Duplicates {
        done: Some("The two are one now. You can undo this below."),
        pairs: vec![
            pair("mat_1", MatchReason::SameNameAndMailbox, 75),
            pair("mat_2", MatchReason::EmailUnderTwoNames, 40),
        ],
        more_pairs: Some("/c/acme/people?pairs=MC40".to_owned()),
        merges: vec![merge("mrg_1", None), merge("mrg_2", Some(NOTICED))],
        more_merges: Some("/c/acme/people?merges=AA".to_owned()),
        ..empty()
    }
}

/// Before anything was found.
#[must_use]
pub fn empty() -> Duplicates {
    Duplicates {
        layout: layout(),
        done: None,
        refused: None,
        pairs: Vec::new(),
        more_pairs: None,
        merges: Vec::new(),
        more_merges: None,
        zone: TimeZone::UTC,
    }
}

/// After a merge that somebody else had made.
#[must_use]
pub fn refused() -> Duplicates {
    let page = full();
    Duplicates {
        layout: page.layout.failing(),
        done: None,
        refused: Some("These two are one person already. Nothing was changed.".to_owned()),
        ..page
    }
}
