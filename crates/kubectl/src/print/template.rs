//! `-o go-template=…`: the part of Go's `text/template` that is used with kubectl: fields, `range`, `if`, `with`, variables,
//! pipelines and the common functions. Anything else is refused by name.

use api::Json;
use collections::StableSort;
use serde_json::json;

use super::columns::go_value;
use crate::error::{CmdError, Result};

/// A parsed template.
pub struct Template {
    nodes: Vec<Node>,
}

enum Node {
    Text(String),
    Print(Pipeline),
    Assign(String, Pipeline),
    Range { vars: Vec<String>, over: Pipeline, body: Vec<Node>, otherwise: Vec<Node> },
    If { test: Pipeline, body: Vec<Node>, otherwise: Vec<Node> },
    With { test: Pipeline, body: Vec<Node>, otherwise: Vec<Node> },
}

/// Calls joined by `|`; each call is its words.
type Pipeline = Vec<Vec<Word>>;

#[derive(Clone)]
enum Word {
    /// `.a.b`, from the dot or from a variable.
    Path(Option<String>, Vec<String>),
    Literal(Json),
    Name(String),
    Nested(Vec<Vec<Word>>),
}

fn bad<T>(text: impl Into<String>) -> std::result::Result<T, String> {
    Err(text.into())
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// Go's message for broken ones; a plain refusal for what is not supported here.
    pub fn parse(source: &str) -> Result<Template> {
        let tokens = split(source).map_err(|e| {
            CmdError::Msg(format!("error parsing template {source}, template: output:1: {e}"))
        })?;
        let mut at = 0;
        let nodes = block(&tokens, &mut at, false)
            .map_err(|e| CmdError::Msg(format!("error parsing template {source}, template: output:1: {e}")))?
            .0;
        Ok(Template { nodes })
    }

    /// Executes it on an object.
    ///
    /// # Errors
    /// A function does not fit its arguments.
    pub fn print(&self, data: &Json) -> Result<String> {
        let mut run = Run { vars: vec![("$".into(), data.clone())], out: String::new() };
        run.nodes(&self.nodes, data).map_err(|e| CmdError::Msg(format!("error executing template: {e}")))?;
        Ok(run.out)
    }
}

enum Token {
    Text(String),
    Action(String),
}

fn split(source: &str) -> std::result::Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut rest = source;
    while let Some(open) = rest.find("{{") {
        let mut text = rest[..open].to_string();
        let mut body = &rest[open + 2..];
        let Some(close) = body.find("}}") else { return bad("unclosed action") };
        rest = &body[close + 2..];
        body = &body[..close];
        if let Some(inner) = body.strip_prefix("- ") {
            text = text.trim_end().to_string();
            body = inner;
        }
        if let Some(inner) = body.strip_suffix(" -") {
            rest = rest.trim_start();
            body = inner;
        }
        out.push(Token::Text(text));
        if !body.trim_start().starts_with("/*") {
            out.push(Token::Action(body.trim().to_string()));
        }
    }
    out.push(Token::Text(rest.to_string()));
    Ok(out)
}

/// Parses up to `end` or `else`; returns the nodes and the word that ended them.
fn block(tokens: &[Token], at: &mut usize, inner: bool) -> std::result::Result<(Vec<Node>, String), String> {
    let mut nodes = Vec::new();
    while let Some(token) = tokens.get(*at) {
        *at += 1;
        let action = match token {
            Token::Text(text) => {
                nodes.push(Node::Text(text.clone()));
                continue;
            }
            Token::Action(action) => action.as_str(),
        };
        let (word, rest) = action.split_once(char::is_whitespace).unwrap_or((action, ""));
        match word {
            "end" | "else" if inner => return Ok((nodes, action.to_string())),
            "end" | "else" => return bad(format!("unexpected {{{{{word}}}}}")),
            "range" | "if" | "with" => nodes.push(control(word, rest, tokens, at)?),
            _ => match action
                .split_once(":=")
                .or_else(|| action.split_once('=').filter(|_| action.starts_with('$')))
            {
                Some((name, value)) if name.trim().starts_with('$') => {
                    nodes.push(Node::Assign(name.trim().to_string(), pipeline(value)?));
                }
                _ => nodes.push(Node::Print(pipeline(action)?)),
            },
        }
    }
    if inner { bad("unexpected EOF") } else { Ok((nodes, String::new())) }
}

