//! What is simulated, what is approximated, what is not: the list behind the app's page and the README.

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
