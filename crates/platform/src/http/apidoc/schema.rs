//! JSON schemas as people read them.

use serde_json::Value;

use super::html::{self, escape, inline, prose, table};

/// The value that a `$ref` within the document stands for, or the value itself.
pub(super) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|target| target.strip_prefix('#'));
    target
        .and_then(|pointer| document.pointer(pointer))
        .unwrap_or(value)
}

/// A schema in a few words, with links to the named ones.
pub(super) fn label(schema: &Value) -> String {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let name = target.rsplit('/').next().unwrap_or(target);
        return format!(
            "<a href=\"#{}\">{}</a>",
            html::id("schema", name),
            escape(name)
        );
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return format!("one of {}", codes(values));
    }
    for (keyword, joint) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        if let Some(parts) = schema.get(keyword).and_then(Value::as_array) {
            return parts.iter().map(label).collect::<Vec<_>>().join(joint);
        }
    }
    let kinds = match schema.get("type") {
        Some(Value::String(kind)) => vec![kind.as_str()],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => vec!["anything"],
    };
    kinds
        .iter()
        .map(|kind| of_kind(kind, schema))
        .collect::<Vec<_>>()
        .join(" or ")
}

fn of_kind(kind: &str, schema: &Value) -> String {
    match kind {
        "array" => format!(
            "array of {}",
            schema
                .get("items")
                .map_or_else(|| "anything".to_owned(), label)
        ),
        "object" => match schema.get("additionalProperties") {
            Some(values) if values.is_object() => format!("map of {}", label(values)),
            _ => "object".to_owned(),
        },
        "null" => "null".to_owned(),
        other => match schema.get("format").and_then(Value::as_str) {
            Some(format) => format!("{} ({})", escape(other), escape(format)),
            None => escape(other),
        },
    }
}

fn codes(values: &[Value]) -> String {
    let code = |value: &Value| match value {
        Value::String(text) => format!("<code>{}</code>", escape(text)),
        other => format!("<code>{}</code>", escape(&other.to_string())),
    };
    values.iter().map(code).collect::<Vec<_>>().join(", ")
}

/// The members of an object, of an array's objects, or of all parts of a union.
pub(super) fn shape(document: &Value, schema: &Value) -> String {
    let schema = resolve(document, schema);
    if let Some(members) = schema.get("properties").and_then(Value::as_object) {
        let required = schema
            .get("required")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let row = |(name, member): (&String, &Value)| {
            let about = member
                .get("description")
                .and_then(Value::as_str)
                .map(inline);
            let needed = required.iter().any(|one| one.as_str() == Some(name));
            vec![
                format!("<code>{}</code>", escape(name)),
                label(member),
                if needed { "yes" } else { "no" }.to_owned(),
                about.unwrap_or_default(),
            ]
        };
        let rows: Vec<Vec<String>> = members.iter().map(row).collect();
        return table(
            "Members",
            &["Member", "Type", "Always there", "Meaning"],
            &rows,
        );
    }
    if let Some(items) = schema.get("items") {
        return if items.get("$ref").is_some() {
            String::new()
        } else {
            shape(document, items)
        };
    }
    let parts = ["oneOf", "anyOf", "allOf"]
        .iter()
        .find_map(|keyword| schema.get(keyword));
    let parts = parts.and_then(Value::as_array).into_iter().flatten();
    // Named parts have their own place on the page, which ends any recursion.
    parts
        .filter(|part| part.get("$ref").is_none())
        .map(|part| shape(document, part))
        .collect()
}

/// The named schemas.
pub(super) fn section(document: &Value) -> String {
    let named = document
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    let Some(named) = named.filter(|named| !named.is_empty()) else {
        return String::new();
    };
    let articles: String = named
        .iter()
        .map(|(name, schema)| {
            let id = html::id("schema", name);
            let about = prose(schema.get("description"));
            let kind = label(schema);
            let shape = shape(document, schema);
            let name = escape(name);
            format!(
                "<article aria-labelledby=\"{id}\">\n<h3 id=\"{id}\">{name}</h3>\n{about}<p>{kind}</p>\n{shape}</article>\n"
            )
        })
        .collect::<Vec<_>>()
        .concat();
    format!(
        "<section aria-labelledby=\"schemas\">\n<h2 id=\"schemas\">Schemas</h2>\n{articles}</section>\n"
    )
}
