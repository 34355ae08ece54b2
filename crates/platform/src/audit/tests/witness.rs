use std::fs;
use std::io::Write;

use super::*;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// A witness that has seen every tenth of 50 entries, and what it saw.
fn witnessed() -> (TempDir, Keyring, Witness, Vec<Checkpoint>) {
    let folder = tempfile::tempdir().unwrap();
    let keyring = keyring(&folder);
    let witness = witness_in(&folder, &keyring);
    let seen = checkpoints(&log(50, 1));
    for checkpoint in &seen {
        assert_eq!(witness.append(checkpoint).unwrap(), Appended::Written);
    }
    (folder, keyring, witness, seen)
}

fn lines(witness: &Witness) -> Vec<String> {
    fs::read_to_string(witness.path(COMPANY))
        .unwrap()
        .lines()
        .map(|line| format!("{line}\n"))
        .collect()
}

fn write(witness: &Witness, lines: &[String]) {
    fs::write(witness.path(COMPANY), lines.concat()).unwrap();
}

fn altered(witness: &Witness) -> u64 {
    match witness.read(COMPANY) {
        Err(Error::Altered { line }) => line,
        other => panic!("{other:?}"),
    }
}

#[test]
fn checkpoints_come_back_in_order() {
    let (_folder, _, witness, seen) = witnessed();
    let log = witness.read(COMPANY).unwrap();
    assert_eq!(
        (log.checkpoints.as_slice(), log.torn, log.last_seq()),
        (&seen[..], false, 50)
    );
    assert_eq!(witness.read(OTHER_COMPANY).unwrap().checkpoints, []);
}

#[test]
fn the_keyed_hash_of_a_line_is_that_of_another_implementation() {
    let folder = tempfile::tempdir().unwrap();
    let witness_key = audit_key().derive(&[b"attest/1/witness\0"]);
    let seen = Checkpoint {
        company: COMPANY,
        seq: 1,
        hash: "7d1a8c82a135cf869a3285f07e6f85a452f3338078dfec4619d30d318a0d6694"
            .parse()
            .unwrap(),
        at: moment(1_000_000),
    };
    let witness = Witness::new(
        folder.path().to_owned(),
        crate::keys::VersionedKeys::of(1, witness_key),
    );
    witness.append(&seen).unwrap();
    assert!(
        lines(&witness)[0]
            .contains("d0347da123a32942fd7318fec8f113175b048ffbd50d9747ae891cd55de72ee7")
    );
}

#[test]
fn the_same_checkpoint_twice_is_written_once() {
    let (_folder, _, witness, seen) = witnessed();
    let again = Checkpoint {
        at: seen[4].at + SECOND,
        ..seen[4]
    };
    assert_eq!(witness.append(&again).unwrap(), Appended::Known);
    assert_eq!(lines(&witness).len(), 5);
}

#[test]
fn a_chain_that_contradicts_the_witness_is_refused_at_once() {
    let (_folder, _, witness, seen) = witnessed();
    let other_hash = Checkpoint {
        hash: seen[0].hash,
        ..seen[4]
    };
    for contradiction in [other_hash, seen[3], seen[0]] {
        let refused = witness.append(&contradiction);
        assert!(
            matches!(refused, Err(Error::Contradiction { witnessed: 50, .. })),
            "{refused:?}"
        );
    }
    assert_eq!(lines(&witness).len(), 5);
}

#[test]
fn an_edited_line_is_found() {
    let (_folder, _, witness, seen) = witnessed();
    let whole = lines(&witness);
    for (i, checkpoint) in seen.iter().enumerate() {
        let edits = [
            whole[i].replace(
                &checkpoint.hash.to_string(),
                &seen[(i + 1) % 5].hash.to_string(),
            ),
            whole[i].replace(
                &format!("\"seq\":{}", checkpoint.seq),
                &format!("\"seq\":{}", checkpoint.seq + 1),
            ),
            whole[i].replace(
                &checkpoint.at.to_string(),
                &(checkpoint.at + SECOND).to_string(),
            ),
            whole[i].replace(&COMPANY.to_string(), &OTHER_COMPANY.to_string()),
            "{}\n".to_owned(),
            "\n".to_owned(),
            format!("{}{}", "x".repeat(3000), whole[i]),
        ];
        for edit in edits {
            let mut edited = whole.clone();
            edited[i] = edit;
            write(&witness, &edited);
            assert_eq!(altered(&witness), i as u64 + 1, "{}", edited[i]);
        }
    }
}

