//! What is simulated, what is approximated, what is not: the list behind the app's page and the README, and the kinds
//! of Kubernetes that this cluster does not serve, for hints.

use protocol::{Fidelity, FidelityRow};

const ROWS: &[(&str, &str, Fidelity, &str)] = &[
    (
        "API server",
        "REST verbs, watch, paging, Table, dry run, field validation, discovery, OpenAPI v3",
        Fidelity::Simulated,
        "Messages and defaults are those of v1.36 for the kinds that are served.",
    ),
    (
        "API server",
        "Authentication",
        Fidelity::Approximated,
        "Users are who they say they are; certificates and tokens are not checked.",
    ),
    (
        "API server",
        "Authorization (RBAC)",
        Fidelity::NotSimulated,
        "Administrators and the cluster's own components may do everything, everybody else nothing; roles are not served.",
    ),
    (
        "API server",
        "Custom resources",
        Fidelity::NotSimulated,
        "CustomResourceDefinitions are not served yet.",
    ),
    (
        "API server",
        "Admission webhooks",
        Fidelity::NotSimulated,
        "Nothing outside of the cluster can be called.",
    ),
    ("etcd", "Revisions, history, compaction", Fidelity::Simulated, ""),
    ("etcd", "Members and elections", Fidelity::NotSimulated, "There is one member, and it does not fail."),
    (
        "Controllers",
        "Deployments, ReplicaSets, DaemonSets, Endpoints, EndpointSlices, namespaces, service accounts, garbage collection, node lifecycle",
        Fidelity::Simulated,
        "",
    ),
    (
        "Controllers",
        "StatefulSets, Jobs, CronJobs, persistent volumes and claims, storage classes",
        Fidelity::NotSimulated,
        "They are checked and stored, with a warning that nothing acts on them yet.",
    ),
    (
        "Controllers",
        "Autoscaling, disruption budgets, quotas",
        Fidelity::NotSimulated,
        "The server does not know these resource types yet.",
    ),
    ("Scheduler", "Filters, scores, queues, events", Fidelity::Simulated, ""),
    ("Scheduler", "Preemption", Fidelity::NotSimulated, "A pod of high priority waits like any other."),
    (
        "Kubelet",
        "Pod lifecycle, probes, hooks, back-off, termination, status, events",
        Fidelity::Simulated,
        "",
    ),
    (
        "Kubelet",
        "Durations of pulls and starts",
        Fidelity::Approximated,
        "A small model: image size over bandwidth, fixed costs for sandbox and container.",
    ),
    (
        "Containers",
        "Files, processes, shell, common programs",
        Fidelity::Simulated,
        "Images run programs written for the simulation, not real binaries.",
    ),
    ("Containers", "CPU and memory", Fidelity::Approximated, "Accounted by model, not measured."),
    (
        "Images",
        "Registries",
        Fidelity::Approximated,
        "A catalogue of known images; every other name fails to pull as an unknown image does.",
    ),
    (
        "Network",
        "Pod addresses, DNS, ClusterIP, NodePort, readiness",
        Fidelity::Simulated,
        "Connections carry real bytes between simulated programs.",
    ),
    (
        "Network",
        "LoadBalancer addresses",
        Fidelity::NotSimulated,
        "They stay <pending>, as on a cluster without a cloud.",
    ),
    (
        "Network",
        "Ingress, NetworkPolicy",
        Fidelity::NotSimulated,
        "Ingresses and their classes are checked and stored, with a warning; network policies are not known yet.",
    ),
    (
        "Network",
        "From the workstation: node ports, port-forward, proxy",
        Fidelity::Simulated,
        "Pod and cluster addresses are reached from inside of the cluster only, as from a person's own machine.",
    ),
    (
        "Network",
        "The world outside",
        Fidelity::NotSimulated,
        "Names do not resolve, but for a few pages that courses fetch (kubectl's download, examples of kubernetes.io, the guestbook).",
    ),
    (
        "kubectl",
        "Commands, flags, output, exit codes",
        Fidelity::Simulated,
        "What is missing says so in one line.",
    ),
    ("kubectl", "Plugins, kustomize", Fidelity::NotSimulated, "They say that they are not simulated."),
    (
        "Time",
        "Pause, step, speed, rewind, branches",
        Fidelity::Simulated,
        "The virtual clock; no real cluster can do this.",
    ),
];

/// Resource types of Kubernetes that this cluster does not serve: what people type for them, and the kind.
const KINDS: &[(&[&str], &str)] = &[
    (&["componentstatuses", "componentstatus", "cs"], "ComponentStatus"),
    (&["replicationcontrollers", "replicationcontroller", "rc"], "ReplicationController"),
    (&["resourcequotas", "resourcequota", "quota"], "ResourceQuota"),
    (&["limitranges", "limitrange", "limits"], "LimitRange"),
    (&["podtemplates", "podtemplate"], "PodTemplate"),
    (&["horizontalpodautoscalers", "horizontalpodautoscaler", "hpa"], "HorizontalPodAutoscaler"),
    (&["poddisruptionbudgets", "poddisruptionbudget", "pdb"], "PodDisruptionBudget"),
    (&["networkpolicies", "networkpolicy", "netpol"], "NetworkPolicy"),
    (&["roles", "role"], "Role"),
    (&["rolebindings", "rolebinding"], "RoleBinding"),
    (&["clusterroles", "clusterrole"], "ClusterRole"),
    (&["clusterrolebindings", "clusterrolebinding"], "ClusterRoleBinding"),
    (&["customresourcedefinitions", "customresourcedefinition", "crd", "crds"], "CustomResourceDefinition"),
    (&["apiservices", "apiservice"], "APIService"),
    (&["certificatesigningrequests", "certificatesigningrequest", "csr"], "CertificateSigningRequest"),
    (&["csidrivers", "csidriver"], "CSIDriver"),
    (&["csinodes", "csinode"], "CSINode"),
    (&["volumeattachments", "volumeattachment"], "VolumeAttachment"),
    (&["runtimeclasses", "runtimeclass"], "RuntimeClass"),
    (
        &["validatingwebhookconfigurations", "validatingwebhookconfiguration"],
        "ValidatingWebhookConfiguration",
    ),
    (&["mutatingwebhookconfigurations", "mutatingwebhookconfiguration"], "MutatingWebhookConfiguration"),
    (&["token"], "TokenRequest"),
];

/// The kind that a word names, if Kubernetes has it and this cluster does not serve it.
pub fn kind(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let bare = word.split('.').next().unwrap_or(&word);
    let fits = |(words, kind): &&(&[&str], &str)| words.contains(&bare) || kind.eq_ignore_ascii_case(bare);
    KINDS.iter().find(fits).map(|(_, kind)| *kind)
}

/// All rows, in the order in which they are shown.
pub fn rows() -> Vec<FidelityRow> {
    ROWS.iter()
        .map(|(area, feature, level, note)| FidelityRow {
            area: (*area).into(),
            feature: (*feature).into(),
            level: *level,
            note: (*note).into(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::Console;

    #[test]
    fn what_is_said_not_to_be_served_is_not() {
        let mut console = Console::new(Default::default()).expect("a console");
        let served = console.run("kubectl api-resources -o name --cached=false", None).output;
        assert!(served.contains("deployments.apps"), "{served}");
        for name in served.lines().map(|line| line.split('.').next().unwrap_or(line)) {
            assert_eq!(kind(name), None, "{name} is served");
        }
        assert_eq!(kind("NetworkPolicies.networking.k8s.io"), Some("NetworkPolicy"));
    }
}
