//! Endpoints. Mirrors pkg/registry/core/endpoint.

use api::core::v1::{EndpointSubset, Endpoints};
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;
use api::{Json, Timestamp};

use crate::apiserver::Resource;
use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, age};

/// What is particular to the kind Endpoints.
pub struct EndpointsStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<EndpointsStrategy>().short(&["ep"])
}

impl KindStrategy for EndpointsStrategy {
    type Kind = Endpoints;
    const ALLOW_CREATE_ON_UPDATE: bool = true;
    const COLUMNS: &'static [Column] =
        &[Column::text("Name"), Column::text("Endpoints"), Column::text("Age")];

    fn set_defaults(endpoints: &mut Endpoints) {
        for port in endpoints.subsets.iter_mut().flat_map(|subset| &mut subset.ports) {
            if port.protocol.is_empty() {
                port.protocol = "TCP".into();
            }
        }
    }

    fn validate(_cx: &StrategyContext, endpoints: &Endpoints) -> ErrorList {
        validate_endpoints(endpoints)
    }

    fn validate_update(_cx: &StrategyContext, endpoints: &Endpoints, _old: &Endpoints) -> ErrorList {
        validate_endpoints(endpoints)
    }

    fn print(now: Timestamp, endpoints: &Endpoints) -> Row {
        let meta = &endpoints.metadata;
        Row::new(vec![
            Json::from(&meta.name),
            Json::from(format_endpoints(&endpoints.subsets)),
            age(now, meta),
        ])
    }
}

/// Mirrors validation.ValidateEndpointsCreate.
fn validate_endpoints(endpoints: &Endpoints) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, subset) in endpoints.subsets.iter().enumerate() {
        let path = Path::new("subsets").index(index);
        if subset.addresses.is_empty() && subset.not_ready_addresses.is_empty() {
            errors.push(Error::required(&path, "must specify `addresses` or `notReadyAddresses`"));
        }
        for (list, addresses) in
            [("addresses", &subset.addresses), ("notReadyAddresses", &subset.not_ready_addresses)]
        {
            for (index, address) in addresses.iter().enumerate() {
                let path = path.child(list).index(index).child("ip");
                errors.extend(super::service::validate_endpoint_ip(&address.ip, &path));
            }
        }
        for (index, port) in subset.ports.iter().enumerate() {
            let path = path.child("ports").index(index);
            if subset.ports.len() > 1 && port.name.is_empty() {
                errors.push(Error::required(&path.child("name"), ""));
            } else if !port.name.is_empty() {
                for message in names::is_dns1123_label(&port.name) {
                    errors.push(Error::invalid(&path.child("name"), &port.name, &message));
                }
            }
            for message in names::is_valid_port_num(port.port) {
                errors.push(Error::invalid(&path.child("port"), port.port, &message));
            }
            if !matches!(port.protocol.as_str(), "TCP" | "UDP" | "SCTP") {
                let path = path.child("protocol");
                errors.push(Error::not_supported(&path, &port.protocol, &["SCTP", "TCP", "UDP"]));
            }
        }
    }
    errors
}

/// At most three addresses, then how many more. Mirrors formatEndpoints.
fn format_endpoints(subsets: &[EndpointSubset]) -> String {
    const SHOWN: usize = 3;
    let mut list = Vec::new();
    let mut count = 0;
    for subset in subsets {
        if subset.ports.is_empty() {
            // A headless Service without ports.
            for address in &subset.addresses {
                if list.len() < SHOWN {
                    list.push(address.ip.to_string());
                }
                count += 1;
            }
        }
        for port in &subset.ports {
            for address in &subset.addresses {
                if list.len() < SHOWN {
                    list.push(format!("{}:{}", address.ip, port.port));
                }
                count += 1;
            }
        }
    }
    if list.is_empty() {
        return "<none>".to_owned();
    }
    let more = count - list.len();
    let text = list.join(",");
    if more > 0 { format!("{text} + {more} more...") } else { text }
}
