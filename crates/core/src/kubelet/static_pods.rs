//! Static pods: the control plane's components, run by the kubelet from files and shown in the API as mirror pods.
//!
//! Mirrors pkg/kubelet/{config/file,pod/mirror_client}: a mirror pod that somebody deletes comes back at once, and its
//! containers do not notice.

use std::rc::Rc;

use api::Quantity;
use api::core::v1::{Container, ContainerPort, Node as ApiNode, Pod};
use api::meta::object_meta::{ObjectMeta, OwnerReference};
use api::{Object, Str};
use serde_json::json;

use super::node::Node;
use super::{Env, Role};
use crate::runtime::catalogue::digest;

const MIRROR: &str = "kubernetes.io/config.mirror";

/// Name, image, millicores, memory in Mi, and the port of the health endpoint.
const COMPONENTS: &[(&str, &str, i64, i64, i32)] = &[
    ("etcd", "registry.k8s.io/etcd:3.6.6-0", 100, 100, 2381),
    ("kube-apiserver", "registry.k8s.io/kube-apiserver:v1.36.1", 250, 0, 6443),
    ("kube-controller-manager", "registry.k8s.io/kube-controller-manager:v1.36.1", 200, 0, 10257),
    ("kube-scheduler", "registry.k8s.io/kube-scheduler:v1.36.1", 100, 0, 10259),
];

/// Makes the mirror pods of a control-plane node that are not there yet.
pub fn create_mirrors(node: &mut Node, env: &mut Env) {
    if node.spec.role != Role::ControlPlane || !env.config.static_control_plane {
        return;
    }
    for (component, ..) in COMPONENTS {
        create_mirror(node, env, component);
    }
}

fn create_mirror(node: &mut Node, env: &mut Env, component: &str) -> Option<Object> {
    let pod = static_pod(node, env, component)?;
    let name = pod.metadata.name.clone();
    let existing = env.cx.lister::<Pod>().get("kube-system", &name);
    let object = match existing {
        Some(object) => object,
        None => env.cx.create(pod).ok()?,
    };
    node.mirrors.insert(component.into(), object.meta().uid.clone());
    Some(object)
}

/// The pod as the file in /etc/kubernetes/manifests describes it, with what the kubelet adds.
fn static_pod(node: &Node, env: &Env, component: &str) -> Option<Pod> {
    let (_, image, cpu, memory, port) = COMPONENTS.iter().find(|it| it.0 == component)?;
    let name = format!("{component}-{}", node.spec.name);
    let hash = &digest(&name, "static")[7..39];
    let mut metadata = ObjectMeta::named("kube-system", &name);
    metadata.labels.insert("component".into(), component.into());
    metadata.labels.insert("tier".into(), "control-plane".into());
    for (key, value) in [("hash", hash), (("source"), "file")] {
        metadata.annotations.insert(format!("kubernetes.io/config.{key}").into(), value.into());
    }
    metadata.annotations.insert(MIRROR.into(), hash.into());
    metadata.annotations.insert("kubernetes.io/config.seen".into(), node.started.rfc3339_nano().into());
    if let Some(owner) = env.cx.lister::<ApiNode>().get("", &node.spec.name) {
        metadata.owner_references.push(OwnerReference {
            api_version: "v1".into(),
            kind: "Node".into(),
            name: node.spec.name.clone(),
            uid: owner.meta().uid.clone(),
            controller: Some(true),
            ..Default::default()
        });
    }
    let mut container = Container {
        name: component.into(),
        image: (*image).into(),
        image_pull_policy: "IfNotPresent".into(),
        command: command(node, component).into_iter().map(Str::from).collect(),
        ..Container::default()
    };
    container.resources.requests.insert("cpu".into(), Quantity::from_milli(*cpu));
    if *memory > 0 {
        container.resources.requests.insert("memory".into(), Quantity::bytes(*memory << 20));
    }
    container.ports.push(ContainerPort {
        name: if component == "kube-apiserver" { "https".into() } else { "probe-port".into() },
        container_port: *port,
        host_port: *port,
        protocol: "TCP".into(),
        ..Default::default()
    });
    let mut pod = Pod { metadata, ..Pod::default() };
    pod.spec.containers = vec![container];
    pod.spec.host_network = true;
    pod.spec.node_name = node.spec.name.clone();
    pod.spec.priority = Some(2_000_001_000);
    pod.spec.priority_class_name = "system-node-critical".into();
    pod.spec.tolerations = vec![api::core::v1::Toleration {
        effect: "NoExecute".into(),
        operator: "Exists".into(),
        ..Default::default()
    }];
    pod.spec.enable_service_links = Some(true);
    Some(pod)
}

