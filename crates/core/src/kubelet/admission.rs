//! Whether a kubelet takes a pod that was bound to its node.
//!
//! Mirrors pkg/kubelet/lifecycle/predicate.go (GeneralPredicates): a pod that does not fit fails at once and is not
//! retried. The scheduler sees to it that this is rare; pods with `nodeName` written by hand get here.

use api::Quantity;
use api::core::v1::{Container, Node as ApiNode, Pod};

use super::Env;
use super::node::Node;
use super::pod_worker::PodWorker;

/// Fails the worker's pod if it does not fit; remembers why in `worker.failure`.
pub fn admit(node: &mut Node, env: &mut Env, worker: &mut PodWorker) {
    let pod = worker.view();
    // Pods that ran before the kubelet restarted, and static pods, are taken as they are.
    let mirror = pod.metadata.annotations.contains_key("kubernetes.io/config.mirror");
    if mirror || pod.status.phase == "Running" {
        return;
    }
    let refusal = resources(node, pod).or_else(|| ports(node, pod)).or_else(|| labels(node, env, pod));
    let Some((reason, message)) = refusal else { return };
    node.pod_said(env, worker, "Warning", reason, message.clone());
    worker.failure = Some((reason.into(), format!("Pod was rejected: {message}").into()));
}

/// Requests of a pod: the sum over its containers, or its largest init container if that is more.
fn request(pod: &Pod, name: &str) -> i64 {
    let of = |it: &Container| {
        let quantity = it.resources.requests.get(name).copied().unwrap_or(Quantity::new(0));
        if name == "cpu" { quantity.milli_value() } else { quantity.value() }
    };
    let sidecar = |it: &&Container| it.restart_policy.as_ref().is_some_and(|policy| *policy == "Always");
    let always: i64 = pod.spec.init_containers.iter().filter(sidecar).map(of).sum();
    let apps: i64 = pod.spec.containers.iter().map(of).sum();
    let init = pod.spec.init_containers.iter().filter(|it| !sidecar(it)).map(of).max().unwrap_or(0);
    (apps + always).max(init)
}

fn resources(node: &Node, pod: &Pod) -> Option<(&'static str, String)> {
    let others = || node.pods.values().filter(|it| !it.is_terminating() && it.uid != pod.metadata.uid);
    let count = others().count() as i64;
    let most = i64::from(node.spec.max_pods);
    if count + 1 > most {
        let text =
            format!("Node didn't have enough resource: pods, requested: 1, used: {count}, capacity: {most}");
        return Some(("OutOfpods", text));
    }
    for (name, reason) in [("cpu", "OutOfcpu"), ("memory", "OutOfmemory")] {
        let wanted = request(pod, name);
        if wanted == 0 {
            continue;
        }
        let used: i64 = others().map(|it| request(it.view(), name)).sum();
        let allocatable = node.allocatable(name);
        let capacity = if name == "cpu" { allocatable.milli_value() } else { allocatable.value() };
        if used + wanted > capacity {
            let text = format!(
                "Node didn't have enough resource: {name}, requested: {wanted}, used: {used}, capacity: {capacity}"
            );
            return Some((reason, text));
        }
    }
    None
}

fn ports(node: &Node, pod: &Pod) -> Option<(&'static str, String)> {
    fn of(pod: &Pod) -> impl Iterator<Item = (i32, &str)> {
        let ports = pod.spec.containers.iter().flat_map(|it| &it.ports).filter(|it| it.host_port > 0);
        ports.map(|it| (it.host_port, it.protocol.as_str()))
    }
    let mut others = node.pods.values().filter(|it| !it.is_terminating() && it.uid != pod.metadata.uid);
    let clash = others.any(|it| of(it.view()).any(|port| of(pod).any(|own| own == port)));
    let text = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports";
    clash.then(|| ("NodePorts", text.to_string()))
}

fn labels(node: &Node, env: &Env, pod: &Pod) -> Option<(&'static str, String)> {
    if pod.spec.node_selector.is_empty() {
        return None;
    }
    let object = env.cx.lister::<ApiNode>().get("", &node.spec.name)?;
    let labels = &object.meta().labels;
    let fits = pod.spec.node_selector.iter().all(|(key, value)| labels.get(key) == Some(value));
    let text = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
    (!fits).then(|| ("NodeAffinity", text.to_string()))
}
