//! New nodes are tainted until they are ready. Mirrors plugin/pkg/admission/nodetaint.

use api::core::v1::{Node, Taint};

pub(super) fn admit(node: &mut Node) {
    const KEY: &str = "node.kubernetes.io/not-ready";
    if !node.spec.taints.iter().any(|taint| taint.key == KEY && taint.effect == "NoSchedule") {
        node.spec.taints.push(Taint { key: KEY.into(), effect: "NoSchedule".into(), ..Taint::default() });
    }
}