/// The arguments that people look at in `describe`; the programs are not run from them.
fn command(node: &Node, component: &str) -> Vec<String> {
    let ip = &node.spec.internal_ip;
    let name = &node.spec.name;
    let words: Vec<String> = match component {
        "etcd" => vec![
            format!("--advertise-client-urls=https://{ip}:2379"),
            "--data-dir=/var/lib/etcd".into(),
            format!("--initial-cluster={name}=https://{ip}:2380"),
            format!("--listen-client-urls=https://127.0.0.1:2379,https://{ip}:2379"),
            "--listen-metrics-urls=http://127.0.0.1:2381".into(),
            format!("--name={name}"),
        ],
        "kube-apiserver" => vec![
            format!("--advertise-address={ip}"),
            "--allow-privileged=true".into(),
            "--authorization-mode=Node,RBAC".into(),
            "--enable-admission-plugins=NodeRestriction".into(),
            "--etcd-servers=https://127.0.0.1:2379".into(),
            "--secure-port=6443".into(),
            "--service-cluster-ip-range=10.96.0.0/12".into(),
        ],
        "kube-controller-manager" => vec![
            "--allocate-node-cidrs=true".into(),
            "--cluster-cidr=10.244.0.0/16".into(),
            "--controllers=*,bootstrapsigner,tokencleaner".into(),
            "--leader-elect=true".into(),
            "--use-service-account-credentials=true".into(),
        ],
        _ => vec!["--kubeconfig=/etc/kubernetes/scheduler.conf".into(), "--leader-elect=true".into()],
    };
    [component.to_string()].into_iter().chain(words).collect()
}

/// Somebody deletes a mirror pod: it is removed at once, and made again when it is gone. True if `object` is such a pod.
pub fn mirror_is_deleting(node: &mut Node, env: &mut Env, object: &Object) -> bool {
    let meta = object.meta();
    if !meta.is_deleting() || !node.mirrors.values().any(|uid| *uid == meta.uid) {
        return false;
    }
    let options = json!({ "gracePeriodSeconds": 0, "preconditions": { "uid": meta.uid.as_str() } });
    // If it is gone already, so much the better.
    let _gone = env.cx.delete::<Pod>(&meta.namespace, &meta.name, options);
    true
}

/// A mirror pod is gone: it is made again, and the running worker becomes its worker. True if `uid` was a mirror.
pub fn mirror_removed(node: &mut Node, env: &mut Env, uid: &Str) -> bool {
    let Some(component) = node.mirrors.iter().find(|(_, it)| *it == uid).map(|(name, _)| name.clone()) else {
        return false;
    };
    let Some(object) = create_mirror(node, env, &component) else { return true };
    let new = object.meta().uid.clone();
    if let Some(mut worker) = node.pods.remove(uid) {
        let moved = Rc::make_mut(&mut worker);
        moved.pod = object;
        moved.uid = new.clone();
        for sandbox in node.sandboxes.values_mut().filter(|it| it.pod_uid == *uid) {
            sandbox.pod_uid = new.clone();
        }
        for container in node.containers.values_mut().map(Rc::make_mut).filter(|it| it.pod_uid == *uid) {
            container.pod_uid = new.clone();
        }
        node.pods.insert(new.clone(), worker);
        node.with_pod(env, &new, Node::sync);
    }
    true
}
