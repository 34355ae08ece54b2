//! Dumps and restores, between all the versions that are here.

use std::io::BufReader;
use std::sync::{Arc, Mutex};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::*;
use crate::db::Administrator;
use crate::keys::Keyring;
use crate::postgres::dump::connection;
use crate::postgres::script::{Piece, Script};
use crate::postgres::{DumpTool, EmbeddedError, RestoreProgress, ServerVersion, dump, restore};

/// What a careless reader of dumps would trip over.
const HARD: &str = r#"
create schema "odd ""schema";
create role dump_reader;
create table "odd ""schema"."t;able" (id bigint generated always as identity primary key, word text, raw bytea, at timestamptz);
insert into "odd ""schema"."t;able" (word, raw, at)
    values (E'\\.', '\x00ff5c2e0a', '2026-01-01'), (E'tab\there\nand \\. there\n\\.\n', null, null), ('', '\x', 'infinity'), (null, null, null), ('COPY x FROM stdin;', null, null);
create table "odd ""schema".empty ();
create function "odd ""schema".shout(word text) returns text language plpgsql as $body$
begin
    -- A comment; with a semicolon, and a lonely rule:
    --
    return upper(word) || ';' || $quoted$it's$quoted$;
end
$body$;
create view "odd ""schema".shouted as select id, "odd ""schema".shout(word) as word from "odd ""schema"."t;able";
alter table "odd ""schema"."t;able" enable row level security, force row level security;
create policy own on "odd ""schema"."t;able" using (word = current_setting('x.y', true)) with check (true);
grant select on "odd ""schema"."t;able" to dump_reader;
comment on table "odd ""schema"."t;able" is E'Two lines\nand a quote: ''';
select setval(pg_get_serial_sequence('"odd ""schema"."t;able"', 'id'), 41);
"#;

/// Everything that the statements above made, as one text.
const SEEN: &str = r#"
select concat_ws('|',
    (select string_agg(t::text, '/' order by id) from "odd ""schema"."t;able" as t),
    (select string_agg(word, '/' order by id) from "odd ""schema".shouted),
    obj_description('"odd ""schema"."t;able"'::regclass),
    (select string_agg(polname || pg_get_expr(polqual, polrelid), '/') from pg_policy),
    (select relforcerowsecurity from pg_class where oid = '"odd ""schema"."t;able"'::regclass),
    has_table_privilege('dump_reader', '"odd ""schema"."t;able"', 'select'),
    nextval(pg_get_serial_sequence('"odd ""schema"."t;able"', 'id')),
    to_regclass('"odd ""schema".empty'))
"#;

async fn start(candidate: &Candidate, dir: &TempDir) -> Embedded {
    Embedded::start(candidate.options(&dir.path().join("data")))
        .await
        .unwrap()
}

