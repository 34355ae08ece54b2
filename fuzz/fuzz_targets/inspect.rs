//! Any bytes: inspection ends with an answer or a file error, and what it says holds together.
#![no_main]

use ingest::inspect::{InspectOptions, inspect};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(found) = inspect(bytes, &InspectOptions::default()) {
        assert!(found.mapping.iter().all(|pair| (0.0..=1.0).contains(&pair.score)));
        assert!(found.mapping.len() <= found.columns.len());
    }
});
