//! Containers of all sorts: names, images, ports, mounts, and what each sort may not have.

use api::core::v1::{Container, ContainerPort, EphemeralContainer, PodSpec, VolumeDevice, VolumeMount};
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;

use super::volumes::Volumes;
use super::{complain, env, one_of, probes, resources, security, validate_local_path};

/// What a container sees of its pod.
pub struct Scope<'a> {
    /// What its mounts may name.
    pub volumes: &'a Volumes<'a>,
    /// `terminationGracePeriodSeconds`: a probe's own may not be longer.
    pub grace_period: Option<i64>,
}

/// Containers, init containers and ephemeral containers of a pod, in this order.
pub fn validate_containers(spec: &PodSpec, scope: &Scope, path: &Path, errors: &mut ErrorList) {
    let at = path.child("containers");
    if spec.containers.is_empty() {
        errors.push(Error::required(&at, ""));
    }
    let mut names: Vec<&str> = Vec::new();
    for (index, container) in spec.containers.iter().enumerate() {
        let at = at.index(index);
        validate_common(container, spec, scope, &at, errors);
        unique_name(&mut names, &container.name, &at, errors);
        probes::validate_lifecycle_and_probes(container, scope.grace_period, &at, errors);
        if container.restart_policy.is_some() {
            let why = "may not be set for non-init containers";
            errors.push(Error::forbidden(&at.child("restartPolicy"), why));
        }
    }
    validate_host_ports(&spec.containers, &at, errors);
    validate_init_containers(spec, scope, &mut names, &path.child("initContainers"), errors);
    validate_ephemeral_containers(spec, scope, &mut names, &path.child("ephemeralContainers"), errors);
}

fn unique_name<'a>(names: &mut Vec<&'a str>, name: &'a str, path: &Path, errors: &mut ErrorList) {
    if names.contains(&name) {
        errors.push(Error::duplicate(&path.child("name"), name));
    } else if !name.is_empty() {
        names.push(name);
    }
}

fn validate_init_containers<'a>(
    spec: &'a PodSpec,
    scope: &Scope,
    names: &mut Vec<&'a str>,
    path: &Path,
    errors: &mut ErrorList,
) {
    for (index, container) in spec.init_containers.iter().enumerate() {
        let at = path.index(index);
        validate_common(container, spec, scope, &at, errors);
        if let Some(policy) = container.restart_policy.as_ref().filter(|policy| *policy != "Always") {
            errors.push(Error::not_supported(&at.child("restartPolicy"), policy, &["Always"]));
        }
        unique_name(names, &container.name, &at, errors);
        validate_host_ports(std::slice::from_ref(container), path, errors);
        if api::pod::is_restartable_init(container) {
            probes::validate_lifecycle_and_probes(container, scope.grace_period, &at, errors);
            continue;
        }
        for (field, set) in [
            ("lifecycle", container.lifecycle.is_some()),
            ("livenessProbe", container.liveness_probe.is_some()),
            ("readinessProbe", container.readiness_probe.is_some()),
            ("startupProbe", container.startup_probe.is_some()),
        ] {
            if set {
                let why = "may not be set for init containers without restartPolicy=Always";
                errors.push(Error::forbidden(&at.child(field), why));
            }
        }
    }
}

fn validate_ephemeral_containers<'a>(
    spec: &'a PodSpec,
    scope: &Scope,
    names: &mut Vec<&'a str>,
    path: &Path,
    errors: &mut ErrorList,
) {
    const NOT_ALLOWED: &str = "cannot be set for an Ephemeral Container";
    let targets = names.clone();
    for (index, ephemeral) in spec.ephemeral_containers.iter().enumerate() {
        let at = path.index(index);
        validate_common(&as_container(ephemeral), spec, scope, &at, errors);
        validate_image_has_no_blanks(&ephemeral.image, &at.child("image"), errors);
        unique_name(names, &ephemeral.name, &at, errors);
        let target = &ephemeral.target_container_name;
        if !target.is_empty() && !targets.contains(&target.as_str()) {
            errors.push(Error::not_found(&at.child("targetContainerName"), target));
        }
        for (field, set) in [
            ("ports", !ephemeral.ports.is_empty()),
            ("resources", ephemeral.resources != Default::default()),
            ("livenessProbe", ephemeral.liveness_probe.is_some()),
            ("readinessProbe", ephemeral.readiness_probe.is_some()),
            ("startupProbe", ephemeral.startup_probe.is_some()),
            ("lifecycle", ephemeral.lifecycle.is_some()),
        ] {
            if set {
                errors.push(Error::forbidden(&at.child(field), NOT_ALLOWED));
            }
        }
        for (index, mount) in ephemeral.volume_mounts.iter().enumerate() {
            for (field, text) in [("subPath", &mount.sub_path), ("subPathExpr", &mount.sub_path_expr)] {
                if !text.is_empty() {
                    errors.push(Error::forbidden(
                        &at.child("volumeMounts").index(index).child(field),
                        NOT_ALLOWED,
                    ));
                }
            }
        }
    }
}

