//! What a container's process is given: environment, arguments, user, host name, files in /etc.
//!
//! Mirrors makeEnvironmentVariables, ExpandContainerCommandAndArgs, the OCI user rules of containerd, and the DNS
//! configurer of pkg/kubelet/network/dns.

use std::net::IpAddr;

use api::Quantity;
use api::core::v1::{ConfigMap, Container as Spec, EnvVar, Pod, Secret, Service};
use api::{Object, Str};
use collections::{OrdMap, StableSort};
use os::Limits;

use super::machines::Recipe;
use super::node::Node;
use super::pod_worker::PodWorker;
use super::{Env, volumes};
use crate::runtime::{Config, Container, Image};

type Pairs = Vec<(String, String)>;

/// Refuses containers whose configuration cannot be made: CreateContainerConfigError.
pub fn check(node: &Node, env: &Env, worker: &PodWorker, spec: &Spec, image: &Image) -> Result<(), Str> {
    let pod = worker.view();
    let container = spec.security_context.as_deref();
    let whole = pod.spec.security_context.as_deref();
    let non_root = container.and_then(|it| it.run_as_non_root).or(whole.and_then(|it| it.run_as_non_root));
    if non_root == Some(true) {
        let wanted = container.and_then(|it| it.run_as_user).or(whole.and_then(|it| it.run_as_user));
        let named = format!("(pod: \"{}\", container: {})", worker.format(), spec.name);
        match wanted {
            Some(0) => return Err(format!("container's runAsUser breaks non-root policy {named}").into()),
            Some(_) => {}
            None if !image.user_name.is_empty() => {
                return Err(format!(
                    "container has runAsNonRoot and image has non-numeric user ({}), cannot verify user is non-root {named}",
                    image.user_name
                )
                .into());
            }
            None if image.uid == 0 => {
                return Err(format!("container has runAsNonRoot and image will run as root {named}").into());
            }
            None => {}
        }
    }
    variables(node, env, &worker.pod, spec, None).map(|_| ())
}

/// The spec's environment, if it refers to ConfigMaps or Secrets and so has to be fixed at the start.
pub fn fixed(node: &Node, env: &Env, pod: &Object, spec: &Spec) -> Option<Pairs> {
    let refers = |it: &EnvVar| {
        it.value_from
            .as_ref()
            .is_some_and(|from| from.config_map_key_ref.is_some() || from.secret_key_ref.is_some())
    };
    if spec.env_from.is_empty() && !spec.env.iter().any(refers) {
        return None;
    }
    variables(node, env, pod, spec, None).ok()
}

/// Variables of the spec and of the namespace's Services, in the kubelet's order. With `before`, only Services created
/// until then count.
fn variables(
    node: &Node,
    env: &Env,
    object: &Object,
    spec: &Spec,
    before: Option<api::Timestamp>,
) -> Result<Pairs, Str> {
    let Some(pod) = object.view::<Pod>() else { return Ok(Vec::new()) };
    let namespace = &pod.metadata.namespace;
    let mut result: Vec<(String, String)> = Vec::new();
    let mut set = |name: &str, value: String| match result.iter_mut().find(|(it, _)| it == name) {
        Some((_, old)) => *old = value,
        None => result.push((name.to_string(), value)),
    };
    for source in &spec.env_from {
        if let Some(reference) = &source.config_map_ref {
            let map = env.cx.lister::<ConfigMap>().get(namespace, &reference.name);
            match map.as_ref().and_then(|it| it.view::<ConfigMap>()) {
                Some(map) => map
                    .data
                    .iter()
                    .for_each(|(key, value)| set(&format!("{}{key}", source.prefix), value.to_string())),
                None if reference.optional == Some(true) => {}
                None => return Err(format!("configmap \"{}\" not found", reference.name).into()),
            }
        }
        if let Some(reference) = &source.secret_ref {
            let secret = env.cx.lister::<Secret>().get(namespace, &reference.name);
            match secret.as_ref().and_then(|it| it.view::<Secret>()) {
                Some(secret) => {
                    for (key, value) in &secret.data {
                        set(&format!("{}{key}", source.prefix), String::from_utf8_lossy(value).into_owned());
                    }
                }
                None if reference.optional == Some(true) => {}
                None => return Err(format!("secret \"{}\" not found", reference.name).into()),
            }
        }
    }
    let services = service_variables(env, pod, before);
    for variable in &spec.env {
        if let Some(value) = value_of(node, env, pod, spec, variable, &result, &services)? {
            match result.iter_mut().find(|(it, _)| *it == *variable.name) {
                Some((_, old)) => *old = value,
                None => result.push((variable.name.to_string(), value)),
            }
        }
    }
    for (name, value) in services {
        if !result.iter().any(|(it, _)| *it == name) {
            result.push((name, value));
        }
    }
    Ok(result)
}

