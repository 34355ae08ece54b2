use super::{Seen, read, read_as, refusal, row};
use crate::sheet::encoding::Encoding;
use crate::sheet::file_error::FileError;
use crate::sheet::limits::Limits;
use crate::sheet::reader::SheetReader;
use crate::sheet::record::Row;
use crate::sheet::row_error::ErrorCode;

const TEXT: &str = "name;note\r\nЗоряна;\"Дуже дякую,\r\nвсе добре\"\r\nBjørn;på gjensyn 👋\r\n";

fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

fn verdict(bytes: &[u8]) -> Encoding {
    let mut reader = SheetReader::open(bytes, Limits::default()).unwrap();
    while reader.next_row().unwrap().is_some() {}
    reader.verdict()
}

fn code_page(encoding: Encoding, text: &str) -> Vec<u8> {
    let (bytes, _, unmappable) = encoding.codec().encode(text);
    assert!(!unmappable);
    bytes.into_owned()
}

#[test]
fn utf_8_and_utf_16_give_the_same_rows_with_and_without_mark() {
    let expected = read(TEXT);
    assert_eq!(expected[1], row(4, &["Bjørn", "på gjensyn 👋"]));
    let marked = format!("\u{feff}{TEXT}");
    let files = [
        (Encoding::Utf8, marked.clone().into_bytes()),
        (Encoding::Utf16Le, utf16(&marked, u16::to_le_bytes)),
        (Encoding::Utf16Be, utf16(&marked, u16::to_be_bytes)),
        (Encoding::Utf16Le, utf16(TEXT, u16::to_le_bytes)),
        (Encoding::Utf16Be, utf16(TEXT, u16::to_be_bytes)),
    ];
    for (encoding, bytes) in files {
        assert_eq!(read(&bytes), expected, "{encoding}");
        let reader = SheetReader::open(bytes.as_slice(), Limits::default()).unwrap();
        assert_eq!((reader.encoding(), reader.verdict()), (encoding, encoding));
    }
}

#[test]
fn a_mark_overrules_what_the_uploader_says() {
    let marked = utf16(&format!("\u{feff}{TEXT}"), u16::to_le_bytes);
    for declared in [Encoding::Windows1251, Encoding::Utf8] {
        let seen = read_as(&marked, Limits::default(), Some(declared)).unwrap();
        assert_eq!(seen, read(TEXT));
    }
}

#[test]
fn utf_16_is_read_over_the_edges_of_chunks() {
    let line = "Ґанна,дуже вдячна 👋\n";
    let text = format!("a,b\n{}", line.repeat(20_000));
    let seen = read(utf16(&text, u16::to_be_bytes));
    assert_eq!(seen.len(), 20_000);
    assert_eq!(seen[19_999], row(20_001, &["Ґанна", "дуже вдячна 👋"]));
}

#[test]
fn a_malformed_utf_16_unit_breaks_its_row_only() {
    let mut bytes = utf16("\u{feff}a,b\n1,x", u16::to_le_bytes);
    bytes.extend(0xd800_u16.to_le_bytes());
    bytes.extend(utf16("y\n3,4\n", u16::to_le_bytes));
    assert_eq!(
        read(&bytes),
        [Seen::Broken(2, ErrorCode::Encoding), row(3, &["3", "4"])]
    );
    // An odd byte at the end is half a unit.
    bytes.push(b'5');
    assert_eq!(read(&bytes)[2], Seen::Broken(4, ErrorCode::Encoding));
}

#[test]
fn western_windows_text_is_recognised() {
    let bytes = code_page(
        Encoding::Windows1252,
        "navn,by\nBjørn Åse,Tromsø\nJürgen,„Köln“ – 5 €\n",
    );
    assert_eq!(
        read(&bytes),
        [
            row(2, &["Bjørn Åse", "Tromsø"]),
            row(3, &["Jürgen", "„Köln“ – 5 €"])
        ]
    );
    assert_eq!(verdict(&bytes), Encoding::Windows1252);
}

#[test]
fn cyrillic_windows_text_is_recognised() {
    let bytes = code_page(
        Encoding::Windows1251,
        "ім'я,місто\nВін із Києва,Її єдиний ґанок\n",
    );
    assert_eq!(read(&bytes), [row(2, &["Він із Києва", "Її єдиний ґанок"])]);
    assert_eq!(verdict(&bytes), Encoding::Windows1251);
}

#[test]
fn the_whole_file_speaks_when_the_beginning_is_plain() {
    // The first accent comes after all that is looked at on opening.
    let plain = "1,nothing special here\n".repeat(5_000);
    let mut bytes = format!("a,b\n{plain}").into_bytes();
    bytes.extend(code_page(Encoding::Windows1252, "2,blåbær\n"));
    let first = read(&bytes);
    assert_eq!(first[5_000], Seen::Broken(5_002, ErrorCode::Encoding));
    let second = read_as(&bytes, Limits::default(), Some(verdict(&bytes))).unwrap();
    assert_eq!(second[5_000], row(5_002, &["2", "blåbær"]));
    assert_eq!(first.len(), second.len());
}

