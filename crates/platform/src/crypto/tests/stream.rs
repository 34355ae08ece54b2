use std::io::{self, Cursor, Read, Write};

use proptest::prelude::*;

use super::*;

fn place() -> Aad {
    Aad::spool(COMPANY, ROW)
}

fn text(length: usize) -> Vec<u8> {
    (0..length)
        .map(|i| u8::try_from(i % 251).unwrap())
        .collect()
}

fn sealed(text: &[u8]) -> Vec<u8> {
    let mut writer = SealingWriter::new(Vec::new(), 1, &key(), &place()).unwrap();
    writer.write_all(text).unwrap();
    writer.finish().unwrap()
}

fn opened_at(file: &[u8], aad: &Aad) -> io::Result<Vec<u8>> {
    let mut file = Cursor::new(file);
    let header = StreamHeader::read(&mut file)?;
    let mut text = Vec::new();
    OpeningReader::new(file, &header, &key(), aad).read_to_end(&mut text)?;
    Ok(text)
}

fn opened(file: &[u8]) -> Result<Vec<u8>, Error> {
    opened_at(file, &place()).map_err(reason)
}

fn reason(error: io::Error) -> Error {
    *error.into_inner().unwrap().downcast().unwrap()
}

fn resumed(file: &[u8], position: u64) -> io::Result<Vec<u8>> {
    let mut file = Cursor::new(file);
    let header = StreamHeader::read(&mut file)?;
    let mut reader = OpeningReader::resume(file, &header, &key(), &place(), position)?;
    assert_eq!(reader.position(), position);
    let mut text = Vec::new();
    reader.read_to_end(&mut text)?;
    Ok(text)
}

/// The file's chunks, with its header first.
fn pieces(file: &[u8]) -> Vec<Vec<u8>> {
    let (header, chunks) = file.split_at(HEADER_LEN);
    std::iter::once(header)
        .chain(chunks.chunks(SEALED_CHUNK_LEN))
        .map(<[u8]>::to_vec)
        .collect()
}

#[test]
fn a_stream_of_any_length_comes_back() {
    for length in [
        0,
        1,
        CHUNK_LEN - 1,
        CHUNK_LEN,
        CHUNK_LEN + 1,
        2 * CHUNK_LEN,
        3 * CHUNK_LEN + 17,
    ] {
        let file = sealed(&text(length));
        assert_eq!(opened(&file).unwrap(), text(length), "{length} bytes");
        let chunks = length.div_ceil(CHUNK_LEN).max(1);
        assert_eq!(file.len(), HEADER_LEN + length + chunks * 16);
    }
}

#[test]
fn reading_resumes_at_any_position() {
    for length in [0, 10, CHUNK_LEN, 2 * CHUNK_LEN + 5, 3 * CHUNK_LEN] {
        let (file, text) = (sealed(&text(length)), text(length));
        for position in [
            0,
            1,
            9,
            CHUNK_LEN - 1,
            CHUNK_LEN,
            CHUNK_LEN + 1,
            2 * CHUNK_LEN,
            length,
        ] {
            let from = position.min(length);
            assert_eq!(
                resumed(&file, from as u64).unwrap(),
                text[from..],
                "{length} bytes from {from}"
            );
        }
    }
}

#[test]
fn resuming_behind_the_end_is_an_error() {
    let file = sealed(&text(100));
    assert_eq!(
        resumed(&file, 101).unwrap_err().kind(),
        io::ErrorKind::UnexpectedEof
    );
    assert!(resumed(&file, 10 * CHUNK_LEN as u64).is_err());
}

#[test]
fn a_file_cut_at_a_chunk_boundary_is_called_cut() {
    let file = pieces(&sealed(&text(3 * CHUNK_LEN + 5)));
    for kept in 1..file.len() {
        assert_eq!(
            opened(&file[..kept].concat()),
            Err(Error::Truncated),
            "{kept} pieces kept"
        );
    }
}

