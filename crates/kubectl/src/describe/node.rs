//! `kubectl describe node`.

use api::Json;
use api::meta::quantity::{Format, Quantity};
use collections::StableSort;

use super::template::quantity;
use super::{Out, s};
use crate::cx::Cx;
use crate::discovery::array;
use crate::error::Result;
use crate::human;

/// Describes a Node.
pub async fn describe(cx: &Cx, node: &Json, out: &mut Out) -> Result {
    let (meta, spec, status) = (&node["metadata"], &node["spec"], &node["status"]);
    out.line(0, format!("Name:\t{}", s(&meta["name"])));
    out.line(0, format!("Roles:\t{}", roles(&meta["labels"])));
    out.tags(node);
    out.line(0, format!("CreationTimestamp:\t{}", human::rfc1123z(&meta["creationTimestamp"])));
    taints(&spec["taints"], out);
    out.line(0, format!("Unschedulable:\t{}", spec["unschedulable"] == true));
    lease(cx, s(&meta["name"]), out).await;
    let conditions = array(&status["conditions"]);
    if !conditions.is_empty() {
        out.line(0, "Conditions:");
        out.line(1, "Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage");
        out.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
        for c in conditions {
            let time = |f: &str| human::rfc1123z(&c[f]);
            out.line(
                1,
                format!(
                    "{} \t{} \t{} \t{} \t{} \t{}",
                    s(&c["type"]),
                    s(&c["status"]),
                    time("lastHeartbeatTime"),
                    time("lastTransitionTime"),
                    s(&c["reason"]),
                    s(&c["message"])
                ),
            );
        }
    }
    out.line(0, "Addresses:");
    array(&status["addresses"])
        .iter()
        .for_each(|a| out.line(1, format!("{}:\t{}", s(&a["type"]), s(&a["address"]))));
    for (title, field) in [("Capacity", "capacity"), ("Allocatable", "allocatable")] {
        let mut entries: Vec<_> = status[field].as_object().into_iter().flatten().collect();
        if entries.is_empty() {
            continue;
        }
        entries.stable_sort_by_key(|(k, _)| *k);
        out.line(0, format!("{title}:"));
        entries.into_iter().for_each(|(k, v)| out.line(1, format!("{k}:\t{}", quantity(v))));
    }
    out.line(0, "System Info:");
    for (label, field) in [
        ("Machine ID", "machineID"),
        ("System UUID", "systemUUID"),
        ("Boot ID", "bootID"),
        ("Kernel Version", "kernelVersion"),
        ("OS Image", "osImage"),
        ("Operating System", "operatingSystem"),
        ("Architecture", "architecture"),
        ("Container Runtime Version", "containerRuntimeVersion"),
        ("Kubelet Version", "kubeletVersion"),
    ] {
        out.line(1, format!("{label}:\t{}", s(&status["nodeInfo"][field])));
    }
    if !s(&spec["podCIDR"]).is_empty() {
        out.line(0, format!("PodCIDR:\t{}", s(&spec["podCIDR"])));
    }
    let cidrs: Vec<&str> = array(&spec["podCIDRs"]).iter().map(s).collect();
    if !cidrs.is_empty() {
        out.line(0, format!("PodCIDRs:\t{}", cidrs.join(",")));
    }
    if !s(&spec["providerID"]).is_empty() {
        out.line(0, format!("ProviderID:\t{}", s(&spec["providerID"])));
    }
    let fields = format!("spec.nodeName={},status.phase!=Succeeded,status.phase!=Failed", s(&meta["name"]));
    match cx.client()?.list("/api/v1/pods", &[("fieldSelector", &fields)], None, 500).await {
        Ok(pods) => resources(cx, status, array(&pods["items"]), out),
        Err(e) if e.reason() == "Forbidden" => out.line(0, "Pods:\tnot authorized"),
        Err(e) => return Err(e),
    }
    Ok(())
}

fn roles(labels: &Json) -> String {
    let mut roles: Vec<String> = Vec::new();
    for (key, value) in labels.as_object().into_iter().flatten() {
        if let Some(role) = key.strip_prefix("node-role.kubernetes.io/").filter(|r| !r.is_empty()) {
            roles.push(role.into());
        } else if key == "kubernetes.io/role" && !s(value).is_empty() {
            roles.push(s(value).into());
        }
    }
    roles.stable_sort();
    roles.dedup();
    if roles.is_empty() { "<none>".into() } else { roles.join(",") }
}

fn taints(taints: &Json, out: &mut Out) {
    let mut lines: Vec<(String, String)> = array(taints)
        .iter()
        .map(|t| {
            let value = match s(&t["value"]) {
                "" => String::new(),
                value => format!("={value}"),
            };
            (s(&t["effect"]).to_string(), format!("{}{value}:{}", s(&t["key"]), s(&t["effect"])))
        })
        .collect();
    lines.stable_sort();
    out.write(0, "Taints:\t");
    if lines.is_empty() {
        return out.line(0, "<none>");
    }
    lines
        .iter()
        .enumerate()
        .for_each(|(i, (_, l))| out.line(0, format!("{}{l}", if i == 0 { "" } else { "\t" })));
}