fn value_of(
    node: &Node,
    env: &Env,
    pod: &Pod,
    spec: &Spec,
    variable: &EnvVar,
    known: &Pairs,
    services: &OrdMap<String, String>,
) -> Result<Option<String>, Str> {
    let namespace = &pod.metadata.namespace;
    let Some(from) = &variable.value_from else {
        let look = |name: &str| {
            known
                .iter()
                .find(|(it, _)| it == name)
                .map(|(_, v)| v.clone())
                .or_else(|| services.get(name).cloned())
        };
        return Ok(Some(expand(&variable.value, look)));
    };
    if let Some(field) = &from.field_ref {
        return Ok(Some(field_value(node, pod, &field.field_path)));
    }
    if let Some(field) = &from.resource_field_ref {
        let spec = pod
            .spec
            .containers
            .iter()
            .chain(&pod.spec.init_containers)
            .find(|it| it.name == field.container_name)
            .unwrap_or(spec);
        return Ok(Some(resource_value(node, spec, &field.resource, field.divisor)));
    }
    if let Some(reference) = &from.config_map_key_ref {
        let map = env.cx.lister::<ConfigMap>().get(namespace, &reference.name);
        let optional = reference.optional == Some(true);
        let Some(map) = map.as_ref().and_then(|it| it.view::<ConfigMap>()) else {
            return if optional {
                Ok(None)
            } else {
                Err(format!("configmap \"{}\" not found", reference.name).into())
            };
        };
        return match map.data.get(&reference.key) {
            Some(value) => Ok(Some(value.to_string())),
            None if optional => Ok(None),
            None => Err(format!(
                "couldn't find key {} in ConfigMap {namespace}/{}",
                reference.key, reference.name
            )
            .into()),
        };
    }
    if let Some(reference) = &from.secret_key_ref {
        let secret = env.cx.lister::<Secret>().get(namespace, &reference.name);
        let optional = reference.optional == Some(true);
        let Some(secret) = secret.as_ref().and_then(|it| it.view::<Secret>()) else {
            return if optional {
                Ok(None)
            } else {
                Err(format!("secret \"{}\" not found", reference.name).into())
            };
        };
        return match secret.data.get(&reference.key) {
            Some(value) => Ok(Some(String::from_utf8_lossy(value).into_owned())),
            None if optional => Ok(None),
            None => {
                Err(format!("couldn't find key {} in Secret {namespace}/{}", reference.key, reference.name)
                    .into())
            }
        };
    }
    Ok(None)
}

/// A field of the downward API.
pub fn field_value(node: &Node, pod: &Pod, path: &str) -> String {
    let meta = &pod.metadata;
    let keyed = |map: &OrdMap<Str, Str>, prefix: &str| {
        let key = path.strip_prefix(prefix)?.strip_prefix("['")?.strip_suffix("']")?;
        Some(map.get(key).map_or_else(String::new, |it| it.to_string()))
    };
    match path {
        "metadata.name" => meta.name.to_string(),
        "metadata.namespace" => meta.namespace.to_string(),
        "metadata.uid" => meta.uid.to_string(),
        "metadata.labels" => quoted(&meta.labels),
        "metadata.annotations" => quoted(&meta.annotations),
        "spec.nodeName" => node.spec.name.to_string(),
        "spec.serviceAccountName" => pod.spec.service_account_name.to_string(),
        "status.hostIP" | "status.hostIPs" => node.spec.internal_ip.to_string(),
        "status.podIP" | "status.podIPs" => {
            node.pod_ip(&meta.uid).map_or_else(String::new, |ip| ip.to_string())
        }
        _ => keyed(&meta.labels, "metadata.labels")
            .or_else(|| keyed(&meta.annotations, "metadata.annotations"))
            .unwrap_or_default(),
    }
}

