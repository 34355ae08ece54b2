//! What holds for every page.

use crate::company::Choice;
use crate::gallery::{self, Shown};
use crate::{company, dashboard, dead_letter, fault, import, sign_in, why};
use askama::Template;

mod contrast;
mod doors;
mod duplicates;
mod house;

const HOSTILE: &str = r#""><script>alert('1')</script><img src=x onerror=alert(2)>{{7*7}}&"#;

fn pages() -> Vec<Shown> {
    gallery::all().unwrap()
}

fn documents() -> Vec<Shown> {
    pages()
        .into_iter()
        .filter(|page| !page.name.ends_with("-part"))
        .collect()
}

#[test]
fn every_page_renders_the_same_twice() {
    for (first, second) in pages().iter().zip(pages()) {
        assert_eq!(first.html, second.html, "{}", first.name);
        assert!(first.html.len() > 500, "{}", first.name);
    }
}

#[test]
fn every_form_that_changes_something_carries_the_token_first() {
    let mut forms = 0;
    for page in pages() {
        for form in page
            .html
            .split("<form")
            .skip(1)
            .filter(|form| form.contains("method=\"post\""))
        {
            let first_field = form.split("<input").nth(1).unwrap_or_default();
            assert!(first_field.contains("name=\"csrf_token\""), "{}", page.name);
            assert!(first_field.contains(gallery::TOKEN), "{}", page.name);
            forms += 1;
        }
    }
    assert!(forms > 15, "{forms}");
}

#[test]
fn no_page_has_script_or_style_of_its_own() {
    for page in pages() {
        assert!(!page.html.contains("<style"), "{}", page.name);
        assert!(!page.html.contains("javascript:"), "{}", page.name);
        for tag in page
            .html
            .split('<')
            .skip(1)
            .filter_map(|rest| rest.split('>').next())
        {
            assert!(
                !tag.starts_with("script") || tag.contains("src=\"/assets/"),
                "{}",
                page.name
            );
            assert!(!tag.contains(" style="), "{}: {tag}", page.name);
            let handler = tag.split_whitespace().any(|part| part.starts_with("on"));
            assert!(!handler, "{}: {tag}", page.name);
        }
    }
}

#[test]
fn nothing_is_fetched_from_elsewhere() {
    for page in pages() {
        assert!(!page.html.contains("//"), "{}", page.name);
    }
}

#[test]
fn every_document_has_one_main_heading_its_landmarks_and_a_title() {
    for page in documents() {
        let count = |what: &str| page.html.matches(what).count();
        assert_eq!(count("<h1"), 1, "{}", page.name);
        assert_eq!(
            (count("<main"), count("<header"), count("<footer")),
            (1, 1, 1),
            "{}",
            page.name
        );
        assert!(page.html.contains("href=\"#content\""), "{}", page.name);
        assert!(
            page.html.contains(" \u{b7} Attest</title>"),
            "{}",
            page.name
        );
        let named = page.html.contains("Acme Energy \u{b7} Attest</title>");
        assert_eq!(
            named,
            page.html.contains("class=\"tenant\"") && page.name != "dashboard-rtl",
            "{}",
            page.name
        );
        assert_eq!(
            page.html.contains("action=\"/logout\""),
            !page.name.starts_with("sign-in"),
            "{}",
            page.name
        );
    }
}

#[test]
fn no_id_appears_twice_on_a_page() {
    for page in pages() {
        let mut ids: Vec<&str> = page
            .html
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let before = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), before, "{}", page.name);
    }
}

#[test]
fn every_label_and_reference_has_its_target() {
    for page in pages() {
        for attribute in [
            " for=\"",
            " aria-labelledby=\"",
            " aria-describedby=\"",
            " aria-controls=\"",
            " href=\"#",
        ] {
            for rest in page.html.split(attribute).skip(1) {
                for id in rest.split('"').next().unwrap().split_whitespace() {
                    assert!(
                        page.html.contains(&format!(" id=\"{id}\"")),
                        "{}: {id}",
                        page.name
                    );
                }
            }
        }
    }
}

#[test]
fn a_failing_form_says_so_in_the_title_and_beside_the_field() {
    for html in [
        sign_in::sample::failed().render().unwrap(),
        import::sample::list_with_errors().render().unwrap(),
    ] {
        assert!(html.contains("<title>Error: "));
        assert_eq!(html.matches("aria-invalid=\"true\"").count(), 2);
        assert!(html.contains("role=\"alert\""));
    }
}

#[test]
fn a_password_may_be_pasted_kept_and_is_never_sent_back() {
    let html = sign_in::sample::failed().render().unwrap();
    assert!(html.contains("autocomplete=\"username\""));
    let field = html
        .split("name=\"password\"")
        .nth(1)
        .unwrap()
        .split('>')
        .next()
        .unwrap();
    assert!(field.contains("autocomplete=\"current-password\""));
    assert!(!field.contains("value=") && !field.contains("maxlength"));
}

#[test]
fn hostile_words_stay_words() {
    for html in hostile_pages() {
        assert!(!html.contains("<script>"), "{html}");
        assert!(!html.contains("<img"), "{html}");
        assert!(
            !html.contains("\"><script") && !html.contains("alert('1')"),
            "{html}"
        );
        assert!(html.contains("{{7*7}}"));
    }
}

/// Pages with the hostile words in every text that a person or a file provides.
fn hostile_pages() -> Vec<String> {
    let words = || HOSTILE.to_owned();
    let mut sign_in = sign_in::sample::failed();
    (sign_in.email, sign_in.next, sign_in.notice) = (words(), words(), Some(words()));
    let mut chooser = company::sample::several();
    chooser.choices = vec![Choice {
        slug: words(),
        name: words(),
        role: words(),
    }];
    chooser.layout.user = Some(words());
    let mut board = dashboard::sample::full();
    board.layout.company = Some(crate::layout::CompanyLink {
        slug: words(),
        name: words(),
    });
    board.chart = Some(dashboard::sessions_chart(
        &[],
        jiff::civil::date(2026, 1, 1),
        HOSTILE,
    ));
    for figure in &mut board.figures {
        figure.figure_id = words();
    }
    let mut why = why::sample::hours();
    why.version = words();
    for session in &mut why.sessions {
        (session.file, session.programme, session.import_href) = (words(), words(), words());
    }
    let mut import = import::sample::done();
    (import.file, import.time_zone, import.progress.import_id) = (words(), words(), words());
    for row in &mut import.progress.rejected {
        (row.column, row.reason, row.code) = (words(), words(), words());
    }
    let mut list = import::sample::list_with_errors();
    for row in &mut list.rows {
        (row.file, row.href) = (words(), words());
    }
    let mut given_up = dead_letter::sample::list();
    for row in &mut given_up.rows {
        (row.id, row.delivery_id, row.kind, row.reason) = (words(), words(), words(), words());
    }
    let mut fault = fault::sample::of(404);
    (fault.request_id, fault.what) = (words(), words());
    let rendered = [
        sign_in.render(),
        chooser.render(),
        board.render(),
        why.render(),
        import.render(),
        list.render(),
        given_up.render(),
        fault.render(),
    ];
    rendered.into_iter().map(Result::unwrap).collect()
}

#[test]
fn long_names_and_empty_lists_make_whole_pages() {
    let mut board = dashboard::sample::right_to_left();
    board.layout.user = Some("x".repeat(400));
    let mut list = import::sample::list();
    list.rows.clear();
    list.form = None;
    for html in [board.render().unwrap(), list.render().unwrap()] {
        assert!(html.trim_end().ends_with("</html>"));
    }
}
