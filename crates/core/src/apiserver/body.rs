//! Request bodies: reading them, and saying what is wrong with them in upstream's words.

use api::http::{self, Body};
use api::{Gvk, Json, Status, Str};

use super::Registry;
use super::call::Call;
use super::draft::Draft;

/// What happens with fields that the server does not know (`fieldValidation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldValidation {
    /// Drop them silently.
    Ignore,
    /// Tell in warning headers: the default.
    Warn,
    /// Refuse the request.
    Strict,
}

impl FieldValidation {
    /// What the request's query says.
    pub fn of(call: &Call) -> FieldValidation {
        match call.request.param("fieldValidation") {
            "Ignore" => FieldValidation::Ignore,
            "Strict" => FieldValidation::Strict,
            _ => FieldValidation::Warn,
        }
    }
}

const READABLE: [&str; 3] = [http::JSON, http::YAML, http::PROTOBUF];

/// The body as JSON, with what a strict reader objects to (duplicate keys).
pub fn read_json(call: &Call) -> Result<(Json, Vec<String>), Status> {
    match &call.request.body {
        Body::Json(json) => Ok(((**json).clone(), Vec::new())),
        Body::Object(object) => Ok((object.to_json(), Vec::new())),
        Body::Bytes(bytes) => {
            let content_type = call.request.content_type().split(';').next().unwrap_or("").trim();
            match content_type {
                "" | http::JSON => parse_json(call, bytes),
                http::YAML => parse_yaml(call, bytes),
                _ => Err(Status::unsupported_media_type(&READABLE)),
            }
        }
        Body::Empty | Body::Stream(_) => parse_json(call, b""),
    }
}

fn parse_json(call: &Call, bytes: &[u8]) -> Result<(Json, Vec<String>), Status> {
    match api::base::json::parse(bytes) {
        Ok(json) => {
            let duplicates = match FieldValidation::of(call) {
                FieldValidation::Ignore => Vec::new(),
                _ => api::validation::duplicate_fields(&String::from_utf8_lossy(bytes)),
            };
            Ok((json, duplicates))
        }
        Err(why) => {
            let (kind, why) =
                (&call.resource.gvk.kind, format!("couldn't get version/kind; json parse error: {why}"));
            let shown = summarize(bytes);
            Err(Status::bad_request(format!(
                "the object provided is unrecognized (must be of type {kind}): {why} ({shown})"
            )))
        }
    }
}

fn parse_yaml(call: &Call, bytes: &[u8]) -> Result<(Json, Vec<String>), Status> {
    let text = String::from_utf8_lossy(bytes);
    match api::base::yaml::parse(&text) {
        Ok(document) => Ok((document.value, Vec::new())),
        Err(why) => {
            let kind = &call.resource.gvk.kind;
            let shown = summarize(bytes);
            Err(Status::bad_request(format!(
                "the object provided is unrecognized (must be of type {kind}): {why} ({shown})"
            )))
        }
    }
}

