//! The evaluator: every node maps a list of values to a list of values.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::Node;
use crate::Json;

type Values<'a> = Vec<Cow<'a, Json>>;

/// Evaluates a template; ranges repeat what stands between `{range}` and `{end}`.
pub(super) fn template<'a>(
    nodes: &'a [Node],
    data: &'a Json,
    allow_missing: bool,
) -> Result<Vec<Values<'a>>, String> {
    let mut out = Vec::new();
    let cx = Cx { allow_missing };
    let used = cx.block(nodes, &Cow::Borrowed(data), 0, Some(&mut out))?;
    debug_assert!(used <= nodes.len());
    Ok(out)
}

struct Cx {
    allow_missing: bool,
}

impl Cx {
    #[allow(clippy::ptr_arg)] // literals are owned, everything else is borrowed
    /// Evaluates nodes up to the `{end}` of this block (or the template's end); returns how many were used. Without
    /// `out` it only looks for the end.
    fn block<'a>(
        &self,
        nodes: &'a [Node],
        value: &Cow<'a, Json>,
        depth: usize,
        mut out: Option<&mut Vec<Values<'a>>>,
    ) -> Result<usize, String> {
        let mut i = 0;
        while i < nodes.len() {
            let node = &nodes[i];
            i += 1;
            let Node::Action(body) = node else {
                if let (Node::Text(text), Some(out)) = (node, out.as_deref_mut()) {
                    out.push(vec![Cow::Owned(Json::String(text.clone()))]);
                }
                continue;
            };
            match body.first() {
                Some(Node::Identifier(word)) if word == "end" => {
                    return if depth > 0 { Ok(i) } else { Err("not in range, nothing to end".into()) };
                }
                Some(Node::Identifier(word)) if word == "range" => {
                    let items = match out {
                        Some(_) => self.list(&body[1..], vec![value.clone()])?,
                        None => Vec::new(),
                    };
                    let mut used = None;
                    for item in &items {
                        used = Some(self.block(&nodes[i..], item, depth + 1, out.as_deref_mut())?);
                    }
                    i += match used {
                        Some(used) => used,
                        None => self.block(&nodes[i..], value, depth + 1, None)?,
                    };
                }
                _ => {
                    if let Some(out) = out.as_deref_mut() {
                        out.push(self.list(body, vec![value.clone()])?);
                    }
                }
            }
        }
        Ok(i)
    }

    fn list<'a>(&self, nodes: &'a [Node], input: Values<'a>) -> Result<Values<'a>, String> {
        let mut values = input;
        for node in nodes {
            values = self.node(node, values)?;
        }
        Ok(values)
    }

    fn node<'a>(&self, node: &'a Node, input: Values<'a>) -> Result<Values<'a>, String> {
        match node {
            Node::Text(text) => Ok(vec![Cow::Owned(Json::String(text.clone()))]),
            Node::Literal(value) => Ok(input.iter().map(|_| Cow::Borrowed(value)).collect()),
            Node::Identifier(word) => Err(format!("unrecognized identifier {word}")),
            Node::Field(name) => self.field(name, input),
            Node::Wildcard => Ok(input.into_iter().flat_map(children).collect()),
            Node::Recursive => {
                let mut out = Vec::new();
                recurse(input, &mut out);
                Ok(out)
            }
            Node::Array { from, to, step, derived } => slice(input, *from, *to, *step, *derived),
            Node::Union(lists) => {
                let mut out = Vec::new();
                for list in lists {
                    out.extend(self.list(list, input.clone())?);
                }
                Ok(out)
            }
            Node::Filter { left, operator, right } => self.filter(left, operator, right, input),
            Node::Action(body) => self.list(body, input),
        }
    }

    fn field<'a>(&self, name: &str, input: Values<'a>) -> Result<Values<'a>, String> {
        let mut out = Vec::new();
        for value in input {
            match value {
                Cow::Borrowed(Json::Object(map)) => out.extend(map.get(name).map(Cow::Borrowed)),
                Cow::Owned(Json::Object(mut map)) => out.extend(map.shift_remove(name).map(Cow::Owned)),
                _ => {}
            }
        }
        if out.is_empty() && !self.allow_missing {
            return Err(format!("{name} is not found"));
        }
        Ok(out)
    }

    fn filter<'a>(
        &self,
        left: &'a [Node],
        operator: &str,
        right: &'a [Node],
        input: Values<'a>,
    ) -> Result<Values<'a>, String> {
        let mut out = Vec::new();
        for value in input {
            if !value.is_array() {
                return Err(format!("{} is not array or slice and cannot be filtered", super::text(&value)));
            }
            for item in children(value) {
                let lefts = self.list(left, vec![item.clone()]);
                if operator == "exists" {
                    if lefts.is_ok_and(|l| !l.is_empty()) {
                        out.push(item);
                    }
                    continue;
                }
                let lefts = lefts?;
                let rights = self.list(right, vec![item.clone()])?;
                if lefts.len() > 1 || rights.len() > 1 {
                    return Err("can only compare one element at a time".into());
                }
                let (Some(l), Some(r)) = (lefts.first(), rights.first()) else { continue };
                if compare(l, operator, r)? {
                    out.push(item);
                }
            }
        }
        Ok(out)
    }
}

