//! Lists: selectors, pages, resource versions, and the three forms that clients ask for (objects, tables, metadata).
//! Mirrors the list parts of k8s.io/apiserver's registry.Store, storage and endpoints/handlers/response.go.

use api::http::{Body, Request, Response};
use api::meta::field::{Error, Path};
use api::meta::{fields, labels};
use api::{Gvk, Json, JsonMap, Key, Object, Status};
use collections::OrdMap;
use serde_json::json;

use super::call::{Call, Format, include_object};
use super::{ApiServer, RequestContext, Resource, table};
use crate::store::Revision;

/// Which objects a list or watch is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// `labelSelector`
    pub labels: labels::Selector,
    /// `fieldSelector`
    pub fields: fields::Selector,
}

impl Selection {
    /// Reads `labelSelector` and `fieldSelector`; refuses fields that the kind does not offer.
    pub(super) fn of(call: &Call) -> Result<Selection, Status> {
        let labels =
            labels::Selector::parse(call.request.param("labelSelector")).map_err(Status::bad_request)?;
        let fields =
            fields::Selector::parse(call.request.param("fieldSelector")).map_err(Status::bad_request)?;
        for requirement in fields.requirements() {
            let field = requirement.field.as_str();
            let known =
                field == "metadata.name" || field == "metadata.namespace" && call.resource.namespaced();
            if !known && field != "metadata.namespace" && !call.resource.strategy.selectable(field) {
                return Err(Status::bad_request(unknown_field(&call.resource, field)));
            }
        }
        Ok(Selection { labels, fields })
    }

    /// True if it chooses every object.
    pub fn is_everything(&self) -> bool {
        self.labels.is_everything() && self.fields.is_everything()
    }

    /// True if it chooses this one.
    pub fn matches(&self, resource: &Resource, object: &Object) -> bool {
        let meta = object.meta();
        self.labels.matches(&meta.labels)
            && self.fields.requirements().iter().all(|requirement| {
                let same = match requirement.field.as_str() {
                    "metadata.name" => meta.name == requirement.value,
                    "metadata.namespace" => meta.namespace == requirement.value,
                    field => resource
                        .strategy
                        .select(object, field)
                        .is_some_and(|value| value == requirement.value),
                };
                same == requirement.equal
            })
    }
}

