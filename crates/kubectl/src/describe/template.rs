//! Containers and pod templates, which pods and all workloads share.

use api::Json;
use api::base::jsonpath::JsonPath;
use api::meta::quantity::Quantity;
use collections::StableSort;

use super::{Out, n, or, s};
use crate::discovery::array;
use crate::human::rfc1123z;

/// Writes `Pod Template:`.
pub fn write(template: &Json, out: &mut Out) {
    out.line(0, "Pod Template:");
    body(template, out);
}

/// Writes what stands under `Pod Template:`.
pub fn body(template: &Json, out: &mut Out) {
    let spec = &template["spec"];
    out.labels("  Labels", &template["metadata"]["labels"]);
    if template["metadata"]["annotations"].as_object().is_some_and(|a| !a.is_empty()) {
        out.annotations("  Annotations", &template["metadata"]["annotations"]);
    }
    if !s(&spec["serviceAccountName"]).is_empty() {
        out.line(0, format!("  Service Account:\t{}", s(&spec["serviceAccountName"])));
    }
    if !array(&spec["initContainers"]).is_empty() {
        containers("Init Containers", &spec["initContainers"], &Json::Null, None, "  ", out);
    }
    containers("Containers", &spec["containers"], &Json::Null, None, "  ", out);
    volumes(&spec["volumes"], "  ", out);
    spread(&spec["topologySpreadConstraints"], "  ", out);
    if !s(&spec["priorityClassName"]).is_empty() {
        out.line(0, format!("  Priority Class Name:\t{}", s(&spec["priorityClassName"])));
    }
    out.labels("  Node-Selectors", &spec["nodeSelector"]);
    tolerations("  Tolerations", &spec["tolerations"], out);
}

/// Writes a list of containers, with their statuses where there are any.
pub fn containers(title: &str, list: &Json, statuses: &Json, pod: Option<&Json>, space: &str, out: &mut Out) {
    let list = array(list);
    out.line(0, format!("{space}{title}:{}", if list.is_empty() { " <none>" } else { "" }));
    for container in list {
        let status = array(statuses).iter().find(|st| st["name"] == container["name"]);
        basic(container, status, if space.is_empty() { "" } else { " " }, out);
        for (title, field) in [("Command", "command"), ("Args", "args")] {
            let words = array(&container[field]);
            if !words.is_empty() {
                out.line(2, format!("{title}:"));
                words.iter().flat_map(|w| s(w).split('\n')).for_each(|line| out.line(3, line));
            }
        }
        if let Some(status) = status {
            state("State", &status["state"], out);
            if status["lastState"]["terminated"].is_object() {
                state("Last State", &status["lastState"], out);
            }
            out.line(2, format!("Ready:\t{}", if status["ready"] == true { "True" } else { "False" }));
            out.line(2, format!("Restart Count:\t{}", n(&status["restartCount"])));
        }
        resources(&container["resources"], 2, out);
        for (title, field) in
            [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")]
        {
            if container[field].is_object() {
                out.line(2, format!("{title}:\t{}", probe(&container[field])));
            }
        }
        env_from(&container["envFrom"], out);
        env(container, pod, out);
        mounts(container, out);
    }
}

fn basic(container: &Json, status: Option<&Json>, indent: &str, out: &mut Out) {
    out.line(1, format!("{indent}{}:", s(&container["name"])));
    if let Some(status) = status {
        out.line(2, format!("Container ID:\t{}", s(&status["containerID"])));
    }
    out.line(2, format!("Image:\t{}", s(&container["image"])));
    if let Some(status) = status {
        out.line(2, format!("Image ID:\t{}", s(&status["imageID"])));
    }
    for (one, many, field) in [("Port", "Ports", "containerPort"), ("Host Port", "Host Ports", "hostPort")] {
        let port = |p: &Json| match s(&p["name"]) {
            "" => format!("{}/{}", n(&p[field]), or(&p["protocol"], "TCP")),
            name => format!("{}/{} ({name})", n(&p[field]), or(&p["protocol"], "TCP")),
        };
        let ports: Vec<String> = array(&container["ports"]).iter().map(port).collect();
        let text = ports.join(", ");
        out.line(
            2,
            format!(
                "{}:\t{}",
                if ports.len() > 1 { many } else { one },
                if text.is_empty() { "<none>" } else { &text }
            ),
        );
    }
    let profile = &container["securityContext"]["seccompProfile"];
    if profile.is_object() {
        out.line(2, format!("SeccompProfile:\t{}", s(&profile["type"])));
    }
}

fn state(title: &str, state: &Json, out: &mut Out) {
    if state["running"].is_object() {
        out.line(2, format!("{title}:\tRunning"));
        out.line(3, format!("Started:\t{}", rfc1123z(&state["running"]["startedAt"])));
    } else if state["terminated"].is_object() {
        let t = &state["terminated"];
        out.line(2, format!("{title}:\tTerminated"));
        for (label, field) in [("Reason", "reason"), ("Message", "message")] {
            if !s(&t[field]).is_empty() {
                out.line(
                    3,
                    format!("{label}:\t{}", s(&t[field]).trim_end_matches('\n').replace('\n', "\n      ")),
                );
            }
        }
        out.line(3, format!("Exit Code:\t{}", n(&t["exitCode"])));
        if n(&t["signal"]) > 0 {
            out.line(3, format!("Signal:\t{}", n(&t["signal"])));
        }
        out.line(3, format!("Started:\t{}", rfc1123z(&t["startedAt"])));
        out.line(3, format!("Finished:\t{}", rfc1123z(&t["finishedAt"])));
    } else {
        out.line(2, format!("{title}:\tWaiting"));
        if !s(&state["waiting"]["reason"]).is_empty() {
            out.line(3, format!("Reason:\t{}", s(&state["waiting"]["reason"])));
        }
    }
}

/// Writes `Limits:` and `Requests:`.
pub fn resources(resources: &Json, level: usize, out: &mut Out) {
    for (title, field) in [("Limits", "limits"), ("Requests", "requests")] {
        let mut entries: Vec<_> = resources[field].as_object().into_iter().flatten().collect();
        if entries.is_empty() {
            continue;
        }
        entries.stable_sort_by_key(|(k, _)| *k);
        out.line(level, format!("{title}:"));
        entries
            .into_iter()
            .for_each(|(name, value)| out.line(level + 1, format!("{name}:\t{}", quantity(value))));
    }
}

/// A quantity's text (a number in JSON is a quantity too).
pub fn quantity(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), String::from)
}

