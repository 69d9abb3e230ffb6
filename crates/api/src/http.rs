//! HTTP as plain data: the only door of the API server. Between components of one process a body may be an [`Object`],
//! which needs no encoding; on a real wire it is bytes.

use std::rc::Rc;

use crate::Json;
use crate::base::str::Str;
use crate::meta::object::Object;
use crate::meta::status::Status;

/// The methods that Kubernetes' API uses.
#[allow(missing_docs, reason = "HTTP's own names")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Method {
    #[default]
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    /// In capitals, as on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
        }
    }

    /// Reads `GET`; lower case is accepted.
    pub fn parse(text: &str) -> Option<Method> {
        use Method::{Delete, Get, Head, Options, Patch, Post, Put};
        [Get, Head, Post, Put, Patch, Delete, Options]
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(text))
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A stream of the server: a watch, a log that is followed, an exec. Drained by the caller by this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u64);

/// A body in the form it came in; it is turned into another when somebody asks for that.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Body {
    /// None.
    #[default]
    Empty,
    /// Text or bytes, as `content-type` says.
    Bytes(Rc<[u8]>),
    /// JSON that is read already.
    Json(Rc<Json>),
    /// An object that never was JSON: what components of one process send each other.
    Object(Object),
    /// Only in responses.
    Stream(StreamId),
}

impl Body {
    /// A body of this JSON.
    pub fn json(json: Json) -> Body {
        Body::Json(Rc::new(json))
    }

    /// A body of this text.
    pub fn text(text: &str) -> Body {
        Body::Bytes(Rc::from(text.as_bytes()))
    }

    /// True if there is none; an empty text is a body.
    pub fn is_empty(&self) -> bool {
        matches!(self, Body::Empty)
    }

    /// The body as JSON, reading bytes if need be. `None` for streams, empty bodies and bytes that are no JSON.
    pub fn to_json(&self) -> Option<Json> {
        match self {
            Body::Json(json) => Some((**json).clone()),
            Body::Object(object) => Some(object.to_json()),
            Body::Bytes(bytes) => serde_json::from_slice(bytes).ok(),
            Body::Empty | Body::Stream(_) => None,
        }
    }

    /// The body as bytes of a wire. Streams have none.
    pub fn to_bytes(&self) -> Rc<[u8]> {
        match self {
            Body::Bytes(bytes) => bytes.clone(),
            Body::Json(json) => Rc::from(json.to_string().into_bytes()),
            Body::Object(object) => Rc::from(object.to_json().to_string().into_bytes()),
            Body::Empty | Body::Stream(_) => Rc::from([]),
        }
    }

    /// The body as text; invalid UTF-8 is replaced.
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.to_bytes()).into_owned()
    }
}

/// A request. Header names are lower case; `user` headers are set by whoever authenticated the client.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// What is to be done.
    pub method: Method,
    /// Decoded path without query: `/api/v1/namespaces/default/pods`.
    pub path: Str,
    /// Decoded query parameters in order.
    pub query: Vec<(Str, Str)>,
    /// Names in lower case.
    pub headers: Vec<(Str, Str)>,
    /// What is sent.
    pub body: Body,
}

/// Header that names the user on whose behalf a request is made.
pub const USER: &str = "x-remote-user";
/// Header that names one group of the user; may occur several times.
pub const GROUP: &str = "x-remote-group";

/// The form of objects unless another is asked for.
pub const JSON: &str = "application/json";
/// Understood in requests, and given to who asks for it.
pub const YAML: &str = "application/yaml";
/// Named in error messages; of what clients send so, `kubarium serve` translates what it can.
pub const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
/// RFC 6902.
pub const JSON_PATCH: &str = "application/json-patch+json";
/// RFC 7386.
pub const MERGE_PATCH: &str = "application/merge-patch+json";
/// Kubernetes' own: lists merge by keys, with directives.
pub const STRATEGIC_MERGE_PATCH: &str = "application/strategic-merge-patch+json";
/// Server-side apply, in YAML or JSON.
pub const APPLY_YAML: &str = "application/apply-patch+yaml";