/// The part of an ephemeral container that is checked like other containers.
fn as_container(ephemeral: &EphemeralContainer) -> Container {
    Container {
        name: ephemeral.name.clone(),
        image: ephemeral.image.clone(),
        env: ephemeral.env.clone(),
        env_from: ephemeral.env_from.clone(),
        ports: ephemeral.ports.clone(),
        resources: ephemeral.resources.clone(),
        volume_mounts: ephemeral.volume_mounts.clone(),
        volume_devices: ephemeral.volume_devices.clone(),
        termination_message_policy: ephemeral.termination_message_policy.clone(),
        image_pull_policy: ephemeral.image_pull_policy.clone(),
        security_context: ephemeral.security_context.clone(),
        ..Container::default()
    }
}

/// What all sorts of containers are checked for (`validateContainerCommon`).
fn validate_common(
    container: &Container,
    spec: &PodSpec,
    scope: &Scope,
    path: &Path,
    errors: &mut ErrorList,
) {
    if container.name.is_empty() {
        errors.push(Error::required(&path.child("name"), ""));
    } else {
        complain(errors, &path.child("name"), &container.name, names::is_dns1123_label(&container.name));
    }
    if container.image.is_empty() {
        errors.push(Error::required(&path.child("image"), ""));
    }
    let policy = &container.termination_message_policy;
    let policies = ["File", "FallbackToLogsOnError"];
    one_of(errors, &path.child("terminationMessagePolicy"), policy, &policies);
    validate_ports(&container.ports, &path.child("ports"), errors);
    env::validate_env(&container.env, &path.child("env"), errors);
    env::validate_env_from(&container.env_from, &path.child("envFrom"), errors);
    validate_mounts(container, scope, &path.child("volumeMounts"), errors);
    validate_devices(container, scope, &path.child("volumeDevices"), errors);
    let policies = ["Always", "IfNotPresent", "Never"];
    one_of(errors, &path.child("imagePullPolicy"), &container.image_pull_policy, &policies);
    errors.extend(resources::validate_resource_requirements(&container.resources, &path.child("resources")));
    resources::validate_resize_policy(container, &spec.restart_policy, &path.child("resizePolicy"), errors);
    let context = container.security_context.as_deref();
    security::validate_security_context(context, spec, &path.child("securityContext"), errors);
}

/// Mirrors the check of validateContainerCommon: no blanks around an image's name.
pub fn validate_image_has_no_blanks(image: &str, path: &Path, errors: &mut ErrorList) {
    if image.trim() != image {
        errors.push(Error::invalid(path, image, "must not have leading or trailing whitespace"));
    }
}

fn validate_ports(ports: &[ContainerPort], path: &Path, errors: &mut ErrorList) {
    let mut names_seen: Vec<&str> = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let at = path.index(index);
        if !port.name.is_empty() {
            let complaints = names::is_valid_port_name(&port.name);
            if complaints.is_empty() {
                unique_name(&mut names_seen, &port.name, &at, errors);
            }
            complain(errors, &at.child("name"), &port.name, complaints);
        }
        if port.container_port == 0 {
            errors.push(Error::required(&at.child("containerPort"), ""));
        } else {
            let complaints = names::is_valid_port_num(port.container_port);
            complain(errors, &at.child("containerPort"), port.container_port, complaints);
        }
        if port.host_port != 0 {
            complain(errors, &at.child("hostPort"), port.host_port, names::is_valid_port_num(port.host_port));
        }
        one_of(errors, &at.child("protocol"), &port.protocol, &["SCTP", "TCP", "UDP"]);
    }
}

