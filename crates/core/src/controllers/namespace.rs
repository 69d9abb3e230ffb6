//! The namespace controller: empties a namespace that is being deleted, then lets it go.
//!
//! Upstream: pkg/controller/namespace. Pods go first; other content only when no pod is left (OrderedNamespaceDeletion).

use api::core::v1::{Namespace, NamespaceCondition, Pod};
use api::http::{Body, Method, Request};
use api::pod::is_terminal;
use api::{Key, Kind, Object, Status, Str, Timestamp};
use collections::OrdMap;
use serde_json::json;

use super::garbage_collector::collection_path;
use super::{Controller, Outcome, Watch, Work};
use crate::client::Change;
use crate::client::{Cx, cx::path};
use crate::client::{Resource, Scope};
use crate::sim::Duration;

/// namespaceDeletionGracePeriod: objects that were being created when the namespace was deleted may still appear.
const DELETION_GRACE_PERIOD: Duration = Duration::secs(5);
/// finalizerEstimateSeconds: a guess at how long other controllers need for their finalizers.
const FINALIZER_ESTIMATE_SECONDS: i64 = 15;

/// See the module's documentation.
pub struct NamespaceController;

impl Controller for NamespaceController {
    fn name(&self) -> &'static str {
        "namespace-controller"
    }

    fn watches(&self) -> &'static [Watch] {
        const WATCHES: &[Watch] = &[Watch::on::<Namespace>(deleting)];
        WATCHES
    }

    fn workers(&self) -> u32 {
        10
    }

    fn sync(&mut self, cx: &mut Cx, work: &mut Work, key: &Key) -> Result<Outcome, Status> {
        sync_namespace(cx, work, key)
    }

    fn boxed(&self) -> Box<dyn Controller> {
        Box::new(NamespaceController)
    }
}

fn deleting(_: &Cx, change: &Change, keys: &mut Vec<Key>) {
    if change.object.as_ref().is_some_and(|namespace| namespace.meta().is_deleting()) {
        keys.push(change.key.clone());
    }
}

fn sync_namespace(cx: &mut Cx, work: &mut Work, key: &Key) -> Result<Outcome, Status> {
    let Some(object) = cx.lister::<Namespace>().get_key(key) else { return Ok(Outcome::Done) };
    let (Some(since), Some(namespace)) = (object.meta().deletion_timestamp, object.view::<Namespace>())
    else {
        return Ok(Outcome::Done);
    };
    let begin = since + DELETION_GRACE_PERIOD;
    if cx.now < begin {
        return Ok(Outcome::Pending(begin - cx.now));
    }
    let mut namespace = namespace.clone();
    if namespace.status.phase != "Terminating" {
        namespace.status.phase = "Terminating".into();
        namespace = updated(cx.update_status(namespace)?)?;
    }
    if namespace.spec.finalizers.is_empty() {
        return Ok(Outcome::Done);
    }
    let estimate = delete_all_content(cx, work, &mut namespace, since)?;
    if estimate > 0 {
        return Ok(Outcome::Pending(Duration::secs(estimate / 2 + 1)));
    }
    namespace.spec.finalizers.retain(|finalizer| *finalizer != "kubernetes");
    let request =
        Request::put(&path::<Namespace>("", &key.name, "finalize"), Body::Object(Object::of(namespace)));
    cx.request(request).to_status().map_or(Ok(Outcome::Done), Err)
}

fn updated(object: Object) -> Result<Namespace, Status> {
    object.view::<Namespace>().cloned().ok_or_else(|| Status::internal_error("a namespace was expected"))
}

/// What is left after a round of deletions.
#[derive(Default)]
struct Remaining {
    resources: Vec<(String, usize)>,
    finalizers: OrdMap<Str, usize>,
    estimate: i64,
    failure: Option<Status>,
}

/// Deletes everything in the namespace and says in conditions what is left; returns an estimate in seconds of when that
/// will be gone, 0 if nothing is left.
fn delete_all_content(
    cx: &mut Cx,
    work: &mut Work,
    namespace: &mut Namespace,
    since: Timestamp,
) -> Result<i64, Status> {
    let name = namespace.metadata.name.clone();
    let namespaced = |resource: &&Resource| resource.scope == Scope::Namespaced;
    let all: Vec<Resource> = cx.registry().iter().filter(namespaced).cloned().collect();
    let (pods, others): (Vec<Resource>, Vec<Resource>) =
        all.into_iter().partition(|resource| resource.gvk == Pod::GVK);
    let mut remaining = Remaining::default();
    for resource in pods.iter() {
        delete_content_of(cx, work, resource, &name, since, &mut remaining);
    }
    if remaining.resources.is_empty() {
        for resource in others.iter() {
            delete_content_of(cx, work, resource, &name, since, &mut remaining);
        }
    }
    if update_conditions(namespace, &remaining, cx.now) {
        *namespace = updated(cx.update_status(namespace.clone())?)?;
    }
    remaining.failure.map_or(Ok(remaining.estimate), Err)
}

