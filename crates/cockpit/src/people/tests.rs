//! The page as it is drawn.

use askama::Template;

use super::sample;

#[test]
fn a_pair_says_why_and_shows_nothing_that_leads_to_a_person() {
    let html = sample::full().render().unwrap();
    assert!(html.contains("One e-mail address under two names"));
    assert!(html.contains("75 of 100 points"));
    assert!(html.contains("••••ia@") && html.contains("A. B."));
    assert_eq!(html.matches("Merge the two").count(), 2);
    assert_eq!(html.matches("Not the same").count(), 2);
    assert_eq!(
        html.matches(">Undo<").count(),
        1,
        "what is undone has no button"
    );
}

#[test]
fn an_empty_list_says_what_comes_here() {
    let html = sample::empty().render().unwrap();
    assert!(html.contains("Nobody looks like two") && html.contains("Nobody was merged yet"));
    assert_eq!(html.matches("<form").count(), 1, "signing out");
}

#[test]
fn hostile_words_stay_words() {
    let hostile = "\"><script>alert(1)</script>";
    let mut page = sample::full();
    for pair in &mut page.pairs {
        pair.source = hostile.to_owned();
        pair.one.what = hostile.to_owned();
        pair.other.known_by = vec![(hostile.to_owned(), hostile.to_owned())];
    }
    page.refused = Some(hostile.to_owned());
    assert!(!page.render().unwrap().contains("<script>alert"));
}
