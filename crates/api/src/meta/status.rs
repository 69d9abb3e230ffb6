//! `metav1.Status`: the error of every API call, with upstream's constructors, reasons and wording
//! (`k8s.io/apimachinery/pkg/api/errors`). Messages are what learners search the web for, so they are exact.

use std::fmt;

use super::codec::DecodeError;
use super::field::ErrorList;
use super::gvk::{Gvk, Gvr};
use crate::base::str::Str;
use crate::{Json, JsonMap};

/// Result of an API call that went wrong, or (rarely) a success that has nothing else to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// HTTP status code.
    pub code: u16,
    /// CamelCase reason, such as `NotFound`; empty if unknown.
    pub reason: Str,
    /// A sentence for people; scripts read `reason`.
    pub message: Str,
    /// Absent where the message says it all.
    pub details: Option<Box<Details>>,
}

/// What a status is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Of the object concerned.
    pub name: Str,
    /// Of the object concerned; empty for the core group.
    pub group: Str,
    /// Resource (`pods`) or, for validation errors, kind (`Pod`).
    pub kind: Str,
    /// Of the object concerned, where a precondition named one.
    pub uid: Str,
    /// Each thing that is wrong.
    pub causes: Vec<Cause>,
    /// When to try again; 0 says nothing.
    pub retry_after_seconds: i32,
}

/// One of several things that went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// `FieldValueInvalid` and the like.
    pub reason: Str,
    /// What is wrong, without the field.
    pub message: Str,
    /// Dotted path: `spec.containers[0].name`.
    pub field: Str,
}

/// Message of a write that lost an optimistic race.
pub const OPTIMISTIC_LOCK_ERROR: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

impl Status {
    /// An error with this code, reason and message and no details.
    pub fn new(code: u16, reason: &str, message: impl Into<Str>) -> Status {
        Status { code, reason: reason.into(), message: message.into(), details: None }
    }

    fn about(code: u16, reason: &str, gr: &Gvr, name: &str, message: String) -> Status {
        let details = Details {
            name: name.into(),
            group: Str::from(&gr.group),
            kind: Str::from(&gr.resource),
            ..Details::default()
        };
        Status { details: Some(Box::new(details)), ..Status::new(code, reason, message) }
    }

    /// The answer to a delete: `Success`, naming what was deleted.
    pub fn success(gr: &Gvr, name: &str, uid: &str) -> Status {
        let mut status = Status::about(200, "", gr, name, String::new());
        if let Some(details) = &mut status.details {
            details.uid = uid.into();
        }
        status
    }

    /// `pods "x" not found`.
    pub fn not_found(gr: &Gvr, name: &str) -> Status {
        let message = format!("{} {name:?} not found", gr.group_resource());
        Status::about(404, "NotFound", gr, name, message)
    }

    /// `the server could not find the requested resource`: no such path.
    pub fn no_such_resource() -> Status {
        let mut status = Status::new(404, "NotFound", "the server could not find the requested resource");
        status.details = Some(Box::default());
        status
    }

    /// `pods "x" already exists`.
    pub fn already_exists(gr: &Gvr, name: &str) -> Status {
        let message = format!("{} {name:?} already exists", gr.group_resource());
        Status::about(409, "AlreadyExists", gr, name, message)
    }

    /// `pods "x-" already exists, the server was not able to generate a unique name for the object`.
    pub fn generate_name_conflict(gr: &Gvr, name: &str) -> Status {
        let group_resource = gr.group_resource();
        let message = format!(
            "{group_resource} {name:?} already exists, the server was not able to generate a unique name for the object"
        );
        Status::about(409, "AlreadyExists", gr, name, message).retry_after(1)
    }

    /// `Operation cannot be fulfilled on pods "x": <why>`.
    pub fn conflict(gr: &Gvr, name: &str, why: &str) -> Status {
        let message = format!("Operation cannot be fulfilled on {} {name:?}: {why}", gr.group_resource());
        Status::about(409, "Conflict", gr, name, message)
    }

    /// The conflict of a write with an outdated `resourceVersion`.
    pub fn modified(gr: &Gvr, name: &str) -> Status {
        Status::conflict(gr, name, OPTIMISTIC_LOCK_ERROR)
    }

