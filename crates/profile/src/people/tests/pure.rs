//! Groups out of links.

use proptest::prelude::*;
use uuid::Uuid;

use crate::people::undo::{Group, groups};

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

#[test]
fn whoever_is_linked_is_in_one_group_under_the_last_of_the_way() {
    let people: Vec<_> = (1..=6).map(id).collect();
    let links = [
        (id(1), id(2)),
        (id(2), id(4)),
        (id(3), id(2)),
        (id(6), id(5)),
    ];
    let group = |survivor, members: &[u128]| Group {
        survivor: id(survivor),
        members: members.iter().copied().map(id).collect(),
    };
    assert_eq!(
        groups(&people, &links),
        [group(4, &[1, 2, 3, 4]), group(5, &[5, 6])]
    );
    assert!(groups(&people, &[]).is_empty());
}

proptest! {
    #[test]
    fn groups_share_nobody_and_every_link_lies_within_one(kept in proptest::collection::vec(0..20_u128, 20)) {
        let people: Vec<_> = (0..20).map(id).collect();
        // Links lead to smaller numbers only, so that no way leads back.
        let links: Vec<_> = (0..20_u128)
            .zip(&kept)
            .filter(|(from, to)| *to < from)
            .map(|(from, to)| (id(from), id(*to)))
            .collect();
        let groups = groups(&people, &links);
        let mut all: Vec<_> = groups.iter().flat_map(|group| group.members.clone()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        prop_assert_eq!(all.len(), count);
        for (from, to) in &links {
            let within = groups.iter().filter(|group| group.members.contains(from) && group.members.contains(to));
            prop_assert_eq!(within.count(), 1);
        }
        for group in &groups {
            prop_assert!(links.iter().all(|(from, _)| *from != group.survivor));
        }
    }
}
