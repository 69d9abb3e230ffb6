//! jq's functions that only look at values: one line each in the table.

use collections::StableSort;

use super::arith;
use super::ast::Native;
use super::dates;
use super::formats;
use super::json;
use super::maths;
use super::regex;
use super::value::{self, Outcome, Value, sorted_keys, type_error};
use crate::text::math;

type Function = fn(&Value, &[Value]) -> Outcome;

const TABLE: &[(&str, usize, Function)] = &[
    ("not", 0, |v, _| Ok(Value::Bool(!v.truthy()))),
    ("null", 0, |_, _| Ok(Value::Null)),
    ("true", 0, |_, _| Ok(Value::Bool(true))),
    ("false", 0, |_, _| Ok(Value::Bool(false))),
    ("type", 0, |v, _| Ok(Value::str(v.kind()))),
    ("length", 0, |v, _| length(v)),
    ("utf8bytelength", 0, |v, _| match v {
        Value::Str(s) => Ok(Value::num(s.len() as f64)),
        _ => Err(type_error(v, "only strings have UTF-8 byte length")),
    }),
    ("keys", 0, |v, _| keys(v, true)),
    ("keys_unsorted", 0, |v, _| keys(v, false)),
    ("has", 1, |v, a| value::has(v, &a[0])),
    ("contains", 1, |v, a| value::contains(v, &a[0])),
    ("tostring", 0, |v, _| Ok(Value::Str(v.text()))),
    ("tojson", 0, |v, _| Ok(Value::str(json::compact(v)))),
    ("fromjson", 0, |v, _| from_json(v)),
    ("tonumber", 0, |v, _| to_number(v)),
    ("ascii_downcase", 0, |v, _| text(v, "ascii_downcase", |s| s.to_ascii_lowercase())),
    ("ascii_upcase", 0, |v, _| text(v, "ascii_upcase", |s| s.to_ascii_uppercase())),
    ("explode", 0, |v, _| explode(v)),
    ("implode", 0, |v, _| implode(v)),
    ("startswith", 1, |v, a| affix(v, &a[0], "startswith", |s, t| s.starts_with(t))),
    ("endswith", 1, |v, a| affix(v, &a[0], "endswith", |s, t| s.ends_with(t))),
    ("ltrimstr", 1, |v, a| Ok(strip(v, &a[0], |s, t| s.strip_prefix(t)))),
    ("rtrimstr", 1, |v, a| Ok(strip(v, &a[0], |s, t| s.strip_suffix(t)))),
    ("trim", 0, |v, _| trim(v, str::trim)),
    ("ltrim", 0, |v, _| trim(v, str::trim_start)),
    ("rtrim", 0, |v, _| trim(v, str::trim_end)),
    ("split", 1, |v, a| match (v, &a[0]) {
        (Value::Str(s), Value::Str(t)) => Ok(arith::split(s, t)),
        _ => Err(Value::str("split input and separator must be strings")),
    }),
    ("indices", 1, |v, a| indices(v, &a[0])),
    ("setpath", 2, |v, a| match a[0].items() {
        Some(path) => value::set_path(v.clone(), path, a[1].clone()),
        None => Err(Value::str("Path must be specified as an array")),
    }),
    ("_to_yaml", 0, |v, _| Ok(Value::str(crate::bin::yq::to_yaml(v)))),
    ("_to_json", 0, |v, _| Ok(Value::str(crate::bin::yq::to_json(v)))),
    ("_table", 1, |v, a| crate::bin::yq::to_table(v, &a[0].text()).map(Value::str).map_err(Value::str)),
    ("_upcase", 0, |v, _| text(v, "ascii_upcase", |s| s.to_uppercase())),
    ("_downcase", 0, |v, _| text(v, "ascii_downcase", |s| s.to_lowercase())),
    ("_from_yaml", 0, |v, _| crate::bin::yq::from_yaml(&v.text()).map_err(Value::str)),
    ("_in_place", 1, |_, a| Ok(a[0].clone())),
    ("_glob", 2, |_, a| Ok(Value::Bool(wild(&a[0].text(), &a[1].text())))),
    ("delpaths", 1, |v, a| value::delete_paths(v.clone(), &a[0])),
    ("sort", 0, |v, _| {
        let mut items = list(v, "cannot be sorted, as it is not an array")?;
        items.stable_sort_by(Value::order);
        Ok(Value::array(items))
    }),
    ("unique", 0, |v, _| {
        let mut items = list(v, "cannot be sorted, as it is not an array")?;
        items.stable_sort_by(Value::order);
        items.dedup_by(|a, b| a.equals(b));
        Ok(Value::array(items))
    }),
    ("reverse", 0, |v, _| match v {
        Value::Null => Ok(Value::array(Vec::new())),
        Value::Str(s) => Ok(Value::str(s.chars().rev().collect::<String>())),
        Value::Arr(a) => Ok(Value::array(a.items.iter().rev().cloned().collect())),
        _ => Err(Value::str(format!("Cannot reverse {}", v.kind()))),
    }),
    ("min", 0, |v, _| extreme(v, v, false)),
    ("max", 0, |v, _| extreme(v, v, true)),
    ("_min_by", 1, |v, a| extreme(v, &a[0], false)),
    ("_max_by", 1, |v, a| extreme(v, &a[0], true)),
    ("_sort_by", 1, |v, a| Ok(Value::array(pairs(v, &a[0])?.into_iter().map(|(_, item)| item).collect()))),
    ("_group_by", 1, |v, a| group(v, &a[0])),
    ("flatten", 1, |v, a| flatten(v, &a[0])),
    ("_match", 3, |v, a| regex::find(v, &a[0], &a[1], a[2].truthy())),
    ("format", 1, |v, a| match &a[0] {
        Value::Str(name) => formats::apply(name, v),
        other => Err(type_error(other, "is not a valid format")),
    }),
    ("mktime", 0, |v, _| dates::mktime(v)),
    ("gmtime", 0, |v, _| dates::gmtime(v)),
    ("strftime", 1, |v, a| dates::strftime(v, &a[0])),
    ("strptime", 1, |v, a| dates::strptime(v, &a[0])),
    ("infinite", 0, |_, _| Ok(Value::num(f64::INFINITY))),
    ("nan", 0, |_, _| Ok(Value::num(f64::NAN))),
    ("isinfinite", 0, |v, _| Ok(Value::Bool(real(v)?.is_infinite()))),
    ("isnan", 0, |v, _| Ok(Value::Bool(real(v)?.is_nan()))),
    ("isnormal", 0, |v, _| Ok(Value::Bool(real(v)?.is_normal()))),
    ("isfinite", 0, |v, _| Ok(Value::Bool(v.as_num().is_some_and(|n| !n.is_infinite())))),
    ("isvalid", 0, |_, _| Ok(Value::Bool(true))),
    ("floor", 0, |v, _| math1(v, f64::floor)),
    ("ceil", 0, |v, _| math1(v, f64::ceil)),
    ("round", 0, |v, _| math1(v, f64::round)),
    ("trunc", 0, |v, _| math1(v, f64::trunc)),
    ("rint", 0, |v, _| math1(v, f64::round_ties_even)),
    ("nearbyint", 0, |v, _| math1(v, f64::round_ties_even)),
    ("fabs", 0, |v, _| math1(v, f64::abs)),
    ("sqrt", 0, |v, _| math1(v, f64::sqrt)),
    ("cbrt", 0, |v, _| {
        math1(v, |x| if x < 0.0 { -math::pow(-x, 1.0 / 3.0) } else { math::pow(x, 1.0 / 3.0) })
    }),
    ("exp", 0, |v, _| math1(v, math::exp)),
    ("exp2", 0, |v, _| math1(v, |x| math::pow(2.0, x))),
    ("exp10", 0, |v, _| math1(v, |x| math::pow(10.0, x))),
    ("log", 0, |v, _| math1(v, math::ln)),
    ("log2", 0, |v, _| {
        math1(v, |x| power_of(x, 2.0).unwrap_or_else(|| math::ln(x) / std::f64::consts::LN_2))
    }),
    ("log10", 0, |v, _| {
        math1(v, |x| power_of(x, 10.0).unwrap_or_else(|| math::ln(x) / std::f64::consts::LN_10))
    }),
    ("sin", 0, |v, _| math1(v, math::sin)),
    ("cos", 0, |v, _| math1(v, math::cos)),
    ("tan", 0, |v, _| math1(v, |x| math::sin(x) / math::cos(x))),
    ("atan", 0, |v, _| math1(v, |x| math::atan2(x, 1.0))),
    ("asin", 0, |v, _| math1(v, |x| math::atan2(x, ((1.0 - x) * (1.0 + x)).sqrt()))),
    ("acos", 0, |v, _| math1(v, |x| math::atan2(((1.0 - x) * (1.0 + x)).sqrt(), x))),
    ("sinh", 0, |v, _| math1(v, maths::sinh)),
    ("cosh", 0, |v, _| math1(v, maths::cosh)),
    ("tanh", 0, |v, _| math1(v, maths::tanh)),
    ("asinh", 0, |v, _| math1(v, maths::asinh)),
    ("acosh", 0, |v, _| math1(v, maths::acosh)),
    ("atanh", 0, |v, _| math1(v, maths::atanh)),
    ("log1p", 0, |v, _| math1(v, maths::log1p)),
    ("expm1", 0, |v, _| math1(v, maths::expm1)),
    ("logb", 0, |v, _| math1(v, maths::logb)),
    ("significand", 0, |v, _| math1(v, maths::significand)),
    ("frexp", 0, |v, _| Ok(maths::frexp_pair(real(v)?))),
    ("modf", 0, |v, _| Ok(maths::modf_pair(real(v)?))),
    ("pow", 2, |_, a| math2(a, math::pow)),
    ("hypot", 2, |_, a| math2(a, maths::hypot)),
    ("drem", 2, |_, a| math2(a, maths::drem)),
    ("copysign", 2, |_, a| math2(a, f64::copysign)),
    ("scalb", 2, |_, a| math2(a, maths::scalb)),
    ("scalbln", 2, |_, a| math2(a, maths::scalb)),
    ("fma", 3, |_, a| Ok(Value::num(real(&a[0])?.mul_add(real(&a[1])?, real(&a[2])?)))),
    ("atan2", 2, |_, a| math2(a, math::atan2)),
    ("fmod", 2, |_, a| math2(a, |x, y| x % y)),
    ("fmin", 2, |_, a| math2(a, f64::min)),
    ("fmax", 2, |_, a| math2(a, f64::max)),
    ("ldexp", 2, |_, a| math2(a, maths::scalb)),
    ("builtins", 0, |_, _| {
        let name = |(name, arity, _): &(&str, usize, Function)| Value::str(format!("{name}/{arity}"));
        Ok(Value::array(TABLE.iter().filter(|(name, ..)| !name.starts_with('_')).map(name).collect()))
    }),
    ("get_search_list", 0, |_, _| Ok(Value::array(Vec::new()))),
];

