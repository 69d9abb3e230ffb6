//! jq's operators on values.

use std::rc::Rc;

use super::value::{MAX_DEPTH, Outcome, Value, type_error2};

/// The operators that take two values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// The longest string that an operator makes.
const MAX_STRING: usize = 64 << 20;

pub fn apply(op: Op, a: &Value, b: &Value) -> Outcome {
    use std::cmp::Ordering::{Greater, Less};
    Ok(match op {
        Op::Add => return add(a, b),
        Op::Sub => return subtract(a, b),
        Op::Mul => return multiply(a, b),
        Op::Div => return divide(a, b),
        Op::Mod => return remainder(a, b),
        Op::Eq => Value::Bool(a.equals(b)),
        Op::Ne => Value::Bool(!a.equals(b)),
        Op::Lt => Value::Bool(a.order(b) == Less),
        Op::Le => Value::Bool(a.order(b) != Greater),
        Op::Gt => Value::Bool(a.order(b) == Greater),
        Op::Ge => Value::Bool(a.order(b) != Less),
    })
}

pub fn add(a: &Value, b: &Value) -> Outcome {
    match (a, b) {
        (Value::Null, other) | (other, Value::Null) => Ok(other.clone()),
        (Value::Num(x, _), Value::Num(y, _)) => Ok(Value::num(x + y)),
        (Value::Str(x), Value::Str(y)) => {
            if x.len() + y.len() > MAX_STRING {
                return Err(Value::str("String too long"));
            }
            Ok(Value::str(format!("{x}{y}")))
        }
        (Value::Arr(x), Value::Arr(y)) => Ok(Value::array([x.items.as_slice(), y.items.as_slice()].concat())),
        (Value::Obj(x), Value::Obj(y)) => {
            let mut map = x.map.clone();
            map.extend(y.map.iter().map(|(k, v)| (k.clone(), v.clone())));
            Ok(Value::object(map))
        }
        _ => Err(type_error2(a, b, "cannot be added")),
    }
}

fn subtract(a: &Value, b: &Value) -> Outcome {
    match (a, b) {
        (Value::Num(x, _), Value::Num(y, _)) => Ok(Value::num(x - y)),
        (Value::Arr(x), Value::Arr(y)) => {
            let kept = x.items.iter().filter(|item| !y.items.iter().any(|other| item.equals(other)));
            Ok(Value::array(kept.cloned().collect()))
        }
        _ => Err(type_error2(a, b, "cannot be subtracted")),
    }
}

fn multiply(a: &Value, b: &Value) -> Outcome {
    match (a, b) {
        (Value::Num(x, _), Value::Num(y, _)) => Ok(Value::num(x * y)),
        (Value::Str(s), Value::Num(n, _)) | (Value::Num(n, _), Value::Str(s)) => {
            if *n <= 0.0 || n.is_nan() {
                return Ok(Value::Null);
            }
            let times = if *n < 1.0 { 1 } else { *n as usize };
            if s.len().saturating_mul(times) > MAX_STRING {
                return Err(Value::str("Repeat string result too long"));
            }
            Ok(Value::str(s.repeat(times)))
        }
        (Value::Obj(_), Value::Obj(_)) => Ok(merge(a, b, 0)),
        _ => Err(type_error2(a, b, "cannot be multiplied")),
    }
}

fn merge(a: &Value, b: &Value, depth: u16) -> Value {
    let (Value::Obj(x), Value::Obj(y)) = (a, b) else { return b.clone() };
    if depth > MAX_DEPTH {
        return b.clone();
    }
    let mut map = x.map.clone();
    for (key, value) in &y.map {
        let merged = match map.get(key) {
            Some(own) => merge(own, value, depth + 1),
            None => value.clone(),
        };
        map.insert(key.clone(), merged);
    }
    Value::object(map)
}

fn divide(a: &Value, b: &Value) -> Outcome {
    match (a, b) {
        (Value::Num(x, _), Value::Num(y, _)) => {
            if *y == 0.0 {
                return Err(type_error2(a, b, "cannot be divided because the divisor is zero"));
            }
            Ok(Value::num(x / y))
        }
        (Value::Str(x), Value::Str(y)) => Ok(split(x, y)),
        _ => Err(type_error2(a, b, "cannot be divided")),
    }
}

/// The parts of a text between a separator.
pub fn split(text: &str, separator: &str) -> Value {
    if text.is_empty() {
        return Value::array(Vec::new());
    }
    let parts: Vec<Value> = if separator.is_empty() {
        text.chars().map(|c| Value::Str(Rc::from(c.encode_utf8(&mut [0; 4]) as &str))).collect()
    } else {
        text.split(separator).map(Value::str).collect()
    };
    Value::array(parts)
}

fn remainder(a: &Value, b: &Value) -> Outcome {
    let (Value::Num(x, _), Value::Num(y, _)) = (a, b) else {
        return Err(type_error2(a, b, "cannot be divided"));
    };
    if x.is_nan() || y.is_nan() {
        return Ok(Value::num(f64::NAN));
    }
    // As C casts: to whole numbers, saturating; the sign is the dividend's.
    let (x, y) = (*x as i64, *y as i64);
    if y == 0 {
        return Err(type_error2(a, b, "cannot be divided (remainder) because the divisor is zero"));
    }
    Ok(Value::num(x.unsigned_abs().wrapping_rem(y.unsigned_abs()) as f64 * if x < 0 { -1.0 } else { 1.0 }))
}