/// `key="value"` lines, as fieldpath.FormatMap writes maps.
fn quoted(map: &OrdMap<Str, Str>) -> String {
    map.iter().map(|(key, value)| format!("{key}={value:?}")).collect::<Vec<_>>().join("\n")
}

/// A resource of the downward API, divided and rounded up. Limits that are not set are the node's allocatable.
pub fn resource_value(node: &Node, spec: &Spec, resource: &str, divisor: Quantity) -> String {
    let (list, name) = resource.split_once('.').unwrap_or(("", resource));
    let map = if list == "limits" { &spec.resources.limits } else { &spec.resources.requests };
    let value = map.get(name).copied();
    let value = match (value, list) {
        (Some(value), _) => value,
        (None, "limits") => node.allocatable(name),
        (None, _) => return "0".to_string(),
    };
    let divide = |value: i64, by: i64| if by <= 0 { value } else { value / by + i64::from(value % by > 0) };
    if name == "cpu" {
        let by = if divisor.is_zero() { 1000 } else { divisor.milli_value() };
        divide(value.milli_value(), by).to_string()
    } else {
        let by = if divisor.is_zero() { 1 } else { divisor.value() };
        divide(value.value(), by).to_string()
    }
}

/// `FOO_SERVICE_HOST` and the docker-link forms, of the namespace's Services and of `kubernetes`.
fn service_variables(env: &Env, pod: &Pod, before: Option<api::Timestamp>) -> OrdMap<String, String> {
    let mut all = OrdMap::new();
    let lister = env.cx.lister::<Service>();
    let mut objects = Vec::new();
    if pod.spec.enable_service_links.unwrap_or(true) {
        objects = lister.list(Some(&pod.metadata.namespace));
    }
    if pod.metadata.namespace != "default" || objects.is_empty() {
        objects.extend(lister.get("default", "kubernetes"));
    }
    for object in objects {
        let Some(service) = object.view::<Service>() else { continue };
        let master = service.metadata.name == "kubernetes" && service.metadata.namespace == "default";
        let late = before.is_some_and(|it| service.metadata.creation_timestamp > it);
        if service.spec.cluster_ip.is_empty() || service.spec.cluster_ip == "None" || (late && !master) {
            continue;
        }
        add_service(&mut all, service);
    }
    all
}

fn add_service(all: &mut OrdMap<String, String>, service: &Service) {
    let up = |text: &str| text.to_uppercase().replace('-', "_");
    let (prefix, ip) = (up(&service.metadata.name), &service.spec.cluster_ip);
    let Some(first) = service.spec.ports.first() else { return };
    all.insert(format!("{prefix}_SERVICE_HOST"), ip.to_string());
    all.insert(format!("{prefix}_SERVICE_PORT"), first.port.to_string());
    for (i, port) in service.spec.ports.iter().enumerate() {
        if !port.name.is_empty() {
            all.insert(format!("{prefix}_SERVICE_PORT_{}", up(&port.name)), port.port.to_string());
        }
        let protocol = if port.protocol.is_empty() { "TCP" } else { &port.protocol };
        let url = format!("{}://{ip}:{}", protocol.to_lowercase(), port.port);
        if i == 0 {
            all.insert(format!("{prefix}_PORT"), url.clone());
        }
        let base = format!("{prefix}_PORT_{}_{protocol}", port.port);
        all.insert(base.clone(), url);
        all.insert(format!("{base}_PROTO"), protocol.to_lowercase());
        all.insert(format!("{base}_PORT"), port.port.to_string());
        all.insert(format!("{base}_ADDR"), ip.to_string());
    }
}

/// `$(NAME)` becomes the variable's value, `$$` a dollar; unknown names stay.
pub fn expand(text: &str, look: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|it| it.split_once(')')) {
            match look(name) {
                Some(value) => out.push_str(&value),
                None => out.push_str(&format!("$({name})")),
            }
            rest = after;
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    out
}

