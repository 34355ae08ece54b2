//! Whatever the bytes, inspection ends with an answer or with a file error.

use proptest::prelude::*;

use crate::inspect::{InspectOptions, inspect};

fn look(bytes: &[u8]) {
    if let Ok(found) = inspect(bytes, &InspectOptions::default()) {
        assert!(
            found
                .mapping
                .iter()
                .all(|pair| (0.0..=1.0).contains(&pair.score))
        );
        assert!(found.delimiter.chars().count() <= 1 && found.quote.chars().count() <= 1);
        assert!(found.rows <= bytes.len() as u64);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        look(&bytes);
    }

    #[test]
    fn text_full_of_separators_and_marks_is_survived(text in "[a-c0-9,;:|\"'\\\\\t \r\n#{}\\[\\]@.å-]{0,300}") {
        look(text.as_bytes());
    }

    #[test]
    fn what_begins_like_another_format_is_survived(
        magic in prop::sample::select(vec![&b"PK\x03\x04"[..], b"\x1f\x8b", b"[{", b"{\"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"sep=;\n"]),
        rest in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        look(&[magic, &rest].concat());
    }

    #[test]
    fn damaged_workbooks_are_survived(at in 0_usize..9_000, byte in any::<u8>(), cut in 0_usize..9_000) {
        for whole in [
            &include_bytes!("../../../tests/data/matches.xlsx")[..],
            include_bytes!("../../../tests/data/norwegian.ods"),
        ] {
            let mut bytes = whole.to_vec();
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(bytes.len() - cut % 64);
            look(&bytes);
        }
    }

    #[test]
    fn a_written_table_is_read_as_it_was_written(
        rows in prop::collection::vec(prop::collection::vec("[a-zåø]{1,8}( [a-z]{1,6}){0,2}", 3), 3..12),
        separator in prop::sample::select(vec![b',', b';', b'\t', b'|']),
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
        writer.write_record(["name", "given_name", "home_city"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let found = inspect(bytes.as_slice(), &InspectOptions::default()).unwrap();
        prop_assert_eq!(found.delimiter.as_bytes(), &[separator]);
        prop_assert_eq!(found.header_row, Some(0));
        prop_assert_eq!(found.rows, rows.len() as u64);
    }
}
