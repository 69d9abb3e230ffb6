//! Node. Mirrors pkg/registry/core/node and its parts of validation and printers.

use api::core::v1::{Node, NodeCondition};
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;
use api::{Json, Str, Timestamp};
use collections::StableSort;

use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, age};
use crate::apiserver::{Resource, Subresource};

const ROLE_PREFIX: &str = "node-role.kubernetes.io/";
const OLD_ROLE_LABEL: &str = "kubernetes.io/role";

/// What is particular to the kind Node.
pub struct NodeStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<NodeStrategy>().short(&["no"]).with(&[Subresource::STATUS])
}

impl KindStrategy for NodeStrategy {
    type Kind = Node;
    const SELECTABLE: &'static [&'static str] = &["spec.unschedulable"];
    const COLUMNS: &'static [Column] = &[
        Column::text("Name"),
        Column::text("Status"),
        Column::text("Roles"),
        Column::text("Age"),
        Column::text("Version"),
        Column::wide("Internal-IP"),
        Column::wide("External-IP"),
        Column::wide("OS-Image"),
        Column::wide("Kernel-Version"),
        Column::wide("Container-Runtime"),
    ];

    fn set_defaults(node: &mut Node) {
        if node.status.allocatable.is_empty() {
            node.status.allocatable = node.status.capacity.clone();
        }
        // SetDefaults for podCIDR: the list and the single value say the same.
        if node.spec.pod_cidrs.is_empty() && !node.spec.pod_cidr.is_empty() {
            node.spec.pod_cidrs = vec![node.spec.pod_cidr.clone()];
        }
    }

    fn validate(_cx: &StrategyContext, node: &Node) -> ErrorList {
        validate_taints(node)
    }

    fn prepare_for_update(_cx: &mut StrategyContext, node: &mut Node, old: &Node) {
        node.status = old.status.clone();
    }

    fn validate_update(_cx: &StrategyContext, node: &Node, old: &Node) -> ErrorList {
        let mut errors = validate_taints(node);
        let spec = Path::new("spec");
        if !old.spec.pod_cidrs.is_empty() && node.spec.pod_cidrs != old.spec.pod_cidrs {
            let why = "node updates may not change podCIDR except from \"\" to valid";
            errors.push(Error::forbidden(&spec.child("podCIDRs"), why));
        }
        if !old.spec.provider_id.is_empty() && node.spec.provider_id != old.spec.provider_id {
            let why = "node updates may not change providerID except from \"\" to valid";
            errors.push(Error::forbidden(&spec.child("providerID"), why));
        }
        errors
    }

    fn prepare_for_status_update(_cx: &mut StrategyContext, node: &mut Node, old: &Node) {
        node.spec = old.spec.clone();
    }

    fn print(now: Timestamp, node: &Node) -> Row {
        let meta = &node.metadata;
        let address = |kind: &str| {
            let found = node.status.addresses.iter().find(|address| address.type_ == kind);
            Json::from(found.map_or("<none>", |address| address.address.as_str()))
        };
        let info = &node.status.node_info;
        let known = |text: &Str| Json::from(if text.is_empty() { "<unknown>" } else { text.as_str() });
        let roles = roles(node);
        Row::new(vec![
            Json::from(&meta.name),
            Json::from(status(node)),
            Json::from(if roles.is_empty() { "<none>".to_owned() } else { roles.join(",") }),
            age(now, meta),
            Json::from(&info.kubelet_version),
            address("InternalIP"),
            address("ExternalIP"),
            known(&info.os_image),
            known(&info.kernel_version),
            known(&info.container_runtime_version),
        ])
    }

    fn select(node: &Node, _field: &str) -> Str {
        (if node.spec.unschedulable { "true" } else { "false" }).into()
    }
}

/// "Ready,SchedulingDisabled". Mirrors printNode.
fn status(node: &Node) -> String {
    let ready = |condition: &&NodeCondition| condition.type_ == "Ready";
    let mut status = match node.status.conditions.iter().find(ready) {
        Some(condition) if condition.status == "True" => "Ready".to_owned(),
        Some(_) => "NotReady".to_owned(),
        None => "Unknown".to_owned(),
    };
    if node.spec.unschedulable {
        status.push_str(",SchedulingDisabled");
    }
    status
}

/// Roles out of labels, sorted. Mirrors findNodeRoles.
fn roles(node: &Node) -> Vec<String> {
    let mut roles: Vec<String> = Vec::new();
    for (key, value) in &node.metadata.labels {
        match key.strip_prefix(ROLE_PREFIX) {
            Some(role) if !role.is_empty() => roles.push(role.to_owned()),
            None if key == OLD_ROLE_LABEL && !value.is_empty() => roles.push(value.to_string()),
            _ => {}
        }
    }
    roles.stable_sort();
    roles.dedup();
    roles
}

/// Mirrors validateNodeTaints.
fn validate_taints(node: &Node) -> ErrorList {
    let mut errors = ErrorList::new();
    let path = Path::new("spec").child("taints");
    for (index, taint) in node.spec.taints.iter().enumerate() {
        let at = path.index(index);
        for message in names::is_qualified_name(&taint.key) {
            errors.push(Error::invalid(&at.child("key"), &taint.key, &message));
        }
        for message in names::is_valid_label_value(&taint.value) {
            errors.push(Error::invalid(&at.child("value"), &taint.value, &message));
        }
        match taint.effect.as_str() {
            "NoSchedule" | "PreferNoSchedule" | "NoExecute" => {}
            "" => errors.push(Error::required(&at.child("effect"), "")),
            other => {
                let known = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
                errors.push(Error::not_supported(&at.child("effect"), other, &known));
            }
        }
        let twin = |other: &api::core::v1::Taint| other.key == taint.key && other.effect == taint.effect;
        if node.spec.taints[..index].iter().any(twin) {
            let shown = api::meta::codec::encode_message(taint);
            let mut error = Error::duplicate(&at, shown);
            error.detail = "taints must be unique by key and effect pair".into();
            errors.push(error);
        }
    }
    errors
}
