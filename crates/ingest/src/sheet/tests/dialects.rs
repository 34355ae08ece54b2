//! Small files in the manners people and programs write them.

use crate::sheet::dialect::{Detected, detect};

fn found(text: &str) -> Detected {
    detect(text.as_bytes(), true)
}

/// Separator, quotation mark and escape as they are reported.
fn dialect(text: &str) -> (char, char, char) {
    let of = |byte: Option<u8>| byte.map_or('∅', char::from);
    let dialect = found(text).dialect;
    (of(dialect.delimiter), of(dialect.quote), of(dialect.escape))
}

#[test]
fn separators_are_found_among_others() {
    for (expected, text) in [
        (';', "navn;score;by\nOla;1,5;Oslo\nKari;2,5;Bergen, Vest\n"),
        ('|', "id|note|at\n1|a, b; c|10:30\n2|d|11:45\n3||09:00\n"),
        (
            '\t',
            "name\tcity\tnote\nOla\tNew York, NY\twell; done\nKari\tOslo\tok, fine\n",
        ),
        (
            ':',
            "root:x:0:0:/root\nbin:x:1:1:/bin\nmail:x:8:12:/var/mail\n",
        ),
        (' ', "id level score\n1 A1 0.5\n2 B2 0.75\n3 C1 0.25\n"),
        ('^', "id^name\n1^Ola, Kari\n2^Per; Pål\n"),
        ('~', "id~name~at\n1~Ola~2025-01-01\n2~Per~2025-01-02\n"),
    ] {
        assert_eq!(dialect(text).0, expected, "{text}");
    }
}

#[test]
fn files_of_one_column_have_no_separator() {
    for text in [
        "email\nola@example.org\nkari@example.org\n",
        "at\n2025-01-01T10:00:00Z\n2025-01-02T11:30:00Z\n",
        "feedback\nIt was fine, thank you\nWe spoke about work\nVery good; I learned a lot\n",
        "x\n1\n2\n3\n",
    ] {
        assert_eq!(dialect(text).0, '∅', "{text}");
    }
}

#[test]
fn quotation_marks_and_escapes_are_told_apart() {
    assert_eq!(dialect("a,b\n1,2\n"), (',', '∅', '∅'));
    assert_eq!(
        dialect("a,b\n\"x, y\",\"say \"\"hi\"\"\"\n"),
        (',', '"', '∅')
    );
    assert_eq!(
        dialect("a,b\n\"x, y\",\"say \\\"hi\\\" to me\"\n\"z\",\"w\"\n"),
        (',', '"', '\\')
    );
    assert_eq!(
        dialect("'id';'name'\n'1';'Ola; Kari'\n'2';'Per'\n"),
        (';', '\'', '∅')
    );
    // Apostrophes and inches are parts of texts, and so is a backslash before a closing mark.
    assert_eq!(
        dialect("a,b\nO'Neil,don't\nD'Arcy,5\" pipe\n"),
        (',', '∅', '∅')
    );
    assert_eq!(
        dialect("a,b\n\"C:\\data\\\",\"x\"\n\"D:\\\",\"y\"\n"),
        (',', '"', '∅')
    );
}

#[test]
fn cells_of_several_lines_do_not_disturb() {
    let text = "id,feedback,at\n1,\"Good.\nWe met; twice\n\nand talked\",2025-01-01\n2,\"Fine,\nthanks\",2025-01-02\n";
    let found = found(text);
    assert_eq!(dialect(text), (',', '"', '∅'));
    assert_eq!(
        (found.top.width, found.top.has_header, found.top.skip),
        (3, true, 0)
    );
}

/// Records and lines before the header, and whether there is one.
fn top(text: &str) -> (usize, u64, bool) {
    let top = found(text).top;
    (top.records, top.lines, top.has_header)
}

#[test]
fn the_header_is_found_below_preambles_and_comments() {
    for (expected, text) in [
        ((0, 0, true), "name,city\nOla,Oslo\nKari,Bergen\n"),
        (
            (1, 1, true),
            "Exported 2025-11-22 by Kari\nname,city\nOla,Oslo\nKari,Bergen\n",
        ),
        (
            (3, 3, true),
            "Report: Buddy, Oslo\nBy Kari\n\nid;level;note\n1;A1;x\n2;B1;y\n",
        ),
        (
            (4, 4, true),
            "# Export-ID: 7\n# Date: 2025-11-22\n# Range: 2025-01-01, 2025-11-22\n# Rows: 2\nmatch_id,mood,notes\nM1,good,\nM2,okay,x\n",
        ),
        (
            (2, 2, true),
            "Report,,\n,,\nid,level,at\n1,A1,2025-01-01\n2,B1,2025-01-02\n",
        ),
        ((1, 1, true), "sep=;\nid;level\n1;A1\n"),
        (
            (0, 0, true),
            "#id,level,at\n1,A1,2025-01-01\n2,B1,2025-01-02\n",
        ),
        (
            (1, 2, true),
            "\"Export\nof Buddy\"\nid,level,at\n1,A1,2025-01-01\n2,B1,2025-01-02\n",
        ),
        (
            (0, 0, false),
            "1,A1,2025-01-01\n2,B1,2025-01-02\n3,B1,2025-01-03\n",
        ),
        (
            (0, 0, false),
            "ola@example.org,Oslo\nkari@example.org,Bergen\n",
        ),
    ] {
        assert_eq!(top(text), expected, "{text}");
    }
}

#[test]
fn ragged_rows_and_footers_leave_the_dialect_alone() {
    let text = "id;name;score\n1;Ola;5\n2;Kari\n3;Per;4;extra\n4;Pål;3\n5;Åse;2\nTotal: 5 rows, all good\n";
    let found = found(text);
    assert_eq!(dialect(text).0, ';');
    assert_eq!((found.top.width, found.top.has_header), (3, true));
}
