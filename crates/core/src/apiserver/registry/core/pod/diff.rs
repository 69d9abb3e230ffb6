//! The difference between two pod specs, shown when an update changes what may not change. Upstream prints it with
//! go-cmp: changed fields with `-` and `+`, others left out or summed up.

use api::Json;
use api::core::v1::PodSpec;

/// Lines in the manner of `cmp.Diff(old, new)`.
pub(super) fn spec_diff(old: &PodSpec, new: &PodSpec) -> String {
    let encode = |spec: &PodSpec| api::meta::codec::encode_message(spec);
    let mut lines = vec!["  core.PodSpec{".to_owned()];
    compare_members(&encode(old), &encode(new), 1, &mut lines);
    lines.push("  }".to_owned());
    lines.push(String::new());
    lines.join("\n")
}

fn line(mark: char, depth: usize, text: &str) -> String {
    format!("{mark} {}{text}", "\t".repeat(depth))
}

/// Go's name of a field: `activeDeadlineSeconds` is `ActiveDeadlineSeconds`.
fn go_name(name: &str) -> String {
    match name {
        "dnsPolicy" => return "DNSPolicy".to_owned(),
        "dnsConfig" => return "DNSConfig".to_owned(),
        "tty" => return "TTY".to_owned(),
        _ => {}
    }
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn compare_members(old: &Json, new: &Json, depth: usize, lines: &mut Vec<String>) {
    let (Json::Object(before), Json::Object(after)) = (old, new) else { return };
    let mut same = 0;
    let mut names: Vec<&String> = before.keys().collect();
    names.extend(after.keys().filter(|name| !before.contains_key(*name)));
    for name in names {
        let (a, b) = (before.get(name).unwrap_or(&Json::Null), after.get(name).unwrap_or(&Json::Null));
        if a == b {
            same += 1;
            continue;
        }
        flush(&mut same, depth, lines);
        compare_member(&go_name(name), a, b, depth, lines);
    }
    flush(&mut same, depth, lines);
}

fn flush(same: &mut usize, depth: usize, lines: &mut Vec<String>) {
    match std::mem::take(same) {
        0 => {}
        1 => lines.push(line(' ', depth, "... // 1 identical field")),
        count => lines.push(line(' ', depth, &format!("... // {count} identical fields"))),
    }
}

fn compare_member(name: &str, old: &Json, new: &Json, depth: usize, lines: &mut Vec<String>) {
    match (old, new) {
        (Json::Object(_), Json::Object(_)) => {
            lines.push(line(' ', depth, &format!("{name}: {{")));
            compare_members(old, new, depth + 1, lines);
            lines.push(line(' ', depth, "},"));
        }
        (Json::Array(before), Json::Array(after)) if before.len() == after.len() && old[0].is_object() => {
            lines.push(line(' ', depth, &format!("{name}: {{")));
            for (a, b) in before.iter().zip(after) {
                if a == b {
                    lines.push(line(' ', depth + 1, "{...},"));
                    continue;
                }
                lines.push(line(' ', depth + 1, "{"));
                compare_members(a, b, depth + 2, lines);
                lines.push(line(' ', depth + 1, "},"));
            }
            lines.push(line(' ', depth, "},"));
        }
        _ => {
            lines.push(line('-', depth, &format!("{name}: {},", go_value(old))));
            lines.push(line('+', depth, &format!("{name}: {},", go_value(new))));
        }
    }
}

fn go_value(json: &Json) -> String {
    match json {
        Json::Null => "nil".to_owned(),
        other => other.to_string(),
    }
}
