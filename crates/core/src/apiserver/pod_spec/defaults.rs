//! What the API server fills in when a pod or a template leaves it out.

use api::Quantity;
use api::core::v1::{Container, ContainerPort, EphemeralContainer, Pod, PodSpec, Probe, Volume};
use api::pod::ResourceList;

/// Defaults that only pods get, templates do not: requests from limits, host ports of pods in the host's network
/// (`SetDefaults_Pod`). Includes those of the spec.
pub fn set_defaults_pod(pod: &mut Pod) {
    let spec = &mut *pod.spec;
    for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
        for (name, limit) in &container.resources.limits {
            container.resources.requests.entry(name.clone()).or_insert(*limit);
        }
    }
    set_defaults_pod_resources(spec);
    spec.enable_service_links.get_or_insert(true);
    if spec.host_network {
        let containers = spec.containers.iter_mut().chain(&mut spec.init_containers);
        for port in containers.flat_map(|container| &mut container.ports).filter(|port| port.host_port == 0) {
            port.host_port = port.container_port;
        }
    }
    set_defaults_pod_spec(spec);
}

/// Pod-level requests follow the containers' requests, else the pod-level limits (`defaultPodRequests`).
fn set_defaults_pod_resources(spec: &mut PodSpec) {
    if spec.resources.as_ref().is_none_or(|resources| resources.limits.is_empty()) {
        return;
    }
    // The sum over containers alone: without the pod-level resources themselves and without overhead.
    let containers = PodSpec {
        containers: spec.containers.clone(),
        init_containers: spec.init_containers.clone(),
        ..PodSpec::default()
    };
    let sums = api::pod::requests(&containers);
    let Some(resources) = &mut spec.resources else { return };
    for (name, amount) in sums.iter().filter(|(name, _)| *name == "cpu" || *name == "memory") {
        resources.requests.entry(name.clone()).or_insert(*amount);
    }
    for (name, amount) in &resources.limits {
        resources.requests.entry(name.clone()).or_insert(*amount);
    }
}

/// Defaults of pod specs, in pods and in templates (`SetDefaults_PodSpec` and those of its parts).
pub fn set_defaults_pod_spec(spec: &mut PodSpec) {
    fill(&mut spec.dns_policy, "ClusterFirst");
    fill(&mut spec.restart_policy, "Always");
    fill(&mut spec.scheduler_name, "default-scheduler");
    spec.security_context.get_or_insert_default();
    spec.termination_grace_period_seconds.get_or_insert(30);
    // The old name of the field follows the new one, and a new name is taken from the old one.
    if spec.service_account_name.is_empty() {
        spec.service_account_name = spec.service_account.clone();
    }
    spec.service_account = spec.service_account_name.clone();
    spec.volumes.iter_mut().for_each(set_defaults_volume);
    spec.init_containers.iter_mut().chain(&mut spec.containers).for_each(set_defaults_container);
    spec.ephemeral_containers.iter_mut().for_each(set_defaults_ephemeral_container);
    round_up(&mut spec.overhead);
    if let Some(resources) = &mut spec.resources {
        round_up(&mut resources.limits);
        round_up(&mut resources.requests);
    }
}

fn fill(field: &mut api::Str, default: &str) {
    if field.is_empty() {
        *field = default.into();
    }
}

/// `Always` for images without a tag or digest or with tag `latest`, else `IfNotPresent`.
fn default_pull_policy(image: &str) -> &'static str {
    let name = image.rsplit('/').next().unwrap_or(image);
    let latest = match name.split_once('@') {
        Some(_) => false,
        None => name.split_once(':').is_none_or(|(_, tag)| tag == "latest"),
    };
    if latest { "Always" } else { "IfNotPresent" }
}