fn control(word: &str, rest: &str, tokens: &[Token], at: &mut usize) -> std::result::Result<Node, String> {
    let (vars, expression) = match rest.split_once(":=") {
        Some((names, e)) => (names.split(',').map(|n| n.trim().to_string()).collect(), e),
        None => (Vec::new(), rest),
    };
    let test = pipeline(expression)?;
    let (body, stop) = block(tokens, at, true)?;
    let otherwise = match stop.strip_prefix("else") {
        None => Vec::new(),
        Some(more) if more.trim().is_empty() => block(tokens, at, true)?.0,
        Some(more) => {
            let more = more.trim();
            let (word, rest) = more.split_once(char::is_whitespace).unwrap_or((more, ""));
            vec![control(word, rest, tokens, at)?]
        }
    };
    Ok(match word {
        "range" => Node::Range { vars, over: test, body, otherwise },
        "if" => Node::If { test, body, otherwise },
        _ => Node::With { test, body, otherwise },
    })
}

fn pipeline(text: &str) -> std::result::Result<Pipeline, String> {
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    let out = calls(&chars, &mut at, 0)?;
    if at < chars.len() { bad("unexpected \")\" in operand") } else { Ok(out) }
}

fn calls(chars: &[char], at: &mut usize, depth: usize) -> std::result::Result<Pipeline, String> {
    if depth > 32 {
        return bad("template is nested too deeply");
    }
    let mut out: Pipeline = vec![Vec::new()];
    while let Some(c) = chars.get(*at).copied() {
        match c {
            ')' => break,
            '|' => {
                out.push(Vec::new());
                *at += 1;
            }
            '(' => {
                *at += 1;
                let nested = calls(chars, at, depth + 1)?;
                if chars.get(*at) != Some(&')') {
                    return bad("unclosed left paren");
                }
                *at += 1;
                out.last_mut().expect("never empty").push(Word::Nested(nested));
            }
            c if c.is_whitespace() => *at += 1,
            '"' | '`' => {
                let text = quoted(chars, at, c)?;
                out.last_mut().expect("never empty").push(Word::Literal(json!(text)));
            }
            _ => {
                let start = *at;
                while chars.get(*at).is_some_and(|c| !c.is_whitespace() && !matches!(c, '|' | '(' | ')')) {
                    *at += 1;
                }
                let word: String = chars[start..*at].iter().collect();
                out.last_mut().expect("never empty").push(plain(&word));
            }
        }
    }
    if out.iter().any(Vec::is_empty) { bad("missing value for command") } else { Ok(out) }
}

fn quoted(chars: &[char], at: &mut usize, end: char) -> std::result::Result<String, String> {
    let mut text = String::new();
    *at += 1;
    loop {
        let Some(c) = chars.get(*at).copied() else { return bad("unterminated quoted string") };
        *at += 1;
        if c == end {
            return Ok(text);
        }
        if c == '\\' && end == '"' {
            let escaped = chars.get(*at).copied().unwrap_or('\\');
            *at += 1;
            text.push(match escaped {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            });
        } else {
            text.push(c);
        }
    }
}

fn plain(word: &str) -> Word {
    let fields = |text: &str| text.split('.').filter(|f| !f.is_empty()).map(String::from).collect();
    if let Ok(n) = word.parse::<i64>() {
        return Word::Literal(json!(n));
    }
    match word {
        "true" => Word::Literal(json!(true)),
        "false" => Word::Literal(json!(false)),
        "nil" => Word::Literal(Json::Null),
        _ if word.starts_with('.') => Word::Path(None, fields(word)),
        _ if word.starts_with('$') => {
            let (name, rest) = word.split_once('.').unwrap_or((word, ""));
            Word::Path(Some(name.into()), fields(rest))
        }
        _ => Word::Name(word.into()),
    }
}

struct Run {
    vars: Vec<(String, Json)>,
    out: String,
}

impl Run {
    fn nodes(&mut self, nodes: &[Node], dot: &Json) -> std::result::Result<(), String> {
        for node in nodes {
            match node {
                Node::Text(text) => self.out.push_str(text),
                Node::Print(p) => {
                    let value = self.pipeline(p, dot)?;
                    self.out.push_str(&if value.is_null() { "<no value>".into() } else { go_value(&value) });
                }
                Node::Assign(name, p) => {
                    let value = self.pipeline(p, dot)?;
                    self.vars.push((name.clone(), value));
                }
                Node::If { test, body, otherwise } => {
                    let chosen = if truth(&self.pipeline(test, dot)?) { body } else { otherwise };
                    self.nodes(chosen, dot)?;
                }
                Node::With { test, body, otherwise } => {
                    let value = self.pipeline(test, dot)?;
                    if truth(&value) { self.nodes(body, &value)? } else { self.nodes(otherwise, dot)? }
                }
                Node::Range { vars, over, body, otherwise } => {
                    self.range(vars, over, body, otherwise, dot)?
                }
            }
        }
        Ok(())
    }