    /// The conflict of a server-side apply: other managers own fields.
    pub fn apply_conflict(causes: Vec<Cause>, message: impl Into<Str>) -> Status {
        let mut status = Status::new(409, "Conflict", message);
        status.details = Some(Box::new(Details { causes, ..Details::default() }));
        status
    }

    /// `Pod "x" is invalid: <errors>`, with one cause per error.
    pub fn invalid(gvk: &Gvk, name: &str, errors: &ErrorList) -> Status {
        let mut message = format!("{} {name:?} is invalid", gvk.group_kind());
        if !errors.is_empty() {
            message.push_str(&format!(": {errors}"));
        }
        let causes = errors.iter().map(|error| Cause {
            reason: error.kind.reason().into(),
            message: error.body().into(),
            field: error.field.as_str().into(),
        });
        let details = Details {
            name: name.into(),
            group: Str::from(&gvk.group),
            kind: Str::from(&gvk.kind),
            causes: causes.collect(),
            ..Details::default()
        };
        Status { details: Some(Box::new(details)), ..Status::new(422, "Invalid", message) }
    }

    /// `pods "x" is forbidden: <why>`; without a resource `forbidden: <why>`.
    pub fn forbidden(gr: &Gvr, name: &str, why: &str) -> Status {
        let message = match (gr.resource.is_empty(), name.is_empty()) {
            (true, _) => format!("forbidden: {why}"),
            (false, true) => format!("{} is forbidden: {why}", gr.group_resource()),
            (false, false) => format!("{} {name:?} is forbidden: {why}", gr.group_resource()),
        };
        Status::about(403, "Forbidden", gr, name, message)
    }

    /// Who asks is not known.
    pub fn unauthorized(why: &str) -> Status {
        Status::new(401, "Unauthorized", if why.is_empty() { "not authorized" } else { why })
    }

    /// A request that makes no sense; the message is `why`.
    pub fn bad_request(why: impl Into<Str>) -> Status {
        Status::new(400, "BadRequest", why)
    }

    /// JSON that does not fit the kind: `Pod in version "v1" cannot be handled as a Pod: <why>`.
    pub fn cannot_be_handled(gvk: &Gvk, why: &str) -> Status {
        let (kind, version) = (&gvk.kind, &gvk.version);
        Status::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {why}"))
    }

    /// `get is not supported on resources of kind "pods"`.
    pub fn method_not_supported(gr: &Gvr, action: &str) -> Status {
        let message = format!("{action} is not supported on resources of kind {:?}", gr.group_resource());
        Status::about(405, "MethodNotAllowed", gr, "", message)
    }

