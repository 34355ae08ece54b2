use super::*;
use askama::Template;

fn progress(state: State, counts: Counts) -> String {
    let page = sample::done().progress;
    Progress {
        state,
        counts,
        rejected: Vec::new(),
        ..page
    }
    .render()
    .unwrap()
}

const SOME: Counts = Counts {
    rows_in: 10,
    created: 5,
    updated: 2,
    unchanged: 1,
    rejected: 2,
};

#[test]
fn counts_that_reconcile_are_added_up_for_the_reader() {
    assert!(SOME.reconcile());
    let html = progress(State::Committed, SOME);
    assert!(
        html.contains("5 + 2 + 1 + 2 = 10: every row is accounted for."),
        "{html}"
    );
}

#[test]
fn counts_that_do_not_reconcile_yet_are_not_called_accounted_for() {
    let behind = Counts {
        rows_in: 11,
        ..SOME
    };
    assert!(!behind.reconcile());
    assert!(!progress(State::Running, behind).contains("accounted for"));
}

#[test]
fn only_an_open_import_asks_for_more() {
    for (state, open) in [
        (State::Waiting, true),
        (State::Running, true),
        (State::Committed, false),
        (State::Failed, false),
    ] {
        assert_eq!(
            progress(state, SOME).contains("data-poll"),
            open,
            "{state:?}"
        );
    }
}

#[test]
fn a_page_without_script_reloads_only_while_the_import_is_open() {
    assert!(
        sample::running()
            .render()
            .unwrap()
            .contains("<noscript><meta http-equiv=\"refresh\"")
    );
    assert!(!sample::done().render().unwrap().contains("http-equiv"));
}

#[test]
fn the_settings_of_an_upload_come_before_its_bytes() {
    let html = sample::empty_list().render().unwrap();
    let form = html.split("<form class=\"upload\"").nth(1).unwrap();
    let order = ["csrf_token", "source", "rating_scale", "zone", "file"]
        .map(|name| form.find(&format!("name=\"{name}\"")).unwrap());
    assert!(order.is_sorted(), "{order:?}");
}
