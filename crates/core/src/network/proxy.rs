//! kube-proxy: from a Service's address to one of its endpoints.
//!
//! Mirrors the iptables mode of k8s.io/kubernetes/pkg/proxy: a random ready endpoint per connection, ClientIP affinity,
//! a refusal (REJECT) when there is none, endpoints that are terminating but still serving as a last resort, and
//! `Local` traffic policies. All nodes' rules are one table here, since all kube-proxies see the same objects.

use std::net::IpAddr;

use api::core::v1::Service;
use api::discovery::v1::{Endpoint, EndpointSlice};
use api::{Key, Object, Str, Timestamp};
use collections::OrdMap;

use super::{NetnsId, Network};
use crate::client::Change;

const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";
/// Default of `sessionAffinityConfig.clientIP.timeoutSeconds`: 3 hours.
const AFFINITY_SECONDS: i32 = 10_800;

/// Where a connection goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A port of a namespace; `service` names the Service whose rule was used, if one was.
    Pod { netns: NetnsId, port: u16, service: Str },
    /// The address belongs to a Service without ready endpoints: refused.
    NoEndpoints(Str),
    /// No such address: no route to host.
    Unreachable,
    /// An address that swallows packets (a pod that is gone, a host outside without such a port).
    Lost,
}

/// One Service with its slices.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// `None` while only slices are known.
    pub service: Option<Object>,
    /// By name.
    pub slices: OrdMap<Str, Object>,
}

/// Indexes of Services and their endpoints.
#[derive(Clone, Debug, Default)]
pub struct Proxy {
    rules: OrdMap<Key, Rules>,
    by_ip: OrdMap<IpAddr, Key>,
    by_node_port: OrdMap<u16, Key>,
}

impl Rules {
    /// The Service's spec; `None` while only its EndpointSlices are known.
    pub fn spec(&self) -> Option<&api::core::v1::ServiceSpec> {
        self.service.as_ref()?.view::<Service>().map(|service| &service.spec)
    }

    /// Endpoints of the port called `name`, with the port number of their slice.
    pub fn endpoints<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a Endpoint, u16)> + 'a {
        self.slices.values().filter_map(|object| object.view::<EndpointSlice>()).flat_map(move |slice| {
            let port = slice.ports.iter().find(|port| port.name.as_deref().unwrap_or("") == name);
            let port = port.and_then(|port| u16::try_from(port.port?).ok());
            slice.endpoints.iter().filter_map(move |endpoint| Some((endpoint, port?)))
        })
    }

    /// All endpoints, whatever their ports (DNS of headless Services).
    pub fn all_endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.slices
            .values()
            .filter_map(|object| object.view::<EndpointSlice>())
            .flat_map(|slice| &slice.endpoints)
    }
}

/// Nil means ready, as in the API.
pub fn is_ready(endpoint: &Endpoint) -> bool {
    endpoint.conditions.ready.unwrap_or(true)
}

fn serves_while_terminating(endpoint: &Endpoint) -> bool {
    let conditions = &endpoint.conditions;
    conditions.serving.unwrap_or(true) && conditions.terminating.unwrap_or(false)
}

impl Proxy {
    /// True for commits that can change rules: Services and EndpointSlices.
    pub fn interested(change: &Change) -> bool {
        let subject = change.subject();
        subject.view::<Service>().is_some() || subject.view::<EndpointSlice>().is_some()
    }

    /// Takes such a commit in.
    pub fn observe(&mut self, change: &Change) {
        let subject = change.subject();
        if subject.view::<Service>().is_some() {
            self.set_service(change.key.clone(), change.object.clone());
        } else if subject.view::<EndpointSlice>().is_some() {
            let name = subject.meta().label(SERVICE_NAME_LABEL);
            if name.is_empty() {
                return;
            }
            let key = Key::new(&change.key.namespace, name);
            let rules = self.rules.entry(key.clone()).or_default();
            match &change.object {
                Some(slice) => {
                    rules.slices.insert(change.key.name.clone(), slice.clone());
                }
                None => {
                    rules.slices.remove(&change.key.name);
                }
            }
            if rules.service.is_none() && rules.slices.is_empty() {
                self.rules.remove(&key);
            }
        }
    }

    fn set_service(&mut self, key: Key, service: Option<Object>) {
        self.by_ip.retain(|_, it| *it != key);
        self.by_node_port.retain(|_, it| *it != key);
        if let Some(service) = service.as_ref().and_then(|object| object.view::<Service>()) {
            let spec = &service.spec;
            let ingress = service.status.load_balancer.ingress.iter().map(|it| &it.ip);
            for ip in
                spec.cluster_ips.iter().chain([&spec.cluster_ip]).chain(&spec.external_ips).chain(ingress)
            {
                if let Ok(ip) = ip.parse::<IpAddr>() {
                    self.by_ip.insert(ip, key.clone());
                }
            }
            for port in spec.ports.iter().filter(|port| port.node_port != 0) {
                self.by_node_port.insert(port.node_port as u16, key.clone());
            }
        }
        let rules = self.rules.entry(key.clone()).or_default();
        rules.service = service;
        if rules.service.is_none() && rules.slices.is_empty() {
            self.rules.remove(&key);
        }
    }

    /// The rules of one Service.
    pub fn get(&self, namespace: &str, name: &str) -> Option<&Rules> {
        self.rules.get(&Key::new(namespace, name))
    }