impl Request {
    /// A request to a path with an optional query: `/api/v1/pods?limit=5`. Both are percent-decoded.
    pub fn new(method: Method, path_and_query: &str) -> Request {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        Request { method, path: decode(path).into(), query: parse_query(query), ..Request::default() }
    }
    /// See [`Request::new`].
    pub fn get(path_and_query: &str) -> Request {
        Request::new(Method::Get, path_and_query)
    }
    /// See [`Request::new`] and [`Request::with_body`].
    pub fn post(path_and_query: &str, body: Body) -> Request {
        Request::new(Method::Post, path_and_query).with_body(body)
    }
    /// See [`Request::new`] and [`Request::with_body`].
    pub fn put(path_and_query: &str, body: Body) -> Request {
        Request::new(Method::Put, path_and_query).with_body(body)
    }
    /// A PATCH; the content type says which of the four.
    pub fn patch(path_and_query: &str, content_type: &str, body: Body) -> Request {
        let mut request = Request::new(Method::Patch, path_and_query).with_body(body);
        request.set_header("content-type", content_type);
        request
    }
    /// See [`Request::new`].
    pub fn delete(path_and_query: &str) -> Request {
        Request::new(Method::Delete, path_and_query)
    }

    /// Sets the body; JSON and objects are declared as `application/json`.
    pub fn with_body(mut self, body: Body) -> Request {
        if !body.is_empty() && self.content_type().is_empty() {
            self.set_header("content-type", JSON);
        }
        self.body = body;
        self
    }
    /// Sets a header; the name in lower case.
    pub fn with_header(mut self, name: &str, value: &str) -> Request {
        self.set_header(name, value);
        self
    }
    /// Sets who asks, as an authenticating proxy does.
    pub fn with_user(self, user: &str) -> Request {
        self.with_header(USER, user)
    }

    /// First value of a query parameter; empty if absent.
    pub fn param(&self, key: &str) -> &str {
        self.query.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value.as_str())
    }
    /// True if the parameter is given, empty or not.
    pub fn has_param(&self, key: &str) -> bool {
        self.query.iter().any(|(name, _)| name == key)
    }
    /// True if a parameter is given and is not `false` or `0`, as upstream reads booleans.
    pub fn flag(&self, key: &str) -> bool {
        self.has_param(key) && !matches!(self.param(key), "false" | "0")
    }
    /// First value of a header, by lower-case name; empty if absent.
    pub fn header(&self, name: &str) -> &str {
        header(&self.headers, name)
    }
    /// The same as a shared string; empty if absent.
    pub fn header_value(&self, name: &str) -> Str {
        self.headers.iter().find(|(known, _)| known == name).map_or(Str::EMPTY, |(_, value)| value.clone())
    }
    /// Sets a header; the name in lower case.
    pub fn set_header(&mut self, name: &str, value: &str) {
        set_header(&mut self.headers, name, value);
    }
    /// What forms of answer are wanted, best first; empty for any.
    pub fn accept(&self) -> &str {
        self.header("accept")
    }
    /// The form of the body.
    pub fn content_type(&self) -> &str {
        self.header("content-type")
    }
    /// Who asks; empty for anonymous.
    pub fn user(&self) -> &str {
        self.header(USER)
    }
    /// The groups that whoever asks says to be in.
    pub fn groups(&self) -> impl Iterator<Item = &Str> {
        self.headers.iter().filter(|(name, _)| name == GROUP).map(|(_, value)| value)
    }
    /// Encoded path and query, as on the request line.
    pub fn uri(&self) -> String {
        let mut uri = encode_path(&self.path);
        for (index, (key, value)) in self.query.iter().enumerate() {
            uri.push(if index == 0 { '?' } else { '&' });
            uri.push_str(&encode(key));
            uri.push('=');
            uri.push_str(&encode(value));
        }
        uri
    }
}

/// A response.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(Str, Str)>,
    /// Texts of `Warning: 299` headers.
    pub warnings: Vec<Str>,
    /// What is answered.
    pub body: Body,
}

