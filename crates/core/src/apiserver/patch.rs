//! PATCH: JSON patch, JSON merge patch, strategic merge patch. The patched object then takes the way of an update.
//! Mirrors k8s.io/apiserver/pkg/endpoints/handlers/patch.go.

use api::base::json_patch::PatchError;
use api::base::{json_patch, merge_patch};
use api::http::{self, Body, Response};
use api::meta::field::{Error, ErrorList, Path};
use api::{Gvk, Json, Object, Status};
use collections::StableSort;

use super::call::Call;
use super::store::Part;
use super::{ApiServer, RequestContext, body, scale, strategic};

impl ApiServer {
    pub(super) fn patch(&mut self, cx: &mut RequestContext, call: &mut Call) -> Result<Response, Status> {
        if call.info.name.is_empty() {
            return Err(Status::bad_request("name must be provided"));
        }
        let content_type = call.request.content_type().split(';').next().unwrap_or("").trim();
        let known = [http::JSON_PATCH, http::MERGE_PATCH, http::STRATEGIC_MERGE_PATCH, http::APPLY_YAML];
        let strategic = call.resource.strategy.info().is_some();
        let accepted: Vec<&str> =
            known.into_iter().filter(|media| strategic || *media != http::STRATEGIC_MERGE_PATCH).collect();
        if !accepted.contains(&content_type) {
            return Err(Status::unsupported_media_type(&accepted));
        }
        let patch = read_patch(call, content_type)?;
        if content_type == http::APPLY_YAML {
            return self.apply(cx, call, &patch);
        }
        let old = self.stored(call)?;
        if call.info.subresource == "scale" {
            let mut scale = scale::scale_json(call, &old);
            patch_json(content_type, &mut scale, &patch, None)?;
            return self.set_scale(cx, call, &old, &scale);
        }
        let draft = patched(call, content_type, &old, &patch)?;
        let part = if call.info.subresource.is_empty() { Part::Main } else { Part::Status };
        let (object, _) = self.update_draft(cx, call, &old, draft, part)?;
        Ok(call.respond(cx, 200, object))
    }
}

/// The patch in the body.
fn read_patch(call: &Call, content_type: &str) -> Result<Json, Status> {
    match &call.request.body {
        Body::Json(json) => Ok((**json).clone()),
        Body::Bytes(bytes) if content_type == http::APPLY_YAML => {
            let document = api::base::yaml::parse(&String::from_utf8_lossy(bytes));
            document
                .map(|document| document.value)
                .map_err(|why| Status::bad_request(format!("error decoding YAML: {why}")))
        }
        Body::Bytes(bytes) => api::base::json::parse(bytes).map_err(Status::bad_request),
        Body::Object(object) => Ok(object.to_json()),
        Body::Empty | Body::Stream(_) => Err(Status::bad_request("unexpected end of JSON input")),
    }
}

/// Applies a patch to JSON; `info` allows strategic merging.
fn patch_json(
    content_type: &str,
    json: &mut Json,
    patch: &Json,
    info: Option<&'static api::meta::schema::TypeInfo>,
) -> Result<(), Status> {
    match (content_type, info) {
        (http::JSON_PATCH, _) => json_patch::apply(json, patch).map_err(|error| match error {
            PatchError::Malformed(why) => Status::bad_request(why),
            PatchError::Failed(_) => {
                let message = "the server rejected our request due to an error in our request";
                let mut status = Status::new(422, "Invalid", message);
                status.details = Some(Box::default());
                status
            }
        }),
        (http::STRATEGIC_MERGE_PATCH, Some(info)) => {
            if !patch.is_object() {
                let what = api::base::json::go_type(patch);
                let why =
                    format!("json: cannot unmarshal {what} into Go value of type map[string]interface {{}}");
                return Err(Status::bad_request(why));
            }
            strategic::apply(json, patch, info).map_err(|why| Status::new(500, "", why))
        }
        _ => {
            if !patch.is_object() {
                let what = api::base::json::go_type(patch);
                let why =
                    format!("json: cannot unmarshal {what} into Go value of type map[string]interface {{}}");
                return Err(Status::bad_request(format!("error decoding patch: {why}")));
            }
            merge_patch::apply(json, patch);
            Ok(())
        }
    }
}

