//! The parser: a scanner over characters with one character of look-back, as client-go has it.

use super::Node;
use crate::Json;

/// Parses a whole template: text and actions.
pub(super) fn template(input: &str) -> Result<Vec<Node>, String> {
    let mut nodes = Vec::new();
    let mut rest = input;
    while let Some(open) = rest.find('{') {
        if open > 0 {
            nodes.push(Node::Text(rest[..open].into()));
        }
        let chars: Vec<char> = rest[open + 1..].chars().collect();
        let mut action = Action { chars, at: 0, nodes: Vec::new(), depth: 0 };
        action.inside()?;
        let used: usize = action.chars[..action.at].iter().map(|c| c.len_utf8()).sum();
        rest = &rest[open + 1 + used..];
        nodes.push(Node::Action(action.nodes));
    }
    if !rest.is_empty() {
        nodes.push(Node::Text(rest.into()));
    }
    Ok(nodes)
}

/// Parses the body of one action, such as one side of a filter.
fn action(body: &str, depth: usize) -> Result<Vec<Node>, String> {
    if depth > 32 {
        return Err("expression is nested too deeply".into());
    }
    let mut action = Action { chars: format!("{body}}}").chars().collect(), at: 0, nodes: Vec::new(), depth };
    action.inside()?;
    Ok(action.nodes)
}

struct Action {
    chars: Vec<char>,
    at: usize,
    nodes: Vec<Node>,
    depth: usize,
}

impl Action {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn inside(&mut self) -> Result<(), String> {
        loop {
            let Some(c) = self.peek(0) else { return Err("unclosed action".into()) };
            match c {
                '}' => {
                    self.at += 1;
                    return Ok(());
                }
                '\n' => return Err("unclosed action".into()),
                ' ' | '\t' | '@' | '$' => self.at += 1,
                '[' if self.peek(1) == Some('?') && self.peek(2) == Some('(') => self.filter()?,
                '[' => self.array()?,
                '"' | '\'' => self.quote(c)?,
                '.' if self.peek(1) == Some('.') => {
                    self.at += 2;
                    self.nodes.push(Node::Recursive);
                    if self.peek(0).is_some_and(|c| c.is_alphanumeric() || c == '_') {
                        self.field();
                    }
                }
                '.' => {
                    self.at += 1;
                    self.field();
                }
                '+' | '-' => self.number()?,
                c if c.is_ascii_digit() => self.number()?,
                c if c.is_alphanumeric() || c == '_' => self.identifier(),
                c => return Err(format!("unrecognized character in action: U+{:04X} '{c}'", c as u32)),
            }
        }
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> String {
        let start = self.at;
        while self.peek(0).is_some_and(&keep) {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }

    fn identifier(&mut self) {
        let word = self.take_while(|c| c.is_alphanumeric() || c == '_');
        self.nodes.push(match word.as_str() {
            "true" => Node::Literal(Json::Bool(true)),
            "false" => Node::Literal(Json::Bool(false)),
            _ => Node::Identifier(word),
        });
    }

    fn number(&mut self) -> Result<(), String> {
        let mut text: String = self.peek(0).into_iter().collect();
        self.at += 1;
        text += &self.take_while(|c| c.is_ascii_digit() || c == '.');
        let plain = text.strip_prefix('+').unwrap_or(&text);
        let value = match (plain.parse::<i64>(), plain.parse::<f64>()) {
            (Ok(n), _) => Json::from(n),
            (_, Ok(f)) => Json::from(f),
            _ => return Err(format!("cannot parse number {text}")),
        };
        self.nodes.push(Node::Literal(value));
        Ok(())
    }

    fn field(&mut self) {
        let mut name = String::new();
        while let Some(c) = self.peek(0) {
            if c == '\\' {
                self.at += 1;
                name.extend(self.peek(0));
                self.at += 1;
                continue;
            }
            if matches!(c, ' ' | '\t' | '\n' | '\r' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}') {
                break;
            }
            name.push(c);
            self.at += 1;
        }
        self.nodes.push(if name == "*" { Node::Wildcard } else { Node::Field(name) });
    }

