//! Validation of Services. Mirrors ValidateService and ValidateServiceUpdate in pkg/apis/core/validation.

use std::net::IpAddr;

use api::core::v1::Service;
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;
use api::{IntOrString, Str};

use crate::apiserver::validation::{FIELD_IMMUTABLE, validate_labels};

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
/// A day.
const MAX_AFFINITY_SECONDS: i32 = 86_400;

pub(super) fn validate_service(service: &Service) -> ErrorList {
    let (spec, path) = (&service.spec, Path::new("spec"));
    let mut errors = ErrorList::new();
    let headless = spec.cluster_ip == "None";
    let ports = path.child("ports");
    if spec.ports.is_empty() && !headless && spec.type_ != "ExternalName" {
        errors.push(Error::required(&ports, ""));
    }
    match spec.type_.as_str() {
        "LoadBalancer" | "NodePort" if headless => {
            let why = if spec.type_ == "NodePort" {
                "may not be set to 'None' for NodePort services"
            } else {
                "may not be set to 'None' for LoadBalancer services"
            };
            errors.push(Error::invalid(&path.child("clusterIPs").index(0), "None", why));
        }
        "ExternalName" => validate_external_name(service, &path, &mut errors),
        _ => {}
    }
    validate_ports(service, &ports, &mut errors);
    errors.extend(validate_labels(&spec.selector, &path.child("selector")));
    validate_affinity(service, &path, &mut errors);
    for (index, ip) in spec.external_ips.iter().enumerate() {
        let at = path.child("externalIPs").index(index);
        if ip.parse::<IpAddr>().is_err() {
            errors.push(Error::invalid(
                &at,
                ip,
                "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
            ));
        } else {
            errors.extend(validate_endpoint_ip(ip, &at));
        }
    }
    if spec.type_.is_empty() {
        errors.push(Error::required(&path.child("type"), ""));
    } else if !TYPES.contains(&spec.type_.as_str()) {
        errors.push(Error::not_supported(&path.child("type"), &spec.type_, &TYPES));
    }
    validate_cluster_ips(service, &path, &mut errors);
    validate_node_port_use(service, &ports, &mut errors);
    validate_policies(service, &path, &mut errors);
    errors
}

fn validate_external_name(service: &Service, path: &Path, errors: &mut ErrorList) {
    let spec = &service.spec;
    if !spec.cluster_ip.is_empty() || !spec.cluster_ips.is_empty() {
        errors.push(Error::forbidden(&path.child("clusterIPs"), "may not be set for ExternalName services"));
    }
    // A trailing dot is allowed.
    let name = spec.external_name.strip_suffix('.').unwrap_or(&spec.external_name);
    if name.is_empty() {
        errors.push(Error::required(&path.child("externalName"), ""));
    } else {
        for message in names::is_dns1123_subdomain(name) {
            errors.push(Error::invalid(&path.child("externalName"), &spec.external_name, &message));
        }
    }
}

fn validate_ports(service: &Service, path: &Path, errors: &mut ErrorList) {
    let headless = service.spec.cluster_ip == "None";
    let many = service.spec.ports.len() > 1;
    let mut names_seen: Vec<&Str> = Vec::new();
    for (index, port) in service.spec.ports.iter().enumerate() {
        let at = path.index(index);
        if port.name.is_empty() && many {
            errors.push(Error::required(&at.child("name"), ""));
        } else if !port.name.is_empty() {
            for message in names::is_dns1123_label(&port.name) {
                errors.push(Error::invalid(&at.child("name"), &port.name, &message));
            }
            if names_seen.contains(&&port.name) {
                errors.push(Error::duplicate(&at.child("name"), &port.name));
            }
            names_seen.push(&port.name);
        }
        for message in names::is_valid_port_num(port.port) {
            errors.push(Error::invalid(&at.child("port"), port.port, &message));
        }
        if port.protocol.is_empty() {
            errors.push(Error::required(&at.child("protocol"), ""));
        } else if !PROTOCOLS.contains(&port.protocol.as_str()) {
            errors.push(Error::not_supported(&at.child("protocol"), &port.protocol, &PROTOCOLS));
        }
        match &port.target_port {
            IntOrString::Int(number) => {
                for message in names::is_valid_port_num(*number) {
                    errors.push(Error::invalid(&at.child("targetPort"), *number, &message));
                }
            }
            IntOrString::String(name) => {
                for message in names::is_valid_port_name(name) {
                    errors.push(Error::invalid(&at.child("targetPort"), name, &message));
                }
            }
        }
        if headless && port.node_port != 0 {
            let why = "may not be set for headless services";
            errors.push(Error::forbidden(&at.child("nodePort"), why));
        }
    }
    let mut seen: Vec<(i32, &Str)> = Vec::new();
    for (index, port) in service.spec.ports.iter().enumerate() {
        let key = (port.port, &port.protocol);
        if seen.contains(&key) {
            // Upstream shows a ServicePort with these two fields set, by the names of the internal type.
            let value = serde_json::json!({
                "Name": "", "Protocol": port.protocol.as_str(), "AppProtocol": null, "Port": port.port,
                "TargetPort": 0, "NodePort": 0,
            });
            errors.push(Error::duplicate(&path.index(index), value));
        }
        seen.push(key);
    }
}

