//! `kubectl api-resources` and `kubectl api-versions`.

use std::rc::Rc;

use api::base::tabwriter::TabWriter;
use collections::StableSort;
use serde_json::json;

use crate::cx::Cx;
use crate::discovery::Resource;
use crate::error::{Result, msg};
use crate::print;

/// Lists the resource types of the server.
pub async fn resources(cx: &Cx) -> Result {
    cx.no_args()?;
    let output = cx.flags.str("output");
    if !matches!(output, "" | "wide" | "name" | "json" | "yaml") {
        return msg(format!("--output {output} is not available in kubectl api-resources"));
    }
    let by = cx.flags.str("sort-by");
    if !matches!(by, "" | "name" | "kind") {
        return msg("--sort-by accepts only name or kind");
    }
    let mapper = cx.fresh_mapper().await?;
    let (group, verbs, categories) =
        (cx.flags.str("api-group"), cx.flags.list("verbs"), cx.flags.list("categories"));
    let keep = |r: &Rc<Resource>| {
        r.preferred
            && !r.verbs.is_empty()
            && (!cx.flags.changed("api-group") || r.group == group)
            && (!cx.flags.changed("namespaced") || r.namespaced == cx.flags.bool("namespaced"))
            && verbs.iter().all(|v| r.verbs.contains(v))
            && categories.iter().all(|c| r.categories.contains(c))
    };
    let mut found: Vec<Rc<Resource>> = mapper.resources.iter().filter(|r| keep(r)).cloned().collect();
    // Groups by name, the core group first; resources by name. A sort flag overrules.
    found.stable_sort_by(|a, b| (&a.group, &a.plural).cmp(&(&b.group, &b.plural)));
    match by {
        "name" => found.stable_sort_by(|a, b| a.plural.cmp(&b.plural)),
        "kind" => found.stable_sort_by(|a, b| a.kind.cmp(&b.kind)),
        _ => {}
    }
    if matches!(output, "json" | "yaml") {
        let items: Vec<_> = found.iter().map(|r| to_json(r)).collect();
        let list =
            json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "", "resources": items });
        cx.out(&if output == "json" { print::json_text(&list) + "\n" } else { print::yaml(&list) });
        return Ok(());
    }
    let mut table = TabWriter::table();
    if output != "name" && !cx.flags.bool("no-headers") {
        let wide = if output == "wide" { "\tVERBS\tCATEGORIES" } else { "" };
        table.write(&format!("NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND{wide}\n"));
    }
    for r in &found {
        match output {
            "name" => table.write(&format!("{}\n", r.group_resource())),
            _ => {
                let wide = if output == "wide" {
                    format!("\t{}\t{}", r.verbs.join(","), r.categories.join(","))
                } else {
                    String::new()
                };
                table.write(&format!(
                    "{}\t{}\t{}\t{}\t{}{wide}\n",
                    r.plural,
                    r.short_names.join(","),
                    r.api_version(),
                    r.namespaced,
                    r.kind
                ));
            }
        }
    }
    cx.out(&table.flush());
    Ok(())
}

fn to_json(r: &Resource) -> api::Json {
    let mut out = json!({ "name": r.plural, "singularName": r.singular, "namespaced": r.namespaced, "version": r.version, "kind": r.kind, "verbs": r.verbs });
    if !r.group.is_empty() {
        out["group"] = r.group.as_str().into();
    }
    if !r.short_names.is_empty() {
        out["shortNames"] = json!(r.short_names);
    }
    if !r.categories.is_empty() {
        out["categories"] = json!(r.categories);
    }
    out
}

/// Lists `group/version` of the server.
pub async fn versions(cx: &Cx) -> Result {
    cx.no_args()?;
    let mapper = cx.fresh_mapper().await?;
    let mut all = mapper.group_versions.clone();
    all.stable_sort();
    all.iter().for_each(|gv| cx.line(gv));
    Ok(())
}
