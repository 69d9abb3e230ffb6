//! `kubectl cluster-info`, `kubectl top`, `kubectl events`.

use api::Json;
use api::base::tabwriter::TabWriter;
use api::meta::quantity::Quantity;
use collections::StableSort;

use crate::cx::Cx;
use crate::describe::{events::last_seen, s};
use crate::discovery::array;
use crate::error::{Result, msg};
use crate::human;
use crate::print::Printer;
use crate::wait::{Watch, interrupted};

/// `kubectl cluster-info`.
pub async fn info(cx: &Cx) -> Result {
    let client = cx.client()?;
    let server = client.target.server.clone();
    let selector = "kubernetes.io/cluster-service=true";
    let services = client
        .list("/api/v1/namespaces/kube-system/services", &[("labelSelector", selector)], None, 500)
        .await?;
    cx.line(format!("Kubernetes control plane is running at {server}"));
    for service in array(&services["items"]) {
        let meta = &service["metadata"];
        let name = meta["labels"]["kubernetes.io/name"].as_str().unwrap_or(s(&meta["name"]));
        let port = &service["spec"]["ports"][0];
        let port_name = match s(&port["name"]) {
            "" => String::new(),
            name => format!(":{name}"),
        };
        cx.line(format!(
            "{name} is running at {server}/api/v1/namespaces/{}/services/{}{port_name}/proxy",
            s(&meta["namespace"]),
            s(&meta["name"])
        ));
    }
    cx.line("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.");
    Ok(())
}

async fn metrics(cx: &Cx, path: &str) -> Result<Json> {
    let mapper = cx.mapper().await?;
    if !mapper.group_versions.iter().any(|gv| gv.starts_with("metrics.k8s.io/")) {
        return msg("Metrics API not available");
    }
    cx.client()?
        .list(
            &format!("/apis/metrics.k8s.io/v1beta1/{path}"),
            &[("labelSelector", cx.flags.str("selector"))],
            None,
            0,
        )
        .await
}

fn milli(value: &Json) -> i64 {
    Quantity::parse(s(value)).map_or(0, |q| q.milli_value())
}

fn mebi(value: &Json) -> i64 {
    Quantity::parse(s(value)).map_or(0, |q| q.value()) / (1024 * 1024)
}

/// `kubectl top node`.
pub async fn top_node(cx: &Cx) -> Result {
    if cx.flags.args.len() > 1 {
        return cx.usage("node [NAME | -l label]");
    }
    let list = metrics(cx, "nodes").await?;
    let nodes = cx.client()?.list("/api/v1/nodes", &[], None, 500).await?;
    let mut table = TabWriter::table();
    if !cx.flags.bool("no-headers") {
        table.write("NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)\n");
    }
    let mut rows: Vec<(String, i64, i64)> = array(&list["items"])
        .iter()
        .filter(|m| cx.arg(0).is_empty() || m["metadata"]["name"] == cx.arg(0))
        .map(|m| {
            (s(&m["metadata"]["name"]).to_string(), milli(&m["usage"]["cpu"]), mebi(&m["usage"]["memory"]))
        })
        .collect();
    sort(cx, &mut rows);
    for (name, cpu, memory) in rows {
        let node = array(&nodes["items"]).iter().find(|n| n["metadata"]["name"] == name.as_str());
        let total = |r: &str| node.map_or(Json::Null, |n| n["status"]["allocatable"][r].clone());
        let (cpus, memories) = (milli(&total("cpu")).max(1), mebi(&total("memory")).max(1));
        table.write(&format!(
            "{name}\t{cpu}m\t{}%\t{memory}Mi\t{}%\n",
            cpu * 100 / cpus,
            memory * 100 / memories
        ));
    }
    cx.out(&table.flush());
    Ok(())
}

fn sort(cx: &Cx, rows: &mut [(String, i64, i64)]) {
    rows.stable_sort();
    match cx.flags.str("sort-by") {
        "cpu" => rows.stable_sort_by_key(|r| -r.1),
        "memory" => rows.stable_sort_by_key(|r| -r.2),
        _ => {}
    }
}

