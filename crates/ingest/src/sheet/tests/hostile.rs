use std::io::{self, Cursor, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Seen, read, read_as, refusal, row};
use crate::sheet::file_error::FileError;
use crate::sheet::limits::Limits;
use crate::sheet::reader::SheetReader;
use crate::sheet::row_error::ErrorCode;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn open_endless(beginning: &'static str, endless: u8) -> FileError {
    let source = Cursor::new(beginning).chain(io::repeat(endless));
    SheetReader::open(source, Limits::default()).err().unwrap()
}

#[test]
fn gzip_is_unpacked_also_in_several_members() {
    let mut bytes = gzip(b"a,b\n1,2\n");
    bytes.extend(gzip(b"3,4\n"));
    assert_eq!(read(bytes), [row(2, &["1", "2"]), row(3, &["3", "4"])]);
}

#[test]
fn a_bomb_is_refused_early() {
    let mut text = b"a,b\n".to_vec();
    text.resize(64 << 20, b' ');
    let bomb = gzip(&text);
    assert!(bomb.len() < 100_000);
    let mut reader = SheetReader::open(bomb.as_slice(), Limits::default()).unwrap();
    let error = reader.next_row().err().unwrap();
    assert!(
        matches!(error, FileError::GzipBomb { ratio: 200 }),
        "{error:?}"
    );
    assert!(
        reader.bytes_read() < 20 << 20,
        "unpacked {} bytes",
        reader.bytes_read()
    );
}

#[test]
fn well_packed_honest_text_is_no_bomb() {
    let text = format!("a,b\n{}", "same,same\n".repeat(60_000));
    assert_eq!(read(gzip(text.as_bytes())).len(), 60_000);
}

#[test]
fn damaged_and_nested_gzip_is_refused() {
    let whole = gzip(b"a,b\n1,2\n3,4\n");
    let cut = &whole[..whole.len() - 6];
    assert!(matches!(refusal(cut), FileError::GzipBroken(_)));
    assert!(matches!(
        refusal([0x1f, 0x8b, 0xff, 0, 0]),
        FileError::GzipBroken(_)
    ));
    assert!(matches!(refusal(gzip(&whole)), FileError::GzipNested));
    assert!(matches!(refusal(gzip(b"")), FileError::Empty));
}

#[test]
fn gzip_members_without_content_are_not_followed_for_ever() {
    let source = io::Cursor::new(gzip(b"a,b\n")).chain(Endless(gzip(b""), 0));
    let error = SheetReader::open(source, Limits::default()).err().unwrap();
    assert!(matches!(error, FileError::GzipBroken(_)), "{error:?}");
    assert_eq!(
        read(
            gzip(b"")
                .repeat(3)
                .into_iter()
                .chain(gzip(b"a\n1\n"))
                .collect::<Vec<u8>>()
        ),
        [row(2, &["1"])]
    );
}

/// The same bytes again and again.
struct Endless(Vec<u8>, usize);

impl Read for Endless {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        for byte in buf.iter_mut() {
            *byte = self.0[self.1 % self.0.len()];
            self.1 += 1;
        }
        Ok(buf.len())
    }
}