/// User, group and supplementary groups of a container's process.
pub fn user_of(pod: &Pod, spec: &Spec, image: &Image) -> (u32, u32, Vec<u32>) {
    let container = spec.security_context.as_deref();
    let whole = pod.spec.security_context.as_deref();
    let uid = container.and_then(|it| it.run_as_user).or(whole.and_then(|it| it.run_as_user));
    let gid = container.and_then(|it| it.run_as_group).or(whole.and_then(|it| it.run_as_group));
    let uid_number = uid.map_or(image.uid, |it| it as u32);
    // A user other than the image's has no group in /etc/passwd: 0.
    let default_gid = if uid.is_none_or(|it| it as u32 == image.uid) { image.gid } else { 0 };
    let gid_number = gid.map_or(default_gid, |it| it as u32);
    let mut groups = vec![gid_number];
    let more = whole.into_iter().flat_map(|it| it.supplemental_groups.iter().copied().chain(it.fs_group));
    for group in more {
        if !groups.contains(&(group as u32)) {
            groups.push(group as u32);
        }
    }
    groups.stable_sort();
    (uid_number, gid_number, groups)
}

/// Everything a container's machine is built from.
pub fn config(node: &mut Node, env: &mut Env, recipe: &Recipe, container: &Container) -> Config {
    let (spec, image) = (&recipe.spec, &container.image);
    let empty = Pod::default();
    let object = recipe.pod.clone();
    let pod = object.view::<Pod>().unwrap_or(&empty);
    let before = (!container.started.is_zero()).then_some(container.started);
    let own = match &recipe.env {
        Some(fixed) => (**fixed).clone(),
        None => variables(node, env, &object, spec, before).unwrap_or_default(),
    };
    let hostname = host_name(pod, &node.spec.name);
    let look = |name: &str| own.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone());
    let command: Vec<String> = spec.command.iter().map(|it| expand(it, look)).collect();
    let args: Vec<String> = spec.args.iter().map(|it| expand(it, look)).collect();
    // A command without args replaces the image's CMD too.
    let argv = match (command.is_empty(), args.is_empty()) {
        (true, true) => [image.entrypoint.clone(), image.cmd.clone()].concat(),
        (true, false) => [image.entrypoint.clone(), args].concat(),
        (false, _) => [command, args].concat(),
    };
    let (uid, gid, groups) = user_of(pod, spec, image);
    let mut all: Pairs = image.env.iter().take(1).cloned().collect();
    all.push(("HOSTNAME".to_string(), hostname.clone()));
    if spec.tty {
        all.push(("TERM".to_string(), "xterm".to_string()));
    }
    for (name, value) in image.env.iter().skip(1).chain(&own) {
        match all.iter_mut().find(|(it, _)| it == name) {
            Some((_, old)) => *old = value.clone(),
            None => all.push((name.clone(), value.clone())),
        }
    }
    if !all.iter().any(|(name, _)| name == "HOME") {
        let home = if uid == 0 { "/root" } else { "/" };
        all.push(("HOME".to_string(), home.to_string()));
    }
    let ip = node.sandboxes.get(&container.sandbox).map(|it| it.ip);
    let mut files = vec![
        ("/etc/hostname".to_string(), format!("{hostname}\n").into_bytes()),
        ("/etc/hosts".to_string(), hosts_file(pod, &hostname, ip, env).into_bytes()),
        ("/etc/resolv.conf".to_string(), resolv_conf(pod, env).into_bytes()),
    ];
    if !spec.termination_message_path.is_empty() {
        files.push((spec.termination_message_path.to_string(), Vec::new()));
    }
    let mounts = volumes::container_mounts(node, env, recipe, &own);
    let security = spec.security_context.as_deref();
    Config {
        hostname,
        argv,
        env: all,
        cwd: if spec.working_dir.is_empty() { image.cwd.clone() } else { spec.working_dir.to_string() },
        uid,
        gid,
        groups,
        mounts,
        files,
        read_only_root: security.and_then(|it| it.read_only_root_filesystem).unwrap_or(false),
        limits: limits(node, spec),
        addresses: ip.into_iter().collect(),
        stdin: spec.stdin,
        stdin_once: spec.stdin_once,
        tty: spec.tty,
        seed: seed_of(&container.cri_id),
        message_path: spec.termination_message_path.to_string(),
        fallback_to_logs: spec.termination_message_policy == "FallbackToLogsOnError",
    }
}