/// The stored object with the patch applied.
fn patched(
    call: &mut Call,
    content_type: &str,
    old: &Object,
    patch: &Json,
) -> Result<super::draft::Draft, Status> {
    let strategy = call.resource.strategy.clone();
    let mut json = old.to_json();
    patch_json(content_type, &mut json, patch, strategy.info())?;
    let kind = json.get("kind").and_then(Json::as_str).unwrap_or("");
    let version = json.get("apiVersion").and_then(Json::as_str).unwrap_or("");
    if kind != &*call.resource.gvk.kind || *version != *call.resource.gvk.api_version() {
        let (old, new) = (old.gvk(), format!("{version}, Kind={kind}"));
        return Err(Status::bad_request(format!("the patch changes the kind: {old} to {new}")));
    }
    let mut draft = strategy.decode(&json).map_err(|error| {
        let (shown, why) = if content_type == http::STRATEGIC_MERGE_PATCH {
            (go_map(patch), unstructured_error(&error.message))
        } else {
            (patch.to_string(), error.message)
        };
        let errors: ErrorList = vec![Error::invalid(&Path::new("patch"), shown, &why)].into();
        Status::invalid(&Gvk::default(), "", &errors)
    })?;
    body::report_unknown(call, &json, &mut Vec::new())?;
    if draft.meta().name != old.meta().name {
        return Err(Status::bad_request(format!(
            "the name of the object ({}) does not match the name on the URL ({})",
            draft.meta().name,
            call.info.name
        )));
    }
    if draft.meta().namespace != old.meta().namespace {
        let why = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Status::bad_request(why));
    }
    // A patch is unconditional unless it names a resource version itself.
    let named = match patch {
        Json::Array(operations) => {
            operations.iter().any(|operation| operation["path"] == "/metadata/resourceVersion")
        }
        patch => patch.pointer("/metadata/resourceVersion").is_some(),
    };
    if !named {
        draft.meta_mut().resource_version = old.meta().resource_version.clone();
    }
    Ok(draft)
}

/// Strategic merge patches are not decoded by encoding/json but by the unstructured converter, which has words of its
/// own for values of the wrong type.
fn unstructured_error(message: &str) -> String {
    let Some((_, wanted)) = message.rsplit_once(" of type ") else { return message.to_owned() };
    let given =
        message.strip_prefix("json: cannot unmarshal ").and_then(|rest| rest.split(' ').next()).unwrap_or("");
    let go = |given: &str| {
        match given {
            "object" => "map[string]interface {}",
            "array" => "[]interface {}",
            "number" => "int64",
            "string" => "string",
            _ => "bool",
        }
        .to_owned()
    };
    if wanted.starts_with("[]") {
        return format!(
            "cannot restore slice from {}",
            given.replace("object", "map").replace("number", "int64")
        );
    }
    if wanted.starts_with("map[") {
        return format!("cannot restore map from {}", go(given));
    }
    if wanted.contains('.') {
        return format!(
            "cannot restore struct from: {}",
            given.replace("object", "map").replace("number", "int64")
        );
    }
    format!("unrecognized type: {wanted}")
}

/// JSON as Go prints a `map[string]interface{}` with `%v`: keys sorted, no quotes.
pub(super) fn go_map(json: &Json) -> String {
    match json {
        Json::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.stable_sort();
            let pairs: Vec<String> =
                keys.into_iter().map(|key| format!("{key}:{}", go_map(&map[key]))).collect();
            format!("map[{}]", pairs.join(" "))
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(go_map).collect();
            format!("[{}]", items.join(" "))
        }
        Json::String(text) => text.clone(),
        Json::Null => "<nil>".to_owned(),
        other => other.to_string(),
    }
}
