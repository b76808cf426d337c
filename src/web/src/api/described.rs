//! The description of [`super::entries`], made from the table of keys: what is not in the table cannot be promised, and
//! what is there cannot be forgotten.

use config::keys::{self, Fallback, Item, Key, Kind};
use config::{Blocked, Calendar, Class, Emergency, Hours, InboundRoute, Numbers, OutboundRoute, Trunk};
use serde_json::{Map, Value, json};

use super::entries::is_set;
use crate::entries::{Entry, Single, is_list};
use crate::words::capital;

/// Adds paths and schemas to a description.
pub(crate) fn add(description: &mut Value) {
    many::<Trunk>(description);
    many::<InboundRoute>(description);
    many::<OutboundRoute>(description);
    many::<Hours>(description);
    many::<Calendar>(description);
    many::<Class>(description);
    many::<Blocked>(description);
    single::<Numbers>(description);
    single::<Emergency>(description);
    many::<config::Mailbox>(description);
    many::<config::Paging>(description);
    single::<config::VoicemailSettings>(description);
    single::<config::Parking>(description);
    single::<config::MailSettings>(description);
    single::<config::Provisioning>(description);
    single::<config::RecordingSettings>(description);
    single::<config::MediaSettings>(description);
}

fn many<E: Entry>(description: &mut Value) {
    let schema = schemas(description, E::SECTION);
    let id = json!([{
        "name": "id", "in": "path", "required": true, "schema": { "type": "string" },
        "description": format!("Its {}", keys::section(E::SECTION).map_or("name", keys::Section::id_key)),
    }]);
    let list = json!({
        "type": "object", "required": ["total", "entries"],
        "properties": {
            "total": { "type": "integer", "description": "How many there are." },
            "entries": { "type": "array", "items": { "$ref": schema.view } },
        },
    });
    let paths = json!({
        "get": operation(E::NAME, format!("Lists: {}", E::MANY), &[(200, Some(list)), (401, None)]),
    });
    put(description, "paths", &format!("/api/v1{}", E::PATH), paths);
    let view = json!({ "$ref": schema.view });
    let mut get = operation(E::NAME, format!("One {}.", E::ONE), &[(200, Some(view)), (401, None), (404, None)]);
    let mut change = operation(
        E::NAME,
        format!(
            "Makes or replaces: {}. What is left out is at its default; \
        a secret that is left out stays, `null` takes it away.",
            E::ONE
        ),
        &[],
    );
    change["requestBody"] = body(&schema.body);
    change["responses"] = responses(&[
        (200, Some(saved(&schema.view))),
        (201, Some(saved(&schema.view))),
        (400, None),
        (401, None),
        (403, None),
        (409, None),
        (415, None),
        (422, None),
        (503, None),
    ]);
    let mut delete = operation(
        E::NAME,
        format!("Removes: {}.", E::ONE),
        &[(204, Some(Value::Null)), (401, None), (403, None), (404, None), (422, None), (503, None)],
    );
    for operation in [&mut get, &mut change, &mut delete] {
        operation["parameters"] = id.clone();
    }
    let paths = json!({ "get": get, "put": change, "delete": delete });
    put(description, "paths", &format!("/api/v1{}/{{id}}", E::PATH), paths);
}

fn single<S: Single>(description: &mut Value) {
    let schema = schemas(description, S::SECTION);
    let get = operation(S::NAME, format!("{}.", S::TITLE), &[(200, Some(json!({ "$ref": schema.view }))), (401, None)]);
    let mut change =
        operation(S::NAME, format!("Replaces: {}. What is left out is at its default.", S::TITLE.to_lowercase()), &[]);
    change["requestBody"] = body(&schema.body);
    change["responses"] = responses(&[
        (200, Some(saved(&schema.view))),
        (400, None),
        (401, None),
        (403, None),
        (409, None),
        (415, None),
        (422, None),
        (503, None),
    ]);
    put(description, "paths", &format!("/api/v1/{}", S::NAME), json!({ "get": get, "put": change }));
}

struct Schemas {
    view: String,
    body: String,
}

