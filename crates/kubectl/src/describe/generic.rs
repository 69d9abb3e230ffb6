//! Any object: its fields as an indented list with readable labels.

use api::Json;
use collections::StableSort;

use super::{Out, s};
use crate::print::columns::go_value;

/// Fields that stand at the top or are left out.
const SKIPPED: [&str; 5] = [
    ".metadata.managedFields",
    ".metadata.name",
    ".metadata.namespace",
    ".metadata.labels",
    ".metadata.annotations",
];

/// Describes an object.
pub fn describe(object: &Json, out: &mut Out) {
    out.line(0, format!("Name:\t{}", s(&object["metadata"]["name"])));
    out.line(0, format!("Namespace:\t{}", s(&object["metadata"]["namespace"])));
    out.tags(object);
    content(object, 0, "", out);
}

fn content(object: &Json, level: usize, prefix: &str, out: &mut Out) {
    let mut fields: Vec<_> = object.as_object().into_iter().flatten().collect();
    fields.stable_sort_by_key(|(k, _)| *k);
    for (field, value) in fields {
        let path = format!("{prefix}.{field}");
        if SKIPPED.contains(&path.as_str()) {
            continue;
        }
        let label = label(field);
        match value {
            Json::Object(_) => {
                out.line(level, format!("{label}:"));
                content(value, level + 1, &path, out);
            }
            Json::Array(items) => {
                out.line(level, format!("{label}:"));
                for item in items {
                    if item.is_object() {
                        content(item, level + 1, &path, out);
                    } else {
                        out.line(level + 1, go_value(item));
                    }
                }
            }
            other => out.line(level, format!("{label}:\t{}", go_value(other))),
        }
    }
}

/// `creationTimestamp` → `Creation Timestamp`, `apiVersion` → `API Version`.
pub fn label(field: &str) -> String {
    if field.chars().any(|c| !c.is_alphabetic() && c != '-') {
        return field.to_string();
    }
    split_camel(field)
        .iter()
        .map(|part| {
            let upper = part.to_uppercase();
            if ["API", "URL", "UID", "OSB", "GUID"].contains(&upper.as_str()) {
                return upper;
            }
            let mut chars = part.chars();
            chars.next().map_or(String::new(), |c| c.to_uppercase().collect::<String>() + chars.as_str())
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Splits at changes of case: a run of capitals keeps all but its last letter.
fn split_camel(text: &str) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    let class = |c: char| if c.is_uppercase() { 2 } else { u8::from(c.is_lowercase()) };
    let mut last = None;
    for c in text.chars() {
        if last == Some(class(c)) {
            runs.last_mut().expect("a run for the last class").push(c);
        } else {
            runs.push(c.to_string());
        }
        last = Some(class(c));
    }
    for i in 0..runs.len().saturating_sub(1) {
        let upper = runs[i].chars().all(char::is_uppercase);
        if upper && runs[i + 1].starts_with(char::is_lowercase) {
            let moved = runs[i].pop().expect("runs are not empty");
            runs[i + 1].insert(0, moved);
        }
    }
    runs.retain(|r| !r.is_empty());
    runs
}

#[cfg(test)]
mod tests {
    #[test]
    fn labels_are_readable() {
        for (field, want) in [
            ("apiVersion", "API Version"),
            ("uid", "UID"),
            ("creationTimestamp", "Creation Timestamp"),
            ("jsonPath", "Json Path"),
            ("openAPIV3Schema", "openAPIV3Schema"),
            ("podIPs", "Pod I Ps"),
            ("kind", "Kind"),
        ] {
            assert_eq!(super::label(field), want);
        }
    }
}
