//! Writing YAML as go-yaml does: blocks, quotes where they are needed, comments where they were.

use std::rc::Rc;

use super::{
    node::{Known, MAX_DEPTH, Node, Style},
    scalar,
};
use crate::bin::jq::{json, value::Value};

/// How YAML is written.
#[derive(Clone, Debug)]
pub struct Emitter<'a> {
    /// Where values came from.
    pub known: &'a Known,
    /// Spaces for a level.
    pub indent: usize,
    /// Items of a list in a map stand under its key, not to the right of it.
    pub compact: bool,
    /// Styles are forgotten (`-P`), comments are.
    pub plain: bool,
    pub bare: bool,
    /// Anchors and aliases are (`explode`).
    pub exploded: bool,
}

/// A value with what is known of how it was written.
struct Piece<'v> {
    value: &'v Value,
    node: Option<Rc<Node>>,
}

impl Emitter<'_> {
    /// A whole document. `hint`: the node in whose place the value is.
    pub fn document(&self, value: &Value, hint: Option<&Rc<Node>>) -> String {
        if value.depth() > MAX_DEPTH {
            // JSON is YAML, too.
            return json::compact(value) + "\n";
        }
        let piece = self.piece(value, hint);
        let mut out = String::new();
        if self.is_block(&piece) {
            if let Some(anchor) = piece.node.as_ref().and_then(|n| self.properties(n, value)) {
                out.push_str(&anchor);
                out.push('\n');
            }
            self.block(&piece, 0, false, &mut out);
            return out;
        }
        for comment in piece.node.iter().flat_map(|n| &n.head).filter(|_| !self.bare) {
            out.push_str(&format!("{comment}\n"));
        }
        out.push_str(&self.inline(&piece, 0, false));
        self.end_line(piece.node.as_deref(), &mut out);
        out
    }

    fn piece<'v>(&self, value: &'v Value, hint: Option<&Rc<Node>>) -> Piece<'v> {
        let node = match (self.known.find(value), hint) {
            (_, Some(hint))
                if hint.alias.is_some() && hint.value.as_ref().is_some_and(|v| same(v, value)) =>
            {
                Some(hint.clone())
            }
            (Some(found), _) => Some(found.clone()),
            (None, Some(hint)) if fits(hint, value) => Some(hint.clone()),
            _ => None,
        };
        Piece { value, node }
    }

    fn is_block(&self, piece: &Piece<'_>) -> bool {
        let filled = match piece.value {
            Value::Arr(a) => !a.items.is_empty(),
            Value::Obj(o) => !o.map.is_empty(),
            _ => false,
        };
        let flow = piece
            .node
            .as_ref()
            .is_some_and(|n| n.style == Style::Flow && !self.plain && !n.children.is_empty());
        filled && !flow && (self.exploded || piece.node.as_ref().is_none_or(|n| n.alias.is_none()))
    }

    /// `&anchor !tag`, where there are any.
    fn properties(&self, node: &Node, value: &Value) -> Option<String> {
        let mut parts = Vec::new();
        if let Some(anchor) = node.anchor.as_ref().filter(|_| !self.exploded) {
            parts.push(format!("&{anchor}"));
        }
        if let Some(tag) = &node.tag
            && node.value.as_ref().is_some_and(|v| v.kind() == value.kind())
        {
            parts.push(tag.clone());
        }
        if parts.is_empty() { None } else { Some(parts.join(" ")) }
    }

    fn end_line(&self, node: Option<&Node>, out: &mut String) {
        match node {
            Some(node) if !node.line.is_empty() && !self.bare => out.push_str(&format!(" {}\n", node.line)),
            _ => out.push('\n'),
        }
    }

    fn comments(&self, comments: &[String], level: usize, out: &mut String) {
        if !self.bare {
            for comment in comments {
                out.push_str(&format!("{}{comment}\n", " ".repeat(level)));
            }
        }
    }

    /// A filled map or list; `started`: the first entry stands in a line that was begun.
    fn block(&self, piece: &Piece<'_>, level: usize, started: bool, out: &mut String) {
        let pad = " ".repeat(level);
        let mut first = started;
        let mut foot = false;
        let mut entry = |out: &mut String, key: Option<&Node>| {
            let head = key.map_or(&[][..], |k| k.head.as_slice());
            if foot {
                out.push('\n');
            }
            foot = key.is_some_and(|k| !k.foot.is_empty()) && !self.bare;
            if std::mem::take(&mut first) {
                return;
            }
            self.comments(head, level, out);
            out.push_str(&pad);
        };
        match piece.value {
            Value::Obj(o) => {
                for (name, value) in &o.map {
                    let old = piece.node.as_ref().and_then(|n| n.child(&Value::Str(name.clone())));
                    entry(out, old.map(|(key, _)| key));
                    out.push_str(&self.key(name, old.map(|(key, _)| key)));
                    out.push(':');
                    let child = self.piece(value, old.map(|(_, node)| node));
                    let line = old.map_or("", |(key, _)| key.line.as_str());
                    self.entry_value(&child, line, level, out);
                    self.comments(old.map_or(&[][..], |(key, _)| &key.foot), level, out);
                }
            }
            Value::Arr(a) => {
                let old = self.items(&a.items, piece.node.as_deref());
                for (value, old) in a.items.iter().zip(old) {
                    entry(out, old.map(|(key, _)| key));
                    out.push('-');
                    let child = self.piece(value, old.map(|(_, node)| node));
                    if self.is_block(&child)
                        && child.node.as_ref().is_none_or(|n| self.properties(n, value).is_none())
                    {
                        out.push(' ');
                        out.push_str(&" ".repeat(self.indent.saturating_sub(2)));
                        self.block(&child, level + self.indent, true, out);
                    } else {
                        self.entry_value(&child, "", level, out);
                    }
                    self.comments(old.map_or(&[][..], |(key, _)| &key.foot), level, out);
                }
            }
            _ => {}
        }
    }

    /// What stands behind `key:` or `-`.
    fn entry_value(&self, child: &Piece<'_>, line: &str, level: usize, out: &mut String) {
        if !self.is_block(child) {
            let text = self.inline(child, level + self.indent, false);
            if !text.is_empty() {
                out.push(' ');
            }
            out.push_str(&text);
            if !out.ends_with('\n') || text.is_empty() {
                self.end_line(child.node.as_deref(), out);
            }
            return;
        }
        if let Some(properties) = child.node.as_ref().and_then(|n| self.properties(n, child.value)) {
            out.push_str(&format!(" {properties}"));
        }
        if !line.is_empty() && !self.bare {
            out.push_str(&format!(" {line}"));
        }
        out.push('\n');
        let inner =
            if self.compact && matches!(child.value, Value::Arr(_)) { level } else { level + self.indent };
        self.block(child, inner, false, out);
    }

    /// The entries of a list before it was changed: an item that is still the same keeps its own, of the others each
    /// takes the one at its place, if that is free.
    fn items<'n>(&self, items: &[Value], node: Option<&'n Node>) -> Vec<Option<&'n (Node, Rc<Node>)>> {
        let Some(node) = node else { return items.iter().map(|_| None).collect() };
        let mut taken = vec![false; node.children.len()];
        let mut found: Vec<Option<usize>> = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let is = |i: usize| node.children[i].1.value.as_ref().is_some_and(|v| same(v, item));
            let own = (at < taken.len() && !taken[at] && is(at)).then_some(at);
            let own = own.or_else(|| {
                self.known.find(item)?;
                (0..taken.len()).find(|i| !taken[*i] && is(*i))
            });
            if let Some(i) = own {
                taken[i] = true;
            }
            found.push(own);
        }
        for (at, place) in found.iter_mut().enumerate() {
            if place.is_none() && taken.get(at) == Some(&false) {
                taken[at] = true;
                *place = Some(at);
            }
        }
        found.into_iter().map(|place| place.map(|i| &node.children[i])).collect()
    }

    fn key(&self, name: &str, old: Option<&Node>) -> String {
        if name == "<<" && old.is_none_or(|key| key.style == Style::Plain) {
            return name.to_string();
        }
        // A key that was no text, like `1:`, stays as it was.
        let text = old.is_none_or(|key| matches!(key.value, Some(Value::Str(_)) | None));
        let style = old.map_or(Style::Plain, |key| if self.plain { Style::Plain } else { key.style });
        self.scalar(name, style, text, 0, true)
    }

    /// A scalar, an alias, or something in brackets.
    fn inline(&self, piece: &Piece<'_>, level: usize, flow: bool) -> String {
        if let Some(alias) = piece.node.as_ref().and_then(|n| n.alias.as_ref()).filter(|_| !self.exploded) {
            return format!("*{alias}");
        }
        let body = match piece.value {
            Value::Arr(a) => {
                let old = self.items(&a.items, piece.node.as_deref());
                let parts: Vec<String> = a
                    .items
                    .iter()
                    .zip(old)
                    .map(|(v, old)| self.inline(&self.piece(v, old.map(|(_, n)| n)), level, true))
                    .collect();
                format!("[{}]", parts.join(", "))
            }
            Value::Obj(o) => {
                let part = |(name, v): (&Rc<str>, &Value)| {
                    let old = piece.node.as_ref().and_then(|n| n.child(&Value::Str(name.clone())));
                    let key = self.key(name, old.map(|(key, _)| key));
                    let value = self.inline(&self.piece(v, old.map(|(_, n)| n)), level, true);
                    if value.is_empty() { format!("{key}:") } else { format!("{key}: {value}") }
                };
                let parts: Vec<String> = o.map.iter().map(part).collect();
                format!("{{{}}}", parts.join(", "))
            }
            Value::Str(s) => {
                let style = piece.node.as_ref().map_or(Style::Plain, |n| n.style);
                // What was plain stays plain, unless it would be read as something else now.
                let same = piece.node.as_ref().is_some_and(|n| {
                    n.style == Style::Plain && *n.text == **s && matches!(n.value, Some(Value::Str(_)))
                });
                let style = if self.plain || (flow && matches!(style, Style::Literal | Style::Folded)) {
                    Style::Plain
                } else {
                    style
                };
                self.scalar(s, style, !same || self.plain && scalar::needs_quotes(s), level, flow)
            }
            other => match &piece.node {
                Some(node)
                    if node.value.as_ref().is_some_and(|v| same(v, other)) && node.style == Style::Plain =>
                {
                    node.text.clone()
                }
                _ => scalar::text(other),
            },
        };
        match piece.node.as_ref().and_then(|n| self.properties(n, piece.value)) {
            Some(properties) if body.is_empty() => properties,
            Some(properties) => format!("{properties} {body}"),
            None => body,
        }
    }

    /// A text in a style; `guarded`: it is quoted where it would be read as something else.
    fn scalar(&self, text: &str, style: Style, guarded: bool, level: usize, one_line: bool) -> String {
        let printable = text.chars().all(|c| !c.is_control() || c == '\n' || c == '\t');
        let style = match style {
            Style::Plain if text.contains('\n') && !one_line => Style::Literal,
            Style::Plain if guarded && scalar::needs_quotes(text) => Style::Double,
            style => style,
        };
        match style {
            _ if !printable => json::compact(&Value::str(text)),
            Style::Literal | Style::Folded
                if !one_line && !text.is_empty() && !text.lines().any(|l| l.trim_end() != l) =>
            {
                block_text(text, style, level, self.indent)
            }
            Style::Double | Style::Literal | Style::Folded => double(text),
            Style::Single if !text.contains('\n') => single(text),
            Style::Plain if !text.contains('\n') && can_be_plain(text, one_line) => text.to_string(),
            _ if text.contains('\n') => double(text),
            _ => single(text),
        }
    }
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn double(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// `|` or `>` with the lines below.
fn block_text(text: &str, style: Style, level: usize, indent: usize) -> String {
    let mark = if style == Style::Literal { "|" } else { ">" };
    let hint = if text.starts_with([' ', '\n']) { indent.to_string() } else { String::new() };
    let chomp = match (text.ends_with('\n'), text.ends_with("\n\n")) {
        (false, _) => "-",
        (true, false) => "",
        (true, true) => "+",
    };
    let body = text.strip_suffix('\n').unwrap_or(text);
    let pad = " ".repeat(level);
    let mut lines: Vec<String> = Vec::new();
    for line in body.split('\n') {
        let folds = style == Style::Folded && lines.last().is_some_and(|l| !l.is_empty()) && !line.is_empty();
        if folds {
            lines.push(String::new());
        }
        lines.push(if line.is_empty() { String::new() } else { format!("{pad}{line}") });
    }
    format!("{mark}{hint}{chomp}\n{}\n", lines.join("\n"))
}

/// Whether a text can stand without quotes.
fn can_be_plain(text: &str, flow: bool) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let second_space = text[first.len_utf8()..].chars().next().is_none_or(|c| c == ' ' || c == '\t');
    let starts = match first {
        '-' | '?' | ':' => !(second_space || flow && first != '-'),
        ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
            false
        }
        _ => true,
    };
    let inner = !text.contains(": ") && !text.contains(" #") && !text.ends_with(':') && !text.contains('\t');
    let brackets = flow && text.contains([',', '[', ']', '{', '}', '?']);
    starts
        && inner
        && !brackets
        && text.trim() == text
        && !text.starts_with("---")
        && !text.starts_with("...")
}

/// Whether two values are one, or scalars that are equal.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Arr(a), Value::Arr(b)) => Rc::ptr_eq(a, b),
        (Value::Obj(a), Value::Obj(b)) => Rc::ptr_eq(a, b),
        (Value::Arr(_) | Value::Obj(_), _) | (_, Value::Arr(_) | Value::Obj(_)) => false,
        (a, b) => a.equals(b),
    }
}

/// Whether a new value can take over how the old one was written: it is of the same sort.
fn fits(node: &Node, value: &Value) -> bool {
    if node.alias.is_some() {
        return false;
    }
    let Some(old) = &node.value else { return false };
    let sort = |v: &Value| match v {
        Value::Arr(_) => 0,
        Value::Obj(_) => 1,
        _ => 2,
    };
    sort(old) == sort(value)
}
