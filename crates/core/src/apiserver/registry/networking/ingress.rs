//! Ingress. Mirrors pkg/registry/networking/ingress and its parts of validation and printers.

use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;
use api::networking::v1::{
    HTTPIngressPath, Ingress, IngressBackend, IngressRule, IngressServiceBackend, IngressSpec,
};
use api::{Json, Str, Timestamp};

use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, age};
use crate::apiserver::{Resource, Subresource};

/// The annotation that named the class before there was a field.
const CLASS: &str = "kubernetes.io/ingress.class";

/// What is particular to the kind Ingress.
pub struct IngressStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<IngressStrategy>().short(&["ing"]).with(&[Subresource::STATUS])
}

impl KindStrategy for IngressStrategy {
    type Kind = Ingress;
    const COLUMNS: &'static [Column] = &[
        Column::text("Name"),
        Column::text("Class"),
        Column::text("Hosts"),
        Column::text("Address"),
        Column::text("Ports"),
        Column::text("Age"),
    ];

    fn prepare_for_create(_cx: &mut StrategyContext, ingress: &mut Ingress) {
        ingress.status = Default::default();
        ingress.metadata.generation = 1;
    }

    fn validate(_cx: &StrategyContext, ingress: &Ingress) -> ErrorList {
        let mut errors = validate_ingress_spec(&ingress.spec, &Path::new("spec"));
        if ingress.spec.ingress_class_name.is_some() && ingress.metadata.annotations.contains_key(CLASS) {
            let path = Path::new("annotations").child(CLASS);
            let why = "can not be set when the class field is also set";
            errors.push(Error::invalid(&path, ingress.metadata.annotation(CLASS), why));
        }
        errors
    }

    fn prepare_for_update(_cx: &mut StrategyContext, ingress: &mut Ingress, old: &Ingress) {
        ingress.status = old.status.clone();
        if ingress.spec != old.spec {
            ingress.metadata.generation = old.metadata.generation + 1;
        }
    }

    fn validate_update(_cx: &StrategyContext, ingress: &Ingress, _old: &Ingress) -> ErrorList {
        validate_ingress_spec(&ingress.spec, &Path::new("spec"))
    }

    fn prepare_for_status_update(_cx: &mut StrategyContext, ingress: &mut Ingress, old: &Ingress) {
        ingress.spec = old.spec.clone();
    }

    fn warnings(ingress: &Ingress, old: Option<&Ingress>) -> Vec<Str> {
        if old.is_none() && ingress.metadata.annotations.contains_key(CLASS) {
            let text =
                format!("annotation {CLASS:?} is deprecated, please use 'spec.ingressClassName' instead");
            return vec![text.into()];
        }
        Vec::new()
    }

    fn print(now: Timestamp, ingress: &Ingress) -> Row {
        let class = match &ingress.spec.ingress_class_name {
            Some(class) => class.as_str(),
            None => ingress.metadata.annotations.get(CLASS).map_or("<none>", Str::as_str),
        };
        let addresses = ingress.status.load_balancer.ingress.iter();
        let addresses: Vec<&str> = addresses.map(|point| point.ip.or(&point.hostname)).collect();
        Row::new(vec![
            Json::from(&ingress.metadata.name),
            Json::from(class),
            Json::from(format_hosts(&ingress.spec.rules)),
            Json::from(addresses.join(",")),
            Json::from(if ingress.spec.tls.is_empty() { "80" } else { "80, 443" }),
            age(now, &ingress.metadata),
        ])
    }
}

/// The HOSTS cell: three hosts at most, `*` for all.
fn format_hosts(rules: &[IngressRule]) -> String {
    let hosts: Vec<&str> =
        rules.iter().map(|rule| rule.host.as_str()).filter(|host| !host.is_empty()).collect();
    match hosts.len() {
        0 => "*".to_owned(),
        1..=3 => hosts.join(","),
        count => format!("{} + {} more...", hosts[..3].join(","), count - 3),
    }
}

fn complain(errors: &mut ErrorList, path: &Path, value: &str, complaints: Vec<String>) {
    for complaint in complaints {
        errors.push(Error::invalid(path, value, &complaint));
    }
}

/// Mirrors ValidateIngressSpec.
fn validate_ingress_spec(spec: &IngressSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if let Some(backend) = &spec.default_backend {
        validate_backend(backend, &path.child("defaultBackend"), &mut errors);
    } else if spec.rules.is_empty() {
        let why = "either `defaultBackend` or `rules` must be specified";
        errors.push(Error::invalid(path, Json::Null, why));
    }
    for (index, rule) in spec.rules.iter().enumerate() {
        validate_rule(rule, &path.child("rules").index(index), &mut errors);
    }
    for (index, tls) in spec.tls.iter().enumerate() {
        let at = path.child("tls").index(index);
        for (index, host) in tls.hosts.iter().enumerate() {
            complain(&mut errors, &at.child("hosts").index(index), host, host_complaints(host));
        }
        if !tls.secret_name.is_empty() {
            let complaints = names::is_dns1123_subdomain(&tls.secret_name);
            complain(&mut errors, &at.child("secretName"), &tls.secret_name, complaints);
        }
    }
    if let Some(class) = &spec.ingress_class_name {
        complain(&mut errors, &path.child("ingressClassName"), class, names::is_dns1123_subdomain(class));
    }
    errors
}

