//! One request to a resource while it is served.

use std::rc::Rc;

use api::http::{Body, Method, Request, Response};
use api::meta::field::{Error, Path};
use api::meta::v1::ManagedFieldsEntry;
use api::{Gvk, Json, Key, Object, Status, Str};

use super::authn::User;
use super::request_info::{RequestInfo, Verb};
use super::table::{self, IncludeObject};
use super::{Registry, RequestContext, Resource};

/// A request with what is known about it.
pub(crate) struct Call<'r> {
    pub request: &'r Request,
    pub info: RequestInfo<'r>,
    pub user: User,
    pub resource: Rc<Resource>,
    /// `dryRun=All`: everything happens except the commit.
    pub dry_run: bool,
    /// Texts of 299 headers.
    pub warnings: Vec<Str>,
    /// The managers of the object after a server-side apply.
    pub applied: Option<Vec<ManagedFieldsEntry>>,
}

impl<'r> Call<'r> {
    /// Finds the resource and checks the options that all verbs share.
    pub fn new(
        registry: &Registry,
        request: &'r Request,
        info: RequestInfo<'r>,
        user: User,
    ) -> Result<Call<'r>, Status> {
        let found = registry.by_path(info.group, info.version, info.resource);
        let resource = registry.shared(found.ok_or_else(Status::no_such_resource)?.id);
        let names_one = !info.name.is_empty();
        if resource.namespaced() && info.namespace.is_empty() && (names_one || info.verb == Verb::Create) {
            // `/api/v1/pods/x` is no path of the server; creating across namespaces is refused as a method.
            return Err(if names_one { Status::no_such_resource() } else { Status::method_not_allowed() });
        }
        if !resource.namespaced() && !info.namespace.is_empty() && info.resource != "namespaces" {
            return Err(Status::no_such_resource());
        }
        if !info.subresource.is_empty() && resource.subresource(info.subresource).is_none() {
            return Err(Status::no_such_resource());
        }
        let method = request.method;
        if !resource.is_stored() && (method != Method::Post || names_one) {
            return Err(Status::method_not_allowed());
        }
        if names_one && info.subresource.is_empty() && method == Method::Post
            || !names_one && method == Method::Put
        {
            return Err(Status::method_not_allowed());
        }
        let mut call =
            Call { request, info, user, resource, dry_run: false, warnings: Vec::new(), applied: None };
        if method != Method::Get {
            call.dry_run = call.check_options()?;
        }
        Ok(call)
    }

    /// Validates `dryRun` and `fieldValidation`; returns whether this is a dry run.
    fn check_options(&self) -> Result<bool, Status> {
        let mut errors = Vec::new();
        let dry_run: Vec<&str> = self
            .request
            .query
            .iter()
            .filter(|(key, _)| key == "dryRun")
            .map(|(_, value)| value.as_str())
            .collect();
        if dry_run.iter().any(|value| *value != "All") {
            errors.push(Error::not_supported(&Path::new("dryRun"), Json::from(dry_run.clone()), &["All"]));
        }
        let validation = self.request.param("fieldValidation");
        if !matches!(validation, "" | "Ignore" | "Strict" | "Warn") {
            let known = ["", "Ignore", "Strict", "Warn"];
            errors.push(Error::not_supported(&Path::new("fieldValidation"), validation, &known));
        }
        if errors.is_empty() {
            return Ok(!dry_run.is_empty());
        }
        let kind = match self.info.verb {
            Verb::Create => "CreateOptions",
            Verb::Update => "UpdateOptions",
            Verb::Patch => "PatchOptions",
            _ => "DeleteOptions",
        };
        Err(Status::invalid(&Gvk::of("meta.k8s.io", "v1", kind), "", &errors.into()))
    }

    /// Key of the object that the path names.
    pub fn key(&self) -> Key {
        let namespace = if self.resource.namespaced() { self.info.namespace } else { "" };
        Key::new(namespace, self.info.name)
    }

    /// Namespace to list in; `None` for all.
    pub fn list_namespace(&self) -> Option<&'r str> {
        (self.resource.namespaced() && !self.info.namespace.is_empty()).then_some(self.info.namespace)
    }

    pub fn not_found(&self) -> Status {
        Status::not_found(&self.resource.gvr, self.info.name)
    }

    pub fn warn(&mut self, text: impl Into<Str>) {
        let text = text.into();
        if !self.warnings.contains(&text) {
            self.warnings.push(text);
        }
    }

    /// The program that asks: what the client says, or the name out of its user agent.
    pub fn actor(&self) -> Str {
        match self.request.param("fieldManager") {
            "" => {
                let agent = self.request.header_value("user-agent");
                agent.split_once('/').map(|(name, _)| Str::from(name)).unwrap_or(agent)
            }
            manager => manager.into(),
        }
    }

    /// The field manager: as the actor, but all controllers are one program.
    pub fn manager(&self) -> Str {
        match (self.request.param("fieldManager"), super::authz::binary(&self.user)) {
            ("", binary) if !binary.is_empty() => binary.into(),
            _ => self.actor(),
        }
    }

    /// The object in the form that the client accepts.
    pub fn respond(&self, cx: &RequestContext, status: u16, object: Object) -> Response {
        match Format::of(self.request) {
            Format::Object => Response::object(status, object),
            Format::Table => {
                let row = self.resource.strategy.print(cx.now, &object);
                let rows = vec![table::row_json(row, &object, include_object(self.request))];
                let metadata =
                    serde_json::json!({ "resourceVersion": object.meta().resource_version.as_str() });
                Response::json(status, table::table_json(self.resource.strategy.columns(), metadata, rows))
            }
            Format::Metadata => Response::json(status, table::partial_object(&object)),
            Format::Yaml => Response::new(status, Body::text(&api::base::yaml::to_string(&object.to_json())))
                .with_header("content-type", api::http::YAML),
        }
    }
}

/// What a client wants to be answered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The object or list as it is, in JSON.
    Object,
    /// `as=Table`
    Table,
    /// `as=PartialObjectMetadata` or `…List`
    Metadata,
    /// The object or list in YAML.
    Yaml,
}

impl Format {
    /// The first clause of `Accept` that the server can serve; JSON if there is none.
    pub fn of(request: &Request) -> Format {
        for clause in request.accept().split(',') {
            let mut parts = clause.split(';').map(str::trim);
            let media = parts.next().unwrap_or("");
            let (mut kind, mut version) = ("", "v1");
            for part in parts {
                match part.split_once('=') {
                    Some(("as", value)) => kind = value,
                    Some(("v", value)) => version = value,
                    _ => {}
                }
            }
            match (media, kind, version) {
                (api::http::JSON | "*/*" | "application/*", "", _) => return Format::Object,
                (api::http::JSON, "Table", "v1") => return Format::Table,
                (api::http::JSON, "PartialObjectMetadata" | "PartialObjectMetadataList", "v1") => {
                    return Format::Metadata;
                }
                (api::http::YAML, "", _) => return Format::Yaml,
                _ => {}
            }
        }
        Format::Object
    }
}

/// The `includeObject` parameter of tables.
pub fn include_object(request: &Request) -> IncludeObject {
    match request.param("includeObject") {
        "None" => IncludeObject::None,
        "Object" => IncludeObject::Object,
        _ => IncludeObject::Metadata,
    }
}
