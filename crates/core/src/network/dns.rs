//! Names: what CoreDNS answers for the cluster's domain, and the hosts outside.
//!
//! Mirrors the CoreDNS kubernetes plugin with the Corefile that kubeadm writes (`pods insecure`, ttl 30,
//! `forward . /etc/resolv.conf`). CoreDNS answers only while the kube-dns Service has a ready endpoint: stop its pods
//! and names stop resolving, as in life.

use std::net::{IpAddr, Ipv4Addr};

use api::discovery::v1::Endpoint;
use api::{Str, Timestamp};
use collections::OrdMap;
use os::{CallId, DnsAnswer, HostEvent, Record, RecordData, RecordType};

use super::proxy::{Rules, is_ready};
use super::{MachineId, NetnsId, Network};

/// kubernetes plugin's ttl in kubeadm's Corefile.
const TTL: u32 = 30;

/// Hosts outside the cluster that answer DNS (and ping). Their servers are not simulated: connections time out.
const OUTSIDE: &[(&str, [u8; 4])] = &[
    ("example.com", [93, 184, 215, 14]),
    ("www.example.com", [93, 184, 215, 14]),
    ("google.com", [142, 250, 74, 46]),
    ("www.google.com", [142, 250, 74, 36]),
    ("github.com", [140, 82, 121, 4]),
    ("kubernetes.io", [3, 33, 186, 135]),
    ("registry.k8s.io", [34, 96, 108, 209]),
    ("registry-1.docker.io", [98, 85, 153, 80]),
    ("docker.io", [98, 85, 153, 80]),
];

/// Settings and the zone outside.
#[derive(Clone, Debug)]
pub struct Dns {
    domain: Str,
    server: Option<IpAddr>,
    outside: OrdMap<Str, IpAddr>,
}

impl Dns {
    /// The cluster's names under `domain` ("cluster.local"), asked at the address `server`.
    pub fn new(domain: &str, server: &str) -> Dns {
        let outside = OUTSIDE.iter().map(|(name, ip)| (Str::new(name), IpAddr::from(*ip))).collect();
        Dns { domain: domain.into(), server: server.parse().ok(), outside }
    }

    /// Whether the address is a known host outside.
    pub fn is_host(&self, addr: IpAddr) -> bool {
        self.outside.values().any(|it| *it == addr)
    }
}

impl Network {
    /// One question of a machine to one server.
    pub(super) fn resolve(
        &mut self,
        now: Timestamp,
        machine: MachineId,
        from: NetnsId,
        call: CallId,
        server: IpAddr,
        name: &str,
        kind: RecordType,
    ) {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let (reachable, answer) = if Some(server) == self.dns.server {
            match self.proxy.by_ip(server) {
                Some((_, rules)) if rules.all_endpoints().any(is_ready) => (true, self.lookup(&name, kind)),
                _ => (false, DnsAnswer::Timeout),
            }
        } else {
            (true, self.outside(&name, kind))
        };
        // Nobody answers: the resolver's own timeout is what the program sees.
        if !reachable {
            return;
        }
        let Some(delay) = self.delay(Some(from), None) else { return };
        let inside = self.in_domain(&name);
        let delay = if inside { 2 * self.link_remote } else { 2 * delay + 12_000 };
        self.answer(Timestamp(now.0 + delay), machine, HostEvent::Resolved { call, answer });
    }

    fn in_domain(&self, name: &str) -> bool {
        name.ends_with(&*self.dns.domain) || name.ends_with("in-addr.arpa")
    }

