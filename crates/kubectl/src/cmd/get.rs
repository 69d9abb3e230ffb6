//! `kubectl get`: tables made by the server, or objects in the format that `-o` names; and watching both.

use std::rc::Rc;

use api::Json;
use api::base::tabwriter::TabWriter;
use api::http::Method;
use serde_json::json;

use crate::builder::{Builder, Info, Plan, Planned, complete_type, finish};
use crate::client;
use crate::cx::Cx;
use crate::discovery::{Resource, array};
use crate::error::{CmdError, Result, msg};
use crate::print::table::{self, Options};
use crate::print::{Printer, sort};
use crate::wait::{Deadline, Watch, interrupted};

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";

/// Runs the command.
pub async fn get(cx: &Cx) -> Result {
    if !cx.flags.str("raw").is_empty() {
        return raw(cx).await;
    }
    let builder = Builder { allow_empty_selector: true, ..Builder::from_flags(cx) };
    if builder.args.is_empty() && builder.filenames.is_empty() && cx.flags.str("kustomize").is_empty() {
        cx.err("You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.\n");
        let usage = "Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).";
        return cx.usage(usage);
    }
    let printer = Printer::from_flags(cx, true)?;
    if !cx.flags.str("subresource").is_empty()
        && (builder.args.len() < 2 && !builder.args.first().is_some_and(|a| a.contains('/')))
    {
        return msg("subresource cannot be used when bulk resources are requested");
    }
    if cx.flags.bool("output-watch-events") && !cx.flags.bool("watch") && !cx.flags.bool("watch-only") {
        return msg("--output-watch-events option can only be used with --watch or --watch-only");
    }
    let Planned { plan, errors } = builder.plan(cx).await?;
    let single =
        matches!(&plan, Plan::Names(n) if n.len() == 1) || matches!(&plan, Plan::Objects(o) if o.len() == 1);
    if cx.flags.bool("watch") || cx.flags.bool("watch-only") {
        finish(errors)?;
        return watch(cx, &builder, plan, &printer).await;
    }
    if printer.is_human() && cx.flags.bool("server-print") {
        return tables(cx, &builder, plan, errors, &printer).await;
    }
    objects(cx, &builder, plan, errors, &printer, single).await
}

async fn raw(cx: &Cx) -> Result {
    for (flag, what) in [
        ("watch", "--raw and --watch are mutually exclusive"),
        ("watch-only", "--raw and --watch are mutually exclusive"),
    ] {
        if cx.flags.bool(flag) {
            return cx.usage(what);
        }
    }
    if !cx.flags.args.is_empty() {
        return cx.usage("arguments may not be passed when --raw is specified");
    }
    let (path, query) = cx.flags.str("raw").split_once('?').unwrap_or((cx.flags.str("raw"), ""));
    let client = cx.client()?;
    let mut req = client.build(Method::Get, path, &[]);
    req.query = api::http::parse_query(query);
    let response = client.send(req).await?;
    cx.host.stdout(&response.body.to_bytes());
    Ok(())
}

/// One table with its resource.
struct Part {
    resource: Rc<Resource>,
    table: Json,
}

async fn fetch_table(cx: &Cx, path: &str, query: &[(&str, &str)], chunk: i64) -> Result<Json> {
    let mut query = query.to_vec();
    if !cx.flags.str("sort-by").is_empty() {
        query.push(("includeObject", "Object"));
    }
    let found = cx.client()?.list(path, &query, Some(TABLE), chunk).await?;
    Ok(if found["kind"] == "Table" { found } else { table::generic(&found, cx.host.now()) })
}

fn options(cx: &Cx, printer: &Printer, with_kind: bool) -> Options {
    Options {
        wide: matches!(printer.format, crate::print::Format::Human { wide: true }),
        no_headers: cx.flags.bool("no-headers"),
        with_namespace: cx.flags.bool("all-namespaces"),
        with_kind: with_kind || cx.flags.bool("show-kind"),
        show_labels: cx.flags.bool("show-labels"),
        label_columns: cx.flags.list("label-columns").to_vec(),
        with_event: cx.flags.bool("output-watch-events"),
    }
}

/// The error of an object that is not there: that its namespace is not there says more.
/// Mirrors k8s.io/cli-runtime/pkg/resource.Info.Get.
async fn missing(cx: &Cx, namespace: &str, error: CmdError) -> CmdError {
    if !error.is_not_found() || namespace.is_empty() || namespace == "default" {
        return error;
    }
    let Ok(client) = cx.client() else { return error };
    match client.get(&format!("/api/v1/namespaces/{namespace}"), &[]).await {
        Err(other) if other.is_not_found() => other,
        _ => error,
    }
}

fn named_path(cx: &Cx, info: &Info) -> String {
    client::object(&info.resource, &info.namespace, &info.name, cx.flags.str("subresource"))
}

