//! Cluster addresses and node ports of Services: taken on create and update by the same code, kept across updates.
//! Mirrors pkg/registry/core/service/storage/alloc.go and strategy.go.

use std::net::Ipv4Addr;

use api::core::v1::Service;
use api::meta::field::{Error, ErrorList, Path};
use api::{Kind, Status};

use crate::apiserver::allocation::{FIRST_NODE_PORT, LAST_NODE_PORT, Refusal, SERVICE_CIDR};
use crate::apiserver::strategy::StrategyContext;

fn has_node_ports(service: &Service) -> bool {
    match service.spec.type_.as_str() {
        "NodePort" => true,
        "LoadBalancer" => service.spec.allocate_load_balancer_node_ports.unwrap_or(true),
        _ => false,
    }
}

fn is_external_name(service: &Service) -> bool {
    service.spec.type_ == "ExternalName"
}

/// An update that leaves out what the server once filled in keeps it. Mirrors patchAllocatedValues.
pub(super) fn patch_allocated_values(service: &mut Service, old: &Service) {
    if !is_external_name(service) && !is_external_name(old) {
        if service.spec.cluster_ip.is_empty() {
            service.spec.cluster_ip = old.spec.cluster_ip.clone();
        }
        if service.spec.cluster_ips.is_empty() && service.spec.cluster_ip == old.spec.cluster_ip {
            service.spec.cluster_ips = old.spec.cluster_ips.clone();
        }
        if service.spec.ip_families.is_empty() {
            service.spec.ip_families = old.spec.ip_families.clone();
        }
        if service.spec.ip_family_policy.is_none() {
            service.spec.ip_family_policy = old.spec.ip_family_policy.clone();
        }
    }
    if has_node_ports(service) && matches!(old.spec.type_.as_str(), "NodePort" | "LoadBalancer") {
        patch_node_ports(service, old);
    }
    let local = |service: &Service| {
        service.spec.type_ == "LoadBalancer" && service.spec.external_traffic_policy == "Local"
    };
    if local(service) && local(old) && service.spec.health_check_node_port == 0 {
        service.spec.health_check_node_port = old.spec.health_check_node_port;
    }
}

/// A port without node port takes that of the old port with the same port and protocol.
fn patch_node_ports(service: &mut Service, old: &Service) {
    let mut used: Vec<i32> =
        service.spec.ports.iter().map(|port| port.node_port).filter(|port| *port != 0).collect();
    for port in service.spec.ports.iter_mut().filter(|port| port.node_port == 0) {
        let same = |known: &&api::core::v1::ServicePort| {
            known.port == port.port && known.protocol == port.protocol && !used.contains(&known.node_port)
        };
        if let Some(known) = old.spec.ports.iter().find(same) {
            port.node_port = known.node_port;
            used.push(known.node_port);
        }
    }
}

/// `clusterIP` is the first of `clusterIPs`; changing only one of them moves the other along.
pub(super) fn normalize_cluster_ips(service: &mut Service, old: &Service) {
    let spec = &mut service.spec;
    let single_changed = spec.cluster_ip != old.spec.cluster_ip;
    let list_changed = spec.cluster_ips != old.spec.cluster_ips;
    if single_changed && !list_changed {
        spec.cluster_ips =
            if spec.cluster_ip.is_empty() { Vec::new() } else { vec![spec.cluster_ip.clone()] };
    }
}

/// What a type had and another type has not goes when only the type changes. Mirrors dropTypeDependentFields.
pub(super) fn drop_type_dependent_fields(service: &mut Service, old: &Service) {
    let needs_ip = |service: &Service| !is_external_name(service);
    if needs_ip(old) && !needs_ip(service) {
        let spec = &mut service.spec;
        if spec.cluster_ips == old.spec.cluster_ips {
            spec.cluster_ip = "".into();
            spec.cluster_ips.clear();
        }
        if spec.ip_families == old.spec.ip_families {
            spec.ip_families.clear();
            spec.ip_family_policy = None;
        }
        spec.internal_traffic_policy = None;
    }
    let may_have_ports =
        |service: &Service| matches!(service.spec.type_.as_str(), "NodePort" | "LoadBalancer");
    if may_have_ports(old) && !may_have_ports(service) {
        let node_ports =
            |service: &Service| service.spec.ports.iter().map(|port| port.node_port).collect::<Vec<_>>();
        if node_ports(service).iter().all(|port| node_ports(old).contains(port)) {
            service.spec.ports.iter_mut().for_each(|port| port.node_port = 0);
        }
        if service.spec.external_traffic_policy == old.spec.external_traffic_policy {
            service.spec.external_traffic_policy = "".into();
        }
        if service.spec.health_check_node_port == old.spec.health_check_node_port {
            service.spec.health_check_node_port = 0;
        }
    }
    if old.spec.type_ == "LoadBalancer" && service.spec.type_ != "LoadBalancer" {
        service.spec.allocate_load_balancer_node_ports = None;
        service.spec.load_balancer_class = None;
        service.status.load_balancer = Default::default();
    }
}

