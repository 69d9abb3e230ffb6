//! Generators of Role, ClusterRole and their bindings.

use api::Json;
use collections::StableSort;
use serde_json::json;

use super::{name, submit};
use crate::cx::Cx;
use crate::error::{Result, msg};

const GROUP: &str = "rbac.authorization.k8s.io";

/// `kubectl create role`.
pub async fn role(cx: &Cx) -> Result {
    let name = name(cx)?;
    let rules = resource_rules(cx).await?;
    if rules.is_empty() {
        return msg("at least one resource must be specified");
    }
    let object = json!({ "kind": "Role", "apiVersion": format!("{GROUP}/v1"), "metadata": { "name": name }, "rules": rules });
    submit(cx, object, "").await
}

/// `kubectl create clusterrole`.
pub async fn cluster_role(cx: &Cx) -> Result {
    let name = name(cx)?;
    let mut object =
        json!({ "kind": "ClusterRole", "apiVersion": format!("{GROUP}/v1"), "metadata": { "name": name } });
    if !cx.flags.str("aggregation-rule").is_empty() {
        object["rules"] = Json::Null;
        let labels = crate::generate::pairs(cx.flags.str("aggregation-rule"))?;
        object["aggregationRule"] = json!({ "clusterRoleSelectors": [{ "matchLabels": labels }] });
        return submit(cx, object, "").await;
    }
    let mut rules = resource_rules(cx).await?;
    let urls = cx.flags.list("non-resource-url");
    if rules.is_empty() && urls.is_empty() {
        return msg("at least one resource must be specified");
    }
    if !urls.is_empty() {
        rules.push(json!({ "verbs": verbs(cx), "nonResourceURLs": urls }));
    }
    object["rules"] = json!(rules);
    submit(cx, object, "").await
}

fn verbs(cx: &Cx) -> Vec<String> {
    let mut verbs: Vec<String> = Vec::new();
    for verb in cx.flags.list("verb") {
        if verb == "*" {
            return vec!["*".into()];
        }
        if !verbs.contains(verb) {
            verbs.push(verb.clone());
        }
    }
    verbs
}

/// One rule for each API group among `--resource`.
async fn resource_rules(cx: &Cx) -> Result<Vec<Json>> {
    if verbs(cx).is_empty() {
        return msg("at least one verb must be specified");
    }
    let mut by_group: Vec<(String, Vec<String>)> = Vec::new();
    for word in cx.flags.list("resource") {
        let (word, sub) = word.split_once('/').map_or((word.as_str(), ""), |(w, s)| (w, s));
        let (group, mut plural) = match word {
            "*" => (String::new(), "*".to_string()),
            _ => {
                let resource = cx.resource(word).await?;
                (resource.group.clone(), resource.plural.clone())
            }
        };
        if !sub.is_empty() {
            plural = format!("{plural}/{sub}");
        }
        match by_group.iter_mut().find(|(g, _)| *g == group) {
            Some((_, list)) if list.contains(&plural) => {}
            Some((_, list)) => list.push(plural),
            None => by_group.push((group, vec![plural])),
        }
    }
    by_group.stable_sort();
    let names = cx.flags.list("resource-name");
    Ok(by_group
        .into_iter()
        .map(|(group, resources)| {
            let mut rule = json!({ "verbs": verbs(cx), "apiGroups": [group], "resources": resources });
            if !names.is_empty() {
                rule["resourceNames"] = json!(names);
            }
            rule
        })
        .collect())
}

/// `kubectl create rolebinding`.
pub async fn role_binding(cx: &Cx) -> Result {
    let name = name(cx)?;
    let (kind, role) = match (cx.flags.str("clusterrole"), cx.flags.str("role")) {
        ("", "") => return msg("exactly one of clusterrole or role must be specified"),
        (cluster_role, "") => ("ClusterRole", cluster_role),
        ("", role) => ("Role", role),
        _ => return msg("exactly one of clusterrole or role must be specified"),
    };
    let object = binding(cx, "RoleBinding", &name, kind, role)?;
    submit(cx, object, "failed to create rolebinding: ").await
}

/// `kubectl create clusterrolebinding`.
pub async fn cluster_role_binding(cx: &Cx) -> Result {
    let object = binding(cx, "ClusterRoleBinding", &name(cx)?, "ClusterRole", cx.flags.str("clusterrole"))?;
    submit(cx, object, "failed to create clusterrolebinding: ").await
}

fn binding(cx: &Cx, kind: &str, name: &str, role_kind: &str, role: &str) -> Result<Json> {
    let mut object =
        json!({ "kind": kind, "apiVersion": format!("{GROUP}/v1"), "metadata": { "name": name } });
    let subjects = subjects(cx)?;
    if !subjects.is_empty() {
        object["subjects"] = json!(subjects);
    }
    object["roleRef"] = json!({ "apiGroup": GROUP, "kind": role_kind, "name": role });
    Ok(object)
}

/// Reads `--user --group --serviceaccount`.
///
/// # Errors
/// A service account is not written as `namespace:name`.
pub fn subjects(cx: &Cx) -> Result<Vec<Json>> {
    let mut out = Vec::new();
    for (flag, kind) in [("user", "User"), ("group", "Group")] {
        out.extend(cx.flags.list(flag).iter().map(|n| json!({ "kind": kind, "apiGroup": GROUP, "name": n })));
    }
    for account in cx.flags.list("serviceaccount") {
        match account.split(':').collect::<Vec<_>>()[..] {
            [namespace, name] if !namespace.is_empty() && !name.is_empty() => {
                out.push(json!({ "kind": "ServiceAccount", "name": name, "namespace": namespace }));
            }
            _ => return msg("serviceaccount must be <namespace>:<name>"),
        }
    }
    Ok(out)
}