async fn tables(
    cx: &Cx,
    builder: &Builder,
    plan: Plan,
    mut errors: Vec<CmdError>,
    printer: &Printer,
) -> Result {
    let ignore = cx.flags.bool("ignore-not-found");
    let mut parts: Vec<Part> = Vec::new();
    let many = match &plan {
        Plan::Lists(types) => types.len() > 1,
        Plan::Names(_) | Plan::Objects(_) => false,
    };
    let all_namespaced = match &plan {
        Plan::Lists(types) => types.iter().all(|r| r.namespaced),
        Plan::Names(infos) | Plan::Objects(infos) => infos.iter().all(|i| i.resource.namespaced),
    };
    match plan {
        Plan::Lists(types) => {
            let query = builder.query();
            let query: Vec<(&str, &str)> = query.iter().map(|(k, v)| (*k, v.as_str())).collect();
            for resource in types {
                let path = client::collection(&resource, &builder.list_namespace(cx, &resource)?);
                match fetch_table(cx, &path, &query, cx.flags.int("chunk-size")).await {
                    Ok(table) => parts.push(Part { resource, table }),
                    Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
                    Err(e) => errors.push(builder.list_error(e, &resource)),
                }
            }
        }
        Plan::Names(infos) | Plan::Objects(infos) => {
            for info in infos {
                match fetch_table(cx, &named_path(cx, &info), &[], 0).await {
                    Ok(table) => parts.push(Part { resource: info.resource.clone(), table }),
                    Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
                    Err(e) if e.is_not_found() && ignore => {}
                    Err(e) => errors.push(missing(cx, &info.namespace, e).await),
                }
            }
        }
    }
    sort_tables(cx, &mut parts)?;
    // What was not found does not make it several kinds.
    let many = many || parts.iter().any(|part| !Rc::ptr_eq(&part.resource, &parts[0].resource));
    let options = options(cx, printer, many);
    let mut out = TabWriter::table();
    let mut last: Option<Rc<Resource>> = None;
    let mut any = false;
    for part in parts.iter().filter(|p| !array(&p.table["rows"]).is_empty()) {
        any = true;
        if last.as_ref().is_none_or(|l| !Rc::ptr_eq(l, &part.resource)) {
            if last.is_some() {
                cx.out(&out.flush());
                cx.out("\n");
                out = TabWriter::table();
            }
            table::header(&part.table, &part.resource, &options, &mut out);
            last = Some(part.resource.clone());
        }
        table::rows(&part.table, &part.resource, &options, "ADDED", &mut out);
    }
    cx.out(&out.flush());
    if !any && errors.is_empty() && !ignore {
        if all_namespaced && !builder.all_namespaces {
            cx.err(format!("No resources found in {} namespace.", cx.namespace()?));
        } else {
            cx.err("No resources found");
        }
    }
    finish(errors)
}

/// `--sort-by` of tables, with the two oddities that kubectl has there: a field that no row has empties the table, and
/// tables of several types never have the field.
fn sort_tables(cx: &Cx, parts: &mut [Part]) -> Result {
    let by = cx.flags.str("sort-by");
    if by.is_empty() {
        return Ok(());
    }
    let several = parts.len() > 1 && parts.iter().any(|part| !Rc::ptr_eq(&part.resource, &parts[0].resource));
    if several {
        return Err(sort::no_field(by)?);
    }
    for part in parts {
        let Some(rows) = part.table["rows"].as_array_mut() else { continue };
        if rows.len() < 2 {
            continue;
        }
        match sort::sort(rows, by, cx.host.now(), |row| &row["object"]) {
            Err(CmdError::Msg(_)) => rows.clear(),
            other => other?,
        }
    }
    Ok(())
}

async fn objects(
    cx: &Cx,
    builder: &Builder,
    plan: Plan,
    mut errors: Vec<CmdError>,
    printer: &Printer,
    single: bool,
) -> Result {
    let ignore = cx.flags.bool("ignore-not-found");
    let mut items: Vec<Json> = Vec::new();
    match plan {
        Plan::Lists(types) => {
            for resource in types {
                match builder.list(cx, &resource).await {
                    Ok(found) => items.extend(found.into_iter().map(|i| i.object)),
                    Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
                    Err(e) => errors.push(e),
                }
            }
        }
        Plan::Names(infos) | Plan::Objects(infos) => {
            for info in infos {
                match cx.client()?.get(&named_path(cx, &info), &[]).await {
                    Ok(mut object) => {
                        complete_type(&mut object, &info.resource);
                        items.push(object);
                    }
                    Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
                    Err(e) if e.is_not_found() && ignore => {}
                    Err(e) => errors.push(missing(cx, &info.namespace, e).await),
                }
            }
        }
    }
    let by = cx.flags.str("sort-by");
    if !by.is_empty() {
        sort::sort(&mut items, by, cx.host.now(), |item| item)?;
    }
    if items.is_empty() && (ignore || !errors.is_empty()) {
        return finish(errors);
    }
    if single && items.len() == 1 {
        cx.out(&printer.object(&items[0], false)?);
        return finish(errors);
    }
    let list =
        json!({ "apiVersion": "v1", "items": items, "kind": "List", "metadata": { "resourceVersion": "" } });
    cx.out(&printer.object(&list, false)?);
    finish(errors)
}

