//! The fields of a payload, read out of its schema.

use serde_json::Value;

/// A field as the table shows it.
pub(super) struct Field {
    /// Its name; inner fields after a dot, fields of a list's items after `[]`.
    pub(super) name: String,
    /// What it holds.
    pub(super) holds: String,
    /// Whether it must be there.
    pub(super) required: bool,
    /// What it means.
    pub(super) meaning: String,
}

/// The fields of an object: required ones in their order, then the others by
/// name, inner ones after their own.
pub(super) fn fields(schema: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    collect(schema, "", &mut found);
    found
}

fn collect(schema: &Value, prefix: &str, found: &mut Vec<Field>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    let required: Vec<_> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let place = |name: &str| required.iter().position(|known| *known == name);
    let mut properties: Vec<_> = properties.iter().collect();
    properties.sort_by_key(|(name, _)| (place(name).unwrap_or(usize::MAX), name.as_str()));
    for (name, field) in properties {
        let full = format!("{prefix}{name}");
        found.push(Field {
            name: full.clone(),
            holds: holds(field),
            required: place(name).is_some(),
            meaning: text(field, "description")
                .unwrap_or_default()
                .replace('\n', " "),
        });
        collect(field, &format!("{full}."), found);
        if let Some(items) = field.get("items") {
            collect(items, &format!("{full}[]."), found);
        }
    }
}

/// What a schema lets a field hold, in a few words.
fn holds(schema: &Value) -> String {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
        return format!("`{}`", words.join("` `"));
    }
    match kind(schema) {
        "string" => string(schema),
        "integer" | "number" => number(schema),
        "array" => {
            let items = schema.get("items").map(holds).unwrap_or_default();
            let most = integer(schema, "maxItems").unwrap_or_default();
            match integer(schema, "minItems") {
                Some(least) => format!("list of {least} to {most}: {items}"),
                None => format!("list of at most {most}: {items}"),
            }
        }
        "object" => schema
            .get("additionalProperties")
            .filter(|values| values.is_object())
            .map_or_else(
                || "object".to_owned(),
                |values| format!("names to {}", holds(values)),
            ),
        other => other.to_owned(),
    }
}

/// The type; an optional field may also be null, which is left out here.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null")
            .unwrap_or_default(),
        _ => "",
    }
}

fn string(schema: &Value) -> String {
    match (
        text(schema, "format"),
        integer(schema, "maxLength"),
        text(schema, "pattern"),
    ) {
        (Some("date-time"), ..) => "instant".to_owned(),
        (Some(format), ..) => format.to_owned(),
        (None, Some(most), _) => format!("label of at most {most} characters"),
        (None, None, Some(pattern)) => format!("text like `{}`", pattern.replace('|', r"\|")),
        (None, None, None) => "text".to_owned(),
    }
}

fn number(schema: &Value) -> String {
    let kind = if kind(schema) == "integer" {
        "whole number"
    } else {
        "number"
    };
    let least = integer(schema, "minimum").unwrap_or_default();
    match integer(schema, "maximum") {
        Some(most) if most < i64::from(i32::MAX) => format!("{kind}, {least} to {most}"),
        _ => format!("{kind}, {least} or more"),
    }
}

fn text<'a>(schema: &'a Value, keyword: &str) -> Option<&'a str> {
    schema.get(keyword).and_then(Value::as_str)
}

fn integer(schema: &Value, keyword: &str) -> Option<i64> {
    schema.get(keyword).and_then(Value::as_i64)
}