fn children(value: Cow<'_, Json>) -> Vec<Cow<'_, Json>> {
    match value {
        Cow::Borrowed(Json::Array(items)) => items.iter().map(Cow::Borrowed).collect(),
        Cow::Borrowed(Json::Object(map)) => map.values().map(Cow::Borrowed).collect(),
        Cow::Owned(Json::Array(items)) => items.into_iter().map(Cow::Owned).collect(),
        Cow::Owned(Json::Object(map)) => map.into_iter().map(|(_, v)| Cow::Owned(v)).collect(),
        _ => Vec::new(),
    }
}

fn recurse<'a>(input: Values<'a>, out: &mut Values<'a>) {
    for value in input {
        let below = children(value.clone());
        if !below.is_empty() {
            out.push(value);
            recurse(below, out);
        }
    }
}

fn slice(
    input: Values<'_>,
    from: Option<i64>,
    to: Option<i64>,
    step: Option<i64>,
    derived: bool,
) -> Result<Values<'_>, String> {
    let mut out = Vec::new();
    for value in input {
        if value.is_null() {
            continue;
        }
        let Some(items) = value.as_array() else {
            return Err(format!("{} is not array or slice", type_name(&value)));
        };
        let length = items.len() as i64;
        let mut from = from.unwrap_or(0);
        if from < 0 {
            from += length;
        }
        let mut to = to.unwrap_or(length);
        if to < 0 || (to == 0 && derived) {
            to += length;
        }
        if from == to {
            continue;
        }
        let bounds = |index: i64| Err(format!("array index out of bounds: index {index}, length {length}"));
        if from >= length || from < 0 {
            return bounds(from);
        }
        if to > length || to < 0 {
            return bounds(to - 1);
        }
        if from > to {
            return Err(format!("starting index {from} is greater than ending index {to}"));
        }
        let step = step.unwrap_or(1);
        if step <= 0 {
            return Err("step must be > 0".into());
        }
        let chosen = children(value);
        out.extend(chosen.into_iter().take(to as usize).skip(from as usize).step_by(step as usize));
    }
    Ok(out)
}

fn type_name(value: &Json) -> &'static str {
    match value {
        Json::String(_) => "string",
        Json::Bool(_) => "bool",
        Json::Number(n) if n.is_f64() => "float64",
        Json::Number(_) => "int64",
        Json::Object(_) => "map[string]interface {}",
        _ => "interface {}",
    }
}

fn compare(left: &Json, operator: &str, right: &Json) -> Result<bool, String> {
    let order = match (left, right) {
        (Json::String(l), Json::String(r)) => l.cmp(r),
        (Json::Bool(l), Json::Bool(r)) if matches!(operator, "==" | "!=") => l.cmp(r),
        (Json::Number(l), Json::Number(r)) if l.is_f64() == r.is_f64() => match (l.as_i64(), r.as_i64()) {
            (Some(l), Some(r)) => l.cmp(&r),
            _ => l.as_f64().partial_cmp(&r.as_f64()).unwrap_or(Ordering::Equal),
        },
        _ => return Err("incompatible types for comparison".into()),
    };
    Ok(match operator {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        ">" => order.is_gt(),
        "<=" => order.is_le(),
        ">=" => order.is_ge(),
        other => return Err(format!("unrecognized filter operator {other}")),
    })
}
