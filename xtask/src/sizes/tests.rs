use std::path::Path;

use super::{CRATE_LINES, FILE_LINES, FUNCTION_LINES, crate_problem, file_problems, whole_of};

fn function_of(lines: usize) -> String {
    format!("fn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
}

#[test]
fn a_file_at_the_limit_passes_and_one_line_more_fails() {
    let at_limit = "-- x\n".repeat(FILE_LINES);
    assert!(file_problems("a.sql", &at_limit).is_empty());
    let over = file_problems("a.sql", &format!("{at_limit}-- x\n"));
    assert_eq!(over, ["a.sql: 601 lines; a file has 600 at most"]);
}

#[test]
fn a_function_at_the_limit_passes_and_one_line_more_fails() {
    assert!(file_problems("a.rs", &function_of(FUNCTION_LINES)).is_empty());
    let over = file_problems("a.rs", &function_of(FUNCTION_LINES + 1));
    assert_eq!(
        over,
        ["a.rs:1: `long` has 81 lines; a function has 80 at most"]
    );
}

#[test]
fn braces_in_strings_do_not_end_a_function() {
    let mut source = function_of(FUNCTION_LINES + 1);
    source = source.replacen("step();", "say(\"}\");", 1);
    assert_eq!(file_problems("a.rs", &source).len(), 1);
}

#[test]
fn a_crate_over_the_limit_is_named() {
    assert_eq!(crate_problem("crate ingest", CRATE_LINES), None);
    let over = crate_problem("crate ingest", CRATE_LINES + 1).unwrap();
    assert!(over.starts_with("crate ingest: 5001 lines"), "{over}");
}

#[test]
fn only_crates_of_many_machines_are_measured_by_module() {
    let whole = |package, file| whole_of(package, Path::new(file));
    assert_eq!(whole("cockpit", "import/routes.rs"), "crate cockpit");
    assert_eq!(whole("platform", "http/mod.rs"), "module platform::http");
    assert_eq!(whole("platform", "retry.rs"), "module platform::retry");
}
