//! The API's description, for programs (`/openapi.json`) and for people
//! (`/docs/api`): one page without scripts, made once at start.

mod html;
mod operation;
mod schema;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::Value;
use utoipa::openapi::OpenApi;

use self::html::{escape, prose};
use self::operation::{Operation, operations};

const STYLE: &str = include_str!("style.css");

/// Routes for `/openapi.json`, `/docs/api` and the page's style sheet.
///
/// # Errors
/// When the document cannot be written as JSON.
pub fn routes<S>(document: &OpenApi) -> Result<Router<S>, serde_json::Error>
where
    S: Clone + Send + Sync + 'static,
{
    let json = Bytes::from(serde_json::to_vec(document)?);
    let page = Bytes::from(page(&serde_json::to_value(document)?));
    Ok(Router::new()
        .route(
            "/openapi.json",
            served("application/json", "no-cache", json),
        )
        .route(
            "/docs/api",
            served("text/html; charset=utf-8", "no-cache", page),
        )
        .route(
            "/docs/api.css",
            served(
                "text/css; charset=utf-8",
                "public, max-age=3600",
                Bytes::from_static(STYLE.as_bytes()),
            ),
        ))
}

fn served<S>(
    kind: &'static str,
    cache: &'static str,
    content: Bytes,
) -> axum::routing::MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    get(async move || ([(CONTENT_TYPE, kind), (CACHE_CONTROL, cache)], content).into_response())
}

/// Renders an OpenAPI document as one HTML page.
#[must_use]
pub fn page(document: &Value) -> String {
    let title = document
        .pointer("/info/title")
        .and_then(Value::as_str)
        .unwrap_or("API");
    let version = document
        .pointer("/info/version")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let about = prose(document.pointer("/info/description"));
    let groups = groups(document);
    let contents: String = groups
        .iter()
        .map(|(tag, operations)| contents(tag, operations))
        .collect();
    let sections: String = groups
        .iter()
        .map(|(tag, operations)| section(document, tag, operations))
        .collect();
    let (title, version) = (escape(title), escape(version));
    format!(
        r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} API {version}</title>
<link rel="stylesheet" href="/docs/api.css">
</head>
<body>
<a class="skip" href="#main">Skip to the operations</a>
<header>
<h1>{title} API <small>{version}</small></h1>
{about}<p><a href="/openapi.json">OpenAPI document</a></p>
</header>
<nav aria-label="Operations">
{contents}</nav>
<main id="main" tabindex="-1">
{sections}{schemas}</main>
</body>
</html>
"##,
        schemas = schema::section(document),
    )
}

/// The operations by their first tag, in the document's order of tags.
fn groups(document: &Value) -> Vec<(String, Vec<Operation<'_>>)> {
    let declared = document
        .get("tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let names = declared.filter_map(|tag| tag.get("name").and_then(Value::as_str));
    let mut groups: Vec<(String, Vec<Operation<'_>>)> =
        names.map(|name| (name.to_owned(), Vec::new())).collect();
    for operation in operations(document) {
        match groups.iter_mut().find(|(tag, _)| *tag == operation.tag()) {
            Some((_, group)) => group.push(operation),
            None => groups.push((operation.tag().to_owned(), vec![operation])),
        }
    }
    groups.retain(|(_, operations)| !operations.is_empty());
    groups
}

fn contents(tag: &str, operations: &[Operation<'_>]) -> String {
    let items: String = operations.iter().map(Operation::link).collect();
    format!("<h2>{tag}</h2>\n<ul>\n{items}</ul>\n", tag = escape(tag))
}

fn section(document: &Value, tag: &str, operations: &[Operation<'_>]) -> String {
    let described = document
        .get("tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let about = described
        .filter(|candidate| candidate.get("name").and_then(Value::as_str) == Some(tag))
        .map(|candidate| prose(candidate.get("description")))
        .collect::<String>();
    let id = html::id("tag", tag);
    let articles: String = operations
        .iter()
        .map(|operation| operation.article(document))
        .collect();
    let tag = escape(tag);
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{tag}</h2>\n{about}{articles}</section>\n"
    )
}
