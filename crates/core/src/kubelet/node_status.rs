//! What a kubelet says of its machine: registration, lease, conditions, capacity.
//!
//! Mirrors pkg/kubelet/{kubelet_node_status,nodestatus}: labels, texts and timings are theirs. The lease is renewed every
//! 10 s (nodeLeaseDurationSeconds 40), the status written when it changes and every 5 minutes.

use api::Quantity;
use api::coordination::v1::Lease;
use api::core::v1::{
    ContainerImage, Node as ApiNode, NodeAddress, NodeCondition, NodeRuntimeHandler, NodeStatus,
    NodeSystemInfo, ObjectReference,
};
use api::meta::object_meta::ObjectMeta;
use api::{Kind, Str, Timestamp};
use collections::OrdMap;

use super::node::Node;
use super::{Env, Event, NodeTimer, Role};
use crate::runtime::catalogue::digest;

/// A quarter of the lease's duration (`renewIntervalFraction`).
pub const LEASE_RENEW_MICROS: i64 = 10_000_000;
const LEASE_SECONDS: i32 = 40;
/// nodeStatusReportFrequency
const REPORT_MICROS: i64 = 300_000_000;
/// `status.images` holds at most this many (nodeStatusMaxImages).
const MAX_IMAGES: usize = 50;

impl Node {
    /// Registers the node, or takes up the object that is there.
    pub(super) fn register(&mut self, env: &mut Env) {
        let name = self.spec.name.clone();
        let existing = env.cx.lister::<ApiNode>().get("", &name);
        if existing.is_none() {
            let mut node = ApiNode {
                metadata: ObjectMeta { name: name.clone(), labels: self.labels(), ..Default::default() },
                ..Default::default()
            };
            node.metadata
                .annotations
                .insert("volumes.kubernetes.io/controller-managed-attach-detach".into(), "true".into());
            node.spec.pod_cidr = self.spec.pod_cidr.clone();
            node.spec.pod_cidrs = vec![self.spec.pod_cidr.clone()];
            node.spec.provider_id = self.spec.provider_id.clone();
            node.spec.taints = self.spec.taints.clone();
            node.status = self.status(env, &NodeStatus::default(), false);
            // A refused registration is tried again with the next status report.
            self.registered = env.cx.create(node).is_ok();
        } else {
            self.registered = true;
        }
        self.say(env, "Normal", "Starting", "Starting kubelet.");
        self.say(env, "Warning", "InvalidDiskCapacity", "invalid capacity 0 on image filesystem");
        for (reason, text) in [
            ("NodeHasSufficientMemory", "NodeHasSufficientMemory"),
            ("NodeHasNoDiskPressure", "NodeHasNoDiskPressure"),
            ("NodeHasSufficientPID", "NodeHasSufficientPID"),
        ] {
            self.say(env, "Normal", reason, format!("Node {name} status is now: {text}"));
        }
        self.say(env, "Normal", "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods");
        self.renew_lease(env);
        self.report_status(env);
        self.schedule_status(env);
    }

    pub(super) fn schedule_status(&mut self, env: &mut Env) {
        if self.kubelet && self.power == super::Power::On {
            let soon = if self.reported_ready {
                REPORT_MICROS + env.cx.rng.below(60_000_000) as i64
            } else {
                1_000_000
            };
            env.out.background(Timestamp(env.now().0 + soon), Event::Node(self.id, NodeTimer::Status));
        }
    }

    pub(super) fn say(&mut self, env: &mut Env, kind: &str, reason: &str, message: impl Into<Str>) {
        // Events about nodes carry the name as uid, as the kubelet's node reference does.
        let about = ObjectReference {
            kind: "Node".into(),
            name: self.spec.name.clone(),
            uid: self.spec.name.clone(),
            ..Default::default()
        };
        self.recorder.event_for(env.cx, &about, kind, reason, message);
    }

