use serde_json::{Value, json};

use super::{import_problems, name_problems, reading_problems, writing_problems};
use crate::project::Project;

fn dependency(name: &str, kind: &Value) -> Value {
    json!({ "name": name, "kind": kind })
}

fn problems_of(name: &str, dependencies: &[Value]) -> Vec<String> {
    let metadata = json!({
        "workspace_root": "/w",
        "target_directory": "/w/target",
        "packages": [{
            "name": name,
            "manifest_path": format!("/w/crates/{name}/Cargo.toml"),
            "dependencies": dependencies,
            "targets": [{ "kind": ["lib"] }],
        }],
    });
    let project = Project::from_metadata(&metadata).unwrap();
    let members = ["contracts", "platform", "ingest", "profile", "testkit"];
    import_problems(&project.packages[0], &members)
}

#[test]
fn imports_along_the_arrows_pass() {
    let allowed = [
        dependency("contracts", &Value::Null),
        dependency("platform", &Value::Null),
        dependency("serde", &Value::Null),
        dependency("testkit", &json!("dev")),
    ];
    assert!(problems_of("ingest", &allowed).is_empty());
}

#[test]
fn an_import_against_the_arrows_fails_also_in_tests_and_build_scripts() {
    for kind in [Value::Null, json!("dev"), json!("build")] {
        let found = problems_of("ingest", &[dependency("profile", &kind)]);
        assert_eq!(found, ["crate ingest: may not import profile"]);
    }
}

#[test]
fn the_pure_crate_imports_no_machinery() {
    let found = problems_of("contracts", &[dependency("platform", &Value::Null)]);
    assert_eq!(found, ["crate contracts: may not import platform"]);
}

#[test]
fn test_tools_stay_out_of_the_product() {
    let found = problems_of("server", &[dependency("testkit", &Value::Null)]);
    assert_eq!(found, ["crate server: may not import testkit"]);
}

#[test]
fn a_crate_without_a_place_in_the_table_fails() {
    let found = problems_of("payroll", &[]);
    assert_eq!(found.len(), 1);
}

#[test]
fn machinery_is_named_in_platform_only() {
    let source = "use sqlx::PgPool;\n// redis\nlet redistribution = \"redis\";\n";
    assert!(name_problems("platform", "a.rs", source).is_empty());
    let found = name_problems("profile", "a.rs", source);
    assert_eq!(found, ["a.rs:1: `PgPool` belongs to platform"]);
}

#[test]
fn the_cockpit_keeps_to_the_public_face_of_its_neighbours() {
    let source = "use ingest::query::Import;\nuse ingest::import::store;\nuse crate::ingest::x;\n\
                  use ingest::Intake;\nuse identity::session::Visitor;\nlet ingest = 1;\n";
    let found = reading_problems("cockpit", "a.rs", source);
    assert_eq!(
        found,
        ["a.rs:2: cockpit looks into ingest past its public face"]
    );
    assert!(reading_problems("server", "a.rs", source).is_empty());
}

#[test]
fn nobody_writes_to_a_neighbours_schema() {
    let source = "query!(\"INSERT INTO profile.person\"); query!(\"update ingest.import set\")";
    let found = writing_problems("ingest", "a.rs", source);
    assert_eq!(found, ["a.rs:1: only profile writes to schema profile"]);
    assert!(writing_problems("testkit", "a.rs", source).is_empty());
}