async fn lease(cx: &Cx, name: &str, out: &mut Out) {
    let path = format!("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{name}");
    let lease = match cx.client() {
        Ok(client) => client.get(&path, &[]).await,
        Err(e) => Err(e),
    };
    let lease = match lease {
        Ok(lease) => lease,
        Err(e) => return out.line(0, format!("Lease:\tFailed to get lease: {}", e.text())),
    };
    out.line(0, "Lease:");
    out.line(
        1,
        format!("HolderIdentity:\t{}", lease["spec"]["holderIdentity"].as_str().unwrap_or("<unset>")),
    );
    for (label, field) in [("AcquireTime", "acquireTime"), ("RenewTime", "renewTime")] {
        out.line(1, format!("{label}:\t{}", human::rfc1123z(&lease["spec"][field])));
    }
}

/// Requests and limits of one resource.
#[derive(Clone, Copy, Default)]
struct Sum {
    requests: Quantity,
    limits: Quantity,
}

/// A pod's requests and limits: the sum of its containers, or the largest init container, plus overhead.
fn pod_sum(pod: &Json, resource: &str) -> Sum {
    let spec = &pod["spec"];
    let amount = |c: &Json, list: &str| {
        Quantity::parse(&quantity(&c["resources"][list][resource])).unwrap_or(Quantity::ZERO)
    };
    let total = |list: &str| {
        let mut sum =
            Quantity::ZERO.with_format(if resource == "cpu" { Format::DecimalSI } else { Format::BinarySI });
        for c in array(&spec["containers"]) {
            let value = amount(c, list);
            sum = if sum.is_zero() { value } else { sum + value };
        }
        for c in array(&spec["initContainers"]) {
            let value = amount(c, list);
            if c["restartPolicy"] == "Always" {
                sum = if sum.is_zero() { value } else { sum + value };
            } else if value.as_f64() > sum.as_f64() {
                sum = value;
            }
        }
        let own = Quantity::parse(&quantity(&spec["resources"][list][resource])).unwrap_or(Quantity::ZERO);
        let sum = if own.is_zero() { sum } else { own };
        let overhead = Quantity::parse(&quantity(&spec["overhead"][resource])).unwrap_or(Quantity::ZERO);
        if overhead.is_zero() || (list == "limits" && sum.is_zero()) { sum } else { sum + overhead }
    };
    Sum { requests: total("requests"), limits: total("limits") }
}

fn resources(cx: &Cx, status: &Json, pods: &[Json], out: &mut Out) {
    let allocatable =
        if status["allocatable"].is_object() { &status["allocatable"] } else { &status["capacity"] };
    let capacity = |resource: &str| {
        Quantity::parse(&quantity(&allocatable[resource])).unwrap_or(Quantity::ZERO).as_f64()
    };
    let share = |q: Quantity, resource: &str| {
        let all = capacity(resource);
        format!("{q} ({}%)", if all > 0.0 { (q.as_f64() / all * 100.0) as i64 } else { 0 })
    };
    out.line(0, format!("Non-terminated Pods:\t({} in total)", pods.len()));
    out.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
    out.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
    let mut totals: Vec<(String, Sum)> =
        ["cpu", "memory", "ephemeral-storage"].iter().map(|r| ((*r).to_string(), Sum::default())).collect();
    for name in allocatable.as_object().into_iter().flatten().map(|(k, _)| k) {
        if name.starts_with("hugepages-") || name.contains('/') {
            totals.push((name.clone(), Sum::default()));
        }
    }
    for pod in pods {
        let (cpu, memory) = (pod_sum(pod, "cpu"), pod_sum(pod, "memory"));
        out.line(
            1,
            format!(
                "{}\t{}\t\t{}\t{}\t{}\t{}\t{}",
                s(&pod["metadata"]["namespace"]),
                s(&pod["metadata"]["name"]),
                share(cpu.requests, "cpu"),
                share(cpu.limits, "cpu"),
                share(memory.requests, "memory"),
                share(memory.limits, "memory"),
                human::age(&pod["metadata"]["creationTimestamp"], cx.host.now())
            ),
        );
        for (name, total) in &mut totals {
            let sum = pod_sum(pod, name);
            total.requests =
                if total.requests.is_zero() { sum.requests } else { total.requests + sum.requests };
            total.limits = if total.limits.is_zero() { sum.limits } else { total.limits + sum.limits };
        }
    }
    out.line(0, "Allocated resources:");
    out.line(1, "(Total limits may be over 100 percent, i.e., overcommitted.)");
    out.line(1, "Resource\tRequests\tLimits");
    out.line(1, "--------\t--------\t------");
    for (name, total) in &totals {
        if name.contains('/') {
            out.line(1, format!("{name}\t{}\t{}", total.requests, total.limits));
        } else {
            out.line(1, format!("{name}\t{}\t{}", share(total.requests, name), share(total.limits, name)));
        }
    }
}
