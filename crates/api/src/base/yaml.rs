//! YAML as kubectl reads and writes it: libyaml's grammar and messages, go-yaml's YAML 1.1 scalars, JSON as the result.
//!
//! [`documents`] splits a stream as `k8s.io/apimachinery`'s reader does (each document is parsed alone, so line numbers
//! in messages count from its first line), [`parse`] turns one document into [`Json`], [`to_string`] prints in
//! `sigs.k8s.io/yaml`'s style. Comments are not kept.

mod emit;
mod scalar;

use std::fmt;

use collections::OrdMap;
use libyaml_safer::{ErrorKind, Event, EventData, Parser, ScalarStyle};

use crate::{Json, JsonMap};

pub use emit::to_string;
pub use scalar::looks_like_other_type;

/// How deep values may nest, and how many nodes aliases may unfold to.
const MAX_DEPTH: usize = 512;
const MAX_NODES: usize = 2_000_000;

/// One document of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The document's text.
    pub text: String,
    /// The line of the stream (from 1) on which the text begins.
    pub line: usize,
}

/// A parsed document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// What it says; `null` for an empty one.
    pub value: Json,
    /// Keys given twice in one mapping. kubectl keeps the last one and says nothing.
    pub duplicates: Vec<Duplicate>,
}

/// A key that a mapping has twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// Dotted path of the key.
    pub path: String,
    /// Lines (from 1, within the document) of the first and the second.
    pub lines: (usize, usize),
}

/// Why a text is no YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// libyaml's words.
    pub problem: String,
    /// The line go-yaml names (from 1), if it names one.
    pub line: Option<usize>,
    /// The line where the parser stood (from 1), also when go-yaml names none.
    pub at: usize,
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "yaml: line {line}: {}", self.problem),
            None => write!(f, "yaml: {}", self.problem),
        }
    }
}

impl std::error::Error for YamlError {}

/// Splits a stream at lines that hold `---` and nothing else but blanks. Empty documents are kept out.
pub fn documents(stream: &str) -> Vec<Source> {
    let mut out = Vec::new();
    let mut current = Source { text: String::new(), line: 1 };
    for (i, line) in stream.split_inclusive('\n').enumerate() {
        let is_separator = line.strip_prefix("---").is_some_and(|rest| rest.trim().is_empty());
        if is_separator && !current.text.is_empty() {
            out.push(std::mem::replace(&mut current, Source { text: String::new(), line: i + 2 }));
            continue;
        }
        current.text.push_str(line);
    }
    if !current.text.is_empty() {
        out.push(current);
    }
    out.retain(|d| d.text.lines().any(|l| !l.trim().is_empty() && l.trim() != "---"));
    out
}

/// Parses one document. An empty one is `null`.
///
/// # Errors
/// The text breaks YAML's grammar, or unfolds to something too large.
pub fn parse(text: &str) -> Result<Document, YamlError> {
    let mut input = text.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut input);
    let mut composer = Composer { parser, anchors: OrdMap::new(), duplicates: Vec::new(), nodes: 0 };
    loop {
        let event = composer.next()?;
        match event.data {
            EventData::StreamEnd => return Ok(Document { value: Json::Null, duplicates: Vec::new() }),
            EventData::StreamStart { .. } | EventData::DocumentStart { .. } => {}
            _ => {
                let value = composer.node(event, "", 0)?;
                // The end of the document: what follows the value must not belong to it.
                composer.next()?;
                return Ok(Document { value, duplicates: composer.duplicates });
            }
        }
    }
}

struct Composer<'r> {
    parser: Parser<&'r mut &'r [u8]>,
    anchors: OrdMap<String, Json>,
    duplicates: Vec<Duplicate>,
    nodes: usize,
}

