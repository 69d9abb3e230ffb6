//! Generators of Service and Ingress.

use api::Json;
use serde_json::json;

use super::{name, submit};
use crate::cx::Cx;
use crate::error::{Result, msg};
use crate::generate;

/// `kubectl create service clusterip|nodeport|loadbalancer|externalname`.
pub async fn service(cx: &Cx, kind: &str) -> Result {
    let name = name(cx)?;
    let tcp = cx.flags.list("tcp");
    let cluster_ip = cx.flags.str("clusterip");
    if tcp.is_empty() && kind != "ExternalName" && cluster_ip != "None" {
        return msg("at least one tcp port specifier must be provided");
    }
    if !tcp.is_empty() && cluster_ip == "None" {
        return msg("can not map ports with clusterip=None");
    }
    let mut ports: Vec<Json> = Vec::new();
    for text in tcp {
        let mut port = generate::service_port(text)?;
        if kind == "NodePort" && cx.flags.int("node-port") != 0 {
            port["nodePort"] = cx.flags.int("node-port").into();
        }
        ports.push(port);
    }
    let mut spec = json!({});
    if !ports.is_empty() {
        spec["ports"] = json!(ports);
    }
    spec["selector"] = json!({ "app": name });
    if !cluster_ip.is_empty() {
        spec["clusterIP"] = cluster_ip.into();
    }
    spec["type"] = kind.into();
    if kind == "ExternalName" {
        spec["externalName"] = cx.flags.str("external-name").into();
    }
    let object = json!({
        "kind": "Service", "apiVersion": "v1", "metadata": { "name": name, "labels": { "app": name } }, "spec": spec,
        "status": { "loadBalancer": {} },
    });
    submit(cx, object, &format!("failed to create {kind} service: ")).await
}

/// `kubectl create ingress`.
pub async fn ingress(cx: &Cx) -> Result {
    let name = name(cx)?;
    let (rules, default) = (cx.flags.list("rule"), cx.flags.str("default-backend"));
    if rules.is_empty() && default.is_empty() {
        return msg(
            "not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)",
        );
    }
    let mut meta = json!({ "name": name });
    for annotation in cx.flags.list("annotation") {
        let Some((key, value)) = annotation.split_once('=') else {
            return msg(format!("annotation {annotation} is invalid and should be in format key=[value]"));
        };
        meta["annotations"][key] = value.into();
    }
    let mut spec = json!({});
    if !cx.flags.str("class").is_empty() {
        spec["ingressClassName"] = cx.flags.str("class").into();
    }
    if !default.is_empty() {
        let Some(backend) = backend(default) else {
            return msg("default-backend should be in format servicename:serviceport");
        };
        spec["defaultBackend"] = backend;
    }
    let (mut hosts, mut tls): (Vec<Json>, Vec<Json>) = (Vec::new(), Vec::new());
    for rule in rules {
        add_rule(rule, &mut hosts, &mut tls)?;
    }
    if !tls.is_empty() {
        spec["tls"] = json!(tls);
    }
    if !hosts.is_empty() {
        spec["rules"] = json!(hosts);
    }
    let object = json!({
        "kind": "Ingress", "apiVersion": "networking.k8s.io/v1", "metadata": meta, "spec": spec, "status": { "loadBalancer": {} },
    });
    submit(cx, object, "failed to create ingress: ").await
}

fn backend(text: &str) -> Option<Json> {
    let (service, port) = text.split_once(':').filter(|(s, p)| !s.is_empty() && !p.is_empty())?;
    let port = port.parse::<i64>().map_or_else(|_| json!({ "name": port }), |n| json!({ "number": n }));
    Some(json!({ "service": { "name": service, "port": port } }))
}

fn add_rule(rule: &str, hosts: &mut Vec<Json>, tls: &mut Vec<Json>) -> Result {
    let bad = || {
        msg(format!(
            "rule {rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]"
        ))
    };
    let (route, option) = rule.split_once(',').map_or((rule, None), |(r, o)| (r, Some(o)));
    let Some((place, target)) = route.split_once('=') else { return bad() };
    let Some((host, path)) = place.split_once('/') else { return bad() };
    let Some(backend) = backend(target) else { return bad() };
    let (path, kind) = match path.strip_suffix('*') {
        Some(prefix) => (format!("/{prefix}"), "Prefix"),
        None => (format!("/{path}"), "Exact"),
    };
    let item = json!({ "path": path, "pathType": kind, "backend": backend });
    match hosts.iter_mut().find(|h| h["host"].as_str().unwrap_or("") == host) {
        Some(entry) => {
            if let Some(paths) = entry["http"]["paths"].as_array_mut() {
                paths.push(item);
            }
        }
        None => {
            let mut entry = json!({});
            if !host.is_empty() {
                entry["host"] = host.into();
            }
            entry["http"] = json!({ "paths": [item] });
            hosts.push(entry);
        }
    }
    let secret = match option {
        None => return Ok(()),
        Some("tls") => "",
        Some(o) => match o.strip_prefix("tls=") {
            Some(secret) => secret,
            None => return bad(),
        },
    };
    let mut entry = json!({});
    if !host.is_empty() {
        entry["hosts"] = json!([host]);
    }
    if !secret.is_empty() {
        entry["secretName"] = secret.into();
    }
    if !tls.contains(&entry) {
        tls.push(entry);
    }
    Ok(())
}
