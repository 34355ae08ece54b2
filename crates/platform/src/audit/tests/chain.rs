use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn first() -> AuditEntry {
    AuditEntry {
        seq: 1,
        company: COMPANY,
        at: moment(0),
        actor: "user:usr_1".to_owned(),
        action: "import.commit".to_owned(),
        resource_kind: "import".to_owned(),
        resource_id: "imp_1".to_owned(),
        request_id: OTHER_COMPANY.uuid(),
        outcome: "success".to_owned(),
        details: r#"{"rows":3}"#.to_owned(),
    }
}

#[test]
fn hashes_are_those_of_another_implementation() {
    let genesis = genesis_hash(COMPANY);
    assert_eq!(
        genesis.to_string(),
        "1207c02ab062b6333ad69b38ab0067c002b059d9d9b4c6c41fb04136afe6a83a"
    );
    let hash = hash_entry(&audit_key(), &genesis, &first());
    assert_eq!(
        hash.to_string(),
        "7d1a8c82a135cf869a3285f07e6f85a452f3338078dfec4619d30d318a0d6694"
    );
}

#[test]
fn every_field_changes_the_hash() {
    let changes: [fn(&mut AuditEntry); 12] = [
        |_| (),
        |entry| entry.seq = 2,
        |entry| entry.company = OTHER_COMPANY,
        |entry| entry.at = moment(1),
        |entry| entry.actor.push('0'),
        |entry| entry.action.push('0'),
        |entry| entry.resource_kind.push('0'),
        |entry| entry.resource_id.clear(),
        |entry| entry.request_id = Uuid::nil(),
        |entry| entry.outcome = "failure".to_owned(),
        |entry| entry.details = r#"{"rows": 3}"#.to_owned(),
        // The same letters, cut elsewhere.
        |entry| (entry.actor, entry.action) = ("user:usr_1import".to_owned(), ".commit".to_owned()),
    ];
    let genesis = genesis_hash(COMPANY);
    let hashes: BTreeSet<String> = changes
        .iter()
        .map(|change| {
            let mut entry = first();
            change(&mut entry);
            key().hash(&genesis, &entry).to_string()
        })
        .collect();
    assert_eq!(hashes.len(), changes.len());
}

#[test]
fn the_key_and_the_entry_before_change_the_hash() {
    let other = ChainKey::new(&Key::generate().unwrap());
    let (genesis, elsewhere) = (genesis_hash(COMPANY), genesis_hash(OTHER_COMPANY));
    assert_ne!(genesis, elsewhere);
    assert_ne!(
        key().hash(&genesis, &first()),
        key().hash(&elsewhere, &first())
    );
    assert_ne!(
        key().hash(&genesis, &first()),
        other.hash(&genesis, &first())
    );
    assert_eq!(format!("{other:?}"), "ChainKey(***)");
}

#[test]
fn canonical_details_do_not_depend_on_the_order_they_were_given_in() {
    let value = json!({"b": [1, {"z": null, "a": "å"}], "a": 1.5, "": true});
    assert_eq!(
        canonical_json(&value),
        r#"{"":true,"a":1.5,"b":[1,{"a":"å","z":null}]}"#
    );
}

#[test]
fn a_hash_reads_back_from_its_text() {
    let hash = genesis_hash(COMPANY);
    assert_eq!(hash.to_string().parse(), Ok(hash));
    assert_eq!(
        serde_json::from_str::<EntryHash>(&serde_json::to_string(&hash).unwrap()).unwrap(),
        hash
    );
    assert!("e4b6".parse::<EntryHash>().is_err());
    assert!(serde_json::from_str::<EntryHash>("\"zz\"").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn an_untouched_log_is_accepted(length in 0..60_i64, seed in any::<u64>()) {
        let log = log(length, seed);
        let verified = verify(COMPANY, log.clone(), &key(), &checkpoints(&log)).unwrap();
        prop_assert_eq!(verified, Verified {
            count: length.cast_unsigned(),
            last_seq: length,
            last_hash: log.last().map_or_else(|| genesis_hash(COMPANY), |last| last.1),
            anchored_seq: length / 10 * 10,
        });
    }
}
