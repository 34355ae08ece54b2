//! ZIP files: workbooks, and archives with one table inside. Everything is counted before it is believed.

use std::io::{self, Cursor, Read};

use zip::ZipArchive;

use super::file_error::FileError;

/// Entries that an archive may have.
const MAX_ENTRIES: usize = 1_000;
/// Bytes that the parts of a workbook may have together (256 MiB): mark-up takes most of it.
const MAX_WORKBOOK: u64 = 256 << 20;
/// Bytes that the table of an archive may have (256 MiB).
const MAX_ENTRY: u64 = 256 << 20;
/// Unpacked bytes for each packed one; looked at after the first MiB. Sheets of equal cells pack very well.
const MAX_RATIO: u64 = 400;
const RATIO_FROM: u64 = 1 << 20;
/// Endings of what may be a table.
const TABLES: [&str; 9] = [
    "csv", "tsv", "tab", "txt", "json", "jsonl", "ndjson", "xlsx", "ods",
];

/// What a ZIP file turned out to be.
pub(crate) enum Archive {
    Xlsx(Vec<u8>),
    Ods(Vec<u8>),
    /// The unpacked bytes of the one table inside.
    Table(Vec<u8>),
}

/// Looks into a ZIP file.
pub(crate) fn open(bytes: Vec<u8>) -> Result<Archive, FileError> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| FileError::ArchiveBroken)?;
    if zip.len() > MAX_ENTRIES {
        return Err(FileError::ArchiveEntries { limit: MAX_ENTRIES });
    }
    let has = |zip: &ZipArchive<_>, name: &str| zip.index_for_name(name).is_some();
    let is_xlsx = has(&zip, "xl/workbook.xml");
    if is_xlsx || (has(&zip, "content.xml") && has(&zip, "mimetype")) {
        weigh(&mut zip)?;
        let bytes = zip.into_inner().into_inner();
        return Ok(if is_xlsx {
            Archive::Xlsx(bytes)
        } else {
            Archive::Ods(bytes)
        });
    }
    let index = find_table(&mut zip)?;
    Ok(Archive::Table(unpack(&mut zip, index)?))
}

/// Unpacks every part of a workbook to nowhere: what an archive says of its sizes is only a claim.
fn weigh(zip: &mut ZipArchive<Cursor<Vec<u8>>>) -> Result<(), FileError> {
    let mut left = MAX_WORKBOOK;
    for index in 0..zip.len() {
        let part = zip.by_index(index).map_err(|_| FileError::ArchiveBroken)?;
        let packed = part.compressed_size();
        let size = io::copy(&mut part.take(left + 1), &mut io::sink())
            .map_err(|_| FileError::ArchiveBroken)?;
        check_ratio(size, packed)?;
        left = left.checked_sub(size).ok_or(FileError::WorkbookTooLarge {
            limit: MAX_WORKBOOK,
        })?;
    }
    Ok(())
}

fn check_ratio(size: u64, packed: u64) -> Result<(), FileError> {
    if size > RATIO_FROM && size > packed.saturating_mul(MAX_RATIO) {
        return Err(FileError::GzipBomb { ratio: MAX_RATIO });
    }
    Ok(())
}

/// The one table of an archive; its name leads nowhere outside.
fn find_table(zip: &mut ZipArchive<Cursor<Vec<u8>>>) -> Result<usize, FileError> {
    let mut files = Vec::new();
    for index in 0..zip.len() {
        let entry = zip
            .by_index_raw(index)
            .map_err(|_| FileError::ArchiveBroken)?;
        let name = entry
            .name()
            .map_err(|_| FileError::ArchiveBroken)?
            .into_owned();
        let hidden = name
            .split('/')
            .any(|part| part.starts_with(['.', '_']) && part != "..");
        if entry.is_dir() || hidden {
            continue;
        }
        if entry.enclosed_name().is_none() || name.contains("..") || name.starts_with('/') {
            return Err(FileError::ArchivePath);
        }
        files.push((index, name));
    }
    let ending = |name: &str| name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    let tables: Vec<&(usize, String)> = files
        .iter()
        .filter(|(_, name)| TABLES.contains(&ending(name).as_str()))
        .collect();
    match (tables.as_slice(), files.as_slice()) {
        ([(table, _)], _) => Ok(*table),
        ([], [(file, name)]) if ending(name) != "zip" => Ok(*file),
        ([], files) if files.iter().any(|(_, name)| ending(name) == "zip") => {
            Err(FileError::ArchiveNested)
        }
        (tables, _) => Err(FileError::ArchiveTables {
            found: tables.len(),
        }),
    }
}

fn unpack(zip: &mut ZipArchive<Cursor<Vec<u8>>>, index: usize) -> Result<Vec<u8>, FileError> {
    let entry = zip.by_index(index).map_err(|_| FileError::ArchiveBroken)?;
    let packed = entry.compressed_size();
    let mut bytes = Vec::new();
    let mut limited = entry.take(MAX_ENTRY + 1);
    // Step by step, so that a bomb is refused when it begins to grow.
    loop {
        let before = bytes.len() as u64;
        let read = limited
            .by_ref()
            .take(RATIO_FROM)
            .read_to_end(&mut bytes)
            .map_err(|_| FileError::ArchiveBroken)?;
        let size = before + read as u64;
        check_ratio(size, packed)?;
        if size > MAX_ENTRY {
            return Err(FileError::TooLarge { limit: MAX_ENTRY });
        }
        if read == 0 {
            return Ok(bytes);
        }
    }
}