    /// Labels that the kubelet and kubeadm give a node.
    fn labels(&self) -> OrdMap<Str, Str> {
        let spec = &self.spec;
        let mut labels = spec.labels.clone();
        let mut set = |key: &str, value: &str| {
            labels.insert(key.into(), value.into());
        };
        set("kubernetes.io/hostname", &spec.name);
        for prefix in ["kubernetes.io", "beta.kubernetes.io"] {
            set(&format!("{prefix}/os"), "linux");
            set(&format!("{prefix}/arch"), &spec.architecture);
        }
        if !spec.zone.is_empty() {
            set("topology.kubernetes.io/zone", &spec.zone);
        }
        if !spec.region.is_empty() {
            set("topology.kubernetes.io/region", &spec.region);
        }
        if !spec.instance_type.is_empty() {
            set("node.kubernetes.io/instance-type", &spec.instance_type);
        }
        if spec.role == Role::ControlPlane {
            set("node-role.kubernetes.io/control-plane", "");
            set("node.kubernetes.io/exclude-from-external-load-balancers", "");
        }
        labels
    }

    /// Capacity of a resource minus what is reserved.
    pub fn allocatable(&self, name: &str) -> Quantity {
        let spec = &self.spec;
        match name {
            "cpu" => Quantity::from_milli(i64::from(spec.cpu) * 1000 - i64::from(spec.reserved_cpu_milli)),
            "memory" => kibibytes(usable(spec.memory) - spec.reserved_memory.min(usable(spec.memory))),
            "ephemeral-storage" => Quantity::new((usable(spec.disk) / 10 * 9) as i64),
            "pods" => Quantity::new(i64::from(spec.max_pods)),
            _ => Quantity::new(0),
        }
    }

    fn capacity(&self, name: &str) -> Quantity {
        let spec = &self.spec;
        match name {
            "cpu" => Quantity::new(i64::from(spec.cpu)),
            "memory" => kibibytes(usable(spec.memory)),
            "ephemeral-storage" => kibibytes(usable(spec.disk)),
            "pods" => Quantity::new(i64::from(spec.max_pods)),
            _ => Quantity::new(0),
        }
    }

    /// The status to report; `ready` is false until the runtime's network is up.
    fn status(&self, env: &Env, old: &NodeStatus, ready: bool) -> NodeStatus {
        const NAMES: [&str; 6] =
            ["cpu", "ephemeral-storage", "hugepages-1Gi", "hugepages-2Mi", "memory", "pods"];
        let spec = &self.spec;
        let mut status = old.clone();
        status.capacity = NAMES.iter().map(|name| (Str::new(name), self.capacity(name))).collect();
        status.allocatable = NAMES.iter().map(|name| (Str::new(name), self.allocatable(name))).collect();
        status.conditions = self.conditions(env, old, ready);
        let address =
            |type_: &str, address: &Str| NodeAddress { type_: type_.into(), address: address.clone() };
        status.addresses = vec![address("InternalIP", &spec.internal_ip)];
        if !spec.external_ip.is_empty() {
            status.addresses.push(address("ExternalIP", &spec.external_ip));
        }
        status.addresses.push(address("Hostname", &spec.name));
        status.daemon_endpoints.kubelet_endpoint.port = 10250;
        let uuid = |what: &str| {
            let hex = digest(&spec.name, what)[7..39].to_string();
            format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
        };
        status.node_info = NodeSystemInfo {
            machine_id: digest(&spec.name, "machine-id")[7..39].into(),
            system_uuid: uuid("system").into(),
            boot_id: uuid(&format!("boot {}", self.boots)).into(),
            kernel_version: spec.kernel_version.clone(),
            os_image: spec.os_image.clone(),
            container_runtime_version: spec.container_runtime.clone(),
            kubelet_version: env.config.kubelet_version.clone(),
            kube_proxy_version: Str::EMPTY,
            operating_system: "linux".into(),
            architecture: spec.architecture.clone(),
            swap: None,
        };
        let image = |image: &std::rc::Rc<crate::runtime::Image>| ContainerImage {
            names: vec![image.id.clone(), image.name.clone()],
            size_bytes: image.size as i64,
        };
        status.images = self.images.by_size().iter().take(MAX_IMAGES).map(image).collect();
        if status.runtime_handlers.is_empty() {
            status.runtime_handlers = ["", "runc"]
                .map(|name| NodeRuntimeHandler { name: name.into(), ..Default::default() })
                .into();
        }
        status
    }

