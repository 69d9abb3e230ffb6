//! Writes the texts of `kubectl explain` and of the editor's hovers: usage `explain FILE`.
//!
//! They are Kubernetes' own, taken from the schemas inside the crate k8s-openapi (NOTICE says so), made into an asset when
//! the page is built, and never committed. The file is one JSON object: OpenAPI definition → `{ "description", "fields":
//! { name: text } }`. What fields there are, and of what types, is the API server's knowledge and not repeated here.

use std::process::ExitCode;

use k8s_openapi::schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// Adds kinds to a generator, with all types that they reach.
macro_rules! kinds {
    ($generator:expr, $($group:ident :: $version:ident { $($kind:ident)* })*) => {
        $($(add::<k8s_openapi::api::$group::$version::$kind>($generator);)*)*
    };
}

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: explain FILE");
        return ExitCode::FAILURE;
    };
    match std::fs::write(&path, texts().to_string()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("error: cannot write {path}: {err}");
            ExitCode::FAILURE
        }
    }
}

/// All definitions with their texts.
fn texts() -> Value {
    let mut generator = SchemaGenerator::default();
    add_kinds(&mut generator);
    let definitions = generator.take_definitions(true);
    Value::Object(definitions.iter().map(|(name, schema)| (name.clone(), texts_of(schema))).collect())
}

/// The kinds that Kubarium serves or will serve.
fn add_kinds(generator: &mut SchemaGenerator) {
    kinds! { generator,
        core::v1 {
            Binding ComponentStatus ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume
            PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount
        }
        admissionregistration::v1 {
            MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
            ValidatingWebhookConfiguration
        }
        apps::v1 { ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet }
        authentication::v1 { SelfSubjectReview TokenRequest TokenReview }
        authorization::v1 {
            LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview
        }
        autoscaling::v1 { HorizontalPodAutoscaler Scale }
        autoscaling::v2 { HorizontalPodAutoscaler }
        batch::v1 { CronJob Job }
        certificates::v1 { CertificateSigningRequest }
        coordination::v1 { Lease }
        discovery::v1 { EndpointSlice }
        events::v1 { Event }
        flowcontrol::v1 { FlowSchema PriorityLevelConfiguration }
        networking::v1 { IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR }
        node::v1 { RuntimeClass }
        policy::v1 { Eviction PodDisruptionBudget }
        rbac::v1 { ClusterRole ClusterRoleBinding Role RoleBinding }
        scheduling::v1 { PriorityClass }
        storage::v1 { CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass }
    }
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
    use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
    add::<CustomResourceDefinition>(generator);
    add::<APIService>(generator);
}

fn add<K: JsonSchema>(generator: &mut SchemaGenerator) {
    generator.subschema_for::<K>();
}

/// `{ "description": …, "fields": { name: text } }`; fields without a text are left out.
fn texts_of(schema: &Value) -> Value {
    let fields = schema.get("properties").and_then(Value::as_object);
    let fields: Map<String, Value> = fields
        .into_iter()
        .flatten()
        .filter_map(|(name, field)| Some((name.clone(), field.get("description")?.clone())))
        .collect();
    json!({ "description": schema.get("description").cloned().unwrap_or_default(), "fields": fields })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_kubernetes_own_words() {
        let texts = texts();
        let replicas = &texts["io.k8s.api.apps.v1.DeploymentSpec"]["fields"]["replicas"];
        assert!(replicas.as_str().unwrap().starts_with("Number of desired pods."), "{replicas}");
        let pod = &texts["io.k8s.api.core.v1.Pod"]["description"];
        assert!(pod.as_str().unwrap().starts_with("Pod is a collection of containers"), "{pod}");
    }
}