fn set_defaults_container(container: &mut Container) {
    fill(&mut container.image_pull_policy, default_pull_policy(&container.image));
    fill(&mut container.termination_message_path, "/dev/termination-log");
    fill(&mut container.termination_message_policy, "File");
    set_defaults_ports(&mut container.ports);
    for source in container.env.iter_mut().filter_map(|var| var.value_from.as_mut()) {
        if let Some(field) = &mut source.field_ref {
            fill(&mut field.api_version, "v1");
        }
    }
    round_up(&mut container.resources.limits);
    round_up(&mut container.resources.requests);
    let probes =
        [&mut container.liveness_probe, &mut container.readiness_probe, &mut container.startup_probe];
    probes.into_iter().flatten().for_each(|probe| set_defaults_probe(probe));
    if let Some(lifecycle) = &mut container.lifecycle {
        for handler in [&mut lifecycle.post_start, &mut lifecycle.pre_stop].into_iter().flatten() {
            if let Some(http) = &mut handler.http_get {
                fill(&mut http.path, "/");
                fill(&mut http.scheme, "HTTP");
            }
        }
    }
}

fn set_defaults_ephemeral_container(container: &mut EphemeralContainer) {
    fill(&mut container.image_pull_policy, default_pull_policy(&container.image));
    fill(&mut container.termination_message_path, "/dev/termination-log");
    fill(&mut container.termination_message_policy, "File");
    set_defaults_ports(&mut container.ports);
}

fn set_defaults_ports(ports: &mut [ContainerPort]) {
    for port in ports {
        fill(&mut port.protocol, "TCP");
    }
}

fn set_defaults_probe(probe: &mut Probe) {
    for (field, default) in [
        (&mut probe.timeout_seconds, 1),
        (&mut probe.period_seconds, 10),
        (&mut probe.success_threshold, 1),
        (&mut probe.failure_threshold, 3),
    ] {
        if *field == 0 {
            *field = default;
        }
    }
    if let Some(http) = &mut probe.http_get {
        fill(&mut http.path, "/");
        fill(&mut http.scheme, "HTTP");
    }
    if let Some(grpc) = &mut probe.grpc {
        grpc.service.get_or_insert_default();
    }
}

fn set_defaults_volume(volume: &mut Volume) {
    const MODE: i32 = 0o644;
    let name = std::mem::take(&mut volume.name);
    if *volume == Volume::default() {
        volume.empty_dir = Some(Box::default());
    }
    volume.name = name;
    if let Some(secret) = &mut volume.secret {
        secret.default_mode.get_or_insert(MODE);
    }
    if let Some(config_map) = &mut volume.config_map {
        config_map.default_mode.get_or_insert(MODE);
    }
    if let Some(downward) = &mut volume.downward_api {
        downward.default_mode.get_or_insert(MODE);
        for field in downward.items.iter_mut().filter_map(|item| item.field_ref.as_mut()) {
            fill(&mut field.api_version, "v1");
        }
    }
    if let Some(host_path) = &mut volume.host_path {
        host_path.type_.get_or_insert_default();
    }
    if let Some(projected) = &mut volume.projected {
        projected.default_mode.get_or_insert(MODE);
        for source in &mut projected.sources {
            if let Some(token) = &mut source.service_account_token {
                token.expiration_seconds.get_or_insert(3600);
            }
            let items = source.downward_api.iter_mut().flat_map(|downward| &mut downward.items);
            for field in items.filter_map(|item| item.field_ref.as_mut()) {
                fill(&mut field.api_version, "v1");
            }
        }
    }
    if let Some(image) = &mut volume.image {
        let policy = default_pull_policy(&image.reference);
        fill(&mut image.pull_policy, policy);
    }
    if let Some(template) = volume.ephemeral.as_mut().and_then(|source| source.volume_claim_template.as_mut())
    {
        template.spec.volume_mode.get_or_insert_with(|| "Filesystem".into());
    }
}

/// Amounts finer than a thousandth are rounded up (`SetDefaults_ResourceList`).
fn round_up(list: &mut ResourceList) {
    for amount in list.values_mut() {
        let rounded = Quantity::from_milli(amount.milli_value());
        // Only amounts that lose something are touched: the milli value of huge ones is capped.
        if rounded > *amount {
            *amount = rounded.with_format(amount.format());
        }
    }
}