    fn quote(&mut self, end: char) -> Result<(), String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(c) = self.peek(0) else { return Err("unterminated quoted string".into()) };
            self.at += 1;
            match c {
                '\n' => return Err("unterminated quoted string".into()),
                '\\' => {
                    let escaped = self.peek(0);
                    self.at += 1;
                    text.push(match escaped {
                        Some('n') => '\n',
                        Some('t') => '\t',
                        Some('r') => '\r',
                        Some('a') => '\u{7}',
                        Some('b') => '\u{8}',
                        Some('f') => '\u{c}',
                        Some('v') => '\u{b}',
                        Some(c @ ('\\' | '\'' | '"')) => c,
                        _ => return Err("unquote string \\ error invalid syntax".into()),
                    });
                }
                c if c == end => break,
                c => text.push(c),
            }
        }
        self.nodes.push(Node::Text(text));
        Ok(())
    }

    fn array(&mut self) -> Result<(), String> {
        let start = self.at + 1;
        while self.peek(0) != Some(']') {
            if matches!(self.peek(0), None | Some('\n')) {
                return Err("unterminated array".into());
            }
            self.at += 1;
        }
        let body: String = self.chars[start..self.at].iter().collect();
        self.at += 1;
        let body = if body == "*" { ":" } else { &body };
        if body.contains(',') {
            let parts: Result<Vec<Vec<Node>>, String> = body
                .split(',')
                .map(|part| action(&format!("[{}]", part.trim_matches(' ')), self.depth + 1))
                .collect();
            self.nodes.push(Node::Union(parts?));
            return Ok(());
        }
        if let Some(key) =
            body.strip_prefix('\'').and_then(|b| b.strip_suffix('\'')).filter(|k| !k.contains('\''))
        {
            self.nodes.extend(action(&format!(".{key}"), self.depth + 1)?);
            return Ok(());
        }
        self.nodes.push(slice(body).ok_or_else(|| format!("invalid array index {body}"))?);
        Ok(())
    }

    fn filter(&mut self) -> Result<(), String> {
        self.at += 3;
        let start = self.at;
        let mut quote: Option<char> = None;
        let mut closed = false;
        loop {
            let Some(c) = self.peek(0).filter(|c| *c != '\n') else {
                return Err("unterminated filter".into());
            };
            self.at += 1;
            match (c, quote) {
                ('"' | '\'', None) => quote = Some(c),
                ('"' | '\'', Some(open)) if open == c && self.chars[self.at - 2] != '\\' => closed = true,
                (')', _) if quote.is_some() == closed => break,
                _ => {}
            }
        }
        let body: String = self.chars[start..self.at - 1].iter().collect();
        if self.peek(0) != Some(']') {
            return Err("unclosed array expect ]".into());
        }
        self.at += 1;
        let is_operator = |c: char| matches!(c, '!' | '<' | '>' | '=');
        let node = match body.find(is_operator).filter(|at| *at > 0) {
            Some(at) => {
                let after = body[at..].find(|c| !is_operator(c)).map_or(body.len(), |n| at + n);
                if after == body.len() {
                    return Err(format!("unrecognized filter {body}"));
                }
                Node::Filter {
                    left: action(&body[..at], self.depth + 1)?,
                    operator: body[at..after].into(),
                    right: action(&body[after..], self.depth + 1)?,
                }
            }
            None => Node::Filter {
                left: action(&body, self.depth + 1)?,
                operator: "exists".into(),
                right: Vec::new(),
            },
        };
        self.nodes.push(node);
        Ok(())
    }
}

/// `^(-?\d*)(:-?\d*)?(:-?\d*)?$`
fn slice(body: &str) -> Option<Node> {
    let parts: Vec<&str> = body.split(':').collect();
    if parts.len() > 3 {
        return None;
    }
    let mut numbers = [None; 3];
    for (slot, part) in numbers.iter_mut().zip(&parts) {
        if !part.is_empty() {
            *slot = Some(part.parse::<i64>().ok().filter(|_| !part.starts_with('+'))?);
        }
    }
    let [from, mut to, step] = numbers;
    let derived = parts.len() == 1;
    if derived {
        to = Some(from.unwrap_or(0).saturating_add(1));
    }
    Some(Node::Array { from, to, step, derived })
}
