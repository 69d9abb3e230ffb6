//! The scale subresource: `autoscaling/v1 Scale` in front of `spec.replicas`.

use api::http::Response;
use api::meta::field::{Error, Path};
use api::{Gvk, Json, Object, Status};
use serde_json::json;

use super::call::{Call, Format, include_object};
use super::request_info::Verb;
use super::store::Part;
use super::table::{Column, Row};
use super::{ApiServer, RequestContext, body, table};

const SCALE: Gvk = Gvk::of("autoscaling", "v1", "Scale");

impl ApiServer {
    pub(super) fn scale(&mut self, cx: &mut RequestContext, call: &mut Call) -> Result<Response, Status> {
        let old = self.stored(call)?;
        if call.info.verb == Verb::Get {
            return Ok(respond(cx, call, &old));
        }
        let (json, _) = body::read_json(call)?;
        self.set_scale(cx, call, &old, &json)
    }

    /// Writes the replicas of a Scale, given as JSON, into the object.
    pub(super) fn set_scale(
        &mut self,
        cx: &mut RequestContext,
        call: &mut Call,
        old: &Object,
        scale: &Json,
    ) -> Result<Response, Status> {
        let given = scale.pointer("/spec/replicas").unwrap_or(&Json::Null);
        let replicas = match given {
            Json::Null => 0,
            other => other.as_i64().and_then(|n| i32::try_from(n).ok()).ok_or_else(|| {
                let what = api::base::json::go_type(other);
                let why = format!(
                    "json: cannot unmarshal {what} into Go struct field ScaleSpec.spec.replicas of type int32"
                );
                Status::cannot_be_handled(&SCALE, &why)
            })?,
        };
        if replicas < 0 {
            let path = Path::new("spec").child("replicas");
            let errors = vec![Error::invalid(&path, replicas, "must be greater than or equal to 0")];
            return Err(Status::invalid(&SCALE, call.info.name, &errors.into()));
        }
        let mut draft = call.resource.strategy.open(old).ok_or_else(|| call.not_found())?;
        let version = scale.pointer("/metadata/resourceVersion").and_then(Json::as_str).unwrap_or("");
        draft.meta_mut().resource_version =
            if version.is_empty() { old.meta().resource_version.clone() } else { version.into() };
        call.resource.strategy.set_scale(&mut draft, replicas);
        let (object, _) = self.store_update(cx, call, old, draft, Part::Main)?;
        Ok(respond(cx, call, &object))
    }
}

const COLUMNS: &[Column] =
    &[Column::text("Name"), Column::integer("Desired"), Column::integer("Available"), Column::text("Age")];

/// The Scale of an object in the form that the client accepts.
fn respond(cx: &RequestContext, call: &Call, object: &Object) -> Response {
    if Format::of(call.request) != Format::Table {
        return Response::json(200, scale_json(call, object));
    }
    let scale = call.resource.strategy.scale(object).unwrap_or_default();
    let meta = object.meta();
    let (desired, available) = (Json::from(scale.replicas), Json::from(scale.status_replicas));
    let row = Row::new(vec![Json::from(&meta.name), desired, available, table::age(cx.now, meta)]);
    let metadata = json!({ "resourceVersion": meta.resource_version.as_str() });
    let rows = vec![table::row_json(row, object, include_object(call.request))];
    Response::json(200, table::table_json(COLUMNS, metadata, rows))
}

/// The Scale of an object.
pub(super) fn scale_json(call: &Call, object: &Object) -> Json {
    let scale = call.resource.strategy.scale(object).unwrap_or_default();
    let meta = object.meta();
    let mut status = json!({ "replicas": scale.status_replicas });
    if !scale.selector.is_empty() {
        status["selector"] = Json::from(&scale.selector);
    }
    let spec = if scale.replicas == 0 { json!({}) } else { json!({ "replicas": scale.replicas }) };
    json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": meta.name.as_str(),
            "namespace": meta.namespace.as_str(),
            "uid": meta.uid.as_str(),
            "resourceVersion": meta.resource_version.as_str(),
            "creationTimestamp": meta.creation_timestamp.rfc3339(),
        },
        "spec": spec,
        "status": status,
    })
}
