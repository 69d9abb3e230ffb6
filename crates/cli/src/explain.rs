//! The texts of `kubectl explain`: the build makes them (`cargo xtask build`, or `cargo run -p explain -- FILE`), and they
//! are found beside the program. Without them explain shows fields and types, and no descriptions.

use std::path::PathBuf;

use api::Json;
use api::http::{Body, Method, Request, Response};
use serde_json::Map;

/// The file's name, here and in the page.
const FILE: &str = "explain.json";

/// All texts: from `KUBARIUM_EXPLAIN`, from beside the program, or from one folder up (Cargo's target folder).
pub fn load() -> Option<Json> {
    // The program's environment, outside of the world.
    #[allow(clippy::disallowed_methods)]
    let named = std::env::var_os("KUBARIUM_EXPLAIN").map(PathBuf::from);
    let beside = std::env::current_exe().ok();
    let folders = beside.iter().flat_map(|it| it.ancestors().skip(1).take(2)).map(|it| it.join(FILE));
    let bytes = named.into_iter().chain(folders).find_map(|it| std::fs::read(it).ok())?;
    serde_json::from_slice(&bytes).ok()
}

/// Whether the answer to a request is an OpenAPI v3 document of one group.
pub fn is_document(request: &Request) -> bool {
    request.method == Method::Get && request.path.starts_with("/openapi/v3/")
}

/// Puts the descriptions into such a document.
pub fn describe(response: &mut Response, texts: &Json) {
    let Some(mut document) = response.body.to_json() else { return };
    let schemas = document.pointer_mut("/components/schemas").and_then(Json::as_object_mut);
    for (name, schema) in schemas.into_iter().flatten() {
        let (Some(text), Some(schema)) = (texts.get(name), schema.as_object_mut()) else { continue };
        set(schema, text.get("description"));
        let fields = schema.get_mut("properties").and_then(Json::as_object_mut);
        for (field, property) in fields.into_iter().flatten() {
            if let Some(property) = property.as_object_mut() {
                set(property, text.pointer("/fields").and_then(|it| it.get(field)));
            }
        }
    }
    response.body = Body::json(document);
}

fn set(schema: &mut Map<String, Json>, text: Option<&Json>) {
    if let Some(text) = text.filter(|it| it.as_str().is_some_and(|it| !it.is_empty())) {
        schema.insert("description".to_owned(), text.clone());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_gets_its_descriptions() {
        let texts = json!({ "a.Pod": { "description": "A pod.", "fields": { "spec": "What is wanted.", "gone": "x" } } });
        let schemas =
            json!({ "a.Pod": { "properties": { "spec": { "type": "object" }, "new": {} } }, "b.Other": {} });
        let mut response = Response::json(200, json!({ "components": { "schemas": schemas } }));
        describe(&mut response, &texts);
        let schemas = &response.body.to_json().unwrap()["components"]["schemas"];
        let pod = json!({
            "properties": { "spec": { "type": "object", "description": "What is wanted." }, "new": {} },
            "description": "A pod.",
        });
        assert_eq!(schemas, &json!({ "a.Pod": pod, "b.Other": {} }));
    }
}
