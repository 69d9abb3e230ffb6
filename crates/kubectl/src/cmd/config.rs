//! `kubectl config …`: reads and changes the kubeconfig. No server is asked.

use api::base::tabwriter::TabWriter;
use api::{Json, JsonMap};
use collections::StableSort;
use serde_json::json;

use crate::cx::Cx;
use crate::error::{CmdError, Result, msg};
use crate::kubeconfig::Kubeconfig;
use crate::print;

fn load(cx: &Cx) -> Result<Kubeconfig> {
    let config = Kubeconfig::load(&*cx.host, &cx.flags);
    // The commands that change the file may make it.
    match config {
        Err(_) if cx.flags.changed("kubeconfig") => {
            let path = crate::kubeconfig::absolute(&*cx.host, cx.flags.str("kubeconfig"));
            Ok(Kubeconfig { path, doc: json!({}) })
        }
        other => other,
    }
}

/// Prints the kubeconfig, with secrets hidden unless `--raw`.
pub async fn view(cx: &Cx) -> Result {
    cx.no_args()?;
    let mut config = load(cx)?;
    if cx.flags.bool("minify") {
        minify(&mut config, cx.flags.str("context"))?;
    }
    let mut doc = config.normal();
    if !cx.flags.bool("raw") {
        redact(&mut doc);
    }
    let output = cx.flags.str("output");
    match output {
        "" | "yaml" => cx.out(&print::yaml(&doc)),
        "json" => cx.line(print::json_in_order(&in_go_order(&doc))),
        other => cx.out(&print::value(cx, other, &doc)?),
    }
    Ok(())
}

fn minify(config: &mut Kubeconfig, context: &str) -> Result {
    let current = if context.is_empty() { config.current_context().to_string() } else { context.to_string() };
    if current.is_empty() {
        return msg("current-context must exist in order to minify");
    }
    let Some(entry) = config.entry("contexts", &current).cloned() else {
        return msg(format!("cannot locate context {current}"));
    };
    config.doc["current-context"] = current.as_str().into();
    for (list, keep) in [
        ("contexts", current.as_str()),
        ("clusters", entry["cluster"].as_str().unwrap_or("")),
        ("users", entry["user"].as_str().unwrap_or("")),
    ] {
        if let Some(items) = config.doc[list].as_array_mut() {
            items.retain(|e| e["name"] == keep);
        }
    }
    Ok(())
}

fn redact(doc: &mut Json) {
    let hide = |entry: &mut Json, field: &str, text: &str| {
        if entry.get(field).and_then(Json::as_str).is_some_and(|s| !s.is_empty()) {
            entry[field] = text.into();
        }
    };
    for user in doc["users"].as_array_mut().into_iter().flatten() {
        hide(&mut user["user"], "token", "REDACTED");
        hide(&mut user["user"], "password", "REDACTED");
        hide(&mut user["user"], "client-certificate-data", "DATA+OMITTED");
        hide(&mut user["user"], "client-key-data", "DATA+OMITTED");
    }
    for cluster in doc["clusters"].as_array_mut().into_iter().flatten() {
        hide(&mut cluster["cluster"], "certificate-authority-data", "DATA+OMITTED");
    }
}

/// The order of Go's `api.Config`, which `-o json` shows.
fn in_go_order(doc: &Json) -> Json {
    let mut out = JsonMap::new();
    for key in ["kind", "apiVersion", "preferences", "clusters", "users", "contexts", "current-context"] {
        let Some(value) = doc.get(key) else { continue };
        let mut value = value.clone();
        for entry in value.as_array_mut().into_iter().flatten() {
            if let Some(map) = entry.as_object_mut()
                && let Some(name) = map.shift_remove("name")
            {
                map.shift_insert(0, "name".into(), name);
            }
        }
        out.insert(key.into(), value);
    }
    Json::Object(out)
}

/// Prints the current context's name.
pub async fn current_context(cx: &Cx) -> Result {
    cx.no_args()?;
    let config = load(cx)?;
    match config.current_context() {
        "" => msg("current-context is not set"),
        name => {
            cx.line(name);
            Ok(())
        }
    }
}

