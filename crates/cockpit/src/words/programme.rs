//! Names of programmes.

/// A programme's name on screens; an unknown one as it is.
#[must_use]
pub fn programme(key: &str) -> &str {
    match key {
        "buddy" => "Buddy",
        "language" => "Language Connect",
        "mentorship" => "Mentorship",
        "upskilling" => "Upskilling",
        other => other,
    }
}