fn delete_content_of(
    cx: &mut Cx,
    work: &mut Work,
    resource: &Resource,
    namespace: &Str,
    since: Timestamp,
    remaining: &mut Remaining,
) {
    let before: Vec<Object> = cx.storage().list(resource.id, Some(namespace)).cloned().collect();
    work.read(before.len());
    if before.is_empty() {
        return;
    }
    let estimate = estimate_graceful_termination(&before, since, cx.now);
    let options = json!({ "kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background" });
    let path = collection_path(resource, namespace);
    let request = Request::new(Method::Delete, &path).with_body(Body::json(options));
    if let Some(error) = cx.request(request).to_status() {
        remaining.failure.get_or_insert(error);
    }
    let left: Vec<&Object> = cx.storage().list(resource.id, Some(namespace)).collect();
    if left.is_empty() {
        return;
    }
    let qualified = format!("{}.{}", resource.plural, resource.gvk.group);
    remaining.resources.push((qualified.clone(), left.len()));
    let mut with_finalizers = false;
    for finalizer in left.iter().flat_map(|object| &object.meta().finalizers) {
        *remaining.finalizers.entry(finalizer.clone()).or_insert(0) += 1;
        with_finalizers = true;
    }
    if estimate > 0 {
        remaining.estimate = remaining.estimate.max(estimate);
    } else if with_finalizers {
        remaining.estimate = remaining.estimate.max(FINALIZER_ESTIMATE_SECONDS);
    } else {
        let message = format!("unexpected items still remain in namespace: {namespace} for gvr: {qualified}");
        remaining.failure.get_or_insert(Status::internal_error(&message));
    }
}

/// The longest grace period of the pods, unless it is over already.
fn estimate_graceful_termination(objects: &[Object], since: Timestamp, now: Timestamp) -> i64 {
    let pods = objects.iter().filter_map(|object| object.view::<Pod>()).filter(|pod| !is_terminal(pod));
    let longest = pods.map(|pod| pod.spec.termination_grace_period_seconds.unwrap_or(0)).max().unwrap_or(0);
    if now - since >= Duration::secs(longest) { 0 } else { longest }
}

/// Brings the five conditions up to date; true if one changed.
fn update_conditions(namespace: &mut Namespace, remaining: &Remaining, now: Timestamp) -> bool {
    let list = |items: Vec<String>| items.join(", ");
    let resources =
        remaining.resources.iter().map(|(name, count)| format!("{name} has {count} resource instances"));
    let finalizers =
        remaining.finalizers.iter().map(|(name, count)| format!("{name} in {count} resource instances"));
    let (resources, finalizers) = (list(resources.collect()), list(finalizers.collect()));
    let content = match &remaining.failure {
        Some(error) => (
            "True",
            "ContentDeletionFailed",
            format!("Failed to delete all resource types, 1 remaining: {}", error.message),
        ),
        None => (
            "False",
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization".to_owned(),
        ),
    };
    let conditions = [
        (
            "NamespaceDeletionDiscoveryFailure",
            "False",
            "ResourcesDiscovered",
            "All resources successfully discovered".to_owned(),
        ),
        (
            "NamespaceDeletionGroupVersionParsingFailure",
            "False",
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed".to_owned(),
        ),
        ("NamespaceDeletionContentFailure", content.0, content.1, content.2),
        if resources.is_empty() {
            (
                "NamespaceContentRemaining",
                "False",
                "ContentRemoved",
                "All content successfully removed".to_owned(),
            )
        } else {
            (
                "NamespaceContentRemaining",
                "True",
                "SomeResourcesRemain",
                format!("Some resources are remaining: {resources}"),
            )
        },
        if finalizers.is_empty() {
            let message = "All content-preserving finalizers finished".to_owned();
            ("NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", message)
        } else {
            let message = format!("Some content in the namespace has finalizers remaining: {finalizers}");
            ("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", message)
        },
    ];
    let mut changed = false;
    for (kind, status, reason, message) in conditions {
        changed |= set_condition(&mut namespace.status.conditions, kind, status, reason, message, now);
    }
    changed
}

fn set_condition(
    conditions: &mut Vec<NamespaceCondition>,
    kind: &str,
    status: &str,
    reason: &str,
    message: String,
    now: Timestamp,
) -> bool {
    let message = Str::from(message);
    let Some(present) = conditions.iter_mut().find(|condition| condition.type_ == kind) else {
        conditions.push(NamespaceCondition {
            type_: kind.into(),
            status: status.into(),
            last_transition_time: now,
            reason: reason.into(),
            message,
        });
        return true;
    };
    if present.status == status && present.reason == reason && present.message == message {
        return false;
    }
    if present.status != status {
        present.last_transition_time = now;
    }
    (present.status, present.reason, present.message) = (status.into(), reason.into(), message);
    true
}
