//! The server's settings: for a small machine, durable, and with nothing personal in the log.

use std::path::Path;
use std::process::Command;

const SETTINGS: [(&str, &str); 26] = [
    ("listen_addresses", ""),
    ("unix_socket_permissions", "0700"),
    ("cluster_name", "attest"),
    // Sized for two cores and a gigabyte or two.
    ("max_connections", "60"),
    ("shared_buffers", "128MB"),
    ("effective_cache_size", "512MB"),
    ("work_mem", "8MB"),
    ("maintenance_work_mem", "64MB"),
    ("random_page_cost", "1.1"),
    // Compiling a plan costs more than the short queries here take.
    ("jit", "off"),
    // Imports write much: fewer checkpoints and smaller full-page images.
    ("max_wal_size", "1GB"),
    ("wal_compression", "on"),
    ("checkpoint_timeout", "15min"),
    // What is acknowledged is on disk.
    ("fsync", "on"),
    ("full_page_writes", "on"),
    ("synchronous_commit", "on"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    // An error's text can quote a value, so errors stay out of the log (they are returned to us); so do details, contexts
    // and statements. What remains says how the server itself is doing.
    ("log_min_messages", "log"),
    ("log_min_error_statement", "panic"),
    ("log_error_verbosity", "terse"),
    ("log_statement", "none"),
    ("log_min_duration_statement", "-1"),
    ("log_parameter_max_length", "0"),
    ("log_parameter_max_length_on_error", "0"),
    ("log_checkpoints", "off"),
];

/// Puts the settings on the server's command line, where no file can change them by accident.
pub(super) fn add(command: &mut Command, socket_dir: &Path, own: &[(String, String)]) {
    command
        .arg("-c")
        .arg(format!("unix_socket_directories={}", quoted(socket_dir)));
    for (name, value) in SETTINGS {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    for (name, value) in own {
        command.arg("-c").arg(format!("{name}={value}"));
    }
}

/// The setting is a list: a path with a comma or a space in it must be quoted.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display().to_string().replace('"', "\"\""))
}