#[test]
fn damage_in_a_utf_8_file_breaks_its_rows_and_is_shown() {
    let mut bytes = "a,b\n1,være så god, \n2,på\n"
        .replace(", \n", "\n")
        .into_bytes();
    bytes.extend(b"3,caf\xe9\n4,ok\n");
    assert_eq!(verdict(&bytes), Encoding::Utf8);
    let mut reader = SheetReader::open(bytes.as_slice(), Limits::default()).unwrap();
    reader.next_row().unwrap();
    reader.next_row().unwrap();
    let Some(Row::Broken(record, error)) = reader.next_row().unwrap() else {
        panic!("damaged")
    };
    assert_eq!((error.line, error.code), (4, ErrorCode::Encoding));
    assert_eq!(record.get(1), Some("caf\\xE9"));
    assert!(matches!(reader.next_row().unwrap(), Some(Row::Record(r)) if r.get(1) == Some("ok")));
}

#[test]
fn two_halves_of_a_character_in_neighbouring_fields_are_damage() {
    let mut bytes = "a,b\nå,ø\n".as_bytes().to_vec();
    bytes.extend(b"\xc3,\xa5\n");
    let seen = read_as(&bytes, Limits::default(), Some(Encoding::Utf8)).unwrap();
    assert_eq!(
        seen,
        [row(2, &["å", "ø"]), Seen::Broken(3, ErrorCode::Encoding)]
    );
}

#[test]
fn a_declared_encoding_is_used() {
    let bytes = code_page(Encoding::Windows1251, "a,b\nї,є\n");
    let seen = read_as(&bytes, Limits::default(), Some(Encoding::Windows1251)).unwrap();
    assert_eq!(seen, [row(2, &["ї", "є"])]);
    let error = read_as(b"a,\xe9\n1,2\n", Limits::default(), Some(Encoding::Utf8)).unwrap_err();
    assert!(matches!(error, FileError::HeaderEncoding));
}

#[test]
fn a_character_cut_by_the_end_of_the_look_ahead_is_no_damage() {
    for shift in 0..12 {
        let padding = "x".repeat(65_530 - shift);
        let text = format!("a,b\n1,{padding}ååå👋\n");
        let reader = SheetReader::open(text.as_bytes(), Limits::default()).unwrap();
        assert_eq!(reader.encoding(), Encoding::Utf8, "{shift}");
        assert_eq!(read(&text).len(), 1);
    }
}

#[test]
fn zero_bytes_outside_utf_16_are_refused_with_their_line() {
    let error = refusal("a,b\n1,2\n3,\u{0}\n");
    assert!(
        matches!(error, FileError::NulBytes { line: 3 }),
        "{error:?}"
    );
    let late = format!("a,b\n{}1,\u{0}\n", "1,2\n".repeat(50_000));
    assert!(matches!(
        refusal(late),
        FileError::NulBytes { line: 50_002 }
    ));
    // UTF-32 begins like UTF-16.
    let utf32: Vec<u8> = "\u{feff}a,b\n1,2\n"
        .chars()
        .flat_map(|c| u32::from(c).to_le_bytes())
        .collect();
    assert!(matches!(refusal(utf32), FileError::NulBytes { line: 1 }));
}

#[test]
fn encodings_are_found_by_their_usual_names() {
    for (label, encoding) in [
        ("UTF-8", Some(Encoding::Utf8)),
        ("latin1", Some(Encoding::Windows1252)),
        ("cp1251", Some(Encoding::Windows1251)),
        ("utf-16", Some(Encoding::Utf16Le)),
        ("utf-16be", Some(Encoding::Utf16Be)),
        ("shift_jis", None),
        ("klingon", None),
    ] {
        assert_eq!(Encoding::find(label), encoding, "{label}");
    }
    assert_eq!(Encoding::Windows1252.to_string(), "windows-1252");
}

#[test]
fn every_code_page_is_told_by_the_texts_that_are_written_in_it() {
    let norwegian = "navn;by;kommentar\nBjørn Åse;Tromsø;Det var hyggelig å møtes på biblioteket\nØyvind;Ålesund;Vi øvde på jobbintervju\n";
    let ukrainian = "ім'я;місто;відгук\nОлена;Київ;Дуже дякую за розмову, було цікаво\nТарас;Львів;Ми говорили про роботу і навчання\n";
    let polish = "imię;miasto;opinia\nŁukasz Wiśniewski;Łódź;Było bardzo miło, dziękuję za pomoc\nZofia Dąbrowska;Kraków;Ćwiczyliśmy rozmowę o pracę\n";
    let euros = "navn;beløp\nBjørn;5 €\nÅse;12 €\n";
    for (encoding, text) in [
        (Encoding::Windows1252, norwegian),
        (Encoding::Windows1252, euros),
        (Encoding::Iso8859_15, euros),
        (Encoding::Windows1251, ukrainian),
        (Encoding::Koi8U, ukrainian),
        (Encoding::Iso8859_5, ukrainian),
        (Encoding::Windows1250, polish),
        (Encoding::Iso8859_2, polish),
    ] {
        let bytes = code_page(encoding, text);
        assert_eq!(verdict(&bytes), encoding, "{text}");
        assert_eq!(read(&bytes), read(text), "{encoding}");
    }
}

#[test]
fn cyrillic_utf_16_is_known_without_a_mark_by_its_separators() {
    let text = "ім'я;місто\nОлена;Київ\nТарас;Львів\n";
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        assert_eq!(read(utf16(text, order)), read(text));
    }
}