#[test]
fn deleted_exchanged_and_inserted_lines_are_found() {
    let (_folder, _, witness, _) = witnessed();
    let whole = lines(&witness);
    let order = |order: &[usize]| {
        write(
            &witness,
            &order.iter().map(|&i| whole[i].clone()).collect::<Vec<_>>(),
        );
        altered(&witness)
    };
    assert_eq!(order(&[1, 2, 3, 4]), 1, "head");
    assert_eq!(order(&[0, 2, 3, 4]), 2, "middle");
    assert_eq!(order(&[0, 1, 3, 2, 4]), 3, "exchanged");
    assert_eq!(order(&[0, 1, 2, 2, 3, 4]), 4, "repeated");
}

#[test]
fn a_replayed_old_checkpoint_is_found() {
    let (_folder, _, witness, _) = witnessed();
    let mut replayed = lines(&witness);
    replayed.push(replayed[1].clone());
    write(&witness, &replayed);
    assert_eq!(altered(&witness), 6);
}

#[test]
fn a_line_forged_under_another_key_is_found() {
    let (folder, keyring, witness, seen) = witnessed();
    let whole = lines(&witness);
    let other = tempfile::tempdir().unwrap();
    let thief = Witness::new(
        folder.path().join("forged"),
        super::keyring(&other).witness_keys(),
    );
    for checkpoint in &seen[..3] {
        thief.append(checkpoint).unwrap();
    }
    write(&witness, &lines(&thief));
    assert_eq!(altered(&witness), 1);
    write(&witness, &[whole[..3].to_vec(), lines(&thief)].concat());
    assert_eq!(altered(&witness), 4);
    let appended = witness_in(&folder, &keyring).append(&Checkpoint { seq: 99, ..seen[4] });
    assert!(matches!(appended, Err(Error::AlteredEnd)));
}

#[test]
fn a_line_that_goes_back_is_found_even_under_the_stolen_key() {
    let (_folder, keyring, witness, seen) = witnessed();
    let mut forged = lines(&witness);
    let previous = digest(forged[4].trim_end().as_bytes());
    let back = Checkpoint { seq: 45, ..seen[4] };
    let mac = sign(keyring.witness_keys().active().1, &back, 1, &previous);
    let line = |seq: i64, mac: EntryHash| {
        let (hash, at) = (back.hash, back.at);
        format!(
            r#"{{"company":"{COMPANY}","seq":{seq},"hash":"{hash}","at":"{at}","key":1,"previous":"{previous}","mac":"{mac}"}}"#
        )
    };
    forged.push(line(45, mac) + "\n");
    write(&witness, &forged);
    assert_eq!(altered(&witness), 6);
    let on = Checkpoint { seq: 55, ..back };
    let mac = sign(keyring.witness_keys().active().1, &on, 1, &previous);
    forged[5] = line(55, mac) + "\n";
    write(&witness, &forged);
    assert_eq!(
        witness.read(COMPANY).unwrap().last_seq(),
        55,
        "a line forged like this is otherwise sound"
    );
}

#[test]
fn the_file_of_another_company_is_found() {
    let (_folder, _, witness, _) = witnessed();
    fs::rename(witness.path(COMPANY), witness.path(OTHER_COMPANY)).unwrap();
    assert!(matches!(
        witness.read(OTHER_COMPANY),
        Err(Error::Altered { line: 1 })
    ));
}