    /// The server does not serve this method at this path.
    pub fn method_not_allowed() -> Status {
        let mut status = Status::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        );
        status.details = Some(Box::default());
        status
    }

    /// Something that was here and is not any more.
    pub fn gone(message: impl Into<Str>) -> Status {
        Status::new(410, "Gone", message)
    }

    /// A revision or continue token that is too old.
    pub fn expired(message: impl Into<Str>) -> Status {
        Status::new(410, "Expired", message)
    }

    /// `Timeout: <message>`: the request may still complete.
    pub fn timeout(message: &str, retry_after_seconds: i32) -> Status {
        Status::new(504, "Timeout", format!("Timeout: {message}")).retry_after(retry_after_seconds)
    }

    /// `The create operation against pods could not be completed at this time, please try again.`
    pub fn server_timeout(gr: &Gvr, operation: &str, retry_after_seconds: i32) -> Status {
        let message = format!(
            "The {operation} operation against {} could not be completed at this time, please try again.",
            gr.group_resource()
        );
        Status::about(500, "ServerTimeout", gr, operation, message).retry_after(retry_after_seconds)
    }

    /// `Internal error occurred: <why>`.
    pub fn internal_error(why: &str) -> Status {
        let mut status = Status::new(500, "InternalError", format!("Internal error occurred: {why}"));
        let causes = vec![Cause { message: why.into(), ..Cause::default() }];
        status.details = Some(Box::new(Details { causes, ..Details::default() }));
        status
    }

    /// The client should wait and try again (also: a disruption budget does not allow an eviction).
    pub fn too_many_requests(message: impl Into<Str>, retry_after_seconds: i32) -> Status {
        Status::new(429, "TooManyRequests", message).retry_after(retry_after_seconds)
    }

    /// 503: something behind the server does not answer.
    pub fn service_unavailable(message: impl Into<Str>) -> Status {
        Status::new(503, "ServiceUnavailable", message)
    }

    /// A body of a type that the server does not read.
    pub fn unsupported_media_type(accepted: &[&str]) -> Status {
        let list = accepted.join(", ");
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {list}"
        );
        Status::new(415, "UnsupportedMediaType", message)
    }

    /// No type that the client accepts can be written.
    pub fn not_acceptable(accepted: &[&str]) -> Status {
        let list = accepted.join(", ");
        Status::new(406, "NotAcceptable", format!("only the following media types are accepted: {list}"))
    }

    /// A body that is too large.
    pub fn request_entity_too_large(message: &str) -> Status {
        Status::new(413, "RequestEntityTooLarge", format!("Request entity too large: {message}"))
    }

    /// Adds a hint when to try again.
    pub fn retry_after(mut self, seconds: i32) -> Status {
        self.details.get_or_insert_default().retry_after_seconds = seconds;
        self
    }

    /// Adds a cause.
    pub fn with_cause(mut self, reason: &str, message: &str, field: &str) -> Status {
        let cause = Cause { reason: reason.into(), message: message.into(), field: field.into() };
        self.details.get_or_insert_default().causes.push(cause);
        self
    }

    /// Each thing that is wrong; empty if there is no list.
    pub fn causes(&self) -> &[Cause] {
        self.details.as_ref().map_or(&[], |details| &details.causes)
    }

    /// True if one of the causes has this reason (`HasStatusCause`).
    pub fn has_cause(&self, reason: &str) -> bool {
        self.causes().iter().any(|cause| cause.reason == reason)
    }

    /// True for what is no error.
    pub fn is_success(&self) -> bool {
        self.code < 400
    }

    fn has(&self, reason: &str, code: u16) -> bool {
        self.reason == reason || (self.reason.is_empty() && self.code == code)
    }
    /// 404: there is no such object, or no such resource.
    pub fn is_not_found(&self) -> bool {
        self.has("NotFound", 404)
    }
    /// 409: the name is taken.
    pub fn is_already_exists(&self) -> bool {
        self.reason == "AlreadyExists"
    }
    /// 409: the object was changed since it was read.
    pub fn is_conflict(&self) -> bool {
        self.has("Conflict", 409)
    }
    /// 422: validation refused it.
    pub fn is_invalid(&self) -> bool {
        self.has("Invalid", 422)
    }
    /// 403: the user may not, or admission refused it.
    pub fn is_forbidden(&self) -> bool {
        self.has("Forbidden", 403)
    }
    /// 401: nobody knows the user.
    pub fn is_unauthorized(&self) -> bool {
        self.has("Unauthorized", 401)
    }
    /// 400: the request makes no sense.
    pub fn is_bad_request(&self) -> bool {
        self.has("BadRequest", 400)
    }
    /// 405: the resource has no such verb.
    pub fn is_method_not_supported(&self) -> bool {
        self.has("MethodNotAllowed", 405)
    }
    /// 410: the revision asked for was compacted, in older wording.
    pub fn is_gone(&self) -> bool {
        self.has("Gone", 410)
    }
    /// 410: the revision asked for was compacted.
    pub fn is_expired(&self) -> bool {
        self.reason == "Expired"
    }
    /// 504: it took too long.
    pub fn is_timeout(&self) -> bool {
        self.has("Timeout", 504)
    }
    /// 429: try later; an eviction that a budget does not allow.
    pub fn is_too_many_requests(&self) -> bool {
        self.has("TooManyRequests", 429)
    }
    /// 500: the server is to blame.
    pub fn is_internal_error(&self) -> bool {
        self.has("InternalError", 500)
    }

    /// The wire form.
    pub fn to_json(&self) -> Json {
        let mut map = JsonMap::new();
        let mut put = |key: &str, value: Json| {
            map.insert(key.to_owned(), value);
        };
        put("kind", Json::from("Status"));
        put("apiVersion", Json::from("v1"));
        put("metadata", Json::Object(JsonMap::new()));
        put("status", Json::from(if self.is_success() { "Success" } else { "Failure" }));
        if !self.message.is_empty() {
            put("message", Json::from(&self.message));
        }
        if !self.reason.is_empty() {
            put("reason", Json::from(&self.reason));
        }
        if let Some(details) = &self.details {
            put("details", details.to_json());
        }
        if !(self.is_success() && self.details.is_some()) {
            put("code", Json::from(self.code));
        }
        Json::Object(map)
    }

    /// Reads the wire form. `None` if the JSON is no Status.
    pub fn from_json(json: &Json) -> Option<Status> {
        if json.get("kind")?.as_str()? != "Status" {
            return None;
        }
        let failure = text(json, "status") != "Success";
        let code = json.get("code").and_then(Json::as_u64).and_then(|code| u16::try_from(code).ok());
        Some(Status {
            code: code.unwrap_or(if failure { 500 } else { 200 }),
            reason: text(json, "reason"),
            message: text(json, "message"),
            details: json.get("details").map(|details| Box::new(Details::from_json(details))),
        })
    }
}

