//! What the endpoints and the endpointslice controller share: which pods back a Service, and which Services a pod's change
//! concerns.

use api::core::v1::{Pod, Service};
use api::meta::labels::Selector;
use api::pod::{is_ready, is_terminal};
use api::{Key, Object, Str};
use collections::OrdMap;

use super::Work;
use crate::client::Change;
use crate::client::Cx;

/// Marks the endpoints of a Service without a cluster address.
pub(super) const HEADLESS: &str = "service.kubernetes.io/headless";
pub(super) const LAST_CHANGE_TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// The pods that a Service selects, in key order.
pub(super) fn selected_pods(cx: &Cx, work: &mut Work, service: &Service) -> Vec<Object> {
    let pods =
        cx.lister::<Pod>().select(&service.metadata.namespace, &Selector::from_set(&service.spec.selector));
    work.read(pods.len());
    pods
}

/// True if the pod's address belongs into the endpoints, ready or not.
pub(super) fn should_be_in_endpoints(pod: &Pod, include_terminating: bool) -> bool {
    !is_terminal(pod) && !pod.status.pod_ip.is_empty() && (include_terminating || !pod.metadata.is_deleting())
}

/// The hostname under which DNS lists the pod, if it has one within this Service.
pub(super) fn endpoint_hostname(pod: &Pod, service: &Service) -> Option<Str> {
    let named = !pod.spec.hostname.is_empty() && pod.spec.subdomain == service.metadata.name;
    named.then(|| pod.spec.hostname.clone())
}

/// The Services whose endpoints a change of a pod concerns.
pub(super) fn services_of_pod(cx: &Cx, change: &Change, keys: &mut Vec<Key>) {
    let old = change.previous.as_ref().and_then(Object::view::<Pod>);
    let new = change.object.as_ref().and_then(Object::view::<Pod>);
    if let (Some(old), Some(new)) = (old, new)
        && !endpoint_changed(old, new)
    {
        return;
    }
    let labels: Vec<&OrdMap<Str, Str>> = match (old, new) {
        (Some(old), Some(new)) if old.metadata.labels == new.metadata.labels => vec![&new.metadata.labels],
        (old, new) => old.iter().chain(&new).map(|pod| &pod.metadata.labels).collect(),
    };
    for service in cx.lister::<Service>().list(Some(&change.key.namespace)) {
        let Some(view) = service.view::<Service>() else { continue };
        let selector = &view.spec.selector;
        let selects =
            |labels: &&OrdMap<Str, Str>| selector.iter().all(|(key, value)| labels.get(key) == Some(value));
        if !selector.is_empty() && labels.iter().any(selects) {
            keys.push(service.key());
        }
    }
}

/// True if something changed that endpoints show (podEndpointsChanged), or the labels.
fn endpoint_changed(old: &Pod, new: &Pod) -> bool {
    new.metadata.deletion_timestamp != old.metadata.deletion_timestamp
        || new.metadata.labels != old.metadata.labels
        || is_ready(new) != is_ready(old)
        || is_terminal(new) != is_terminal(old)
        || new.status.pod_ip != old.status.pod_ip
        || new.spec.node_name != old.spec.node_name
        || new.spec.hostname != old.spec.hostname
        || new.spec.subdomain != old.spec.subdomain
}
