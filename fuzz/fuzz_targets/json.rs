//! Text that begins like JSON, with the source and the entity given and not.
#![no_main]

use ingest::inspect::{InspectOptions, inspect};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|rest: &[u8]| {
    for start in [&b"[{\""[..], b"{\"", b"{\"users\":[{\""] {
        let bytes = [start, rest].concat();
        for sheet in [None, Some("users".to_owned())] {
            let options = InspectOptions {
                sheet,
                ..InspectOptions::default()
            };
            let _ = inspect(bytes.as_slice(), &options);
        }
    }
});
