//! The interactive side of the shell: prompts, history, completion, and reading lines from the editor.

use std::rc::Rc;

use crate::{
    errno::Errno,
    kernel::{Mode, Reply, ShellKind, Sys},
    program::Wait,
    shell::{
        Shell, Step, builtins,
        input::{Input, Next},
        line::{Editor, Key},
        parse::{ParseError, Parser},
        vm::FrameKind,
    },
    signal::Signal,
};

/// The most lines the history file keeps.
const HISTORY: usize = 1000;

impl Shell {
    /// Sets up a shell for a person at a terminal.
    pub(super) fn begin_interactive(&mut self, sys: &mut Sys<'_>, norc: bool) {
        self.opts.monitor = sys.controlling_tty().is_some();
        self.opts.stdin = true;
        for signal in
            [Signal::INT, Signal::TERM, Signal::QUIT, Signal::TSTP, Signal::TTIN, Signal::TTOU, Signal::WINCH]
        {
            sys.catch(signal);
        }
        let mut editor = Editor::default();
        let file = self.history_file();
        let lines: Vec<String> =
            sys.vfs().read_text(&file).unwrap_or_default().lines().map(str::to_string).collect();
        editor.loaded = lines.len();
        editor.history = Rc::new(lines);
        self.input = Input::Tty(Box::new(editor));
        if self.vars.text("PS1").is_none() {
            let prompt = match self.kind {
                ShellKind::Bash => "\\s-\\v\\$ ",
                ShellKind::Dash => "$ ",
                ShellKind::Ash => "\\w \\$ ",
            };
            let _set = self.vars.set("PS1", prompt);
        }
        if self.kind == ShellKind::Dash && sys.uid() == 0 && self.vars.text("PS1") == Some("$ ") {
            let _set = self.vars.set("PS1", "# ");
        }
        if self.vars.text("PS2").is_none() {
            let _set = self.vars.set("PS2", "> ");
        }
        if norc {
            return;
        }
        // The last pushed runs first.
        if self.kind == ShellKind::Bash {
            let home = self.vars.text("HOME").unwrap_or("/root").to_string();
            self.run_file(
                sys,
                &if self.login { format!("{home}/.bash_profile") } else { format!("{home}/.bashrc") },
            );
            if !self.login {
                self.run_file(sys, "/etc/bash.bashrc");
            }
        }
        if self.login {
            self.run_file(sys, "/etc/profile");
        }
        if let Some(file) = self.vars.text("ENV").map(str::to_string).filter(|_| self.kind != ShellKind::Bash)
        {
            self.run_file(sys, &file);
        }
    }

    fn run_file(&mut self, sys: &mut Sys<'_>, path: &str) {
        if let Ok(text) = sys.vfs().read_text(path) {
            self.run_source(&text, FrameKind::Source(None));
        }
    }

    fn history_file(&self) -> String {
        let home = self.vars.text("HOME").unwrap_or("/root");
        match (self.vars.text("HISTFILE"), self.kind) {
            (Some(file), _) => file.to_string(),
            (None, ShellKind::Bash) => format!("{home}/.bash_history"),
            (None, _) => format!("{home}/.ash_history"),
        }
    }

    /// Writes the history when an interactive shell ends.
    pub(super) fn save_history(&mut self, sys: &mut Sys<'_>) {
        let Input::Tty(editor) = &self.input else { return };
        if editor.history.len() == editor.loaded || self.kind == ShellKind::Dash {
            return;
        }
        let first = editor.history.len().saturating_sub(HISTORY);
        let text: String = editor.history[first..].iter().map(|l| format!("{l}\n")).collect();
        let file = self.history_file();
        // A home that cannot be written keeps no history.
        let _written = sys.vfs().write(&file, text.into_bytes(), 0o600);
    }

    pub(super) fn history_lines(&self) -> Vec<String> {
        match &self.input {
            Input::Tty(editor) => editor.history.to_vec(),
            _ => Vec::new(),
        }
    }

    pub(super) fn clear_history(&mut self) {
        if let Input::Tty(editor) = &mut self.input {
            editor.history = Rc::default();
        }
    }

