//! Where a field stands in a YAML text: by document and indentation, for a text that may not parse.

use api::base::yaml;

/// One document of a text, by its lines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The first line and the one after the last, from 0.
    pub from: usize,
    pub to: usize,
}

/// The documents of a text.
pub fn documents(text: &str) -> Vec<Place> {
    let documents = yaml::documents(text);
    let place = |it: &yaml::Source| Place { from: it.line - 1, to: it.line - 1 + it.text.lines().count() };
    documents.iter().map(place).collect()
}

/// The document of this kind and name; an empty one of both is any.
pub fn document_of(text: &str, kind: &str, name: &str) -> Option<Place> {
    let lines: Vec<&str> = text.lines().collect();
    let holds = |place: &Place, path: &str, wanted: &str| {
        wanted.is_empty()
            || line_of(&lines, *place, path).is_some_and(|at| {
                let value = lines[at].split_once(':').map_or("", |it| it.1);
                value.split(" #").next().unwrap_or("").trim().trim_matches(['"', '\'']) == wanted
            })
    };
    let all = documents(text);
    let exact = all.iter().find(|it| holds(it, "kind", kind) && holds(it, "metadata.name", name));
    exact.or_else(|| all.iter().find(|it| holds(it, "kind", kind))).copied()
}

/// The first document that is no YAML at all.
pub fn broken_document(text: &str) -> Option<Place> {
    let sources = yaml::documents(text);
    let index = sources.iter().position(|it| yaml::parse(&it.text).is_err())?;
    documents(text).get(index).copied()
}

/// A path's steps: `spec.ports[0].name` is spec, ports, 0, name; what stands in brackets may hold dots.
fn steps(path: &str) -> Vec<&str> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (index, after) = inside.split_once(']').unwrap_or((inside, ""));
            steps.push(index);
            rest = after.strip_prefix('.').unwrap_or(after);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(&rest[..end]);
            rest = rest[end..].strip_prefix('.').unwrap_or(&rest[end..]);
        }
    }
    steps
}

/// The line (from 0) where a path stands; where it is deeper than the text, the line of its nearest ancestor.
pub fn line_of(lines: &[&str], place: Place, path: &str) -> Option<usize> {
    let (mut from, mut to, mut found) = (place.from, place.to.min(lines.len()), None);
    for step in steps(path) {
        if let (Some(_), Ok(index)) = (found, step.parse::<usize>()) {
            let Some((start, end)) = item(lines, from, to, index) else { break };
            found = Some(start);
            (from, to) = (start, end);
            continue;
        }
        let Some(at) = key_line(lines, from, to, step) else { break };
        found = Some(at);
        (from, to) = block(lines, at, to);
    }
    found
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '-']).len()
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

/// The line of `key:` in a range, at the smallest indentation at which it occurs.
fn key_line(lines: &[&str], from: usize, to: usize, key: &str) -> Option<usize> {
    let is_key = |line: &str| {
        let rest = line.trim_start_matches([' ', '-']).trim_start_matches(['"', '\'']);
        rest.strip_prefix(key).is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with(':'))
    };
    (from..to).filter(|at| is_key(lines[*at])).min_by_key(|at| (indent(lines[*at]), *at))
}

/// The lines that belong to the key at `at`.
fn block(lines: &[&str], at: usize, to: usize) -> (usize, usize) {
    let own = indent(lines[at]);
    let inside = |line: &str| {
        is_blank(line)
            || indent(line) > own
            || line.trim_start().starts_with("- ") && line.len() - line.trim_start().len() >= own
    };
    let end = (at + 1..to).find(|next| !inside(lines[*next])).unwrap_or(to);
    (at + 1, end)
}

/// The lines of the `index`-th item of a list.
fn item(lines: &[&str], from: usize, to: usize, index: usize) -> Option<(usize, usize)> {
    let dash = |at: &usize| lines[*at].trim_start().starts_with('-');
    let depth = |at: usize| lines[at].len() - lines[at].trim_start().len();
    let first = (from..to).find(dash)?;
    let starts: Vec<usize> = (from..to).filter(|at| dash(at) && depth(*at) == depth(first)).collect();
    let start = *starts.get(index)?;
    Some((start, starts.get(index + 1).copied().unwrap_or(to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n  - name: x\n    image: i\n  - name: y\n    image: j\n    foo: 1\n---\nkind: Service\nmetadata:\n  name: \"b\"\n  labels:\n    a.b/c: d\n";

    fn line(kind: &str, name: &str, path: &str) -> Option<usize> {
        let lines: Vec<&str> = TEXT.lines().collect();
        line_of(&lines, document_of(TEXT, kind, name)?, path).map(|it| it + 1)
    }

    #[test]
    fn paths_are_found_in_the_text() {
        assert_eq!(line("Pod", "a", "spec.containers[1].foo"), Some(11));
        assert_eq!(line("Pod", "", "spec.containers[0].image"), Some(8));
        assert_eq!(line("Pod", "a", "metadata.name"), Some(4));
        assert_eq!(line("Pod", "a", "spec.containers[1].ports[0]"), Some(9));
    }

    #[test]
    fn paths_are_found_in_their_document() {
        assert_eq!(line("Service", "b", "metadata.name"), Some(15));
        assert_eq!(line("Service", "b", "metadata.labels[a.b/c]"), Some(17));
        assert_eq!(line("Service", "b", "spec.ports"), None);
    }
}
