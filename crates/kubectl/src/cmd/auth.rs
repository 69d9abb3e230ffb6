//! `kubectl auth can-i` and `kubectl auth whoami`.

use api::base::tabwriter::TabWriter;
use collections::StableSort;
use serde_json::json;

use crate::cx::Cx;
use crate::discovery::{array, text};
use crate::error::{CmdError, Result, msg};

/// `kubectl auth can-i`.
pub async fn can_i(cx: &Cx) -> Result {
    if cx.flags.bool("list") {
        return list(cx).await;
    }
    let two = || {
        msg(
            "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
        )
    };
    let [verb, what] = cx.flags.args.as_slice() else { return two() };
    let namespace = if cx.flags.bool("all-namespaces") { String::new() } else { cx.namespace()? };
    let spec = if what.starts_with('/') {
        json!({ "nonResourceAttributes": { "path": what, "verb": verb } })
    } else {
        let (word, name) = what.split_once('/').unwrap_or((what, ""));
        let (group, resource) = match cx.resource(word).await {
            Ok(r) => {
                if !r.namespaced && !cx.flags.bool("quiet") {
                    cx.err(format!(
                        "Warning: resource '{}' is not namespace scoped{}\n",
                        r.plural,
                        group_text(&r.group)
                    ));
                }
                (r.group.clone(), r.plural.clone())
            }
            Err(CmdError::NoResource { .. }) => {
                if word != "*" && !cx.flags.bool("quiet") {
                    cx.err(format!("Warning: the server doesn't have a resource type '{word}'\n"));
                }
                let (resource, group) = word.split_once('.').unwrap_or((word, ""));
                (group.to_string(), resource.to_string())
            }
            Err(e) => return Err(e),
        };
        json!({ "resourceAttributes": {
            "namespace": namespace, "verb": verb, "group": group, "resource": resource, "subresource": cx.flags.str("subresource"), "name": name,
        } })
    };
    let review =
        json!({ "kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "spec": spec });
    let answer =
        cx.client()?.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &[], &review).await?;
    let allowed = answer["status"]["allowed"] == true;
    if !cx.flags.bool("quiet") {
        let mut line = if allowed { "yes".to_string() } else { "no".to_string() };
        for (field, lead) in [("reason", " - "), ("evaluationError", " - ")] {
            let why = answer["status"][field].as_str().unwrap_or("");
            if !allowed && !why.is_empty() {
                line += &format!("{lead}{why}");
            }
        }
        cx.line(line);
    }
    if allowed { Ok(()) } else { Err(CmdError::Exit { code: 1, message: String::new() }) }
}

fn group_text(group: &str) -> String {
    if group.is_empty() { String::new() } else { format!(" in group '{group}'") }
}

async fn list(cx: &Cx) -> Result {
    let review = json!({ "kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1", "spec": { "namespace": cx.namespace()? } });
    let answer =
        cx.client()?.create("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", &[], &review).await?;
    let mut table = TabWriter::table();
    if !cx.flags.bool("no-headers") {
        table.write("Resources\tNon-Resource URLs\tResource Names\tVerbs\n");
    }
    let join = |list: &api::Json| format!("[{}]", array(list).iter().map(text).collect::<Vec<_>>().join(" "));
    // One line for each resource and each URL, in the order of Go's print of the rules.
    let mut lines = Vec::new();
    for rule in array(&answer["status"]["resourceRules"]) {
        let (verbs, names) = (join(&rule["verbs"]), join(&rule["resourceNames"]));
        for resource in array(&rule["resources"]).iter().map(text) {
            for group in array(&rule["apiGroups"]).iter().map(text) {
                let name =
                    if group.is_empty() { resource.to_string() } else { format!("{resource}.{group}") };
                let order =
                    format!("Verbs:{verbs},APIGroups:[{group}],Resources:[{resource}],ResourceNames:{names}");
                lines.push((order, format!("{name}\t[]\t{names}\t{verbs}\n")));
            }
        }
    }
    for rule in array(&answer["status"]["nonResourceRules"]) {
        let verbs = join(&rule["verbs"]);
        for url in array(&rule["nonResourceURLs"]).iter().map(text) {
            let order =
                format!("Verbs:{verbs},APIGroups:[],Resources:[],ResourceNames:[],NonResourceURLs:[{url}]");
            lines.push((order, format!("\t[{url}]\t[]\t{verbs}\n")));
        }
    }
    lines.stable_sort();
    lines.iter().for_each(|(_, line)| table.write(line));
    cx.out(&table.flush());
    Ok(())
}

/// `kubectl auth whoami`.
pub async fn whoami(cx: &Cx) -> Result {
    cx.no_args()?;
    let review = json!({ "kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1" });
    let answer =
        cx.client()?.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", &[], &review).await?;
    let output = cx.flags.str("output");
    if !output.is_empty() {
        cx.out(&crate::print::value(cx, output, &answer)?);
        return Ok(());
    }
    let user = &answer["status"]["userInfo"];
    let mut table = TabWriter::table();
    table.write("ATTRIBUTE\tVALUE\n");
    table.write(&format!("Username\t{}\n", text(&user["username"])));
    if !text(&user["uid"]).is_empty() {
        table.write(&format!("UID\t{}\n", text(&user["uid"])));
    }
    let groups: Vec<String> = array(&user["groups"]).iter().map(text).collect();
    table.write(&format!("Groups\t[{}]\n", groups.join(" ")));
    let mut extra: Vec<_> = user["extra"].as_object().into_iter().flatten().collect();
    extra.stable_sort_by_key(|(k, _)| *k);
    for (key, values) in extra {
        let values: Vec<String> = array(values).iter().map(text).collect();
        table.write(&format!("Extra: {key}\t[{}]\n", values.join(" ")));
    }
    cx.out(&table.flush());
    Ok(())
}
