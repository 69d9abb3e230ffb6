//! The kinds we serve, and what OpenAPI does not tell about them. Adding a kind begins with a line here.

/// A built-in kind.
pub struct Kind {
    /// Package of the type: API group without its domain, and version.
    pub package: &'static str,
    /// Group as in `apiVersion`; empty for the core group.
    pub group: &'static str,
    pub kind: &'static str,
    pub plural: &'static str,
    pub namespaced: bool,
}

const fn namespaced(
    package: &'static str,
    group: &'static str,
    kind: &'static str,
    plural: &'static str,
) -> Kind {
    Kind { package, group, kind, plural, namespaced: true }
}
const fn cluster(
    package: &'static str,
    group: &'static str,
    kind: &'static str,
    plural: &'static str,
) -> Kind {
    Kind { package, group, kind, plural, namespaced: false }
}

const ADMISSION: &str = "admissionregistration.k8s.io";
const AUTHN: &str = "authentication.k8s.io";
const AUTHZ: &str = "authorization.k8s.io";
const NETWORKING: &str = "networking.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io";
const STORAGE: &str = "storage.k8s.io";

/// Every built-in kind, by group.
pub const KINDS: &[Kind] = &[
    namespaced("core.v1", "", "Binding", "bindings"),
    cluster("core.v1", "", "ComponentStatus", "componentstatuses"),
    namespaced("core.v1", "", "ConfigMap", "configmaps"),
    namespaced("core.v1", "", "Endpoints", "endpoints"),
    namespaced("core.v1", "", "Event", "events"),
    namespaced("core.v1", "", "LimitRange", "limitranges"),
    cluster("core.v1", "", "Namespace", "namespaces"),
    cluster("core.v1", "", "Node", "nodes"),
    namespaced("core.v1", "", "PersistentVolumeClaim", "persistentvolumeclaims"),
    cluster("core.v1", "", "PersistentVolume", "persistentvolumes"),
    namespaced("core.v1", "", "Pod", "pods"),
    namespaced("core.v1", "", "PodTemplate", "podtemplates"),
    namespaced("core.v1", "", "ReplicationController", "replicationcontrollers"),
    namespaced("core.v1", "", "ResourceQuota", "resourcequotas"),
    namespaced("core.v1", "", "Secret", "secrets"),
    namespaced("core.v1", "", "Service", "services"),
    namespaced("core.v1", "", "ServiceAccount", "serviceaccounts"),
    namespaced("apps.v1", "apps", "ControllerRevision", "controllerrevisions"),
    namespaced("apps.v1", "apps", "DaemonSet", "daemonsets"),
    namespaced("apps.v1", "apps", "Deployment", "deployments"),
    namespaced("apps.v1", "apps", "ReplicaSet", "replicasets"),
    namespaced("apps.v1", "apps", "StatefulSet", "statefulsets"),
    namespaced("batch.v1", "batch", "CronJob", "cronjobs"),
    namespaced("batch.v1", "batch", "Job", "jobs"),
    namespaced("autoscaling.v1", "autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    namespaced("autoscaling.v1", "autoscaling", "Scale", "scales"),
    namespaced("autoscaling.v2", "autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    namespaced("policy.v1", "policy", "Eviction", "evictions"),
    namespaced("policy.v1", "policy", "PodDisruptionBudget", "poddisruptionbudgets"),
    cluster("networking.v1", NETWORKING, "IPAddress", "ipaddresses"),
    namespaced("networking.v1", NETWORKING, "Ingress", "ingresses"),
    cluster("networking.v1", NETWORKING, "IngressClass", "ingressclasses"),
    namespaced("networking.v1", NETWORKING, "NetworkPolicy", "networkpolicies"),
    cluster("networking.v1", NETWORKING, "ServiceCIDR", "servicecidrs"),
    namespaced("discovery.v1", "discovery.k8s.io", "EndpointSlice", "endpointslices"),
    namespaced("events.v1", "events.k8s.io", "Event", "events"),
    namespaced("coordination.v1", "coordination.k8s.io", "Lease", "leases"),
    cluster("node.v1", "node.k8s.io", "RuntimeClass", "runtimeclasses"),
    cluster("scheduling.v1", "scheduling.k8s.io", "PriorityClass", "priorityclasses"),
    cluster("rbac.v1", RBAC, "ClusterRole", "clusterroles"),
    cluster("rbac.v1", RBAC, "ClusterRoleBinding", "clusterrolebindings"),
    namespaced("rbac.v1", RBAC, "Role", "roles"),
    namespaced("rbac.v1", RBAC, "RoleBinding", "rolebindings"),
    cluster("storage.v1", STORAGE, "CSIDriver", "csidrivers"),
    cluster("storage.v1", STORAGE, "CSINode", "csinodes"),
    namespaced("storage.v1", STORAGE, "CSIStorageCapacity", "csistoragecapacities"),
    cluster("storage.v1", STORAGE, "StorageClass", "storageclasses"),
    cluster("storage.v1", STORAGE, "VolumeAttachment", "volumeattachments"),
    cluster("storage.v1", STORAGE, "VolumeAttributesClass", "volumeattributesclasses"),
    cluster(
        "certificates.v1",
        "certificates.k8s.io",
        "CertificateSigningRequest",
        "certificatesigningrequests",
    ),
    cluster(
        "admissionregistration.v1",
        ADMISSION,
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
    ),
    cluster(
        "admissionregistration.v1",
        ADMISSION,
        "ValidatingAdmissionPolicy",
        "validatingadmissionpolicies",
    ),
    cluster(
        "admissionregistration.v1",
        ADMISSION,
        "ValidatingAdmissionPolicyBinding",
        "validatingadmissionpolicybindings",
    ),
    cluster(
        "admissionregistration.v1",
        ADMISSION,
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
    ),
    cluster("authentication.v1", AUTHN, "SelfSubjectReview", "selfsubjectreviews"),
    namespaced("authentication.v1", AUTHN, "TokenRequest", "tokenrequests"),
    cluster("authentication.v1", AUTHN, "TokenReview", "tokenreviews"),
    namespaced("authorization.v1", AUTHZ, "LocalSubjectAccessReview", "localsubjectaccessreviews"),
    cluster("authorization.v1", AUTHZ, "SelfSubjectAccessReview", "selfsubjectaccessreviews"),
    cluster("authorization.v1", AUTHZ, "SelfSubjectRulesReview", "selfsubjectrulesreviews"),
    cluster("authorization.v1", AUTHZ, "SubjectAccessReview", "subjectaccessreviews"),
    cluster(
        "apiextensions.v1",
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "customresourcedefinitions",
    ),
];

/// Types of `meta.k8s.io/v1` that no kind contains but code uses.
pub const EXTRA: &[&str] =
    &["meta.v1.ListMeta", "meta.v1.DeleteOptions", "meta.v1.Condition", "meta.v1.LabelSelector"];

/// Structs that nothing in the cluster looks into: they have a field table but no Rust struct, and are kept as JSON.
pub const OPAQUE: &[&str] = &[
    "apiextensions.v1.JSONSchemaProps",
    "core.v1.AWSElasticBlockStoreVolumeSource",
    "core.v1.AzureDiskVolumeSource",
    "core.v1.AzureFilePersistentVolumeSource",
    "core.v1.AzureFileVolumeSource",
    "core.v1.CephFSPersistentVolumeSource",
    "core.v1.CephFSVolumeSource",
    "core.v1.CinderPersistentVolumeSource",
    "core.v1.CinderVolumeSource",
    "core.v1.FCVolumeSource",
    "core.v1.FlexPersistentVolumeSource",
    "core.v1.FlexVolumeSource",
    "core.v1.FlockerVolumeSource",
    "core.v1.GCEPersistentDiskVolumeSource",
    "core.v1.GlusterfsPersistentVolumeSource",
    "core.v1.GlusterfsVolumeSource",
    "core.v1.ISCSIPersistentVolumeSource",
    "core.v1.ISCSIVolumeSource",
    "core.v1.PhotonPersistentDiskVolumeSource",
    "core.v1.PortworxVolumeSource",
    "core.v1.QuobyteVolumeSource",
    "core.v1.RBDPersistentVolumeSource",
    "core.v1.RBDVolumeSource",
    "core.v1.ScaleIOPersistentVolumeSource",
    "core.v1.ScaleIOVolumeSource",
    "core.v1.StorageOSPersistentVolumeSource",
    "core.v1.StorageOSVolumeSource",
    "core.v1.VsphereVirtualDiskVolumeSource",
];