async fn watch(cx: &Cx, builder: &Builder, plan: Plan, printer: &Printer) -> Result {
    let (resource, namespace, name) = watched(cx, builder, plan)?;
    let human = printer.is_human();
    let accept = human.then_some(TABLE);
    let path = client::collection(&resource, &namespace);
    let mut fields = builder.field_selector.clone().unwrap_or_default();
    let mut first_path = path.clone();
    if let Some(name) = &name {
        fields = format!("metadata.name={name}");
        first_path = format!("{path}/{name}");
    }
    let labels = builder.selector.clone().unwrap_or_default();
    let query = [("labelSelector", labels.as_str()), ("fieldSelector", fields.as_str())];
    let first_query = if name.is_some() { &[][..] } else { &query[..] };
    let first = cx
        .client()?
        .list(&first_path, first_query, accept, 0)
        .await
        .map_err(|e| builder.list_error(e, &resource))?;
    let version = match first["metadata"]["resourceVersion"].as_str() {
        Some(version) if name.is_none() || !human => version.to_string(),
        _ => array(&first["rows"])
            .first()
            .and_then(|r| r["object"]["metadata"]["resourceVersion"].as_str())
            .unwrap_or("")
            .to_string(),
    };
    let mut shown = Shown::new(cx, printer, &resource);
    let text = shown.text("ADDED", first)?;
    if !cx.flags.bool("watch-only") {
        cx.out(&text);
    }
    let mut query = query.to_vec();
    query.push(("resourceVersion", &version));
    let mut watch = Watch::open(cx, &path, &query, accept).await?;
    // A watch is one request: it ends with the time that a request may take.
    let deadline = Deadline::after(cx, request_timeout(cx));
    while let Some(next) = deadline.run(cx, watch.next()).await {
        let Some((event, object)) = next? else { break };
        cx.out(&shown.text(&event, object)?);
    }
    if cx.host.interrupted() { Err(interrupted()) } else { Ok(()) }
}

/// What is watched: a resource, a namespace (or all), and the name if it is one object.
fn watched(cx: &Cx, builder: &Builder, plan: Plan) -> Result<(Rc<Resource>, String, Option<String>)> {
    match plan {
        Plan::Lists(types) => {
            let [resource] = types.as_slice() else {
                return msg("you may only specify a single resource type");
            };
            Ok((resource.clone(), builder.list_namespace(cx, resource)?, None))
        }
        Plan::Names(infos) | Plan::Objects(infos) => {
            let [info] = infos.as_slice() else {
                return msg(format!(
                    "watch is only supported on individual resources and resource collections - {} resources were found",
                    infos.len()
                ));
            };
            Ok((info.resource.clone(), info.namespace.clone(), Some(info.name.clone())))
        }
    }
}

/// What a watch has printed so far: one table whose header comes with its first row, or one object after the other.
struct Shown<'a> {
    cx: &'a Cx,
    printer: &'a Printer,
    resource: &'a Resource,
    options: table::Options,
    out: TabWriter,
    header_done: bool,
    /// The server sends them with the first table only.
    columns: Json,
}

impl<'a> Shown<'a> {
    fn new(cx: &'a Cx, printer: &'a Printer, resource: &'a Resource) -> Shown<'a> {
        let mut options = options(cx, printer, false);
        options.with_event = cx.flags.bool("output-watch-events");
        let out = TabWriter::table();
        Shown { cx, printer, resource, options, out, header_done: false, columns: Json::Null }
    }

    /// The text of one event.
    fn text(&mut self, event: &str, object: Json) -> Result<String> {
        if self.printer.is_human() { Ok(self.rows(event, object)) } else { self.objects(object) }
    }

    fn objects(&self, mut object: Json) -> Result<String> {
        if !object["items"].is_array() {
            complete_type(&mut object, self.resource);
            return self.printer.object(&object, false);
        }
        let mut text = String::new();
        for item in array(&object["items"]) {
            let mut item = item.clone();
            complete_type(&mut item, self.resource);
            text += &self.printer.object(&item, false)?;
        }
        Ok(text)
    }

    fn rows(&mut self, event: &str, object: Json) -> String {
        let mut table =
            if object["kind"] == "Table" { object } else { table::generic(&object, self.cx.host.now()) };
        if array(&table["columnDefinitions"]).is_empty() {
            table["columnDefinitions"] = self.columns.clone();
        } else {
            self.columns = table["columnDefinitions"].clone();
        }
        if !self.header_done && !array(&table["rows"]).is_empty() {
            self.header_done = true;
            table::header(&table, self.resource, &self.options, &mut self.out);
        }
        table::rows(&table, self.resource, &self.options, event, &mut self.out);
        self.out.flush()
    }
}

/// `--request-timeout` in microseconds: a duration, or a number of seconds; 0 is no limit.
fn request_timeout(cx: &Cx) -> i64 {
    let text = cx.flags.str("request-timeout");
    text.parse::<i64>()
        .map_or_else(|_| cx.flags.duration("request-timeout"), |seconds| seconds.saturating_mul(1_000_000))
}
