//! YAML with all that is not value: styles, comments, anchors. The values go to jq's machine; what comes back finds its
//! nodes again (see [`Known`]), so that what an expression does not touch is written as it was read.

use std::{collections::BTreeMap, rc::Rc};

use indexmap::IndexMap;
use libyaml_safer::{Event, EventData, MappingStyle, Mark, Parser, ScalarStyle, SequenceStyle};

use super::scalar;
use crate::bin::jq::value::Value;

/// How deep YAML may be nested: walks over it need a part of the stack for each level.
pub const MAX_DEPTH: u16 = 256;
/// Nodes that aliases may unfold to.
const MAX_NODES: usize = 1_000_000;

/// How a node is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Style {
    /// Plain, or a block.
    #[default]
    Plain,
    Single,
    Double,
    Literal,
    Folded,
    /// In brackets.
    Flow,
}

/// A piece of YAML.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// What it says; null where it is an alias of what cannot be found.
    pub value: Option<Value>,
    /// How a scalar was written.
    pub text: String,
    pub style: Style,
    /// A tag of its own, `!x`.
    pub tag: Option<String>,
    pub anchor: Option<String>,
    /// It is `*name`.
    pub alias: Option<String>,
    /// Comments before it, in its line, and behind it.
    pub head: Vec<String>,
    pub line: String,
    pub foot: Vec<String>,
    /// Keys and values; items have empty keys.
    pub children: Vec<(Node, Rc<Node>)>,
}

/// A document of a stream.
#[derive(Clone, Debug)]
pub struct Document {
    /// Comments, blank lines and separators that begin the file, as they are.
    pub leading: Option<String>,
    pub root: Rc<Node>,
    /// Comments at the very end.
    pub trailing: Vec<String>,
}

impl Node {
    /// What it says.
    pub fn get(&self) -> Value {
        self.value.clone().unwrap_or(Value::Null)
    }

    /// The child of a key or an index.
    pub fn child(&self, key: &Value) -> Option<&(Node, Rc<Node>)> {
        match key {
            Value::Str(key) => self.children.iter().find(|(k, _)| *k.text == **key),
            Value::Num(n, _) if *n >= 0.0 => self.children.get(*n as usize),
            _ => None,
        }
    }

    /// What lies at the end of a path.
    pub fn at(self: &Rc<Node>, path: &[Value]) -> Option<Rc<Node>> {
        let mut node = self.clone();
        for key in path {
            node = node.child(key)?.1.clone();
        }
        Some(node)
    }
}

/// Where the nodes of values are. Values that were read are shared until they are changed: as long as the documents are
/// kept, a value at the same address is the same value.
#[derive(Clone, Debug, Default)]
pub struct Known {
    nodes: BTreeMap<usize, Rc<Node>>,
}

fn address(value: &Value) -> Option<usize> {
    match value {
        Value::Str(s) => Some(Rc::as_ptr(s).cast::<u8>() as usize).filter(|_| !s.is_empty()),
        Value::Num(_, Some(text)) => Some(Rc::as_ptr(text).cast::<u8>() as usize),
        Value::Arr(a) => Some(Rc::as_ptr(a) as usize),
        Value::Obj(o) => Some(Rc::as_ptr(o) as usize),
        _ => None,
    }
}

impl Known {
    /// Takes a document in.
    pub fn add(&mut self, node: &Rc<Node>) {
        for (_, child) in &node.children {
            self.add(child);
        }
        if node.alias.is_none()
            && let Some(at) = node.value.as_ref().and_then(address)
        {
            self.nodes.insert(at, node.clone());
        }
    }

    /// The node that a value was read from.
    pub fn find(&self, value: &Value) -> Option<&Rc<Node>> {
        self.nodes.get(&address(value)?)
    }
}

/// Reads all documents of a text. Err is the parser's complaint.
pub fn read(text: &str) -> Result<Vec<Document>, String> {
    let (leading, rest) = leading(text);
    let lines: Vec<&str> = rest.lines().collect();
    let mut input = rest.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut input);
    let mut reader =
        Reader { parser, lines, ended: (0, 0), comments: Vec::new(), anchors: BTreeMap::new(), nodes: 0 };
    let mut documents = Vec::new();
    let mut leading = Some(leading).filter(|l| !l.is_empty());
    loop {
        let event = reader.next()?;
        match event.data {
            EventData::StreamEnd => break,
            EventData::DocumentStart { .. } => {
                // Comments before a separator belong to what was before it.
                let first = reader.next()?;
                let head: Vec<String> = reader.comments.drain(..).map(|c| c.text).collect();
                let mut root = reader.node(first, 0)?;
                if root.children.is_empty() {
                    root.head = head;
                } else if let Some((key, _)) = root.children.first_mut() {
                    key.head.splice(0..0, head);
                }
                let end = reader.next()?;
                debug_assert!(matches!(end.data, EventData::DocumentEnd { .. }));
                let trailing = reader.comments.drain(..).map(|c| c.text).collect();
                documents.push(Document { leading: leading.take(), root: Rc::new(root), trailing });
            }
            _ => {}
        }
    }
    if documents.is_empty()
        && let Some(leading) = leading
    {
        let root = Rc::new(Node { value: Some(Value::Null), ..Node::default() });
        documents.push(Document { leading: Some(leading), root, trailing: Vec::new() });
    }
    Ok(documents)
}