/// Kinds with fields of their own and kinds without word this differently (`DefaultMetaV1FieldSelectorConversion`).
fn unknown_field(resource: &Resource, field: &str) -> String {
    let own = resource.custom
        || [
            "spec.nodeName",
            "status.phase",
            "type",
            "reason",
            "spec.clusterIP",
            "status.replicas",
            "spec.unschedulable",
        ]
        .iter()
        .any(|known| resource.strategy.selectable(known));
    if own {
        return format!("field label not supported: {field}");
    }
    format!("{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
}

/// Reads a resource version; empty is 0.
pub(super) fn parse_resource_version(text: &str) -> Result<Revision, Status> {
    if text.is_empty() {
        return Ok(0);
    }
    text.parse().map_err(|_| {
        let why = super::store::invalid_resource_version(text);
        Status::bad_request(format!("invalid resource version: {why}"))
    })
}

/// Where the next page begins (`continue`).
#[derive(Clone, Debug, PartialEq)]
struct Continue {
    revision: Revision,
    /// Key of the last object sent.
    after: Key,
}

impl Continue {
    fn encode(&self, namespaced: bool) -> String {
        let start = if namespaced { format!("/{}\0", self.after.name) } else { format!("/{}\0", self.after) };
        let json = json!({"v": "meta.k8s.io/v1", "rv": self.revision, "start": start}).to_string();
        let text = api::base::base64::encode(json.as_bytes());
        text.trim_end_matches('=').replace('+', "-").replace('/', "_")
    }

    fn parse(text: &str, namespace: Option<&str>) -> Result<Continue, Status> {
        let invalid = |why: String| {
            Status::bad_request(format!("invalid continue token: continue key is not valid: {why}"))
        };
        let mut padded = text.replace('-', "+").replace('_', "/");
        let loose = padded.len() % 4;
        // Go's raw encoding ignores the bits of a last, incomplete group.
        padded.push_str(&"=".repeat((4 - loose) % 4));
        let bytes = decode_loosely(&padded)
            .ok_or_else(|| invalid(format!("illegal base64 data at input byte {}", text.len())))?;
        let json = api::base::json::parse(&bytes).map_err(invalid)?;
        if json["v"] != "meta.k8s.io/v1" {
            return Err(invalid(format!("server does not recognize this encoded version {}", json["v"])));
        }
        let start = json["start"].as_str().unwrap_or("").trim_end_matches('\0').trim_start_matches('/');
        let after = match namespace {
            Some(namespace) => Key::new(namespace, start),
            None => Key::parse(start),
        };
        Ok(Continue { revision: json["rv"].as_u64().unwrap_or(0), after })
    }
}

fn decode_loosely(padded: &str) -> Option<Vec<u8>> {
    if let Ok(bytes) = api::base::base64::decode(padded) {
        return Some(bytes);
    }
    // Stray bits in the last group: clear them by decoding without that group's tail.
    let body = padded.trim_end_matches('=');
    let cut = body.len() - 1;
    (body.len() % 4 == 3 || body.len() % 4 == 2)
        .then(|| {
            let last = body.as_bytes()[cut];
            let kept = if body.len() % 4 == 3 { mask(last, 0b11_1100) } else { mask(last, 0b11_0000) };
            let fixed = format!("{}{}{}", &body[..cut], kept, "=".repeat(4 - body.len() % 4));
            api::base::base64::decode(&fixed).ok()
        })
        .flatten()
}

fn mask(letter: u8, bits: usize) -> char {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = ALPHABET.iter().position(|known| *known == letter).unwrap_or(0);
    char::from(ALPHABET[value & bits])
}

/// One page of a list.
struct Page {
    objects: Vec<Object>,
    revision: Revision,
    next: Option<Continue>,
    remaining: Option<usize>,
}

impl ApiServer {
    /// Objects of the call's resource and namespace that the selection takes, in key order.
    pub(super) fn selected<'a>(
        &'a self,
        call: &'a Call,
        selection: &'a Selection,
    ) -> Box<dyn Iterator<Item = &'a Object> + 'a> {
        let resource = &call.resource;
        if let Some(name) = selection.fields.requires_exact_match("metadata.name")
            && let Some(namespace) = call.list_namespace().or(Some("").filter(|_| !resource.namespaced()))
        {
            let found = self.object(resource.id, namespace, name);
            return Box::new(found.into_iter().filter(move |object| selection.matches(resource, object)));
        }
        if let Some(node) =
            selection.fields.requires_exact_match("spec.nodeName").filter(|node| !node.is_empty())
        {
            let namespace = call.list_namespace();
            let here =
                move |object: &&Object| namespace.is_none_or(|wanted| object.meta().namespace == wanted);
            let found = self.storage.on_node(resource.id, node).filter(here);
            return Box::new(found.filter(move |object| selection.matches(resource, object)));
        }
        let all = self.storage.list(resource.id, call.list_namespace());
        if selection.is_everything() {
            return all;
        }
        Box::new(all.filter(move |object| selection.matches(resource, object)))
    }

    pub(super) fn list(&mut self, cx: &mut RequestContext, call: &mut Call) -> Result<Response, Status> {
        let selection = Selection::of(call)?;
        let page = self.page(call, &selection)?;
        if call.resource.gvr.group.is_empty() && call.resource.plural == "endpoints" {
            call.warn("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice");
        }
        Ok(list_response(cx, call, page))
    }

    fn page(&self, call: &Call, selection: &Selection) -> Result<Page, Status> {
        let request = call.request;
        let current = self.storage.revision();
        let version = parse_resource_version(request.param("resourceVersion"))?;
        check_match(request)?;
        if version > current {
            return Err(too_large(version, current));
        }
        let token = match request.param("continue") {
            "" => None,
            text => Some(Continue::parse(text, call.list_namespace())?),
        };
        let exact = request.param("resourceVersionMatch") == "Exact"
            || request.has_param("limit")
                && version > 0
                && token.is_none()
                && request.param("resourceVersionMatch").is_empty();
        let revision = match &token {
            Some(token) => token.revision,
            None if exact => version,
            None => current,
        };
        let past;
        let objects: Box<dyn Iterator<Item = &Object>> = if revision == current {
            self.selected(call, selection)
        } else {
            past = self.objects_at(call, revision)?;
            Box::new(past.values().filter(|object| selection.matches(&call.resource, object)))
        };
        let after = token.map(|token| token.after);
        let rest = objects.filter(|object| after.as_ref().is_none_or(|after| object.key() > *after));
        let limit = request.param("limit").parse::<usize>().unwrap_or(0);
        if limit == 0 {
            return Ok(Page { objects: rest.cloned().collect(), revision, next: None, remaining: None });
        }
        let mut all: Vec<Object> = rest.cloned().collect();
        let remaining = all.len().saturating_sub(limit);
        all.truncate(limit);
        let next = all.last().filter(|_| remaining > 0).map(|last| Continue { revision, after: last.key() });
        let told = (remaining > 0 && selection.is_everything()).then_some(remaining);
        Ok(Page { objects: all, revision, next, remaining: told })
    }

    /// The resource's objects as they were at an earlier revision.
    fn objects_at(&self, call: &Call, revision: Revision) -> Result<OrdMap<Key, Object>, Status> {
        let namespace = call.list_namespace();
        let Some(later) = self.storage.log_since(revision) else {
            return Err(if call.request.has_param("continue") {
                Status::expired(EXPIRED_TOKEN)
            } else {
                Status::expired(format!("The resourceVersion for the provided list is too old: {revision}"))
            });
        };
        let mut objects: OrdMap<Key, Object> = self
            .storage
            .list(call.resource.id, namespace)
            .map(|object| (object.key(), object.clone()))
            .collect();
        for change in later.rev().filter(|change| change.resource == call.resource.id) {
            if namespace.is_some_and(|namespace| change.key.namespace != namespace) {
                continue;
            }
            match &change.previous {
                Some(previous) => objects.insert(change.key.clone(), previous.clone()),
                None => objects.remove(&change.key),
            };
        }
        Ok(objects)
    }
}