    /// The Service that has this cluster address.
    pub fn by_ip(&self, ip: IpAddr) -> Option<(&Key, &Rules)> {
        let key = self.by_ip.get(&ip)?;
        Some((key, self.rules.get(key)?))
    }

    /// The Service that has this node port.
    pub fn by_node_port(&self, port: u16) -> Option<(&Key, &Rules)> {
        let key = self.by_node_port.get(&port)?;
        Some((key, self.rules.get(key)?))
    }

    /// All Services in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Rules)> {
        self.rules.iter()
    }
}

impl Network {
    /// Where a connection to `addr:port` goes. `from` is the client's namespace, `None` outside the cluster.
    pub(super) fn route(
        &mut self,
        now: Timestamp,
        from: Option<NetnsId>,
        source: IpAddr,
        addr: IpAddr,
        port: u16,
    ) -> Target {
        let proxy = self.proxy.clone();
        if let Some((key, rules)) = proxy.by_ip(addr) {
            // Cluster addresses mean something on nodes only.
            let cluster_ip =
                rules.spec().is_some_and(|spec| spec.cluster_ips.iter().any(|ip| ip.parse() == Ok(addr)));
            if from.is_none() && cluster_ip {
                return Target::Lost;
            }
            let Some(spec) = rules.spec() else { return Target::Lost };
            return match spec.ports.iter().find(|it| it.port == i32::from(port)) {
                Some(it) => self.pick(now, from, source, key, rules, &it.name, !cluster_ip),
                // A ClusterIP without such a port: packets match no rule and are dropped.
                None => Target::Lost,
            };
        }
        match self.netns_of_ip(addr) {
            Some(netns) if netns.sandbox == super::SandboxId::HOST => match proxy.by_node_port(port) {
                Some((key, rules)) => {
                    let spec = rules.spec();
                    let name = spec.and_then(|s| {
                        s.ports.iter().find(|it| it.node_port == i32::from(port)).map(|it| it.name.clone())
                    });
                    self.pick(now, Some(netns), source, key, rules, &name.unwrap_or_default(), true)
                }
                None => {
                    let (netns, port) =
                        self.host_ports.get(&(netns.node, port)).copied().unwrap_or((netns, port));
                    Target::Pod { netns, port, service: Str::EMPTY }
                }
            },
            // Pods have no route from outside the cluster.
            Some(_) if from.is_none() => Target::Lost,
            Some(netns) => Target::Pod { netns, port, service: Str::EMPTY },
            None if self.dns.is_host(addr) => Target::Lost,
            None => Target::Unreachable,
        }
    }

    /// Chooses an endpoint; `node` is where the rule is evaluated, `external` whether the traffic came from outside.
    fn pick(
        &mut self,
        now: Timestamp,
        node: Option<NetnsId>,
        source: IpAddr,
        key: &Key,
        rules: &Rules,
        port_name: &str,
        external: bool,
    ) -> Target {
        let service: Str = format!("{}/{}", key.namespace, key.name).into();
        let Some(spec) = rules.spec() else { return Target::NoEndpoints(service) };
        let local_only = if external {
            spec.external_traffic_policy == "Local"
        } else {
            spec.internal_traffic_policy.as_ref().is_some_and(|policy| *policy == "Local")
        };
        let here = node.map_or(Str::EMPTY, |ns| self.node_name(ns.node).into());
        let usable = |endpoint: &Endpoint| !local_only || endpoint.node_name.as_ref() == Some(&here);
        let mut candidates: Vec<(IpAddr, u16)> = addresses(rules, port_name, |it| is_ready(it) && usable(it));
        if candidates.is_empty() {
            candidates = addresses(rules, port_name, |it| serves_while_terminating(it) && usable(it));
        }
        if candidates.is_empty() {
            return if local_only { Target::Lost } else { Target::NoEndpoints(service) };
        }
        let sticky = (spec.session_affinity == "ClientIP").then(|| (key.clone(), source));
        let timeout =
            spec.session_affinity_config.as_ref().and_then(|c| c.client_ip.as_ref()?.timeout_seconds);
        let timeout = i64::from(timeout.unwrap_or(AFFINITY_SECONDS)) * 1_000_000;
        let remembered = sticky
            .as_ref()
            .and_then(|it| self.affinity.get(it))
            .filter(|(_, since)| now.0 - since.0 < timeout)
            .and_then(|(ip, _)| candidates.iter().find(|(it, _)| it == ip))
            .copied();
        let chosen = match remembered {
            Some(chosen) => chosen,
            None => candidates[self.rng.below(candidates.len() as u64) as usize],
        };
        if let Some(sticky) = sticky {
            self.affinity.insert(sticky, (chosen.0, now));
        }
        match self.netns_of_ip(chosen.0) {
            Some(netns) => Target::Pod { netns, port: chosen.1, service },
            None => Target::Lost,
        }
    }
}

fn addresses(rules: &Rules, port_name: &str, usable: impl Fn(&Endpoint) -> bool) -> Vec<(IpAddr, u16)> {
    let endpoints = rules.endpoints(port_name).filter(|(endpoint, _)| usable(endpoint));
    endpoints.filter_map(|(endpoint, port)| Some((endpoint.addresses.first()?.parse().ok()?, port))).collect()
}
