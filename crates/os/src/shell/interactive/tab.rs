//! Tab: which word is completed, and from what.

use collections::StableSort;

use super::*;

impl Shell {
    /// Completes the word before the cursor; true when the host was asked.
    pub(super) fn complete(&mut self, sys: &mut Sys<'_>, editor: &mut Editor, again: bool) -> bool {
        let (line, cursor) = editor.line();
        let before: String = line.chars().take(cursor).collect();
        let (start, word) = word_before(editor);
        let head: String = before.chars().take(start).collect();
        let segment = head.rsplit(['|', ';', '&', '(', '`']).next().unwrap_or("").trim_start().to_string();
        let command = segment.split_whitespace().find(|w| !w.contains('=')).unwrap_or("").to_string();
        if let Some(name) = word.strip_prefix('$') {
            let names: Vec<String> =
                self.vars.iter().filter(|(k, _)| k.starts_with(name)).map(|(k, _)| format!("${k}")).collect();
            self.show_candidates(editor, start, &word, names, true, again);
            return false;
        }
        if command.is_empty() && !word.contains('/') {
            let names = self.command_names(sys, &word);
            self.show_candidates(editor, start, &word, names, false, again);
            return false;
        }
        // An alias of a program that completes is completed as that program.
        let expanded = self.aliases.get(&command).cloned().unwrap_or(command.clone());
        let program =
            expanded.split_whitespace().next().unwrap_or("").rsplit('/').next().unwrap_or("").to_string();
        let mut words: Vec<String> = expanded.split_whitespace().map(str::to_string).collect();
        words.extend(segment.split_whitespace().skip_while(|w| **w != *command).skip(1).map(unquote));
        words.push(unquote(&word));
        let index = words.len() - 1;
        let redirects = head.trim_end().ends_with(['>', '<']);
        if !redirects && let Some(call) = sys.ask_completion(&program, words, index) {
            editor.completion = Some(call);
            return true;
        }
        if let Some(mut listed) = self.listed_completions(&command) {
            listed.retain(|w| w.starts_with(&word));
            self.show_candidates(editor, start, &word, listed, false, again);
            return false;
        }
        let only_dirs = matches!(command.as_str(), "cd" | "rmdir" | "pushd");
        let files = self.file_names(sys, &word, only_dirs);
        self.show_candidates(editor, start, &word, files, false, again);
        false
    }

    pub(super) fn command_names(&mut self, sys: &mut Sys<'_>, word: &str) -> Vec<String> {
        let mut names: Vec<String> = builtins::names(self.kind).map(str::to_string).collect();
        names.extend(self.aliases.keys().cloned());
        names.extend(self.functions.keys().cloned());
        let search = self.vars.text("PATH").unwrap_or("").to_string();
        for dir in search.split(':') {
            names.extend(sys.vfs().read_dir(dir).unwrap_or_default());
        }
        names.retain(|n| n.starts_with(word));
        names.stable_sort();
        names.dedup();
        names
    }

    /// The paths that begin with a word, escaped for the shell; directories end in a slash.
    pub(in crate::shell) fn file_names(
        &mut self,
        sys: &mut Sys<'_>,
        word: &str,
        only_dirs: bool,
    ) -> Vec<String> {
        let plain = unquote(word);
        let (dir, base) = match plain.rsplit_once('/') {
            Some((dir, base)) => (format!("{dir}/"), base.to_string()),
            None => (String::new(), plain.clone()),
        };
        let place = match dir.strip_prefix("~/") {
            Some(rest) => format!("{}/{rest}", self.vars.text("HOME").unwrap_or("/")),
            None if dir.is_empty() => ".".to_string(),
            None => dir.clone(),
        };
        let names = sys.vfs().read_dir(&place).unwrap_or_default();
        let mut found = Vec::new();
        for name in names {
            if !name.starts_with(&base) || (name.starts_with('.') && !base.starts_with('.')) {
                continue;
            }
            let is_dir = sys.stat(&format!("{place}/{name}")).is_ok_and(|s| s.is_dir());
            if only_dirs && !is_dir {
                continue;
            }
            let escaped: String = name
                .chars()
                .flat_map(|c| if " \t'\"\\$&;|<>()*?[]#`!".contains(c) { vec!['\\', c] } else { vec![c] })
                .collect();
            found.push(format!("{dir}{escaped}{}", if is_dir { "/" } else { "" }));
        }
        found
    }

    /// Puts in what candidates have in common, or lists them on the second Tab.
    pub(super) fn show_candidates(
        &mut self,
        editor: &mut Editor,
        start: usize,
        word: &str,
        candidates: Vec<String>,
        no_space: bool,
        again: bool,
    ) {
        let mut out = Vec::new();
        match candidates.as_slice() {
            [] => out.push(7),
            [one] => {
                let space = if no_space || one.ends_with(['/', '=', ':']) { "" } else { " " };
                editor.replace(start, &format!("{one}{space}"), &mut out);
            }
            many => {
                let common = common_prefix(many);
                if common.chars().count() > word.chars().count() {
                    editor.replace(start, &common, &mut out);
                } else if again {
                    out.extend(b"\n");
                    let cols = 80;
                    let shown: Vec<&str> = many.iter().map(|c| display_name(c)).collect();
                    out.extend(columns(&shown, cols).bytes());
                    self.out.push(2, &out);
                    out = editor.redraw_fresh();
                } else {
                    out.push(7);
                }
            }
        }
        self.out.push(2, &out);
    }
}

/// Where the word before the cursor begins, and its text.
pub(super) fn word_before(editor: &Editor) -> (usize, String) {
    let (line, cursor) = editor.line();
    let chars: Vec<char> = line.chars().take(cursor).collect();
    let mut start = chars.len();
    while start > 0 {
        let c = chars[start - 1];
        let escaped = start > 1 && chars[start - 2] == '\\';
        if !escaped && (c.is_whitespace() || "|;&<>()`=".contains(c)) {
            // `--flag=` is part of the word for programs that complete their own flags.
            if c == '=' && chars[..start].iter().rev().take_while(|c| !c.is_whitespace()).any(|c| *c == '-') {
                start -= 1;
                continue;
            }
            break;
        }
        start -= 1;
    }
    let word = chars[start..].iter().collect();
    (start, word)
}

pub(super) fn unquote(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            '\'' | '"' => {}
            c => out.push(c),
        }
    }
    out
}

pub(super) fn common_prefix(words: &[String]) -> String {
    let mut prefix: Vec<char> = words[0].chars().collect();
    for word in words {
        let same = prefix.iter().zip(word.chars()).take_while(|(a, b)| **a == *b).count();
        prefix.truncate(same);
    }
    prefix.into_iter().collect()
}

/// The last part of a path, as readline lists files.
pub(super) fn display_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match trimmed.rfind('/') {
        Some(at) => &path[at + 1..],
        None => path,
    }
}

/// Words in columns, down first.
pub(crate) fn columns(words: &[&str], cols: usize) -> String {
    let widest = words.iter().map(|w| w.chars().count()).max().unwrap_or(0) + 2;
    let per_row = (cols / widest).max(1);
    let rows = words.len().div_ceil(per_row);
    let mut out = String::new();
    for row in 0..rows {
        let line: Vec<&str> = words.iter().skip(row).step_by(rows).copied().collect();
        for (i, word) in line.iter().enumerate() {
            if i + 1 < line.len() {
                out.push_str(&format!("{word:<widest$}"));
            } else {
                out.push_str(word);
            }
        }
        out.push('\n');
    }
    out
}
