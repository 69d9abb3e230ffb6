//! The endpointslice controller: the addresses behind each Service, in slices of at most 100.
//!
//! Upstream: pkg/controller/endpointslice and k8s.io/endpointslice. What goes into which slice is `reconcile`, pure.

mod reconcile;

use api::core::v1::{Node, ObjectReference, Pod, Service};
use api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice};
use api::meta::v1::{ObjectMeta, OwnerReference};
use api::pod::is_ready;
use api::service::{find_port, is_headless};
use api::{Json, Key, Object, Status, Str};

use self::reconcile::{PortGroup, plan};
use super::service_ports::{
    HEADLESS, LAST_CHANGE_TRIGGER_TIME, endpoint_hostname, selected_pods, services_of_pod,
    should_be_in_endpoints,
};
use super::{Controller, Outcome, Watch, Work, own_key};
use crate::client::Cx;
use crate::client::{Change, Operation};

const SERVICE_NAME: &str = "kubernetes.io/service-name";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const CONTROLLER_NAME: &str = "endpointslice-controller.k8s.io";
const ZONE: &str = "topology.kubernetes.io/zone";

/// See the module's documentation.
pub struct EndpointSliceController;

impl Controller for EndpointSliceController {
    fn name(&self) -> &'static str {
        "endpoint-slice-controller"
    }

    fn service_account(&self) -> &'static str {
        "endpointslice-controller"
    }

    fn watches(&self) -> &'static [Watch] {
        const WATCHES: &[Watch] = &[
            Watch::on::<Service>(own_key),
            Watch::on::<Pod>(services_of_pod),
            Watch::on::<EndpointSlice>(of_slice),
        ];
        WATCHES
    }

    fn sync(&mut self, cx: &mut Cx, work: &mut Work, key: &Key) -> Result<Outcome, Status> {
        let Some(service) = cx.lister::<Service>().get_key(key) else { return Ok(Outcome::Done) };
        let Some(view) = service.view::<Service>() else { return Ok(Outcome::Done) };
        let result = sync_service(cx, work, view);
        if let Err(error) = &result
            && !error.is_conflict()
        {
            let message = format!("Error updating Endpoint Slices for Service {key}: {}", error.message);
            work.events.event(cx, &service, "Warning", "FailedToUpdateEndpointSlices", message);
        }
        result.map(|()| Outcome::Done)
    }

    fn boxed(&self) -> Box<dyn Controller> {
        Box::new(EndpointSliceController)
    }
}

/// Slices of this controller that somebody else changed or deleted are put right.
fn of_slice(_: &Cx, change: &Change, keys: &mut Vec<Key>) {
    let meta = change.subject().meta();
    let ours = change.cause.user == "system:serviceaccount:kube-system:endpointslice-controller";
    if change.operation != Operation::Create && !ours && meta.label(MANAGED_BY) == CONTROLLER_NAME {
        keys.push(Key::new(&meta.namespace, meta.label(SERVICE_NAME)));
    }
}

fn sync_service(cx: &mut Cx, work: &mut Work, service: &Service) -> Result<(), Status> {
    if service.spec.type_ == "ExternalName"
        || service.spec.selector.is_empty()
        || service.metadata.is_deleting()
    {
        return Ok(());
    }
    let pods = selected_pods(cx, work, service);
    let owned = cx.lister::<EndpointSlice>().owned_by(&service.metadata.uid);
    let existing: Vec<EndpointSlice> = owned
        .iter()
        .filter(|slice| slice.meta().label(MANAGED_BY) == CONTROLLER_NAME && !slice.meta().is_deleting())
        .filter_map(|slice| slice.view::<EndpointSlice>().cloned())
        .collect();
    let families: Vec<&str> = if service.spec.ip_families.is_empty() {
        vec!["IPv4"]
    } else {
        service.spec.ip_families.iter().map(Str::as_str).collect()
    };
    let mut failure = None;
    for slice in existing.iter().filter(|slice| !families.contains(&slice.address_type.as_str())) {
        failure = delete(cx, &slice.metadata).err().or(failure);
    }
    for family in families {
        let of_family = existing.iter().filter(|slice| slice.address_type == family).cloned().collect();
        failure = reconcile_by_address_type(cx, service, &pods, of_family, family).err().or(failure);
    }
    failure.map_or(Ok(()), Err)
}

