//! What somebody with full access to the database can do to a chain, and how it is found.

use super::*;

/// Places in a log of 40 entries, the first and the last among them.
const PLACES: [i64; 7] = [1, 2, 9, 10, 11, 25, 40];

fn found(log: Vec<Chained>, seen: &[Checkpoint]) -> (i64, TamperKind) {
    let Tamper { seq, kind } = verify(COMPANY, log, &key(), seen).unwrap_err();
    (seq, kind)
}

/// Does something to a log at every place, and tells what is found.
fn each(mut tamper: impl FnMut(&mut Vec<Chained>, usize)) -> Vec<(i64, (i64, TamperKind))> {
    PLACES
        .iter()
        .map(|&place| {
            let mut log = log(40, place.cast_unsigned());
            let seen = checkpoints(&log);
            tamper(&mut log, usize::try_from(place - 1).unwrap());
            (place, found(log, &seen))
        })
        .collect()
}

fn assert_altered_in_place(tamper: impl FnMut(&mut Vec<Chained>, usize)) {
    for (place, found) in each(tamper) {
        assert_eq!(found, (place, TamperKind::Altered), "at {place}");
    }
}

/// Numbers the entries anew from 1, as somebody does who hides a gap.
fn renumber(log: &mut [Chained]) {
    for (seq, (entry, _)) in (1..).zip(log) {
        entry.seq = seq;
    }
}

#[test]
fn an_edited_action_is_found() {
    assert_altered_in_place(|log, i| log[i].0.action = "user.deleted".to_owned());
}

#[test]
fn an_exchanged_actor_is_found() {
    assert_altered_in_place(|log, i| log[i].0.actor = "usr_somebody_else".to_owned());
}

#[test]
fn a_changed_clock_is_found() {
    assert_altered_in_place(|log, i| log[i].0.at -= SignedDuration::from_micros(1));
}

#[test]
fn a_changed_outcome_is_found() {
    assert_altered_in_place(|log, i| log[i].0.outcome = "failure".to_owned());
}

#[test]
fn changed_particulars_are_found() {
    assert_altered_in_place(|log, i| log[i].0.details = log[i].0.details.replace("rows", "rowz"));
}

#[test]
fn a_changed_column_is_found() {
    assert_altered_in_place(|log, i| log[i].0.resource_kind = "company".to_owned());
    assert_altered_in_place(|log, i| log[i].0.resource_id = "imp_other".to_owned());
    assert_altered_in_place(|log, i| log[i].0.request_id = Uuid::nil());
}

#[test]
fn a_text_moved_from_one_column_to_the_next_is_found() {
    assert_altered_in_place(|log, i| {
        let entry = &mut log[i].0;
        let moved = entry.action.remove(0);
        entry.actor.push(moved);
    });
}

#[test]
fn a_changed_encoding_is_found() {
    // The same letters to a reader: ø composed from o and a stroke.
    assert_altered_in_place(|log, i| log[i].0.details = log[i].0.details.replace('ø', "o\u{338}"));
    assert_altered_in_place(|log, i| log[i].0.details = log[i].0.details.replace(':', ": "));
}

#[test]
fn a_changed_hash_is_found() {
    assert_altered_in_place(|log, i| log[i].1.0[31] ^= 1);
}

#[test]
fn a_deleted_entry_is_found() {
    for (place, found) in each(|log, i| drop(log.remove(i))) {
        let kind = match place {
            40 => TamperKind::TailMissing { witnessed: 40 },
            _ => TamperKind::Missing { next: place + 1 },
        };
        assert_eq!(found, (place, kind));
    }
}

#[test]
fn a_deletion_hidden_by_new_numbers_is_found() {
    let results = each(|log, i| {
        log.remove(i);
        renumber(log);
    });
    for (place, found) in results {
        let kind = if place == 40 {
            TamperKind::TailMissing { witnessed: 40 }
        } else {
            TamperKind::Altered
        };
        assert_eq!(found, (place, kind));
    }
}

#[test]
fn a_gap_of_several_entries_is_found() {
    for (from, to) in [(1, 5), (12, 31), (39, 40)] {
        let mut log = log(41, 7);
        let seen = checkpoints(&log);
        log.retain(|(entry, _)| !(from..=to).contains(&entry.seq));
        assert_eq!(
            found(log, &seen),
            (from, TamperKind::Missing { next: to + 1 })
        );
    }
}

#[test]
fn an_inserted_entry_is_found() {
    assert_altered_in_place(|log, i| {
        let forged = entry(COMPANY, 0, &mut StdRng::seed_from_u64(99));
        let hash = log[i].1;
        log.insert(i, (forged, hash));
        renumber(log);
    });
}

#[test]
fn an_appended_entry_without_the_key_is_found() {
    let mut log = log(40, 1);
    let thief = ChainKey::new(&Key::generate().unwrap());
    let forged = entry(COMPANY, 41, &mut StdRng::seed_from_u64(99));
    let hash = thief.hash(&log[39].1, &forged);
    log.push((forged, hash));
    assert_eq!(found(log, &[]), (41, TamperKind::Altered));
}

#[test]
fn exchanged_entries_are_found() {
    for (place, found) in each(|log, i| log.swap(i, if i == 39 { 38 } else { i + 1 })) {
        let first = if place == 40 { 39 } else { place };
        assert_eq!(found, (first, TamperKind::Missing { next: first + 1 }));
    }
}

#[test]
fn entries_with_exchanged_contents_are_found() {
    let results = each(|log, i| {
        log.swap(i, if i == 39 { 38 } else { i + 1 });
        renumber(log);
    });
    for (place, found) in results {
        assert_eq!(
            found,
            (if place == 40 { 39 } else { place }, TamperKind::Altered)
        );
    }
}

