use std::path::PathBuf;

use super::{Identity, newest, percent_encode};

#[test]
fn the_newest_version_wins_and_old_ones_do_not_count() {
    let folders = ["/p/9.6", "/p/14", "/p/15", "/p/18", "/p/lib"].map(PathBuf::from);
    assert_eq!(newest(folders.into_iter()), Some("/p/18".into()));
    assert_eq!(newest([PathBuf::from("/p/14")].into_iter()), None);
}

#[test]
fn a_user_is_found_by_its_whole_name() {
    let users = "nobodyelse:x:7:7::/:/bin/sh\nnobody:x:65534:65533:nobody:/:/bin/false\n";
    let nobody = Identity {
        uid: 65534,
        gid: 65533,
    };
    assert_eq!(Identity::named("nobody", users), Some(nobody));
    assert_eq!(Identity::named("postgres", users), None);
}

#[test]
fn a_path_is_encoded_for_a_query_string() {
    assert_eq!(percent_encode("/tmp/a b-1"), "%2Ftmp%2Fa%20b-1");
}
