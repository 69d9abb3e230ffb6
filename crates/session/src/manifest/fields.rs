//! Hints about fields: the nearest known name, the place where a name belongs, a number that was written as text.
//!
//! They come from the same tables that the API server decodes with, so they know every built-in kind.

use api::KindInfo;
use api::meta::schema::{FieldInfo, Type, TypeInfo};

use super::near;

/// How deep below the place of a mistake a field is searched.
const DEPTH: usize = 4;

/// For `strict decoding error: unknown field "…"`: what was meant by the first of them.
pub fn unknown(stderr: &str) -> Option<String> {
    let path = stderr.split("unknown field \"").nth(1)?.split('"').next()?;
    let kind = stderr.split("cannot be handled as a ").nth(1)?.split(':').next()?;
    let version = stderr.split(" in version \"").nth(1)?.split('"').next()?;
    let is = |info: &&KindInfo| info.name.kind == kind && info.name.version == version;
    let root = api::KINDS.iter().find(is)?.info;
    let (parents, name) = path.rsplit_once('.').unwrap_or(("", path));
    let parent = descend(root, parents)?;
    let place = if parents.is_empty() { "the object".to_owned() } else { parents.to_owned() };
    if (kind, path) == ("Endpoints", "spec") {
        return Some(
            "an Endpoints has subsets with addresses and ports, and no spec; type and externalName belong to a Service"
                .to_owned(),
        );
    }
    if let Some(meant) = nearest(parent, name) {
        return Some(format!("{place} has no {name}; did you mean {meant}?"));
    }
    let mut way = Vec::new();
    if find(parent, name, DEPTH, &mut way) {
        let below = if parents.is_empty() { way.join(".") } else { format!("{parents}.{}", way.join(".")) };
        return Some(format!("{name} is no field of {place}; it belongs under {below}"));
    }
    Some(format!("{name} is no field of {place}; `kubectl explain` lists those that are"))
}

/// The field whose name is a misspelling of this one, or which this one's first word names.
fn nearest(parent: &TypeInfo, name: &str) -> Option<&'static str> {
    let distance = |field: &&FieldInfo| kubarium_kubectl::command::edit_distance(name, field.name);
    let word = |field: &&FieldInfo| {
        name.strip_prefix(field.name).is_some_and(|rest| rest.starts_with(char::is_uppercase))
    };
    let fields = parent.fields;
    let closest = fields.iter().min_by_key(distance).filter(|field| near(name, field.name));
    closest.or_else(|| fields.iter().find(word)).map(|field| field.name)
}

/// The type at a path such as `spec.rules[0].http`.
fn descend(root: &'static TypeInfo, path: &str) -> Option<&'static TypeInfo> {
    let mut at = root;
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let name = step.split('[').next().unwrap_or(step);
        let field = at.fields.iter().find(|field| field.name == name)?;
        at = message(&field.ty)?.0;
    }
    Some(at)
}

/// The struct that a field holds, and whether it holds a list of them.
fn message(ty: &Type) -> Option<(&'static TypeInfo, bool)> {
    match ty {
        Type::Message(info) => Some((info, false)),
        Type::List(Type::Message(info)) => Some((info, true)),
        _ => None,
    }
}

/// Finds the shallowest struct below that has the field, through the fields that manifests are made of.
fn find(at: &'static TypeInfo, name: &str, depth: usize, way: &mut Vec<String>) -> bool {
    const WAYS: [&str; 4] = ["spec", "template", "containers", "subsets"];
    for depth in 1..=depth {
        for field in at.fields.iter().filter(|field| WAYS.contains(&field.name)) {
            let Some((info, list)) = message(&field.ty) else { continue };
            way.push(if list { format!("{}[]", field.name) } else { field.name.to_owned() });
            if info.fields.iter().any(|field| field.name == name)
                || (depth > 1 && find(info, name, depth - 1, way))
            {
                return true;
            }
            way.pop();
        }
    }
    false
}

/// For `cannot unmarshal string … of type int32`: the number that the text begins with.
pub fn not_a_number(stderr: &str, text: &str) -> Option<String> {
    let rest = stderr.split("cannot unmarshal string into Go struct field ").nth(1)?;
    let (path, ty) = rest.split_once(" of type ")?;
    if !ty.starts_with("int") {
        return None;
    }
    let name = path.rsplit('.').next()?;
    let key = format!("{name}:");
    let value =
        text.lines().find_map(|line| line.trim().trim_start_matches("- ").strip_prefix(key.as_str()))?;
    let value = value.trim();
    let digits: String = value.trim_matches(['"', '\'']).chars().take_while(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return Some(format!("{name} is a number, and {value} is text"));
    }
    Some(format!("{name} is a number, and {value} is text: write {digits}"))
}
