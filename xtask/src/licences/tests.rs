use serde_json::json;

use super::{allowed_licences, is_allowed, package_problems};

fn allowed() -> Vec<String> {
    ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"]
        .map(str::to_owned)
        .to_vec()
}

#[test]
fn expressions_are_satisfied_by_choice_and_conjunction() {
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("MIT OR GPL-3.0-only", true),
        ("MIT/GPL-3.0-only", true),
        ("MIT AND GPL-3.0-only", false),
        ("(GPL-3.0-only OR ISC) AND MIT", true),
        ("GPL-3.0-only OR ISC AND MIT", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
        ("", false),
    ] {
        assert_eq!(
            is_allowed(expression, &allowed()).unwrap(),
            expected,
            "{expression}"
        );
    }
}

#[test]
fn an_unreadable_expression_is_an_error() {
    for expression in ["(MIT", "MIT MIT", "MIT OR"] {
        assert!(is_allowed(expression, &allowed()).is_err(), "{expression}");
    }
}

#[test]
fn the_list_is_read_from_the_policy() {
    let policy = "[advisories]\nyanked = \"deny\"\n\n[licenses]\nconfidence-threshold = 0.9\n\
                  allow = [\n  \"MIT\",  # ours\n  \"ISC\",\n]\n\n[bans]\nallow = [\"x\"]\n";
    assert_eq!(allowed_licences(policy).unwrap(), ["MIT", "ISC"]);
    assert!(allowed_licences("[bans]\n").is_err());
}

#[test]
fn packages_from_elsewhere_or_under_other_licences_are_named() {
    let package = |name: &str, licence: &str, source: &str| {
        let id = format!("{source}#{name}");
        json!({ "id": id, "name": name, "version": "1.0.0", "license": licence, "source": source })
    };
    let built = [
        "registry+index#fine",
        "git+somewhere#forked",
        "registry+other#mirrored",
        "registry+index#unlicensed",
    ]
    .map(|id| json!({ "id": id }));
    let metadata = json!({ "packages": [
        package("fine", "MIT", "registry+index"),
        package("forked", "MIT", "git+somewhere"),
        package("mirrored", "MIT", "registry+other"),
        package("unlicensed", "Proprietary", "registry+index"),
        package("for another system", "Proprietary", "registry+index"),
    ], "resolve": { "nodes": built }});
    let found = package_problems(&metadata, &allowed()).unwrap();
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].contains("forked") && found[1].contains("mirrored"));
    assert!(found[2].contains("licence `Proprietary` is not allowed"));
}
