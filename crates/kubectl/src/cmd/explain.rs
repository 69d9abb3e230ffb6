//! `kubectl explain`: structure from the server's OpenAPI v3 document, descriptions from the host.

use api::Json;
use collections::{OrdMap, StableSort};

use crate::cx::Cx;
use crate::describe::s;
use crate::discovery::{Resource, array};
use crate::error::{CmdError, Result, msg};

/// How deep `--recursive` goes at most.
const MAX_DEPTH: usize = 24;

/// An OpenAPI document with the texts that the host had for it.
struct Doc {
    schemas: Json,
    texts: OrdMap<String, Json>,
}

impl Doc {
    fn resolve<'a>(&'a self, schema: &'a Json) -> (&'a Json, String) {
        match definition(schema) {
            Some(name) => (&self.schemas[name.as_str()], name),
            None => (schema, String::new()),
        }
    }

    /// The description of a field of a definition.
    fn field_text<'a>(&'a self, definition: &str, field: &str, schema: &'a Json) -> &'a str {
        match s(&schema["description"]) {
            "" => self.texts.get(definition).map_or("", |t| s(&t["fields"][field])),
            own => own,
        }
    }

    /// The descriptions of a type and of the types it is made of.
    fn type_text(&self, schema: &Json) -> String {
        let (resolved, name) = self.resolve(schema);
        let mut text = match s(&resolved["description"]) {
            "" => self.texts.get(&name).map_or("", |t| s(&t["description"])).to_string(),
            own => own.to_string(),
        };
        if !text.is_empty() {
            text.push('\n');
        }
        for part in array(&resolved["allOf"]) {
            text += &self.type_text(part);
        }
        for inner in [&resolved["items"], &resolved["additionalProperties"]] {
            if inner.is_object() {
                text += &self.type_text(inner);
            }
        }
        text
    }

    fn type_name(&self, schema: &Json) -> String {
        if schema["items"].is_object() {
            return format!("[]{}", self.type_name(&schema["items"]));
        }
        if schema["additionalProperties"].is_object() {
            return format!("map[string]{}", self.type_name(&schema["additionalProperties"]));
        }
        if let ([one], false) = (array(&schema["allOf"]), schema["properties"].is_object()) {
            return self.type_name(one);
        }
        if let Some(name) = definition(schema) {
            return match s(&self.schemas[name.as_str()]["type"]) {
                "" | "object" => name.rsplit('.').next().unwrap_or("Object").to_string(),
                plain => plain.to_string(),
            };
        }
        match s(&schema["type"]) {
            "object" | "" => "Object".into(),
            plain => plain.into(),
        }
    }
}

/// The definition that a schema refers to.
fn definition(schema: &Json) -> Option<String> {
    schema["$ref"].as_str().map(|r| r.rsplit('/').next().unwrap_or(r).to_string())
}

/// The definition behind a field: of itself, its items or its values.
fn inner_definition(schema: &Json) -> Option<String> {
    definition(schema).or_else(|| array(&schema["allOf"]).iter().find_map(inner_definition)).or_else(|| {
        [&schema["items"], &schema["additionalProperties"]]
            .into_iter()
            .filter(|i| i.is_object())
            .find_map(inner_definition)
    })
}

/// Runs the command.
pub async fn explain(cx: &Cx) -> Result {
    if !matches!(cx.flags.str("output"), "" | "plaintext") {
        return cx.not_simulated(&format!("explain --output={}", cx.flags.str("output")));
    }
    let word = match cx.flags.args.as_slice() {
        [] => {
            return msg(
                "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of supported resources.",
            );
        }
        [word] => word.as_str(),
        _ => return msg("We accept only this format: explain RESOURCE"),
    };
    let mut parts = word.split('.');
    let first = parts.next().unwrap_or("");
    let mut path: Vec<&str> = parts.collect();
    let mapper = cx.mapper().await?;
    // `deployments.apps` and `deployments.v1.apps` are resources too.
    let mut resource = None;
    for group_words in (1..=path.len()).rev() {
        let name = format!("{first}.{}", path[..group_words].join("."));
        if let Ok(found) = mapper.resource(&name)
            && (name.ends_with(&found.group)
                || found.group.is_empty() && path[..group_words] == [found.version.as_str()])
        {
            resource = Some(found);
            path.drain(..group_words);
            break;
        }
    }
    let mut resource = match resource {
        Some(found) => found,
        // kubectl leaves the `error: ` out here.
        None => mapper.resource(first).map_err(|e| CmdError::Exit { code: 1, message: e.text() })?,
    };
    let version = cx.flags.str("api-version");
    if !version.is_empty() {
        let Some(found) = mapper.kind(version, &resource.kind) else {
            return msg(format!(
                "couldn't find resource for {:?}",
                match version.contains('/') {
                    true => format!("{version}, Resource={}", resource.plural),
                    false => format!("/{version}, Resource={}", resource.plural),
                }
            ));
        };
        resource = found;
    }
    let mut doc = load(cx, &resource).await?;
    let Some(root) = root_of(&doc, &resource) else {
        return msg(format!("GVK {} not found in OpenAPI schema", resource.kind));
    };
    cx.out(&heading(&resource));
    let text = page(cx, &mut doc, &root, &path, cx.flags.bool("recursive")).await;
    match text {
        Some(text) => cx.out(&(text + "\n")),
        None => return msg(format!("field {:?} does not exist", path.last().copied().unwrap_or(""))),
    }
    Ok(())
}

