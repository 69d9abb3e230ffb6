//! Defaults of pods and pod templates. Mirrors pkg/apis/core/v1/defaults.go; functions keep their names.

use api::Str;
use api::core::v1::{
    Container, EnvVarSource, HTTPGetAction, Lifecycle, LifecycleHandler, Pod, PodSpec, Probe,
    ResourceRequirements, Volume, VolumeProjection,
};

const DEFAULT_GRACE_PERIOD: i64 = 30;
/// 0644
const DEFAULT_MODE: i32 = 420;
/// A token lives an hour unless the projection says otherwise.
const DEFAULT_TOKEN_SECONDS: i64 = 3600;

fn or(field: &mut Str, default: &str) {
    if field.is_empty() {
        *field = default.into();
    }
}

fn or_number(field: &mut i32, default: i32) {
    if *field == 0 {
        *field = default;
    }
}

/// Mirrors SetObjectDefaults_Pod: the spec's defaults and what only pods (not templates) get.
pub fn set_defaults_pod(pod: &mut Pod) {
    set_defaults_pod_spec(&mut pod.spec);
    for container in pod.spec.init_containers.iter_mut().chain(&mut pod.spec.containers) {
        // If limits are specified, but requests are not, requests become the limits.
        requests_from_limits(&mut container.resources);
    }
    pod.spec.enable_service_links.get_or_insert(true);
    if pod.spec.host_network {
        default_host_network_ports(&mut pod.spec);
    }
}

fn requests_from_limits(resources: &mut ResourceRequirements) {
    for (name, limit) in &resources.limits {
        if !resources.requests.contains_key(name) {
            resources.requests.insert(name.clone(), *limit);
        }
    }
}

/// Mirrors SetDefaults_PodSpec with everything inside.
pub fn set_defaults_pod_spec(spec: &mut PodSpec) {
    or(&mut spec.dns_policy, "ClusterFirst");
    or(&mut spec.restart_policy, "Always");
    or(&mut spec.scheduler_name, "default-scheduler");
    spec.security_context.get_or_insert_default();
    spec.termination_grace_period_seconds.get_or_insert(DEFAULT_GRACE_PERIOD);
    // The two names of the service account say the same.
    if spec.service_account_name.is_empty() {
        spec.service_account_name = spec.service_account.clone();
    }
    spec.service_account = spec.service_account_name.clone();
    spec.volumes.iter_mut().for_each(set_defaults_volume);
    spec.init_containers.iter_mut().chain(&mut spec.containers).for_each(set_defaults_container);
    for constraint in &mut spec.topology_spread_constraints {
        constraint.node_affinity_policy.get_or_insert_with(|| "Honor".into());
        constraint.node_taints_policy.get_or_insert_with(|| "Ignore".into());
    }
}

/// Host-network pods occupy the ports that they name. Mirrors defaultHostNetworkPorts.
fn default_host_network_ports(spec: &mut PodSpec) {
    for port in
        spec.containers.iter_mut().chain(&mut spec.init_containers).flat_map(|container| &mut container.ports)
    {
        or_number(&mut port.host_port, port.container_port);
    }
}

fn set_defaults_container(container: &mut Container) {
    if container.image_pull_policy.is_empty() {
        container.image_pull_policy = pull_policy(&container.image).into();
    }
    or(&mut container.termination_message_path, "/dev/termination-log");
    or(&mut container.termination_message_policy, "File");
    for port in &mut container.ports {
        or(&mut port.protocol, "TCP");
    }
    for source in container.env.iter_mut().filter_map(|variable| variable.value_from.as_deref_mut()) {
        set_defaults_env_source(source);
    }
    let probes =
        [&mut container.liveness_probe, &mut container.readiness_probe, &mut container.startup_probe];
    probes.into_iter().flatten().for_each(|probe| set_defaults_probe(probe));
    if let Some(lifecycle) = &mut container.lifecycle {
        set_defaults_lifecycle(lifecycle);
    }
    if let Some(context) = &mut container.security_context
        && let Some(policy) = &mut context.proc_mount
    {
        or(policy, "Default");
    }
}

