//! Warnings about pods that are valid but odd. Mirrors pkg/api/pod/warnings.go.

use api::Str;
use api::core::v1::{Pod, PodSpec};
use api::meta::field::Path;

pub(super) fn for_pod(pod: &Pod) -> Vec<Str> {
    for_pod_spec(&pod.spec, &Path::new("spec"))
}

/// Warnings about the spec of a pod or of a template at `path`.
pub fn for_pod_spec(spec: &PodSpec, path: &Path) -> Vec<Str> {
    let mut warnings: Vec<Str> = Vec::new();
    let deprecated_keys = [
        ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
        ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
        (
            "failure-domain.beta.kubernetes.io/region",
            "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
        ),
        (
            "failure-domain.beta.kubernetes.io/zone",
            "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
        ),
        (
            "beta.kubernetes.io/instance-type",
            "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
        ),
    ];
    for key in spec.node_selector.keys() {
        if let Some((_, why)) = deprecated_keys.iter().find(|(known, _)| key == known) {
            warnings.push(format!("{}: {why}", path.child("nodeSelector").key(key)).into());
        }
    }
    for (index, volume) in spec.volumes.iter().enumerate() {
        if volume.git_repo.is_some() {
            let at = path.child("volumes").index(index).child("gitRepo");
            warnings.push(format!("{at}: deprecated in v1.11, and disabled by default in v1.33+").into());
        }
    }
    for (index, secret) in spec.image_pull_secrets.iter().enumerate() {
        if secret.name.is_empty() {
            let at = path.child("imagePullSecrets").index(index);
            warnings.push(format!("{at}: invalid empty name \"\"").into());
        }
    }
    if spec.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0) {
        let at = path.child("terminationGracePeriodSeconds");
        warnings
            .push(format!("{at}: must be >= 0; negative values are invalid and will be treated as 1").into());
    }
    for (list, containers) in [("initContainers", &spec.init_containers), ("containers", &spec.containers)] {
        for (index, container) in containers.iter().enumerate() {
            let at = path.child(list).index(index);
            for (first, variable) in container.env.iter().enumerate() {
                let earlier = container.env[..first].iter().position(|other| other.name == variable.name);
                if let Some(earlier) = earlier {
                    let (env, name) = (at.child("env"), variable.name.as_str());
                    warnings.push(
                        format!(
                            "{}: hides previous definition of {name:?}, which may be dropped when using apply",
                            env.index(first)
                        )
                        .into(),
                    );
                    let _ = earlier;
                }
            }
            for (resources, kind) in
                [(&container.resources.limits, "limits"), (&container.resources.requests, "requests")]
            {
                for (name, quantity) in resources {
                    let whole = quantity.milli_value() % 1000 == 0;
                    if !whole && matches!(name.as_str(), "memory" | "ephemeral-storage") {
                        let field = at.child("resources").child(kind).key(name);
                        let shown = quantity.to_string();
                        warnings.push(
                            format!(
                                "{field}: fractional byte value {shown:?} is invalid, must be an integer"
                            )
                            .into(),
                        );
                    }
                }
            }
        }
    }
    duplicate_ports(spec, path, &mut warnings);
    warnings
}

/// Two containers on one port cannot both listen; within one container it is a mistake.
fn duplicate_ports(spec: &PodSpec, path: &Path, warnings: &mut Vec<Str>) {
    let mut seen: Vec<(i32, &str)> = Vec::new();
    for (index, container) in spec.containers.iter().enumerate() {
        for (at, port) in container.ports.iter().enumerate() {
            let key = (port.container_port, port.protocol.as_str());
            if seen.contains(&key) {
                let field = path.child("containers").index(index).child("ports").index(at);
                warnings.push(
                    format!("{field}: duplicate port definition with {}", first_with(spec, path, key)).into(),
                );
            } else {
                seen.push(key);
            }
        }
    }
}

fn first_with(spec: &PodSpec, path: &Path, key: (i32, &str)) -> String {
    for (index, container) in spec.containers.iter().enumerate() {
        for (at, port) in container.ports.iter().enumerate() {
            if (port.container_port, port.protocol.as_str()) == key {
                return path.child("containers").index(index).child("ports").index(at).to_string();
            }
        }
    }
    String::new()
}
