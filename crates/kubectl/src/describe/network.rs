//! Services, Endpoints, EndpointSlices, Ingresses.

use api::Json;

use super::{Out, n, or, s};
use crate::cx::Cx;
use crate::discovery::array;
use crate::error::Result;

fn join(list: &Json) -> String {
    array(list).iter().map(s).collect::<Vec<_>>().join(",")
}

/// Describes a Service.
pub async fn service(cx: &Cx, service: &Json, out: &mut Out) -> Result {
    let spec = &service["spec"];
    let path = format!(
        "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices",
        s(&service["metadata"]["namespace"])
    );
    let label = format!("kubernetes.io/service-name={}", s(&service["metadata"]["name"]));
    let slices = cx.client()?.list(&path, &[("labelSelector", &label)], None, 500).await.unwrap_or_default();
    out.head(service);
    out.tags(service);
    let selector = crate::selector::from_map(&spec["selector"]);
    out.line(0, format!("Selector:\t{}", if selector.is_empty() { "<none>" } else { &selector }));
    out.line(0, format!("Type:\t{}", s(&spec["type"])));
    if spec["ipFamilyPolicy"].is_string() {
        out.line(0, format!("IP Family Policy:\t{}", s(&spec["ipFamilyPolicy"])));
    }
    let families = join(&spec["ipFamilies"]);
    out.line(0, format!("IP Families:\t{}", if families.is_empty() { "<none>" } else { &families }));
    out.line(0, format!("IP:\t{}", s(&spec["clusterIP"])));
    let ips = join(&spec["clusterIPs"]);
    out.line(0, format!("IPs:\t{}", if ips.is_empty() { "<none>" } else { &ips }));
    let external = join(&spec["externalIPs"]);
    for (label, value) in [
        ("External IPs", external.as_str()),
        ("Desired LoadBalancer IP", s(&spec["loadBalancerIP"])),
        ("External Name", s(&spec["externalName"])),
    ] {
        if !value.is_empty() {
            out.line(0, format!("{label}:\t{value}"));
        }
    }
    let ingress: Vec<String> = array(&service["status"]["loadBalancer"]["ingress"])
        .iter()
        .map(|i| {
            let address = or(&i["ip"], s(&i["hostname"])).to_string();
            if i["ipMode"].is_string() { format!("{address} ({})", s(&i["ipMode"])) } else { address }
        })
        .collect();
    if !ingress.is_empty() {
        out.line(0, format!("LoadBalancer Ingress:\t{}", ingress.join(", ")));
    }
    for port in array(&spec["ports"]) {
        let (name, protocol) = (or(&port["name"], "<unset>"), s(&port["protocol"]));
        out.line(0, format!("Port:\t{name}\t{}/{protocol}", n(&port["port"])));
        let target =
            port["targetPort"].as_str().map_or_else(|| n(&port["targetPort"]).to_string(), String::from);
        out.line(0, format!("TargetPort:\t{target}/{protocol}"));
        if n(&port["nodePort"]) != 0 {
            out.line(0, format!("NodePort:\t{name}\t{}/{protocol}", n(&port["nodePort"])));
        }
        out.line(0, format!("Endpoints:\t{}", endpoints_of(array(&slices["items"]), s(&port["name"]))));
    }
    out.line(0, format!("Session Affinity:\t{}", s(&spec["sessionAffinity"])));
    for (label, field) in [
        ("External Traffic Policy", "externalTrafficPolicy"),
        ("Internal Traffic Policy", "internalTrafficPolicy"),
        ("Traffic Distribution", "trafficDistribution"),
    ] {
        if !s(&spec[field]).is_empty() {
            out.line(0, format!("{label}:\t{}", s(&spec[field])));
        }
    }
    if n(&spec["healthCheckNodePort"]) != 0 {
        out.line(0, format!("HealthCheck NodePort:\t{}", n(&spec["healthCheckNodePort"])));
    }
    let ranges = join(&spec["loadBalancerSourceRanges"]);
    if !ranges.is_empty() {
        out.line(0, format!("LoadBalancer Source Ranges:\t{ranges}"));
    }
    Ok(())
}

/// The ready addresses of a port, three at most.
fn endpoints_of(slices: &[Json], port_name: &str) -> String {
    if slices.is_empty() {
        return "<none>".into();
    }
    let mut all: Vec<String> = Vec::new();
    for slice in slices {
        let ready = |e: &&Json| e["conditions"]["ready"].as_bool().unwrap_or(true);
        let ports = array(&slice["ports"]);
        let endpoints = array(&slice["endpoints"]);
        if ports.is_empty() {
            all.extend(endpoints.iter().filter(ready).map(|e| s(&e["addresses"][0]).to_string()));
        }
        for port in ports.iter().filter(|p| s(&p["name"]) == port_name) {
            let address = |e: &Json| {
                let host = s(&e["addresses"][0]);
                if host.contains(':') {
                    format!("[{host}]:{}", n(&port["port"]))
                } else {
                    format!("{host}:{}", n(&port["port"]))
                }
            };
            all.extend(endpoints.iter().filter(ready).map(address));
        }
    }
    if all.len() > 3 { format!("{} + {} more...", all[..3].join(","), all.len() - 3) } else { all.join(",") }
}