    /// The prompt with its escapes read.
    fn prompt(&mut self, sys: &mut Sys<'_>, name: &str) -> String {
        let raw = self.vars.text(name).unwrap_or("").to_string();
        if self.kind == ShellKind::Dash {
            return self.prompt_variables(sys, &raw);
        }
        let mut out = String::new();
        let mut chars = raw.chars();
        while let Some(c) = chars.next() {
            if c != '\\' {
                out.push(c);
                continue;
            }
            let Some(e) = chars.next() else { break };
            match e {
                'u' => out.push_str(&crate::bin::users::user_name(sys, sys.uid())),
                'h' => out.push_str(sys.hostname().split('.').next().unwrap_or("")),
                'H' => out.push_str(&sys.hostname()),
                'w' | 'W' => {
                    let pwd = self.vars.text("PWD").unwrap_or("/").to_string();
                    let home = self.vars.text("HOME").unwrap_or("").to_string();
                    let shown = match pwd.strip_prefix(&home) {
                        Some(rest) if home.len() > 1 && (rest.is_empty() || rest.starts_with('/')) => {
                            format!("~{rest}")
                        }
                        _ => pwd,
                    };
                    let last = shown.rsplit('/').next().filter(|l| !l.is_empty()).unwrap_or("/").to_string();
                    out.push_str(if e == 'w' { &shown } else { &last });
                }
                '$' => out.push(if sys.uid() == 0 { '#' } else { '$' }),
                'n' => out.push('\n'),
                'r' => out.push('\r'),
                't' => out.push_str(&crate::time::strftime("%H:%M:%S", sys.now())),
                'T' => out.push_str(&crate::time::strftime("%I:%M:%S", sys.now())),
                'A' => out.push_str(&crate::time::strftime("%H:%M", sys.now())),
                'd' => out.push_str(&crate::time::strftime("%a %b %d", sys.now())),
                's' => out.push_str(if self.kind == ShellKind::Bash { "bash" } else { "sh" }),
                'v' | 'V' => out.push_str("5.2"),
                'j' => out.push_str(&self.jobs.len().to_string()),
                '!' | '#' => out.push_str(&(self.history_lines().len() + 1).to_string()),
                'e' => out.push('\x1b'),
                'a' => out.push('\x07'),
                '[' => out.push('\x01'),
                ']' => out.push('\x02'),
                '\\' => out.push('\\'),
                '0'..='7' => {
                    let rest: String = chars.clone().take(2).collect();
                    let code = u8::from_str_radix(&format!("{e}{rest}"), 8).unwrap_or(b'?');
                    chars.nth(1);
                    out.push(code as char);
                }
                other => {
                    out.push('\\');
                    out.push(other);
                }
            }
        }
        let text = self.prompt_variables(sys, &out);
        // The marks of invisible parts are readline's own, not the terminal's.
        text.replace(['\x01', '\x02'], "")
    }

    /// `$name` in a prompt. Command substitutions in prompts are left out: a prompt must not wait.
    fn prompt_variables(&mut self, sys: &mut Sys<'_>, text: &str) -> String {
        if !text.contains('$') {
            return text.to_string();
        }
        let aliases = Default::default();
        let mut parser = Parser::new(text, self.kind, &aliases);
        let Ok(word) = parser.word(super::lex::Until::End) else { return text.to_string() };
        let saved = (std::mem::take(&mut self.memo), self.memo_at);
        self.memo_at = 0;
        let result = self.text(sys, &word);
        (self.memo, self.memo_at) = saved;
        result.unwrap_or_else(|_| text.to_string())
    }

    /// The next command typed at the terminal.
    pub(super) fn next_from_tty(&mut self, sys: &mut Sys<'_>) -> Next {
        let mut input = std::mem::replace(&mut self.input, Input::None);
        let next = match &mut input {
            Input::Tty(editor) => self.edit(sys, editor),
            _ => Next::End,
        };
        // The line may have asked to clear the history meanwhile; only commands can, and none ran.
        self.input = input;
        next
    }

    fn edit(&mut self, sys: &mut Sys<'_>, editor: &mut Editor) -> Next {
        while let Some(signal) = sys.take_signal() {
            if signal == Signal::WINCH {
                editor.set_cols(sys.window(0).map_or(80, |w| w.0));
            }
        }
        if !editor.is_drawn() {
            let raw = Mode { nl_to_crnl: true, ..Mode::RAW };
            let _no_tty = sys.set_tty_mode(0, raw);
            // The prompt needs the shell's history for `\!`, which is in the editor just now.
            let prompt = self.prompt(sys, if editor.pending.is_empty() { "PS1" } else { "PS2" });
            let cols = sys.window(0).map_or(80, |w| w.0);
            let out = editor.begin(prompt, cols);
            self.out.push(2, &out);
        }
        if let Some(call) = editor.completion {
            match sys.reply(call) {
                Some(Reply::Candidates { candidates, no_space }) => {
                    editor.completion = None;
                    let (start, word) = word_before(editor);
                    self.show_candidates(editor, start, &word, candidates, no_space, false);
                }
                Some(_) => editor.completion = None,
                None => return Next::Wait(Wait { reply: true, ..Wait::read(0) }),
            }
        }
        loop {
            let Some(byte) = editor.keys.pop_front() else {
                match sys.read(0, 4096) {
                    Ok(bytes) if bytes.is_empty() => {
                        self.cooked(sys);
                        return Next::End;
                    }
                    Ok(bytes) => {
                        editor.keys.extend(bytes);
                        continue;
                    }
                    Err(Errno::EAGAIN) => return Next::Wait(Wait::read(0)),
                    Err(_) => return Next::End,
                }
            };
            let mut out = Vec::new();
            let key = editor.key(byte, &mut out);
            self.out.push(2, &out);
            match key {
                Key::More => {}
                Key::Bell => self.out.push(2, b"\x07"),
                Key::Interrupt => {
                    editor.pending.clear();
                    self.status = 130;
                    return self.edit(sys, editor);
                }
                Key::End => {
                    self.cooked(sys);
                    if !editor.pending.is_empty() {
                        let line = std::mem::take(&mut editor.pending);
                        let mut parser = Parser::new(&line, self.kind, &self.aliases);
                        parser.lenient = true;
                        return match parser.whole() {
                            Ok(code) => Next::Code(code),
                            Err(e) => Next::Bad(e),
                        };
                    }
                    if self.kind == ShellKind::Bash {
                        self.out.push(2, if self.login { b"logout\n" } else { b"exit\n" });
                    } else {
                        self.out.push(2, b"\n");
                    }
                    return Next::End;
                }
                Key::Complete(again) => {
                    if self.complete(sys, editor, again) {
                        return Next::Wait(Wait { reply: true, ..Wait::read(0) });
                    }
                }
                Key::Line(line) => {
                    self.cooked(sys);
                    if let Some(next) = self.line_done(editor, line) {
                        return next;
                    }
                    return self.edit(sys, editor);
                }
            }
        }
    }

