//! Measures the contrast of the colours that meet on a page, in light and in dark.
//!
//! Formulas: WCAG 2.2, definitions of relative luminance and contrast ratio.

const TOKENS: &str = include_str!("../../assets/css/tokens.css");

/// Text on its grounds: 7 : 1 (1.4.6).
const TEXT: [(&str, &[&str]); 12] = [
    ("ink", &["ground", "surface", "sunken"]),
    ("muted", &["ground", "surface", "sunken"]),
    ("brand", &["ground", "surface", "sunken"]),
    ("brand-strong", &["ground", "surface", "sunken"]),
    ("on-brand", &["brand", "brand-strong"]),
    ("on-bar", &["bar"]),
    ("bar", &["on-bar"]),
    ("bar-muted", &["bar"]),
    ("surface", &["ink"]),
    ("attention", &["attention-soft", "surface", "ground"]),
    ("danger", &["danger-soft", "surface", "ground"]),
    ("good", &["good-soft", "surface", "ground"]),
];

/// Lines, shapes and focus rings: 3 : 1 (1.4.11, 2.4.13); marks of a chart 4.5 : 1.
const SHAPES: [(&str, &[&str], f64); 4] = [
    ("edge", &["ground", "surface"], 3.0),
    (
        "focus",
        &["ground", "surface", "sunken", "danger-soft"],
        3.0,
    ),
    ("focus-on-bar", &["bar"], 3.0),
    ("mark", &["surface", "ground"], 4.5),
];

/// The light and the dark colour of a token.
fn token(name: &str) -> [&'static str; 2] {
    let start = format!("--{name}: light-dark(");
    let value = TOKENS
        .split(&start)
        .nth(1)
        .and_then(|rest| rest.split(')').next());
    let (light, dark) = value
        .unwrap_or_else(|| panic!("no token {name}"))
        .split_once(", ")
        .unwrap();
    [light, dark]
}

fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn check(front: &str, back: &str, least: f64) {
    for (mode, (front_colour, back_colour)) in ["light", "dark"]
        .into_iter()
        .zip(token(front).into_iter().zip(token(back)))
    {
        let ratio = contrast(front_colour, back_colour);
        assert!(
            ratio >= least,
            "{front} on {back} in {mode}: {ratio:.2}, not {least}"
        );
    }
}

#[test]
fn the_measure_agrees_with_known_values() {
    assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 0.001);
    assert!((contrast("#2563eb", "#ffffff") - 5.17).abs() < 0.01);
}

#[test]
fn text_has_seven_to_one_in_light_and_dark() {
    for (front, backs) in TEXT {
        for back in backs {
            check(front, back, 7.0);
        }
    }
}

#[test]
fn shapes_and_focus_rings_stand_out_in_light_and_dark() {
    for (front, backs, least) in SHAPES {
        for back in backs {
            check(front, back, least);
        }
    }
}

#[test]
fn colours_are_written_nowhere_but_in_the_tokens() {
    let sheet = std::str::from_utf8(crate::assets::all().next().unwrap().1).unwrap();
    let rest = sheet.replace(TOKENS, "");
    let screen = rest.split("@media print").next().unwrap();
    for found in screen.split('#').skip(1) {
        let word: String = found
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let hex = matches!(word.len(), 3 | 6) && word.chars().all(|c| c.is_ascii_hexdigit());
        assert!(!hex, "#{word}");
    }
}