/// `Always` for the tag `latest`, which an image without tag has too. Mirrors SetDefaults_Container.
pub fn pull_policy(image: &str) -> &'static str {
    if image.contains('@') {
        return "IfNotPresent";
    }
    let last = image.rsplit('/').next().unwrap_or(image);
    match last.split_once(':') {
        None | Some((_, "latest")) => "Always",
        Some(_) => "IfNotPresent",
    }
}

fn set_defaults_env_source(source: &mut EnvVarSource) {
    if let Some(field) = &mut source.field_ref {
        or(&mut field.api_version, "v1");
    }
    if let Some(file) = &mut source.file_key_ref {
        file.optional.get_or_insert(false);
    }
}

fn set_defaults_probe(probe: &mut Probe) {
    or_number(&mut probe.timeout_seconds, 1);
    or_number(&mut probe.period_seconds, 10);
    or_number(&mut probe.success_threshold, 1);
    or_number(&mut probe.failure_threshold, 3);
    if let Some(get) = &mut probe.http_get {
        set_defaults_http_get(get);
    }
    if let Some(grpc) = &mut probe.grpc {
        grpc.service.get_or_insert_default();
    }
}

fn set_defaults_http_get(get: &mut HTTPGetAction) {
    or(&mut get.path, "/");
    or(&mut get.scheme, "HTTP");
}

fn set_defaults_lifecycle(lifecycle: &mut Lifecycle) {
    let handlers: [&mut Option<Box<LifecycleHandler>>; 2] =
        [&mut lifecycle.post_start, &mut lifecycle.pre_stop];
    for handler in handlers.into_iter().flatten() {
        if let Some(get) = &mut handler.http_get {
            set_defaults_http_get(get);
        }
    }
}

/// A volume without a source is an empty directory. Mirrors SetDefaults_Volume and those of the sources.
fn set_defaults_volume(volume: &mut Volume) {
    if let Some(secret) = &mut volume.secret {
        secret.default_mode.get_or_insert(DEFAULT_MODE);
    } else if let Some(map) = &mut volume.config_map {
        map.default_mode.get_or_insert(DEFAULT_MODE);
    } else if let Some(downward) = &mut volume.downward_api {
        downward.default_mode.get_or_insert(DEFAULT_MODE);
        for field in downward.items.iter_mut().filter_map(|item| item.field_ref.as_deref_mut()) {
            or(&mut field.api_version, "v1");
        }
    } else if let Some(projected) = &mut volume.projected {
        projected.default_mode.get_or_insert(DEFAULT_MODE);
        projected.sources.iter_mut().for_each(set_defaults_projection);
    } else if let Some(host) = &mut volume.host_path {
        host.type_.get_or_insert_default();
    } else if let Some(image) = &mut volume.image {
        if image.pull_policy.is_empty() {
            image.pull_policy = pull_policy(&image.reference).into();
        }
    } else if let Some(ephemeral) = &mut volume.ephemeral {
        if let Some(template) = &mut ephemeral.volume_claim_template {
            template.spec.volume_mode.get_or_insert_with(|| "Filesystem".into());
        }
    } else if api::meta::codec::Message::info(volume).fields.len() == count_empty(volume) + 1 {
        volume.empty_dir.get_or_insert_default();
    }
}

/// Fields of the volume without a value: all but the name, if it has no source.
fn count_empty(volume: &Volume) -> usize {
    use api::meta::codec::Message;
    (0..volume.info().fields.len()).filter(|index| volume.field(*index).is_empty()).count()
}

fn set_defaults_projection(projection: &mut VolumeProjection) {
    if let Some(token) = &mut projection.service_account_token {
        token.expiration_seconds.get_or_insert(DEFAULT_TOKEN_SECONDS);
    }
    if let Some(downward) = &mut projection.downward_api {
        for field in downward.items.iter_mut().filter_map(|item| item.field_ref.as_deref_mut()) {
            or(&mut field.api_version, "v1");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::pull_policy;

    #[test]
    fn only_latest_is_always_pulled() {
        for (image, policy) in [
            ("nginx", "Always"),
            ("nginx:latest", "Always"),
            ("nginx:1.27", "IfNotPresent"),
            ("host:5000/nginx", "Always"),
            ("host:5000/nginx:1", "IfNotPresent"),
            ("nginx@sha256:0123", "IfNotPresent"),
        ] {
            assert_eq!(pull_policy(image), policy, "{image}");
        }
    }
}
