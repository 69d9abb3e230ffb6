//! Names of Services, headless and external ones, and where connections to them go.

use std::net::IpAddr;

use api::core::v1::{Service, ServicePort};
use api::discovery::v1::{Endpoint, EndpointPort, EndpointSlice};
use api::{Object, Str, Timestamp};
use os::{DnsAnswer, RecordData, RecordType};

use super::{NetnsId, Network, NodeId, SandboxId, Target};
use crate::client::{Cause, Change, Operation, ResourceId, Trigger};
use crate::sim::LatencyProfile;

fn change(object: Object) -> Change {
    let cause = Cause { user: Str::EMPTY, actor: Str::EMPTY, trigger: Trigger::Bootstrap, verb: "" };
    Change {
        revision: 1,
        time: Timestamp(0),
        resource: ResourceId(0),
        key: object.key(),
        operation: Operation::Create,
        object: Some(object),
        previous: None,
        cause,
    }
}

fn service(name: &str, ip: &str, edit: impl FnOnce(&mut Service)) -> Change {
    let mut service = Service::default();
    service.metadata.name = name.into();
    service.metadata.namespace = "default".into();
    service.spec.cluster_ip = ip.into();
    service.spec.cluster_ips = vec![ip.into()];
    let port = ServicePort { name: "http".into(), port: 80, protocol: "TCP".into(), ..Default::default() };
    service.spec.ports = vec![port];
    edit(&mut service);
    change(Object::of(service))
}

/// A slice of endpoints: address, host name, ready.
fn slice(name: &str, endpoints: &[(&str, &str, bool)]) -> Change {
    let mut slice = EndpointSlice::default();
    slice.metadata.name = format!("{name}-x").into();
    slice.metadata.namespace = "default".into();
    slice.metadata.labels.insert("kubernetes.io/service-name".into(), name.into());
    slice.ports = vec![EndpointPort { name: Some("http".into()), port: Some(8080), ..Default::default() }];
    for (ip, host, ready) in endpoints {
        let mut endpoint = Endpoint { addresses: vec![(*ip).into()], ..Endpoint::default() };
        endpoint.hostname = Some(*host).filter(|it| !it.is_empty()).map(Str::new);
        endpoint.conditions.ready = Some(*ready);
        slice.endpoints.push(endpoint);
    }
    change(Object::of(slice))
}

fn network() -> Network {
    let mut net = Network::new(1, &LatencyProfile::default(), "cluster.local", "10.96.0.10");
    let netns = |node: u32, sandbox: u32| NetnsId { node: NodeId(node), sandbox: SandboxId(sandbox) };
    let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
    net.add_netns(netns(1, 0), ip("192.168.49.2"), "n1".into());
    net.add_netns(netns(1, 1), ip("10.244.0.2"), "default/a".into());
    net.add_netns(netns(1, 2), ip("10.244.0.3"), "default/b".into());
    net.observe(&[
        service("web", "10.96.1.1", |it| it.spec.ports[0].node_port = 30_080),
        slice("web", &[("10.244.0.2", "", true), ("10.244.0.3", "", false)]),
        service("db", "None", |_| {}),
        slice("db", &[("10.244.0.2", "db-0", true), ("10.244.0.3", "db-1", true)]),
        service("out", "", |it| {
            (it.spec.type_, it.spec.external_name) = ("ExternalName".into(), "example.com".into())
        }),
        service("empty", "10.96.1.2", |_| {}),
    ]);
    net
}

/// The data of each record, or what else the answer is.
fn ask(net: &Network, name: &str, kind: RecordType) -> Vec<String> {
    match net.lookup(name, kind) {
        DnsAnswer::Records(records) => records
            .iter()
            .map(|it| match &it.data {
                RecordData::Address(ip) => ip.to_string(),
                RecordData::Cname(name) => format!("CNAME {name}"),
                RecordData::Srv { port, target, .. } => format!("SRV {port} {target}"),
                RecordData::Ptr(name) => format!("PTR {name}"),
                other => format!("{other:?}"),
            })
            .collect(),
        other => vec![format!("{other:?}")],
    }
}

#[test]
fn names_resolve_as_coredns_answers_them() {
    use RecordType::{A, AAAA, PTR, SRV};
    let net = network();
    let table: &[(&str, RecordType, &[&str])] = &[
        ("web.default.svc.cluster.local", A, &["10.96.1.1"]),
        ("web.default.svc.cluster.local", AAAA, &[]),
        ("web.default", A, &["NxDomain"]),
        ("web.other.svc.cluster.local", A, &["NxDomain"]),
        ("db.default.svc.cluster.local", A, &["10.244.0.2", "10.244.0.3"]),
        ("db-1.db.default.svc.cluster.local", A, &["10.244.0.3"]),
        ("db-7.db.default.svc.cluster.local", A, &["NxDomain"]),
        ("_http._tcp.web.default.svc.cluster.local", SRV, &["SRV 80 web.default.svc.cluster.local"]),
        (
            "_http._tcp.db.default.svc.cluster.local",
            SRV,
            &["SRV 8080 db-0.db.default.svc.cluster.local", "SRV 8080 db-1.db.default.svc.cluster.local"],
        ),
        ("out.default.svc.cluster.local", A, &["CNAME example.com", "93.184.215.14"]),
        ("10-244-0-2.default.pod.cluster.local", A, &["10.244.0.2"]),
        ("1.1.96.10.in-addr.arpa", PTR, &["PTR web.default.svc.cluster.local"]),
        ("example.com", A, &["93.184.215.14"]),
        ("nowhere.invalid", A, &["NxDomain"]),
    ];
    for (name, kind, expected) in table {
        assert_eq!(ask(&net, name, *kind), *expected, "{name} {kind:?}");
    }
}

#[test]
fn connections_go_to_ready_endpoints() {
    let mut net = network();
    let inside = Some(NetnsId { node: NodeId(1), sandbox: SandboxId(2) });
    let source: IpAddr = "10.244.0.3".parse().expect("an address");
    let mut go = |from: Option<NetnsId>, to: &str, port: u16| match net.route(
        Timestamp(0),
        from,
        source,
        to.parse().expect("an address"),
        port,
    ) {
        Target::Pod { netns, port, service } => format!("{}:{port} {service}", net.ip_of(netns)),
        other => format!("{other:?}"),
    };
    assert_eq!(go(inside, "10.96.1.1", 80), "10.244.0.2:8080 default/web");
    assert_eq!(go(inside, "10.96.1.1", 81), "Lost", "no rule for the port: packets vanish");
    assert_eq!(go(inside, "10.96.1.2", 80), "NoEndpoints(\"default/empty\")");
    assert_eq!(go(None, "10.96.1.1", 80), "Lost", "cluster addresses mean nothing outside");
    assert_eq!(go(None, "192.168.49.2", 30_080), "10.244.0.2:8080 default/web");
    assert_eq!(go(None, "192.168.49.2", 22), "192.168.49.2:22 ");
    assert_eq!(go(None, "10.244.0.2", 80), "Lost", "pods have no route from outside");
    assert_eq!(go(inside, "10.244.0.2", 80), "10.244.0.2:80 ");
    assert_eq!(go(inside, "10.244.9.9", 80), "Unreachable");
}
