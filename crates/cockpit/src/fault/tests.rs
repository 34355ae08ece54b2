use super::*;
use crate::layout::Layout;
use http::StatusCode;

fn fault(status: u16, code: &str) -> Fault {
    let status = StatusCode::from_u16(status).unwrap();
    Fault::new(Layout::public("", ""), status, code, "req")
}

#[test]
fn a_form_that_is_no_longer_valid_is_told_from_a_missing_right() {
    let stale = fault(403, "csrf_token_wrong");
    assert_eq!(stale.layout.title, "This form is no longer valid");
    assert_eq!(fault(403, "forbidden").layout.title, "You may not do this");
}

#[test]
fn only_a_fault_of_ours_is_called_one() {
    for status in [400, 404, 405, 415, 421, 431] {
        assert_ne!(
            fault(status, "").layout.title,
            "Something went wrong",
            "{status}"
        );
    }
    assert_eq!(fault(500, "").layout.title, "Something went wrong");
}

#[test]
fn what_happened_this_time_is_said_where_it_says_more() {
    let large = fault(413, "upload_too_large").with_detail(Some("Larger than 2 GB."));
    assert_eq!(large.what, "Larger than 2 GB.");
    let missing = fault(404, "not_found");
    let usual = missing.what.clone();
    assert_eq!(missing.with_detail(Some("Nothing.")).what, usual);
}
