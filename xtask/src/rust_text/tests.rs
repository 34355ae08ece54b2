use super::{Function, blank, functions};

fn function(name: &str, line: usize, lines: usize) -> Function {
    Function {
        name: name.to_owned(),
        line,
        lines,
    }
}

#[test]
fn comments_are_blanked_to_their_end_and_nest() {
    assert_eq!(blank("a // {\nb"), "a     \nb");
    assert_eq!(
        blank("a /* { /* { */ } */ b"),
        format!("a{}b", " ".repeat(19))
    );
    assert_eq!(blank("a /* open"), "a        ");
}

#[test]
fn strings_of_every_kind_are_blanked() {
    for literal in [
        r#""{""#,
        r#""\"{""#,
        r#"b"{""#,
        r##"r#"{"" "#"##,
        r##"br#"{"#"##,
        "'{'",
        "b'{'",
        r"'\''",
        r"'\u{7b}'",
        "'é'",
    ] {
        let blanked = blank(&format!("let x = {literal};"));
        assert!(!blanked.contains(['{', '"', '\'']), "{literal}: {blanked}");
        assert!(blanked.ends_with(';'), "{literal}: {blanked}");
    }
}

#[test]
fn a_string_over_several_lines_keeps_its_lines() {
    assert_eq!(blank("\"a\nb\";"), "  \n  ;");
}

#[test]
fn lifetimes_labels_and_raw_names_are_left_alone() {
    for source in [
        "fn f<'a>(x: &'a str) -> &'a str",
        "'outer: loop",
        "r#type",
        "for r in b",
    ] {
        assert_eq!(blank(source), source);
    }
}

#[test]
fn functions_are_measured_from_their_keyword_to_their_last_brace() {
    let source = "\
/// fn not_this_one() {}
fn one() {}

pub(crate) async fn two(
    x: [u8; 3],
) -> Vec<u8>
where
    u8: Copy,
{
    if x { \"}\" }
    fn inside() {
    }
}
";
    let found = functions(&blank(source));
    let expected = [
        function("one", 2, 1),
        function("two", 4, 10),
        function("inside", 11, 2),
    ];
    assert_eq!(found, expected);
}

#[test]
fn declarations_and_types_are_no_functions() {
    let source = "trait T { fn declared(&self); } type F = fn (u8) -> u8; let my_fn = 1;";
    assert_eq!(functions(&blank(source)), []);
}
