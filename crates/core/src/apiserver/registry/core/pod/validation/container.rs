//! Containers of pods. Mirrors validateContainers, validateInitContainers and what they call.

use api::core::v1::{
    Container, ContainerPort, EnvVar, HTTPGetAction, LifecycleHandler, ObjectFieldSelector, PodSpec, Probe,
    ResourceRequirements, TCPSocketAction, VolumeMount,
};
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;
use api::{IntOrString, Quantity, Str};

use crate::apiserver::validation::validate_nonnegative;

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

pub(super) fn validate_containers(spec: &PodSpec, volumes: &[Str], path: &Path, errors: &mut ErrorList) {
    if spec.containers.is_empty() {
        errors.push(Error::required(path, ""));
        return;
    }
    let mut seen: Vec<&Str> = Vec::new();
    for (index, container) in spec.containers.iter().enumerate() {
        let at = path.index(index);
        validate_container(container, spec, volumes, &at, errors);
        if seen.contains(&&container.name) {
            errors.push(Error::duplicate(&at.child("name"), &container.name));
        }
        seen.push(&container.name);
        validate_lifecycle(container, &at.child("lifecycle"), errors);
        let grace = spec.termination_grace_period_seconds;
        let probe = |probe: &Option<Box<Probe>>, name: &str, errors: &mut ErrorList| {
            if let Some(probe) = probe {
                validate_probe(probe, grace, &at.child(name), errors);
                if name != "readinessProbe" && probe.success_threshold != 1 {
                    let at = at.child(name).child("successThreshold");
                    errors.push(Error::invalid(&at, probe.success_threshold, "must be 1"));
                }
            }
        };
        probe(&container.liveness_probe, "livenessProbe", errors);
        probe(&container.readiness_probe, "readinessProbe", errors);
        probe(&container.startup_probe, "startupProbe", errors);
    }
    // Ports on the node are unique over all containers.
    validate_host_ports(&spec.containers, path, errors);
}

pub(super) fn validate_init_containers(spec: &PodSpec, volumes: &[Str], path: &Path, errors: &mut ErrorList) {
    let mut seen: Vec<&Str> = spec.containers.iter().map(|container| &container.name).collect();
    for (index, container) in spec.init_containers.iter().enumerate() {
        let at = path.index(index);
        validate_container(container, spec, volumes, &at, errors);
        if seen.contains(&&container.name) {
            errors.push(Error::duplicate(&at.child("name"), &container.name));
        }
        seen.push(&container.name);
        match container.restart_policy.as_deref() {
            Some("Always") => continue,
            None => {}
            Some(other) => errors.push(Error::not_supported(&at.child("restartPolicy"), other, &["Always"])),
        }
        let why = "may not be set for init containers without restartPolicy=Always";
        for (name, set) in [
            ("lifecycle", container.lifecycle.is_some()),
            ("livenessProbe", container.liveness_probe.is_some()),
            ("readinessProbe", container.readiness_probe.is_some()),
            ("startupProbe", container.startup_probe.is_some()),
        ] {
            if set {
                errors.push(Error::forbidden(&at.child(name), why));
            }
        }
    }
}

/// Mirrors validateContainerCommon.
fn validate_container(
    container: &Container,
    spec: &PodSpec,
    volumes: &[Str],
    path: &Path,
    errors: &mut ErrorList,
) {
    let name = path.child("name");
    if container.name.is_empty() {
        errors.push(Error::required(&name, ""));
    } else {
        for message in names::is_dns1123_label(&container.name) {
            errors.push(Error::invalid(&name, &container.name, &message));
        }
    }
    if container.image.is_empty() {
        errors.push(Error::required(&path.child("image"), ""));
    } else if container.image.trim() != container.image.as_str() {
        let why = "must not have leading or trailing whitespace";
        errors.push(Error::invalid(&path.child("image"), &container.image, why));
    }
    match container.termination_message_policy.as_str() {
        "File" | "FallbackToLogsOnError" => {}
        "" => errors.push(Error::required(&path.child("terminationMessagePolicy"), "")),
        other => {
            let known = ["FallbackToLogsOnError", "File"];
            errors.push(Error::not_supported(&path.child("terminationMessagePolicy"), other, &known));
        }
    }
    validate_ports(&container.ports, spec.host_network, &path.child("ports"), errors);
    validate_env(&container.env, &path.child("env"), errors);
    validate_env_from(container, &path.child("envFrom"), errors);
    validate_volume_mounts(&container.volume_mounts, volumes, &path.child("volumeMounts"), errors);
    match container.image_pull_policy.as_str() {
        "Always" | "IfNotPresent" | "Never" => {}
        "" => errors.push(Error::required(&path.child("imagePullPolicy"), "")),
        other => {
            let known = ["Always", "IfNotPresent", "Never"];
            errors.push(Error::not_supported(&path.child("imagePullPolicy"), other, &known));
        }
    }
    validate_resources(&container.resources, &path.child("resources"), errors);
}