fn text(json: &Json, key: &str) -> Str {
    json.get(key).and_then(Json::as_str).unwrap_or("").into()
}

impl Details {
    fn to_json(&self) -> Json {
        let mut map = JsonMap::new();
        for (key, value) in
            [("name", &self.name), ("group", &self.group), ("kind", &self.kind), ("uid", &self.uid)]
        {
            if !value.is_empty() {
                map.insert(key.to_owned(), Json::from(value));
            }
        }
        if !self.causes.is_empty() {
            map.insert("causes".to_owned(), Json::Array(self.causes.iter().map(Cause::to_json).collect()));
        }
        if self.retry_after_seconds != 0 {
            map.insert("retryAfterSeconds".to_owned(), Json::from(self.retry_after_seconds));
        }
        Json::Object(map)
    }

    fn from_json(json: &Json) -> Details {
        let causes = json.get("causes").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let seconds = json.get("retryAfterSeconds").and_then(Json::as_i64).unwrap_or(0);
        Details {
            name: text(json, "name"),
            group: text(json, "group"),
            kind: text(json, "kind"),
            uid: text(json, "uid"),
            causes: causes.iter().map(Cause::from_json).collect(),
            retry_after_seconds: i32::try_from(seconds).unwrap_or(0),
        }
    }
}

impl Cause {
    fn to_json(&self) -> Json {
        let mut map = JsonMap::new();
        for (key, value) in [("reason", &self.reason), ("message", &self.message), ("field", &self.field)] {
            if !value.is_empty() {
                map.insert(key.to_owned(), Json::from(value));
            }
        }
        Json::Object(map)
    }

    fn from_json(json: &Json) -> Cause {
        Cause { reason: text(json, "reason"), message: text(json, "message"), field: text(json, "field") }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for Status {}

impl From<DecodeError> for Status {
    fn from(error: DecodeError) -> Status {
        Status::bad_request(error.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::field::{Error, Path};

    const PODS: Gvr = Gvr::of("", "v1", "pods");
    const DEPLOYMENTS: Gvr = Gvr::of("apps", "v1", "deployments");

    #[test]
    fn messages_are_upstreams() {
        for (status, code, message) in [
            (Status::not_found(&PODS, "x"), 404, r#"pods "x" not found"#),
            (Status::already_exists(&DEPLOYMENTS, "x"), 409, r#"deployments.apps "x" already exists"#),
            (
                Status::modified(&PODS, "x"),
                409,
                "Operation cannot be fulfilled on pods \"x\": the object has been modified; please apply your changes to the latest version and try again",
            ),
            (Status::forbidden(&PODS, "", "no"), 403, "pods is forbidden: no"),
            (Status::internal_error("x"), 500, "Internal error occurred: x"),
        ] {
            assert_eq!((status.code, status.message.as_str()), (code, message));
        }
    }

    #[test]
    fn invalid_names_every_cause_and_survives_the_wire() {
        let errors = ErrorList(vec![
            Error::required(&Path::new("spec").child("containers"), ""),
            Error::invalid(&Path::new("metadata").child("name"), "A", "bad"),
        ]);
        let status = Status::invalid(&Gvk::of("apps", "v1", "Deployment"), "x", &errors);
        assert_eq!(
            status.message,
            "Deployment.apps \"x\" is invalid: [spec.containers: Required value, metadata.name: Invalid value: \"A\": bad]"
        );
        assert_eq!(status.causes()[1].reason, "FieldValueInvalid");
        assert_eq!(status.causes()[1].message, "Invalid value: \"A\": bad");
        assert_eq!(Status::from_json(&status.to_json()), Some(status));
    }
}