/// Comments, blank lines, directives and separators at the beginning, and what follows them.
fn leading(text: &str) -> (String, &str) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let heads = trimmed.is_empty()
            || trimmed.starts_with('#')
            || trimmed.starts_with("%YAML")
            || trimmed == "---";
        if !heads {
            break;
        }
        at += line.len();
    }
    let (leading, rest) = text.split_at(at);
    // A separator with something behind it.
    if let Some(more) = rest.strip_prefix("--- ") {
        return (format!("{leading}---\n"), more);
    }
    (leading.to_string(), rest)
}

/// A comment that stands alone in its line.
struct Comment {
    column: usize,
    text: String,
    /// A blank line follows.
    apart: bool,
}

struct Reader<'r> {
    parser: Parser<&'r mut &'r [u8]>,
    lines: Vec<&'r str>,
    /// Where the last event ended: line and column.
    ended: (usize, usize),
    /// Comments that belong to nothing yet.
    comments: Vec<Comment>,
    anchors: BTreeMap<String, Value>,
    nodes: usize,
}

fn place(mark: &Mark) -> (usize, usize) {
    (mark.line as usize, mark.column as usize)
}

impl Reader<'_> {
    /// The next event; comments before it are gathered.
    fn next(&mut self) -> Result<Event, String> {
        let event = self.parser.parse().map_err(|e| {
            let context = e.context_mark().unwrap_or_default().line;
            let problem = e.problem_mark().unwrap_or_default().line;
            // go-yaml forgets to count from 1, except after scanner errors; line 0 is "no line".
            let scanner = u64::from(e.kind() == libyaml_safer::ErrorKind::Scanner);
            match [problem, context].into_iter().find(|l| *l != 0) {
                Some(line) => format!("yaml: line {}: {}", line + scanner, e.problem()),
                None => format!("yaml: {}", e.problem()),
            }
        })?;
        let start = place(&event.start_mark);
        let end = place(&event.end_mark);
        if matches!(event.data, EventData::StreamStart { .. }) {
            return Ok(event);
        }
        let stop = if matches!(event.data, EventData::StreamEnd) { self.lines.len() } else { start.0 };
        let from = if self.ended.1 == 0 { self.ended.0 } else { self.ended.0 + 1 };
        for at in from..stop.min(self.lines.len()) {
            let line = self.lines[at];
            let trimmed = line.trim();
            if trimmed.starts_with('#') {
                let column = line.len() - line.trim_start().len();
                let apart = self.lines.get(at + 1).is_some_and(|next| next.trim().is_empty());
                self.comments.push(Comment { column, text: trimmed.to_string(), apart });
            }
        }
        if end > self.ended {
            self.ended = end;
        }
        // Ends of blocks are marked behind the comments that follow them.
        if stop > self.ended.0 || (stop == self.ended.0 && self.ended.1 == 0) {
            self.ended = self.ended.max((stop, 0));
        }
        Ok(event)
    }

    /// The comment behind something in its line, where only punctuation stands between.
    fn line_comment(&self, (line, column): (usize, usize)) -> String {
        let Some(text) = self.lines.get(line) else { return String::new() };
        let rest: String = text.chars().skip(column).collect();
        let body = rest.trim_start_matches([' ', '\t', ':', ',', ']', '}']);
        let gap = rest.len() - body.len();
        if body.starts_with('#') && gap > 0 && rest[..gap].ends_with([' ', '\t']) {
            return body.trim_end().to_string();
        }
        String::new()
    }

    /// The column where the line of an entry begins to say something.
    fn indent(&self, mark: &Mark) -> usize {
        let line = self.lines.get(mark.line as usize).copied().unwrap_or_default();
        let lead = line.len() - line.trim_start().len();
        lead.min(mark.column as usize)
    }

    /// Comments before an entry: what belongs to the one before it goes there.
    fn before(&mut self, column: usize, last: Option<&mut Vec<String>>) -> Vec<String> {
        let mut comments = std::mem::take(&mut self.comments);
        if let Some(last) = last {
            let own = comments
                .iter()
                .rposition(|c| c.column > column || (c.apart && c.column == column))
                .map_or(0, |at| at + 1);
            last.extend(comments.drain(..own).map(|c| c.text));
        }
        comments.into_iter().map(|c| c.text).collect()
    }

    /// Comments behind the last entry of a block that belong to it.
    fn behind(&mut self, column: usize, last: Option<&mut Vec<String>>) {
        let Some(last) = last else { return };
        let own = self.comments.iter().position(|c| c.column < column).unwrap_or(self.comments.len());
        if column == 0 {
            return;
        }
        last.extend(self.comments.drain(..own).map(|c| c.text));
    }

    fn node(&mut self, event: Event, depth: u16) -> Result<Node, String> {
        self.nodes += 1;
        let line = event.start_mark.line + 1;
        if depth + 1 >= MAX_DEPTH {
            return Err(format!("yaml: line {line}: exceeded max depth of {MAX_DEPTH}"));
        }
        if self.nodes > MAX_NODES {
            return Err("yaml: document contains excessive aliasing".to_string());
        }
        match event.data {
            EventData::Scalar { anchor, tag, value, style, .. } => {
                Ok(self.scalar(anchor, tag, value, style, place(&event.end_mark)))
            }
            EventData::Alias { anchor } => {
                let Some(value) = self.anchors.get(&anchor).cloned() else {
                    return Err(format!("yaml: unknown anchor '{anchor}' referenced"));
                };
                let line = self.line_comment(place(&event.end_mark));
                let text = scalar::text(&value);
                Ok(Node { value: Some(value), text, alias: Some(anchor), line, ..Node::default() })
            }
            EventData::SequenceStart { anchor, tag, style, .. } => {
                let flow = style == SequenceStyle::Flow;
                let mut node = self.sequence(flow, depth)?;
                node.tag = own_tag(tag);
                Ok(self.keep(anchor, node))
            }
            EventData::MappingStart { anchor, tag, style, .. } => {
                let flow = style == MappingStyle::Flow;
                let mut node = self.mapping(flow, depth)?;
                node.tag = own_tag(tag);
                Ok(self.keep(anchor, node))
            }
            _ => Err(format!("yaml: line {line}: unexpected event")),
        }
    }

    fn scalar(
        &mut self,
        anchor: Option<String>,
        tag: Option<String>,
        text: String,
        style: ScalarStyle,
        end: (usize, usize),
    ) -> Node {
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let plain = !block && !matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        let known = tag.as_deref().and_then(|t| t.strip_prefix("tag:yaml.org,2002:"));
        let value = match known {
            Some("int" | "float" | "bool" | "null") => scalar::resolve(&text),
            None if plain && tag.as_deref() != Some("!") => scalar::resolve(&text),
            _ => Value::str(&text),
        };
        let node = Node {
            value: Some(value),
            text,
            style: match style {
                ScalarStyle::SingleQuoted => Style::Single,
                ScalarStyle::DoubleQuoted => Style::Double,
                ScalarStyle::Literal => Style::Literal,
                ScalarStyle::Folded => Style::Folded,
                _ => Style::Plain,
            },
            tag: tag.map(|t| match t.strip_prefix("tag:yaml.org,2002:") {
                Some(short) => format!("!!{short}"),
                None => t,
            }),
            line: if block { String::new() } else { self.line_comment(end) },
            ..Node::default()
        };
        self.keep(anchor, node)
    }

    fn sequence(&mut self, flow: bool, depth: u16) -> Result<Node, String> {
        let mut node = Node { style: if flow { Style::Flow } else { Style::Plain }, ..Node::default() };
        let mut column = 0;
        loop {
            let event = self.next()?;
            if event.data == EventData::SequenceEnd {
                self.behind(column, node.children.last_mut().map(|(key, _)| &mut key.foot));
                if flow {
                    node.line = self.line_comment(place(&event.end_mark));
                }
                break;
            }
            column = self.indent(&event.start_mark);
            let head = self.before(column, node.children.last_mut().map(|(key, _)| &mut key.foot));
            let item = self.node(event, depth + 1)?;
            node.children.push((Node { head, ..Node::default() }, Rc::new(item)));
        }
        node.value = Some(Value::array(node.children.iter().map(|(_, item)| item.get()).collect()));
        Ok(node)
    }

    fn mapping(&mut self, flow: bool, depth: u16) -> Result<Node, String> {
        let mut node = Node { style: if flow { Style::Flow } else { Style::Plain }, ..Node::default() };
        let mut map: IndexMap<Rc<str>, Value> = IndexMap::new();
        let mut column = 0;
        loop {
            let event = self.next()?;
            if event.data == EventData::MappingEnd {
                self.behind(column, node.children.last_mut().map(|(key, _)| &mut key.foot));
                if flow {
                    node.line = self.line_comment(place(&event.end_mark));
                }
                break;
            }
            column = event.start_mark.column as usize;
            let head = self.before(column, node.children.last_mut().map(|(key, _)| &mut key.foot));
            let mut key = self.node(event, depth + 1)?;
            key.head = head;
            let value = self.next()?;
            let value = self.node(value, depth + 1)?;
            if value.children.is_empty() || value.style == Style::Flow {
                key.line.clear();
            }
            map.insert(Rc::from(key.text.as_str()), value.get());
            node.children.push((key, Rc::new(value)));
        }
        node.value = Some(Value::object(map));
        Ok(node)
    }

    fn keep(&mut self, anchor: Option<String>, mut node: Node) -> Node {
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor.clone(), node.get());
            node.anchor = Some(anchor);
        }
        node
    }
}

fn own_tag(tag: Option<String>) -> Option<String> {
    tag.filter(|t| !t.starts_with("tag:yaml.org,2002:"))
}
