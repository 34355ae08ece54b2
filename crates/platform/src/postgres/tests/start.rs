//! Starting, starting again, and refusing to.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use super::*;
use crate::postgres::{EmbeddedError, attach, check_server_version};

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_makes_a_database_and_a_second_finds_what_the_first_stored() {
    for candidate in candidates() {
        let dir = scratch();
        let data = dir.path().join("data");
        let first = Embedded::start(candidate.options(&data)).await.unwrap();
        tell(
            &mut connect(&first).await,
            "create table kept (word text); insert into kept values ('blåbær')",
        )
        .await;
        let pid = first.pid();
        first.stop().await;
        assert!(!is_alive(pid));

        let second = Embedded::start(candidate.options(&data)).await.unwrap();
        let mut connection = connect(&second).await;
        assert_eq!(
            ask(&mut connection, "select word from kept").await,
            "blåbær"
        );
        let version = check_server_version(&connection).unwrap();
        assert_eq!(version.major(), second.major());
        drop(connection);
        second.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn text_sorts_by_code_point_and_knows_the_letters_of_all_languages() {
    for candidate in candidates() {
        let dir = scratch();
        let embedded = Embedded::start(candidate.options(&dir.path().join("data")))
            .await
            .unwrap();
        let mut connection = connect(&embedded).await;
        let sorted = "select string_agg(word, ' ' order by word) from (values ('b'), ('Å'), ('a'), ('B'), ('ї')) as t (word)";
        assert_eq!(ask(&mut connection, sorted).await, "B a b Å ї");
        assert_eq!(
            ask(&mut connection, "select upper('blåbær ї')").await,
            "BLÅBÆR Ї"
        );
        for (setting, value) in [
            ("server_encoding", "UTF8"),
            ("data_checksums", "on"),
            ("fsync", "on"),
            ("synchronous_commit", "on"),
            ("listen_addresses", ""),
            ("timezone", "UTC"),
        ] {
            assert_eq!(
                ask(&mut connection, &format!("show {setting}")).await,
                value,
                "{setting}"
            );
        }
        drop(connection);
        embedded.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_nobody_elses_business() {
    let dir = scratch();
    let data = dir.path().join("data");
    let embedded = Embedded::start(candidates()[0].options(&data))
        .await
        .unwrap();

    let server = fs::metadata(format!("/proc/{}", embedded.pid())).unwrap();
    assert_ne!(server.uid(), 0, "Postgres never runs as root");
    for private in ["postgres", "run"] {
        let found = fs::metadata(data.join(private)).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, 0o700, "{private}");
        assert_eq!(found.uid(), server.uid(), "{private}");
    }
    for ours in ["postgres.password", "postgres.log", "attest.lock"] {
        let found = fs::metadata(data.join(ours)).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, 0o600, "{ours}");
        assert_eq!(found.uid(), nix::unistd::geteuid().as_raw(), "{ours}");
    }
    let environment = fs::read_to_string(format!("/proc/{}/environ", embedded.pid())).unwrap();
    assert!(
        !environment.contains("CARGO"),
        "our environment is not the server's"
    );
    let password = fs::read_to_string(data.join("postgres.password")).unwrap();
    let shown = format!("{embedded:?}");
    assert!(
        password.len() >= 32 && !shown.contains(&password),
        "{shown}"
    );
    embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_and_no_statement_reaches_the_log() {
    for candidate in candidates() {
        let dir = scratch();
        let embedded = Embedded::start(candidate.options(&dir.path().join("data")))
            .await
            .unwrap();
        let mut connection = connect(&embedded).await;
        tell(
            &mut connection,
            "create table people (email text primary key)",
        )
        .await;
        tell(
            &mut connection,
            "insert into people values ('ada@example.org')",
        )
        .await;
        for bad in [
            "insert into people values ('ada@example.org')",
            "select 'ada@example.org'::int",
            "do $$ begin raise warning 'ada@example.org'; end $$",
            "select from people where email = 'ada@example.org' syntax",
        ] {
            #[expect(
                clippy::disallowed_methods,
                reason = "the server under test has no schema"
            )]
            let _ = sqlx::raw_sql(bad).execute(&mut connection).await;
        }
        drop(connection);
        let log = embedded.log_path().to_owned();
        embedded.stop().await;
        let text = fs::read_to_string(log).unwrap();
        assert!(text.contains("shut down"), "the log is written: {text}");
        assert!(!text.contains("ada@"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_in_use_is_refused_and_can_be_attached_to() {
    let dir = scratch();
    let data = dir.path().join("data, here with 'marks'");
    assert!(attach(&data).unwrap().is_none());
    let embedded = Embedded::start(candidates()[0].options(&data))
        .await
        .unwrap();
    let refused = Embedded::start(candidates()[0].options(&data)).await;
    assert!(
        matches!(refused, Err(EmbeddedError::InUse { .. })),
        "{refused:?}"
    );

    let options = attach(&data).unwrap().expect("a server runs");
    let mut beside = PgConnection::connect_with(&options).await.unwrap();
    assert_eq!(
        ask(&mut beside, "select current_database()::text").await,
        "attest"
    );
    drop(beside);
    embedded.stop().await;
    assert!(attach(&data).unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_another_major_version_is_refused_and_left_alone() {
    for candidate in candidates() {
        let dir = scratch();
        let data = dir.path().join("data");
        fs::create_dir_all(data.join("postgres")).unwrap();
        fs::write(data.join("postgres/PG_VERSION"), "13\n").unwrap();
        let refused = Embedded::start(candidate.options(&data)).await.unwrap_err();
        let message = refused.to_string();
        assert!(
            matches!(refused, EmbeddedError::OtherMajor { .. }),
            "{message}"
        );
        for part in [
            "made by PostgreSQL 13",
            "attest db dump",
            "attest db restore",
        ] {
            assert!(message.contains(part), "{message}");
        }
        let kept = fs::read_to_string(data.join("postgres/PG_VERSION")).unwrap();
        assert_eq!(kept, "13\n");
        assert!(!data.join("postgres.password").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_password_is_named() {
    let dir = scratch();
    let data = dir.path().join("data");
    let candidate = &candidates()[0];
    Embedded::start(candidate.options(&data))
        .await
        .unwrap()
        .stop()
        .await;
    fs::remove_file(data.join("postgres.password")).unwrap();
    let refused = Embedded::start(candidate.options(&data)).await;
    assert!(
        matches!(refused, Err(EmbeddedError::NoPassword { .. })),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_too_long_for_a_socket_does_not_matter() {
    let dir = scratch();
    let data = dir.path().join("d".repeat(120)).join("data");
    let embedded = Embedded::start(candidates()[0].options(&data))
        .await
        .unwrap();
    assert_eq!(
        ask(&mut connect(&embedded).await, "select 'here'").await,
        "here"
    );
    let socket_dir = embedded.socket_dir.clone();
    assert!(
        socket_dir.exists() && !socket_dir.starts_with(&data),
        "{socket_dir:?}"
    );
    embedded.stop().await;
    assert!(!socket_dir.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_root_cares_whether_the_directories_above_are_open() {
    let dir = scratch();
    layout::set_mode(dir.path(), 0o700).unwrap();
    let data = dir.path().join("data");
    let started = Embedded::start(candidates()[0].options(&data)).await;
    if nix::unistd::geteuid().is_root() {
        let message = started.unwrap_err().to_string();
        assert!(
            message.contains(&dir.path().display().to_string()),
            "{message}"
        );
        assert!(message.contains("/var/lib"), "{message}");
        assert!(!data.join("postgres").exists());
    } else {
        started.unwrap().stop().await;
    }
}
