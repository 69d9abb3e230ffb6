//! Values of jq: JSON with jq's order, arithmetic and words. Arrays and objects are shared until they are changed.

use std::cmp::Ordering;
use std::rc::Rc;

use collections::StableSort;
use indexmap::IndexMap;

use super::json;

/// How deep values may be nested; deeper ones are refused, so that no walk over a value can exhaust the stack.
pub const MAX_DEPTH: u16 = 1_000;

/// A JSON value.
#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Bool(bool),
    /// With the digits it was written with, where a double would change them.
    Num(f64, Option<Rc<str>>),
    Str(Rc<str>),
    Arr(Rc<Arr>),
    Obj(Rc<Obj>),
}

/// An array and how deep it goes.
#[derive(Clone, Debug, Default)]
pub struct Arr {
    pub items: Vec<Value>,
    depth: u16,
}

/// An object, in the order in which its keys came, and how deep it goes.
#[derive(Clone, Debug, Default)]
pub struct Obj {
    pub map: IndexMap<Rc<str>, Value>,
    depth: u16,
}

impl Value {
    pub fn num(n: f64) -> Value {
        Value::Num(n, None)
    }

    pub fn str(text: impl AsRef<str>) -> Value {
        Value::Str(Rc::from(text.as_ref()))
    }

    pub fn array(items: Vec<Value>) -> Value {
        let depth = 1 + items.iter().map(Value::depth).max().unwrap_or(0);
        Value::Arr(Rc::new(Arr { items, depth }))
    }

    pub fn object(map: IndexMap<Rc<str>, Value>) -> Value {
        let depth = 1 + map.values().map(Value::depth).max().unwrap_or(0);
        Value::Obj(Rc::new(Obj { map, depth }))
    }

    /// An object of a few known keys.
    pub fn record<const N: usize>(fields: [(&str, Value); N]) -> Value {
        Value::object(fields.into_iter().map(|(k, v)| (Rc::from(k), v)).collect())
    }

    pub fn depth(&self) -> u16 {
        match self {
            Value::Arr(a) => a.depth,
            Value::Obj(o) => o.depth,
            _ => 0,
        }
    }

    /// About how many bytes the value itself holds, not counting what it shares.
    pub fn weight(&self) -> usize {
        match self {
            Value::Str(s) => s.len(),
            Value::Arr(a) => a.items.len() * 32,
            Value::Obj(o) => o.map.len() * 80,
            _ => 8,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Num(..) => "number",
            Value::Str(_) => "string",
            Value::Arr(_) => "array",
            Value::Obj(_) => "object",
        }
    }

    pub fn truthy(&self) -> bool {
        !matches!(self, Value::Null | Value::Bool(false))
    }

    pub fn as_num(&self) -> Option<f64> {
        match self {
            Value::Num(n, _) => Some(*n),
            _ => None,
        }
    }

    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Value::Arr(a) => Some(&a.items),
            _ => None,
        }
    }

    /// As `tostring` does: strings as they are.
    pub fn text(&self) -> Rc<str> {
        match self {
            Value::Str(s) => s.clone(),
            other => Rc::from(json::compact(other)),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Value::Null => 0,
            Value::Bool(false) => 1,
            Value::Bool(true) => 2,
            Value::Num(..) => 3,
            Value::Str(_) => 4,
            Value::Arr(_) => 5,
            Value::Obj(_) => 6,
        }
    }

    /// jq's order over all values; nan is less than any number.
    pub fn order(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Num(a, _), Value::Num(b, _)) => {
                if a.is_nan() {
                    Ordering::Less
                } else if b.is_nan() {
                    Ordering::Greater
                } else {
                    a.partial_cmp(b).unwrap_or(Ordering::Equal)
                }
            }
            (Value::Str(a), Value::Str(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Value::Arr(a), Value::Arr(b)) => {
                for (x, y) in a.items.iter().zip(&b.items) {
                    let order = x.order(y);
                    if order != Ordering::Equal {
                        return order;
                    }
                }
                a.items.len().cmp(&b.items.len())
            }
            (Value::Obj(a), Value::Obj(b)) => {
                let (ka, kb) = (sorted_keys(a), sorted_keys(b));
                let order = ka.cmp(&kb);
                if order != Ordering::Equal {
                    return order;
                }
                for key in ka {
                    let order = a.map[&key].order(&b.map[&key]);
                    if order != Ordering::Equal {
                        return order;
                    }
                }
                Ordering::Equal
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }

    pub fn equals(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Num(a, _), Value::Num(b, _)) => a == b,
            (Value::Obj(a), Value::Obj(b)) => {
                a.map.len() == b.map.len()
                    && a.map.iter().all(|(k, v)| b.map.get(k).is_some_and(|w| v.equals(w)))
            }
            (Value::Arr(a), Value::Arr(b)) => {
                a.items.len() == b.items.len() && a.items.iter().zip(&b.items).all(|(x, y)| x.equals(y))
            }
            _ => self.order(other) == Ordering::Equal,
        }
    }
}

