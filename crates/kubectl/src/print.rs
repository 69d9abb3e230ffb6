//! Printers: what `-o` selects.

pub mod columns;
pub mod sort;
pub mod table;
pub mod template;

use std::cell::Cell;

use api::Json;
use api::base::json::go_string;
use api::base::jsonpath::JsonPath;
use api::base::yaml as yaml_text;
use collections::StableSort;

use crate::cx::Cx;
use crate::discovery::array;
use crate::error::{CmdError, Result, msg};
use crate::kubeconfig::absolute;
use columns::Columns;
use template::Template;

/// Formats every printer knows, as its error message lists them.
const PLAIN: &str = "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml";
/// Formats of `kubectl get`.
const WITH_COLUMNS: &str = "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml";

/// A printer for objects.
pub enum Format {
    /// The command's own words: a table, or `created`.
    Human {
        /// `-o wide`.
        wide: bool,
    },
    /// `-o yaml`
    Yaml,
    /// `-o json`
    Json,
    /// `-o name`
    Name,
    /// `-o jsonpath=…` and `jsonpath-file`
    JsonPath(JsonPath),
    /// `-o jsonpath-as-json=…`
    JsonPathAsJson(JsonPath),
    /// `-o custom-columns=…` and `custom-columns-file`
    Columns(Columns),
    /// `-o go-template=…` and `go-template-file`
    Template(Template),
}

/// A format and what it needs to remember between objects.
pub struct Printer {
    /// What `-o` selected.
    pub format: Format,
    managed_fields: bool,
    printed: Cell<usize>,
}

impl Printer {
    /// Reads `-o` and `--template`. `tables`: the command prints tables, so `wide` and `custom-columns` are allowed.
    ///
    /// # Errors
    /// The format is unknown or its template broken.
    pub fn from_flags(cx: &Cx, tables: bool) -> Result<Printer> {
        let format = format_of(cx, cx.flags.str("output"), tables)?;
        Ok(Printer { format, managed_fields: cx.flags.bool("show-managed-fields"), printed: Cell::new(0) })
    }

    /// Tells whether the command's own words are wanted.
    pub fn is_human(&self) -> bool {
        matches!(self.format, Format::Human { .. })
    }

    /// Prints an object. `typed`: it was built by this client, so JSON keeps Go's order of fields.
    ///
    /// # Errors
    /// A template does not fit the object.
    pub fn object(&self, object: &Json, typed: bool) -> Result<String> {
        let first = self.printed.get() == 0;
        self.printed.set(self.printed.get() + 1);
        match &self.format {
            Format::Human { .. } => Ok(String::new()),
            Format::Yaml => {
                let text = yaml(&self.trim(object));
                Ok(if first { text } else { format!("---\n{text}") })
            }
            Format::Json if typed => Ok(json_in_order(&self.trim(object)) + "\n"),
            Format::Json => Ok(json_text(&self.trim(object)) + "\n"),
            Format::Name => Ok(names(object)),
            Format::JsonPath(path) => path.print(object).map_err(CmdError::Msg),
            Format::JsonPathAsJson(path) => {
                let lists = path.results(object).map_err(CmdError::Msg)?;
                let values: Vec<Json> = lists.into_iter().flatten().map(|v| v.into_owned()).collect();
                Ok(json_text(&Json::Array(values)) + "\n")
            }
            Format::Columns(columns) => columns.print(object, first),
            Format::Template(template) => template.print(object),
        }
    }

    fn trim(&self, object: &Json) -> Json {
        let mut object = object.clone();
        if !self.managed_fields {
            drop_managed_fields(&mut object);
        }
        object
    }
}

/// Removes `metadata.managedFields` of an object, or of each item of a list.
pub fn drop_managed_fields(object: &mut Json) {
    if let Some(meta) = object.get_mut("metadata").and_then(Json::as_object_mut) {
        meta.shift_remove("managedFields");
    }
    for item in object.get_mut("items").and_then(Json::as_array_mut).into_iter().flatten() {
        drop_managed_fields(item);
    }
}

/// Prints `pod/x` for an object, or for each item of a list.
fn names(object: &Json) -> String {
    if object["items"].is_array() {
        return array(&object["items"]).iter().map(names).collect();
    }
    let kind = object["kind"].as_str().unwrap_or("").to_lowercase();
    let (group, _) = crate::discovery::split(object["apiVersion"].as_str().unwrap_or(""));
    let name = object["metadata"]["name"].as_str().unwrap_or("<unknown>");
    if group.is_empty() { format!("{kind}/{name}\n") } else { format!("{kind}.{group}/{name}\n") }
}

