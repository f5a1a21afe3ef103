//! The OpenAPI 3.1 document: what the table of routes and the types of the functions behind it say, and nothing else.

use std::sync::LazyLock;

use http::StatusCode;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::answer::{Answers, JSON, Told, Written};
use super::call::{Anybody, Call, call};
use super::problem::{PROBLEM, Problem};
use super::repeat;
use super::request::{Asked, NoBody, Nothing};
use crate::auth::Needs;
use crate::refusal::Refusal;
use crate::router::{ROUTES, Route};

/// The document itself.
pub(crate) static DOCUMENT: Call = call!("document", "This document", document);

/// What the types of a call say.
pub(crate) struct Types {
    pub(crate) path: Vec<Value>,
    pub(crate) query: Vec<Value>,
    /// The schema of the body, and whether there must be one.
    pub(crate) body: Option<(Value, bool)>,
    pub(crate) answer: Told,
}

/// Collects schemas. What is sent and what is said differ in what may be left out.
pub(crate) struct Schemas {
    said: SchemaGenerator,
    sent: SchemaGenerator,
    parameters: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Self {
            said: settings().for_serialize().into_generator(),
            sent: settings().for_deserialize().into_generator(),
            parameters: settings()
                .for_deserialize()
                .with(|settings| settings.inline_subschemas = true)
                .into_generator(),
        }
    }

    /// Of something that is answered.
    pub(crate) fn said<T: JsonSchema>(&mut self) -> Value {
        self.said.subschema_for::<T>().to_value()
    }

    /// Of something that is sent, and whether any of it must be.
    pub(crate) fn sent<T: JsonSchema>(&mut self) -> (Value, bool) {
        let schema = T::json_schema(&mut self.parameters).to_value();
        let needed = schema.get("required").and_then(Value::as_array).is_some_and(|names| !names.is_empty());
        (self.sent.subschema_for::<T>().to_value(), needed)
    }

    /// One parameter for each field, in the path or in the query.
    pub(crate) fn parameters<T: JsonSchema>(&mut self, place: &str) -> Vec<Value> {
        let schema = T::json_schema(&mut self.parameters).to_value();
        let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let parameter = |(name, mut schema): (String, Value)| {
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            never_null(&mut schema);
            let required = place == "path" || required.contains(&json!(name));
            let mut parameter = json!({ "name": name, "in": place, "required": required, "schema": schema });
            if let Some(description) = description {
                parameter["description"] = description;
            }
            parameter
        };
        properties.into_iter().map(parameter).collect()
    }

    fn all(mut self) -> Map<String, Value> {
        let mut all = self.said.take_definitions(true);
        all.extend(self.sent.take_definitions(true));
        all
    }
}

/// An address has no `null`: what may be left out is.
fn never_null(schema: &mut Value) {
    let is_null = |schema: &Value| *schema == json!({ "type": "null" });
    if let Some(kinds) = schema.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            schema["type"] = only.clone();
        }
    }
    if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        words.retain(|word| !word.is_null());
    }
    let any = schema.get_mut("anyOf").and_then(Value::as_array_mut).map(std::mem::take);
    if let Some(mut any) = any {
        any.retain(|one| !is_null(one));
        match <[Value; 1]>::try_from(any) {
            Ok([only]) => *schema = only,
            Err(any) => schema["anyOf"] = Value::Array(any),
        }
    }
}

/// The document.
pub(crate) fn written() -> Value {
    let mut schemas = Schemas::new();
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let Some(call) = route.call else { continue };
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.to_ascii_lowercase()] = operation(route, call, &mut schemas);
    }
    schemas.said::<Problem>();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "notafter",
            "version": "1",
            "summary": "Keeps TLS certificates alive, and proves it from outside.",
            "description": "See docs/api.md. Within version 1 the API grows by addition alone.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }, { "session": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas.all(),
            "responses": problems(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of: notafter token make NAME --role ROLE",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "notafter",
                    "description": "A browser that is signed in to the pages (`__Host-notafter` under https). What \
                                    changes something carries the page's form key in the header X-Form-Key.",
                },
            },
        },
    })
}