/// The beginning of a body, as hex unless it begins like JSON (`summarizeData`).
fn summarize(bytes: &[u8]) -> String {
    const SHOWN: usize = 30;
    let cut = &bytes[..bytes.len().min(SHOWN)];
    let dots = if bytes.len() > SHOWN { " ..." } else { "" };
    match bytes.first() {
        None => "<empty>".to_owned(),
        Some(b'{') => format!("{}{dots}", String::from_utf8_lossy(cut)),
        Some(_) => format!("{}{dots}", cut.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
    }
}

/// The object in the body, not yet defaulted.
pub fn decode(registry: &Registry, call: &mut Call) -> Result<Draft, Status> {
    if let Body::Object(object) = &call.request.body {
        let why = || conversion(&call.resource.gvk, object.gvk());
        return call
            .resource
            .strategy
            .open(object)
            .ok_or_else(|| Status::cannot_be_handled(object.gvk(), &why()));
    }
    let (json, duplicates) = read_json(call)?;
    check_kind(registry, &call.resource.gvk, &json)?;
    decode_json(call, &json, duplicates)
}

/// Turns JSON of the right kind into a draft; unknown fields warn or refuse.
pub fn decode_json(call: &mut Call, json: &Json, mut problems: Vec<String>) -> Result<Draft, Status> {
    let gvk = call.resource.gvk.clone();
    let strategy = call.resource.strategy.clone();
    let draft = strategy.decode(json).map_err(|error| Status::cannot_be_handled(&gvk, &error.message))?;
    report_unknown(call, json, &mut problems)?;
    Ok(draft)
}

/// Turns the JSON that an apply made into a draft.
pub fn decode_merged(call: &Call, json: &Json) -> Result<Draft, Status> {
    let error = |error: api::DecodeError| Status::cannot_be_handled(&call.resource.gvk, &error.message);
    call.resource.strategy.decode(json).map_err(error)
}

/// Warns of, or refuses, fields that the kind does not have; `problems` are others of the same sort.
pub fn report_unknown(call: &mut Call, json: &Json, problems: &mut Vec<String>) -> Result<(), Status> {
    let validation = FieldValidation::of(call);
    if validation == FieldValidation::Ignore {
        return Ok(());
    }
    if let Some(schema) = call.resource.strategy.schema() {
        problems.extend(api::validation::unknown_fields(json, &schema));
    }
    if problems.is_empty() {
        return Ok(());
    }
    if validation == FieldValidation::Strict {
        let why = format!("strict decoding error: {}", problems.join(", "));
        return Err(Status::cannot_be_handled(&call.resource.gvk, &why));
    }
    for problem in problems.iter() {
        call.warn(problem.as_str());
    }
    Ok(())
}

/// Checks that `kind` and `apiVersion`, where given, are those of the resource.
fn check_kind(registry: &Registry, expected: &Gvk, json: &Json) -> Result<(), Status> {
    let text = |key: &str| json.get(key).and_then(Json::as_str).unwrap_or("");
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if (api_version.is_empty() || *expected.api_version() == *api_version)
        && (kind.is_empty() || expected.kind == kind)
    {
        return Ok(());
    }
    let given = if api_version.is_empty() { &*expected.api_version() } else { api_version };
    let given = Gvk::parse(given, if kind.is_empty() { &expected.kind } else { kind })
        .map_err(Status::bad_request)?;
    let custom = registry.by_kind(expected).is_some_and(|resource| resource.custom);
    if custom || (given.kind == expected.kind && given.group == expected.group) {
        let (given, expected) = (given.api_version(), expected.api_version());
        return Err(Status::bad_request(format!(
            "the API version in the data ({given}) does not match the expected API version ({expected})"
        )));
    }
    if registry.by_kind(&given).is_some() || api::kind_info(&given).is_some() {
        let why = conversion(expected, &given);
        return Err(cannot_be(&given, expected, &why));
    }
    let (kind, version) = (&given.kind, given.api_version());
    let why = format!(
        "no kind {:?} is registered for version {:?} in scheme \"pkg/api/legacyscheme/scheme.go:30\"",
        kind.as_str(),
        version.as_str()
    );
    Err(cannot_be(&given, expected, &why))
}

fn cannot_be(given: &Gvk, expected: &Gvk, why: &str) -> Status {
    let (kind, version, expected) = (&given.kind, given.version.as_str(), &expected.kind);
    Status::bad_request(format!("{kind} in version {version:?} cannot be handled as a {expected}: {why}"))
}

fn conversion(expected: &Gvk, given: &Gvk) -> String {
    let internal = match expected.group.split('.').next() {
        None | Some("") => "core",
        Some(group) => group,
    };
    format!(
        "converting ({}.{}) to ({internal}.{}): unknown conversion",
        given.version, given.kind, expected.kind
    )
}

/// Puts the object into the namespace of the path, and checks names against the path.
pub fn place(call: &Call, draft: &mut Draft) -> Result<(), Status> {
    let meta = draft.meta_mut();
    if call.resource.namespaced() {
        if meta.namespace.is_empty() {
            meta.namespace = call.info.namespace.into();
        } else if meta.namespace != call.info.namespace {
            let why = "the namespace of the provided object does not match the namespace sent on the request";
            return Err(Status::bad_request(why));
        }
    } else if !meta.namespace.is_empty() && meta.namespace != call.info.namespace {
        meta.namespace = Str::default();
    }
    if !call.info.name.is_empty() {
        if meta.name.is_empty() {
            return Err(Status::bad_request("name must be provided"));
        }
        if meta.name != call.info.name {
            return Err(Status::bad_request(format!(
                "the name of the object ({}) does not match the name on the URL ({})",
                meta.name, call.info.name
            )));
        }
    }
    Ok(())
}
