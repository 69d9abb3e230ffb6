//! EndpointSlice. Mirrors pkg/registry/discovery/endpointslice.

use api::discovery::v1::EndpointSlice;
use api::meta::field::{Error, ErrorList, Path};
use api::{Json, Timestamp};

use crate::apiserver::Resource;
use crate::apiserver::registry::core::service::validate_endpoint_ip;
use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, age};
use crate::apiserver::validation::FIELD_IMMUTABLE;

/// What is particular to the kind EndpointSlice.
pub struct EndpointSliceStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<EndpointSliceStrategy>()
}

impl KindStrategy for EndpointSliceStrategy {
    type Kind = EndpointSlice;
    const COLUMNS: &'static [Column] = &[
        Column::text("Name"),
        Column::text("AddressType"),
        Column::text("Ports"),
        Column::text("Endpoints"),
        Column::text("Age"),
    ];

    fn set_defaults(slice: &mut EndpointSlice) {
        for port in &mut slice.ports {
            port.name.get_or_insert_default();
            port.protocol.get_or_insert_with(|| "TCP".into());
        }
    }

    fn prepare_for_create(_cx: &mut StrategyContext, slice: &mut EndpointSlice) {
        slice.metadata.generation = 1;
    }

    fn prepare_for_update(_cx: &mut StrategyContext, slice: &mut EndpointSlice, old: &EndpointSlice) {
        let same = slice.endpoints == old.endpoints
            && slice.ports == old.ports
            && slice.address_type == old.address_type
            && slice.metadata.labels == old.metadata.labels;
        if !same {
            slice.metadata.generation = old.metadata.generation + 1;
        }
    }

    fn validate(_cx: &StrategyContext, slice: &EndpointSlice) -> ErrorList {
        validate_slice(slice)
    }

    fn validate_update(_cx: &StrategyContext, slice: &EndpointSlice, old: &EndpointSlice) -> ErrorList {
        let mut errors = validate_slice(slice);
        if slice.address_type != old.address_type {
            errors.push(Error::invalid(&Path::new("addressType"), &slice.address_type, FIELD_IMMUTABLE));
        }
        errors
    }

    fn print(now: Timestamp, slice: &EndpointSlice) -> Row {
        let meta = &slice.metadata;
        let port = |port: Option<i32>| port.map_or_else(|| "*".to_owned(), |port| port.to_string());
        let ports = slice.ports.iter().map(|known| port(known.port)).collect();
        let addresses = slice.endpoints.iter().flat_map(|endpoint| &endpoint.addresses);
        Row::new(vec![
            Json::from(&meta.name),
            Json::from(&slice.address_type),
            Json::from(shown(ports)),
            Json::from(shown(addresses.map(ToString::to_string).collect())),
            age(now, meta),
        ])
    }
}

/// Mirrors validation.ValidateEndpointSlice.
fn validate_slice(slice: &EndpointSlice) -> ErrorList {
    let mut errors = ErrorList::new();
    let types = ["FQDN", "IPv4", "IPv6"];
    if slice.address_type.is_empty() {
        errors.push(Error::required(&Path::new("addressType"), ""));
    } else if !types.contains(&slice.address_type.as_str()) {
        errors.push(Error::not_supported(&Path::new("addressType"), &slice.address_type, &types));
    }
    for (index, endpoint) in slice.endpoints.iter().enumerate() {
        if endpoint.addresses.is_empty() {
            let path = Path::new("endpoints").index(index).child("addresses");
            errors.push(Error::required(&path, "must contain at least 1 address"));
        }
        if slice.address_type != "IPv4" {
            continue;
        }
        for (at, address) in endpoint.addresses.iter().enumerate() {
            let path = || Path::new("endpoints").index(index).child("addresses").index(at);
            if address.parse::<std::net::Ipv4Addr>().is_err() {
                errors.push(Error::invalid(&path(), address, "must be a valid IPv4 address"));
            } else {
                errors.extend(validate_endpoint_ip(address, &path()));
            }
        }
    }
    errors
}

/// At most three, then how many more. Mirrors formatDiscoveryPorts and formatDiscoveryEndpoints.
fn shown(mut list: Vec<String>) -> String {
    const SHOWN: usize = 3;
    let more = list.len().saturating_sub(SHOWN);
    list.truncate(SHOWN);
    match (list.is_empty(), more) {
        (true, _) => "<unset>".to_owned(),
        (false, 0) => list.join(","),
        (false, more) => format!("{} + {more} more...", list.join(",")),
    }
}