/// The function's place in the table.
pub fn find(name: &str, arity: usize) -> Option<usize> {
    TABLE.iter().position(|(known, args, _)| *known == name && *args == arity)
}

pub fn known(name: &str, arity: usize) -> bool {
    find(name, arity).is_some()
}

pub fn call(native: Native, input: &Value, args: &[Value]) -> Outcome {
    match TABLE.get(native.0) {
        Some((_, arity, function)) if *arity == args.len() => function(input, args),
        _ => Err(Value::str("unknown function")),
    }
}

/// Whether a text fits a pattern in which `*` stands for any text and `?` for one byte, as yq compares.
fn wild(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let (mut t, mut p) = (0, 0);
    let mut again: Option<(usize, usize)> = None;
    while p < pattern.len() || t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                again = Some((p, t + 1));
                p += 1;
                continue;
            }
            Some(c) if t < text.len() && (*c == b'?' || *c == text[t]) => {
                p += 1;
                t += 1;
                continue;
            }
            _ => {}
        }
        match again {
            Some((back, next)) if next <= text.len() => (p, t) = (back, next),
            _ => return false,
        }
    }
    true
}

/// Whether what a function gives is a new state of its input, at the same place.
pub fn changes_in_place(native: Native) -> bool {
    TABLE.get(native.0).is_some_and(|(name, ..)| matches!(*name, "delpaths" | "_in_place"))
}

