//! Label selectors, evaluated by the client (`-l` with `-f`, pods of a workload) and printed.

use api::Json;
use collections::StableSort;

/// Tells whether labels satisfy a selector in its text form. A broken selector matches nothing.
pub fn matches(selector: &str, labels: &Json) -> bool {
    split(selector).iter().all(|part| requirement(part, labels))
}

/// Splits at commas outside of parentheses.
fn split(selector: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in selector.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else {
            parts.last_mut().expect("never empty").push(c);
        }
    }
    parts.into_iter().map(|p| p.trim().to_string()).filter(|p| !p.is_empty()).collect()
}

fn requirement(part: &str, labels: &Json) -> bool {
    let has = |key: &str| labels.get(key).and_then(Json::as_str);
    for (operator, equal) in [("!=", false), ("==", true), ("=", true)] {
        if let Some((key, value)) = part.split_once(operator) {
            return (has(key.trim()) == Some(value.trim())) == equal;
        }
    }
    if let Some(open) = part.find('(') {
        let words: Vec<&str> = part[..open].split_whitespace().collect();
        let values: Vec<&str> = part[open + 1..].trim_end_matches(')').split(',').map(str::trim).collect();
        let (key, inside) = match words[..] {
            [key, "in"] => (key, true),
            [key, "notin"] => (key, false),
            _ => return false,
        };
        return has(key).map_or(!inside, |v| values.contains(&v) == inside);
    }
    match part.strip_prefix('!') {
        Some(key) => has(key.trim()).is_none(),
        None => has(part).is_some(),
    }
}

/// Prints a `LabelSelector` (`matchLabels`, `matchExpressions`) in the text form; `None`: it selects nothing.
pub fn format(selector: &Json) -> Option<String> {
    if !selector.is_object() {
        return None;
    }
    let mut parts: Vec<String> = Vec::new();
    if let Some(labels) = selector["matchLabels"].as_object() {
        parts.extend(labels.iter().map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or(""))));
    }
    parts.stable_sort();
    let mut expressions: Vec<String> = crate::discovery::array(&selector["matchExpressions"])
        .iter()
        .map(|e| {
            let key = e["key"].as_str().unwrap_or("");
            let mut values: Vec<&str> =
                crate::discovery::array(&e["values"]).iter().filter_map(Json::as_str).collect();
            values.stable_sort();
            match e["operator"].as_str().unwrap_or("") {
                "In" => format!("{key} in ({})", values.join(",")),
                "NotIn" => format!("{key} notin ({})", values.join(",")),
                "Exists" => key.to_string(),
                _ => format!("!{key}"),
            }
        })
        .collect();
    expressions.stable_sort();
    parts.extend(expressions);
    Some(parts.join(","))
}

/// Prints a plain map of labels as a selector, keys sorted.
pub fn from_map(labels: &Json) -> String {
    let mut parts: Vec<String> = labels
        .as_object()
        .into_iter()
        .flatten()
        .map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or("")))
        .collect();
    parts.stable_sort();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_match() {
        let labels = json!({"app": "web", "tier": "front"});
        for (selector, want) in [
            ("", true),
            ("app=web,tier==front", true),
            ("app!=web", false),
            ("app in (a, web)", true),
            ("app notin (web)", false),
            ("x notin (web)", true),
            ("tier", true),
            ("!tier", false),
            ("!x", true),
        ] {
            assert_eq!(matches(selector, &labels), want, "{selector}");
        }
        let selector = json!({"matchLabels": {"b": "2", "a": "1"}, "matchExpressions": [{"key": "t", "operator": "In", "values": ["y", "x"]}]});
        assert_eq!(format(&selector).as_deref(), Some("a=1,b=2,t in (x,y)"));
    }
}