/// Adds the schemas of a section: as it is read, and as it is sent.
fn schemas(description: &mut Value, section: &'static str) -> Schemas {
    let title: String = section.split('_').map(capital).collect();
    let keys: &[Key] = keys::section(section).map(|section| section.keys).unwrap_or_default();
    let mut view = Map::new();
    let mut body = Map::new();
    for key in keys {
        if keys::is_hidden(key.name) {
            let told =
                json!({ "type": "boolean", "description": format!("Is `{}` set? It is never shown.", key.name) });
            view.insert(is_set(key.name), told);
        } else {
            view.insert(key.name.to_owned(), property(key));
        }
        body.insert(key.name.to_owned(), property(key));
    }
    // The name of an entry stands in its address.
    let id = keys::section(section).filter(|section| section.is_repeated()).map(keys::Section::id_key);
    let required = |key: &&Key| key.fallback == Fallback::Required && Some(key.name) != id;
    let required: Vec<&str> = keys.iter().filter(required).map(|key| key.name).collect();
    let about = keys::section(section).map(|section| section.doc).unwrap_or_default();
    let mut sent = json!({ "type": "object", "description": about, "properties": body, "additionalProperties": false });
    if !required.is_empty() {
        sent["required"] = json!(required);
    }
    let (view_name, body_name) = (format!("{title}Entry"), format!("{title}Put"));
    let shown = json!({ "type": "object", "description": about, "properties": view });
    put(&mut description["components"], "schemas", &view_name, shown);
    put(&mut description["components"], "schemas", &body_name, sent);
    let reference = |name: &str| format!("#/components/schemas/{name}");
    Schemas { view: reference(&view_name), body: reference(&body_name) }
}

fn property(key: &Key) -> Value {
    let mut property = match key.kind {
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Integer { max, or_zero, min } => {
            json!({ "type": "integer", "minimum": if or_zero { 0 } else { min }, "maximum": max })
        }
        Kind::Signed { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Choice(words) => json!({ "type": "string", "enum": words }),
        Kind::Many { of: Item::OneOf(words), max, .. } => {
            json!({ "type": "array", "maxItems": max, "items": { "type": "string", "enum": words } })
        }
        Kind::Many { max, .. } => json!({ "type": "array", "maxItems": max, "items": { "type": "string" } }),
        kind if is_list(kind) => json!({ "type": "array", "items": { "type": "string" } }),
        _ => json!({ "type": "string" }),
    };
    property["description"] = json!(format!("{} ({})", key.doc.replace('\n', " "), key.kind.describe()));
    match key.fallback {
        Fallback::Required | Fallback::OfSet(_) | Fallback::OfCountry => {}
        Fallback::Absent => {
            let kind = property["type"].clone();
            property["type"] = json!([kind, "null"]);
            if let Some(words) = property.get_mut("enum").and_then(Value::as_array_mut) {
                words.push(Value::Null);
            }
        }
        Fallback::Text(text) => property["default"] = json!(text),
        Fallback::Integer(n) => property["default"] = json!(n),
        Fallback::Signed(n) => property["default"] = json!(n),
        Fallback::Flag(flag) => property["default"] = json!(flag),
        Fallback::List(list) => property["default"] = json!(list),
    }
    property
}

fn operation(tag: &str, about: String, answers: &[(u16, Option<Value>)]) -> Value {
    json!({ "tags": [tag], "description": about, "responses": responses(answers) })
}

/// Each status with its schema; none: a problem; null: nothing.
fn responses(answers: &[(u16, Option<Value>)]) -> Value {
    let problem = json!({ "$ref": "#/components/schemas/Problem" });
    let answer = |(status, schema): &(u16, Option<Value>)| {
        let about = if *status < 300 { "Done." } else { "Refused." };
        let answer = match schema {
            Some(Value::Null) => json!({ "description": about }),
            Some(schema) => json!({ "description": about, "content": { "application/json": { "schema": schema } } }),
            None => json!({ "description": about, "content": { "application/json": { "schema": problem } } }),
        };
        (status.to_string(), answer)
    };
    Value::Object(answers.iter().map(answer).collect())
}

fn body(reference: &str) -> Value {
    json!({ "required": true, "content": { "application/json": { "schema": { "$ref": reference } } } })
}

fn saved(view: &str) -> Value {
    json!({
        "type": "object", "required": ["entry", "version", "findings"],
        "properties": {
            "entry": { "$ref": view },
            "version": { "type": "integer", "description": "The version of the configuration that it is in." },
            "findings": {
                "type": "array", "items": { "$ref": "#/components/schemas/Finding" },
                "description": "What is odd about it and was not before; taken all the same.",
            },
        },
    })
}

fn put(at: &mut Value, table: &str, name: &str, value: Value) {
    at[table][name] = value;
}