fn validate_affinity(service: &Service, path: &Path, errors: &mut ErrorList) {
    let spec = &service.spec;
    match spec.session_affinity.as_str() {
        "" => errors.push(Error::required(&path.child("sessionAffinity"), "")),
        "None" | "ClientIP" => {}
        other => {
            errors.push(Error::not_supported(&path.child("sessionAffinity"), other, &["ClientIP", "None"]));
        }
    }
    let seconds = spec
        .session_affinity_config
        .as_ref()
        .and_then(|c| c.client_ip.as_ref())
        .and_then(|c| c.timeout_seconds);
    if let Some(seconds) = seconds.filter(|seconds| *seconds <= 0 || *seconds > MAX_AFFINITY_SECONDS) {
        let at = path.child("sessionAffinityConfig").child("clientIP").child("timeoutSeconds");
        let why = format!("must be greater than 0 and less than {MAX_AFFINITY_SECONDS}");
        errors.push(Error::invalid(&at, seconds, &why));
    }
}

fn validate_cluster_ips(service: &Service, path: &Path, errors: &mut ErrorList) {
    let spec = &service.spec;
    if spec.type_ == "ExternalName" {
        return;
    }
    let at = path.child("clusterIPs");
    for (index, ip) in spec.cluster_ips.iter().enumerate() {
        if ip == "None" {
            if index > 0 || spec.cluster_ips.len() > 1 {
                let why = "'None' must be the first and only value";
                errors.push(Error::invalid(&at, strings(&spec.cluster_ips), why));
                return;
            }
        } else if ip.parse::<IpAddr>().is_err() {
            let why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
            errors.push(Error::invalid(&at.index(index), ip, why));
        }
    }
    if spec.cluster_ips.first().is_some_and(|first| !spec.cluster_ip.is_empty() && *first != spec.cluster_ip)
    {
        let why = "first value must match `clusterIP`";
        errors.push(Error::invalid(&at, strings(&spec.cluster_ips), why));
    }
}

fn strings(list: &[Str]) -> Vec<&str> {
    list.iter().map(Str::as_str).collect()
}

/// Node ports belong to NodePort and LoadBalancer Services, each at most once.
fn validate_node_port_use(service: &Service, path: &Path, errors: &mut ErrorList) {
    let allowed = matches!(service.spec.type_.as_str(), "NodePort" | "LoadBalancer");
    let mut seen: Vec<(i32, &Str)> = Vec::new();
    for (index, port) in service.spec.ports.iter().enumerate() {
        if port.node_port == 0 {
            continue;
        }
        let at = path.index(index).child("nodePort");
        if !allowed {
            let why = format!("may not be used when `type` is '{}'", service.spec.type_);
            errors.push(Error::forbidden(&at, &why));
        }
        let key = (port.node_port, &port.protocol);
        if seen.contains(&key) {
            errors.push(Error::duplicate(&at, port.node_port));
        }
        seen.push(key);
    }
}