    /// The answer of the cluster's DNS server.
    pub fn lookup(&self, name: &str, kind: RecordType) -> DnsAnswer {
        if kind == RecordType::PTR {
            return self.reverse(name);
        }
        let domain = &*self.dns.domain;
        let Some(rest) = name.strip_suffix(domain) else { return self.outside(name, kind) };
        let Some(rest) = rest.strip_suffix('.') else {
            return if rest.is_empty() { DnsAnswer::Records(Vec::new()) } else { self.outside(name, kind) };
        };
        let labels: Vec<&str> = rest.split('.').collect();
        match labels.as_slice() {
            ["svc"] | ["pod"] => DnsAnswer::Records(Vec::new()),
            ["dns-version"] if kind == RecordType::TXT => {
                DnsAnswer::Records(vec![record(name, RecordData::Txt("1.1.0".to_string()))])
            }
            [.., namespace, "svc"] => self.service(name, namespace, &labels[..labels.len() - 2], kind),
            [ip, _, "pod"] => match ip.replace('-', ".").parse::<Ipv4Addr>() {
                Ok(ip) if kind == RecordType::A => {
                    DnsAnswer::Records(vec![record(name, RecordData::Address(ip.into()))])
                }
                Ok(_) => DnsAnswer::Records(Vec::new()),
                Err(_) => DnsAnswer::NxDomain,
            },
            _ => DnsAnswer::NxDomain,
        }
    }

    /// `web`, `web-0.web`, `_http._tcp.web` in a namespace.
    fn service(&self, name: &str, namespace: &str, labels: &[&str], kind: RecordType) -> DnsAnswer {
        let Some((service_name, before)) = labels.split_last() else {
            // The namespace alone: it exists as a name if it holds any Service.
            let exists = self.proxy.iter().any(|(key, _)| key.namespace == namespace);
            return if exists { DnsAnswer::Records(Vec::new()) } else { DnsAnswer::NxDomain };
        };
        let Some(rules) = self.proxy.get(namespace, service_name) else { return DnsAnswer::NxDomain };
        let Some(spec) = rules.spec() else { return DnsAnswer::NxDomain };
        if spec.type_ == "ExternalName" {
            return self.external_name(name, &spec.external_name, before, kind);
        }
        let base = format!("{service_name}.{namespace}.svc.{}", self.dns.domain);
        match before {
            [port, protocol] if port.starts_with('_') => {
                srv(name, &base, rules, port.trim_start_matches('_'), protocol.trim_start_matches('_'), kind)
            }
            [] => {
                let addresses = if spec.cluster_ip == "None" {
                    published(rules)
                        .flat_map(|it| it.addresses.iter())
                        .filter_map(|ip| ip.parse().ok())
                        .collect()
                } else {
                    spec.cluster_ips.iter().filter_map(|ip| ip.parse().ok()).collect::<Vec<IpAddr>>()
                };
                if addresses.is_empty() && spec.cluster_ip == "None" {
                    return DnsAnswer::NxDomain;
                }
                if kind == RecordType::SRV {
                    return srv(name, &base, rules, "*", "*", kind);
                }
                DnsAnswer::Records(address_records(name, &addresses, kind))
            }
            [host] if spec.cluster_ip == "None" => {
                let of_host: Vec<IpAddr> = published(rules)
                    .filter(|it| endpoint_name(it) == **host)
                    .flat_map(|it| it.addresses.iter())
                    .filter_map(|ip| ip.parse().ok())
                    .collect();
                if of_host.is_empty() {
                    DnsAnswer::NxDomain
                } else {
                    DnsAnswer::Records(address_records(name, &of_host, kind))
                }
            }
            _ => DnsAnswer::NxDomain,
        }
    }

    fn external_name(&self, name: &str, target: &str, before: &[&str], kind: RecordType) -> DnsAnswer {
        if !before.is_empty() {
            return DnsAnswer::NxDomain;
        }
        let target = target.trim_end_matches('.').to_ascii_lowercase();
        let mut records = vec![record(name, RecordData::Cname(target.clone()))];
        // One step is followed; a chain of ExternalNames ends there.
        let next = if self.in_domain(&target) {
            self.lookup_plain(&target, kind)
        } else {
            self.outside(&target, kind)
        };
        if let DnsAnswer::Records(more) = next {
            records.extend(more);
        }
        DnsAnswer::Records(records)
    }

    /// The address records of a Service that is no ExternalName.
    fn lookup_plain(&self, name: &str, kind: RecordType) -> DnsAnswer {
        let rest = name.strip_suffix(&*self.dns.domain).and_then(|rest| rest.strip_suffix('.'));
        let labels: Vec<&str> = rest.unwrap_or("").split('.').collect();
        let [service, namespace, "svc"] = labels.as_slice() else { return DnsAnswer::NxDomain };
        match self.proxy.get(namespace, service).and_then(Rules::spec) {
            Some(spec) if spec.type_ != "ExternalName" => self.service(name, namespace, &labels[..1], kind),
            _ => DnsAnswer::NxDomain,
        }
    }

