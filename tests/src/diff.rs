//! Shows how two texts differ, line by line.

/// Unchanged lines shown around a change.
const CONTEXT: usize = 2;
/// Longer texts are compared without looking for moved lines: the table would not fit in memory.
const LINES_MAX: usize = 2_000;

/// Lines with `-` (expected), `+` (actual) or two spaces (the same) in front; `…` for what is left out.
pub fn diff(expected: &str, actual: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    let lines = if a.len().max(b.len()) > LINES_MAX { plain(&a, &b) } else { common(&a, &b) };
    let near = |at: usize| {
        let from = at.saturating_sub(CONTEXT);
        lines[from..lines.len().min(at + CONTEXT + 1)].iter().any(|(mark, _)| *mark != ' ')
    };
    let mut text = String::new();
    let mut gap = false;
    for (at, (mark, line)) in lines.iter().enumerate() {
        if near(at) {
            text.push_str(&format!("{mark} {line}\n"));
            gap = false;
        } else if !gap {
            text.push_str("  …\n");
            gap = true;
        }
    }
    text
}

fn plain<'a>(a: &[&'a str], b: &[&'a str]) -> Vec<(char, &'a str)> {
    a.iter().map(|it| ('-', *it)).chain(b.iter().map(|it| ('+', *it))).collect()
}

/// By the longest common subsequence.
fn common<'a>(a: &[&'a str], b: &[&'a str]) -> Vec<(char, &'a str)> {
    let width = b.len() + 1;
    let mut length = vec![0u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            length[i * width + j] = if a[i] == b[j] {
                length[(i + 1) * width + j + 1] + 1
            } else {
                length[(i + 1) * width + j].max(length[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            lines.push((' ', a[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < a.len() && (j == b.len() || length[(i + 1) * width + j] >= length[i * width + j + 1]) {
            lines.push(('-', a[i]));
            i += 1;
        } else {
            lines.push(('+', b[j]));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::diff;

    #[test]
    fn changes_are_shown_with_their_neighbours() {
        let (a, b) = ("1\n2\n3\n4\n5\n6\n7\n", "1\n2\n3\n4\nfive\n6\n7\n8\n");
        assert_eq!(diff(a, b), "  …\n  3\n  4\n- 5\n+ five\n  6\n  7\n+ 8\n");
        assert_eq!(diff("same\n", "same\n"), "  …\n");
    }
}