/// The keys of an object in order.
pub fn sorted_keys(object: &Obj) -> Vec<Rc<str>> {
    let mut keys: Vec<Rc<str>> = object.map.keys().cloned().collect();
    keys.stable_sort();
    keys
}

/// The beginning of a value's text, as jq's messages show it.
pub fn excerpt(value: &Value) -> String {
    let text = json::compact(value);
    if text.len() <= 14 {
        return text;
    }
    let mut end = 11;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}...", &text[..end])
}

/// `number (1) and string ("a") cannot be added`
pub fn type_error2(a: &Value, b: &Value, what: &str) -> Value {
    Value::str(format!("{} ({}) and {} ({}) {what}", a.kind(), excerpt(a), b.kind(), excerpt(b)))
}

/// `string ("x") has no keys`
pub fn type_error(value: &Value, what: &str) -> Value {
    Value::str(format!("{} ({}) {what}", value.kind(), excerpt(value)))
}

/// The result of an operation: a value, or the value of an error.
pub type Outcome = Result<Value, Value>;

fn fail<T>(text: impl AsRef<str>) -> Result<T, Value> {
    Err(Value::str(text))
}

/// `value[key]`
pub fn index(value: &Value, key: &Value) -> Outcome {
    match (value, key) {
        (Value::Obj(o), Value::Str(k)) => Ok(o.map.get(k).cloned().unwrap_or(Value::Null)),
        (Value::Arr(a), Value::Num(n, _)) => {
            if n.is_nan() {
                return Ok(Value::Null);
            }
            let at = n.floor();
            let at = if at < 0.0 { at + a.items.len() as f64 } else { at };
            Ok(if at < 0.0 { None } else { a.items.get(at as usize).cloned() }.unwrap_or(Value::Null))
        }
        (Value::Arr(_) | Value::Str(_), Value::Obj(slice)) => {
            let (from, to) = (slice.map.get("start"), slice.map.get("end"));
            self::slice(value, from.unwrap_or(&Value::Null), to.unwrap_or(&Value::Null))
        }
        (Value::Arr(a), Value::Arr(b)) => Ok(Value::array(indices(&a.items, &b.items))),
        (Value::Null, Value::Str(_) | Value::Num(..) | Value::Obj(_)) => Ok(Value::Null),
        (_, Value::Str(k)) if k.len() < 30 => {
            fail(format!("Cannot index {} with string \"{k}\"", value.kind()))
        }
        _ => fail(format!("Cannot index {} with {}", value.kind(), key.kind())),
    }
}

/// Where `part` stands in `items`.
pub fn indices(items: &[Value], part: &[Value]) -> Vec<Value> {
    if part.is_empty() {
        return Vec::new();
    }
    let starts = |at: &usize| items[*at..].iter().zip(part).all(|(a, b)| a.equals(b));
    (0..(items.len() + 1).saturating_sub(part.len())).filter(starts).map(|at| Value::num(at as f64)).collect()
}

