//! Requests to the API server: paths, headers, and turning answers into JSON or errors.

use std::cell::RefCell;
use std::rc::Rc;

use api::Json;
use api::http::{Body, Method, Request, Response};
use collections::OrdSet;
use serde_json::json;

use crate::discovery::Resource;
use crate::error::{CmdError, Result};
use crate::host::{ByteStream, ExecSession, Host, Target};

/// A connection to one API server as one user.
pub struct Client {
    host: Rc<dyn Host>,
    /// Where the server is, and who asks.
    pub target: Target,
    /// Headers sent with every request (impersonation).
    headers: Vec<(String, String)>,
    /// Warnings already shown; each is shown once per command.
    warned: RefCell<OrdSet<String>>,
    /// `--warnings-as-errors` counts them.
    pub warnings: RefCell<usize>,
}

/// Query parameters under construction.
pub type Query<'a> = &'a [(&'a str, &'a str)];

impl Client {
    /// Makes a client; nothing is sent yet.
    pub fn new(host: Rc<dyn Host>, target: Target, headers: Vec<(String, String)>) -> Client {
        Client { host, target, headers, warned: RefCell::default(), warnings: RefCell::new(0) }
    }

    /// Builds a request with the client's headers.
    pub fn build(&self, method: Method, path: &str, query: Query<'_>) -> Request {
        let mut req = Request { method, path: path.into(), ..Request::default() };
        req.query =
            query.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| ((*k).into(), (*v).into())).collect();
        req.set_header("accept", "application/json");
        req.set_header("user-agent", "kubectl/v1.36.0 (linux/amd64) kubernetes/kubarium");
        for (name, value) in &self.headers {
            req.headers.push((name.as_str().into(), value.as_str().into()));
        }
        req
    }

    /// Sends a request; shows warnings; an error status becomes an error.
    pub async fn send(&self, req: Request) -> Result<Response> {
        let response = self.host.request(&self.target, req).await?;
        self.check(response)
    }

    fn check(&self, response: Response) -> Result<Response> {
        for warning in &response.warnings {
            if self.warned.borrow_mut().insert(warning.to_string()) {
                self.host.stderr(format!("Warning: {warning}\n").as_bytes());
                *self.warnings.borrow_mut() += 1;
            }
        }
        if response.is_success() {
            return Ok(response);
        }
        Err(status_error(&response))
    }

    /// Sends a request and returns the JSON of its answer.
    pub async fn json(&self, req: Request) -> Result<Json> {
        let response = self.send(req).await?;
        Ok(response.body.to_json().unwrap_or(Json::Null))
    }

    /// GETs a path.
    pub async fn get(&self, path: &str, query: Query<'_>) -> Result<Json> {
        self.json(self.build(Method::Get, path, query)).await
    }

    /// GETs a path, following `continue` tokens, and returns one list.
    pub async fn list(&self, path: &str, query: Query<'_>, accept: Option<&str>, chunk: i64) -> Result<Json> {
        let limit = chunk.to_string();
        let mut whole: Option<Json> = None;
        let mut token = String::new();
        loop {
            let mut all = query.to_vec();
            if chunk > 0 {
                all.push(("limit", &limit));
            }
            all.push(("continue", &token));
            let mut req = self.build(Method::Get, path, &all);
            if let Some(accept) = accept {
                req.set_header("accept", accept);
            }
            let mut page = self.json(req).await?;
            token = page["metadata"]["continue"].as_str().unwrap_or("").to_string();
            let key = if page["kind"] == "Table" { "rows" } else { "items" };
            match &mut whole {
                None => whole = Some(page),
                Some(list) => {
                    if let (Some(items), Some(more)) = (list[key].as_array_mut(), page[key].as_array_mut()) {
                        items.append(more);
                    }
                }
            }
            if token.is_empty() {
                let mut list = whole.unwrap_or(Json::Null);
                if let Some(meta) = list.get_mut("metadata").and_then(Json::as_object_mut) {
                    meta.shift_remove("continue");
                    meta.shift_remove("remainingItemCount");
                }
                return Ok(list);
            }
        }
    }

    /// POSTs an object.
    pub async fn create(&self, path: &str, query: Query<'_>, object: &Json) -> Result<Json> {
        self.json(self.build(Method::Post, path, query).with_body(Body::json(object.clone()))).await
    }

    /// PUTs an object.
    pub async fn replace(&self, path: &str, query: Query<'_>, object: &Json) -> Result<Json> {
        self.json(self.build(Method::Put, path, query).with_body(Body::json(object.clone()))).await
    }

    /// PATCHes with JSON of the given content type.
    pub async fn patch(
        &self,
        path: &str,
        query: Query<'_>,
        content_type: &str,
        patch: &Json,
    ) -> Result<Json> {
        let mut req = self.build(Method::Patch, path, query);
        req.set_header("content-type", content_type);
        req.body = Body::json(patch.clone());
        self.json(req).await
    }

    /// DELETEs, with `DeleteOptions` as the body.
    pub async fn delete(&self, path: &str, query: Query<'_>, options: &Json) -> Result<Json> {
        self.json(self.build(Method::Delete, path, query).with_body(Body::json(options.clone()))).await
    }

    /// Opens a body that arrives in pieces.
    pub async fn stream(&self, req: Request) -> Result<Box<dyn ByteStream>> {
        match self.host.stream(&self.target, req).await? {
            Ok(stream) => Ok(stream),
            Err(response) => Err(self
                .check(response)
                .err()
                .unwrap_or_else(|| CmdError::Msg("the server did not answer with a stream".into()))),
        }
    }

    /// Opens an exec or attach session.
    pub async fn exec(&self, req: Request) -> Result<Box<dyn ExecSession>> {
        match self.host.exec(&self.target, req).await? {
            Ok(session) => Ok(session),
            Err(response) => Err(status_error(&response)),
        }
    }
}

/// Makes an error of an answer that is no success.
pub fn status_error(response: &Response) -> CmdError {
    if let Some(status) = response.body.to_json().filter(|j| j["kind"] == "Status") {
        return CmdError::Status(Box::new(status));
    }
    let text = response.body.to_text();
    let (reason, message) = match response.status {
        401 => ("Unauthorized", "the server has asked for the client to provide credentials".to_string()),
        403 => ("Forbidden", "forbidden".to_string()),
        404 => ("NotFound", "the server could not find the requested resource".to_string()),
        405 => (
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource".to_string(),
        ),
        415 => ("UnsupportedMediaType", text.clone()),
        503 => ("ServiceUnavailable", "the server is currently unable to handle the request".to_string()),
        code => (
            "InternalError",
            format!("an error on the server ({text:?}) has prevented the request from succeeding [{code}]"),
        ),
    };
    CmdError::Status(Box::new(
        json!({ "kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": response.status }),
    ))
}

/// Returns the path of a collection: `/apis/apps/v1/namespaces/default/deployments`.
pub fn collection(resource: &Resource, namespace: &str) -> String {
    let root = if resource.group.is_empty() {
        format!("/api/{}", resource.version)
    } else {
        format!("/apis/{}/{}", resource.group, resource.version)
    };
    if resource.namespaced && !namespace.is_empty() {
        format!("{root}/namespaces/{namespace}/{}", resource.plural)
    } else {
        format!("{root}/{}", resource.plural)
    }
}

/// Returns the path of an object, or of one of its subresources.
pub fn object(resource: &Resource, namespace: &str, name: &str, subresource: &str) -> String {
    let path = format!("{}/{name}", collection(resource, namespace));
    if subresource.is_empty() { path } else { format!("{path}/{subresource}") }
}