fn heading(resource: &Resource) -> String {
    let group =
        if resource.group.is_empty() { String::new() } else { format!("GROUP:      {}\n", resource.group) };
    format!("{group}KIND:       {}\nVERSION:    {}\n\n", resource.kind, resource.version)
}

async fn load(cx: &Cx, resource: &Resource) -> Result<Doc> {
    let client = cx.client()?;
    let index = client.get("/openapi/v3", &[]).await?;
    let key = if resource.group.is_empty() {
        format!("api/{}", resource.version)
    } else {
        format!("apis/{}/{}", resource.group, resource.version)
    };
    let url = match s(&index["paths"][key.as_str()]["serverRelativeURL"]) {
        "" => return msg(format!("couldn't find resource for {:?}", key)),
        url => url.to_string(),
    };
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    let mut req = client.build(api::http::Method::Get, path, &[]);
    req.query = api::http::parse_query(query);
    let mut document = client.json(req).await?;
    Ok(Doc { schemas: document["components"]["schemas"].take(), texts: OrdMap::new() })
}

fn root_of(doc: &Doc, resource: &Resource) -> Option<String> {
    let is = |schema: &Json| {
        array(&schema["x-kubernetes-group-version-kind"]).iter().any(|g| {
            g["group"] == resource.group.as_str()
                && g["version"] == resource.version.as_str()
                && g["kind"] == resource.kind.as_str()
        })
    };
    doc.schemas.as_object()?.iter().find(|(_, schema)| is(schema)).map(|(name, _)| name.clone())
}

async fn learn(cx: &Cx, doc: &mut Doc, definition: &str) {
    if !definition.is_empty()
        && !doc.texts.contains_key(definition)
        && let Some(texts) = cx.host.explain_text(definition).await
    {
        doc.texts.insert(definition.to_string(), texts);
    }
}

/// Follows the path and describes what it leads to; `None`: there is no such field.
async fn page(cx: &Cx, doc: &mut Doc, root: &str, path: &[&str], recursive: bool) -> Option<String> {
    let mut schema: Json = doc.schemas[root].clone();
    let mut owner = root.to_string();
    learn(cx, doc, root).await;
    let mut head = String::new();
    let mut own_text = String::new();
    for (i, name) in path.iter().enumerate() {
        let field = find_field(doc, &schema, name, 0)?;
        if let Some(inner) = inner_definition(&field) {
            learn(cx, doc, &inner).await;
        }
        if i + 1 == path.len() {
            own_text = doc.field_text(&owner, name, &field).to_string();
            head = format!("FIELD: {name} <{}>\n{}\n\n", doc.type_name(&field), long_enum(&field));
        }
        owner = inner_definition(&field).unwrap_or_else(|| format!("{owner}.{name}"));
        schema = field;
    }
    let mut text = String::new();
    if !own_text.is_empty() && s(&schema["description"]).is_empty() {
        text = own_text + "\n";
    }
    text += &match (path.is_empty(), inner_definition(&schema)) {
        (true, _) => {
            let own = doc.texts.get(root).map_or("", |t| s(&t["description"])).to_string();
            let told = s(&schema["description"]).to_string();
            let text = if told.is_empty() { own } else { told };
            if text.is_empty() { text } else { text + "\n" }
        }
        _ => doc.type_text(&schema),
    };
    let text = if text.is_empty() { "<empty>".to_string() } else { text };
    let mut out = format!("{head}DESCRIPTION:\n{}\n", indent(&wrap(&text, 76), 4));
    let mut fields = String::new();
    let start = if path.is_empty() { serde_json::json!({ "$ref": format!("#/{root}") }) } else { schema };
    field_list(doc, &start, &owner, 1, recursive, &mut Vec::new(), &mut fields);
    if !fields.is_empty() {
        out += &format!("FIELDS:\n{fields}");
    }
    Some(out)
}

