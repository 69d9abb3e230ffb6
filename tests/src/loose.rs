//! What the real kubectl prints about the same cluster: pod names, ages and column widths depend on when it asked.

use crate::story::Outcome;

/// The characters of Kubernetes' random suffixes.
const RANDOM: &str = "bcdfghjklmnpqrstvwxz2456789";

/// Whether two outcomes tell the same, apart from what depends on the moment.
pub fn alike(expected: &Outcome, actual: &Outcome) -> bool {
    expected.exit == actual.exit && normalise(&expected.output) == normalise(&actual.output)
}

/// Lines that tell how far a rollout is: how many there are depends on when somebody looks.
const PROGRESS: &str = "Waiting for deployment ";

/// The output without progress, with random suffixes as `*`, ages as `<age>`, the server's address as `<server>`, and one
/// space between columns.
pub fn normalise(output: &str) -> String {
    output
        .lines()
        .filter(|line| !line.starts_with(PROGRESS))
        .map(|line| line.split_whitespace().map(word).collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n")
}

fn word(word: &str) -> String {
    if let Some(path) = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://")) {
        let path = path.find('/').map_or("", |at| &path[at..]);
        return format!("<server>{path}");
    }
    if is_age(word) {
        return "<age>".to_string();
    }
    word.split('/').map(name).collect::<Vec<_>>().join("/")
}

/// `web-7d5c8b9f6d-x2x5z` as `web-7d5c8b9f6d-*`. The template's hash stays: it does not depend on the moment.
fn name(name: &str) -> String {
    let (body, tail) = name.split_at(name.find([':', ',', ')', '"', '\'']).unwrap_or(name.len()));
    match body.rsplit_once('-') {
        Some((start, suffix)) if suffix.len() == 5 && suffix.chars().all(|it| RANDOM.contains(it)) => {
            format!("{start}-*{tail}")
        }
        _ => name.to_string(),
    }
}

/// `42s`, `3m12s`, `2d5h`, and `(42s` or `ago)` forms of restarts.
fn is_age(word: &str) -> bool {
    let word = word.trim_start_matches('(');
    let digits = word.starts_with(|it: char| it.is_ascii_digit());
    digits
        && word.ends_with(['s', 'm', 'h', 'd', 'y'])
        && word.chars().all(|it| it.is_ascii_digit() || "smhdy".contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_other_pods_at_other_times_are_alike() {
        let a = "NAME                   READY   AGE\nweb-7d5c8b9f6d-x2x5z   1/1     42s\n";
        let b = "NAME                   READY   AGE\nweb-7d5c8b9f6d-b4c6d   1/1     3m1s\n";
        assert_eq!(normalise(a), "NAME READY AGE\nweb-7d5c8b9f6d-* 1/1 <age>");
        assert_eq!(normalise(a), normalise(b));
        assert_ne!(normalise(a), normalise(&b.replace("1/1", "0/1")));
        assert_eq!(normalise("pod/web-x2x5z created"), "pod/web-* created");
        assert_eq!(
            normalise("at http://127.0.0.1:8001/api/v1"),
            normalise("at https://192.168.49.2:6443/api/v1")
        );
        assert_eq!(normalise("Waiting for deployment \"web\" rollout to finish: 0 of 3…\ndone\n"), "done");
    }
}