/// `kubectl top pod`.
pub async fn top_pod(cx: &Cx) -> Result {
    if cx.flags.args.len() > 1 {
        return cx.usage("pod [NAME | -l label]");
    }
    let all = cx.flags.bool("all-namespaces");
    let path = if all { "pods".to_string() } else { format!("namespaces/{}/pods", cx.namespace()?) };
    let list = metrics(cx, &path).await?;
    let mut rows: Vec<(String, i64, i64)> = Vec::new();
    for pod in
        array(&list["items"]).iter().filter(|m| cx.arg(0).is_empty() || m["metadata"]["name"] == cx.arg(0))
    {
        let meta = &pod["metadata"];
        let lead = if all { format!("{}\t", s(&meta["namespace"])) } else { String::new() };
        let containers = array(&pod["containers"]);
        if cx.flags.bool("containers") {
            rows.extend(containers.iter().map(|c| {
                (
                    format!("{lead}{}\t{}", s(&meta["name"]), s(&c["name"])),
                    milli(&c["usage"]["cpu"]),
                    mebi(&c["usage"]["memory"]),
                )
            }));
        } else {
            let sum = |f: fn(&Json) -> i64, r: &str| containers.iter().map(|c| f(&c["usage"][r])).sum();
            rows.push((format!("{lead}{}", s(&meta["name"])), sum(milli, "cpu"), sum(mebi, "memory")));
        }
    }
    if rows.is_empty() {
        if all {
            cx.err("No resources found");
        } else {
            cx.err(format!("No resources found in {} namespace.", cx.namespace()?));
        }
        return Ok(());
    }
    sort(cx, &mut rows);
    let mut table = TabWriter::table();
    if !cx.flags.bool("no-headers") {
        let name = if cx.flags.bool("containers") { "POD\tNAME" } else { "NAME" };
        table.write(&format!("{}{name}\tCPU(cores)\tMEMORY(bytes)\n", if all { "NAMESPACE\t" } else { "" }));
    }
    rows.iter().for_each(|(name, cpu, memory)| table.write(&format!("{name}\t{cpu}m\t{memory}Mi\n")));
    cx.out(&table.flush());
    Ok(())
}

/// `kubectl events`.
pub async fn events(cx: &Cx) -> Result {
    let types = cx.flags.list("types");
    if types.iter().any(|t| !t.eq_ignore_ascii_case("normal") && !t.eq_ignore_ascii_case("warning")) {
        return msg("valid --types are Normal or Warning");
    }
    let all = cx.flags.bool("all-namespaces");
    let namespace = if all { String::new() } else { cx.namespace()? };
    let path =
        if all { "/api/v1/events".to_string() } else { format!("/api/v1/namespaces/{namespace}/events") };
    let mut fields = String::new();
    if !cx.flags.str("for").is_empty() {
        let Some((word, name)) = cx.flags.str("for").split_once('/') else {
            return msg("--for must be in resource/name form");
        };
        let resource = cx.resource(word).await?;
        fields = format!("involvedObject.kind={},involvedObject.name={name}", resource.kind);
    }
    let printer = Printer::from_flags(cx, false)?;
    let list =
        cx.client()?.list(&path, &[("fieldSelector", &fields)], None, cx.flags.int("chunk-size")).await?;
    let keep = |e: &Json| types.is_empty() || types.iter().any(|t| t.eq_ignore_ascii_case(s(&e["type"])));
    let mut items: Vec<Json> = array(&list["items"]).iter().filter(|e| keep(e)).cloned().collect();
    items.stable_sort_by_key(|e| last_seen(e).to_string());
    if !printer.is_human() {
        let list = serde_json::json!({ "apiVersion": "v1", "items": items, "kind": "List", "metadata": { "resourceVersion": "" } });
        cx.out(&printer.object(&list, false)?);
        return Ok(());
    }
    if items.is_empty() && !cx.flags.bool("watch") {
        if all {
            cx.err("No events found.");
        } else {
            cx.err(format!("No events found in {namespace} namespace."));
        }
        return Ok(());
    }
    let mut table = TabWriter::table();
    if !cx.flags.bool("no-headers") {
        table.write(&format!(
            "{}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n",
            if all { "NAMESPACE\t" } else { "" }
        ));
    }
    items.iter().for_each(|e| table.write(&event_row(cx, e, all)));
    cx.out(&table.flush());
    if !cx.flags.bool("watch") {
        return Ok(());
    }
    let version = s(&list["metadata"]["resourceVersion"]).to_string();
    let mut watch =
        Watch::open(cx, &path, &[("fieldSelector", &fields), ("resourceVersion", &version)], None).await?;
    while let Some((kind, event)) = watch.next().await? {
        if kind != "DELETED" && keep(&event) {
            table.write(&event_row(cx, &event, all));
            cx.out(&table.flush());
        }
    }
    if cx.host.interrupted() { Err(interrupted()) } else { Ok(()) }
}

fn event_row(cx: &Cx, e: &Json, all: bool) -> String {
    let now = cx.host.now();
    let since = |t: &Json| human::age(t, now);
    let first = if e["eventTime"].is_string() { since(&e["eventTime"]) } else { since(&e["firstTimestamp"]) };
    let interval = match (e["series"]["count"].as_i64(), e["count"].as_i64()) {
        (Some(count), _) => format!("{} (x{count} over {first})", since(&e["series"]["lastObservedTime"])),
        (None, Some(count)) if count > 1 => format!("{} (x{count} over {first})", since(&e["lastTimestamp"])),
        _ => first,
    };
    let object = format!("{}/{}", s(&e["involvedObject"]["kind"]), s(&e["involvedObject"]["name"]));
    let lead = if all { format!("{}\t", s(&e["metadata"]["namespace"])) } else { String::new() };
    format!(
        "{lead}{interval}\t{}\t{}\t{object}\t{}\n",
        s(&e["type"]),
        s(&e["reason"]),
        s(&e["message"]).trim().replace('\n', " ")
    )
}
