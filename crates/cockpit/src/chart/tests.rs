use super::*;
use proptest::prelude::*;

fn caption() -> Caption {
    Caption {
        takeaway: "Sessions peaked in May".to_owned(),
        measure: "Sessions per month".to_owned(),
        unit: "sessions".to_owned(),
        period: "January to December 2026".to_owned(),
        source: "Made up".to_owned(),
        category: "Month".to_owned(),
        value: "Sessions".to_owned(),
    }
}

fn chart(kind: Kind, values: &[u64]) -> String {
    let point = |(index, value): (usize, &u64)| Point {
        short: format!("M{index}"),
        group: "2026".to_owned(),
        full: format!("Month {index}"),
        value: Decimal::from(*value),
        partial: index + 1 == values.len(),
    };
    let points = values.iter().enumerate().map(point).collect();
    Chart::new("c", kind, caption(), points, 0)
        .render()
        .unwrap()
}

/// What stands between every `start` and the next `end`.
fn between<'a>(html: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    html.split(start)
        .skip(1)
        .filter_map(|rest| rest.split(end).next())
        .collect()
}

fn text_of(elements: Vec<&str>) -> Vec<&str> {
    elements
        .into_iter()
        .filter_map(|element| element.split('>').nth(1))
        .collect()
}

fn heights(html: &str) -> Vec<f64> {
    let plot = html.split("</svg>").next().unwrap();
    let bars = between(plot, "<rect class=\"bar-mark", "/>");
    bars.iter()
        .map(|bar| between(bar, " height=\"", "\"")[0].parse().unwrap())
        .collect()
}

proptest! {
    #[test]
    fn the_drawing_and_the_table_show_the_same_numbers(
        values in prop::collection::vec(0_u64..2_000_000, 1..24)
    ) {
        for kind in [Kind::Bars, Kind::Line] {
            let html = chart(kind, &values);
            let drawn = text_of(between(&html, "<text class=\"value", "</text>"));
            let listed = text_of(between(&html, "<td class=\"n\"", "</td>"));
            let given: Vec<String> = values.iter().map(|value| words::count(*value)).collect();
            prop_assert_eq!(&drawn, &given);
            prop_assert_eq!(&listed, &given);
        }
    }

    #[test]
    fn a_bar_is_as_tall_as_its_value(values in prop::collection::vec(1_u64..5_000, 2..13)) {
        let heights = heights(&chart(Kind::Bars, &values));
        prop_assert_eq!(heights.len(), values.len());
        let highest = *values.iter().max().unwrap();
        let tallest = heights.iter().copied().fold(0.0, f64::max);
        for (height, value) in heights.iter().zip(&values) {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let expected = tallest * *value as f64 / highest as f64;
            prop_assert!((height - expected).abs() < 0.2, "{height} for {value}");
        }
    }
}

#[test]
fn the_drawing_has_a_role_a_name_and_a_description() {
    let html = chart(Kind::Bars, &[3, 9, 4]);
    assert!(html.contains(r#"role="img" aria-labelledby="c-title c-desc""#));
    assert!(html.contains(r#"<title id="c-title">Sessions peaked in May</title>"#));
    assert!(
        html.contains("Lowest: 3 in Month 0. Highest: 9 in Month 1. Last: 4 in Month 2 so far.")
    );
    assert!(html.contains("Source: Made up"));
    assert!(html.contains("Unit: sessions."));
}

#[test]
fn an_unfinished_value_is_marked_in_both() {
    let html = chart(Kind::Bars, &[3, 9, 4]);
    assert!(html.contains(r#"<rect class="bar-mark partial""#));
    assert!(html.contains("Month 2 (not over yet)"));
}

#[test]
fn a_line_joins_all_its_points() {
    let html = chart(Kind::Line, &[3, 9, 4, 1]);
    assert_eq!(html.matches("<circle class=\"dot").count(), 4);
    assert_eq!(html.matches("<line class=\"path").count(), 3);
}

#[test]
fn no_values_and_only_zeros_still_make_a_chart() {
    assert!(chart(Kind::Line, &[]).contains("There are no values."));
    assert!(
        heights(&chart(Kind::Bars, &[0, 0]))
            .iter()
            .all(|height| *height == 0.0)
    );
}