/// Lists contexts.
pub async fn get_contexts(cx: &Cx) -> Result {
    let config = load(cx)?;
    let mut names = config.names("contexts");
    let asked = &cx.flags.args;
    let mut errors = Vec::new();
    if !asked.is_empty() {
        for name in asked.iter().filter(|a| !names.contains(a)) {
            errors.push(CmdError::Msg(format!("context {name} not found")));
        }
        names.retain(|n| asked.contains(n));
    }
    names.stable_sort();
    let mut table = TabWriter::table();
    let by_name = cx.flags.str("output") == "name";
    if !by_name && !cx.flags.bool("no-headers") {
        table.write("CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n");
    }
    for name in &names {
        if by_name {
            table.write(&format!("{name}\n"));
            continue;
        }
        let entry = config.entry("contexts", name).cloned().unwrap_or_default();
        let field = |f: &str| entry[f].as_str().unwrap_or("").to_string();
        let mark = if config.current_context() == name { "*" } else { "" };
        table.write(&format!(
            "{mark}\t{name}\t{}\t{}\t{}\n",
            field("cluster"),
            field("user"),
            field("namespace")
        ));
    }
    cx.out(&table.flush());
    if errors.is_empty() { Ok(()) } else { Err(CmdError::Many(errors)) }
}

/// Lists the names of clusters or users.
pub async fn get_names(cx: &Cx, list: &str) -> Result {
    cx.no_args()?;
    let mut names = load(cx)?.names(list);
    names.stable_sort();
    cx.line("NAME");
    names.iter().for_each(|n| cx.line(n));
    Ok(())
}

/// Makes a context the current one.
pub async fn use_context(cx: &Cx) -> Result {
    let [name] = cx.flags.args.as_slice() else {
        cx.out(&crate::help::page(&cx.tree, &cx.command));
        return msg(format!("Unexpected args: [{}]", cx.flags.args.join(" ")));
    };
    let mut config = load(cx)?;
    if config.entry("contexts", name).is_none() {
        return msg(format!("no context exists with the name: {name:?}"));
    }
    config.doc["current-context"] = name.as_str().into();
    config.save(&*cx.host)?;
    cx.line(format!("Switched to context {name:?}."));
    Ok(())
}

/// Makes or changes a context.
pub async fn set_context(cx: &Cx) -> Result {
    let mut config = load(cx)?;
    let name = if cx.flags.bool("current") {
        if !cx.flags.args.is_empty() {
            return msg("you cannot specify both a context name and --current");
        }
        match config.current_context() {
            "" => return msg("no current context is set"),
            name => name.to_string(),
        }
    } else {
        match cx.flags.args.as_slice() {
            [name] if !name.is_empty() => name.clone(),
            [] => return msg("you must specify a non-empty context name or --current"),
            more => return msg(format!("Unexpected args: [{}]", more.join(" "))),
        }
    };
    let existed = config.entry("contexts", &name).is_some();
    let entry = config.entry_mut("contexts", &name);
    for field in ["cluster", "user"] {
        if cx.flags.changed(field) || entry.get(field).is_none() {
            entry[field] = cx.flags.str(field).into();
        }
    }
    if cx.flags.changed("namespace") {
        set_or_remove(entry, "namespace", cx.flags.str("namespace"));
    }
    config.save(&*cx.host)?;
    cx.line(format!("Context {name:?} {}.", if existed { "modified" } else { "created" }));
    Ok(())
}

fn set_or_remove(entry: &mut Json, field: &str, value: &str) {
    if value.is_empty() {
        if let Some(map) = entry.as_object_mut() {
            map.shift_remove(field);
        }
    } else {
        entry[field] = value.into();
    }
}

/// Makes or changes a cluster.
pub async fn set_cluster(cx: &Cx) -> Result {
    let [name] = cx.flags.args.as_slice() else {
        return msg(format!("Unexpected args: [{}]", cx.flags.args.join(" ")));
    };
    let mut config = load(cx)?;
    let entry = config.entry_mut("clusters", name);
    for field in ["server", "certificate-authority", "tls-server-name", "proxy-url"] {
        if cx.flags.changed(field) {
            set_or_remove(entry, field, cx.flags.str(field));
        }
    }
    if cx.flags.changed("insecure-skip-tls-verify") {
        entry["insecure-skip-tls-verify"] = cx.flags.bool("insecure-skip-tls-verify").into();
    }
    config.save(&*cx.host)?;
    cx.line(format!("Cluster {name:?} set."));
    Ok(())
}

