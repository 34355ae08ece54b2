use std::fmt::Write as _;

use proptest::prelude::*;

use super::{Seen, read, read_as};
use crate::sheet::encoding::Encoding;
use crate::sheet::limits::Limits;

const SMALL: Limits = Limits {
    max_bytes: 1 << 20,
    max_gzip_ratio: 50,
    max_columns: 6,
    max_record_bytes: 40,
};

/// Bytes that look enough like a table to come far.
fn table_like() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        6 => prop::sample::select(b",;\"\n\r ab1".to_vec()),
        1 => any::<u8>(),
    ];
    prop::collection::vec(byte, 0..300)
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in table_like()) {
        for encoding in [None, Some(Encoding::Utf8), Some(Encoding::Windows1251), Some(Encoding::Utf16Le)] {
            let _ = read_as(&bytes, SMALL, encoding);
        }
    }

    #[test]
    fn no_gzip_stream_makes_the_reader_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        bytes.splice(0..0, [0x1f, 0x8b, 8, 0]);
        let _ = read_as(&bytes, SMALL, None);
    }

    #[test]
    fn the_number_of_rows_does_not_depend_on_the_encoding(bytes in table_like()) {
        let read = |encoding| read_as(&bytes, SMALL, Some(encoding)).ok().map(|rows| rows.len());
        if let (Some(a), Some(b)) = (read(Encoding::Utf8), read(Encoding::Windows1252)) {
            prop_assert_eq!(a, b);
        }
    }

    #[test]
    fn what_is_written_by_the_rules_reads_back(
        cells in prop::collection::vec(("[^\0]{0,20}", "[^\0]{0,20}"), 1..20),
        separator in prop::sample::select(vec![',', ';', '\t']),
        line_end in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let mut text = format!("a{separator}b{line_end}");
        for (a, b) in &cells {
            write!(text, "{}{separator}{}{line_end}", quoted(a), quoted(b)).unwrap();
        }
        let blank = |cell: &str| cell.bytes().all(|b| b.is_ascii_whitespace());
        let expected: Vec<_> = cells.iter().filter(|(a, b)| !blank(a) || !blank(b)).collect();
        let seen = read(&text);
        prop_assert_eq!(seen.len(), expected.len());
        for (seen, (a, b)) in seen.iter().zip(expected) {
            let Seen::Row(line, fields) = seen else { return Err(TestCaseError::fail(format!("{seen:?}"))) };
            prop_assert_eq!(fields, &[a.clone(), b.clone()]);
            let begins = text.split_inclusive('\n').nth(usize::try_from(*line).unwrap() - 1).unwrap();
            prop_assert!(begins.starts_with('"'));
        }
    }
}
