//! Where the pods of a DaemonSet belong, and what the controller adds to their template.
//! Upstream: pkg/controller/daemon/util/daemonset_util.go, and the predicates of daemon_controller.go.

use api::Str;
use api::apps::v1::DaemonSet;
use api::core::v1::{
    Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec, PodTemplateSpec, Toleration,
};
use api::node;

use super::super::history::REVISION_HASH;

/// The field that a daemon pod's affinity names its node by.
const NODE_NAME_FIELD: &str = "metadata.name";
/// The annotation that counts template changes, and the label of pods that repeats it: the way before
/// ControllerRevisions, still written.
pub(super) const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";
const TEMPLATE_GENERATION_LABEL: &str = "pod-template-generation";

/// Whether a node should have a pod, and whether one that is there may stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fit {
    pub(super) run: bool,
    pub(super) stay: bool,
}

/// NodeShouldRunDaemonPod, for a spec that has the daemon's tolerations.
pub(super) fn fit(spec: &PodSpec, on: &Node) -> Fit {
    let named = spec.node_name.is_empty() || spec.node_name == on.metadata.name;
    if !named || !node::matches_required(spec, on) {
        return Fit::default();
    }
    let taints = &on.spec.taints;
    if node::find_untolerated(taints, &spec.tolerations, node::keeps_pods_away).is_none() {
        return Fit { run: true, stay: true };
    }
    let evicts = node::find_untolerated(taints, &spec.tolerations, |taint| taint.effect == "NoExecute");
    Fit { run: false, stay: evicts.is_none() }
}

/// AddOrUpdateDaemonPodTolerations: daemons run on nodes that are not well, and on those that are cordoned.
fn add_tolerations(spec: &mut PodSpec) {
    let mut wanted = vec![
        (node::TAINT_NOT_READY, "NoExecute"),
        (node::TAINT_UNREACHABLE, "NoExecute"),
        (node::TAINT_DISK_PRESSURE, "NoSchedule"),
        (node::TAINT_MEMORY_PRESSURE, "NoSchedule"),
        (node::TAINT_PID_PRESSURE, "NoSchedule"),
        (node::TAINT_UNSCHEDULABLE, "NoSchedule"),
    ];
    if spec.host_network {
        wanted.push((node::TAINT_NETWORK_UNAVAILABLE, "NoSchedule"));
    }
    for (key, effect) in wanted {
        let toleration = Toleration {
            key: key.into(),
            operator: "Exists".into(),
            effect: effect.into(),
            ..Toleration::default()
        };
        let same = |known: &&mut Toleration| {
            known.key == toleration.key
                && known.effect == toleration.effect
                && known.operator == toleration.operator
                && known.value == toleration.value
        };
        match spec.tolerations.iter_mut().find(same) {
            Some(known) => *known = toleration,
            None => spec.tolerations.push(toleration),
        }
    }
}

/// The template of a DaemonSet's pods, without the node's name (CreatePodTemplate).
pub(super) fn template(set: &DaemonSet, hash: &Str) -> PodTemplateSpec {
    let mut template = set.spec.template.clone();
    add_tolerations(&mut template.spec);
    let labels = &mut template.metadata.labels;
    if let Some(generation) = set.metadata.annotations.get(TEMPLATE_GENERATION) {
        labels.insert(TEMPLATE_GENERATION_LABEL.into(), generation.clone());
    }
    labels.insert(REVISION_HASH.into(), hash.clone());
    template
}

/// The template for one node: an affinity that only this node has (ReplaceDaemonSetPodNodeNameNodeAffinity).
pub(super) fn for_node(template: &PodTemplateSpec, node: &Str) -> PodTemplateSpec {
    let mut template = template.clone();
    let requirement = NodeSelectorRequirement {
        key: NODE_NAME_FIELD.into(),
        operator: "In".into(),
        values: vec![node.clone()],
    };
    let term = NodeSelectorTerm { match_fields: vec![requirement], ..NodeSelectorTerm::default() };
    let affinity = template.spec.affinity.get_or_insert_default();
    affinity.node_affinity.get_or_insert_default().required_during_scheduling_ignored_during_execution =
        Some(Box::new(NodeSelector { node_selector_terms: vec![term] }));
    template
}

/// The node that a pod is on or was made for (GetTargetNodeName).
pub(super) fn target_node(pod: &Pod) -> Option<&Str> {
    if !pod.spec.node_name.is_empty() {
        return Some(&pod.spec.node_name);
    }
    let affinity = pod.spec.affinity.as_ref()?.node_affinity.as_ref()?;
    let required = affinity.required_during_scheduling_ignored_during_execution.as_ref()?;
    let fields = required.node_selector_terms.iter().flat_map(|term| &term.match_fields);
    let names = |field: &&NodeSelectorRequirement| field.key == NODE_NAME_FIELD && field.operator == "In";
    fields.filter(names).find_map(|field| field.values.first().filter(|_| field.values.len() == 1))
}

/// True if a pod is of the present template (IsPodUpdated).
pub(super) fn is_updated(pod: &Pod, set: &DaemonSet, hash: &Str) -> bool {
    let labels = &pod.metadata.labels;
    let generation = set.metadata.annotations.get(TEMPLATE_GENERATION);
    labels.get(REVISION_HASH) == Some(hash)
        || generation.is_some() && labels.get(TEMPLATE_GENERATION_LABEL) == generation
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::core::v1::Taint;

    #[test]
    fn taints_decide_between_running_and_staying() {
        let taint =
            |key: &str, effect: &str| Taint { key: key.into(), effect: effect.into(), ..Taint::default() };
        let table = [
            (vec![], (true, true)),
            (vec![taint("node.kubernetes.io/unschedulable", "NoSchedule")], (true, true)),
            (vec![taint("node.kubernetes.io/not-ready", "NoExecute")], (true, true)),
            (vec![taint("node-role.kubernetes.io/control-plane", "NoSchedule")], (false, true)),
            (vec![taint("mine", "NoExecute")], (false, false)),
            (vec![taint("mine", "PreferNoSchedule")], (true, true)),
        ];
        for (taints, (run, stay)) in table {
            let mut spec = PodSpec::default();
            add_tolerations(&mut spec);
            let mut on = Node::default();
            on.spec.taints = taints;
            assert_eq!(fit(&spec, &on), Fit { run, stay }, "{:?}", on.spec.taints);
        }
    }

    #[test]
    fn a_pod_is_made_for_its_node() {
        let made = for_node(&template(&DaemonSet::default(), &"h".into()), &"node-2".into());
        let pod = Pod { metadata: made.metadata, spec: made.spec, ..Pod::default() };
        assert_eq!(target_node(&pod), Some(&"node-2".into()));
        assert!(is_updated(&pod, &DaemonSet::default(), &"h".into()));
        let mut on = Node::default();
        for (name, run) in [("node-1", false), ("node-2", true)] {
            on.metadata.name = name.into();
            assert_eq!(fit(&pod.spec, &on).run, run, "{name}");
        }
    }
}
