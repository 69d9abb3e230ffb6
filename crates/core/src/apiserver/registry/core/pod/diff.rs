//! The difference that is shown when an update changes what may not change in a pod. Upstream prints both specs as
//! indented JSON of the internal type, one field a line, and shows a unified diff of them with three lines of context;
//! `-` is what was asked for, `+` what is there. Mirrors k8s.io/apimachinery/pkg/util/diff.

use api::Json;
use api::core::v1::PodSpec;
use api::meta::codec::{Message, encode_message};
use api::meta::schema::{Type, TypeInfo};

const CONTEXT: usize = 3;

/// Diff of the specs, apart from what an update may change.
pub(super) fn spec_diff(new: &PodSpec, old: &PodSpec) -> String {
    let mut masked = new.clone();
    for (containers, before) in
        [(&mut masked.containers, &old.containers), (&mut masked.init_containers, &old.init_containers)]
    {
        for (container, before) in containers.iter_mut().zip(before) {
            container.image = before.image.clone();
        }
    }
    masked.active_deadline_seconds = old.active_deadline_seconds;
    masked.tolerations = old.tolerations.clone();
    masked.scheduling_gates = old.scheduling_gates.clone();
    unified(&lines_of(&masked), &lines_of(old))
}

fn lines_of(spec: &PodSpec) -> Vec<String> {
    let mut lines = vec![String::new()];
    print(&encode_message(spec), &Type::Message(spec.info()), 0, &mut lines);
    lines
}

/// Go's name of a field: `dnsPolicy` is `DNSPolicy`.
fn go_name(name: &str) -> String {
    for (json, go) in
        [("dns", "DNS"), ("host", "Host"), ("tty", "TTY"), ("uid", "UID"), ("fs", "FS"), ("se", "Se")]
    {
        if name == json || json == "dns" && name.starts_with(json) {
            return format!("{go}{}", &name[json.len()..]);
        }
    }
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn add(text: &str, lines: &mut [String]) {
    if let Some(last) = lines.last_mut() {
        last.push_str(text);
    }
}

fn print(json: &Json, ty: &Type, depth: usize, lines: &mut Vec<String>) {
    let indent = " ".repeat(depth + 1);
    match (json, ty) {
        (Json::Object(map), Type::Message(info)) => {
            add("{", lines);
            for (index, field) in info.fields.iter().enumerate() {
                lines.push(format!("{indent}\"{}\": ", go_name(field.name)));
                print(map.get(field.name).unwrap_or(&empty(&field.ty)), &field.ty, depth + 1, lines);
                if index + 1 < info.fields.len() {
                    add(",", lines);
                }
            }
            lines.push(format!("{}}}", " ".repeat(depth)));
        }
        (Json::Array(items), Type::List(item)) if !items.is_empty() => {
            add("[", lines);
            for (index, json) in items.iter().enumerate() {
                lines.push(indent.clone());
                print(json, item, depth + 1, lines);
                if index + 1 < items.len() {
                    add(",", lines);
                }
            }
            lines.push(format!("{}]", " ".repeat(depth)));
        }
        (Json::Object(map), _) if !map.is_empty() => {
            add("{", lines);
            let value = if let Type::Map(value) = ty { value } else { &Type::Any };
            for (index, (key, json)) in map.iter().enumerate() {
                lines.push(format!("{indent}{}: ", Json::from(key.as_str())));
                print(json, value, depth + 1, lines);
                if index + 1 < map.len() {
                    add(",", lines);
                }
            }
            lines.push(format!("{}}}", " ".repeat(depth)));
        }
        (other, _) => add(&other.to_string(), lines),
    }
}

/// What Go writes for a field that holds nothing.
fn empty(ty: &Type) -> Json {
    match ty {
        Type::String | Type::Enum(_) => Json::from(""),
        Type::Int32 => Json::from(0),
        Type::Bool => Json::from(false),
        Type::Message(TypeInfo { go: "ResourceRequirements", .. }) => Json::Object(api::JsonMap::new()),
        _ => Json::Null,
    }
}

/// A unified diff without file names.
fn unified(a: &[String], b: &[String]) -> String {
    // Both are the same type printed field by field: the common beginning and end are long, the rest is short.
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    if head == a.len() && head == b.len() {
        return String::new();
    }
    let middle = changes(&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let mut lines: Vec<(char, &str)> = a[..head].iter().map(|line| (' ', line.as_str())).collect();
    lines.extend(middle);
    lines.extend(a[a.len() - tail..].iter().map(|line| (' ', line.as_str())));
    hunks(&lines)
}

/// Longest common subsequence, by the book: the differing middle is small.
fn changes<'a>(a: &'a [String], b: &'a [String]) -> Vec<(char, &'a str)> {
    const MAX: usize = 1000;
    let removed = a.iter().map(|line| ('-', line.as_str()));
    let added = b.iter().map(|line| ('+', line.as_str()));
    if a.len() > MAX || b.len() > MAX {
        return removed.chain(added).collect();
    }
    let mut common = vec![vec![0u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i][j] =
                if a[i] == b[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            lines.push((' ', a[i].as_str()));
            (i, j) = (i + 1, j + 1);
        } else if i < a.len() && (j == b.len() || common[i + 1][j] >= common[i][j + 1]) {
            lines.push(('-', a[i].as_str()));
            i += 1;
        } else {
            lines.push(('+', b[j].as_str()));
            j += 1;
        }
    }
    lines
}

fn hunks(lines: &[(char, &str)]) -> String {
    let changed: Vec<usize> = (0..lines.len()).filter(|index| lines[*index].0 != ' ').collect();
    let mut text = String::new();
    let mut at = 0;
    while at < changed.len() {
        let start = changed[at].saturating_sub(CONTEXT);
        let mut end = changed[at];
        while at < changed.len() && changed[at] <= end + 2 * CONTEXT + 1 {
            end = changed[at];
            at += 1;
        }
        let end = (end + 1 + CONTEXT).min(lines.len());
        let count =
            |range: &[(char, &str)], skip: char| range.iter().filter(|(mark, _)| *mark != skip).count();
        let (before, hunk) = (&lines[..start], &lines[start..end]);
        let from = format!("-{},{}", count(before, '+') + 1, count(hunk, '+'));
        let to = format!("+{},{}", count(before, '-') + 1, count(hunk, '-'));
        text.push_str(&format!("@@ {from} {to} @@\n"));
        for (mark, line) in hunk {
            text.push_str(&format!("{mark}{line}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::core::v1::Container;

    #[test]
    fn a_changed_command_is_shown_in_its_surroundings() {
        let spec = |seconds: &str| PodSpec {
            containers: vec![Container {
                name: "c".into(),
                image: "busybox".into(),
                command: vec!["sleep".into(), seconds.into()],
                ..Container::default()
            }],
            ..PodSpec::default()
        };
        let diff = spec_diff(&spec("36"), &spec("3600"));
        let expected = "   \"Image\": \"busybox\",\n    \"Command\": [\n     \"sleep\",\n-    \"36\"\n+    \"3600\"\n    ],\n    \"Args\": null,\n";
        assert!(diff.contains(expected.trim_start()), "{diff}");
        assert!(diff.starts_with("@@ -"), "{diff}");
    }
}