fn length(v: &Value) -> Outcome {
    Ok(Value::num(match v {
        Value::Null => 0.0,
        Value::Bool(_) => return Err(type_error(v, "has no length")),
        Value::Num(n, _) => n.abs(),
        Value::Str(s) => s.chars().count() as f64,
        Value::Arr(a) => a.items.len() as f64,
        Value::Obj(o) => o.map.len() as f64,
    }))
}

fn keys(v: &Value, sorted: bool) -> Outcome {
    Ok(Value::array(match v {
        Value::Obj(o) if sorted => sorted_keys(o).into_iter().map(Value::Str).collect(),
        Value::Obj(o) => o.map.keys().cloned().map(Value::Str).collect(),
        Value::Arr(a) => (0..a.items.len()).map(|n| Value::num(n as f64)).collect(),
        _ => return Err(type_error(v, "has no keys")),
    }))
}

fn from_json(v: &Value) -> Outcome {
    let Value::Str(s) = v else { return Err(type_error(v, "only strings can be parsed")) };
    if s.trim().is_empty() {
        return Ok(Value::Null);
    }
    json::parse(s.as_bytes()).map_err(|why| Value::str(format!("{why} (while parsing '{s}')")))
}

fn to_number(v: &Value) -> Outcome {
    match v {
        Value::Num(..) => Ok(v.clone()),
        Value::Str(s) => json::number(s).ok_or_else(|| type_error(v, "cannot be parsed as a number")),
        _ => Err(type_error(v, "cannot be parsed as a number")),
    }
}