fn host_complaints(host: &str) -> Vec<String> {
    if host.contains('*') {
        names::is_wildcard_dns1123_subdomain(host)
    } else {
        names::is_dns1123_subdomain(host)
    }
}

fn validate_rule(rule: &IngressRule, path: &Path, errors: &mut ErrorList) {
    let host = rule.host.as_str();
    if host.parse::<std::net::IpAddr>().is_ok() {
        errors.push(Error::invalid(&path.child("host"), host, "must be a DNS name, not an IP address"));
    } else if !host.is_empty() {
        complain(errors, &path.child("host"), host, host_complaints(host));
    }
    let Some(http) = &rule.http else { return };
    let at = path.child("http").child("paths");
    if http.paths.is_empty() {
        errors.push(Error::required(&at, ""));
    }
    for (index, item) in http.paths.iter().enumerate() {
        validate_path(item, &at.index(index), errors);
    }
}

/// Mirrors validateHTTPIngressPath.
fn validate_path(item: &HTTPIngressPath, path: &Path, errors: &mut ErrorList) {
    let (at, text) = (path.child("path"), item.path.as_str());
    let absolute = text.starts_with('/');
    match item.path_type.as_ref().map(Str::as_str) {
        None => errors.push(Error::required(&path.child("pathType"), "pathType must be specified")),
        Some("Exact" | "Prefix") => {
            if !absolute {
                errors.push(Error::invalid(&at, text, "must be an absolute path"));
            }
            for part in ["//", "/./", "/../", "%2f", "%2F"].iter().filter(|part| text.contains(**part)) {
                errors.push(Error::invalid(&at, text, &format!("must not contain '{part}'")));
            }
            for end in ["/..", "/."].iter().filter(|end| text.ends_with(**end)) {
                errors.push(Error::invalid(&at, text, &format!("cannot end with '{end}'")));
            }
        }
        Some("ImplementationSpecific") => {
            if !text.is_empty() && !absolute {
                errors.push(Error::invalid(&at, text, "must be an absolute path"));
            }
        }
        Some(other) => {
            let supported = ["Exact", "ImplementationSpecific", "Prefix"];
            errors.push(Error::not_supported(&path.child("pathType"), other, &supported));
        }
    }
    validate_backend(&item.backend, &path.child("backend"), errors);
}

/// Mirrors validateIngressBackend.
fn validate_backend(backend: &IngressBackend, path: &Path, errors: &mut ErrorList) {
    match (&backend.resource, &backend.service) {
        (Some(_), Some(_)) => {
            errors.push(Error::invalid(path, "", "cannot set both resource and service backends"));
        }
        (None, None) => errors.push(Error::invalid(path, "", "resource or service backend is required")),
        (Some(resource), None) => {
            for (name, value) in [("kind", &resource.kind), ("name", &resource.name)] {
                if value.is_empty() {
                    errors.push(Error::required(&path.child("resource").child(name), ""));
                }
            }
        }
        (None, Some(service)) => validate_service(service, path, errors),
    }
}

fn validate_service(service: &IngressServiceBackend, path: &Path, errors: &mut ErrorList) {
    let at = path.child("service");
    if service.name.is_empty() {
        errors.push(Error::required(&at.child("name"), ""));
    } else {
        complain(errors, &at.child("name"), &service.name, names::is_dns1035_label(&service.name));
    }
    let port = &service.port;
    match (port.name.is_empty(), port.number) {
        (false, 1..) | (false, ..=-1) => {
            errors.push(Error::invalid(path, "", "cannot set both port name & port number"));
        }
        (false, 0) => {
            complain(
                errors,
                &at.child("port").child("name"),
                &port.name,
                names::is_valid_port_name(&port.name),
            );
        }
        (true, 0) => errors.push(Error::required(path, "port name or number is required")),
        (true, number) => {
            for complaint in names::is_valid_port_num(number) {
                errors.push(Error::invalid(&at.child("port").child("number"), number, &complaint));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Kind;
    use serde_json::json;

    #[track_caller]
    fn check(spec: Json, expected: &str) {
        let ingress = Ingress::decode(&json!({"spec": spec})).unwrap();
        assert_eq!(validate_ingress_spec(&ingress.spec, &Path::new("spec")).to_string(), expected);
    }

    #[test]
    fn rules_need_a_path_type_and_a_backend() {
        let path = |path: Json| json!({"rules": [{"host": "kubia.example.com", "http": {"paths": [path]}}]});
        let backend = json!({"service": {"name": "kubia", "port": {"number": 80}}});
        check(path(json!({"path": "/", "pathType": "Prefix", "backend": backend})), "[]");
        check(
            path(json!({"path": "/", "backend": backend})),
            "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified",
        );
        check(
            path(json!({"path": "x", "pathType": "Exact", "backend": {}})),
            "[spec.rules[0].http.paths[0].path: Invalid value: \"x\": must be an absolute path, spec.rules[0].http.paths[0].backend: Invalid value: \"\": resource or service backend is required]",
        );
        check(
            json!({"rules": [{"host": "10.0.0.1"}]}),
            "spec.rules[0].host: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP address",
        );
        check(json!({}), "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified");
    }
}