/// Where a slice of something of that length begins and ends.
fn bounds(len: usize, from: &Value, to: &Value, what: &str) -> Result<(usize, usize), Value> {
    let place = |v: &Value, default: f64| match v {
        Value::Null => Ok(default),
        Value::Num(n, _) => Ok(if *n < 0.0 { (n + len as f64).max(0.0) } else { n.min(len as f64) }),
        _ => fail(format!("Start and end indices of {what} slice must be numbers")),
    };
    let from = place(from, 0.0)?.floor() as usize;
    let to = place(to, len as f64)?.ceil() as usize;
    Ok((from, to.max(from)))
}

/// `value[from:to]`
pub fn slice(value: &Value, from: &Value, to: &Value) -> Outcome {
    match value {
        Value::Null => Ok(Value::Null),
        Value::Arr(a) => {
            let (from, to) = bounds(a.items.len(), from, to, "an array")?;
            Ok(Value::array(a.items[from..to].to_vec()))
        }
        Value::Str(s) => {
            let (from, to) = bounds(s.chars().count(), from, to, "a string")?;
            Ok(Value::str(s.chars().skip(from).take(to - from).collect::<String>()))
        }
        _ => fail(format!("Cannot index {} with object", value.kind())),
    }
}

/// The largest array that an index may make.
const MAX_INDEX: f64 = 5_000_000.0;

/// The value with `new` under `key`.
pub fn set(value: Value, key: &Value, new: Value) -> Outcome {
    let depth = new.depth().saturating_add(1);
    if depth > MAX_DEPTH {
        return fail("Exceeds depth limit for values");
    }
    match (value, key) {
        (Value::Null, Value::Str(k)) => Ok(Value::object(IndexMap::from([(k.clone(), new)]))),
        (Value::Obj(mut o), Value::Str(k)) => {
            let object = Rc::make_mut(&mut o);
            object.map.insert(k.clone(), new);
            object.depth = object.depth.max(depth);
            Ok(Value::Obj(o))
        }
        (value @ (Value::Arr(_) | Value::Null), Value::Num(n, _)) => {
            let mut a = match value {
                Value::Arr(a) => a,
                _ => Rc::new(Arr { items: Vec::new(), depth: 1 }),
            };
            let array = Rc::make_mut(&mut a);
            let at = n.floor();
            let at = if at < 0.0 { at + array.items.len() as f64 } else { at };
            if at < 0.0 {
                return fail("Out of bounds negative array index");
            }
            if at > MAX_INDEX {
                return fail("Array index too large");
            }
            let at = at as usize;
            if at >= array.items.len() {
                array.items.resize(at + 1, Value::Null);
            }
            array.items[at] = new;
            array.depth = array.depth.max(depth);
            Ok(Value::Arr(a))
        }
        (value @ (Value::Arr(_) | Value::Null), Value::Obj(slice)) => {
            let items = value.items().unwrap_or_default();
            let bound = |key: &str| slice.map.get(key).cloned().unwrap_or(Value::Null);
            let (from, to) = bounds(items.len(), &bound("start"), &bound("end"), "an array")?;
            let Some(put) = new.items() else {
                return fail("A slice of an array can only be assigned another array");
            };
            Ok(Value::array([&items[..from], put, &items[to..]].concat()))
        }
        (value, key) => match (&value, key) {
            (Value::Obj(_), _) | (_, Value::Str(_)) => index(&value, key).map(|_| Value::Null),
            _ => fail(format!("Cannot update field at {} index of {}", key.kind(), value.kind())),
        },
    }
}

/// The value at a path.
pub fn get_path(value: &Value, path: &[Value]) -> Outcome {
    path.iter().try_fold(value.clone(), |at, key| index(&at, key))
}

