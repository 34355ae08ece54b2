//! Decisions that need no server.

use std::os::unix::fs::symlink;

use super::*;
use crate::postgres::account::may_enter;
use crate::postgres::cluster::{Occupant, occupant};
use crate::postgres::version::ServerVersion;
use crate::postgres::{process, runtime, socket};

#[test]
fn servers_without_the_row_security_fixes_are_refused() {
    let cases = [
        (140_020, "14.20", Err("15.14")),
        (150_013, "15.13", Err("15.14")),
        (150_014, "15.14", Ok(())),
        (150_018, "15.18", Ok(())),
        (160_009, "16.9", Err("16.10")),
        (160_010, "16.10", Ok(())),
        (170_005, "17.5", Err("17.6")),
        (170_006, "17.6", Ok(())),
        (180_000, "18.0", Ok(())),
        (190_001, "19.1", Ok(())),
    ];
    for (num, shown, expected) in cases {
        let version = ServerVersion::from_num(num);
        assert_eq!(version.to_string(), shown);
        match (version.check(), expected) {
            (Ok(accepted), Ok(())) => assert_eq!(accepted, version),
            (Err(error), Err(needed)) => {
                let message = error.to_string();
                assert!(message.contains(shown), "{message}");
                assert!(message.contains(&format!("at least {needed}")), "{message}");
            }
            (checked, _) => panic!("{shown}: {checked:?}"),
        }
    }
}

#[test]
fn versions_are_read_from_what_programs_print() {
    let cases = [
        ("postgres (PostgreSQL) 18.4\n", Some(180_004)),
        (
            "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n",
            Some(150_018),
        ),
        ("postgres (PostgreSQL) 19beta2\n", Some(190_000)),
        ("postgres (PostgreSQL) 99999999999.1\n", None),
        ("postgres: error\n", None),
        ("", None),
    ];
    for (banner, num) in cases {
        let expected = num.map(ServerVersion::from_num);
        assert_eq!(ServerVersion::from_banner(banner), expected, "{banner:?}");
    }
}

#[test]
fn a_socket_directory_too_long_for_an_address_gets_a_short_name_of_its_own() {
    let short = Path::new("/tmp");
    let run = |length: usize| PathBuf::from(format!("/{}", "d".repeat(length - 1)));
    // The socket's own name takes 15 bytes of the 107, with its slash.
    let longest = run(107 - "/.s.PGSQL.5432".len());
    assert_eq!(socket::choose(&longest, short), longest);
    let first = socket::choose(&run(120), short);
    let second = socket::choose(&run(121), short);
    assert!(
        first.starts_with("/tmp/") && first.as_os_str().len() < 40,
        "{first:?}"
    );
    assert_ne!(first, second);
    assert_eq!(first, socket::choose(&run(120), short));
}

#[test]
fn a_path_that_a_shell_would_misread_is_refused() {
    for path in [
        "/data/$(id)",
        "/data/`id`",
        "/data/a\"b",
        "/data/a\\b",
        "/data/a\nb",
    ] {
        let refused = layout::Layout::new(Path::new(path)).unwrap_err();
        assert!(
            refused.to_string().contains("--data-dir"),
            "{path}: {refused}"
        );
    }
    layout::Layout::new(Path::new("/data/it's all right, ø")).unwrap();
}

#[test]
fn the_bits_of_a_directory_say_who_may_pass() {
    // mode, owner, group, then whether user 7 of group 8 may pass.
    let cases = [
        (0o700, 7, 0, true),
        (0o700, 0, 8, false),
        (0o710, 0, 8, true),
        (0o701, 0, 8, false),
        (0o701, 0, 0, true),
        (0o750, 0, 0, false),
        (0o077, 7, 8, false),
        (0o755, 0, 0, true),
    ];
    for (mode, owner, group, passes) in cases {
        assert_eq!(
            may_enter(mode, owner, group, 7, 8),
            passes,
            "{mode:o} {owner} {group}"
        );
    }
}

/// A process as proc(5) shows it.
fn process(proc: &Path, pid: i32, name: &str, state: char, cwd: Option<&Path>) {
    let dir = proc.join(pid.to_string());
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("comm"), format!("{name}\n")).unwrap();
    fs::write(dir.join("stat"), format!("{pid} ({name}) {state} 1 1")).unwrap();
    if let Some(cwd) = cwd {
        symlink(cwd, dir.join("cwd")).unwrap();
    }
}

#[test]
fn a_process_id_is_a_servers_unless_it_is_shown_not_to_be() {
    let dir = tempfile::tempdir().unwrap();
    let proc = dir.path().join("proc");
    let (ours, other) = (dir.path().join("ours"), dir.path().join("other"));
    for made in [&proc, &ours, &other] {
        fs::create_dir(made).unwrap();
    }
    process(&proc, 1, "postgres", 'S', Some(&ours));
    process(&proc, 2, "postgres", 'S', Some(&other));
    process(&proc, 3, "postgres", 'S', None);
    process(&proc, 4, "postgres", 'Z', Some(&ours));
    process(&proc, 5, "node (x) y", 'S', Some(&ours));

    assert_eq!(occupant(1, &ours, &proc), Occupant::Server);
    assert_eq!(occupant(2, &ours, &proc), Occupant::Stranger);
    assert_eq!(occupant(3, &ours, &proc), Occupant::Server);
    assert_eq!(occupant(4, &ours, &proc), Occupant::Nobody);
    assert_eq!(occupant(5, &ours, &proc), Occupant::Stranger);
    assert_eq!(occupant(6, &ours, &proc), Occupant::Nobody);
}

#[test]
fn a_log_that_has_grown_too_large_is_put_aside() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("postgres.log");
    fs::write(&log, "short\n").unwrap();
    drop(process::open_log(&log).unwrap());
    assert_eq!(process::log_since(&log, 0), "short");
    assert_eq!(process::log_since(&log, 6), "");

    let file = fs::File::options().write(true).open(&log).unwrap();
    file.set_len(10 * 1024 * 1024 + 1).unwrap();
    drop(process::open_log(&log).unwrap());
    assert_eq!(fs::metadata(&log).unwrap().len(), 0);
    assert!(dir.path().join("postgres.log.1").exists());
}

#[test]
fn without_any_postgres_the_message_says_what_to_install() {
    let dir = tempfile::tempdir().unwrap();
    let layout = layout::Layout::new(dir.path()).unwrap();
    let nowhere = dir.path().join("bin");
    let message = runtime::choose(&layout, None, Some(&nowhere), None)
        .unwrap_err()
        .to_string();
    for advice in ["apt-get install postgresql", "DATABASE_URL"] {
        assert!(message.contains(advice), "{message}");
    }
}

#[test]
fn a_packed_runtime_that_does_not_run_here_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let layout = layout::Layout::new(dir.path()).unwrap();
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    let program = b"of another machine";
    header.set_mode(0o755);
    header.set_size(program.len() as u64);
    tar.append_data(&mut header, "bin/postgres", program.as_slice())
        .unwrap();
    let archive = zstd::encode_all(tar.into_inner().unwrap().as_slice(), 1).unwrap();
    let packed = Packed::new("18.4-abc", archive);
    assert_eq!(
        format!("{packed:?}").split(',').next(),
        Some("Packed(18.4-abc")
    );

    let nowhere = dir.path().join("bin");
    let refused = runtime::choose(&layout, Some(&packed), Some(&nowhere), None);
    assert!(
        matches!(refused, Err(crate::postgres::EmbeddedError::NoRuntime)),
        "{refused:?}"
    );
    assert!(layout.runtime.join("18.4-abc/bin/postgres").exists());
}