fn text(v: &Value, name: &str, change: impl Fn(&str) -> String) -> Outcome {
    match v {
        Value::Str(s) => Ok(Value::str(change(s))),
        _ => Err(Value::str(format!("{name} input must be a string"))),
    }
}

fn trim(v: &Value, change: fn(&str) -> &str) -> Outcome {
    match v {
        Value::Str(s) => Ok(Value::str(change(s))),
        _ => Err(type_error(v, "trim input must be a string")),
    }
}

fn explode(v: &Value) -> Outcome {
    match v {
        Value::Str(s) => Ok(Value::array(s.chars().map(|c| Value::num(f64::from(c as u32))).collect())),
        _ => Err(type_error(v, "cannot be exploded")),
    }
}

fn implode(v: &Value) -> Outcome {
    let Some(items) = v.items() else {
        return Err(type_error(v, "cannot be imploded, must be an array of codepoints"));
    };
    let code = |item: &Value| item.as_num().map(|n| char::from_u32(n as u32).unwrap_or('\u{FFFD}'));
    match items.iter().map(code).collect::<Option<String>>() {
        Some(text) => Ok(Value::str(text)),
        None => Err(Value::str("Unicode codepoint must be numeric")),
    }
}

fn affix(v: &Value, part: &Value, name: &str, test: fn(&str, &str) -> bool) -> Outcome {
    match (v, part) {
        (Value::Str(s), Value::Str(t)) => Ok(Value::Bool(test(s, t))),
        _ => Err(Value::str(format!("{name}() requires string inputs"))),
    }
}

fn strip(v: &Value, part: &Value, cut: for<'a> fn(&'a str, &str) -> Option<&'a str>) -> Value {
    match (v, part) {
        (Value::Str(s), Value::Str(t)) => cut(s, t).map_or_else(|| v.clone(), Value::str),
        _ => v.clone(),
    }
}

