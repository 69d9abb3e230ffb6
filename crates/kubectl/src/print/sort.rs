//! `--sort-by`: orders rows or objects by the value of a JSONPath.

use std::cmp::Ordering;

use api::base::jsonpath::{self, JsonPath};
use api::meta::quantity::Quantity;
use api::{Json, Timestamp};
use collections::StableSort;

use crate::error::{CmdError, Result};

/// Sorts `items` by the field that `by` names in `object_of(item)`. Items without it come first.
///
/// # Errors
/// The path is broken, no item has the field, or its values are no single values: then kubectl dies with a line of its
/// log, at the moment `now`.
pub fn sort<T>(items: &mut [T], by: &str, now: Timestamp, object_of: impl Fn(&T) -> &Json) -> Result {
    let relaxed = jsonpath::relaxed(by).map_err(CmdError::Msg)?;
    let path = JsonPath::parse(&relaxed).map_err(CmdError::Msg)?;
    let mut keys: Vec<Option<Json>> = Vec::with_capacity(items.len());
    for item in items.iter() {
        let found = path.results(object_of(item)).map_err(CmdError::Msg)?;
        keys.push(found.into_iter().flatten().next().map(|v| v.into_owned()));
    }
    if !items.is_empty() && keys.iter().all(Option::is_none) {
        return Err(no_field(by)?);
    }
    let odd = keys.iter().flatten().find_map(|key| match key {
        Json::Object(_) => Some("map[string]interface {}"),
        Json::Array(_) => Some("[]interface {}"),
        _ => None,
    });
    if let Some(kind) = odd.filter(|_| items.len() > 1) {
        // klog's header: severity, month and day, time, process, place.
        let text = now.rfc3339_micro();
        let (day, time) = (text[5..10].replace('-', ""), &text[11..26]);
        let place = format!("F{day} {time}    4121 sorter.go:375]");
        let message = format!(
            "{place} Field {relaxed} in [][][]reflect.Value is an unsortable type: interface, err: unsortable type: {kind}"
        );
        return Err(CmdError::Exit { code: 1, message });
    }
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.stable_sort_by(|a, b| compare(keys[*a].as_ref(), keys[*b].as_ref()));
    // Apply the permutation by swaps.
    let mut place = vec![0; order.len()];
    order.iter().enumerate().for_each(|(new, old)| place[*old] = new);
    for i in 0..items.len() {
        while place[i] != i {
            let target = place[i];
            items.swap(i, target);
            place.swap(i, target);
        }
    }
    Ok(())
}

/// The error of a path that leads nowhere.
///
/// # Errors
/// The path is broken.
pub fn no_field(by: &str) -> Result<CmdError> {
    let relaxed = jsonpath::relaxed(by).map_err(CmdError::Msg)?;
    Ok(CmdError::Msg(format!("couldn't find any field with path {relaxed:?} in the list of objects")))
}

fn compare(a: Option<&Json>, b: Option<&Json>) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, _) => Ordering::Less,
        (_, None) => Ordering::Greater,
        (Some(Json::Number(a)), Some(Json::Number(b))) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Some(Json::Bool(a)), Some(Json::Bool(b))) => a.cmp(b),
        (Some(a), Some(b)) => {
            let (a, b) = (jsonpath::text(a), jsonpath::text(b));
            match (Quantity::parse(&a), Quantity::parse(&b)) {
                (Ok(x), Ok(y)) => x.cmp(&y),
                _ => natural(&a, &b),
            }
        }
    }
}

/// Order of strings in which runs of digits compare by value.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.chars().peekable(), b.chars().peekable());
    loop {
        match (a.peek().copied(), b.peek().copied()) {
            (None, None) => return Ordering::Equal,
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let order = digits(&mut a).cmp(&digits(&mut b));
                if order != Ordering::Equal {
                    return order;
                }
            }
            (Some(x), Some(y)) => {
                if x != y {
                    return x.cmp(&y);
                }
                a.next();
                b.next();
            }
        }
    }
}

fn digits(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> u128 {
    let mut value = 0u128;
    while let Some(d) = chars.peek().and_then(|c| c.to_digit(10)) {
        value = value.saturating_mul(10).saturating_add(u128::from(d));
        chars.next();
    }
    value
}