/// Describes Endpoints.
pub fn endpoints(e: &Json, out: &mut Out) {
    out.head(e);
    out.tags(e);
    out.line(0, "Subsets:");
    for (i, subset) in array(&e["subsets"]).iter().enumerate() {
        if i > 0 {
            out.line(0, "");
        }
        for (label, field) in [("Addresses", "addresses"), ("NotReadyAddresses", "notReadyAddresses")] {
            let ips: Vec<&str> = array(&subset[field]).iter().map(|a| s(&a["ip"])).collect();
            out.line(
                1,
                format!("{label}:\t{}", if ips.is_empty() { "<none>".into() } else { ips.join(",") }),
            );
        }
        ports(1, array(&subset["ports"]), out);
    }
    out.line(0, "");
}

fn ports(level: usize, list: &[Json], out: &mut Out) {
    if list.is_empty() {
        return;
    }
    out.line(level, "Ports:");
    out.line(level + 1, "Name\tPort\tProtocol");
    out.line(level + 1, "----\t----\t--------");
    for port in list {
        out.line(
            level + 1,
            format!("{}\t{}\t{}", or(&port["name"], "<unset>"), n(&port["port"]), s(&port["protocol"])),
        );
    }
}

/// Describes an EndpointSlice.
pub fn endpoint_slice(slice: &Json, out: &mut Out) {
    out.head(slice);
    out.tags(slice);
    out.line(0, format!("AddressType:\t{}", s(&slice["addressType"])));
    let list = array(&slice["ports"]);
    if list.is_empty() {
        out.line(0, "Ports: <unset>");
    } else {
        out.line(0, "Ports:");
        out.line(1, "Name\tPort\tProtocol");
        out.line(1, "----\t----\t--------");
        for port in list {
            let number = port["port"].as_i64().map_or("<unset>".to_string(), |p| p.to_string());
            out.line(1, format!("{}\t{number}\t{}", or(&port["name"], "<unset>"), s(&port["protocol"])));
        }
    }
    let endpoints = array(&slice["endpoints"]);
    if endpoints.is_empty() {
        return out.line(0, "Endpoints: <none>");
    }
    out.line(0, "Endpoints:");
    for e in endpoints {
        out.line(1, format!("- Addresses:\t{}", join(&e["addresses"])));
        out.line(2, "Conditions:");
        let ready = e["conditions"]["ready"].as_bool();
        out.line(3, format!("Ready:\t{}", ready.map_or("<unset>".into(), |r| r.to_string())));
        out.line(2, format!("Hostname:\t{}", or(&e["hostname"], "<unset>")));
        if e["targetRef"].is_object() {
            out.line(2, format!("TargetRef:\t{}/{}", s(&e["targetRef"]["kind"]), s(&e["targetRef"]["name"])));
        }
        out.line(2, format!("NodeName:\t{}", or(&e["nodeName"], "<unset>")));
        out.line(2, format!("Zone:\t{}", or(&e["zone"], "<unset>")));
    }
}

/// Describes an Ingress.
pub fn ingress(i: &Json, out: &mut Out) {
    let spec = &i["spec"];
    let backend = |b: &Json| {
        let port = &b["service"]["port"];
        let port = port["number"].as_i64().map_or_else(|| s(&port["name"]).to_string(), |p| p.to_string());
        format!("{}:{port}", s(&b["service"]["name"]))
    };
    out.line(0, format!("Name:\t{}", s(&i["metadata"]["name"])));
    out.labels("Labels", &i["metadata"]["labels"]);
    out.line(0, format!("Namespace:\t{}", s(&i["metadata"]["namespace"])));
    let addresses: Vec<&str> = array(&i["status"]["loadBalancer"]["ingress"])
        .iter()
        .map(|a| or(&a["ip"], s(&a["hostname"])))
        .collect();
    out.line(0, format!("Address:\t{}", addresses.join(",")));
    out.line(0, format!("Ingress Class:\t{}", or(&spec["ingressClassName"], "<none>")));
    let default = if spec["defaultBackend"].is_object() {
        backend(&spec["defaultBackend"])
    } else {
        "<default>".into()
    };
    out.line(0, format!("Default backend:\t{default}"));
    if !array(&spec["tls"]).is_empty() {
        out.line(0, "TLS:");
        for tls in array(&spec["tls"]) {
            let hosts = join(&tls["hosts"]);
            match s(&tls["secretName"]) {
                "" => out.line(1, format!("SNI routes {hosts}")),
                secret => out.line(1, format!("{secret} terminates {hosts}")),
            }
        }
    }
    out.line(0, "Rules:");
    out.line(1, "Host\tPath\tBackends");
    out.line(1, "----\t----\t--------");
    for rule in array(&spec["rules"]) {
        out.line(1, format!("{}\t", or(&rule["host"], "*")));
        for path in array(&rule["http"]["paths"]) {
            out.line(1, format!("\t{} \t{}", s(&path["path"]), backend(&path["backend"])));
        }
    }
    if array(&spec["rules"]).is_empty() {
        out.line(1, format!("*\t*\t{default}"));
    }
    out.annotations("Annotations", &i["metadata"]["annotations"]);
}