/// No two containers may ask for the same port of the host.
fn validate_host_ports(containers: &[Container], path: &Path, errors: &mut ErrorList) {
    let mut taken: Vec<String> = Vec::new();
    for (index, container) in containers.iter().enumerate() {
        for (port_index, port) in container.ports.iter().enumerate().filter(|(_, port)| port.host_port != 0) {
            let key = format!("{}/{}/{}", port.protocol, port.host_ip, port.host_port);
            if taken.contains(&key) {
                let at = path.index(index).child("ports").index(port_index).child("hostPort");
                errors.push(Error::duplicate(&at, key));
            } else {
                taken.push(key);
            }
        }
    }
}

fn validate_mounts(container: &Container, scope: &Scope, path: &Path, errors: &mut ErrorList) {
    let mut mount_paths: Vec<&str> = Vec::new();
    for (index, mount) in container.volume_mounts.iter().enumerate() {
        let at = path.index(index);
        if mount.name.is_empty() {
            errors.push(Error::required(&at.child("name"), ""));
        }
        if !scope.volumes.contains_key(mount.name.as_str()) {
            errors.push(Error::not_found(&at.child("name"), &mount.name));
        }
        if mount.mount_path.is_empty() {
            errors.push(Error::required(&at.child("mountPath"), ""));
        }
        if mount_paths.contains(&mount.mount_path.as_str()) {
            errors.push(Error::invalid(&at.child("mountPath"), &mount.mount_path, "must be unique"));
        }
        mount_paths.push(&mount.mount_path);
        for device in &container.volume_devices {
            if device.name == mount.name {
                let why = "must not already exist in volumeDevices";
                errors.push(Error::invalid(&at.child("name"), &mount.name, why));
            }
            if device.device_path == mount.mount_path {
                let why = "must not already exist as a path in volumeDevices";
                errors.push(Error::invalid(&at.child("mountPath"), &mount.mount_path, why));
            }
        }
        validate_sub_paths(mount, container, &at, path, errors);
    }
}

fn validate_sub_paths(
    mount: &VolumeMount,
    container: &Container,
    at: &Path,
    path: &Path,
    errors: &mut ErrorList,
) {
    if !mount.sub_path.is_empty() {
        validate_local_path(errors, &path.child("subPath"), &mount.sub_path);
    }
    if !mount.sub_path_expr.is_empty() {
        if !mount.sub_path.is_empty() {
            let why = "subPathExpr and subPath are mutually exclusive";
            errors.push(Error::invalid(&at.child("subPathExpr"), &mount.sub_path_expr, why));
        }
        validate_local_path(errors, &path.child("subPathExpr"), &mount.sub_path_expr);
    }
    if let Some(propagation) = &mount.mount_propagation {
        let at = path.child("mountPropagation");
        let supported = ["Bidirectional", "HostToContainer", "None"];
        one_of(errors, &at, propagation, &supported);
        let privileged = container.security_context.as_ref().is_some_and(|sc| sc.privileged == Some(true));
        if propagation == "Bidirectional" && !privileged {
            let why = "Bidirectional mount propagation is available only to privileged containers";
            errors.push(Error::forbidden(&at, why));
        }
    }
}

fn validate_devices(container: &Container, scope: &Scope, path: &Path, errors: &mut ErrorList) {
    let mut seen: Vec<&VolumeDevice> = Vec::new();
    for (index, device) in container.volume_devices.iter().enumerate() {
        let at = path.index(index);
        if device.name.is_empty() {
            errors.push(Error::required(&at.child("name"), ""));
        }
        if seen.iter().any(|other| other.name == device.name) {
            errors.push(Error::invalid(&at.child("name"), &device.name, "must be unique"));
        }
        match scope.volumes.get(device.name.as_str()) {
            None => errors.push(Error::not_found(&at.child("name"), &device.name)),
            Some(volume) if volume.persistent_volume_claim.is_none() && volume.ephemeral.is_none() => {
                let why =
                    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                errors.push(Error::invalid(&at.child("name"), &device.name, why));
            }
            Some(_) => {}
        }
        if device.device_path.is_empty() {
            errors.push(Error::required(&at.child("devicePath"), ""));
        }
        if seen.iter().any(|other| other.device_path == device.device_path) {
            errors.push(Error::invalid(&at.child("devicePath"), &device.device_path, "must be unique"));
        }
        if device.device_path.split('/').any(|part| part == "..") {
            let why = "can not contain backsteps ('..')";
            errors.push(Error::invalid(&at.child("devicePath"), &device.device_path, why));
        }
        seen.push(device);
    }
}