    fn conditions(&self, env: &Env, old: &NodeStatus, ready: bool) -> Vec<NodeCondition> {
        let not_ready = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network \
                         plugin returns error: cni plugin not initialized";
        let own = [
            if self.under_pressure(env.cx.now) {
                (
                    "MemoryPressure",
                    true,
                    "KubeletHasInsufficientMemory",
                    "kubelet has insufficient memory available",
                )
            } else {
                (
                    "MemoryPressure",
                    false,
                    "KubeletHasSufficientMemory",
                    "kubelet has sufficient memory available",
                )
            },
            ("DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            if ready {
                ("Ready", true, "KubeletReady", "kubelet is posting ready status")
            } else {
                ("Ready", false, "KubeletNotReady", not_ready)
            },
        ];
        let now = env.cx.now.trunc_secs();
        // Conditions of others (NetworkUnavailable) stay where they are.
        let mut all: Vec<NodeCondition> = old
            .conditions
            .iter()
            .filter(|it| !own.iter().any(|(name, ..)| it.type_ == *name))
            .cloned()
            .collect();
        for (type_, holds, reason, message) in own {
            let value: Str = if holds { "True" } else { "False" }.into();
            let before = old.conditions.iter().find(|it| it.type_ == type_);
            let since = before.filter(|it| it.status == value).map_or(now, |it| it.last_transition_time);
            all.push(NodeCondition {
                type_: type_.into(),
                status: value,
                last_heartbeat_time: now,
                last_transition_time: since,
                reason: reason.into(),
                message: message.into(),
            });
        }
        all
    }

    /// Writes the node's status.
    pub(super) fn report_status(&mut self, env: &mut Env) {
        let Some(object) = env.cx.lister::<ApiNode>().get("", &self.spec.name) else {
            return;
        };
        let Some(node) = object.view::<ApiNode>() else { return };
        // The network plugin needs a moment after the kubelet's start.
        let ready =
            env.now().0 >= self.started.0 + 500_000 || env.cx.trigger == crate::client::Trigger::Bootstrap;
        let mut changed = node.clone();
        changed.status = self.status(env, &node.status, ready);
        let was_ready = node.status.conditions.iter().any(|it| it.type_ == "Ready" && it.status == "True");
        let boot_id = changed.status.node_info.boot_id.clone();
        let known = &node.status.node_info.boot_id;
        let rebooted = !known.is_empty() && *known != boot_id;
        self.images.unreported = false;
        if rebooted {
            let text = format!("Node {} has been rebooted, boot id: {boot_id}", self.spec.name);
            self.say(env, "Warning", "Rebooted", text);
        }
        if env.cx.update_status(changed).is_ok() && ready {
            if !self.reported_ready && !was_ready {
                let text = format!("Node {} status is now: NodeReady", self.spec.name);
                self.say(env, "Normal", "NodeReady", text);
            }
            self.reported_ready = true;
        }
    }

    /// Renews the node's lease, making it if it is not there.
    pub fn renew_lease(&self, env: &mut Env) {
        const NAMESPACE: &str = "kube-node-lease";
        let name = self.spec.name.clone();
        let now = env.now();
        let renewed = match env.cx.lister::<Lease>().get(NAMESPACE, &name) {
            Some(object) => {
                let Some(mut lease) = object.view::<Lease>().cloned() else { return };
                lease.spec.renew_time = Some(now);
                env.cx.update(lease)
            }
            None => {
                let mut lease = Lease { metadata: ObjectMeta::named(NAMESPACE, &name), ..Lease::default() };
                lease.spec.holder_identity = Some(name.clone());
                lease.spec.lease_duration_seconds = Some(LEASE_SECONDS);
                lease.spec.renew_time = Some(now);
                if let Some(node) = env.cx.lister::<ApiNode>().get("", &name) {
                    lease.metadata.owner_references.push(api::meta::object_meta::OwnerReference {
                        api_version: "v1".into(),
                        kind: ApiNode::GVK.kind.clone().into(),
                        name: name.clone(),
                        uid: node.meta().uid.clone(),
                        ..Default::default()
                    });
                }
                env.cx.create(lease)
            }
        };
        // A lease that could not be renewed is tried again in ten seconds.
        let _late = renewed;
    }

    /// True if the status has changed since it was reported; looked at as often as the lease is renewed.
    pub(super) fn has_news(&self) -> bool {
        self.images.unreported && self.reported_ready
    }
}

/// What the kernel or the file system leaves of a size: no machine shows a round number.
pub fn usable(bytes: u64) -> u64 {
    bytes.saturating_sub(bytes / 64 + (92 << 10))
}

/// A binary quantity that prints in Ki, as the kubelet writes memory.
fn kibibytes(bytes: u64) -> Quantity {
    Quantity::bytes((bytes / 1024 * 1024) as i64)
}
