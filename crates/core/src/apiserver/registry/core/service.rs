//! Service. Mirrors pkg/registry/core/service and its parts of defaults, validation and printers. Addresses and ports
//! are taken in `allocate.rs`.

mod allocate;
mod validation;

use collections::StableSort;
pub use validation::validate_endpoint_ip;

use api::core::v1::{ClientIPConfig, Service, ServicePort, SessionAffinityConfig};
use api::meta::field::ErrorList;
use api::{IntOrString, Json, Status, Str, Timestamp};

use crate::apiserver::strategy::{KindStrategy, NameRule, StrategyContext};
use crate::apiserver::table::{Column, Row, age};
use crate::apiserver::{Resource, Subresource};

/// Three hours.
const DEFAULT_AFFINITY_SECONDS: i32 = 10_800;

/// What is particular to the kind Service.
pub struct ServiceStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<ServiceStrategy>().short(&["svc"]).in_all().with(&[Subresource::STATUS])
}

impl KindStrategy for ServiceStrategy {
    type Kind = Service;
    const NAME_RULE: NameRule = NameRule::Label1035;
    const ALLOW_CREATE_ON_UPDATE: bool = true;
    const RETURNS_DELETED_OBJECT: bool = true;
    const SELECTABLE: &'static [&'static str] = &["spec.clusterIP", "spec.type"];
    const COLUMNS: &'static [Column] = &[
        Column::text("Name"),
        Column::text("Type"),
        Column::text("Cluster-IP"),
        Column::text("External-IP"),
        Column::text("Port(s)"),
        Column::text("Age"),
        Column::wide("Selector"),
    ];

    fn set_defaults(service: &mut Service) {
        set_defaults_service(service);
    }

    fn prepare_for_create(_cx: &mut StrategyContext, service: &mut Service) {
        service.status = Default::default();
        if service.spec.cluster_ips.is_empty() && !service.spec.cluster_ip.is_empty() {
            service.spec.cluster_ips = vec![service.spec.cluster_ip.clone()];
        }
    }

    fn validate(_cx: &StrategyContext, service: &Service) -> ErrorList {
        validation::validate_service(service)
    }

    fn prepare_for_update(_cx: &mut StrategyContext, service: &mut Service, old: &Service) {
        service.status = old.status.clone();
        allocate::patch_allocated_values(service, old);
        allocate::normalize_cluster_ips(service, old);
        allocate::drop_type_dependent_fields(service, old);
    }

    fn validate_update(_cx: &StrategyContext, service: &Service, old: &Service) -> ErrorList {
        validation::validate_service_update(service, old)
    }

    fn prepare_for_status_update(_cx: &mut StrategyContext, service: &mut Service, old: &Service) {
        service.spec = old.spec.clone();
    }

    fn begin(cx: &mut StrategyContext, service: &mut Service, old: Option<&Service>) -> Result<(), Status> {
        allocate::allocate(cx, service, old)
    }

    fn warnings(service: &Service, _old: Option<&Service>) -> Vec<Str> {
        validation::warnings(service)
    }

    fn print(now: Timestamp, service: &Service) -> Row {
        let (meta, spec) = (&service.metadata, &service.spec);
        let none = |text: String| Json::from(if text.is_empty() { "<none>".to_owned() } else { text });
        let cluster_ip = spec.cluster_ips.first().map_or(spec.cluster_ip.as_str(), Str::as_str);
        let selector: Vec<String> =
            spec.selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
        Row::new(vec![
            Json::from(&meta.name),
            Json::from(&spec.type_),
            none(cluster_ip.to_owned()),
            Json::from(external_ip(service)),
            none(ports(&spec.ports)),
            age(now, meta),
            none(selector.join(",")),
        ])
    }

    fn select(service: &Service, field: &str) -> Str {
        if field == "spec.type" { service.spec.type_.clone() } else { service.spec.cluster_ip.clone() }
    }
}

/// Mirrors SetDefaults_Service.
fn set_defaults_service(service: &mut Service) {
    let spec = &mut service.spec;
    if spec.session_affinity.is_empty() {
        spec.session_affinity = "None".into();
    }
    if spec.session_affinity == "None" {
        spec.session_affinity_config = None;
    }
    if spec.session_affinity == "ClientIP" {
        let unset = spec
            .session_affinity_config
            .as_ref()
            .and_then(|config| config.client_ip.as_ref())
            .is_none_or(|client| client.timeout_seconds.is_none());
        if unset {
            let client_ip = ClientIPConfig { timeout_seconds: Some(DEFAULT_AFFINITY_SECONDS) };
            spec.session_affinity_config =
                Some(Box::new(SessionAffinityConfig { client_ip: Some(Box::new(client_ip)) }));
        }
    }
    if spec.type_.is_empty() {
        spec.type_ = "ClusterIP".into();
    }
    for port in &mut spec.ports {
        if port.protocol.is_empty() {
            port.protocol = "TCP".into();
        }
        if matches!(&port.target_port, IntOrString::Int(0))
            || matches!(&port.target_port, IntOrString::String(text) if text.is_empty())
        {
            port.target_port = IntOrString::Int(port.port);
        }
    }
    let external = matches!(spec.type_.as_str(), "NodePort" | "LoadBalancer");
    if external && spec.external_traffic_policy.is_empty() {
        spec.external_traffic_policy = "Cluster".into();
    }
    if spec.type_ == "LoadBalancer" {
        spec.allocate_load_balancer_node_ports.get_or_insert(true);
    }
    if spec.type_ != "ExternalName" {
        spec.internal_traffic_policy.get_or_insert_with(|| "Cluster".into());
    }
}

/// Mirrors getServiceExternalIP.
fn external_ip(service: &Service) -> String {
    let spec = &service.spec;
    let ips = spec.external_ips.iter().map(ToString::to_string);
    match spec.type_.as_str() {
        "ExternalName" => spec.external_name.to_string(),
        "LoadBalancer" => {
            let ingress = &service.status.load_balancer.ingress;
            let address = |known: &api::core::v1::LoadBalancerIngress| {
                if known.ip.is_empty() { known.hostname.to_string() } else { known.ip.to_string() }
            };
            let mut all: Vec<String> = ingress.iter().map(address).collect();
            // printService sorts and shows each once.
            all.stable_sort();
            all.dedup();
            all.extend(ips);
            if all.is_empty() { "<pending>".to_owned() } else { all.join(",") }
        }
        "ClusterIP" | "NodePort" if spec.external_ips.is_empty() => "<none>".to_owned(),
        "ClusterIP" | "NodePort" => ips.collect::<Vec<_>>().join(","),
        _ => "<unknown>".to_owned(),
    }
}

/// "80:30080/TCP,443/TCP". Mirrors makePortString.
fn ports(ports: &[ServicePort]) -> String {
    let text = |port: &ServicePort| match port.node_port {
        0 => format!("{}/{}", port.port, port.protocol),
        node_port => format!("{}:{node_port}/{}", port.port, port.protocol),
    };
    ports.iter().map(text).collect::<Vec<_>>().join(",")
}
