//! What Tab offers: commands, flags, values of flags, kinds, and names that the server knows.

use std::rc::Rc;

use collections::StableSort;

use crate::command::{Command, Tree};
use crate::cx::Cx;
use crate::discovery::{array, text};
use crate::flags::{Kind, Parsed};
use crate::host::Host;
use crate::kubeconfig::Kubeconfig;

/// One thing that the word under the cursor may become.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The whole word.
    pub text: String,
    /// A few words about it, or `""`.
    pub about: String,
}

/// Commands whose first argument is a type and whose further ones are names.
const TYPED: &[&str] = &[
    "get",
    "describe",
    "delete",
    "edit",
    "label",
    "annotate",
    "patch",
    "wait",
    "scale",
    "expose",
    "autoscale",
    "explain",
    "taint",
];
/// Types that workload commands take.
const WORKLOADS: &[&str] = &["deployments", "daemonsets", "statefulsets"];

/// Returns what the last of `words` (`words[0]` is `kubectl`) may become. An empty answer leaves files to the shell.
pub async fn complete(words: &[String], host: Rc<dyn Host>) -> Vec<Candidate> {
    let tree = Tree::load();
    let Some((last, before)) = words.get(1..).and_then(|w| w.split_last()) else { return Vec::new() };
    let (command, rest) = tree.find(before);
    let command = command.clone();
    let flags = tree.flags_of(&command);
    // The value of a flag: `-o js`, `--output=js`.
    let previous = rest.last().map_or("", |w| w.as_str());
    let by_name = |word: &str| {
        flags.iter().find(|f| {
            word.strip_prefix("--") == Some(f.name) || f.short.is_some_and(|s| word == format!("-{s}"))
        })
    };
    let takes_value =
        by_name(previous).filter(|f| f.kind != Kind::Bool && f.no_opt.is_none()).map(|f| f.name);
    let (flag, lead, partial) = match (takes_value, last.strip_prefix("--").and_then(|w| w.split_once('='))) {
        (Some(name), _) => (Some(name), String::new(), last.as_str()),
        (None, Some((name, value))) => {
            (flags.iter().find(|f| f.name == name).map(|f| f.name), format!("--{name}="), value)
        }
        _ => (None, String::new(), last.as_str()),
    };
    let parsed = Parsed::parse(&flags, &rest).unwrap_or_default();
    let cx = Cx::new(host, tree, command.clone(), parsed);
    let found = match flag {
        Some(flag) => values(&cx, flag, partial).await,
        None if last.starts_with('-') => flag_names(&cx, &command),
        None => arguments(&cx, &command, last).await,
    };
    let mut out: Vec<Candidate> = found
        .into_iter()
        .filter(|c| c.text.starts_with(partial))
        .map(|c| Candidate { text: format!("{lead}{}", c.text), about: c.about })
        .collect();
    out.stable_sort();
    out.dedup_by(|a, b| a.text == b.text);
    out
}

fn plain(texts: impl IntoIterator<Item = impl Into<String>>) -> Vec<Candidate> {
    texts.into_iter().map(|t| Candidate { text: t.into(), about: String::new() }).collect()
}

fn flag_names(cx: &Cx, command: &Command) -> Vec<Candidate> {
    let flags = cx.tree.flags_of(command);
    let mut out = Vec::new();
    for flag in flags.iter().filter(|f| !f.deprecated) {
        let equals = if flag.kind == Kind::Bool || flag.no_opt.is_some() { "" } else { "=" };
        out.push(Candidate { text: format!("--{}{equals}", flag.name), about: flag.usage.to_string() });
        out.extend(flag.short.map(|s| Candidate { text: format!("-{s}"), about: flag.usage.to_string() }));
    }
    out
}

async fn values(cx: &Cx, flag: &str, _partial: &str) -> Vec<Candidate> {
    match flag {
        "namespace" => names(cx, "namespaces").await,
        "output" => plain([
            "json",
            "yaml",
            "name",
            "wide",
            "jsonpath=",
            "jsonpath-file=",
            "custom-columns=",
            "custom-columns-file=",
            "go-template=",
        ]),
        "dry-run" => plain(["none", "client", "server"]),
        "context" => plain(config_names(cx, "contexts")),
        "cluster" => plain(config_names(cx, "clusters")),
        "user" => plain(config_names(cx, "users")),
        "cascade" => plain(["background", "orphan", "foreground"]),
        "type" => match cx.command.path {
            "patch" => plain(["json", "merge", "strategic"]),
            _ => plain(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]),
        },
        "for" => plain(["condition=", "delete", "create", "jsonpath="]),
        "restart" => plain(["Always", "OnFailure", "Never"]),
        "container" => containers(cx).await,
        "validate" => plain(["strict", "warn", "ignore"]),
        "sort-by" if cx.command.path.starts_with("top") => plain(["cpu", "memory"]),
        _ => Vec::new(),
    }
}

