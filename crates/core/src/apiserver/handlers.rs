//! One verb each: get, create, update; and the dispatch of subresources. Lists, watches, patches and deletions have
//! files of their own. Mirrors k8s.io/apiserver/pkg/endpoints/handlers.

use api::http::{Body, Response};
use api::{Json, Object, Status, Str};

use super::body;
use super::call::Call;
use super::request_info::Verb;
use super::store::Part;
use super::{ApiServer, RequestContext, admission};

impl ApiServer {
    /// The object that the path names, as it is stored.
    pub(super) fn stored(&self, call: &Call) -> Result<Object, Status> {
        self.storage.get(call.resource.id, &call.key()).cloned().ok_or_else(|| call.not_found())
    }

    pub(super) fn get(&mut self, cx: &mut RequestContext, call: &mut Call) -> Result<Response, Status> {
        let version = call.request.param("resourceVersion");
        if !version.is_empty() {
            super::list::parse_resource_version(version)?;
        }
        let mut object = self.stored(call)?;
        self.warn_deprecated(call);
        if super::authz::binary(&call.user).is_empty() {
            object = super::managed_fields::told(call, object);
        }
        Ok(call.respond(cx, 200, object))
    }

    pub(super) fn create(&mut self, cx: &mut RequestContext, call: &mut Call) -> Result<Response, Status> {
        let registry = self.registry.clone();
        self.warn_deprecated(call);
        let mut draft = body::decode(&registry, call)?;
        body::place(call, &mut draft)?;
        let object = self.create_draft(cx, call, draft)?;
        Ok(call.respond(cx, 201, object))
    }

    /// Defaults, admission, store.
    pub(super) fn create_draft(
        &mut self,
        cx: &mut RequestContext,
        call: &mut Call,
        mut draft: super::draft::Draft,
    ) -> Result<Object, Status> {
        let strategy = call.resource.strategy.clone();
        strategy.set_defaults(&mut draft);
        admission::create(self, cx, call, &mut draft)?;
        self.store_create(cx, call, draft)
    }

    pub(super) fn update(&mut self, cx: &mut RequestContext, call: &mut Call) -> Result<Response, Status> {
        let registry = self.registry.clone();
        self.warn_deprecated(call);
        let mut draft = body::decode(&registry, call)?;
        body::place(call, &mut draft)?;
        let part = if call.info.subresource.is_empty() { Part::Main } else { Part::Status };
        let Some(old) = self.storage.get(call.resource.id, &call.key()).cloned() else {
            if part == Part::Main && call.resource.strategy.allow_create_on_update() {
                draft.meta_mut().resource_version = Str::default();
                let object = self.create_draft(cx, call, draft)?;
                return Ok(call.respond(cx, 201, object));
            }
            return Err(call.not_found());
        };
        let (object, _) = self.update_draft(cx, call, &old, draft, part)?;
        Ok(call.respond(cx, 200, object))
    }

    /// Defaults, admission, store.
    pub(super) fn update_draft(
        &mut self,
        cx: &mut RequestContext,
        call: &mut Call,
        old: &Object,
        mut draft: super::draft::Draft,
        part: Part,
    ) -> Result<(Object, bool), Status> {
        let strategy = call.resource.strategy.clone();
        if !strategy.has_defaults_of(&draft, old) {
            strategy.set_defaults(&mut draft);
        }
        if part == Part::Main {
            admission::update(self, cx, call, &mut draft, old)?;
        }
        self.store_update(cx, call, old, draft, part)
    }

    pub(super) fn subresource(
        &mut self,
        cx: &mut RequestContext,
        call: &mut Call,
    ) -> Result<Response, Status> {
        match (call.info.subresource, call.info.verb) {
            ("status", Verb::Get) => self.get(cx, call),
            ("scale", Verb::Get | Verb::Update) => self.scale(cx, call),
            ("binding", Verb::Create) => self.bind(cx, call),
            ("eviction", Verb::Create) => self.evict(cx, call),
            ("finalize", Verb::Update) => self.finalize(cx, call),
            ("log", Verb::Get) => self.connect_log(cx, call),
            ("exec" | "attach" | "portforward", Verb::Get | Verb::Create) => self.connect(cx, call),
            _ => Err(Status::method_not_allowed()),
        }
    }

    /// Sets `spec.finalizers` of a namespace; the namespace goes with the last one.
    /// Mirrors pkg/registry/core/namespace/storage.FinalizeREST.
    fn finalize(&mut self, cx: &mut RequestContext, call: &mut Call) -> Result<Response, Status> {
        use api::core::v1::Namespace;
        let registry = self.registry.clone();
        let mut given = body::decode(&registry, call)?;
        body::place(call, &mut given)?;
        let old = self.stored(call)?;
        let mut draft = call.resource.strategy.open(&old).ok_or_else(|| call.not_found())?;
        draft.meta_mut().resource_version = given.meta().resource_version.clone();
        if let (Some(namespace), Some(given)) = (draft.view_mut::<Namespace>(), given.view::<Namespace>()) {
            namespace.spec.finalizers = given.spec.finalizers.clone();
        }
        let (object, _) = self.store_update(cx, call, &old, draft, Part::Internal)?;
        Ok(call.respond(cx, 200, object))
    }