fn validate_policies(service: &Service, path: &Path, errors: &mut ErrorList) {
    let spec = &service.spec;
    let external = matches!(spec.type_.as_str(), "NodePort" | "LoadBalancer");
    let at = path.child("externalTrafficPolicy");
    match spec.external_traffic_policy.as_str() {
        "" => {}
        _ if !external && spec.external_ips.is_empty() => {
            let why = "may only be set for externally-accessible services";
            errors.push(Error::invalid(&at, &spec.external_traffic_policy, why));
        }
        "Cluster" | "Local" => {}
        other => errors.push(Error::not_supported(&at, other, &["Cluster", "Local"])),
    }
    if let Some(policy) =
        spec.internal_traffic_policy.as_deref().filter(|policy| !matches!(*policy, "Cluster" | "Local"))
    {
        let at = path.child("internalTrafficPolicy");
        errors.push(Error::not_supported(&at, policy, &["Cluster", "Local"]));
    }
    if spec.type_ != "LoadBalancer" {
        if spec.allocate_load_balancer_node_ports.is_some() {
            let why = "may only be used when `type` is 'LoadBalancer'";
            errors.push(Error::forbidden(&path.child("allocateLoadBalancerNodePorts"), why));
        }
        if spec.load_balancer_class.is_some() {
            let why = "may only be used when `type` is 'LoadBalancer'";
            errors.push(Error::forbidden(&path.child("loadBalancerClass"), why));
        }
    }
}

pub(super) fn validate_service_update(service: &Service, old: &Service) -> ErrorList {
    let mut errors = ErrorList::new();
    let path = Path::new("spec");
    let external = |service: &Service| service.spec.type_ == "ExternalName";
    // Upgrading from and downgrading to ExternalName may change the address; nothing else may.
    if !external(service) && !external(old) {
        let (new_ips, old_ips) = (&service.spec.cluster_ips, &old.spec.cluster_ips);
        if let (Some(new), Some(old)) = (new_ips.first(), old_ips.first()) {
            if new != old {
                let at = path.child("clusterIPs").index(0);
                errors.push(Error::invalid(&at, strings(new_ips), "may not change once set"));
            }
        } else if !old_ips.is_empty() && new_ips.is_empty() {
            let at = path.child("clusterIPs").index(0);
            errors.push(Error::invalid(&at, strings(new_ips), "primary clusterIP can not be unset"));
        }
    }
    if old.spec.type_ == "LoadBalancer"
        && service.spec.type_ == "LoadBalancer"
        && service.spec.load_balancer_class != old.spec.load_balancer_class
    {
        let given = service.spec.load_balancer_class.as_deref().unwrap_or("");
        errors.push(Error::invalid(&path.child("loadBalancerClass"), given, FIELD_IMMUTABLE));
    }
    errors.extend(validate_service(service));
    errors
}

/// Mirrors GetWarningsForService.
pub(super) fn warnings(service: &Service) -> Vec<Str> {
    let mut warnings: Vec<Str> = Vec::new();
    let path = Path::new("spec");
    if !service.spec.external_ips.is_empty() {
        let at = path.child("externalIPs");
        warnings.push(format!("{at} is deprecated and may no longer be implemented in some clusters").into());
    }
    let headless = service.spec.cluster_ip == "None";
    if headless && service.spec.type_ == "ClusterIP" {
        if !service.spec.load_balancer_ip.is_empty() {
            warnings.push("spec.loadBalancerIP is ignored for headless services".into());
        }
        if !service.spec.external_ips.is_empty() {
            warnings.push("spec.externalIPs is ignored for headless services".into());
        }
        if service.spec.session_affinity != "None" {
            warnings.push("spec.SessionAffinity is ignored for headless services".into());
        }
    }
    warnings
}

/// Addresses that nobody outside a host can be reached at. Mirrors ValidateNonSpecialIP and ValidateEndpointIP.
pub fn validate_endpoint_ip(address: &str, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Ok(ip) = address.parse::<IpAddr>() else {
        let why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
        errors.push(Error::invalid(path, address, why));
        return errors;
    };
    if ip.is_unspecified() {
        errors.push(Error::invalid(path, address, "may not be unspecified (0.0.0.0 or ::)"));
    }
    if ip.is_loopback() {
        errors.push(Error::invalid(path, address, "may not be in the loopback range (127.0.0.0/8, ::1/128)"));
    }
    if matches!(ip, IpAddr::V4(v4) if v4.is_link_local()) {
        errors.push(Error::invalid(
            path,
            address,
            "may not be in the link-local range (169.254.0.0/16, fe80::/10)",
        ));
    }
    if matches!(ip, IpAddr::V4(v4) if v4.octets()[..3] == [224, 0, 0]) {
        errors.push(Error::invalid(
            path,
            address,
            "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
        ));
    }
    errors
}
