//! What the scheduler knows of a node and the pods on it. Upstream: NodeInfo, PodInfo in
//! pkg/scheduler/framework/types.go.

use api::core::v1::{Node, Pod};
use api::{Object, Str};
use collections::OrdMap;

use super::cache::LabelSetId;
use super::resource::{PodRequest, Resource, pod_request};

/// `v1.LabelHostname`
pub const HOSTNAME: &str = "kubernetes.io/hostname";
/// `v1.LabelTopologyZone`
pub const ZONE: &str = "topology.kubernetes.io/zone";

/// A host port in use: address, protocol, number.
pub type HostPort = (Str, Str, i32);

/// A pod with what is computed from it once.
#[derive(Clone, Debug)]
pub struct PodInfo {
    /// The pod as last seen.
    pub object: Object,
    /// What it asks for.
    pub request: PodRequest,
    /// Its containers' `hostPort`s.
    pub host_ports: Vec<HostPort>,
    /// Namespace and labels as a number, so that selectors are matched once for all pods alike.
    pub label_set: LabelSetId,
}

impl PodInfo {
    /// Computes what is needed of a pod.
    pub fn new(object: Object, label_set: LabelSetId) -> PodInfo {
        let (request, host_ports) =
            object.view::<Pod>().map(|pod| (pod_request(pod), host_ports(pod))).unwrap_or_default();
        PodInfo { object, request, host_ports, label_set }
    }

    /// The pod's struct.
    pub fn pod(&self) -> &Pod {
        self.object.view::<Pod>().expect("only pods are scheduled")
    }

    /// True if it has affinity to other pods, or the opposite.
    pub fn has_pod_affinity(&self) -> bool {
        let affinity = self.pod().spec.affinity.as_ref();
        affinity
            .is_some_and(|affinity| affinity.pod_affinity.is_some() || affinity.pod_anti_affinity.is_some())
    }
}

fn host_ports(pod: &Pod) -> Vec<HostPort> {
    let sidecars = pod.spec.init_containers.iter().filter(|c| c.restart_policy.as_deref() == Some("Always"));
    let ports = pod.spec.containers.iter().chain(sidecars).flat_map(|container| &container.ports);
    let used = ports.filter(|port| port.host_port > 0);
    used.map(|port| {
        let ip = if port.host_ip.is_empty() { "0.0.0.0".into() } else { port.host_ip.clone() };
        let protocol = if port.protocol.is_empty() { "TCP".into() } else { port.protocol.clone() };
        (ip, protocol, port.host_port)
    })
    .collect()
}

/// A node with the sums over its pods.
#[derive(Clone, Debug)]
pub struct NodeInfo {
    /// The node as last seen.
    pub object: Object,
    /// `status.allocatable`
    pub allocatable: Resource,
    /// The sum of its pods' requests.
    pub requested: Resource,
    /// The same with 100 m for each container that asks for none: what scores go by.
    pub non_zero_milli_cpu: i64,
    /// The same with 200 MiB.
    pub non_zero_memory: i64,
    /// Bound and assumed, in no order.
    pub pods: Vec<PodInfo>,
    /// How many pods of each label set.
    pub label_sets: Vec<(LabelSetId, usize)>,
    /// `spec.unschedulable`. This and what follows is kept at hand for filters and scores: the object is far away in
    /// memory.
    pub unschedulable: bool,
    /// It has taints NoSchedule or NoExecute.
    pub has_hard_taints: bool,
    /// It has taints PreferNoSchedule.
    pub has_soft_taints: bool,
    /// It has the label `kubernetes.io/hostname`.
    pub has_hostname: bool,
    /// Its label `topology.kubernetes.io/zone`.
    pub zone: Option<Str>,
    /// Host ports of its pods.
    pub used_ports: Vec<HostPort>,
    /// Size of each image that is on the node, by normalised name.
    pub images: OrdMap<Str, i64>,
    /// Pods with affinity or anti-affinity among `pods`.
    pub pods_with_affinity: usize,
}

impl NodeInfo {
    /// A node without pods.
    pub fn new(object: Object) -> NodeInfo {
        let mut info = NodeInfo {
            object: object.clone(),
            allocatable: Resource::default(),
            requested: Resource::default(),
            non_zero_milli_cpu: 0,
            non_zero_memory: 0,
            pods: Vec::new(),
            label_sets: Vec::new(),
            unschedulable: false,
            has_hard_taints: false,
            has_soft_taints: false,
            has_hostname: false,
            zone: None,
            used_ports: Vec::new(),
            images: OrdMap::new(),
            pods_with_affinity: 0,
        };
        info.set_node(object);
        info
    }

    /// The node's struct.
    pub fn node(&self) -> &Node {
        self.object.view::<Node>().expect("node infos hold nodes")
    }

    /// The node's name.
    pub fn name(&self) -> &Str {
        &self.object.meta().name
    }

    /// Takes over a new state of the node; its pods stay.
    pub fn set_node(&mut self, object: Object) {
        self.object = object;
        let node = self.node();
        let allocatable = Resource::of(&node.status.allocatable);
        let images = node.status.images.iter();
        let images = images
            .flat_map(|image| image.names.iter().map(|name| (name.clone(), image.size_bytes)))
            .collect();
        let soft = |effect: &str| effect == "PreferNoSchedule";
        let has_soft_taints = node.spec.taints.iter().any(|taint| soft(&taint.effect));
        let has_hard_taints = node.spec.taints.iter().any(|taint| !soft(&taint.effect));
        let (unschedulable, has_hostname) =
            (node.spec.unschedulable, node.metadata.labels.contains_key(HOSTNAME));
        let zone = node.metadata.labels.get(ZONE).cloned();
        (self.unschedulable, self.has_hostname, self.zone) = (unschedulable, has_hostname, zone);
        (self.has_soft_taints, self.has_hard_taints) = (has_soft_taints, has_hard_taints);
        self.allocatable = allocatable;
        self.images = images;
    }

    /// Adds a pod to the sums.
    pub fn add_pod(&mut self, pod: PodInfo) {
        self.requested.add(&pod.request.request);
        self.non_zero_milli_cpu += pod.request.non_zero_milli_cpu;
        self.non_zero_memory += pod.request.non_zero_memory;
        self.used_ports.extend(pod.host_ports.iter().cloned());
        match self.label_sets.iter_mut().find(|(set, _)| *set == pod.label_set) {
            Some((_, count)) => *count += 1,
            None => self.label_sets.push((pod.label_set, 1)),
        }
        self.pods_with_affinity += usize::from(pod.has_pod_affinity());
        self.pods.push(pod);
    }

    /// Removes a pod by uid; returns it if it was here.
    pub fn remove_pod(&mut self, uid: &str) -> Option<PodInfo> {
        let index = self.pods.iter().position(|pod| pod.object.meta().uid == uid)?;
        let pod = self.pods.swap_remove(index);
        self.requested.subtract(&pod.request.request);
        self.non_zero_milli_cpu -= pod.request.non_zero_milli_cpu;
        self.non_zero_memory -= pod.request.non_zero_memory;
        for port in &pod.host_ports {
            if let Some(index) = self.used_ports.iter().position(|used| used == port) {
                self.used_ports.swap_remove(index);
            }
        }
        if let Some(index) = self.label_sets.iter().position(|(set, _)| *set == pod.label_set) {
            self.label_sets[index].1 -= 1;
            if self.label_sets[index].1 == 0 {
                self.label_sets.swap_remove(index);
            }
        }
        self.pods_with_affinity -= usize::from(pod.has_pod_affinity());
        Some(pod)
    }
}