fn port_text(port: &Json) -> String {
    port.as_str().map_or_else(|| port.to_string(), String::from)
}

/// Describes a probe in one line.
pub fn probe(probe: &Json) -> String {
    let number = |field: &str, default: i64| probe[field].as_i64().unwrap_or(default);
    let attributes = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        number("initialDelaySeconds", 0),
        number("timeoutSeconds", 0),
        number("periodSeconds", 0),
        number("successThreshold", 0),
        number("failureThreshold", 0)
    );
    if probe["exec"].is_object() {
        let words: Vec<&str> = array(&probe["exec"]["command"]).iter().map(s).collect();
        return format!("exec [{}] {attributes}", words.join(" "));
    }
    let http = &probe["httpGet"];
    if http.is_object() {
        let scheme = or(&http["scheme"], "HTTP").to_lowercase();
        return format!(
            "http-get {scheme}://{}:{}{} {attributes}",
            s(&http["host"]),
            port_text(&http["port"]),
            s(&http["path"])
        );
    }
    let tcp = &probe["tcpSocket"];
    if tcp.is_object() {
        return format!("tcp-socket {}:{} {attributes}", s(&tcp["host"]), port_text(&tcp["port"]));
    }
    let grpc = &probe["grpc"];
    if grpc.is_object() {
        return format!("grpc <pod>:{} {} {attributes}", n(&grpc["port"]), s(&grpc["service"]));
    }
    format!("unknown {attributes}")
}

fn env_from(sources: &Json, out: &mut Out) {
    if array(sources).is_empty() {
        return;
    }
    out.line(2, "Environment Variables from:");
    for source in array(sources) {
        let (from, reference) = if source["configMapRef"].is_object() {
            ("ConfigMap", &source["configMapRef"])
        } else {
            ("Secret", &source["secretRef"])
        };
        let prefix = match s(&source["prefix"]) {
            "" => String::new(),
            prefix => format!(" with prefix '{prefix}'"),
        };
        out.line(
            3,
            format!("{}\t{from}{prefix}\tOptional: {}", s(&reference["name"]), reference["optional"] == true),
        );
    }
}

fn env(container: &Json, pod: Option<&Json>, out: &mut Out) {
    let vars = array(&container["env"]);
    out.line(2, format!("Environment:{}", if vars.is_empty() { "\t<none>" } else { "" }));
    for var in vars {
        let name = s(&var["name"]);
        let from = &var["valueFrom"];
        if from["fieldRef"].is_object() {
            let path = s(&from["fieldRef"]["fieldPath"]);
            let value = pod.map(|p| field_of(p, path)).unwrap_or_default();
            out.line(3, format!("{name}:\t{value} ({}:{path})", or(&from["fieldRef"]["apiVersion"], "v1")));
        } else if from["resourceFieldRef"].is_object() {
            let resource = s(&from["resourceFieldRef"]["resource"]);
            out.line(
                3,
                format!("{name}:\t{} ({resource})", resource_value(container, &from["resourceFieldRef"])),
            );
        } else if from["secretKeyRef"].is_object() {
            let r = &from["secretKeyRef"];
            out.line(
                3,
                format!(
                    "{name}:\t<set to the key '{}' in secret '{}'>\tOptional: {}",
                    s(&r["key"]),
                    s(&r["name"]),
                    r["optional"] == true
                ),
            );
        } else if from["configMapKeyRef"].is_object() {
            let r = &from["configMapKeyRef"];
            out.line(
                3,
                format!(
                    "{name}:\t<set to the key '{}' of config map '{}'>\tOptional: {}",
                    s(&r["key"]),
                    s(&r["name"]),
                    r["optional"] == true
                ),
            );
        } else {
            for (i, line) in s(&var["value"]).split('\n').enumerate() {
                out.line(3, if i == 0 { format!("{name}:\t{line}") } else { format!("\t{line}") });
            }
        }
    }
}

