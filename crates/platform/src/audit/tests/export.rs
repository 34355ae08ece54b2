use std::fs;

use super::super::export::{Error, *};
use super::*;
use crate::keys::WrappedKey;

/// A company with 40 entries, a witness that has seen 10, 20, 30 and 40, and an export of it all.
struct Lab {
    _folder: TempDir,
    keyring: Keyring,
    witness: Witness,
    company: CompanyKeys,
    log: Vec<Chained>,
    export: Vec<String>,
}

/// Later than every entry.
fn exported_at() -> Timestamp {
    moment(2_000_000_000_000)
}

impl Lab {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keyring = keyring(&folder);
        let witness = witness_in(&folder, &keyring);
        let company = CompanyKeys::generate(COMPANY.uuid()).unwrap();
        let entries = log(40, 1).into_iter().map(|(entry, _)| entry);
        let log = chained(&ChainKey::new(company.audit()), entries);
        for seen in checkpoints(&log) {
            witness.append(&seen).unwrap();
        }
        let mut lab = Self {
            _folder: folder,
            keyring,
            witness,
            company,
            log,
            export: Vec::new(),
        };
        lab.export = lab.exported(&lab.log, exported_at());
        lab
    }

    fn wrapped(&self) -> WrappedKey {
        self.keyring
            .wrap_company(&self.company)
            .unwrap()
            .pop()
            .unwrap()
    }

    fn exported(&self, log: &[Chained], exported_at: Timestamp) -> Vec<String> {
        let key = ChainKey::new(self.company.audit());
        let checkpoint = checkpoints(log).pop();
        let header = ExportHeader {
            company: COMPANY,
            exported_at,
            audit_key: self.wrapped(),
            checkpoint,
        };
        let mut exporter = Exporter::new(Vec::new(), &header, &key).unwrap();
        for (entry, hash) in log {
            exporter.entry(entry.clone(), *hash).unwrap();
        }
        let text = String::from_utf8(exporter.finish().unwrap()).unwrap();
        text.split_inclusive('\n').map(str::to_owned).collect()
    }

    fn verified(&self, lines: &[String]) -> Result<Report, Error> {
        verify_export(
            lines.concat().as_bytes(),
            &self.keyring,
            Some(&self.witness),
        )
    }

    fn tampered(&self, lines: &[String]) -> (i64, TamperKind) {
        match self.verified(lines) {
            Err(Error::Tampered(Tamper { seq, kind })) => (seq, kind),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_untouched_export_is_accepted() {
    let lab = Lab::new();
    let report = lab.verified(&lab.export).unwrap();
    let verified = Verified {
        count: 40,
        last_seq: 40,
        last_hash: lab.log[39].1,
        anchored_seq: 40,
    };
    assert_eq!(
        report,
        Report {
            company: COMPANY,
            exported_at: exported_at(),
            verified,
            witnessed_seq: Some(40)
        },
    );
}

#[test]
fn the_keyring_alone_suffices() {
    let lab = Lab::new();
    let report = verify_export(lab.export.concat().as_bytes(), &lab.keyring, None).unwrap();
    assert_eq!(
        (report.verified.anchored_seq, report.witnessed_seq),
        (40, None)
    );
}

#[test]
fn an_empty_log_exports_and_verifies() {
    let lab = Lab::new();
    let empty = lab.exported(&[], exported_at());
    let report = verify_export(empty.concat().as_bytes(), &lab.keyring, None).unwrap();
    assert_eq!(report.verified.count, 0);
}

#[test]
fn turned_line_ends_change_nothing() {
    let lab = Lab::new();
    let turned: Vec<_> = lab
        .export
        .iter()
        .map(|line| line.replace('\n', "\r\n"))
        .collect();
    assert!(lab.verified(&turned).is_ok());
}

#[test]
fn an_edited_entry_of_an_export_is_named() {
    let lab = Lab::new();
    for seq in [1_usize, 2, 17, 40] {
        let mut edited = lab.export.clone();
        edited[seq] = edited[seq].replace("user:usr_", "user:usr_0");
        assert_eq!(
            lab.tampered(&edited),
            (i64::try_from(seq).unwrap(), TamperKind::Altered)
        );
    }
}

#[test]
fn deleted_repeated_and_exchanged_lines_of_an_export_are_named() {
    let lab = Lab::new();
    let mut deleted = lab.export.clone();
    deleted.remove(17);
    assert_eq!(
        lab.tampered(&deleted),
        (17, TamperKind::Missing { next: 18 })
    );
    let mut repeated = lab.export.clone();
    repeated.insert(17, repeated[17].clone());
    assert_eq!(
        lab.tampered(&repeated),
        (18, TamperKind::Repeated { found: 17 })
    );
    let mut exchanged = lab.export.clone();
    exchanged.swap(3, 4);
    assert_eq!(
        lab.tampered(&exchanged),
        (3, TamperKind::Missing { next: 4 })
    );
}

#[test]
fn an_unreadable_line_of_an_export_is_named() {
    let lab = Lab::new();
    for line in [
        "\n",
        "{}\n",
        "not json\n",
        "{\"entry\":{\"seq\":5}}\n",
        &lab.export[0].clone(),
    ] {
        let mut broken = lab.export.clone();
        line.clone_into(&mut broken[5]);
        assert_eq!(lab.tampered(&broken), (5, TamperKind::Unreadable), "{line}");
    }
    let mut added = lab.export.clone();
    added[5] = added[5].replace("\"seq\"", "\"note\":\"\",\"seq\"");
    assert_eq!(lab.tampered(&added), (5, TamperKind::Unreadable));
}

#[test]
fn a_time_finer_than_what_is_hashed_is_not_taken() {
    let lab = Lab::new();
    let at = lab.log[4].0.at;
    let mut finer = lab.export.clone();
    finer[5] = finer[5].replace(&at.to_string(), &format!("{at:.9}").replace("000Z", "001Z"));
    assert_ne!(finer[5], lab.export[5]);
    assert_eq!(lab.tampered(&finer), (5, TamperKind::Unreadable));
}

#[test]
fn a_cut_export_is_found_with_and_without_the_witness() {
    let lab = Lab::new();
    for kept in [1_usize, 2, 20, 40] {
        let cut = &lab.export[..kept];
        let seq = i64::try_from(kept).unwrap();
        assert_eq!(
            lab.tampered(cut),
            (seq, TamperKind::TailMissing { witnessed: 40 })
        );
    }
    assert!(matches!(
        lab.verified(&lab.export[..41]),
        Err(Error::NotWhole { count: 40 })
    ));
}

#[test]
fn an_export_cut_behind_the_last_checkpoint_is_found_by_its_end() {
    let mut lab = Lab::new();
    let mut random = StdRng::seed_from_u64(3);
    let mut entries: Vec<_> = lab.log.iter().map(|(entry, _)| entry.clone()).collect();
    entries.extend((41..=45).map(|seq| entry(COMPANY, seq, &mut random)));
    lab.log = chained(&ChainKey::new(lab.company.audit()), entries);
    let export = lab.exported(&lab.log, exported_at());
    assert_eq!(lab.verified(&export).unwrap().verified.anchored_seq, 40);
    let cut = [&export[..43], &export[46..]].concat();
    assert!(matches!(
        lab.verified(&cut),
        Err(Error::NotWhole { count: 42 })
    ));
    let mut counted = cut;
    counted[43] = counted[43].replace("\"count\":45", "\"count\":42");
    assert!(matches!(
        lab.verified(&counted),
        Err(Error::NotWhole { count: 42 })
    ));
}

#[test]
fn a_changed_header_is_found() {
    let lab = Lab::new();
    let header = &lab.export[0];
    let with = |line: String| lab.verified(&[&[line], &lab.export[1..]].concat());
    let earlier = header.replace(
        &exported_at().to_string(),
        &(exported_at() - SignedDuration::from_secs(1)).to_string(),
    );
    assert!(matches!(with(earlier), Err(Error::NotWhole { count: 40 })));
    let seen = header.find("\"checkpoint\":").unwrap();
    let without = format!("{}\"checkpoint\":null}}}}\n", &header[..seen]);
    assert!(matches!(with(without), Err(Error::NotWhole { count: 40 })));
    let company = header.replacen(&COMPANY.to_string(), &OTHER_COMPANY.to_string(), 1);
    assert!(matches!(with(company), Err(Error::AuditKey(_))));
    let version = header.replace("\"root_version\":1", "\"root_version\":2");
    assert!(matches!(with(version), Err(Error::AuditKey(_))));
    let later = header.replace("\"format\":1", "\"format\":2");
    assert!(matches!(with(later), Err(Error::Header(_))));
    for junk in ["", "\n", "seq,actor\n", &lab.export[1]] {
        assert!(
            matches!(with(junk.to_owned()), Err(Error::Header(_))),
            "{junk}"
        );
    }
}

#[test]
fn two_exports_that_say_different_things_cannot_both_pass() {
    let lab = Lab::new();
    let mut entries: Vec<_> = lab.log.iter().map(|(entry, _)| entry.clone()).collect();
    entries[24].actor = "usr_scapegoat".to_owned();
    // Made with the stolen audit key, and sound in itself.
    let forged = lab.exported(
        &chained(&ChainKey::new(lab.company.audit()), entries),
        exported_at(),
    );
    assert!(verify_export(forged.concat().as_bytes(), &lab.keyring, None).is_ok());
    assert_eq!(
        lab.tampered(&forged),
        (21, TamperKind::Rewritten { witnessed: 30 })
    );
}

#[test]
fn an_export_of_a_rolled_back_database_is_found() {
    let lab = Lab::new();
    let export = lab.exported(&lab.log[..25], exported_at());
    assert_eq!(
        lab.tampered(&export),
        (26, TamperKind::TailMissing { witnessed: 40 })
    );
}

#[test]
fn an_older_export_still_passes_after_the_witness_went_on() {
    let lab = Lab::new();
    // Made before the witness saw entry 30.
    let earliest = lab.log.iter().map(|(entry, _)| entry.at).min().unwrap();
    let old = lab.exported(&lab.log[..25], earliest);
    let report = lab.verified(&old).unwrap();
    assert_eq!(
        (report.verified.last_seq, report.witnessed_seq),
        (25, Some(40))
    );
}

#[test]
fn a_rolled_back_witness_is_found_by_a_later_export() {
    let lab = Lab::new();
    let path = lab.witness.path(COMPANY);
    let text = fs::read_to_string(&path).unwrap();
    let short: Vec<_> = text.split_inclusive('\n').take(2).collect();
    fs::write(&path, short.concat()).unwrap();
    let result = lab.verified(&lab.export);
    assert!(
        matches!(
            result,
            Err(Error::Witness(super::super::witness::Error::Behind {
                found: 20,
                known: 40
            }))
        ),
        "{result:?}"
    );
}

#[test]
fn an_export_needs_the_right_root_keys() {
    let lab = Lab::new();
    let folder = tempfile::tempdir().unwrap();
    let other = keyring(&folder);
    let result = verify_export(lab.export.concat().as_bytes(), &other, None);
    assert!(matches!(result, Err(Error::AuditKey(_))));
}

#[test]
fn an_export_made_before_a_rotation_still_passes() {
    let mut lab = Lab::new();
    lab.keyring.rotate().unwrap();
    assert!(verify_export(lab.export.concat().as_bytes(), &lab.keyring, None).is_ok());
}

#[test]
fn what_stands_behind_the_end_is_refused() {
    let lab = Lab::new();
    let longer = [&lab.export[..], &[lab.export[40].clone()]].concat();
    assert!(matches!(
        lab.verified(&longer),
        Err(Error::NotWhole { count: 40 })
    ));
}

#[test]
fn a_changed_end_is_found() {
    let lab = Lab::new();
    let last_hash = lab.log[39].1.to_string();
    for (from, to) in [
        ("\"count\":40", "\"count\":41"),
        (last_hash.as_str(), &lab.log[38].1.to_string()),
        ("\"mac\":\"", "\"mac\":\"00"),
    ] {
        let mut changed = lab.export.clone();
        changed[41] = changed[41].replace(from, to);
        assert_ne!(changed[41], lab.export[41]);
        assert!(lab.verified(&changed).is_err(), "{from}");
    }
}
