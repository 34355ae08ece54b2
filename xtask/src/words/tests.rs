use super::text_problems;

#[test]
fn a_registry_host_is_found_in_any_case() {
    let host = ["PyPI", ".org"].concat();
    let found = text_problems("a.md", &format!("fine\nsee {host}\n"));
    assert_eq!(
        found,
        [format!(
            "a.md:2: names the registry host {}",
            host.to_lowercase()
        )]
    );
}

#[test]
fn a_path_of_this_machine_is_found_but_not_a_segment_of_a_route() {
    let path = ["/ro", "ot/x"].concat();
    assert_eq!(text_problems("a.rs", &format!("open(\"{path}\")")).len(), 1);
    assert!(text_problems("a.rs", &format!("get(/v1{path})")).is_empty());
}

#[test]
fn plain_text_passes() {
    assert!(text_problems("a.md", "Install it with cargo, pip or npm.").is_empty());
}