/// A field of a schema, of its items, values or parts.
fn find_field(doc: &Doc, schema: &Json, name: &str, depth: usize) -> Option<Json> {
    if depth > MAX_DEPTH {
        return None;
    }
    let (resolved, _) = doc.resolve(schema);
    if let Some(found) = resolved["properties"].get(name) {
        return Some(found.clone());
    }
    for inner in [&resolved["items"], &resolved["additionalProperties"]] {
        if inner.is_object() {
            return find_field(doc, inner, name, depth + 1);
        }
    }
    array(&resolved["allOf"]).iter().find_map(|part| find_field(doc, part, name, depth + 1))
}

fn field_list(
    doc: &Doc,
    schema: &Json,
    owner: &str,
    level: usize,
    recursive: bool,
    seen: &mut Vec<String>,
    out: &mut String,
) {
    let (resolved, name) = doc.resolve(schema);
    if level > MAX_DEPTH || (!name.is_empty() && seen.contains(&name)) {
        return;
    }
    let owner = if name.is_empty() { owner } else { &name };
    if !name.is_empty() {
        seen.push(name.clone());
    }
    let mut names: Vec<_> = resolved["properties"].as_object().into_iter().flatten().collect();
    names.stable_sort_by_key(|(k, _)| *k);
    for (field, inner) in names {
        let pad = level * 2;
        *out += &format!("{:pad$}{field}\t<{}>", "", doc.type_name(inner));
        if array(&resolved["required"]).iter().any(|r| r == field.as_str()) {
            *out += " -required-";
        }
        let values = array(&inner["enum"]);
        if !values.is_empty() {
            let mut shown: Vec<String> = values.iter().take(4).map(enum_text).collect();
            if values.len() > 4 {
                shown.push("....".into());
            }
            *out += &format!("\n{:pad$}enum: {}", "", shown.join(", "));
        }
        out.push('\n');
        if !recursive {
            let text = match doc.field_text(owner, field, inner) {
                "" => "<no description>",
                text => text,
            };
            *out += &format!("{}\n\n", indent(&wrap(text, 78 - pad), pad + 2));
        } else {
            field_list(doc, inner, owner, level + 1, recursive, seen, out);
        }
    }
    for part in array(&resolved["allOf"]) {
        field_list(doc, part, owner, level, recursive, seen, out);
    }
    for inner in [&resolved["items"], &resolved["additionalProperties"]] {
        if inner.is_object() {
            field_list(doc, inner, owner, level, recursive, seen, out);
        }
    }
    if !name.is_empty() {
        seen.pop();
    }
}

fn enum_text(value: &Json) -> String {
    match value.as_str() {
        Some("") => "\"\"".into(),
        Some(text) => text.into(),
        None => value.to_string(),
    }
}

fn long_enum(schema: &Json) -> String {
    let values = array(&schema["enum"]);
    if values.is_empty() {
        return String::new();
    }
    format!(
        "ENUM:\n{}",
        values.iter().map(|v| format!("    {}", enum_text(v))).collect::<Vec<_>>().join("\n")
    )
}

/// Breaks lines at blanks so that none is longer than `width`, where that is possible.
fn wrap(text: &str, width: usize) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| {
            let mut out = String::new();
            let mut length = 0;
            for word in line.split(' ') {
                let n = word.chars().count();
                if length > 0 && length + 1 + n > width {
                    out.push('\n');
                    length = 0;
                } else if !out.is_empty() {
                    out.push(' ');
                    length += 1;
                }
                out.push_str(word);
                length += n;
            }
            out
        })
        .collect();
    lines.join("\n")
}

fn indent(text: &str, pad: usize) -> String {
    let lead = " ".repeat(pad);
    format!("{lead}{}", text.replace('\n', &format!("\n{lead}")))
}