/// Mirrors validateContainerPorts.
fn validate_ports(ports: &[ContainerPort], host_network: bool, path: &Path, errors: &mut ErrorList) {
    let mut seen: Vec<&Str> = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let at = path.index(index);
        if !port.name.is_empty() {
            let messages = names::is_valid_port_name(&port.name);
            if messages.is_empty() {
                if seen.contains(&&port.name) {
                    errors.push(Error::duplicate(&at.child("name"), &port.name));
                }
                seen.push(&port.name);
            }
            for message in messages {
                errors.push(Error::invalid(&at.child("name"), &port.name, &message));
            }
        }
        if port.container_port == 0 {
            errors.push(Error::required(&at.child("containerPort"), ""));
        } else {
            for message in names::is_valid_port_num(port.container_port) {
                errors.push(Error::invalid(&at.child("containerPort"), port.container_port, &message));
            }
        }
        if port.host_port != 0 {
            for message in names::is_valid_port_num(port.host_port) {
                errors.push(Error::invalid(&at.child("hostPort"), port.host_port, &message));
            }
            if host_network && port.host_port != port.container_port {
                let why = "must match `hostPort` when `hostNetwork` is true";
                errors.push(Error::invalid(&at.child("containerPort"), port.container_port, why));
            }
        }
        if port.protocol.is_empty() {
            errors.push(Error::required(&at.child("protocol"), ""));
        } else if !PROTOCOLS.contains(&port.protocol.as_str()) {
            errors.push(Error::not_supported(&at.child("protocol"), &port.protocol, &PROTOCOLS));
        }
    }
}

/// Mirrors checkHostPortConflicts.
fn validate_host_ports(containers: &[Container], path: &Path, errors: &mut ErrorList) {
    let mut seen: Vec<String> = Vec::new();
    for (index, container) in containers.iter().enumerate() {
        for (at, port) in container.ports.iter().enumerate().filter(|(_, port)| port.host_port != 0) {
            let key = format!("{}/{}/{}", port.protocol, port.host_ip, port.host_port);
            if seen.contains(&key) {
                let field = path.index(index).child("ports").index(at).child("hostPort");
                errors.push(Error::duplicate(&field, key));
            } else {
                seen.push(key);
            }
        }
    }
}

/// Mirrors ValidateEnv.
fn validate_env(env: &[EnvVar], path: &Path, errors: &mut ErrorList) {
    for (index, variable) in env.iter().enumerate() {
        let at = path.index(index);
        if variable.name.is_empty() {
            errors.push(Error::required(&at.child("name"), ""));
        } else {
            for message in names::is_relaxed_env_var_name(&variable.name) {
                errors.push(Error::invalid(&at.child("name"), &variable.name, &message));
            }
        }
        validate_env_source(variable, &at.child("valueFrom"), errors);
    }
}