fn config_names(cx: &Cx, list: &str) -> Vec<String> {
    Kubeconfig::load(&*cx.host, &cx.flags).map(|c| c.names(list)).unwrap_or_default()
}

async fn arguments(cx: &Cx, command: &Command, last: &str) -> Vec<Candidate> {
    let given = &cx.flags.args;
    if cx.flags.dash.is_some() {
        return Vec::new();
    }
    let children: Vec<Candidate> = cx
        .tree
        .children(command.path)
        .map(|c| Candidate { text: c.name().into(), about: c.short.into() })
        .collect();
    if !children.is_empty() && given.is_empty() {
        return children;
    }
    match command.path {
        "config use-context" | "config delete-context" | "config rename-context" => {
            plain(config_names(cx, "contexts"))
        }
        "config delete-cluster" => plain(config_names(cx, "clusters")),
        "config delete-user" => plain(config_names(cx, "users")),
        "cordon" | "uncordon" | "drain" | "top node" => names(cx, "nodes").await,
        "top pod" => names(cx, "pods").await,
        "logs" | "exec" | "attach" | "port-forward" if given.is_empty() => {
            with_kinds(cx, last, "pods", &["deployments", "services"]).await
        }
        "explain" if given.is_empty() => types(cx).await,
        path if path.starts_with("rollout ") => typed(cx, last, given, Some(WORKLOADS)).await,
        path if path.starts_with("set ") => typed(cx, last, given, Some(WORKLOADS)).await,
        path if TYPED.contains(&path) => typed(cx, last, given, None).await,
        _ => Vec::new(),
    }
}

/// A type first, then names of it; or `type/name`.
async fn typed(cx: &Cx, last: &str, given: &[String], only: Option<&[&str]>) -> Vec<Candidate> {
    if let Some((kind, _)) = last.split_once('/') {
        return names(cx, kind)
            .await
            .into_iter()
            .map(|c| Candidate { text: format!("{kind}/{}", c.text), about: c.about })
            .collect();
    }
    match given {
        [] => match only {
            Some(list) => plain(list.iter().map(|t| (*t).to_string())),
            None => types(cx).await,
        },
        [first, ..] if first.contains('/') => Vec::new(),
        [kind, rest @ ..] => names(cx, kind).await.into_iter().filter(|c| !rest.contains(&c.text)).collect(),
    }
}

async fn with_kinds(cx: &Cx, last: &str, kind: &str, others: &[&str]) -> Vec<Candidate> {
    if last.contains('/') {
        return typed(cx, last, &[], None).await;
    }
    let mut out = names(cx, kind).await;
    out.extend(plain(others.iter().map(|o| format!("{o}/"))));
    out
}

async fn types(cx: &Cx) -> Vec<Candidate> {
    let Ok(mapper) = cx.mapper().await else { return Vec::new() };
    let served = mapper.resources.iter().filter(|r| r.preferred && r.verbs.iter().any(|v| v == "list"));
    served.map(|r| Candidate { text: r.group_resource(), about: r.short_names.join(",") }).collect()
}

async fn names(cx: &Cx, kind: &str) -> Vec<Candidate> {
    let Ok(resource) = cx.resource(kind).await else { return Vec::new() };
    let (Ok(client), Ok(namespace)) = (cx.client(), cx.namespace()) else { return Vec::new() };
    let path = crate::client::collection(&resource, &namespace);
    let Ok(list) = client.list(&path, &[], None, 500).await else { return Vec::new() };
    plain(array(&list["items"]).iter().map(|i| text(&i["metadata"]["name"])))
}

async fn containers(cx: &Cx) -> Vec<Candidate> {
    let Some(pod) = cx.flags.args.first().filter(|p| !p.contains('/')) else { return Vec::new() };
    let (Ok(client), Ok(namespace)) = (cx.client(), cx.namespace()) else { return Vec::new() };
    let Ok(pod) = client.get(&format!("/api/v1/namespaces/{namespace}/pods/{pod}"), &[]).await else {
        return Vec::new();
    };
    let all = ["containers", "initContainers"].into_iter().flat_map(|f| array(&pod["spec"][f]).to_vec());
    plain(all.map(|c| text(&c["name"])).collect::<Vec<_>>())
}
