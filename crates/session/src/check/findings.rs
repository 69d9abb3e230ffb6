//! kubectl's complaints as findings: one for each mistake, with its field and its line.

use protocol::{Problem, Severity};

use super::places::{self, Place, documents, line_of};

/// What kubectl's standard error says of a text.
pub fn findings(stderr: &str, text: &str) -> Vec<Problem> {
    let mut found: Vec<Problem> = Vec::new();
    for message in messages(stderr) {
        for problem in split(&message, text) {
            if !found.contains(&problem) {
                found.push(problem);
            }
        }
    }
    found
}

/// Complaints, each with the lines that belong to it.
fn messages(stderr: &str) -> Vec<Vec<&str>> {
    const BEGINNINGS: [&str; 5] = ["error:", "Error from server", "The ", "Warning:", "Error "];
    let mut messages: Vec<Vec<&str>> = Vec::new();
    for line in stderr.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        let begins = BEGINNINGS.iter().any(|it| line.starts_with(it));
        match messages.last_mut() {
            Some(last) if !begins => last.push(line),
            _ => messages.push(vec![line]),
        }
    }
    messages
}

fn split(message: &[&str], text: &str) -> Vec<Problem> {
    let (kind, name) = about(message);
    let place = places::document_of(text, kind, name);
    let at = |path: &str| place_of(text, place, path);
    let error = |line: Option<u32>, path: &str, message: &str| Problem {
        line,
        path: path.to_owned(),
        message: message.to_owned(),
        severity: Severity::Error,
    };
    // What was to be patched is told at length; the complaint comes last.
    let first = message.iter().copied().rfind(|it| it.starts_with("for: ")).unwrap_or(message[0]);
    if let Some(warning) = first.strip_prefix("Warning: ") {
        let path = field_at_start(warning);
        return vec![Problem { severity: Severity::Warning, ..error(at(path), path, after(warning, path)) }];
    }
    if let Some((_, cause)) = first.split_once(" is invalid:") {
        let bullets = message.iter().filter_map(|it| it.strip_prefix("* "));
        let one = Some(cause.trim()).filter(|it| !it.is_empty());
        let causes = one.into_iter().chain(bullets);
        return causes
            .map(|cause| {
                let path = field_at_start(cause);
                error(at(path), path, after(cause, path))
            })
            .collect();
    }
    if let Some((_, strict)) = first.split_once("strict decoding error: ") {
        return strict
            .split(", ")
            .map(|it| {
                let (what, path) = it.trim_end_matches('"').split_once(" \"").unwrap_or((it, ""));
                error(at(path), path, what)
            })
            .collect();
    }
    if let Some((_, rest)) = first.split_once("into Go struct field ") {
        let path = rest.split(' ').next().and_then(|it| it.split_once('.')).map_or("", |it| it.1);
        let words = first.split("json: ").last().unwrap_or(first);
        return vec![error(at(path), path, words)];
    }
    if let Some((_, rest)) = first.split_once("error converting YAML to JSON: ") {
        let start = places::broken_document(text).map_or(0, |it| it.from as u32);
        let line = yaml_line(rest).or_else(|| broken_at(text)).unwrap_or(1);
        return vec![error(Some(start + line), "", rest)];
    }
    if first.contains("no matches for kind") {
        return vec![error(at("apiVersion"), "", first.trim_start_matches("error: "))];
    }
    let words = first
        .split_once("error validating data: ")
        .map_or(first, |it| it.1)
        .split("; if you choose to ignore")
        .next()
        .unwrap_or(first);
    let words = words.trim_start_matches("error: ");
    let path = if first.contains("namespaces \"") { "metadata.namespace" } else { "" };
    let line = at(path).or_else(|| documents(text).first().map(|it| it.from as u32 + 1));
    vec![error(line, path, words)]
}

