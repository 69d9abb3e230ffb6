//! Deleting: grace periods, finalizers, preconditions, propagation. Mirrors registry.Store.Delete and
//! rest.BeforeDelete, in the same order.

use api::http::{Body, Response};
use api::{Json, Object, Status, Str};
use serde_json::json;

use super::call::Call;
use super::{ApiServer, RequestContext};
use api::{Duration, Gvr};

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

/// `meta.k8s.io/v1 DeleteOptions`, from the body and the query.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DeleteOptions {
    pub grace_period_seconds: Option<i64>,
    pub uid: Option<Str>,
    pub resource_version: Option<Str>,
    /// "Orphan", "Background", "Foreground"
    pub propagation_policy: Option<Str>,
    pub dry_run: bool,
}

impl DeleteOptions {
    pub fn of(call: &Call) -> Result<DeleteOptions, Status> {
        let body = match &call.request.body {
            Body::Empty => Json::Null,
            Body::Bytes(bytes) if bytes.is_empty() => Json::Null,
            _ => super::body::read_json(call)?.0,
        };
        let mut options = DeleteOptions::from_json(&body);
        let query = call.request;
        if let Ok(seconds) = query.param("gracePeriodSeconds").parse() {
            options.grace_period_seconds = Some(seconds);
        }
        if query.has_param("propagationPolicy") {
            options.propagation_policy = Some(query.param("propagationPolicy").into());
        }
        options.dry_run |= call.dry_run;
        match options.propagation_policy.as_deref() {
            None | Some("Orphan" | "Background" | "Foreground") => Ok(options),
            Some(other) => {
                use api::meta::field::{Error, Path};
                let known = ["Foreground", "Background", "Orphan", "nil"];
                let errors = vec![Error::not_supported(&Path::new("propagationPolicy"), other, &known)];
                let kind = api::Gvk::of("meta.k8s.io", "v1", "DeleteOptions");
                Err(Status::invalid(&kind, "", &errors.into()))
            }
        }
    }

    fn from_json(json: &Json) -> DeleteOptions {
        let text = |at: Option<&Json>| at.and_then(Json::as_str).map(Str::from);
        let preconditions = json.get("preconditions");
        let orphan = json.get("orphanDependents").and_then(Json::as_bool);
        let orphan_policy = orphan.map(|orphan| Str::from(if orphan { "Orphan" } else { "Background" }));
        DeleteOptions {
            grace_period_seconds: json.get("gracePeriodSeconds").and_then(Json::as_i64),
            uid: text(preconditions.and_then(|p| p.get("uid"))),
            resource_version: text(preconditions.and_then(|p| p.get("resourceVersion"))),
            propagation_policy: text(json.get("propagationPolicy")).or(orphan_policy),
            dry_run: json.get("dryRun").and_then(Json::as_array).is_some_and(|values| !values.is_empty()),
        }
    }
}

/// What a deletion did.
pub(crate) enum Deleted {
    /// The object is gone.
    Now(Object),
    /// It waits: for its grace period, for finalizers.
    Later(Object),
}

impl ApiServer {
    pub(super) fn delete(&mut self, cx: &mut RequestContext, call: &mut Call) -> Result<Response, Status> {
        let options = DeleteOptions::of(call)?;
        call.dry_run |= options.dry_run;
        super::admission::delete(call)?;
        let object =
            self.storage.get(call.resource.id, &call.key()).cloned().ok_or_else(|| call.not_found())?;
        match self.store_delete(cx, call, &object, &options)? {
            Deleted::Now(object) if !call.resource.strategy.returns_deleted_object() => {
                let meta = object.meta();
                Ok(Response::json(200, Status::success(&call.resource.gvr, &meta.name, &meta.uid).to_json()))
            }
            Deleted::Now(object) | Deleted::Later(object) => Ok(call.respond(cx, 200, object)),
        }
    }

    pub(super) fn delete_collection(
        &mut self,
        cx: &mut RequestContext,
        call: &mut Call,
    ) -> Result<Response, Status> {
        let options = DeleteOptions::of(call)?;
        call.dry_run |= options.dry_run;
        let selection = super::list::Selection::of(call)?;
        let matching: Vec<Object> = self.selected(call, &selection).cloned().collect();
        let mut items = Vec::with_capacity(matching.len());
        for object in matching {
            match self.store_delete(cx, call, &object, &options) {
                Ok(Deleted::Now(object) | Deleted::Later(object)) => items.push(object.to_json()),
                Err(status) if status.is_not_found() => {}
                Err(status) => return Err(status),
            }
        }
        let list = json!({
            "kind": call.resource.list_kind.as_str(),
            "apiVersion": call.resource.gvk.api_version().as_str(),
            "metadata": {"resourceVersion": self.storage.revision().to_string()},
            "items": items,
        });
        Ok(Response::json(200, list))
    }

