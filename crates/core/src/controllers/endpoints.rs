//! The endpoints controller: one Endpoints object per Service with a selector, for readers of the older API.
//! Upstream: pkg/controller/endpoint.

use api::core::v1::{
    EndpointAddress, EndpointPort, EndpointSubset, Endpoints, ObjectReference, Pod, Service,
};
use api::meta::v1::ObjectMeta;
use api::pod::is_ready;
use api::service::{find_port, is_headless};
use api::{Json, Key, Object, Status, Str};
use collections::{OrdMap, StableSort};

use super::service_ports::{
    HEADLESS, LAST_CHANGE_TRIGGER_TIME, endpoint_hostname, selected_pods, services_of_pod,
    should_be_in_endpoints,
};
use super::{Controller, Outcome, Watch, Work, own_key};
use crate::client::Cx;
use crate::client::{Change, Operation};

/// maxCapacity: addresses beyond it are left out, and an annotation says so.
const MAX_CAPACITY: usize = 1000;
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";
const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";

/// See the module's documentation.
pub struct EndpointController;

impl Controller for EndpointController {
    fn name(&self) -> &'static str {
        "endpoint-controller"
    }

    fn watches(&self) -> &'static [Watch] {
        const WATCHES: &[Watch] = &[
            Watch::on::<Service>(own_key),
            Watch::on::<Pod>(services_of_pod),
            Watch::on::<Endpoints>(deleted_endpoints),
        ];
        WATCHES
    }

    fn sync(&mut self, cx: &mut Cx, work: &mut Work, key: &Key) -> Result<Outcome, Status> {
        sync_service(cx, work, key).map(|()| Outcome::Done)
    }

    fn boxed(&self) -> Box<dyn Controller> {
        Box::new(EndpointController)
    }
}

/// Endpoints that somebody deleted come back.
fn deleted_endpoints(cx: &Cx, change: &Change, keys: &mut Vec<Key>) {
    if change.operation == Operation::Delete {
        own_key(cx, change, keys);
    }
}

fn sync_service(cx: &mut Cx, work: &mut Work, key: &Key) -> Result<(), Status> {
    let service = cx.lister::<Service>().get_key(key);
    let current = cx.lister::<Endpoints>().get_key(key);
    let Some(service) = service.as_ref().and_then(|object| object.view::<Service>()) else {
        // The Service is gone: so are its Endpoints, unless they were made by hand under the same name.
        if current.is_some_and(|current| !current.meta().label(MANAGED_BY).is_empty()) {
            return match cx.delete::<Endpoints>(&key.namespace, &key.name, Json::Null) {
                Err(error) if !error.is_not_found() => Err(error),
                _ => Ok(()),
            };
        }
        return Ok(());
    };
    // Without a selector the Endpoints are somebody else's; an ExternalName has none.
    if service.spec.selector.is_empty() || service.spec.type_ == "ExternalName" {
        return Ok(());
    }
    let pods = selected_pods(cx, work, service);
    let (subsets, truncated) = truncate(subsets(service, &pods));
    let metadata = metadata(cx, service, current.as_ref(), truncated);
    write(cx, current.as_ref(), Endpoints { metadata, subsets })
}

/// The subsets: addresses grouped by the ports they serve, each group in order of address.
fn subsets(service: &Service, pods: &[Object]) -> Vec<EndpointSubset> {
    let include_terminating = service.spec.publish_not_ready_addresses;
    let mut groups: OrdMap<Vec<(i32, Str, Str)>, EndpointSubset> = OrdMap::new();
    for pod in pods.iter().filter_map(|pod| pod.view::<Pod>()) {
        if !should_be_in_endpoints(pod, include_terminating) {
            continue;
        }
        let ports = ports_of(service, pod);
        if ports.is_empty() && !(service.spec.ports.is_empty() && is_headless(service)) {
            continue;
        }
        let key = ports.iter().map(|p| (p.port, p.name.clone(), p.protocol.clone())).collect();
        let subset = groups.entry(key).or_insert_with(|| EndpointSubset { ports, ..Default::default() });
        let ready = service.spec.publish_not_ready_addresses || is_ready(pod);
        let list = if ready { &mut subset.addresses } else { &mut subset.not_ready_addresses };
        list.push(address(service, pod));
    }
    let uid = |address: &EndpointAddress| address.target_ref.as_ref().map(|target| target.uid.clone());
    let order = |a: &EndpointAddress, b: &EndpointAddress| a.ip.cmp(&b.ip).then_with(|| uid(a).cmp(&uid(b)));
    let mut subsets: Vec<EndpointSubset> = groups.into_values().collect();
    for subset in &mut subsets {
        subset.addresses.stable_sort_by(order);
        subset.not_ready_addresses.stable_sort_by(order);
    }
    subsets
}