fn format_of(cx: &Cx, output: &str, tables: bool) -> Result<Format> {
    let template_flag = cx.flags.str("template");
    let output = match (output, template_flag) {
        ("", "") => return Ok(Format::Human { wide: false }),
        ("", _) => "go-template",
        (given, _) => given,
    };
    let (name, mut argument) = match output.split_once('=') {
        Some((name, argument)) => (name, argument.to_string()),
        None => (output, template_flag.to_string()),
    };
    let needs_argument = !matches!(name, "yaml" | "json" | "kyaml" | "name" | "wide");
    let allowed = if tables { WITH_COLUMNS } else { PLAIN };
    if !allowed.split(',').any(|f| f == name) || (!needs_argument && output.contains('=')) {
        return msg(format!(
            "unable to match a printer suitable for the output format {output:?}, allowed formats are: {allowed}"
        ));
    }
    if needs_argument && argument.is_empty() {
        return msg(if name.starts_with("custom-columns") {
            "custom-columns format specified but no custom columns given"
        } else {
            "template format specified but no template given"
        });
    }
    let is_file = name.ends_with("-file") || name == "templatefile";
    if is_file {
        let bytes = cx.host.read_file(&absolute(&*cx.host, &argument));
        let what =
            if name.starts_with("custom") { "error reading template" } else { "error reading --template" };
        let bytes = bytes.map_err(|e| CmdError::Msg(format!("{what} {argument}, open {argument}: {e}\n")))?;
        argument = String::from_utf8_lossy(&bytes).into_owned();
    }
    let path = || {
        let path = JsonPath::parse(&argument)
            .map_err(|e| CmdError::Msg(format!("error parsing jsonpath {argument}, {e}\n")))?;
        Ok::<_, CmdError>(path.allow_missing(
            cx.flags.bool("allow-missing-template-keys") || !has(cx, "allow-missing-template-keys"),
        ))
    };
    Ok(match name {
        "wide" => Format::Human { wide: true },
        "yaml" | "kyaml" if name == "yaml" => Format::Yaml,
        "kyaml" => return cx.not_simulated("-o kyaml"),
        "json" => Format::Json,
        "name" => Format::Name,
        "jsonpath" | "jsonpath-file" => Format::JsonPath(path()?),
        "jsonpath-as-json" => Format::JsonPathAsJson(path()?),
        "custom-columns" => Format::Columns(Columns::parse(&argument, cx.flags.bool("no-headers"))?),
        "custom-columns-file" => {
            Format::Columns(Columns::parse_file(&argument, cx.flags.bool("no-headers"))?)
        }
        _ => Format::Template(Template::parse(&argument)?),
    })
}

fn has(cx: &Cx, flag: &str) -> bool {
    cx.command.flags.iter().any(|f| f.name == flag)
}

/// Prints YAML with sorted keys.
pub fn yaml(value: &Json) -> String {
    yaml_text::to_string(value)
}

/// Prints JSON with sorted keys, indented by four blanks.
pub fn json_text(value: &Json) -> String {
    let mut out = String::new();
    write_json(value, 0, true, &mut out);
    out
}

/// Prints JSON in the order of the value's keys (Go structs print so).
pub fn json_in_order(value: &Json) -> String {
    let mut out = String::new();
    write_json(value, 0, false, &mut out);
    out
}

fn write_json(value: &Json, depth: usize, sorted: bool, out: &mut String) {
    let newline = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", depth));
    };
    match value {
        Json::Object(map) if !map.is_empty() => {
            let mut entries: Vec<(&String, &Json)> = map.iter().collect();
            if sorted {
                entries.stable_sort_by_key(|(k, _)| *k);
            }
            out.push('{');
            for (i, (key, item)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                newline(out, depth + 1);
                out.push_str(&go_string(key));
                out.push_str(": ");
                write_json(item, depth + 1, sorted, out);
            }
            newline(out, depth);
            out.push('}');
        }
        Json::Array(items) if !items.is_empty() => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                newline(out, depth + 1);
                write_json(item, depth + 1, sorted, out);
            }
            newline(out, depth);
            out.push(']');
        }
        Json::String(text) => out.push_str(&go_string(text)),
        other => out.push_str(&other.to_string()),
    }
}

/// Prints a value by any `-o` that needs no table.
///
/// # Errors
/// The format is unknown or its template broken.
pub fn value(cx: &Cx, output: &str, doc: &Json) -> Result<String> {
    let printer =
        Printer { format: format_of(cx, output, false)?, managed_fields: true, printed: Cell::new(0) };
    printer.object(doc, false)
}