    /// Deletes `object`, or marks it as waiting for deletion.
    pub(crate) fn store_delete(
        &mut self,
        cx: &mut RequestContext,
        call: &mut Call,
        object: &Object,
        options: &DeleteOptions,
    ) -> Result<Deleted, Status> {
        check_preconditions(object, options)?;
        if object.gvk().kind == "Namespace" && object.gvk().group.is_empty() {
            return Ok(self.delete_namespace(cx, call, object, options));
        }
        let strategy = call.resource.strategy.clone();
        let Some(mut draft) = strategy.open(object) else { return Ok(Deleted::Later(object.clone())) };
        let meta = draft.meta_mut();
        let finalizers = finalizers_for(&meta.finalizers, options);
        let grace = strategy.check_graceful_delete(object, options.grace_period_seconds);
        let mut graceful = false;
        match (meta.deletion_timestamp, grace) {
            // Already being deleted: the grace period may only become shorter, and only if the client names one.
            (Some(deadline), Some(_)) => {
                let wanted =
                    options.grace_period_seconds.map(|seconds| if seconds < 0 { 1 } else { seconds });
                let (Some(pending), Some(wanted)) = (meta.deletion_grace_period_seconds, wanted) else {
                    return Ok(Deleted::Later(object.clone()));
                };
                if wanted >= pending {
                    return Ok(Deleted::Later(object.clone()));
                }
                meta.deletion_timestamp = Some(deadline - Duration::secs(pending) + Duration::secs(wanted));
                meta.deletion_grace_period_seconds = Some(wanted);
                graceful = true;
            }
            (None, Some(seconds)) => {
                meta.deletion_timestamp = Some((cx.now + Duration::secs(seconds)).trunc_secs());
                meta.deletion_grace_period_seconds = Some(seconds);
                meta.generation += i64::from(meta.generation > 0);
                graceful = true;
            }
            (_, None) => {}
        }
        meta.finalizers = finalizers;
        let pending = !meta.finalizers.is_empty();
        if !graceful && pending && meta.deletion_timestamp.is_none() {
            // markAsDeleting
            meta.deletion_timestamp = Some(cx.now.trunc_secs());
            meta.deletion_grace_period_seconds = Some(0);
            meta.generation += i64::from(meta.generation > 0);
        }
        let waits =
            pending || graceful && meta.deletion_grace_period_seconds.is_some_and(|seconds| seconds > 0);
        if !waits {
            let last = draft.seal();
            self.commit_delete(cx, call, &last);
            return Ok(Deleted::Now(last));
        }
        if draft.same(object) {
            return Ok(Deleted::Later(object.clone()));
        }
        Ok(Deleted::Later(self.commit(cx, call, draft)))
    }

    /// A namespace first becomes Terminating; it goes when its controller has emptied it and takes the finalizer away.
    /// Mirrors pkg/registry/core/namespace/storage.REST.Delete.
    fn delete_namespace(
        &mut self,
        cx: &mut RequestContext,
        call: &mut Call,
        object: &Object,
        options: &DeleteOptions,
    ) -> Deleted {
        use api::core::v1::Namespace;
        let strategy = call.resource.strategy.clone();
        let Some(mut draft) = strategy.open(object) else { return Deleted::Later(object.clone()) };
        let Some(namespace) = draft.view_mut::<Namespace>() else { return Deleted::Later(object.clone()) };
        if namespace.metadata.deletion_timestamp.is_none() {
            namespace.metadata.deletion_timestamp = Some(cx.now.trunc_secs());
            namespace.status.phase = "Terminating".into();
            namespace.metadata.finalizers = finalizers_for(&namespace.metadata.finalizers, options);
            return Deleted::Later(self.commit(cx, call, draft));
        }
        if !namespace.spec.finalizers.is_empty() || !namespace.metadata.finalizers.is_empty() {
            return Deleted::Later(object.clone());
        }
        self.commit_delete(cx, call, object);
        Deleted::Now(object.clone())
    }
}

fn check_preconditions(object: &Object, options: &DeleteOptions) -> Result<(), Status> {
    let (gvk, meta) = (object.gvk(), object.meta());
    // Upstream puts the kind where the resource belongs.
    let conflict =
        |why: String| Err(Status::conflict(&Gvr::new(&gvk.group, &gvk.version, &gvk.kind), &meta.name, &why));
    if let Some(uid) = options.uid.as_ref().filter(|uid| **uid != meta.uid) {
        let known = &meta.uid;
        return conflict(format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({known}). The object might have been deleted and then recreated"
        ));
    }
    if let Some(version) =
        options.resource_version.as_ref().filter(|version| **version != meta.resource_version)
    {
        let known = &meta.resource_version;
        return conflict(format!(
            "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({known}). The object might have been modified"
        ));
    }
    Ok(())
}

/// Finalizers with those of the garbage collector added or removed as the propagation policy says
/// (`deletionFinalizersForGarbageCollection`).
fn finalizers_for(current: &[Str], options: &DeleteOptions) -> Vec<Str> {
    let has = |name: &str| current.iter().any(|finalizer| finalizer == name);
    let (orphan, foreground) = match options.propagation_policy.as_deref() {
        Some("Orphan") => (true, false),
        Some("Foreground") => (false, true),
        Some(_) => (false, false),
        None => (has(ORPHAN), has(FOREGROUND)),
    };
    let mut finalizers: Vec<Str> =
        current.iter().filter(|name| **name != ORPHAN && **name != FOREGROUND).cloned().collect();
    if orphan {
        finalizers.push(ORPHAN.into());
    }
    if foreground {
        finalizers.push(FOREGROUND.into());
    }
    if finalizers.len() == current.len() && finalizers.iter().all(|name| current.contains(name)) {
        return current.to_vec();
    }
    finalizers
}