#[test]
fn other_formats_are_named() {
    for (magic, name) in [
        (&[0xd0, 0xcf, 0x11, 0xe0, 0xa1][..], "old Excel"),
        (b"%PDF-1.7", "PDF"),
        (&[0x28, 0xb5, 0x2f, 0xfd, 0], "zstd"),
        (b"BZh9", "bzip2"),
        (&[0xfd, b'7', b'z', b'X', b'Z', 0], "xz"),
    ] {
        for bytes in [magic.to_vec(), gzip(magic)] {
            let error = refusal(bytes);
            assert_eq!(error.code(), "file_not_csv");
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}

#[test]
fn a_file_beyond_the_limit_is_refused_where_it_crosses_it() {
    let limits = Limits {
        max_bytes: 100_000,
        ..Limits::default()
    };
    let text = format!("a,b\n{}", "1,2\n".repeat(24_999));
    assert_eq!(text.len(), 100_000);
    assert_eq!(
        read_as(text.as_bytes(), limits, None).unwrap().len(),
        24_999
    );
    let error = read_as(format!("{text}x").as_bytes(), limits, None).unwrap_err();
    assert!(matches!(error, FileError::TooLarge { limit: 100_000 }));
    let packed = read_as(&gzip(format!("{text}x").as_bytes()), limits, None).unwrap_err();
    assert_eq!(packed.code(), "file_too_large");
}

#[test]
fn a_header_without_end_is_refused_without_reading_on() {
    let error = open_endless("a,b", b',');
    assert!(
        matches!(error, FileError::TooManyColumns { limit: 200 }),
        "{error:?}"
    );
    let error = open_endless("a,b", b'x');
    assert!(
        matches!(error, FileError::HeaderTooLong { .. }),
        "{error:?}"
    );
}

#[test]
fn a_million_columns_are_refused_in_the_header_and_in_a_row() {
    let many = "x,".repeat(1_000_000);
    assert_eq!(
        refusal(format!("{many}\n1,2\n")).code(),
        "header_too_many_columns"
    );
    assert_eq!(
        read(format!("a,b\n{many}\n1,2\n")),
        [Seen::Broken(2, ErrorCode::FieldCount), row(3, &["1", "2"])]
    );
    assert_eq!(
        read(format!("a,b\n{many}")),
        [Seen::Broken(2, ErrorCode::FieldCount)]
    );
}

#[test]
fn as_many_columns_as_allowed_are_read() {
    let names: Vec<String> = (0..200).map(|n| format!("c{n}")).collect();
    let text = format!("{}\n{}", names.join(","), vec!["1"; 200].join(","));
    assert_eq!(read(text).len(), 1);
}

#[test]
fn a_row_of_ten_megabytes_is_refused_and_reading_goes_on() {
    let huge = "text with\nbreaks ".repeat(700_000);
    let text = format!("a,b\n1,2\n3,\"{huge}\"\n5,6\n");
    let line = 4 + 700_000;
    assert_eq!(
        read(text),
        [
            row(2, &["1", "2"]),
            Seen::Broken(3, ErrorCode::RowTooLarge),
            row(line, &["5", "6"])
        ]
    );
}

#[test]
fn a_row_may_fill_its_limit_exactly() {
    let limits = Limits {
        max_record_bytes: 10_000,
        ..Limits::default()
    };
    let of = |n: usize| format!("a,b\n1,{}\n5,6\n", "x".repeat(n));
    assert!(matches!(
        read_as(of(9_999).as_bytes(), limits, None).unwrap()[0],
        Seen::Row(2, _)
    ));
    let seen = read_as(of(10_001).as_bytes(), limits, None).unwrap();
    assert_eq!(
        seen,
        [Seen::Broken(2, ErrorCode::RowTooLarge), row(3, &["5", "6"])]
    );
}

#[test]
fn reading_does_not_end_at_an_interrupted_call_and_names_a_failed_one() {
    struct Flaky(Vec<io::Result<&'static [u8]>>);
    impl Read for Flaky {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let Some(next) = self.0.pop() else {
                return Ok(0);
            };
            next.map(|mut bytes| bytes.read(buf).unwrap())
        }
    }
    let interrupted = || Err(io::ErrorKind::Interrupted.into());
    let source = Flaky(vec![
        Ok(b"1,2\n"),
        interrupted(),
        Ok(b"b\n"),
        Ok(b"a,"),
        interrupted(),
    ]);
    let mut reader = SheetReader::open(source, Limits::default()).unwrap();
    assert!(reader.next_row().unwrap().is_some());

    let source = Flaky(vec![
        Err(io::ErrorKind::ConnectionReset.into()),
        Ok(b"b\n"),
        Ok(b"a,"),
    ]);
    let error = SheetReader::open(source, Limits::default()).err().unwrap();
    assert_eq!(
        (error.code(), error.is_about_content()),
        ("file_unreadable", false)
    );
}
