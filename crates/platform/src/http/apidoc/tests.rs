use serde_json::{Value, json};

use super::page;

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Attest", "version": "0.1.0", "description": "Impact, with `evidence`." },
        "tags": [{ "name": "imports", "description": "Programme data in." }],
        "paths": {
            "/v1/imports": {
                "post": {
                    "tags": ["imports"],
                    "operationId": "create_import",
                    "summary": "Takes in a <file>",
                    "security": [{ "session": ["import:write"] }, { "key": ["import:write"] }],
                    "requestBody": {
                        "content": { "text/csv": { "schema": { "type": "string", "format": "binary" } } }
                    },
                    "responses": {
                        "201": {
                            "description": "The import.",
                            "content": {
                                "application/json": { "schema": { "$ref": "#/components/schemas/Import" } }
                            }
                        },
                        "413": { "description": "Too large." }
                    }
                }
            },
            "/health": {
                "get": {
                    "operationId": "get_health",
                    "parameters": [{
                        "name": "verbose", "in": "query", "required": false,
                        "schema": { "type": ["boolean", "null"] }, "description": "Say more."
                    }],
                    "responses": { "200": { "description": "Well." } }
                }
            }
        },
        "components": { "schemas": {
            "Import": {
                "type": "object",
                "description": "One file taken in.",
                "required": ["id"],
                "properties": {
                    "id": { "type": "string", "format": "uuid", "description": "Its id." },
                    "state": { "type": "string", "enum": ["queued", "done"] },
                    "parents": { "type": "array", "items": { "$ref": "#/components/schemas/Import" } },
                    "counts": { "type": "object", "additionalProperties": { "type": "integer" } },
                    "note": { "oneOf": [{ "type": "null" }, { "type": "string" }] }
                }
            }
        } }
    })
}

#[test]
fn a_document_becomes_a_readable_page() {
    insta::assert_snapshot!(page(&document()));
}

#[test]
fn the_page_runs_no_script_and_escapes_what_it_shows() {
    let mut document = document();
    document["info"]["title"] = json!("<script>alert(1)</script>");
    document["paths"]["/<b>"] = json!({ "get": { "tags": ["\"x"], "responses": {} } });
    let page = page(&document);
    assert!(!page.contains("<script"));
    assert!(!page.contains("<b>"));
    assert!(!page.contains("style=") && !page.contains("onclick"));
}

#[test]
fn an_empty_document_is_a_page_still() {
    assert!(page(&json!({})).contains("<main"));
}