    /// The warning that some kinds always carry.
    fn warn_deprecated(&self, call: &mut Call) {
        let gvr = &call.resource.gvr;
        if gvr.group.is_empty() && gvr.resource == "endpoints" {
            call.warn("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice");
        }
        if call.resource.stored_only {
            let kind = call.resource.gvk.kind.clone();
            let article = if kind.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
            call.warn(format!(
                "not simulated here: {article} {kind} is checked and stored, but nothing acts on it yet"
            ));
        }
    }

    /// Binds a pod to a node, once. Mirrors pkg/registry/core/pod/storage.BindingREST.
    fn bind(&mut self, cx: &mut RequestContext, call: &mut Call) -> Result<Response, Status> {
        use api::core::v1::{Binding, Pod, PodCondition};
        let binding: Binding = subresource_body(call)?;
        if !binding.metadata.name.is_empty() && binding.metadata.name != call.info.name {
            return Err(Status::bad_request("name in URL does not match name in Binding object"));
        }
        let old = self.stored(call)?;
        let node = binding.target.name.clone();
        if node.is_empty() || !matches!(binding.target.kind.as_str(), "" | "Node") {
            return Err(invalid_target(call, &binding.target.kind, &node));
        }
        let pod: &Pod = old.view().ok_or_else(|| call.not_found())?;
        let conflict = |why: String| {
            Err(Status::conflict(&api::Gvr::of("", "v1", "pods/binding"), call.info.name, &why))
        };
        if pod.metadata.deletion_timestamp.is_some() {
            return conflict(format!(
                "pod {} is being deleted, cannot be assigned to a host",
                pod.metadata.name
            ));
        }
        if !pod.spec.node_name.is_empty() {
            return conflict(format!(
                "pod {} is already assigned to node {:?}",
                pod.metadata.name,
                pod.spec.node_name.as_str()
            ));
        }
        if !pod.spec.scheduling_gates.is_empty() {
            return conflict(format!("pod {} has non-empty .spec.schedulingGates", pod.metadata.name));
        }
        let mut pod = pod.clone();
        if !binding.metadata.uid.is_empty() && binding.metadata.uid != pod.metadata.uid {
            return conflict(format!(
                "Precondition failed: UID in precondition: {}, UID in object meta: {}",
                binding.metadata.uid, pod.metadata.uid
            ));
        }
        pod.spec.node_name = node;
        pod.metadata.annotations.extend(binding.metadata.annotations.clone());
        let condition = PodCondition {
            type_: "PodScheduled".into(),
            status: "True".into(),
            last_transition_time: cx.now.trunc_secs(),
            observed_generation: pod.metadata.generation,
            ..PodCondition::default()
        };
        match pod.status.conditions.iter_mut().find(|known| known.type_ == "PodScheduled") {
            Some(known) if known.status == "True" => {}
            Some(known) => *known = condition,
            None => pod.status.conditions.push(condition),
        }
        self.store_update(cx, call, &old, super::draft::Draft::of(pod), Part::Internal)?;
        Ok(Response::json(201, success()))
    }

    /// Deletes a pod on behalf of the eviction API. Mirrors pkg/registry/core/pod/storage.EvictionREST; disruption
    /// budgets are not served yet, so none can object.
    fn evict(&mut self, cx: &mut RequestContext, call: &mut Call) -> Result<Response, Status> {
        let (json, _) = body::read_json(call)?;
        let named = json.pointer("/metadata/name").and_then(Json::as_str).unwrap_or("");
        if !named.is_empty() && named != call.info.name {
            return Err(Status::bad_request("name in URL does not match name in Eviction object"));
        }
        let old = self.stored(call)?;
        let options = json.get("deleteOptions").cloned().unwrap_or(Json::Null);
        let request = api::http::Request { body: Body::json(options), ..call.request.clone() };
        let options = super::delete::DeleteOptions::of(&Call {
            request: &request,
            info: call.info,
            user: call.user.clone(),
            resource: call.resource.clone(),
            dry_run: call.dry_run,
            warnings: Vec::new(),
            applied: None,
        })?;
        self.store_delete(cx, call, &old, &options)?;
        Ok(Response::json(201, success()))
    }
}

fn success() -> Json {
    Status::new(201, "", "").to_json()
}

fn invalid_target(call: &Call, kind: &str, name: &str) -> Status {
    use api::meta::field::{Error, Path};
    let target = Path::new("target");
    let mut errors = Vec::new();
    if !matches!(kind, "" | "Node") {
        errors.push(Error::not_supported(&target.child("kind"), kind, &["Node", "<empty>"]));
    }
    if name.is_empty() {
        errors.push(Error::required(&target.child("name"), ""));
    }
    Status::invalid(&api::Gvk::of("", "v1", "Binding"), call.info.name, &errors.into())
}

/// The body of a subresource that is a built-in kind of its own.
fn subresource_body<K: api::Kind>(call: &Call) -> Result<K, Status> {
    if let Body::Object(object) = &call.request.body
        && let Some(kind) = object.view::<K>()
    {
        return Ok(kind.clone());
    }
    let (json, _) = body::read_json(call)?;
    K::decode(&json).map_err(|error| Status::cannot_be_handled(&K::GVK, &error.message))
}