fn reconcile_by_address_type(
    cx: &mut Cx,
    service: &Service,
    pods: &[Object],
    existing: Vec<EndpointSlice>,
    family: &str,
) -> Result<(), Status> {
    let mut groups: Vec<PortGroup> = Vec::new();
    for pod in pods.iter().filter_map(|pod| pod.view::<Pod>()) {
        if !should_be_in_endpoints(pod, true) {
            continue;
        }
        let endpoint = pod_to_endpoint(cx, service, pod, family);
        if endpoint.addresses.is_empty() {
            continue;
        }
        let ports = endpoint_ports(service, pod);
        match groups.iter_mut().find(|group| group.ports == ports) {
            Some(group) => group.endpoints.push(endpoint),
            None => groups.push(PortGroup { ports, endpoints: vec![endpoint] }),
        }
    }
    let labels = slice_metadata(service).labels;
    let actions = plan(groups, existing, &labels);
    let trigger_time: Str = cx.now.rfc3339().into();
    for mut slice in actions.create {
        slice.address_type = family.into();
        slice.metadata = slice_metadata(service);
        slice.metadata.annotations.insert(LAST_CHANGE_TRIGGER_TIME.into(), trigger_time.clone());
        match cx.create(slice) {
            // A namespace that is going away needs no endpoints.
            Err(error) if error.has_cause("NamespaceTerminating") => return Ok(()),
            result => result?,
        };
    }
    for mut slice in actions.update {
        slice.metadata.labels = labels.clone();
        slice.metadata.annotations.insert(LAST_CHANGE_TRIGGER_TIME.into(), trigger_time.clone());
        cx.update(slice)?;
    }
    for slice in actions.delete {
        delete(cx, &slice.metadata)?;
    }
    Ok(())
}

fn delete(cx: &mut Cx, meta: &ObjectMeta) -> Result<(), Status> {
    match cx.delete::<EndpointSlice>(&meta.namespace, &meta.name, Json::Null) {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

fn pod_to_endpoint(cx: &Cx, service: &Service, pod: &Pod, family: &str) -> Endpoint {
    let serving = is_ready(pod);
    let terminating = pod.metadata.is_deleting();
    // A terminating pod is never "ready", for readers that know only that, unless the Service publishes everything.
    let ready = service.spec.publish_not_ready_addresses || (serving && !terminating);
    let is_v6 = |ip: &Str| ip.contains(':');
    let wanted = |ip: &Str| is_v6(ip) == (family == "IPv6");
    let ips: Vec<Str> = pod.status.pod_ips.iter().map(|ip| ip.ip.clone()).collect();
    let mut addresses: Vec<Str> = ips.into_iter().filter(wanted).collect();
    if addresses.is_empty() && wanted(&pod.status.pod_ip) {
        addresses.push(pod.status.pod_ip.clone());
    }
    let node = cx.lister::<Node>().get("", &pod.spec.node_name);
    let zone = node.map(|node| Str::from(node.meta().label(ZONE))).filter(|zone| !zone.is_empty());
    let target = ObjectReference {
        kind: "Pod".into(),
        namespace: pod.metadata.namespace.clone(),
        name: pod.metadata.name.clone(),
        uid: pod.metadata.uid.clone(),
        ..Default::default()
    };
    Endpoint {
        addresses,
        conditions: EndpointConditions {
            ready: Some(ready),
            serving: Some(serving),
            terminating: Some(terminating),
        },
        hostname: endpoint_hostname(pod, service),
        target_ref: Some(Box::new(target)),
        node_name: Some(pod.spec.node_name.clone()).filter(|node| !node.is_empty()),
        zone,
        ..Default::default()
    }
}

fn endpoint_ports(service: &Service, pod: &Pod) -> Vec<EndpointPort> {
    let port = |port: &api::core::v1::ServicePort| {
        let number = find_port(pod, port)?;
        Some(EndpointPort {
            name: Some(port.name.clone()),
            protocol: Some(port.protocol.clone()),
            port: Some(number),
            app_protocol: port.app_protocol.clone(),
        })
    };
    service.spec.ports.iter().filter_map(port).collect()
}

/// Metadata of a new slice: `web-xxxxx`, owned by the Service, with its labels.
fn slice_metadata(service: &Service) -> ObjectMeta {
    let mut labels = service.metadata.labels.clone();
    for reserved in [SERVICE_NAME, MANAGED_BY, HEADLESS] {
        labels.remove(reserved);
    }
    if is_headless(service) {
        labels.insert(HEADLESS.into(), Str::default());
    }
    labels.insert(SERVICE_NAME.into(), service.metadata.name.clone());
    labels.insert(MANAGED_BY.into(), CONTROLLER_NAME.into());
    ObjectMeta {
        generate_name: format!("{}-", service.metadata.name).into(),
        namespace: service.metadata.namespace.clone(),
        labels,
        owner_references: vec![OwnerReference::controller(service)],
        ..Default::default()
    }
}