fn ports_of(service: &Service, pod: &Pod) -> Vec<EndpointPort> {
    let port = |port: &api::core::v1::ServicePort| {
        let number = find_port(pod, port)?;
        Some(EndpointPort {
            name: port.name.clone(),
            port: number,
            protocol: port.protocol.clone(),
            app_protocol: port.app_protocol.clone(),
        })
    };
    service.spec.ports.iter().filter_map(port).collect()
}

fn address(service: &Service, pod: &Pod) -> EndpointAddress {
    let target = ObjectReference {
        kind: "Pod".into(),
        namespace: pod.metadata.namespace.clone(),
        name: pod.metadata.name.clone(),
        uid: pod.metadata.uid.clone(),
        ..Default::default()
    };
    EndpointAddress {
        ip: pod.status.pod_ip.clone(),
        hostname: endpoint_hostname(pod, service).unwrap_or_default(),
        node_name: Some(pod.spec.node_name.clone()).filter(|node| !node.is_empty()),
        target_ref: Some(Box::new(target)),
    }
}

/// Drops what exceeds the capacity, not ready addresses first.
fn truncate(mut subsets: Vec<EndpointSubset>) -> (Vec<EndpointSubset>, bool) {
    let total: usize = subsets.iter().map(|s| s.addresses.len() + s.not_ready_addresses.len()).sum();
    if total <= MAX_CAPACITY {
        return (subsets, false);
    }
    let mut room = MAX_CAPACITY;
    for subset in &mut subsets {
        subset.addresses.truncate(room);
        room -= subset.addresses.len();
    }
    for subset in &mut subsets {
        subset.not_ready_addresses.truncate(room);
        room -= subset.not_ready_addresses.len();
    }
    subsets.retain(|s| !s.addresses.is_empty() || !s.not_ready_addresses.is_empty());
    (subsets, true)
}

/// Labels of the Service, with the marks of this controller.
fn metadata(cx: &Cx, service: &Service, current: Option<&Object>, truncated: bool) -> ObjectMeta {
    let mut meta = current.map_or_else(
        || ObjectMeta {
            namespace: service.metadata.namespace.clone(),
            name: service.metadata.name.clone(),
            ..Default::default()
        },
        |current| current.meta().clone(),
    );
    meta.labels = service.metadata.labels.clone();
    meta.labels.remove(HEADLESS);
    if is_headless(service) {
        meta.labels.insert(HEADLESS.into(), Str::default());
    }
    meta.labels.insert(MANAGED_BY.into(), "endpoint-controller".into());
    if truncated {
        meta.annotations.insert(OVER_CAPACITY.into(), "truncated".into());
    } else {
        meta.annotations.remove(OVER_CAPACITY);
    }
    meta.annotations.entry(LAST_CHANGE_TRIGGER_TIME.into()).or_insert_with(|| cx.now.rfc3339().into());
    meta
}

fn write(cx: &mut Cx, current: Option<&Object>, mut endpoints: Endpoints) -> Result<(), Status> {
    let Some(current) = current else {
        return match cx.create(endpoints) {
            // A namespace that is going away needs no endpoints.
            Err(error) if error.has_cause("NamespaceTerminating") => Ok(()),
            result => result.map(|_| ()),
        };
    };
    let same = current.view::<Endpoints>().is_some_and(|current| {
        current.subsets == endpoints.subsets
            && current.metadata.labels == endpoints.metadata.labels
            && current.metadata.annotations == endpoints.metadata.annotations
    });
    if same {
        return Ok(());
    }
    endpoints.metadata.annotations.insert(LAST_CHANGE_TRIGGER_TIME.into(), cx.now.rfc3339().into());
    cx.update(endpoints).map(|_| ())
}