    fn range(
        &mut self,
        vars: &[String],
        over: &Pipeline,
        body: &[Node],
        otherwise: &[Node],
        dot: &Json,
    ) -> std::result::Result<(), String> {
        let items: Vec<(Json, Json)> = match self.pipeline(over, dot)? {
            Json::Array(items) => items.into_iter().enumerate().map(|(i, v)| (json!(i), v)).collect(),
            Json::Object(map) => {
                let mut entries: Vec<(String, Json)> = map.into_iter().collect();
                entries.stable_sort_by(|a, b| a.0.cmp(&b.0));
                entries.into_iter().map(|(k, v)| (json!(k), v)).collect()
            }
            Json::Null => Vec::new(),
            other => return bad(format!("range can't iterate over {}", go_value(&other))),
        };
        if items.is_empty() {
            return self.nodes(otherwise, dot);
        }
        for (key, value) in items {
            let depth = self.vars.len();
            match vars {
                [v] => self.vars.push((v.clone(), value.clone())),
                [k, v] => self.vars.extend([(k.clone(), key), (v.clone(), value.clone())]),
                _ => {}
            }
            self.nodes(body, &value)?;
            self.vars.truncate(depth);
        }
        Ok(())
    }

    fn pipeline(&self, calls: &[Vec<Word>], dot: &Json) -> std::result::Result<Json, String> {
        let mut last: Option<Json> = None;
        for call in calls {
            let (head, tail) = call.split_first().ok_or("missing value for command")?;
            let mut args = Vec::new();
            for word in tail {
                args.push(self.word(word, dot)?);
            }
            args.extend(last.take());
            last = Some(match head {
                Word::Name(name) => function(name, &args)?,
                other if args.is_empty() => self.word(other, dot)?,
                _ => return bad("can't give argument to non-function"),
            });
        }
        last.ok_or_else(|| "missing value for command".into())
    }

    fn word(&self, word: &Word, dot: &Json) -> std::result::Result<Json, String> {
        match word {
            Word::Literal(value) => Ok(value.clone()),
            Word::Nested(calls) => self.pipeline(calls, dot),
            Word::Name(name) => function(name, &[]),
            Word::Path(base, fields) => {
                let base = match base {
                    None => dot,
                    Some(name) => {
                        let found = self.vars.iter().rev().find(|(n, _)| n == name);
                        &found.ok_or_else(|| format!("undefined variable {name:?}"))?.1
                    }
                };
                let mut value = base;
                for field in fields {
                    value = match value {
                        Json::Object(map) => map.get(field).unwrap_or(&Json::Null),
                        Json::Null => &Json::Null,
                        _ => return bad(format!("can't evaluate field {field} in type interface {{}}")),
                    };
                }
                Ok(value.clone())
            }
        }
    }
}

fn truth(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(b) => *b,
        Json::Number(n) => n.as_f64() != Some(0.0),
        Json::String(s) => !s.is_empty(),
        Json::Array(a) => !a.is_empty(),
        Json::Object(m) => !m.is_empty(),
    }
}

