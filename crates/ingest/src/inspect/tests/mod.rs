mod drift;
mod mapping;
mod properties;

use super::{InspectOptions, Inspection, inspect};

pub(crate) fn found(text: impl AsRef<[u8]>) -> Inspection {
    inspect(text.as_ref(), &InspectOptions::default()).unwrap()
}

/// The field of a column; none where it means nothing.
pub(crate) fn field<'a>(found: &'a Inspection, column: &str) -> Option<&'a str> {
    let pair = found.mapping.iter().find(|pair| pair.column == column)?;
    Some(&pair.field)
}

#[test]
fn everything_about_a_file_is_told() {
    let text = "Export of sessions\r\n\r\nid;participant;note\r\n1;ola@example.org;\"a;b\"\r\n2;kari@example.org;x\r\n";
    let found = found(text);
    assert_eq!(
        (
            found.encoding.as_str(),
            found.delimiter.as_str(),
            found.quote.as_str(),
            found.escape.as_str()
        ),
        ("utf-8", ";", "\"", "")
    );
    assert_eq!(found.line_end.as_deref(), Some("crlf"));
    assert_eq!(
        (found.preamble_lines, found.header_row, found.rows),
        (2, Some(2), 2)
    );
    assert_eq!(found.columns, ["id", "participant", "note"]);
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(serde_json::from_value::<Inspection>(json).unwrap(), found);
}

#[test]
fn a_file_without_names_has_numbered_columns_and_all_its_rows() {
    let found = found("1,ola@example.org,2025-01-01\n2,kari@example.org,2025-01-02\n");
    assert_eq!((found.header_row, found.rows), (None, 2));
    assert_eq!(found.columns, ["column_1", "column_2", "column_3"]);
    assert_eq!(found.warnings[0].code, "header_missing");
}

#[test]
fn what_is_odd_is_noted() {
    let codes = |text: &str| -> Vec<String> {
        found(text)
            .warnings
            .into_iter()
            .map(|note| note.code)
            .collect()
    };
    assert_eq!(codes("a,b,a\n1,x,3\n2,y,5\n"), ["columns_duplicate"]);
    assert_eq!(codes("a,b\n1,x\n2\n3,y\n4,z\n"), ["rows_ragged"]);
    assert_eq!(codes("a,b\n1,x\n2,y\n3,\"z\n"), ["rows_broken"]);
    assert_eq!(codes("name,city\n"), ["file_without_rows"]);
}

#[test]
fn a_quotation_mark_behind_the_sample_is_told_too() {
    let plain = "1,nothing special here\n".repeat(5_000);
    let quote = |text: &str| found(text).quote;
    assert_eq!(quote(&format!("id,note\n{plain}")), "");
    assert_eq!(quote(&format!("id,note\n{plain}2,\"a, b\"\n")), "\"");
}
