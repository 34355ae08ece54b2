use super::found;
use crate::inspect::assign::assign;
use crate::inspect::{Drift, Mapping, Renamed};
use crate::sheet::limits::Limits;
use crate::sheet::reader::SheetReader;

const SAVED: &str = "Økt-ID;E-post deltaker;Mentor e-post;Dato;Varighet;Internt\nK1;a@example.no;m@example.no;2025-05-01;45;x\n";

fn saved() -> Mapping {
    Mapping::proposed(&found(SAVED)).unwrap()
}

fn drift(columns: &[&str]) -> Drift {
    let names: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    saved().drift(&names)
}

#[test]
fn reordered_columns_are_no_drift() {
    assert!(
        drift(&[
            "Internt",
            "dato",
            "Varighet",
            "Mentor e-post",
            "E-post deltaker",
            "Økt-ID"
        ])
        .is_empty()
    );
}

#[test]
fn a_renamed_column_is_suspected_and_a_missing_or_new_one_is_named() {
    assert_eq!(
        drift(&[
            "Økt-ID",
            "Deltakers epost",
            "Mentor e-post",
            "Varighet",
            "Internt",
            "Farge"
        ]),
        Drift {
            missing: vec!["dato".to_owned()],
            renamed: vec![Renamed {
                from: "e_post_deltaker".to_owned(),
                to: "Deltakers epost".to_owned(),
                field: "participant_email".to_owned(),
            }],
            new: vec!["Farge".to_owned()],
        }
    );
}

#[test]
fn a_new_column_alone_does_no_harm() {
    let drift = drift(&[
        "Økt-ID",
        "E-post deltaker",
        "Mentor e-post",
        "Dato",
        "Varighet",
        "Internt",
        "Ny",
    ]);
    assert!(drift.is_harmless() && !drift.is_empty());
}

#[test]
fn a_mapping_renames_a_header_and_hides_what_means_nothing() {
    let reader = SheetReader::open(SAVED.as_bytes(), Limits::default()).unwrap();
    let header = saved().rename(reader.header()).unwrap();
    assert_eq!(header.position("session_id"), Some(0));
    assert_eq!(header.position("volunteer_email"), Some(2));
    assert_eq!(header.position("internt"), None);
}

#[test]
fn the_best_sum_wins_over_the_best_pair() {
    // Taken greedily, 0.9 would leave the second row with nothing.
    let scores = [vec![0.9, 0.8], vec![0.85, 0.1]];
    assert_eq!(assign(&scores, 0.3), [Some(1), Some(0)]);
    assert_eq!(assign(&[vec![0.2, 0.1]], 0.3), [None]);
    assert_eq!(
        assign(&[vec![0.5], vec![0.6], vec![0.4]], 0.3),
        [None, Some(0), None]
    );
    assert_eq!(assign(&[vec![], vec![]], 0.3), [None, None]);
}