impl Response {
    /// A response without headers.
    pub fn new(status: u16, body: Body) -> Response {
        Response { status, body, ..Response::default() }
    }
    /// 200 with this body.
    pub fn ok(body: Body) -> Response {
        Response::new(200, body)
    }
    /// JSON, declared as such.
    pub fn json(status: u16, json: Json) -> Response {
        Response::new(status, Body::json(json)).with_header("content-type", JSON)
    }
    /// An object, declared as JSON.
    pub fn object(status: u16, object: Object) -> Response {
        Response::new(status, Body::Object(object)).with_header("content-type", JSON)
    }
    /// Plain text in UTF-8.
    pub fn text(status: u16, text: &str) -> Response {
        Response::new(status, Body::text(text)).with_header("content-type", "text/plain; charset=utf-8")
    }
    /// The response that tells an error.
    pub fn error(status: &Status) -> Response {
        let mut response = Response::json(status.code, status.to_json());
        if let Some(details) = status.details.as_ref().filter(|details| details.retry_after_seconds > 0) {
            response.headers.push(("retry-after".into(), details.retry_after_seconds.to_string().into()));
        }
        response
    }
    /// Sets a header; the name in lower case.
    pub fn with_header(mut self, name: &str, value: &str) -> Response {
        set_header(&mut self.headers, name, value);
        self
    }
    /// First value of a header, by lower-case name; empty if absent.
    pub fn header(&self, name: &str) -> &str {
        header(&self.headers, name)
    }
    /// The form of the body.
    pub fn content_type(&self) -> &str {
        self.header("content-type")
    }
    /// True for 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
    /// The error that the response tells; `None` for success. Bodies that are no Status become one that quotes them.
    pub fn to_status(&self) -> Option<Status> {
        if self.is_success() {
            return None;
        }
        let told = self.body.to_json().and_then(|json| Status::from_json(&json));
        Some(told.unwrap_or_else(|| Status::new(self.status, "", self.body.to_text())))
    }
}

impl From<Status> for Response {
    fn from(status: Status) -> Response {
        Response::error(&status)
    }
}

fn header<'a>(headers: &'a [(Str, Str)], name: &str) -> &'a str {
    headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
}

fn set_header(headers: &mut Vec<(Str, Str)>, name: &str, value: &str) {
    let name = name.to_ascii_lowercase();
    headers.retain(|(known, _)| *known != name);
    headers.push((name.into(), value.into()));
}

/// Percent-encodes a query key or value, or one segment of a path.
pub fn encode(text: &str) -> String {
    encode_except(text, b"-_.~")
}

/// Percent-encodes a path, leaving its slashes.
pub fn encode_path(path: &str) -> String {
    encode_except(path, b"-_.~/:@!$&'()*+,;=")
}

fn encode_except(text: &str, plain: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Decodes percent-encoding. Malformed escapes stay as they are; invalid UTF-8 is replaced.
pub fn decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let hex = |index: usize| bytes.get(index).and_then(|byte| char::from(*byte).to_digit(16));
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        match (bytes[index], hex(index + 1), hex(index + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                index += 3;
            }
            (byte, ..) => {
                decoded.push(byte);
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Reads `a=1&b=x%20y`; `+` means a space.
pub fn parse_query(query: &str) -> Vec<(Str, Str)> {
    let unescape = |text: &str| Str::from(decode(&text.replace('+', " ")));
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(k, v)| (unescape(k), unescape(v)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_are_decoded_and_encoded() {
        let request = Request::get("/api/v1/pods?labelSelector=app%3Dweb%2Ctier+in+(a)&watch=true&x");
        assert_eq!(request.path, "/api/v1/pods");
        assert_eq!(request.param("labelSelector"), "app=web,tier in (a)");
        assert!(request.flag("watch") && request.flag("x") && !request.flag("y"));
        assert_eq!(request.uri(), "/api/v1/pods?labelSelector=app%3Dweb%2Ctier%20in%20%28a%29&watch=true&x=");
        assert_eq!(decode("100%"), "100%");
    }

    #[test]
    fn errors_become_responses_and_back() {
        let status = Status::too_many_requests("slow down", 3);
        let response = Response::error(&status);
        assert_eq!(response.header("retry-after"), "3");
        assert_eq!(response.to_status(), Some(status));
    }
}