    fn outside(&self, name: &str, kind: RecordType) -> DnsAnswer {
        match self.dns.outside.get(name) {
            Some(ip) => DnsAnswer::Records(address_records(name, &[*ip], kind)),
            // A node's own resolver knows the nodes by name.
            None => match self
                .netns
                .values()
                .find(|it| it.id.sandbox == super::SandboxId::HOST && it.owner == name)
            {
                Some(node) => DnsAnswer::Records(address_records(name, &[node.ip], kind)),
                None => DnsAnswer::NxDomain,
            },
        }
    }

    fn reverse(&self, name: &str) -> DnsAnswer {
        let Some(reversed) = name.strip_suffix(".in-addr.arpa") else { return DnsAnswer::NxDomain };
        let octets: Vec<&str> = reversed.split('.').rev().collect();
        let Ok(ip) = octets.join(".").parse::<IpAddr>() else { return DnsAnswer::NxDomain };
        let domain = &self.dns.domain;
        if let Some((key, _)) = self.proxy.by_ip(ip) {
            let target = format!("{}.{}.svc.{domain}", key.name, key.namespace);
            return DnsAnswer::Records(vec![record(name, RecordData::Ptr(target))]);
        }
        let mut records = Vec::new();
        for (key, rules) in self.proxy.iter() {
            for endpoint in published(rules).filter(|it| it.addresses.iter().any(|a| a.parse() == Ok(ip))) {
                let target =
                    format!("{}.{}.{}.svc.{domain}", endpoint_name(endpoint), key.name, key.namespace);
                records.push(record(name, RecordData::Ptr(target)));
            }
        }
        if records.is_empty() { DnsAnswer::NxDomain } else { DnsAnswer::Records(records) }
    }
}

fn record(name: &str, data: RecordData) -> Record {
    Record { name: name.to_string(), ttl: TTL, data }
}

fn address_records(name: &str, addresses: &[IpAddr], kind: RecordType) -> Vec<Record> {
    let wanted = addresses.iter().filter(|ip| match kind {
        RecordType::A => ip.is_ipv4(),
        RecordType::AAAA => ip.is_ipv6(),
        _ => false,
    });
    wanted.map(|ip| record(name, RecordData::Address(*ip))).collect()
}

/// Endpoints that DNS shows: ready ones (a Service that publishes unready ones has them marked ready in its slices).
fn published(rules: &Rules) -> impl Iterator<Item = &Endpoint> {
    rules.all_endpoints().filter(|endpoint| is_ready(endpoint))
}

/// The endpoint's host name: the pod's, or its address with dashes.
fn endpoint_name(endpoint: &Endpoint) -> String {
    match &endpoint.hostname {
        Some(name) if !name.is_empty() => name.to_string(),
        _ => endpoint.addresses.first().map_or_else(String::new, |ip| ip.replace('.', "-")),
    }
}

fn srv(name: &str, base: &str, rules: &Rules, port: &str, protocol: &str, kind: RecordType) -> DnsAnswer {
    let Some(spec) = rules.spec() else { return DnsAnswer::NxDomain };
    let matching = |it: &&api::core::v1::ServicePort| {
        (port == "*" || it.name == port) && (protocol == "*" || it.protocol.eq_ignore_ascii_case(protocol))
    };
    let mut records = Vec::new();
    let mut known = false;
    for it in spec.ports.iter().filter(matching) {
        known = true;
        if spec.cluster_ip == "None" {
            for (endpoint, number) in rules.endpoints(&it.name).filter(|(endpoint, _)| is_ready(endpoint)) {
                let target = format!("{}.{base}", endpoint_name(endpoint));
                records
                    .push(record(name, RecordData::Srv { priority: 0, weight: 100, port: number, target }));
            }
        } else {
            let data =
                RecordData::Srv { priority: 0, weight: 100, port: it.port as u16, target: base.to_string() };
            records.push(record(name, data));
        }
    }
    if !known {
        return DnsAnswer::NxDomain;
    }
    if kind != RecordType::SRV {
        records.clear();
    }
    DnsAnswer::Records(records)
}