    /// Commands get a terminal in its usual mode.
    fn cooked(&mut self, sys: &mut Sys<'_>) {
        let _no_tty = sys.set_tty_mode(0, Mode::COOKED);
    }

    /// A line was entered; None asks for more of the command.
    fn line_done(&mut self, editor: &mut Editor, line: String) -> Option<Next> {
        let mut line = line;
        if editor.pending.is_empty() {
            match self.expand_history(editor, &line) {
                Ok(Some(expanded)) => {
                    self.out.push(2, format!("{expanded}\n").as_bytes());
                    line = expanded;
                }
                Ok(None) => {}
                Err(message) => {
                    self.out.push(2, format!("bash: {message}\n").as_bytes());
                    return None;
                }
            }
        }
        let mut text = std::mem::take(&mut editor.pending);
        text.push_str(&line);
        text.push('\n');
        let mut parser = Parser::new(&text, self.kind, &self.aliases);
        parser.extglob = self.opts.extglob;
        let result = parser.whole();
        match result {
            Err(ParseError::Incomplete(_) | ParseError::Unterminated(..)) => {
                editor.pending = text;
                None
            }
            other => {
                self.remember(editor, text.trim_end_matches('\n'));
                match other {
                    Ok(code) if code.ops.is_empty() => None,
                    Ok(code) => Some(Next::Code(code)),
                    Err(e) => Some(Next::Bad(e)),
                }
            }
        }
    }

    fn remember(&mut self, editor: &mut Editor, line: &str) {
        let control = self.vars.text("HISTCONTROL").unwrap_or("ignoredups");
        let both = control.contains("ignoreboth");
        if line.trim().is_empty()
            || (line.starts_with(' ') && (both || control.contains("ignorespace")))
            || ((both || control.contains("ignoredups")) && editor.history.last().is_some_and(|l| l == line))
        {
            return;
        }
        // Lines of one command are kept as one entry.
        let entry = if line.contains("<<") { line.to_string() } else { line.replace('\n', "; ") };
        Rc::make_mut(&mut editor.history).push(entry);
    }