async fn dump_to(source: &Embedded, file: &Path) -> u64 {
    let tool = DumpTool::at(&source.runtime().bin).unwrap();
    dump(&source.connect_options(), &tool, file, |_| {})
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_dumped_comes_back_whatever_the_versions() {
    for source in candidates() {
        let from_dir = scratch();
        let from = start(&source, &from_dir).await;
        tell(&mut connect(&from).await, HARD).await;
        let file = from_dir.path().join("dump.sql.zst");
        let heard = Arc::new(Mutex::new(0));
        let tool = DumpTool::at(&from.runtime().bin).unwrap();
        let told = Arc::clone(&heard);
        let bytes = dump(&from.connect_options(), &tool, &file, move |bytes| {
            *told.lock().unwrap() = bytes;
        })
        .await
        .unwrap();
        assert_eq!(*heard.lock().unwrap(), bytes);
        let expected = ask(&mut connect(&from).await, SEEN).await;
        from.stop().await;

        for target in candidates() {
            let to_dir = scratch();
            let to = start(&target, &to_dir).await;
            tell(&mut connect(&to).await, "create role dump_reader").await;
            let mut last = RestoreProgress::default();
            let rows = restore(&to.connect_options(), &file, |now| last = now)
                .await
                .unwrap();
            assert_eq!(rows, 5);
            assert_eq!(last.rows, 5);
            assert!(last.bytes_read > 0 && last.bytes_read <= last.bytes_total);
            assert_eq!(ask(&mut connect(&to).await, SEEN).await, expected);

            let again = restore(&to.connect_options(), &file, |_| {}).await;
            assert!(matches!(again, Err(EmbeddedError::NotEmpty)), "{again:?}");
            to.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attests_own_schema_comes_back_as_it_was() {
    let (from_dir, to_dir) = (scratch(), scratch());
    let keyring = Keyring::create(&from_dir.path().join("keys")).unwrap();
    let all = candidates();
    let (first, last) = (all.first().unwrap(), all.last().unwrap());
    let from = start(first, &from_dir).await;
    let owner = Administrator::new(from.connect_options());
    owner.ensure_roles(&keyring).await.unwrap();
    owner.migrate(&keyring).await.unwrap();
    let file = from_dir.path().join("dump.sql.zst");
    dump_to(&from, &file).await;
    from.stop().await;

    let to = start(last, &to_dir).await;
    let owner = Administrator::new(to.connect_options());
    owner.ensure_roles(&keyring).await.unwrap();
    restore(&to.connect_options(), &file, |_| {}).await.unwrap();
    owner.check_schema(&keyring).await.unwrap();
    assert_eq!(owner.migrate(&keyring).await.unwrap(), 0);
    to.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_dump_changes_nothing() {
    let dir = scratch();
    let embedded = start(&candidates()[0], &dir).await;
    let options = embedded.connect_options();
    tell(
        &mut connect(&embedded).await,
        "create table numbers as select n, md5(n::text) as hash from generate_series(1, 50000) as n",
    )
    .await;
    let file = dir.path().join("dump.sql.zst");
    dump_to(&embedded, &file).await;
    tell(&mut connect(&embedded).await, "drop table numbers").await;

    let whole = fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let mut no_end = Vec::new();
    zstd::stream::copy_decode(whole.as_slice(), &mut no_end).unwrap();
    no_end.truncate(no_end.len() - 200);
    let no_end = zstd::encode_all(no_end.as_slice(), 1).unwrap();
    let cases = [
        ("cut short", whole[..whole.len() * 2 / 3].to_vec()),
        ("changed", flipped),
        ("without its last line", no_end),
        ("no archive", b"id;word\n1;a\n".to_vec()),
        ("empty", Vec::new()),
    ];
    for (damage, bytes) in cases {
        let file = dir.path().join("damaged.sql.zst");
        fs::write(&file, bytes).unwrap();
        let refused = restore(&options, &file, |_| {}).await.unwrap_err();
        // A changed byte can survive decompression until the checksum; the server may see it first.
        let known = matches!(
            refused,
            EmbeddedError::BadDump { .. } | EmbeddedError::Database { .. }
        );
        assert!(known, "{damage}: {refused:?}");
        let tables =
            "select count(*)::text from pg_class where relnamespace = 'public'::regnamespace";
        assert_eq!(
            ask(&mut connect(&embedded).await, tables).await,
            "0",
            "{damage}"
        );
    }
    assert!(restore(&options, &file, |_| {}).await.unwrap() == 50_000);
    embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_that_fails_leaves_no_file_and_says_why() {
    let dir = scratch();
    let embedded = start(&candidates()[0], &dir).await;
    let tool = DumpTool::at(&embedded.runtime().bin).unwrap();
    let file = dir.path().join("dump.sql.zst");
    let nowhere = embedded.connect_options().database("nowhere");
    let message = dump(&nowhere, &tool, &file, |_| {})
        .await
        .unwrap_err()
        .to_string();
    assert!(message.contains("\"nowhere\" does not exist"), "{message}");
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        1,
        "only the data directory"
    );
    embedded.stop().await;
}

#[test]
fn a_dump_tool_must_be_as_new_as_the_server() {
    let dir = tempfile::tempdir().unwrap();
    for candidate in candidates() {
        let options = candidate.options(&dir.path().join("data"));
        DumpTool::find(&options, ServerVersion::from_num(150_018)).unwrap();
        let refused = DumpTool::find(&options, ServerVersion::from_num(990_000)).unwrap_err();
        assert!(refused.to_string().contains("99.0"), "{refused}");
    }
}

#[test]
fn the_dump_tool_is_told_where_to_connect_and_no_argument_shows_the_password() {
    let options = PgConnectOptions::new_without_pgpass()
        .host("db.example")
        .port(6432)
        .username("o'hara@corp/x")
        .password("p@ss/w%2Fø:?#")
        .database("impact")
        .ssl_mode(PgSslMode::VerifyFull)
        .ssl_root_cert("/etc/ca.pem");
    let variables = connection(&options);
    let get = |name: &str| {
        let found = variables.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| value.to_string_lossy().into_owned())
    };
    assert_eq!(get("PGHOST").as_deref(), Some("db.example"));
    assert_eq!(get("PGPORT").as_deref(), Some("6432"));
    assert_eq!(get("PGUSER").as_deref(), Some("o'hara@corp/x"));
    assert_eq!(get("PGPASSWORD").as_deref(), Some("p@ss/w%2Fø:?#"));
    assert_eq!(get("PGDATABASE").as_deref(), Some("impact"));
    assert_eq!(get("PGSSLMODE").as_deref(), Some("verify-full"));
    assert_eq!(get("PGSSLROOTCERT").as_deref(), Some("/etc/ca.pem"));
    let socket = connection(&options.socket("/run/pg"));
    assert!(socket.contains(&("PGHOST", "/run/pg".into())));
}

#[test]
fn a_dump_is_cut_between_the_things_it_makes() {
    let text = concat!(
        "--\n-- PostgreSQL database dump\n--\n\n\\restrict Key1\n\nSET a = 1;\n\n",
        "--\n-- Name: f(); Type: FUNCTION; Schema: s; Owner: o\n--\n\n",
        "CREATE FUNCTION f() AS $$\nCOPY t FROM stdin;\n\\unrestrict Other\n$$;\n\n\n",
        "--\n-- Data for Name: t; Type: TABLE DATA; Schema: s; Owner: o\n--\n\n",
        "COPY s.t (a) FROM stdin;\n1\\t\n--\n-- Name: x; Type: y; z\n\\\\.\n\\.\n\n\n",
        "--\n-- Data for Name: u; Type: TABLE DATA; Schema: s; Owner: o\n--\n\n",
        "COPY s.u (a) FROM stdin;\n\\.\n\n\n",
        "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict Key1\n\n",
    );
    let pieces: Vec<Piece> = Script::new(BufReader::new(text.as_bytes()))
        .map(Result::unwrap)
        .filter(|piece| !matches!(piece, Piece::Sql(sql) if sql.contains("SET a")))
        .collect();
    let function =
        "--\n\nCREATE FUNCTION f() AS $$\nCOPY t FROM stdin;\n\\unrestrict Other\n$$;\n\n\n--\n";
    assert_eq!(
        pieces,
        [
            Piece::Sql(function.to_owned()),
            Piece::CopyBegin("COPY s.t (a) FROM stdin".to_owned()),
            Piece::Rows {
                bytes: b"1\\t\n--\n-- Name: x; Type: y; z\n\\\\.\n".to_vec(),
                count: 4,
            },
            Piece::CopyEnd,
            Piece::CopyBegin("COPY s.u (a) FROM stdin".to_owned()),
            Piece::CopyEnd,
            Piece::Complete,
        ]
    );
}

#[test]
fn rows_travel_in_portions_and_must_end() {
    let head =
        "--\n-- Data for Name: t; Type: TABLE DATA; Schema: s; Owner: o\n--\nCOPY t FROM stdin;\n";
    let line = format!("{}\n", "x".repeat(999));
    let text = format!("{head}{}\\.\n", line.repeat(1_000));
    let mut counts = Vec::new();
    for piece in Script::new(BufReader::new(text.as_bytes())) {
        if let Piece::Rows { bytes, count } = piece.unwrap() {
            assert_eq!(bytes.len() as u64, count * 1_000);
            counts.push(count);
        }
    }
    assert_eq!(counts.iter().sum::<u64>(), 1_000);
    assert!(counts.len() > 2, "{counts:?}");

    let cut = format!("{head}{line}");
    let pieces: Vec<_> = Script::new(BufReader::new(cut.as_bytes())).collect();
    assert!(
        matches!(pieces.as_slice(), [Ok(Piece::CopyBegin(_)), Err(_)]),
        "{pieces:?}"
    );
}
