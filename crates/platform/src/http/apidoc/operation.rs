//! One operation: what it does, what it needs, what it answers.

use serde_json::Value;

use super::html::{self, escape, inline, prose, table};
use super::schema;

const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

/// An operation of the document.
#[derive(Debug)]
pub(super) struct Operation<'a> {
    method: &'static str,
    path: &'a str,
    item: &'a Value,
    value: &'a Value,
}

/// Every operation, by path and then by method.
pub(super) fn operations(document: &Value) -> impl Iterator<Item = Operation<'_>> {
    let paths = document
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    paths.flat_map(|(path, item)| {
        METHODS.into_iter().filter_map(move |method| {
            item.get(method).map(|value| Operation {
                method,
                path,
                item,
                value,
            })
        })
    })
}

impl<'a> Operation<'a> {
    pub(super) fn tag(&self) -> &'a str {
        self.value
            .pointer("/tags/0")
            .and_then(Value::as_str)
            .unwrap_or("Other")
    }

    fn id(&self) -> String {
        match self.value.get("operationId").and_then(Value::as_str) {
            Some(id) => html::id("op", id),
            None => html::id("op", &format!("{} {}", self.method, self.path)),
        }
    }

    fn name(&self) -> String {
        let method = self.method;
        let (label, path) = (method.to_ascii_uppercase(), escape(self.path));
        format!("<span class=\"method {method}\">{label}</span> <code>{path}</code>")
    }

    /// The operation's line in the table of contents.
    pub(super) fn link(&self) -> String {
        format!("<li><a href=\"#{}\">{}</a></li>\n", self.id(), self.name())
    }

    /// The operation in full.
    pub(super) fn article(&self, document: &Value) -> String {
        let summary = self
            .value
            .get("summary")
            .and_then(Value::as_str)
            .map(inline);
        let deprecated = self
            .value
            .get("deprecated")
            .and_then(Value::as_bool)
            .unwrap_or_default();
        [
            format!(
                "<article aria-labelledby=\"{id}\">\n<h3 id=\"{id}\">{}</h3>\n",
                self.name(),
                id = self.id()
            ),
            summary
                .map(|summary| format!("<p class=\"summary\">{summary}</p>\n"))
                .unwrap_or_default(),
            if deprecated {
                "<p><strong>Deprecated.</strong></p>\n".to_owned()
            } else {
                String::new()
            },
            prose(self.value.get("description")),
            self.permissions(document),
            self.parameters(document),
            self.request_body(document),
            self.answers(document),
            "</article>\n".to_owned(),
        ]
        .concat()
    }

    /// Who may call it: the scopes of its own security, else of the document's.
    fn permissions(&self, document: &Value) -> String {
        let security = self
            .value
            .get("security")
            .or_else(|| document.get("security"));
        let requirements = security
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let mut scopes: Vec<&str> = Vec::new();
        for requirement in requirements.iter().filter_map(Value::as_object) {
            let named = requirement.values().filter_map(Value::as_array).flatten();
            for scope in named.filter_map(Value::as_str) {
                if !scopes.contains(&scope) {
                    scopes.push(scope);
                }
            }
        }
        let open = requirements.is_empty()
            || requirements
                .iter()
                .any(|one| one.as_object().is_some_and(serde_json::Map::is_empty));
        if !scopes.is_empty() {
            let scopes: Vec<String> = scopes
                .iter()
                .map(|scope| format!("<code>{}</code>", escape(scope)))
                .collect();
            format!("<p>Permission: {}</p>\n", scopes.join(", "))
        } else if open {
            "<p>Permission: none, open to everyone</p>\n".to_owned()
        } else {
            "<p>Permission: any signed-in caller</p>\n".to_owned()
        }
    }

    fn parameters(&self, document: &Value) -> String {
        let own = self
            .value
            .get("parameters")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let shared = self
            .item
            .get("parameters")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let rows: Vec<Vec<String>> = shared
            .chain(own)
            .map(|parameter| parameter_row(schema::resolve(document, parameter)))
            .collect();
        if rows.is_empty() {
            return String::new();
        }
        table(
            "Parameters",
            &["Name", "In", "Type", "Required", "Meaning"],
            &rows,
        )
    }

    fn request_body(&self, document: &Value) -> String {
        let Some(body) = self.value.get("requestBody") else {
            return String::new();
        };
        let body = schema::resolve(document, body);
        let about = prose(body.get("description"));
        let content = content(document, body);
        format!("<details>\n<summary>Request body</summary>\n{about}{content}</details>\n")
    }

    fn answers(&self, document: &Value) -> String {
        let answers = self
            .value
            .get("responses")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        answers
            .map(|(status, answer)| {
                let answer = schema::resolve(document, answer);
                let about = answer
                    .get("description")
                    .and_then(Value::as_str)
                    .map(inline)
                    .unwrap_or_default();
                let summary = format!("<strong>{}</strong> {about}", escape(status));
                match content(document, answer) {
                    content if content.is_empty() => format!("<p class=\"answer\">{summary}</p>\n"),
                    content => {
                        format!("<details>\n<summary>{summary}</summary>\n{content}</details>\n")
                    }
                }
            })
            .collect()
    }
}

fn parameter_row(parameter: &Value) -> Vec<String> {
    let text = |name: &str| {
        parameter
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let required = parameter
        .get("required")
        .and_then(Value::as_bool)
        .unwrap_or_default();
    vec![
        format!("<code>{}</code>", escape(text("name"))),
        escape(text("in")),
        parameter
            .get("schema")
            .map(schema::label)
            .unwrap_or_default(),
        if required { "yes" } else { "no" }.to_owned(),
        inline(text("description")),
    ]
}

/// The media types of a body with their schemas.
fn content(document: &Value, body: &Value) -> String {
    let kinds = body
        .get("content")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    kinds
        .map(|(kind, media)| {
            let schema = media.get("schema");
            let label = schema.map(schema::label).unwrap_or_default();
            let shape = schema
                .map(|schema| schema::shape(document, schema))
                .unwrap_or_default();
            format!("<p><code>{}</code> {label}</p>\n{shape}", escape(kind))
        })
        .collect::<Vec<_>>()
        .concat()
}