fn operation(route: &Route, call: &Call, schemas: &mut Schemas) -> Value {
    let Types { path, query, body, answer } = (call.types)(schemas);
    let reads = route.method == "GET";
    let mut refused = vec![StatusCode::BAD_REQUEST, StatusCode::MISDIRECTED_REQUEST];
    if !path.is_empty() {
        refused.push(StatusCode::NOT_FOUND);
    }
    if route.needs != Needs::Nothing {
        refused.extend([StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN]);
        refused.extend([StatusCode::INTERNAL_SERVER_ERROR, StatusCode::SERVICE_UNAVAILABLE]);
    }
    if body.is_some() {
        refused.extend([
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ]);
    }
    if route.method == "POST" {
        // Another call with the same key, or one under way.
        refused.extend([StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY]);
    }
    refused.extend(call.refuses);
    let mut answers = Map::new();
    answers.insert(answer.status.as_str().to_owned(), said(&answer, reads));
    if reads {
        answers.insert("304".to_owned(), json!({ "description": "As `If-None-Match` says." }));
    }
    for status in refused {
        let reference = format!("#/components/responses/{}", status.as_str());
        answers.insert(status.as_str().to_owned(), json!({ "$ref": reference }));
    }
    let mut operation = json!({
        "operationId": call.name,
        "summary": call.summary,
        "description": needed(route.needs),
        "parameters": path.into_iter().chain(query).chain(headers(route.method)).collect::<Vec<_>>(),
        "responses": answers,
    });
    if let Some((schema, required)) = body {
        operation["requestBody"] = json!({ "required": required, "content": { JSON: { "schema": schema } } });
    }
    if route.needs == Needs::Nothing {
        operation["security"] = json!([]);
    }
    operation
}

fn needed(needs: Needs) -> String {
    match needs {
        Needs::Nothing | Needs::Anybody => "For anybody.".to_owned(),
        Needs::Link => "For whoever has the link.".to_owned(),
        Needs::Within(role) => {
            format!("Takes the role {role}; what is seen and done stays within the caller's reach.")
        }
        Needs::Whole(role) => format!("Takes the role {role} over the whole installation."),
    }
}

/// Headers that calls of this method listen to. What is no entity tag names nothing, and is refused for nothing (RFC 9110
/// section 13.1).
fn headers(method: &str) -> Vec<Value> {
    let any = json!({ "type": "string" });
    let (name, schema, description) = match method {
        "GET" => {
            let known = "Entity tags that are known already: 304 where one of them is the present one.";
            ("If-None-Match", any, known)
        }
        "PUT" => ("If-Match", any, "The ETag of what was read, or `*`: without it nothing is written."),
        "POST" => {
            let once = "Sent again with the same key within a day, the call is answered as the first time.";
            ("Idempotency-Key", repeat::schema(), once)
        }
        _ => return Vec::new(),
    };
    vec![json!({
        "name": name, "in": "header", "required": false, "description": description, "schema": schema
    })]
}

fn said(answer: &Told, reads: bool) -> Value {
    let content: Map<String, Value> = answer
        .content
        .iter()
        .map(|(kind, schema)| ((*kind).to_owned(), json!({ "schema": schema })))
        .collect();
    let mut headers = Map::new();
    let mut header = |name: &str, description: &str| {
        headers
            .insert(name.to_owned(), json!({ "description": description, "schema": { "type": "string" } }));
    };
    if reads {
        header("ETag", "Names this very answer.");
    }
    if answer.in_parts {
        header("Link", "`rel=\"next\"`: the next part, where there is one (RFC 8288).");
    }
    let mut said = json!({ "description": answer.words });
    for (name, part) in [("content", content), ("headers", headers)] {
        if !part.is_empty() {
            said[name] = Value::Object(part);
        }
    }
    said
}