#[test]
fn a_rolled_back_file_is_found_by_whoever_remembers() {
    let (_folder, _, witness, _) = witnessed();
    let copy = witness.read(COMPANY).unwrap();
    write(&witness, &lines(&witness)[..3]);
    let short = witness.read(COMPANY).unwrap();
    assert_eq!(short.last_seq(), 30, "the file alone cannot tell");
    assert!(matches!(
        short.reaches(50),
        Err(Error::Behind {
            found: 30,
            known: 50
        })
    ));
    assert!(short.reaches(30).is_ok());
    assert!(matches!(
        short.agrees_with(&copy),
        Err(Error::Behind {
            found: 30,
            known: 50
        })
    ));
    assert!(copy.agrees_with(&short).is_ok());
    fs::remove_file(witness.path(COMPANY)).unwrap();
    assert!(matches!(
        witness.read(COMPANY).unwrap().reaches(50),
        Err(Error::Behind { found: 0, .. })
    ));
}

#[test]
fn copies_that_went_different_ways_are_found() {
    let (_folder, _, witness, seen) = witnessed();
    let copy = witness.read(COMPANY).unwrap();
    write(&witness, &lines(&witness)[..2]);
    witness
        .append(&Checkpoint {
            at: seen[2].at + SECOND,
            ..seen[2]
        })
        .unwrap();
    let other = witness.read(COMPANY).unwrap();
    assert!(matches!(
        other.agrees_with(&copy),
        Err(Error::Differ { line: 3 })
    ));
}

#[test]
fn an_unfinished_line_counts_for_nothing_and_is_written_over() {
    let (_folder, _, witness, seen) = witnessed();
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(witness.path(COMPANY))
        .unwrap();
    file.write_all(b"{\"company\":\"0192").unwrap();
    let log = witness.read(COMPANY).unwrap();
    assert_eq!((log.torn, log.last_seq()), (true, 50));
    let next = Checkpoint { seq: 60, ..seen[4] };
    assert_eq!(witness.append(&next).unwrap(), Appended::Written);
    let log = witness.read(COMPANY).unwrap();
    assert_eq!((log.torn, log.last_seq()), (false, 60));
}

#[test]
fn a_crash_in_the_first_line_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let witness = witness_in(&folder, &keyring(&folder));
    let seen = checkpoints(&log(10, 1));
    witness.append(&seen[0]).unwrap();
    let line = lines(&witness)[0].clone();
    for length in 0..line.len() {
        fs::write(witness.path(COMPANY), &line[..length]).unwrap();
        assert_eq!(witness.append(&seen[0]).unwrap(), Appended::Written);
        assert_eq!(lines(&witness), [line.as_str()]);
    }
}

#[test]
fn lines_outlive_the_key_they_were_written_under() {
    let (folder, mut keyring, _, seen) = witnessed();
    keyring.rotate().unwrap();
    let witness = witness_in(&folder, &keyring);
    witness.append(&Checkpoint { seq: 60, ..seen[4] }).unwrap();
    keyring.retire(1, 0).unwrap();
    let witness = witness_in(&folder, &keyring);
    assert_eq!(witness.read(COMPANY).unwrap().last_seq(), 60);
    let whole = lines(&witness);
    let mut edited = whole.clone();
    edited[1] = edited[1].replace("\"key\":1", "\"key\":9");
    write(&witness, &edited);
    assert_eq!(
        altered(&witness),
        3,
        "an old line is vouched for by the lines after it"
    );
    write(&witness, &whole[..5]);
    assert!(matches!(
        witness.read(COMPANY),
        Err(Error::UnknownKey {
            line: 1,
            version: 1
        })
    ));
}

#[test]
fn many_at_once_leave_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let witness = witness_in(&folder, &keyring(&folder));
    let seen: Vec<_> = log(60, 1).iter().map(checkpoint).collect();
    std::thread::scope(|scope| {
        for part in 0..4 {
            let (witness, seen) = (&witness, &seen);
            // Those overtaken by a later checkpoint are refused; what is in the file must still be one chain.
            scope.spawn(move || {
                seen.iter()
                    .skip(part)
                    .step_by(4)
                    .filter(|next| witness.append(next).is_ok())
                    .count()
            });
        }
    });
    let log = witness.read(COMPANY).unwrap();
    assert_eq!(log.last_seq(), 60);
    assert!(
        log.checkpoints
            .iter()
            .all(|checkpoint| seen.contains(checkpoint))
    );
}