    /// `!!`, `!$`, `!n`, `!-n`, `!text`, `^a^b`: the line they make, or None when there is none of them.
    fn expand_history(&self, editor: &Editor, line: &str) -> Result<Option<String>, String> {
        if self.kind != ShellKind::Bash || !(line.contains('!') || line.starts_with('^')) {
            return Ok(None);
        }
        let history = &editor.history;
        if let Some(rest) = line.strip_prefix('^') {
            let mut parts = rest.split('^');
            let (old, new) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
            let last = history.last().filter(|l| l.contains(old));
            return match last {
                Some(last) => Ok(Some(last.replacen(old, new, 1))),
                None => Err(format!(":s{line}: substitution failed")),
            };
        }
        let chars: Vec<char> = line.chars().collect();
        let mut out = String::new();
        let (mut i, mut quoted, mut changed) = (0, false, false);
        while i < chars.len() {
            match chars[i] {
                '\'' => quoted = !quoted,
                '\\' => {
                    out.push('\\');
                    i += 1;
                }
                '!' if !quoted => {
                    let rest: String = chars[i + 1..].iter().collect();
                    let (found, used) = match chars.get(i + 1) {
                        Some('!') => (history.last().cloned(), 1),
                        Some('$') => {
                            (history.last().and_then(|l| l.split_whitespace().last()).map(str::to_string), 1)
                        }
                        Some('*') => (
                            history
                                .last()
                                .map(|l| l.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")),
                            1,
                        ),
                        Some('^') => {
                            (history.last().and_then(|l| l.split_whitespace().nth(1)).map(str::to_string), 1)
                        }
                        None | Some(' ' | '\t' | '=' | '(' | '"') => {
                            out.push('!');
                            i += 1;
                            continue;
                        }
                        _ => {
                            let word: String = rest
                                .chars()
                                .take_while(|c| !c.is_whitespace() && !";&|)\"".contains(*c))
                                .collect();
                            let by_number = word.parse::<i64>().ok().map(|n| {
                                let at = if n < 0 { history.len() as i64 + n } else { n - 1 };
                                usize::try_from(at).ok().and_then(|at| history.get(at).cloned())
                            });
                            let found = by_number.unwrap_or_else(|| {
                                history.iter().rev().find(|l| l.starts_with(&word)).cloned()
                            });
                            if found.is_none() {
                                return Err(format!("!{word}: event not found"));
                            }
                            (found, word.chars().count())
                        }
                    };
                    let event: String = chars[i..=(i + used).min(chars.len() - 1)].iter().collect();
                    out.push_str(&found.ok_or(format!("{event}: event not found"))?);
                    changed = true;
                    i += used + 1;
                    continue;
                }
                _ => {}
            }
            out.extend(chars.get(i));
            i += 1;
        }
        Ok(changed.then_some(out))
    }

    /// Completes the word before the cursor; true when the host was asked.
    fn complete(&mut self, sys: &mut Sys<'_>, editor: &mut Editor, again: bool) -> bool {
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
        let only_dirs = matches!(command.as_str(), "cd" | "rmdir" | "pushd");
        let files = self.file_names(sys, &word, only_dirs);
        self.show_candidates(editor, start, &word, files, false, again);
        false
    }

    fn command_names(&mut self, sys: &mut Sys<'_>, word: &str) -> Vec<String> {
        let mut names: Vec<String> = builtins::names(self.kind).map(str::to_string).collect();
        names.extend(self.aliases.keys().cloned());
        names.extend(self.functions.keys().cloned());
        let search = self.vars.text("PATH").unwrap_or("").to_string();
        for dir in search.split(':') {
            names.extend(sys.vfs().read_dir(dir).unwrap_or_default());
        }
        names.retain(|n| n.starts_with(word));
        names.sort();
        names.dedup();
        names
    }

    fn file_names(&mut self, sys: &mut Sys<'_>, word: &str, only_dirs: bool) -> Vec<String> {
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
    fn show_candidates(
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

    /// `select`: shows the choices and reads one.
    pub(super) fn select(&mut self, sys: &mut Sys<'_>, leave: i32) -> Step {
        let Some((_, words)) = self.for_choices() else { return self.leave_select(leave) };
        let mut line = Vec::new();
        loop {
            if self.select_shown && !line.ends_with(b"\n") {
                match sys.read(0, 1) {
                    Ok(b) if b.is_empty() => {
                        self.select_shown = false;
                        return self.leave_select(leave);
                    }
                    Ok(b) => line.extend(b),
                    Err(Errno::EAGAIN) if line.is_empty() => return Step::Wait(Wait::read(0)),
                    Err(_) => {
                        self.select_shown = false;
                        return self.leave_select(leave);
                    }
                }
                continue;
            }
            if self.select_shown {
                break;
            }
            let mut menu = String::new();
            for (i, word) in words.iter().enumerate() {
                menu.push_str(&format!("{}) {word}\n", i + 1));
            }
            menu.push_str(self.vars.text("PS3").unwrap_or("#? "));
            self.eprint(menu);
            self.select_shown = true;
            return Step::Go;
        }
        self.select_shown = false;
        let reply = String::from_utf8_lossy(&line).trim().to_string();
        if reply.is_empty() {
            return Step::Go;
        }
        let chosen = reply
            .parse::<usize>()
            .ok()
            .and_then(|n| words.get(n.wrapping_sub(1)).cloned())
            .unwrap_or_default();
        self.assign("REPLY", reply);
        self.choose(&chosen);
        Step::Go
    }
}

/// Where the word before the cursor begins, and its text.
fn word_before(editor: &Editor) -> (usize, String) {
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

fn unquote(text: &str) -> String {
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

fn common_prefix(words: &[String]) -> String {
    let mut prefix: Vec<char> = words[0].chars().collect();
    for word in words {
        let same = prefix.iter().zip(word.chars()).take_while(|(a, b)| **a == *b).count();
        prefix.truncate(same);
    }
    prefix.into_iter().collect()
}

/// The last part of a path, as readline lists files.
fn display_name(path: &str) -> &str {
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