fn function(name: &str, args: &[Json]) -> std::result::Result<Json, String> {
    let order = |a: &Json, b: &Json| match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()),
        (Json::String(a), Json::String(b)) => Some(a.cmp(b)),
        _ => None,
    };
    let two = |test: fn(std::cmp::Ordering) -> bool| match args {
        [a, b] => order(a, b)
            .map(|o| json!(test(o)))
            .ok_or_else(|| format!("error calling {name}: incompatible types for comparison")),
        _ => bad(format!("wrong number of args for {name}: want 2 got {}", args.len())),
    };
    match (name, args) {
        ("eq", [first, rest @ ..]) if !rest.is_empty() => Ok(json!(rest.contains(first))),
        ("ne", [a, b]) => Ok(json!(a != b)),
        ("lt", _) => two(std::cmp::Ordering::is_lt),
        ("le", _) => two(std::cmp::Ordering::is_le),
        ("gt", _) => two(std::cmp::Ordering::is_gt),
        ("ge", _) => two(std::cmp::Ordering::is_ge),
        ("not", [a]) => Ok(json!(!truth(a))),
        ("and", [.., last]) => Ok(args.iter().find(|a| !truth(a)).unwrap_or(last).clone()),
        ("or", [.., last]) => Ok(args.iter().find(|a| truth(a)).unwrap_or(last).clone()),
        ("len", [a]) => Ok(json!(match a {
            Json::Array(items) => items.len(),
            Json::Object(map) => map.len(),
            Json::String(s) => s.len(),
            other => return bad(format!("error calling len: len of type {}", go_value(other))),
        })),
        ("index", [base, keys @ ..]) => {
            let mut value = base;
            for key in keys {
                let found = match (value, key) {
                    (Json::Array(items), Json::Number(n)) => n.as_u64().and_then(|n| items.get(n as usize)),
                    (Json::Object(map), Json::String(k)) => Some(map.get(k).unwrap_or(&Json::Null)),
                    _ => None,
                };
                value = found
                    .ok_or_else(|| format!("error calling index: index out of range: {}", go_value(key)))?;
            }
            Ok(value.clone())
        }
        ("exists", [base, keys @ ..]) => {
            let mut value = Some(base);
            for key in keys {
                value = value.and_then(|v| match key {
                    Json::Number(n) => v.get(n.as_u64()? as usize),
                    Json::String(k) => v.get(k),
                    _ => None,
                });
            }
            Ok(json!(value.is_some()))
        }
        ("print", args) => Ok(json!(args.iter().map(go_value).collect::<Vec<_>>().join(" "))),
        ("println", args) => Ok(json!(args.iter().map(go_value).collect::<Vec<_>>().join(" ") + "\n")),
        ("printf", [Json::String(format), rest @ ..]) => Ok(json!(printf(format, rest))),
        ("base64decode", [Json::String(text)]) => {
            let bytes =
                crate::base64::decode(text).ok_or("error calling base64decode: illegal base64 data")?;
            Ok(json!(String::from_utf8_lossy(&bytes)))
        }
        _ => bad(format!("function {name:?} not defined")),
    }
}

fn printf(format: &str, args: &[Json]) -> String {
    let mut out = String::new();
    let mut args = args.iter();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut width = String::new();
        let verb = loop {
            match chars.next() {
                Some(c) if c.is_ascii_digit() || matches!(c, '-' | '.' | '+') => width.push(c),
                other => break other,
            }
        };
        let text = match verb {
            Some('%') => "%".to_string(),
            Some('q') => args.next().map_or("%!q(MISSING)".into(), |a| format!("{:?}", go_value(a))),
            Some('s' | 'd' | 'v' | 't' | 'f') => args.next().map_or("%!s(MISSING)".into(), go_value),
            Some(other) => format!("%!{other}"),
            None => "%!(NOVERB)".into(),
        };
        let (left, width) = width.strip_prefix('-').map_or((false, width.as_str()), |w| (true, w));
        let width = width.split('.').next().and_then(|w| w.parse::<usize>().ok()).unwrap_or(0).min(500);
        out += &if left { format!("{text:<width$}") } else { format!("{text:>width$}") };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_templates() {
        let data = json!({"kind": "List", "items": [{"metadata": {"name": "a", "labels": {"x-y": "1"}}, "n": 2}, {"metadata": {"name": "b"}}]});
        for (source, want) in [
            ("{{range .items}}{{.metadata.name}}{{\"\\n\"}}{{end}}", "a\nb\n"),
            ("{{range $i, $v := .items}}{{$i}}={{$v.metadata.name}} {{end}}", "0=a 1=b "),
            ("{{len .items}}{{.nope}}", "2<no value>"),
            (
                "{{range .items}}{{if .n}}{{printf \"%s-%d\" .metadata.name .n}}{{else}}-{{end}}{{end}}",
                "a-2-",
            ),
            ("{{index .items 0 \"metadata\" \"labels\" \"x-y\"}}", "1"),
            ("{{with (index .items 1)}}{{.metadata.name | printf \"%q\"}}{{end}}", "\"b\""),
            ("{{if and (eq .kind \"List\") (gt (len .items) 1)}}yes{{- end }} ", "yes "),
        ] {
            assert_eq!(Template::parse(source).and_then(|t| t.print(&data)).as_deref(), Ok(want), "{source}");
        }
        assert!(Template::parse("{{range .items}}").is_err());
    }
}