fn invalid(service: &Service, error: Error) -> Status {
    Status::invalid(&Service::GVK, &service.metadata.name, &ErrorList(vec![error]))
}

/// Fills in and takes what the Service needs.
pub(super) fn allocate(
    cx: &mut StrategyContext,
    service: &mut Service,
    old: Option<&Service>,
) -> Result<(), Status> {
    if !is_external_name(service) {
        init_ip_families(service);
        allocate_cluster_ip(cx, service, old)?;
    }
    allocate_node_ports(cx, service, old)
}

fn init_ip_families(service: &mut Service) {
    let spec = &mut service.spec;
    spec.ip_family_policy.get_or_insert_with(|| "SingleStack".into());
    if spec.ip_families.is_empty() {
        let six = spec.cluster_ips.first().is_some_and(|ip| ip.contains(':'));
        spec.ip_families = vec![(if six { "IPv6" } else { "IPv4" }).into()];
    }
}

fn allocate_cluster_ip(
    cx: &mut StrategyContext,
    service: &mut Service,
    old: Option<&Service>,
) -> Result<(), Status> {
    let spec = &mut service.spec;
    if spec.cluster_ips.is_empty() && !spec.cluster_ip.is_empty() {
        spec.cluster_ips = vec![spec.cluster_ip.clone()];
    }
    let path = Path::new("spec").child("clusterIPs");
    let Some(wanted) = spec.cluster_ips.first().cloned() else {
        let free = cx
            .allocations
            .free_address(cx.rng)
            .ok_or_else(|| Status::internal_error("failed to allocate a serviceIP: range is full"))?;
        spec.cluster_ip = free.to_string().into();
        spec.cluster_ips = vec![spec.cluster_ip.clone()];
        return Ok(());
    };
    spec.cluster_ip = wanted.clone();
    if wanted == "None" || old.is_some_and(|old| old.spec.cluster_ips.contains(&wanted)) {
        return Ok(());
    }
    let Ok(address) = wanted.parse::<Ipv4Addr>() else { return Ok(()) };
    let shown = vec![wanted.as_str()];
    let why = match cx.allocations.check_address(address) {
        Ok(()) => return Ok(()),
        Err(Refusal::OutOfRange) => {
            format!(
                "failed to allocate IP {wanted}: the provided IP ({wanted}) is not in the valid range. The range of valid IPs is {SERVICE_CIDR}"
            )
        }
        Err(_) => format!("failed to allocate IP {wanted}: provided IP is already allocated"),
    };
    Err(invalid(service, Error::invalid(&path, shown, &why)))
}

fn allocate_node_ports(
    cx: &mut StrategyContext,
    service: &mut Service,
    old: Option<&Service>,
) -> Result<(), Status> {
    let held: Vec<i32> =
        old.map_or_else(Vec::new, |old| old.spec.ports.iter().map(|port| port.node_port).collect());
    let mut taken: Vec<i32> = Vec::new();
    for index in 0..service.spec.ports.len() {
        let wanted = service.spec.ports[index].node_port;
        if wanted == 0 || held.contains(&wanted) || taken.contains(&wanted) {
            taken.extend([wanted].iter().filter(|port| **port != 0));
            continue;
        }
        let path = Path::new("spec").child("ports").index(index).child("nodePort");
        let why = match cx.allocations.check_node_port(wanted) {
            Ok(()) => {
                taken.push(wanted);
                continue;
            }
            Err(Refusal::OutOfRange) => {
                format!(
                    "provided port is not in the valid range. The range of valid ports is {FIRST_NODE_PORT}-{LAST_NODE_PORT}"
                )
            }
            Err(_) => "provided port is already allocated".to_owned(),
        };
        return Err(invalid(service, Error::invalid(&path, wanted, &why)));
    }
    if has_node_ports(service) {
        for index in 0..service.spec.ports.len() {
            if service.spec.ports[index].node_port != 0 {
                continue;
            }
            let full = || Status::internal_error("failed to allocate a nodePort: range is full");
            let port = cx.allocations.free_node_port(cx.rng, &taken).ok_or_else(full)?;
            service.spec.ports[index].node_port = port;
            taken.push(port);
        }
    }
    let spec = &mut service.spec;
    if spec.type_ == "LoadBalancer"
        && spec.external_traffic_policy == "Local"
        && spec.health_check_node_port == 0
    {
        let full = || Status::internal_error("failed to allocate a HealthCheck NodePort: range is full");
        spec.health_check_node_port = cx.allocations.free_node_port(cx.rng, &taken).ok_or_else(full)?;
    }
    Ok(())
}