/// The value that a `fieldRef` has in this pod.
fn field_of(pod: &Json, path: &str) -> String {
    if let Some((map, key)) = path.strip_suffix("']").and_then(|p| p.split_once("['")) {
        let map = map.rsplit('.').next().unwrap_or(map);
        return s(&pod["metadata"][map][key]).to_string();
    }
    let found = JsonPath::parse(&format!("{{.{path}}}")).and_then(|p| p.print(pod));
    found.unwrap_or_default()
}

fn resource_value(container: &Json, reference: &Json) -> String {
    let resource = s(&reference["resource"]);
    let (list, name) = resource.split_once('.').unwrap_or((resource, ""));
    let value = Quantity::parse(&quantity(&container["resources"][list][name])).unwrap_or(Quantity::ZERO);
    if value.is_zero() && list == "limits" {
        return "node allocatable".into();
    }
    let divisor = Quantity::parse(or(&reference["divisor"], "1")).map(|d| d.as_f64()).unwrap_or(1.0);
    format!("{}", (value.as_f64() / if divisor > 0.0 { divisor } else { 1.0 }).ceil())
}

fn mounts(container: &Json, out: &mut Out) {
    let mut mounts: Vec<&Json> = array(&container["volumeMounts"]).iter().collect();
    out.line(2, format!("Mounts:{}", if mounts.is_empty() { "\t<none>" } else { "" }));
    mounts.stable_sort_by_key(|m| s(&m["mountPath"]).to_string());
    for mount in mounts {
        let mut flags = vec![if mount["readOnly"] == true { "ro".to_string() } else { "rw".to_string() }];
        if !s(&mount["subPath"]).is_empty() {
            flags.push(format!("path={:?}", s(&mount["subPath"])));
        }
        out.line(3, format!("{} from {} ({})", s(&mount["mountPath"]), s(&mount["name"]), flags.join(",")));
    }
    let devices = array(&container["volumeDevices"]);
    if !devices.is_empty() {
        out.line(2, "Devices:");
        devices.iter().for_each(|d| out.line(3, format!("{} from {}", s(&d["devicePath"]), s(&d["name"]))));
    }
}

/// Writes `Volumes:`.
pub fn volumes(list: &Json, space: &str, out: &mut Out) {
    let list = array(list);
    if list.is_empty() {
        return out.line(0, format!("{space}Volumes:\t<none>"));
    }
    out.line(0, format!("{space}Volumes:"));
    for volume in list {
        out.line(1, format!("{}{}:", if space.is_empty() { "" } else { " " }, s(&volume["name"])));
        super::volumes::source(volume, out);
    }
}

/// Writes `Topology Spread Constraints:`.
pub fn spread(list: &Json, space: &str, out: &mut Out) {
    let mut list: Vec<&Json> = array(list).iter().collect();
    if list.is_empty() {
        return;
    }
    list.stable_sort_by_key(|c| s(&c["topologyKey"]).to_string());
    out.write(0, format!("{space}Topology Spread Constraints:\t"));
    for (i, c) in list.into_iter().enumerate() {
        let lead = if i == 0 { "" } else { "\t" };
        let mut text = format!(
            "{lead}{}:{} when max skew {} is exceeded",
            s(&c["topologyKey"]),
            s(&c["whenUnsatisfiable"]),
            n(&c["maxSkew"])
        );
        if let Some(selector) = crate::selector::format(&c["labelSelector"]) {
            text += &format!(" for selector {selector}");
        }
        out.line(0, text);
    }
}

/// Writes tolerations, one a line.
pub fn tolerations(title: &str, list: &Json, out: &mut Out) {
    out.write(0, format!("{title}:\t"));
    let mut list: Vec<&Json> = array(list).iter().collect();
    if list.is_empty() {
        return out.line(0, "<none>");
    }
    list.stable_sort_by_key(|t| s(&t["key"]).to_string());
    for (i, t) in list.into_iter().enumerate() {
        let mut text = String::from(if i == 0 { "" } else { "\t" });
        let (key, value, effect) = (s(&t["key"]), s(&t["value"]), s(&t["effect"]));
        text += key;
        if !value.is_empty() {
            text += &format!("={value}");
        }
        if !effect.is_empty() {
            text += &format!(":{effect}");
        }
        if t["operator"] == "Exists" && value.is_empty() {
            text += if key.is_empty() && effect.is_empty() { "op=Exists" } else { " op=Exists" };
        }
        if let Some(seconds) = t["tolerationSeconds"].as_i64() {
            text += &format!(" for {seconds}s");
        }
        out.line(0, text);
    }
}