fn indices(v: &Value, part: &Value) -> Outcome {
    match (v, part) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::Str(s), Value::Str(t)) => {
            if t.is_empty() {
                return Ok(Value::Null);
            }
            let mut found = Vec::new();
            for (count, (at, _)) in s.char_indices().enumerate() {
                if s[at..].starts_with(&**t) {
                    found.push(Value::num(count as f64));
                }
            }
            Ok(Value::array(found))
        }
        (Value::Arr(a), Value::Arr(b)) => Ok(Value::array(value::indices(&a.items, &b.items))),
        (Value::Arr(a), other) => Ok(Value::array(value::indices(&a.items, std::slice::from_ref(other)))),
        _ => value::index(v, part),
    }
}

fn list(v: &Value, words: &str) -> Result<Vec<Value>, Value> {
    v.items().map(<[Value]>::to_vec).ok_or_else(|| type_error(v, words))
}

/// Items with their keys, in the order of the keys.
fn pairs(v: &Value, keys: &Value) -> Result<Vec<(Value, Value)>, Value> {
    let items = list(v, "cannot be sorted, as it is not an array")?;
    let keys = list(keys, "cannot be sorted, as it is not an array")?;
    let mut pairs: Vec<(Value, Value)> = keys.into_iter().zip(items).collect();
    pairs.stable_sort_by(|a, b| a.0.order(&b.0));
    Ok(pairs)
}

fn group(v: &Value, keys: &Value) -> Outcome {
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for (key, item) in pairs(v, keys)? {
        match groups.last_mut() {
            Some((known, items)) if known.equals(&key) => items.push(item),
            _ => groups.push((key, vec![item])),
        }
    }
    Ok(Value::array(groups.into_iter().map(|(_, items)| Value::array(items)).collect()))
}

fn extreme(v: &Value, keys: &Value, max: bool) -> Outcome {
    use std::cmp::Ordering::{Greater, Less};
    let (Some(items), Some(keys)) = (v.items(), keys.items()) else {
        return Err(value::type_error2(v, keys, "cannot be iterated over"));
    };
    let mut best: Option<usize> = None;
    for at in 0..items.len().min(keys.len()) {
        let better = match best {
            None => true,
            // Of equal ones, max takes the last and min the first.
            Some(old) if max => keys[at].order(&keys[old]) != Less,
            Some(old) => keys[old].order(&keys[at]) == Greater,
        };
        if better {
            best = Some(at);
        }
    }
    Ok(best.map_or(Value::Null, |at| items[at].clone()))
}

fn flatten(v: &Value, depth: &Value) -> Outcome {
    let Some(depth) = depth.as_num() else { return Err(Value::str("flatten depth must not be negative")) };
    if depth < 0.0 {
        return Err(Value::str("flatten depth must not be negative"));
    }
    let items: Vec<Value> = match v {
        Value::Arr(a) => a.items.clone(),
        Value::Obj(o) => o.map.values().cloned().collect(),
        Value::Null => return Err(Value::str("Cannot iterate over null")),
        other => {
            return Err(Value::str(format!(
                "Cannot iterate over {} ({})",
                other.kind(),
                value::excerpt(other)
            )));
        }
    };
    let mut out = Vec::new();
    spread(&items, depth, &mut out);
    Ok(Value::array(out))
}

fn spread(items: &[Value], depth: f64, out: &mut Vec<Value>) {
    for item in items {
        match item {
            Value::Arr(inner) if depth > 0.0 => spread(&inner.items, depth - 1.0, out),
            other => out.push(other.clone()),
        }
    }
}

fn real(v: &Value) -> Result<f64, Value> {
    v.as_num().ok_or_else(|| type_error(v, "number required"))
}

fn math1(v: &Value, f: impl Fn(f64) -> f64) -> Outcome {
    Ok(Value::num(f(real(v)?)))
}

fn math2(args: &[Value], f: impl Fn(f64, f64) -> f64) -> Outcome {
    Ok(Value::num(f(real(&args[0])?, real(&args[1])?)))
}

/// The exponent, if the number is a whole power of the base.
fn power_of(x: f64, base: f64) -> Option<f64> {
    let mut power = 1.0;
    for exponent in 0..64 {
        if power == x {
            return Some(f64::from(exponent));
        }
        power *= base;
    }
    None
}
