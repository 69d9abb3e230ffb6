//! Tables as the server sends them (`meta.k8s.io/v1 Table`), printed with kubectl's additions: NAMESPACE, LABELS, kinds.

use api::Json;
use api::base::tabwriter::TabWriter;

use crate::discovery::{Resource, array, text};

/// How tables are printed.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Columns of every priority.
    pub wide: bool,
    /// `--no-headers`
    pub no_headers: bool,
    /// A first column NAMESPACE.
    pub with_namespace: bool,
    /// Names as `kind/name`: several kinds are listed.
    pub with_kind: bool,
    /// A last column LABELS.
    pub show_labels: bool,
    /// `-L`: a column for each of these labels.
    pub label_columns: Vec<String>,
    /// A first column EVENT (`--output-watch-events`).
    pub with_event: bool,
}

/// Prints the header line of a table.
pub fn header(table: &Json, resource: &Resource, options: &Options, out: &mut TabWriter) {
    if options.no_headers {
        return;
    }
    let mut cells: Vec<String> = Vec::new();
    if options.with_event {
        cells.push("EVENT".into());
    }
    if options.with_namespace && resource.namespaced {
        cells.push("NAMESPACE".into());
    }
    cells.extend(columns(table, options).map(|(_, c)| text(&c["name"]).to_uppercase()));
    cells.extend(options.label_columns.iter().map(|l| l.rsplit('/').next().unwrap_or(l).to_uppercase()));
    if options.show_labels {
        cells.push("LABELS".into());
    }
    out.write(&format!("{}\n", cells.join("\t")));
}

/// Prints the rows of a table.
pub fn rows(table: &Json, resource: &Resource, options: &Options, event: &str, out: &mut TabWriter) {
    for row in array(&table["rows"]) {
        let meta = &row["object"]["metadata"];
        let mut cells: Vec<String> = Vec::new();
        if options.with_event {
            cells.push(event.to_string());
        }
        if options.with_namespace && resource.namespaced {
            cells.push(text(&meta["namespace"]));
        }
        for (i, column) in columns(table, options) {
            let mut cell = cell_text(&row["cells"][i]);
            if options.with_kind && column["format"] == "name" {
                cell = format!("{}/{cell}", resource.kind_name());
            }
            cells.push(cell);
        }
        let labels = &meta["labels"];
        cells.extend(options.label_columns.iter().map(|l| text(&labels[l.as_str()])));
        if options.show_labels {
            cells.push(match labels.as_object() {
                Some(map) if !map.is_empty() => crate::selector::from_map(labels),
                _ => "<none>".into(),
            });
        }
        out.write(&format!("{}\n", cells.join("\t")));
    }
}

fn columns<'a>(table: &'a Json, options: &'a Options) -> impl Iterator<Item = (usize, &'a Json)> {
    array(&table["columnDefinitions"])
        .iter()
        .enumerate()
        .filter(|(_, c)| options.wide || c["priority"].as_i64().unwrap_or(0) == 0)
}

/// A cell on one line: cut at the first line break, tabs escaped.
fn cell_text(cell: &Json) -> String {
    let text = match cell {
        Json::Null => return String::new(),
        Json::String(s) => s.clone(),
        other => other.to_string(),
    };
    let cut = match text.find(['\n', '\r', '\u{c}']) {
        Some(at) => format!("{}...", &text[..at]),
        None => text,
    };
    cut.replace('\t', "\\t").replace('\u{1b}', "^[")
}

/// Makes a table of an object or list that the server sent without one: NAME and AGE.
pub fn generic(object: &Json, now: api::Timestamp) -> Json {
    let items =
        if object["items"].is_array() { array(&object["items"]).to_vec() } else { vec![object.clone()] };
    let rows: Vec<Json> = items
        .into_iter()
        .map(|item| {
            let age = crate::human::age(&item["metadata"]["creationTimestamp"], now);
            serde_json::json!({ "cells": [item["metadata"]["name"], age], "object": item })
        })
        .collect();
    serde_json::json!({
        "kind": "Table", "metadata": object["metadata"], "rows": rows,
        "columnDefinitions": [
            { "name": "Name", "type": "string", "format": "name" },
            { "name": "Age", "type": "string" },
        ],
    })
}
