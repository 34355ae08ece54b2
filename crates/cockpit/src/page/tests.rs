use super::*;

#[test]
fn paging_covers_every_row_once() {
    let mut next = Some(1);
    let mut seen = 0;
    while let Some(page) = next {
        let paging = Paging::new("/list", page, 50, 214);
        assert_eq!(paging.first, seen + 1);
        seen = paging.last;
        next = paging.next.is_some().then_some(page + 1);
    }
    assert_eq!(seen, 214);
}

#[test]
fn an_empty_list_has_no_pages_to_turn() {
    let paging = Paging::new("/list", 1, 50, 0);
    assert_eq!((paging.first, paging.last), (0, 0));
    assert!(!paging.is_needed());
}

#[test]
fn a_page_beyond_the_end_leads_back_and_no_further() {
    let paging = Paging::new("/list", u64::MAX, 50, 214);
    assert_eq!((paging.first, paging.last, paging.next), (201, 214, None));
    assert_eq!(paging.previous.as_deref(), Some("/list?page=4"));
}