/// Makes or changes a user.
pub async fn set_credentials(cx: &Cx) -> Result {
    let [name] = cx.flags.args.as_slice() else {
        return msg(format!("Unexpected args: [{}]", cx.flags.args.join(" ")));
    };
    let mut config = load(cx)?;
    let entry = config.entry_mut("users", name);
    for field in ["client-certificate", "client-key", "token", "username", "password"] {
        if cx.flags.changed(field) {
            set_or_remove(entry, field, cx.flags.str(field));
        }
    }
    config.save(&*cx.host)?;
    cx.line(format!("User {name:?} set."));
    Ok(())
}

/// Removes a cluster, context or user.
pub async fn delete(cx: &Cx, list: &str) -> Result {
    let what = list.trim_end_matches('s');
    let [name] = cx.flags.args.as_slice() else {
        cx.out(&crate::help::page(&cx.tree, &cx.command));
        return Err(CmdError::Exit { code: 1, message: String::new() });
    };
    let mut config = load(cx)?;
    if list == "contexts" && config.current_context() == name && config.entry(list, name).is_some() {
        cx.err("warning: this removed your active context, use \"kubectl config use-context\" to select a different one");
    }
    if !config.remove(list, name) {
        return msg(format!("cannot delete {what} {name}, not in {}", config.path));
    }
    config.save(&*cx.host)?;
    cx.line(format!("deleted {what} {name} from {}", config.path));
    Ok(())
}

/// Gives a context another name.
pub async fn rename_context(cx: &Cx) -> Result {
    let [old, new] = cx.flags.args.as_slice() else {
        return msg(format!("Unexpected args: [{}]", cx.flags.args.join(" ")));
    };
    let mut config = load(cx)?;
    let Some(entry) = config.entry("contexts", old).cloned() else {
        return msg(format!("cannot rename the context {old:?}, it's not in {}", config.path));
    };
    if config.entry("contexts", new).is_some() {
        return msg(format!(
            "cannot rename the context {old:?}, the context {new:?} already exists in {}",
            config.path
        ));
    }
    config.remove("contexts", old);
    *config.entry_mut("contexts", new) = entry;
    if config.current_context() == old {
        config.doc["current-context"] = new.as_str().into();
    }
    config.save(&*cx.host)?;
    cx.line(format!("Context {old:?} renamed to {new:?}."));
    Ok(())
}

/// Sets one property: `users.cluster-admin.token`.
pub async fn set(cx: &Cx) -> Result {
    let [property, value] = cx.flags.args.as_slice() else {
        return msg(format!("Unexpected args: [{}]", cx.flags.args.join(" ")));
    };
    let mut config = load(cx)?;
    change(&mut config, property, Some(value))?;
    config.save(&*cx.host)?;
    cx.line(format!("Property {property:?} set."));
    Ok(())
}

/// Removes one property.
pub async fn unset(cx: &Cx) -> Result {
    let [property] = cx.flags.args.as_slice() else {
        cx.out(&crate::help::page(&cx.tree, &cx.command));
        return msg(format!("Unexpected args: [{}]", cx.flags.args.join(" ")));
    };
    let mut config = load(cx)?;
    change(&mut config, property, None)?;
    config.save(&*cx.host)?;
    cx.line(format!("Property {property:?} unset."));
    Ok(())
}

fn change(config: &mut Kubeconfig, property: &str, value: Option<&str>) -> Result {
    if property == "current-context" {
        config.doc["current-context"] = value.unwrap_or("").into();
        return Ok(());
    }
    let Some((list @ ("clusters" | "contexts" | "users"), rest)) = property.split_once('.') else {
        return msg(format!("unable to parse {property} after [] at api.Config"));
    };
    match (rest.rsplit_once('.'), value) {
        (Some((name, field)), value) => {
            set_or_remove(config.entry_mut(list, name), field, value.unwrap_or(""))
        }
        (None, None) => {
            config.remove(list, rest);
        }
        (None, Some(_)) => return msg(format!("unable to parse {property} after [{list}] at api.Config")),
    }
    Ok(())
}