impl Composer<'_> {
    fn next(&mut self) -> Result<Event, YamlError> {
        self.parser.parse().map_err(|e| {
            let (context, problem) =
                (e.context_mark().unwrap_or_default().line, e.problem_mark().unwrap_or_default().line);
            // go-yaml forgets to count from 1, except after scanner errors; line 0 is "no line".
            let scanner = usize::from(e.kind() == ErrorKind::Scanner);
            let line = [problem, context].into_iter().find(|l| *l != 0).map(|l| l as usize + scanner);
            YamlError { problem: e.problem().to_string(), line, at: problem as usize + 1 }
        })
    }

    fn fail<T>(&self, line: usize, problem: impl Into<String>) -> Result<T, YamlError> {
        Err(YamlError { problem: problem.into(), line: Some(line), at: line })
    }

    fn node(&mut self, event: Event, path: &str, depth: usize) -> Result<Json, YamlError> {
        let line = event.start_mark.line as usize + 1;
        self.nodes += 1;
        if depth > MAX_DEPTH {
            return self.fail(line, format!("exceeded max depth of {MAX_DEPTH}"));
        }
        match event.data {
            EventData::Scalar { anchor, tag, value, style, .. } => {
                let plain = style == ScalarStyle::Plain;
                let value = scalar::resolve(tag.as_deref(), &value, plain).map_err(|problem| YamlError {
                    problem,
                    line: Some(line),
                    at: line,
                })?;
                Ok(self.keep(anchor, value))
            }
            EventData::Alias { anchor } => {
                let Some(value) = self.anchors.get(&anchor).cloned() else {
                    return Err(YamlError {
                        problem: format!("unknown anchor '{anchor}' referenced"),
                        line: None,
                        at: line,
                    });
                };
                self.nodes += count(&value);
                if self.nodes > MAX_NODES {
                    return Err(YamlError {
                        problem: "document contains excessive aliasing".into(),
                        line: None,
                        at: line,
                    });
                }
                Ok(value)
            }
            EventData::SequenceStart { anchor, .. } => {
                let mut items = Vec::new();
                loop {
                    let next = self.next()?;
                    if next.data == EventData::SequenceEnd {
                        break;
                    }
                    let item = format!("{path}[{}]", items.len());
                    items.push(self.node(next, &item, depth + 1)?);
                }
                Ok(self.keep(anchor, Json::Array(items)))
            }
            EventData::MappingStart { anchor, .. } => {
                let map = self.mapping(path, depth)?;
                Ok(self.keep(anchor, Json::Object(map)))
            }
            other => self.fail(line, format!("unexpected event {other:?}")),
        }
    }

    fn mapping(&mut self, path: &str, depth: usize) -> Result<JsonMap, YamlError> {
        let mut map = JsonMap::new();
        let mut lines: OrdMap<String, usize> = OrdMap::new();
        let mut merged: Vec<Json> = Vec::new();
        loop {
            let event = self.next()?;
            if event.data == EventData::MappingEnd {
                break;
            }
            let line = event.start_mark.line as usize + 1;
            let is_merge = matches!(&event.data, EventData::Scalar { value, style: ScalarStyle::Plain, tag: None, .. } if value == "<<");
            let key = match self.node(event, path, depth + 1)? {
                Json::String(key) => key,
                Json::Null => "null".into(),
                other @ (Json::Bool(_) | Json::Number(_)) => other.to_string(),
                _ => return self.fail(line, "invalid map key: only scalars can be keys"),
            };
            let child = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let next = self.next()?;
            let value = self.node(next, &child, depth + 1)?;
            if is_merge {
                merged.push(value);
                continue;
            }
            if let Some(first) = lines.insert(key.clone(), line) {
                self.duplicates.push(Duplicate { path: child, lines: (first, line) });
            }
            map.insert(key, value);
        }
        for source in merged {
            let sources = match source {
                Json::Array(items) => items,
                one => vec![one],
            };
            for source in sources {
                let Json::Object(source) = source else {
                    return Err(YamlError {
                        problem: "map merge requires map or sequence of maps as the value".into(),
                        line: None,
                        at: 1,
                    });
                };
                for (key, value) in source {
                    map.entry(key).or_insert(value);
                }
            }
        }
        Ok(map)
    }

    fn keep(&mut self, anchor: Option<String>, value: Json) -> Json {
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, value.clone());
        }
        value
    }
}

fn count(value: &Json) -> usize {
    match value {
        Json::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Json::Object(map) => 1 + map.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scalars_are_yaml_1_1() {
        let text = "a: yes\nb: n\nc: 0x1F\nd: 0777\ne: 1e3\nf: ~\ng: \"1\"\nh: 1_000\ni: 2001-01-01\nj: .5\n1: x\ntrue: z\nk: 0o17\n";
        let want = json!({"a": true, "b": false, "c": 31, "d": 511, "e": 1000.0, "f": null, "g": "1", "h": 1000, "i": "2001-01-01",
            "j": 0.5, "1": "x", "true": "z", "k": 15});
        assert_eq!(parse(text).expect("parses").value, want);
    }

    #[test]
    fn documents_keep_their_lines_and_errors_count_from_their_start() {
        let docs = documents("---\na: 1\n---\n# only a comment\n--- \nb:\n\tc: 1\n");
        assert_eq!(docs.iter().map(|d| d.line).collect::<Vec<_>>(), [1, 4, 6]);
        assert_eq!(parse(&docs[1].text).expect("parses").value, Json::Null);
        assert_eq!(
            parse(&docs[2].text).expect_err("a tab").to_string(),
            "yaml: line 2: found character that cannot start any token"
        );
    }

    #[test]
    fn duplicates_anchors_and_merges() {
        let doc = parse("x: &x {a: 1, b: 2}\nz:\n  <<: *x\n  b: 3\nx: 4\n").expect("parses");
        assert_eq!(doc.value, json!({"x": 4, "z": {"b": 3, "a": 1}}));
        assert_eq!(doc.duplicates, [Duplicate { path: "x".into(), lines: (1, 5) }]);
        let bomb = (0..30).fold("a0: &a0 [x]\n".to_string(), |s, i| {
            s + &format!("a{}: &a{} [*a{i}, *a{i}]\n", i + 1, i + 1)
        });
        assert_eq!(parse(&bomb).expect_err("too much").problem, "document contains excessive aliasing");
        assert!(parse(&"[".repeat(100_000)).is_err());
    }
}
