//! What the API server would say to a manifest: `kubectl apply --dry-run=server` on the editor's text, with its
//! complaints tied to lines.
//!
//! There is no second validator: the editor shows what the terminal would print.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::task::{Context, Waker};

use protocol::{Problem, Severity};

use crate::backend::Backend;
use crate::host::{Asset, Io, KubectlHost};
use crate::workstation::{Disk, HOME, Hardware};

/// Polls after which a check gives up: it waits for nothing, so a handful is enough.
const POLLS: usize = 64;

/// The workstation's files, with one replaced by what stands in the editor.
struct Unsaved {
    disk: Rc<Hardware>,
    path: String,
    text: String,
}

impl Disk for Unsaved {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        if path == self.path { Ok(self.text.clone().into_bytes()) } else { self.disk.read(path) }
    }
    fn write(&self, _path: &str, _bytes: &[u8]) -> Result<(), String> {
        Err("read-only file system".to_owned())
    }
    fn is_dir(&self, path: &str) -> Option<bool> {
        if path == self.path { Some(false) } else { self.disk.is_dir(path) }
    }
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        self.disk.list(path)
    }
    fn remove(&self, _path: &str) {}
}

/// Findings about `text`, which is or will be the file `path` of the home folder.
pub fn check(backend: &Rc<Backend>, disk: &Rc<Hardware>, path: &str, text: &str) -> Vec<Problem> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let full = format!("{HOME}/{path}");
    let io = Rc::new(RefCell::new(Io::default()));
    let host = Rc::new(KubectlHost {
        backend: backend.clone(),
        disk: Rc::new(Unsaved { disk: disk.clone(), path: full.clone(), text: text.to_owned() }),
        io: io.clone(),
        explain: Rc::new(RefCell::new(Asset::Missing)),
        env: vec![("HOME".to_owned(), HOME.to_owned())],
        cwd: HOME.to_owned(),
        tty: [false; 3],
    });
    let argv: Vec<String> = ["kubectl", "apply", "--dry-run=server", "-f", &full].map(str::to_owned).to_vec();
    let mut run = Box::pin(kubarium_kubectl::run(&argv, host));
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..POLLS {
        if run.as_mut().poll(&mut cx).is_ready() {
            let written = std::mem::take(&mut io.borrow_mut().output);
            let stderr: Vec<u8> =
                written.into_iter().filter(|(fd, _)| *fd == 2).flat_map(|(_, bytes)| bytes).collect();
            return problems(&String::from_utf8_lossy(&stderr), text, &full, path);
        }
    }
    Vec::new()
}

/// Ties kubectl's complaints to lines of the text.
fn problems(stderr: &str, text: &str, full: &str, path: &str) -> Vec<Problem> {
    let mut found = Vec::new();
    let stderr = stderr.replace(full, path);
    let mut about = String::new();
    for line in stderr.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        let severity = if line.starts_with("Warning:") { Severity::Warning } else { Severity::Error };
        if line.ends_with("is invalid:") || line.ends_with("is invalid: ") {
            about = line.trim_end_matches([':', ' ']).to_owned();
            continue;
        }
        let message = line.trim_start_matches("* ").trim_start_matches("Warning: ").to_owned();
        let field = field_of(&message);
        let line = yaml_line(&message).or_else(|| line_of(text, &field));
        let message = if about.is_empty() || field.is_empty() { message } else { message.clone() };
        found.push(Problem { line, path: field, message, severity });
    }
    found
}

/// `yaml: line 7: …`
fn yaml_line(message: &str) -> Option<u32> {
    let rest = message.split("yaml: line ").nth(1)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The field a message speaks of: `unknown field "spec.foo"`, `spec.replicas: Invalid value: …`, `… field
/// ServicePort.spec.ports.port of type int32`. Empty when it names none.
fn field_of(message: &str) -> String {
    if let Some(rest) = message.split("unknown field \"").nth(1) {
        return rest.split('"').next().unwrap_or_default().to_owned();
    }
    if let Some(rest) = message.split("into Go struct field ").nth(1) {
        let name = rest.split(' ').next().unwrap_or_default();
        return name.split_once('.').map_or_else(String::new, |(_, path)| path.to_owned());
    }
    let message = message.rsplit_once("is invalid: ").map_or(message, |(_, rest)| rest);
    let candidate = message.split(": ").next().unwrap_or_default().trim_start_matches('[');
    let looks_like_a_path = !candidate.is_empty()
        && candidate.starts_with(|c: char| c.is_ascii_lowercase())
        && candidate.chars().all(|c| c.is_ascii_alphanumeric() || ".[]-_/".contains(c))
        && (candidate.contains('.') || candidate.contains('['));
    if looks_like_a_path { candidate.to_owned() } else { String::new() }
}

/// The line (from 1) where a dotted path stands in a YAML text. It is found by indentation; where the path is deeper than
/// the text, the line of the nearest ancestor is given.
fn line_of(text: &str, path: &str) -> Option<u32> {
    if path.is_empty() {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let (mut from, mut to, mut found) = (0, lines.len(), None);
    for part in path.split('.') {
        let (key, indexes) = part.split_once('[').map_or((part, ""), |(key, rest)| (key, rest));
        let Some(at) = key_line(&lines, from, to, key) else { break };
        found = Some(at);
        (from, to) = block(&lines, at, to);
        for index in indexes.split('[').filter_map(|index| index.trim_end_matches(']').parse::<usize>().ok())
        {
            let Some((start, end)) = item(&lines, from, to, index) else { break };
            found = Some(start);
            (from, to) = (start, end);
        }
    }
    found.map(|line| line as u32 + 1)
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
        let rest = line.trim_start_matches([' ', '-']);
        rest.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'))
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

    const TEXT: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n  - name: x\n    image: i\n  - name: y\n    image: j\n    foo: 1\n";

    #[test]
    fn paths_are_found_in_the_text() {
        assert_eq!(line_of(TEXT, "spec.containers[1].foo"), Some(11));
        assert_eq!(line_of(TEXT, "spec.containers[0].image"), Some(8));
        assert_eq!(line_of(TEXT, "metadata.name"), Some(4));
        assert_eq!(line_of(TEXT, "spec.containers[1].ports[0]"), Some(9));
    }

    #[test]
    fn messages_name_their_fields() {
        assert_eq!(
            field_of("spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
            "spec.replicas"
        );
        assert_eq!(field_of("strict decoding error: unknown field \"spec.foo\""), "spec.foo");
        assert_eq!(field_of("error: the path \"x\" does not exist"), "");
    }
}
