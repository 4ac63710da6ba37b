//! The OpenAPI document, made from the code.

use std::sync::LazyLock;

use axum::{http::header, response::IntoResponse};
use domain::source::System;
use serde_json::{Value, json};
use utoipa::OpenApi;

use super::{audit, connections, lists, load, problem, problems, records, replay, rules, settings};

/// All operations of the admin API.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Patchbay admin API",
        description = "Connections, settings, rules, records and problems of a workspace."
    ),
    paths(
        connections::list,
        connections::show,
        connections::connect,
        connections::disconnect,
        connections::grant::start,
        connections::pause,
        connections::resume,
        connections::rotate,
        settings::calls::show,
        settings::calls::change,
        settings::meetings::show,
        settings::meetings::change,
        settings::retention::show,
        settings::retention::change,
        lists::outcomes,
        lists::tags,
        lists::call_types,
        rules::outcome::list,
        rules::outcome::show,
        rules::outcome::add,
        rules::outcome::change,
        rules::outcome::remove,
        rules::call_type::list,
        rules::call_type::show,
        rules::call_type::add,
        rules::call_type::change,
        rules::call_type::remove,
        records::list,
        records::show,
        problems::list,
        problems::retry,
        problems::retry_all,
        problems::dismiss,
        replay::start,
        audit::list,
        load::show,
    ),
    components(schemas(
        problem::Problem,
        connections::aircall::Connect,
        connections::calendar::Connect,
        connections::scheduler::Connect,
    ))
)]
struct Api;

/// The document: it does not change while the process runs.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_string());

/// Shows the document; no token is needed.
pub async fn show() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

/// The document, with what all operations have alike: the token, the places in the path, the shape of errors.
fn document() -> Value {
    let mut document = serde_json::to_value(Api::openapi()).unwrap_or_default();
    document["components"]["securitySchemes"] = json!({ "token": { "type": "http", "scheme": "bearer" } });
    document["security"] = json!([{ "token": [] }]);
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        item["parameters"] = places(path);
        for (word, operation) in
            item.as_object_mut().into_iter().flatten().filter(|(word, _)| *word != "parameters")
        {
            if word == "post" {
                mention_key(operation);
            }
            operation["responses"]["default"] = json!({
                "description": "A problem (RFC 9457)",
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            });
        }
    }
    let connect = "/api/v1/workspaces/{ws}/connections/{source}";
    document["paths"][connect]["put"]["requestBody"]["content"]["application/json"]["schema"] =
        json!({ "anyOf": any_connect() });
    document
}

/// Each POST takes a key under which it can be sent again.
fn mention_key(operation: &mut Value) {
    let key = json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "Sent again under the same key within 24 hours, the request is answered as the first time, \
            with `Idempotency-Replayed: true`. Another body is 422, a request still under way 409.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$" },
    });
    match operation["parameters"].as_array_mut() {
        Some(parameters) => parameters.push(key),
        None => operation["parameters"] = json!([key]),
    }
}

fn places(path: &str) -> Value {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": place(name) }))
        .collect()
}

fn place(name: &str) -> Value {
    match name {
        "source" => json!({ "type": "string", "enum": System::ALL.map(System::word) }),
        _ => json!({ "type": "string" }),
    }
}

/// The body that connects a system is another for each.
fn any_connect() -> Value {
    ["ConnectHubspot", "ConnectAircall", "ConnectCalendar", "ConnectScheduler"]
        .map(|name| json!({ "$ref": format!("#/components/schemas/{name}") }))
        .into()
}