/// The value with `new` at a path.
pub fn set_path(value: Value, path: &[Value], new: Value) -> Outcome {
    let Some((key, rest)) = path.split_first() else { return Ok(new) };
    if path.len() > usize::from(MAX_DEPTH) {
        return fail("Exceeds depth limit for values");
    }
    let inner = index(&value, key)?;
    if rest.is_empty() {
        return set(value, key, new);
    }
    // The child is taken out first, so that it is not copied for being shared with its own parent.
    let value = match key {
        Value::Obj(_) => value,
        _ => set(value, key, Value::Null)?,
    };
    set(value, key, set_path(inner, rest, new)?)
}

/// The value without what lies at the paths.
pub fn delete_paths(value: Value, paths: &Value) -> Outcome {
    let Some(paths) = paths.items() else { return fail("Paths must be specified as an array") };
    let mut paths = paths.to_vec();
    paths.stable_sort_by(Value::order);
    // From the last, so that indices of those before stay true.
    paths.iter().rev().try_fold(value, |value, path| match path.items() {
        Some(path) => delete_path(value, path),
        None => fail(format!("Path must be specified as array, not {}", path.kind())),
    })
}

fn delete_path(value: Value, path: &[Value]) -> Outcome {
    match path {
        [] => Ok(Value::Null),
        [key] => delete(value, key),
        [key, rest @ ..] => match index(&value, key)? {
            Value::Null => Ok(value),
            inner => set(value, key, delete_path(inner, rest)?),
        },
    }
}

fn delete(value: Value, key: &Value) -> Outcome {
    match (value, key) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::Obj(mut o), Value::Str(k)) => {
            Rc::make_mut(&mut o).map.shift_remove(k);
            Ok(Value::Obj(o))
        }
        (Value::Obj(_), key) => fail(format!("Cannot delete {} field of object", key.kind())),
        (Value::Arr(mut a), Value::Num(n, _)) => {
            let at = if *n < 0.0 { n.floor() + a.items.len() as f64 } else { n.floor() };
            if at >= 0.0 && (at as usize) < a.items.len() {
                Rc::make_mut(&mut a).items.remove(at as usize);
            }
            Ok(Value::Arr(a))
        }
        (value @ Value::Arr(_), Value::Obj(_)) => set(value, key, Value::array(Vec::new())),
        (Value::Arr(_), key) => fail(format!("Cannot delete {} element of array", key.kind())),
        (value, _) => fail(format!("Cannot delete fields from {}", value.kind())),
    }
}

/// Whether `value` has the key or index.
pub fn has(value: &Value, key: &Value) -> Outcome {
    match (value, key) {
        (Value::Obj(o), Value::Str(k)) => Ok(Value::Bool(o.map.contains_key(k))),
        (Value::Arr(a), Value::Num(n, _)) => Ok(Value::Bool(*n >= 0.0 && *n < a.items.len() as f64)),
        _ => fail(format!("Cannot check whether {} has a {} key", value.kind(), key.kind())),
    }
}

/// Whether `a` contains `b`, in jq's sense.
pub fn contains(a: &Value, b: &Value) -> Outcome {
    let inside = |a: &Value, b: &Value| match (a, b) {
        (Value::Obj(_), Value::Obj(_)) | (Value::Arr(_), Value::Arr(_)) | (Value::Str(_), Value::Str(_)) => {
            matches!(contains(a, b), Ok(Value::Bool(true)))
        }
        _ => a.equals(b),
    };
    let found = match (a, b) {
        (Value::Obj(a), Value::Obj(b)) => {
            b.map.iter().all(|(k, v)| a.map.get(k).is_some_and(|own| inside(own, v)))
        }
        (Value::Arr(a), Value::Arr(b)) => b.items.iter().all(|v| a.items.iter().any(|own| inside(own, v))),
        (Value::Str(a), Value::Str(b)) => a.contains(&**b),
        _ if a.rank() == b.rank() => a.equals(b),
        _ => return Err(type_error2(a, b, "cannot have their containment checked")),
    };
    Ok(Value::Bool(found))
}