/// Every refusal, by its status.
fn problems() -> Map<String, Value> {
    let table = [
        (StatusCode::BAD_REQUEST, "Path, query or body cannot be read."),
        (StatusCode::UNAUTHORIZED, "Nobody who is known asks."),
        (
            StatusCode::FORBIDDEN,
            "The caller's role or reach is not enough, or the request is another site's.",
        ),
        (StatusCode::NOT_FOUND, "It is not there, or not within the caller's reach."),
        (StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time."),
        (
            StatusCode::CONFLICT,
            "It cannot be done as things stand; nothing was changed, or the words say what was.",
        ),
        (StatusCode::PRECONDITION_FAILED, "It was changed since the caller read it."),
        (StatusCode::PAYLOAD_TOO_LARGE, "The body is too long."),
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not of a type that is read."),
        (StatusCode::MISDIRECTED_REQUEST, "The listener is for this machine, and has another name."),
        (StatusCode::UNPROCESSABLE_ENTITY, "It can be read, and asks for what cannot be."),
        (StatusCode::PRECONDITION_REQUIRED, "The header If-Match is missing."),
        (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong in the server; its log says more."),
        (StatusCode::SERVICE_UNAVAILABLE, "The database does not answer; ask again later."),
    ];
    let problem = |(status, words): (StatusCode, &str)| {
        let schema = json!({ "$ref": "#/components/schemas/Problem" });
        let content = json!({ PROBLEM: { "schema": schema } });
        (status.as_str().to_owned(), json!({ "description": words, "content": content }))
    };
    table.into_iter().map(problem).collect()
}

/// The document, as it is served and checked in.
pub(crate) fn text() -> String {
    format!("{:#}\n", written())
}

struct Text;

impl Answers for Text {
    fn written(self) -> Result<Written, Refusal> {
        static TEXT: LazyLock<String> = LazyLock::new(text);
        let bytes = TEXT.as_bytes().to_vec();
        Ok(Written { status: StatusCode::OK, kind: JSON, bytes, revision: None, next: None })
    }

    fn told(_: &mut Schemas) -> Told {
        let content = vec![(JSON, json!({ "type": "object" }))];
        Told { status: StatusCode::OK, words: "The document.", content, in_parts: false }
    }
}

async fn document(_: Anybody, _: Asked<Nothing, Nothing, NoBody>) -> Result<Text, Refusal> {
    Ok(Text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::super::problem::is_api;
    use super::*;

    /// `NOTAFTER_WRITE=1 cargo nextest run -p notafter-server the_document` writes it anew.
    #[test]
    fn the_document_that_is_checked_in_is_the_one_that_the_code_says() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
        if std::env::var_os("NOTAFTER_WRITE").is_some() {
            std::fs::write(&path, text()).unwrap();
        }
        let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(checked_in == text(), "docs/openapi.json is another: NOTAFTER_WRITE=1 writes it anew");
    }

    #[test]
    fn every_call_has_a_name_of_its_own_and_every_reference_leads_somewhere() {
        let document = written();
        let mut names = BTreeSet::new();
        for call in ROUTES.iter().filter_map(|route| route.call) {
            assert!(names.insert(call.name), "{} is there twice", call.name);
        }
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
    }

    /// docs/api.md has an example of every call: the pieces of its path beside what stands in braces, in one line.
    #[test]
    fn every_call_is_in_the_manual() {
        let manual =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md")).unwrap();
        for route in ROUTES.iter().filter(|route| route.call.is_some()) {
            let pieces: Vec<&str> = route.path.split(['{', '}']).step_by(2).collect();
            let shown = |line: &str| {
                let rest =
                    pieces.iter().try_fold(line, |rest, piece| rest.split_once(piece).map(|(_, rest)| rest));
                rest.is_some()
            };
            assert!(manual.lines().any(shown), "{}", route.path);
        }
    }

    #[test]
    fn every_route_of_the_api_is_in_the_document() {
        let document = written();
        // Version 2 is Statuspage's, who described it.
        let is_ours = |path: &str| is_api(path) && !path.starts_with("/api/v2/");
        for route in ROUTES.iter().filter(|route| is_ours(route.path)) {
            let method = route.method.to_ascii_lowercase();
            assert!(document["paths"][route.path][&method].is_object(), "{method} {}", route.path);
        }
    }

    /// What is said and what is sent are collected apart: one name must not stand for two things.
    #[test]
    fn what_is_said_and_what_is_sent_have_names_of_their_own() {
        let mut schemas = Schemas::new();
        for call in ROUTES.iter().filter_map(|route| route.call) {
            (call.types)(&mut schemas);
        }
        let said = schemas.said.take_definitions(true);
        for (name, sent) in schemas.sent.take_definitions(true) {
            assert!(said.get(&name).is_none_or(|said| *said == sent), "{name}");
        }
    }
}