fn validate_env_source(variable: &EnvVar, path: &Path, errors: &mut ErrorList) {
    let Some(source) = variable.value_from.as_deref() else { return };
    const FIELDS: [&str; 8] = [
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
    ];
    let mut sources = 0;
    if let Some(field) = &source.field_ref {
        sources += 1;
        validate_object_field(field, &FIELDS, &path.child("fieldRef"), errors);
    }
    if let Some(resource) = &source.resource_field_ref {
        sources += 1;
        if resource.resource.is_empty() {
            errors.push(Error::required(&path.child("resourceFieldRef").child("resource"), ""));
        }
    }
    let mut key_ref = |name: &Str, key: &Str, field: &str| {
        let at = path.child(field);
        if name.is_empty() {
            errors.push(Error::required(&at.child("name"), ""));
        }
        if key.is_empty() {
            errors.push(Error::required(&at.child("key"), ""));
        } else {
            for message in names::is_config_map_key(key) {
                errors.push(Error::invalid(&at.child("key"), key, &message));
            }
        }
    };
    if let Some(map) = &source.config_map_key_ref {
        sources += 1;
        key_ref(&map.name, &map.key, "configMapKeyRef");
    }
    if let Some(secret) = &source.secret_key_ref {
        sources += 1;
        key_ref(&secret.name, &secret.key, "secretKeyRef");
    }
    sources += usize::from(source.file_key_ref.is_some());
    if sources == 0 {
        let why = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef`, or `fileKeyRef`";
        errors.push(Error::invalid(path, "", why));
    } else if !variable.value.is_empty() {
        errors.push(Error::invalid(path, "", "may not be specified when `value` is not empty"));
    } else if sources > 1 {
        errors.push(Error::invalid(path, "", "may not have more than one field specified at a time"));
    }
}

/// Mirrors validateObjectFieldSelector: which fields of the pod may be read.
pub(super) fn validate_object_field(
    field: &ObjectFieldSelector,
    known: &[&str],
    path: &Path,
    errors: &mut ErrorList,
) {
    if field.api_version.is_empty() {
        errors.push(Error::required(&path.child("apiVersion"), ""));
        return;
    }
    if field.field_path.is_empty() {
        errors.push(Error::required(&path.child("fieldPath"), ""));
        return;
    }
    let subscript = field
        .field_path
        .strip_suffix(']')
        .and_then(|text| text.split_once("['").or_else(|| text.split_once('[')));
    if let Some((base, key)) = subscript {
        let key = key.trim_end_matches('\'');
        match base {
            "metadata.annotations" => {
                for message in names::is_qualified_name(&key.to_lowercase()) {
                    errors.push(Error::invalid(path, key, &message));
                }
            }
            "metadata.labels" => {
                for message in names::is_qualified_name(key) {
                    errors.push(Error::invalid(path, key, &message));
                }
            }
            _ => {
                let why = "does not support subscript";
                errors.push(Error::invalid(path, base, why));
            }
        }
        return;
    }
    let pod_ips = field.field_path == "status.podIPs" && known.contains(&"status.podIP");
    if !known.contains(&field.field_path.as_str()) && !pod_ips {
        let mut sorted: Vec<&str> = known.to_vec();
        if known.contains(&"status.podIP") {
            sorted.push("status.podIPs");
        }
        sorted.sort_unstable();
        errors.push(Error::not_supported(&path.child("fieldPath"), &field.field_path, &sorted));
    }
}

/// Mirrors ValidateEnvFrom.
fn validate_env_from(container: &Container, path: &Path, errors: &mut ErrorList) {
    for (index, source) in container.env_from.iter().enumerate() {
        let at = path.index(index);
        if !source.prefix.is_empty() {
            for message in names::is_relaxed_env_var_name(&source.prefix) {
                errors.push(Error::invalid(&at.child("prefix"), &source.prefix, &message));
            }
        }
        let mut sources = 0;
        if let Some(map) = &source.config_map_ref {
            sources += 1;
            if map.name.is_empty() {
                errors.push(Error::required(&at.child("configMapRef").child("name"), ""));
            }
        }
        if let Some(secret) = &source.secret_ref {
            sources += 1;
            if secret.name.is_empty() {
                errors.push(Error::required(&at.child("secretRef").child("name"), ""));
            }
        }
        if sources == 0 {
            errors.push(Error::invalid(&at, "", "must specify one of: `configMapRef` or `secretRef`"));
        } else if sources > 1 {
            errors.push(Error::invalid(&at, "", "may not have more than one field specified at a time"));
        }
    }
}

/// Mirrors ValidateVolumeMounts.
fn validate_volume_mounts(mounts: &[VolumeMount], volumes: &[Str], path: &Path, errors: &mut ErrorList) {
    let mut seen: Vec<&Str> = Vec::new();
    for (index, mount) in mounts.iter().enumerate() {
        let at = path.index(index);
        if mount.name.is_empty() {
            errors.push(Error::required(&at.child("name"), ""));
        }
        if !volumes.contains(&mount.name) {
            errors.push(Error::not_found(&at.child("name"), &mount.name));
        }
        if mount.mount_path.is_empty() {
            errors.push(Error::required(&at.child("mountPath"), ""));
        }
        if seen.contains(&&mount.mount_path) {
            errors.push(Error::invalid(&at.child("mountPath"), &mount.mount_path, "must be unique"));
        }
        seen.push(&mount.mount_path);
        for (name, sub_path) in [("subPath", &mount.sub_path), ("subPathExpr", &mount.sub_path_expr)] {
            if sub_path.starts_with('/') {
                errors.push(Error::invalid(&at.child(name), sub_path, "must be a relative path"));
            }
            if sub_path.split('/').any(|part| part == "..") {
                errors.push(Error::invalid(&at.child(name), sub_path, "must not contain '..'"));
            }
        }
        if !mount.sub_path.is_empty() && !mount.sub_path_expr.is_empty() {
            let why = "subPathExpr and subPath are mutually exclusive";
            errors.push(Error::invalid(&at.child("subPathExpr"), &mount.sub_path_expr, why));
        }
    }
}

/// Mirrors validateProbe.
fn validate_probe(probe: &Probe, grace: Option<i64>, path: &Path, errors: &mut ErrorList) {
    let (exec, get, tcp) = (probe.exec.as_deref(), probe.http_get.as_deref(), probe.tcp_socket.as_deref());
    let mut handlers = 0;
    let mut next = |name: &str, errors: &mut ErrorList| {
        handlers += 1;
        if handlers > 1 {
            errors.push(Error::forbidden(&path.child(name), "may not specify more than 1 handler type"));
        }
        handlers == 1
    };
    if let Some(exec) = exec
        && next("exec", errors)
        && exec.command.is_empty()
    {
        errors.push(Error::required(&path.child("exec").child("command"), ""));
    }
    if let Some(get) = get
        && next("httpGet", errors)
    {
        validate_http_get(get, &path.child("httpGet"), errors);
    }
    if let Some(tcp) = tcp
        && next("tcpSocket", errors)
    {
        validate_tcp_socket(tcp, &path.child("tcpSocket"), errors);
    }
    if let Some(grpc) = probe.grpc.as_deref()
        && next("grpc", errors)
    {
        for message in names::is_valid_port_num(grpc.port) {
            errors.push(Error::invalid(&path.child("grpc").child("port"), grpc.port, &message));
        }
    }
    if handlers == 0 {
        errors.push(Error::required(path, "must specify a handler type"));
    }
    for (name, value) in [
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ] {
        errors.extend(validate_nonnegative(value.into(), &path.child(name)));
    }
    if let Some(seconds) = probe.termination_grace_period_seconds.filter(|seconds| *seconds <= 0) {
        let _ = grace;
        errors.push(Error::invalid(
            &path.child("terminationGracePeriodSeconds"),
            seconds,
            "must be greater than 0",
        ));
    }
}

fn validate_port(port: &IntOrString, path: &Path, errors: &mut ErrorList) {
    match port {
        IntOrString::Int(number) => {
            for message in names::is_valid_port_num(*number) {
                errors.push(Error::invalid(path, *number, &message));
            }
        }
        IntOrString::String(name) => {
            for message in names::is_valid_port_name(name) {
                errors.push(Error::invalid(path, name, &message));
            }
        }
    }
}

fn validate_http_get(get: &HTTPGetAction, path: &Path, errors: &mut ErrorList) {
    if get.path.is_empty() {
        errors.push(Error::required(&path.child("path"), ""));
    }
    validate_port(&get.port, &path.child("port"), errors);
    if !matches!(get.scheme.as_str(), "HTTP" | "HTTPS") {
        errors.push(Error::not_supported(&path.child("scheme"), &get.scheme, &["HTTP", "HTTPS"]));
    }
    for header in &get.http_headers {
        for message in names::is_http_header_name(&header.name) {
            errors.push(Error::invalid(&path.child("httpHeaders"), &header.name, &message));
        }
    }
}

fn validate_tcp_socket(tcp: &TCPSocketAction, path: &Path, errors: &mut ErrorList) {
    validate_port(&tcp.port, &path.child("port"), errors);
}

/// Mirrors validateLifecycle and validateHandler.
fn validate_lifecycle(container: &Container, path: &Path, errors: &mut ErrorList) {
    let Some(lifecycle) = container.lifecycle.as_deref() else { return };
    let handlers = [("postStart", &lifecycle.post_start), ("preStop", &lifecycle.pre_stop)];
    for (name, handler) in handlers {
        if let Some(handler) = handler {
            validate_handler(handler, &path.child(name), errors);
        }
    }
}

fn validate_handler(handler: &LifecycleHandler, path: &Path, errors: &mut ErrorList) {
    let mut count = 0;
    let mut next = |name: &str, errors: &mut ErrorList| {
        count += 1;
        if count > 1 {
            errors.push(Error::forbidden(&path.child(name), "may not specify more than 1 handler type"));
        }
        count == 1
    };
    if let Some(exec) = &handler.exec
        && next("exec", errors)
        && exec.command.is_empty()
    {
        errors.push(Error::required(&path.child("exec").child("command"), ""));
    }
    if let Some(get) = &handler.http_get
        && next("httpGet", errors)
    {
        validate_http_get(get, &path.child("httpGet"), errors);
    }
    if let Some(tcp) = &handler.tcp_socket
        && next("tcpSocket", errors)
    {
        validate_tcp_socket(tcp, &path.child("tcpSocket"), errors);
    }
    if handler.sleep.is_some() {
        next("sleep", errors);
    }
    if count == 0 {
        errors.push(Error::required(path, "must specify a handler type"));
    }
}

/// Mirrors ValidateContainerResourceRequirements.
pub(super) fn validate_resources(resources: &ResourceRequirements, path: &Path, errors: &mut ErrorList) {
    let (limits, requests) = (path.child("limits"), path.child("requests"));
    for (name, quantity) in &resources.limits {
        validate_resource(name, *quantity, &limits.key(name), errors);
    }
    for (name, quantity) in &resources.requests {
        validate_resource(name, *quantity, &requests.key(name), errors);
        let at = requests.key(name);
        match resources.limits.get(name) {
            Some(limit) if *quantity > *limit && is_overcommit_allowed(name) => {
                let why = format!("must be less than or equal to {name} limit of {limit}");
                errors.push(Error::invalid(&at, quantity.to_string(), &why));
            }
            Some(limit) if *quantity != *limit && !is_overcommit_allowed(name) => {
                let why = format!("must be equal to {name} limit of {limit}");
                errors.push(Error::invalid(&at, quantity.to_string(), &why));
            }
            None if !is_overcommit_allowed(name) => {
                errors.push(Error::required(&limits, "Limit must be set for non overcommitable resources"));
            }
            _ => {}
        }
    }
}

/// Own resources (cpu, memory) may have requests below limits; extended ones and huge pages may not.
fn is_overcommit_allowed(name: &str) -> bool {
    !name.contains('/') && !name.starts_with("hugepages-")
}

fn validate_resource(name: &Str, quantity: Quantity, path: &Path, errors: &mut ErrorList) {
    for message in names::is_qualified_name(name) {
        errors.push(Error::invalid(path, name, &message));
    }
    let standard =
        matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
    if !name.contains('/') && !standard {
        let why = "must be a standard resource type or fully qualified";
        errors.push(Error::invalid(path, name, why));
        errors.push(Error::invalid(path, name, "must be a standard resource for containers"));
    }
    if quantity.sign() < 0 {
        errors.push(Error::invalid(path, quantity.to_string(), "must be greater than or equal to 0"));
    }
    if name.contains('/') && quantity.milli_value() % 1000 != 0 {
        errors.push(Error::invalid(path, quantity.to_string(), "must be an integer"));
    }
}
