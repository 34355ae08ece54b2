//! Any bytes: every row of a table has as many fields as its header.
#![no_main]

use ingest::sheet::limits::Limits;
use ingest::sheet::reader::SheetReader;
use ingest::sheet::record::Row;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut reader) = SheetReader::open(bytes, Limits::default()) else {
        return;
    };
    let columns = reader.header().len();
    while let Ok(Some(row)) = reader.next_row() {
        if let Row::Record(record) = row {
            assert_eq!(record.fields().count(), columns);
        }
    }
    let _ = reader.verdict();
});