#[test]
fn a_repeated_entry_is_found() {
    for (place, found) in each(|log, i| log.insert(i, log[i].clone())) {
        assert_eq!(found, (place + 1, TamperKind::Repeated { found: place }));
    }
}

#[test]
fn a_missing_head_is_found() {
    for cut in [1, 2, 10, 39] {
        let log = log(40, 3);
        let seen = checkpoints(&log);
        let rest = log[cut..].to_vec();
        let next = i64::try_from(cut).unwrap() + 1;
        assert_eq!(found(rest, &seen), (1, TamperKind::Missing { next }));
    }
}

#[test]
fn a_missing_head_hidden_by_new_numbers_is_found() {
    for cut in [1, 2, 10, 39] {
        let mut rest = log(40, 3)[cut..].to_vec();
        renumber(&mut rest);
        assert_eq!(found(rest, &[]), (1, TamperKind::Altered));
    }
}

#[test]
fn a_missing_tail_is_found_by_the_witness() {
    for kept in [0, 1, 9, 10, 25, 39] {
        let mut log = log(40, 3);
        let seen = checkpoints(&log);
        log.truncate(kept);
        let seq = i64::try_from(kept).unwrap() + 1;
        assert_eq!(
            found(log, &seen),
            (seq, TamperKind::TailMissing { witnessed: 40 })
        );
    }
}

#[test]
fn a_tail_that_no_witness_saw_is_reported_as_unanchored() {
    let mut log = log(45, 3);
    let seen = checkpoints(&log);
    log.truncate(43);
    let verified = verify(COMPANY, log, &key(), &seen).unwrap();
    assert_eq!((verified.last_seq, verified.anchored_seq), (43, 40));
}

#[test]
fn a_chain_hashed_anew_without_the_key_is_found_at_its_beginning() {
    let log = log(40, 4);
    let thief = ChainKey::new(&Key::generate().unwrap());
    let forged = chained(&thief, log.iter().map(|(entry, _)| entry.clone()));
    assert_eq!(found(forged, &[]), (1, TamperKind::Altered));
}

#[test]
fn a_chain_hashed_anew_with_the_stolen_key_is_found_by_the_witness() {
    for place in PLACES {
        let log = log(40, 4);
        let seen = checkpoints(&log);
        let mut entries: Vec<_> = log.into_iter().map(|(entry, _)| entry).collect();
        entries[usize::try_from(place - 1).unwrap()].actor = "usr_scapegoat".to_owned();
        let forged = chained(&key(), entries);
        let witnessed = (place + 9) / 10 * 10;
        // All that is certain: the witness vouches for nothing after the checkpoint before.
        assert_eq!(
            found(forged, &seen),
            (witnessed - 9, TamperKind::Rewritten { witnessed })
        );
    }
}

#[test]
fn a_database_rolled_back_to_a_backup_is_found() {
    let log = log(40, 5);
    let seen = checkpoints(&log);
    let backup = log[..25].to_vec();
    assert_eq!(
        found(backup, &seen),
        (26, TamperKind::TailMissing { witnessed: 40 })
    );
}

#[test]
fn a_database_that_went_on_from_a_backup_is_found() {
    let log = log(40, 5);
    let seen = checkpoints(&log);
    let mut random = StdRng::seed_from_u64(6);
    let mut entries: Vec<_> = log[..25].iter().map(|(entry, _)| entry.clone()).collect();
    entries.extend((26..=60).map(|seq| entry(COMPANY, seq, &mut random)));
    let regrown = chained(&key(), entries);
    assert_eq!(
        found(regrown, &seen),
        (21, TamperKind::Rewritten { witnessed: 30 })
    );
}

#[test]
fn the_entry_of_another_company_is_found() {
    let foreign = || {
        let mut random = StdRng::seed_from_u64(8);
        chained(
            &ChainKey::new(&Key::generate().unwrap()),
            (1..=40).map(|seq| entry(OTHER_COMPANY, seq, &mut random)),
        )
    };
    for (place, found) in each(|log, i| log[i] = foreign()[i].clone()) {
        assert_eq!(found, (place, TamperKind::Foreign));
    }
    assert_altered_in_place(|log, i| {
        log[i] = foreign()[i].clone();
        log[i].0.company = COMPANY;
    });
    let whole = verify(COMPANY, foreign(), &key(), &[]).unwrap_err();
    assert_eq!((whole.seq, whole.kind), (1, TamperKind::Foreign));
}

#[test]
fn the_log_of_another_company_under_the_same_key_is_found() {
    let mut moved = log(40, 9);
    for (entry, _) in &mut moved {
        entry.company = OTHER_COMPANY;
    }
    let tamper = verify(OTHER_COMPANY, moved, &key(), &[]).unwrap_err();
    assert_eq!((tamper.seq, tamper.kind), (1, TamperKind::Altered));
}

#[test]
fn checkpoints_of_another_company_prove_nothing() {
    let log = log(20, 9);
    let seen: Vec<_> = checkpoints(&log)
        .into_iter()
        .map(|seen| Checkpoint {
            company: OTHER_COMPANY,
            ..seen
        })
        .collect();
    assert_eq!(verify(COMPANY, log, &key(), &seen).unwrap().anchored_seq, 0);
}

#[test]
fn a_finding_reads_as_a_sentence() {
    let say = |kind| Tamper { seq: 7, kind }.to_string();
    assert_eq!(say(TamperKind::Altered), "entry 7 does not match its hash");
    assert_eq!(
        say(TamperKind::Missing { next: 9 }),
        "entry 7 is missing: entry 9 follows"
    );
    assert_eq!(
        say(TamperKind::TailMissing { witnessed: 40 }),
        "entry 7 is missing at the end: the witness has seen entry 40",
    );
}