/// Everything random in a container comes from its id: looking at it does not disturb the world.
fn seed_of(id: &str) -> u64 {
    let mut h = crate::sim::Hasher64::new();
    h.str(id);
    h.finish()
}

/// What a container's programs may use.
pub fn limits(node: &Node, spec: &Spec) -> Limits {
    let limit = |name: &str| spec.resources.limits.get(name).copied();
    Limits {
        memory: limit("memory").map(|it| it.value().max(0) as u64),
        cpu_milli: limit("cpu").map(|it| it.milli_value().max(1) as u64),
        cpu_request_milli: spec.resources.requests.get("cpu").map_or(0, |it| it.milli_value().max(0) as u64),
        total_memory: node.spec.memory,
        cores: node.spec.cpu,
        ..Limits::default()
    }
}

fn host_name(pod: &Pod, node: &str) -> String {
    let name = match &pod.spec.hostname_override {
        Some(name) => name.clone(),
        None if pod.spec.host_network => node.into(),
        None if !pod.spec.hostname.is_empty() => pod.spec.hostname.clone(),
        None => pod.metadata.name.clone(),
    };
    name.chars().take(63).collect::<String>().trim_end_matches(['-', '.']).to_string()
}

fn hosts_file(pod: &Pod, hostname: &str, ip: Option<IpAddr>, env: &Env) -> String {
    let mut text = String::from(
        "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n\
         fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n",
    );
    if let Some(ip) = ip {
        if pod.spec.subdomain.is_empty() {
            text.push_str(&format!("{ip}\t{hostname}\n"));
        } else {
            let (subdomain, namespace) = (&pod.spec.subdomain, &pod.metadata.namespace);
            let domain = &env.config.cluster_domain;
            text.push_str(&format!("{ip}\t{hostname}.{subdomain}.{namespace}.svc.{domain}\t{hostname}\n"));
        }
    }
    if !pod.spec.host_aliases.is_empty() {
        text.push_str("\n# Entries added by HostAliases.\n");
        for alias in &pod.spec.host_aliases {
            let names: Vec<&str> = alias.hostnames.iter().map(|it| it.as_str()).collect();
            text.push_str(&format!("{}\t{}\n", alias.ip, names.join("\t")));
        }
    }
    text
}

fn resolv_conf(pod: &Pod, env: &Env) -> String {
    let (namespace, domain) = (&pod.metadata.namespace, &env.config.cluster_domain);
    let cluster = match pod.spec.dns_policy.as_str() {
        "None" | "Default" => false,
        "ClusterFirst" | "" => !pod.spec.host_network,
        _ => true,
    };
    let mut searches: Vec<String> = Vec::new();
    let mut servers: Vec<String> = Vec::new();
    let mut options: Vec<String> = Vec::new();
    if cluster {
        servers.push(env.config.cluster_dns.to_string());
        searches = vec![format!("{namespace}.svc.{domain}"), format!("svc.{domain}"), domain.to_string()];
        options.push("ndots:5".to_string());
    } else if pod.spec.dns_policy != "None" {
        servers.push("192.168.49.1".to_string());
    }
    if let Some(config) = &pod.spec.dns_config {
        servers.extend(config.nameservers.iter().map(|it| it.to_string()));
        searches.extend(config.searches.iter().map(|it| it.to_string()));
        for option in &config.options {
            let value = option.value.as_ref().map_or_else(String::new, |it| format!(":{it}"));
            options.retain(|it| it.split(':').next() != Some(&*option.name));
            options.push(format!("{}{value}", option.name));
        }
    }
    let mut text = String::new();
    if !searches.is_empty() {
        text.push_str(&format!("search {}\n", searches.join(" ")));
    }
    for server in servers {
        text.push_str(&format!("nameserver {server}\n"));
    }
    if !options.is_empty() {
        text.push_str(&format!("options {}\n", options.join(" ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn variables_expand_as_kubernetes_expands_them() {
        let look = |name: &str| (name == "A").then(|| "1".to_string());
        for (text, expected) in [("$(A)-$(B)", "1-$(B)"), ("$$(A)", "$(A)"), ("$A $", "$A $"), ("$(A", "$(A")]
        {
            assert_eq!(expand(text, look), expected);
        }
    }
}