#[test]
fn a_file_cut_elsewhere_is_refused() {
    let file = sealed(&text(CHUNK_LEN + 100));
    for length in [
        0,
        3,
        7,
        HEADER_LEN - 1,
        HEADER_LEN + 5,
        HEADER_LEN + 100,
        file.len() - 1,
    ] {
        assert!(opened(&file[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn an_unfinished_file_is_refused() {
    let mut file = Vec::new();
    let mut writer = SealingWriter::new(&mut file, 1, &key(), &place()).unwrap();
    writer.write_all(&text(2 * CHUNK_LEN + 1)).unwrap();
    writer.flush().unwrap();
    drop(writer);
    assert_eq!(file.len(), HEADER_LEN + 2 * SEALED_CHUNK_LEN);
    assert_eq!(opened(&file), Err(Error::Truncated));
}

#[test]
fn swapped_repeated_dropped_and_appended_chunks_are_refused() {
    let file = pieces(&sealed(&text(3 * CHUNK_LEN)));
    let order = |order: &[usize]| {
        opened(
            &order
                .iter()
                .flat_map(|&piece| file[piece].clone())
                .collect::<Vec<_>>(),
        )
    };
    assert!(order(&[0, 1, 2, 3]).is_ok());
    for wrong in [
        &[0, 2, 1, 3][..],
        &[0, 1, 1, 2, 3],
        &[0, 2, 3],
        &[0, 1, 3],
        &[0, 1, 2, 3, 3],
        &[0, 3, 2, 1],
    ] {
        assert_eq!(order(wrong), Err(Error::NotAuthentic), "{wrong:?}");
    }
    let mut longer = file.concat();
    longer.push(0);
    assert_eq!(opened(&longer), Err(Error::NotAuthentic));
}

#[test]
fn a_file_opens_in_its_own_place_with_its_own_key_only() {
    let file = sealed(&text(100));
    for aad in [Aad::spool(OTHER_COMPANY, ROW), Aad::spool(COMPANY, COMPANY)] {
        assert_eq!(
            opened_at(&file, &aad).map_err(reason),
            Err(Error::NotAuthentic)
        );
    }
    let other = sealed(&text(100));
    let exchanged = [&other[..HEADER_LEN], &file[HEADER_LEN..]].concat();
    assert_eq!(opened(&exchanged), Err(Error::NotAuthentic));
    let mut another_version = file;
    another_version[7] = 2;
    assert_eq!(opened(&another_version), Err(Error::NotAuthentic));
}

#[test]
fn the_header_says_the_version_of_the_key() {
    let file = SealingWriter::new(Vec::new(), 7, &key(), &place())
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(StreamHeader::parse(&file).unwrap().key_version(), 7);
    assert_eq!(
        StreamHeader::parse(b"PK\x03\x04 a zip file"),
        Err(Error::UnknownFormat(b'P'))
    );
}

#[test]
fn a_chunk_of_the_wrong_length_is_not_sealed() {
    let mut sealer = ChunkSealer::new(&StreamHeader::generate(1).unwrap(), &key(), &place());
    assert_eq!(
        sealer.seal(&mut vec![0; 10], false),
        Err(Error::ChunkLength(10))
    );
    assert_eq!(
        sealer.seal(&mut vec![0; CHUNK_LEN + 1], true),
        Err(Error::ChunkLength(CHUNK_LEN + 1))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_changed_byte_is_noticed(length in 0..2 * CHUNK_LEN + 10, at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let mut file = sealed(&text(length));
        let at = at.index(file.len());
        file[at] ^= flip;
        prop_assert!(opened(&file).is_err());
    }

    #[test]
    fn the_sizes_of_writes_and_reads_do_not_matter(
        length in 0..2 * CHUNK_LEN + 10, write in 1..100_000_usize, read in 1..100_000_usize,
    ) {
        let text = text(length);
        let mut writer = SealingWriter::new(Vec::new(), 1, &key(), &place()).unwrap();
        for part in text.chunks(write) {
            writer.write_all(part).unwrap();
        }
        let file = writer.finish().unwrap();
        let mut file = Cursor::new(file);
        let header = StreamHeader::read(&mut file).unwrap();
        let mut reader = OpeningReader::new(file, &header, &key(), &place());
        let (mut back, mut part) = (Vec::new(), vec![0; read]);
        loop {
            let count = reader.read(&mut part).unwrap();
            if count == 0 { break; }
            back.extend_from_slice(&part[..count]);
        }
        prop_assert_eq!(reader.position(), length as u64);
        prop_assert!(back == text);
    }
}
