//! The other formats of yq: JSON, properties, CSV and TSV.

use std::rc::Rc;

use indexmap::IndexMap;

use super::scalar;
use crate::bin::jq::{
    json::{self, Parser},
    value::Value,
};

/// What is read or written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Format {
    #[default]
    Yaml,
    Json,
    Props,
    Csv,
    Tsv,
}

impl Format {
    /// By the name that `-o` and `-p` take.
    pub fn named(name: &str) -> Option<Format> {
        Some(match name {
            "yaml" | "yml" | "y" => Format::Yaml,
            "json" | "j" => Format::Json,
            "props" | "properties" | "p" => Format::Props,
            "csv" | "c" => Format::Csv,
            "tsv" | "t" => Format::Tsv,
            _ => return None,
        })
    }

    /// By the end of a file's name.
    pub fn of_file(name: &str) -> Format {
        let end = name.rsplit_once('.').map_or("", |(_, end)| end);
        match end.to_ascii_lowercase().as_str() {
            "json" => Format::Json,
            "properties" => Format::Props,
            "csv" => Format::Csv,
            "tsv" => Format::Tsv,
            _ => Format::Yaml,
        }
    }

    /// The end of the names of files in it.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Yaml => "yml",
            Format::Json => "json",
            Format::Props => "properties",
            Format::Csv => "csv",
            Format::Tsv => "tsv",
        }
    }
}

/// Reads a text that is not YAML: its documents. Err is the complaint.
pub fn read(format: Format, text: &str) -> Result<Vec<Value>, String> {
    match format {
        Format::Json => {
            let mut values = Vec::new();
            let mut parser = Parser::default();
            parser.feed(text.as_bytes(), &mut values)?;
            parser.finish(&mut values)?;
            Ok(values)
        }
        Format::Props => Ok(vec![properties(text)?]),
        Format::Csv => Ok(vec![table(text, ',')]),
        _ => Ok(vec![table(text, '\t')]),
    }
}

fn properties(text: &str) -> Result<Value, String> {
    let mut root = Value::Null;
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let (key, value) = line.split_once(['=', ':']).unwrap_or((line, ""));
        let path: Vec<Value> = key
            .trim()
            .split('.')
            .map(|part| match part.parse::<u16>() {
                Ok(n) => Value::num(f64::from(n)),
                Err(_) => Value::str(part),
            })
            .collect();
        root = crate::bin::jq::value::set_path(root, &path, scalar::resolve(value.trim()))
            .map_err(|wrong| wrong.text().to_string())?;
    }
    Ok(root)
}

/// Rows with a head as maps.
fn table(text: &str, separator: char) -> Value {
    let mut rows = rows(text, separator).into_iter();
    let head = rows.next().unwrap_or_default();
    let record = |row: Vec<String>| -> Value {
        let cell = |(i, name): (usize, &String)| {
            let value = row.get(i).map_or(Value::Null, |cell| scalar::resolve(cell));
            (Rc::from(name.as_str()), value)
        };
        Value::object(head.iter().enumerate().map(cell).collect::<IndexMap<Rc<str>, Value>>())
    };
    Value::array(rows.map(record).collect())
}

fn rows(text: &str, separator: char) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let (mut row, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            c if c == separator && !quoted => row.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

/// Writes a value in a format that is not YAML. Err is the complaint.
pub fn show(format: Format, value: &Value, indent: usize, raw: bool) -> Result<String, String> {
    match format {
        Format::Props => {
            let mut out = String::new();
            flat(value, "", &mut out);
            Ok(out)
        }
        Format::Csv => lines(value, ','),
        Format::Tsv => lines(value, '\t'),
        _ => {
            if let (Value::Str(text), true) = (value, raw) {
                return Ok(format!("{text}\n"));
            }
            let style =
                json::Style { indent: (indent > 0).then(|| " ".repeat(indent)), ..json::Style::default() };
            Ok(json::show(&scalar::plain_numbers(value), &style) + "\n")
        }
    }
}

fn flat(value: &Value, path: &str, out: &mut String) {
    let below = |name: &str| if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
    match value {
        Value::Arr(a) => {
            for (i, item) in a.items.iter().enumerate() {
                flat(item, &below(&i.to_string()), out);
            }
        }
        Value::Obj(o) => {
            for (name, item) in &o.map {
                flat(item, &below(name), out);
            }
        }
        Value::Null => out.push_str(&format!("{path} = \n")),
        scalar if path.is_empty() => out.push_str(&format!("{}\n", scalar::text(scalar))),
        scalar => out.push_str(&format!("{path} = {}\n", scalar::text(scalar).replace('\n', "\\n"))),
    }
}

fn lines(value: &Value, separator: char) -> Result<String, String> {
    let cell = |v: &Value| {
        let text = if matches!(v, Value::Null) { String::new() } else { scalar::text(v) };
        let quotes = text.contains([separator, '"', '\n']) || text.starts_with(' ');
        if quotes { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    let row = |cells: Vec<String>| cells.join(&separator.to_string()) + "\n";
    let Value::Arr(a) = value else {
        return match value {
            Value::Obj(_) => Err(format!("csv encoding only works for arrays, got: {}", scalar::tag(value))),
            scalar => Ok(scalar::text(scalar) + "\n"),
        };
    };
    let mut out = String::new();
    let head: Vec<Rc<str>> = match a.items.first() {
        Some(Value::Obj(o)) => o.map.keys().cloned().collect(),
        Some(Value::Arr(_)) => Vec::new(),
        _ => return Ok(row(a.items.iter().map(cell).collect())),
    };
    if !head.is_empty() {
        out.push_str(&row(head.iter().map(|name| cell(&Value::Str(name.clone()))).collect()));
    }
    for (i, item) in a.items.iter().enumerate() {
        match item {
            Value::Obj(o) if !head.is_empty() => {
                out.push_str(&row(head.iter().map(|n| o.map.get(n).map_or(String::new(), cell)).collect()));
            }
            Value::Arr(inner) if head.is_empty() => {
                out.push_str(&row(inner.items.iter().map(cell).collect()))
            }
            other => {
                let tag = scalar::tag(other);
                return Err(format!(
                    "csv encoding only works for arrays of scalars (string/numbers/booleans), child[{i}] is a {tag}"
                ));
            }
        }
    }
    Ok(out)
}