const EXPIRED_TOKEN: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/// A revision that has not been reached yet.
pub(super) fn too_large(version: Revision, current: Revision) -> Status {
    let message = format!("Too large resource version: {version}, current: {current}");
    Status::new(504, "Timeout", message)
        .with_cause("ResourceVersionTooLarge", "Too large resource version", "")
        .retry_after(1)
}

/// `resourceVersionMatch` needs a resource version. Mirrors metainternalversion validation.ValidateListOptions.
fn check_match(request: &Request) -> Result<(), Status> {
    let wanted = request.param("resourceVersionMatch");
    if wanted.is_empty() {
        return Ok(());
    }
    let path = Path::new("resourceVersionMatch");
    let forbidden = |why: &str| Error::forbidden(&path, why);
    let version = request.param("resourceVersion");
    let error = if version.is_empty() {
        forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided")
    } else if request.has_param("continue") {
        forbidden("resourceVersionMatch is forbidden when continue is provided")
    } else if !matches!(wanted, "Exact" | "NotOlderThan") {
        Error::not_supported(&path, wanted, &["Exact", "NotOlderThan", ""])
    } else if wanted == "Exact" && version == "0" {
        forbidden("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"")
    } else {
        return Ok(());
    };
    Err(Status::invalid(&Gvk::of("meta.k8s.io", "v1", "ListOptions"), "", &vec![error].into()))
}

fn list_response(cx: &RequestContext, call: &Call, page: Page) -> Response {
    let mut metadata = JsonMap::new();
    metadata.insert("resourceVersion".to_owned(), Json::from(page.revision.to_string()));
    if let Some(next) = &page.next {
        metadata.insert("continue".to_owned(), Json::from(next.encode(call.list_namespace().is_some())));
    }
    if let Some(remaining) = page.remaining {
        metadata.insert("remainingItemCount".to_owned(), Json::from(remaining));
    }
    let metadata = Json::Object(metadata);
    let strategy = &call.resource.strategy;
    let objects = page.objects.iter();
    let json = match Format::of(call.request) {
        Format::Table => {
            let include = include_object(call.request);
            let row = |object| table::row_json(strategy.print(cx.now, object), object, include);
            table::table_json(strategy.columns(), metadata, objects.map(row).collect())
        }
        Format::Metadata => json!({
            "kind": "PartialObjectMetadataList",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": metadata,
            "items": objects.map(table::partial_object).collect::<Vec<_>>(),
        }),
        Format::Object | Format::Yaml => json!({
            "kind": call.resource.list_kind.as_str(),
            "apiVersion": call.resource.gvk.api_version().as_str(),
            "metadata": metadata,
            "items": objects.map(|object| item_json(&call.resource, object)).collect::<Vec<_>>(),
        }),
    };
    if Format::of(call.request) == Format::Yaml {
        return Response::new(200, Body::text(&api::base::yaml::to_string(&json)))
            .with_header("content-type", api::http::YAML);
    }
    Response::json(200, json)
}

/// An item of a list: built-in kinds do not repeat `kind` and `apiVersion` in each.
fn item_json(resource: &Resource, object: &Object) -> Json {
    let mut json = object.to_json();
    if let Json::Object(map) = &mut json
        && !resource.custom
    {
        map.shift_remove("kind");
        map.shift_remove("apiVersion");
    }
    json
}
