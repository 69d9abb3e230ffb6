//! `-o custom-columns=NAME:.metadata.name,…`.

use std::cell::RefCell;

use api::Json;
use api::base::jsonpath::{self, JsonPath};
use api::base::tabwriter::TabWriter;
use collections::StableSort;

use crate::discovery::array;
use crate::error::{CmdError, Result, msg};

/// Headers with their paths.
pub struct Columns {
    columns: Vec<(String, JsonPath)>,
    no_headers: bool,
    out: RefCell<TabWriter>,
}

impl Columns {
    /// Parses `HEADER:path,…`.
    ///
    /// # Errors
    /// A column has no path, or a broken one.
    pub fn parse(spec: &str, no_headers: bool) -> Result<Columns> {
        let mut columns = Vec::new();
        for part in spec.split(',') {
            let Some((header, path)) = part.split_once(':') else {
                return msg(format!(
                    "unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
                ));
            };
            columns.push((header.to_string(), parse_path(path)?));
        }
        Ok(Columns { columns, no_headers, out: RefCell::new(TabWriter::table()) })
    }

    /// Parses a template file: one line of headers, one of paths.
    ///
    /// # Errors
    /// The lines are missing or of different lengths.
    pub fn parse_file(text: &str, no_headers: bool) -> Result<Columns> {
        let mut lines = text.lines();
        let headers: Vec<&str> = lines.next().unwrap_or("").split_whitespace().collect();
        let paths: Vec<&str> = lines.next().unwrap_or("").split_whitespace().collect();
        if headers.len() != paths.len() {
            return msg(format!(
                "number of headers ({}) and field specifications ({}) don't match",
                headers.len(),
                paths.len()
            ));
        }
        let columns: Result<Vec<_>> =
            headers.iter().zip(paths).map(|(h, p)| Ok(((*h).to_string(), parse_path(p)?))).collect();
        Ok(Columns { columns: columns?, no_headers, out: RefCell::new(TabWriter::table()) })
    }

    /// Prints an object, or each item of a list, with the headers the first time.
    ///
    /// # Errors
    /// A path does not fit.
    pub fn print(&self, object: &Json, first: bool) -> Result<String> {
        let mut out = self.out.borrow_mut();
        if first && !self.no_headers {
            out.write(&format!(
                "{}\n",
                self.columns.iter().map(|(h, _)| h.as_str()).collect::<Vec<_>>().join("\t")
            ));
        }
        let single = std::slice::from_ref(object);
        let items = if object["items"].is_array() { array(&object["items"]) } else { single };
        for item in items {
            let mut cells = Vec::new();
            for (_, path) in &self.columns {
                let found: Vec<String> = path
                    .results(item)
                    .map_err(CmdError::Msg)?
                    .into_iter()
                    .flatten()
                    .map(|v| go_value(&v))
                    .collect();
                cells.push(if found.is_empty() { "<none>".to_string() } else { found.join(",") });
            }
            out.write(&format!("{}\n", cells.join("\t")));
        }
        Ok(out.flush())
    }
}

fn parse_path(path: &str) -> Result<JsonPath> {
    let relaxed = jsonpath::relaxed(path).map_err(CmdError::Msg)?;
    JsonPath::parse(&relaxed).map_err(CmdError::Msg)
}

/// Go's `%v`.
pub fn go_value(value: &Json) -> String {
    match value {
        Json::Null => "<nil>".into(),
        Json::String(s) => s.clone(),
        Json::Array(items) => format!("[{}]", items.iter().map(go_value).collect::<Vec<_>>().join(" ")),
        Json::Object(map) => {
            let mut parts: Vec<(&String, &Json)> = map.iter().collect();
            parts.stable_sort_by_key(|(k, _)| *k);
            format!(
                "map[{}]",
                parts.into_iter().map(|(k, v)| format!("{k}:{}", go_value(v))).collect::<Vec<_>>().join(" ")
            )
        }
        other => other.to_string(),
    }
}
