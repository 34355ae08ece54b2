use super::{read, row};
use crate::sheet::error_file::ErrorFile;
use crate::sheet::limits::Limits;
use crate::sheet::reader::SheetReader;
use crate::sheet::record::Row;
use crate::sheet::row_error::{ErrorCode, RowError};

/// Refuses every row of a file and gives the error file.
fn refuse_all(text: &str) -> String {
    let mut reader = SheetReader::open(text.as_bytes(), Limits::default()).unwrap();
    let mut file = ErrorFile::new(Vec::new(), reader.header(), reader.delimiter()).unwrap();
    while let Some(row) = reader.next_row().unwrap() {
        match row {
            Row::Broken(record, error) => file.write_row(record, &[error]).unwrap(),
            Row::Record(record) => {
                let first =
                    RowError::of_cell(record.line(), "a", ErrorCode::Email, "x", "Not one".into());
                let second = RowError::of_row(record.line(), ErrorCode::Order, "Backwards".into());
                file.write_row(record, &[first, second]).unwrap();
            }
        }
    }
    String::from_utf8(file.finish().unwrap()).unwrap()
}

#[test]
fn an_error_file_has_the_original_columns_and_three_more() {
    insta::assert_snapshot!(refuse_all("A;b\n1;\"x\ny;z\"\n2\n"));
}

#[test]
fn an_error_file_reads_back_as_it_was_and_does_not_grow_when_refused_again() {
    let cells = [
        "=cmd|' /C calc'!A0",
        "-5",
        "two\nlines",
        "\"quoted\"",
        "Зоряна",
        "'=kept",
    ];
    let text = format!(
        "a,b\n{}",
        cells
            .map(|cell| format!("\"{}\",x\n", cell.replace('"', "\"\"")))
            .concat()
    );
    let once = refuse_all(&text);
    assert!(once.contains("'=cmd"), "{once}");
    let twice = refuse_all(&once);
    let firsts = |file: &str| -> Vec<String> {
        read(file)
            .into_iter()
            .map(|seen| match seen {
                super::Seen::Row(_, fields) => {
                    assert_eq!(fields.len(), 5);
                    fields[0].clone()
                }
                super::Seen::Broken(..) => panic!("{seen:?}"),
            })
            .collect()
    };
    assert_eq!(firsts(&once), firsts(&twice));
    assert_eq!(firsts(&once)[1..5], cells[1..5]);
}

#[test]
fn a_row_of_which_nothing_was_kept_has_empty_cells() {
    let huge = "x".repeat(2 << 20);
    let file = refuse_all(&format!("a,b\n1,{huge}\n"));
    let seen = read(file);
    assert_eq!(seen.len(), 1);
    let message = "The row is larger than 1048576 bytes. Shorten the texts of this row, or check for a missing quotation mark.";
    assert_eq!(seen[0], row(2, &["", "", "2", "E008", message]));
}