/// Kind and name of the object that a complaint is about, as far as it says.
fn about<'a>(message: &[&'a str]) -> (&'a str, &'a str) {
    let first = message[0];
    // The Deployment "web" is invalid: …
    if let Some((kind, rest)) = first.strip_prefix("The ").and_then(|it| it.split_once(" \"")) {
        return (kind, rest.split('"').next().unwrap_or(""));
    }
    // … Deployment in version "v1" cannot be handled as a Deployment: …
    if let Some((_, rest)) = first.split_once("cannot be handled as a ") {
        return (rest.split(':').next().unwrap_or(""), "");
    }
    // resource mapping not found for name: "x" … no matches for kind "Deploymint" …
    if let Some((_, rest)) = first.split_once("no matches for kind \"") {
        let name = first.split("for name: \"").nth(1).and_then(|it| it.split('"').next());
        return (rest.split('"').next().unwrap_or(""), name.unwrap_or(""));
    }
    ("", "")
}

fn place_of(text: &str, place: Option<Place>, path: &str) -> Option<u32> {
    if path.is_empty() {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let found = place.and_then(|place| line_of(&lines, place, path).or(Some(place.from)));
    found.map(|line| line as u32 + 1)
}

/// `yaml: line 7: …`
fn yaml_line(message: &str) -> Option<u32> {
    let rest = message.split("yaml: line ").nth(1)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Where the parser stood when it gave up, within the document; go-yaml does not always say.
fn broken_at(text: &str) -> Option<u32> {
    let sources = api::base::yaml::documents(text);
    let error = sources.iter().find_map(|it| api::base::yaml::parse(&it.text).err())?;
    Some(error.at as u32)
}

/// The field that a complaint begins with: `spec.replicas: Invalid value: …`. Empty when it names none.
fn field_at_start(message: &str) -> &str {
    let candidate = message.split(": ").next().unwrap_or_default();
    let looks_like_a_path = !candidate.is_empty()
        && candidate.starts_with(|c: char| c.is_ascii_lowercase())
        && candidate.chars().all(|c| c.is_ascii_alphanumeric() || ".[]-_/".contains(c))
        && message.len() > candidate.len();
    if looks_like_a_path { candidate } else { "" }
}

fn after<'a>(message: &'a str, path: &str) -> &'a str {
    if path.is_empty() { message } else { message[path.len()..].trim_start_matches([':', ' ']) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "kind: Service\nmetadata:\n  name: s\nspec:\n  ports:\n  - port: 1\n  type: Nope\n---\nkind: Pod\nmetadata:\n  name: p\n  namespace: x\nspec:\n  foo: 1\n  bar: 2\n";

    fn found(stderr: &str) -> Vec<(Option<u32>, String, String)> {
        findings(stderr, TEXT).into_iter().map(|it| (it.line, it.path, it.message)).collect()
    }

    fn finding(line: u32, path: &str, message: &str) -> (Option<u32>, String, String) {
        (Some(line), path.to_owned(), message.to_owned())
    }

    #[test]
    fn each_cause_is_a_finding() {
        let stderr = "The Service \"s\" is invalid: \n* spec.ports[0].name: Required value\n* spec.type: Unsupported value: \"Nope\": supported values: \"ClusterIP\"\n";
        let expected = [
            finding(6, "spec.ports[0].name", "Required value"),
            finding(7, "spec.type", "Unsupported value: \"Nope\": supported values: \"ClusterIP\""),
        ];
        assert_eq!(found(stderr), expected);
    }

    #[test]
    fn unknown_fields_are_told_one_by_one_in_their_document() {
        let stderr = "Error from server (BadRequest): error when creating \"a.yaml\": Pod in version \"v1\" cannot be handled as a Pod: strict decoding error: unknown field \"spec.bar\", unknown field \"spec.foo\"\n";
        let expected = [finding(15, "spec.bar", "unknown field"), finding(14, "spec.foo", "unknown field")];
        assert_eq!(found(stderr), expected);
    }

    #[test]
    fn one_complaint_of_two_lines_is_one_finding() {
        let stderr = "error: resource mapping not found for name: \"p\" namespace: \"\" from \"a.yaml\": no matches for kind \"Pod\" in version \"v9\"\nensure CRDs are installed first\n";
        assert_eq!(found(stderr).len(), 1);
        let stderr =
            "Error from server (NotFound): error when creating \"a.yaml\": namespaces \"x\" not found\n";
        let [(line, path, _)] = &found(stderr)[..] else { panic!() };
        assert_eq!((line.is_some(), path.as_str()), (true, "metadata.namespace"));
    }
}
