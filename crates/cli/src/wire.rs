//! HTTP on the wire ↔ requests and responses as data. Sizes are bounded; what is odd is answered, never a panic.

use std::convert::Infallible;

use api::http::{Body, Method, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};

/// kube-apiserver's limit for a request body: 3 MiB.
const BODY_MAX: usize = 3 << 20;

/// A response body: complete, or coming in pieces.
pub type OutBody = UnsyncBoxBody<Bytes, Infallible>;

/// Reads a request. The error is the response that refuses it.
pub async fn read(request: hyper::Request<Incoming>) -> Result<Request, Response> {
    let (parts, body) = request.into_parts();
    let bytes = match Limited::new(body, BODY_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => {
            let message = format!("Request entity too large: limit is {BODY_MAX}");
            return Err(api::Status::request_entity_too_large(&message).into());
        }
    };
    let mut request = head(&parts)?;
    if !bytes.is_empty() {
        request.body = Body::Bytes(bytes.to_vec().into());
    }
    if request.content_type() == api::http::PROTOBUF
        && let Some(json) = crate::protobuf::to_json(&bytes)
    {
        request.set_header("content-type", api::http::JSON);
        request.body = Body::json(json);
    }
    Ok(request)
}

/// Method, path, query and headers. Headers that name a user are what a front proxy may set, not a client: dropped.
pub fn head(parts: &hyper::http::request::Parts) -> Result<Request, Response> {
    let Some(method) = Method::parse(parts.method.as_str()) else {
        return Err(api::Status::method_not_allowed().into());
    };
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut request = Request::new(method, target);
    for (name, value) in &parts.headers {
        let name = name.as_str();
        if name.starts_with("x-remote-") {
            continue;
        }
        if let Ok(value) = value.to_str() {
            request.headers.push((name.into(), value.into()));
        }
    }
    Ok(request)
}

/// The start of a response, without its body.
fn start(response: &Response) -> hyper::http::response::Builder {
    let mut builder = hyper::Response::builder().status(response.status);
    for (name, value) in &response.headers {
        builder = builder.header(name.as_str(), value.as_str());
    }
    for warning in &response.warnings {
        let text = warning.replace('\\', "\\\\").replace('"', "\\\"");
        builder = builder.header("warning", format!("299 - \"{text}\""));
    }
    builder.header("cache-control", "no-cache, private")
}

/// A complete response.
pub fn complete(response: &Response) -> hyper::Response<OutBody> {
    let bytes = Bytes::from(response.body.to_bytes().to_vec());
    with_body(response, Full::new(bytes).boxed_unsync())
}

/// A response whose body comes in pieces.
pub fn with_body(response: &Response, body: OutBody) -> hyper::Response<OutBody> {
    start(response).body(body).unwrap_or_else(|_| {
        let text = Bytes::from_static(b"a header of the response is malformed");
        let mut response = hyper::Response::new(Full::new(text).boxed_unsync());
        *response.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
