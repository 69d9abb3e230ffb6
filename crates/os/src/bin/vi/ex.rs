//! The `:` line.

use super::{Register, Vi};
use crate::bin::screen::Text;
use crate::kernel::Sys;

impl Vi {
    /// Runs a command line.
    pub(super) fn ex(&mut self, line: &str, sys: &mut Sys<'_>) {
        self.message.clear();
        let line = line.trim().trim_start_matches(':').trim_start();
        if line.is_empty() {
            return;
        }
        let Some((range, command)) = self.range(line) else {
            if self.message.is_empty() {
                self.message = "E16: Invalid range".to_owned();
            }
            return;
        };
        let (from, to) = range.unwrap_or((self.row, self.row));
        let name_end = command.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(command.len());
        let (name, rest) = command.split_at(name_end);
        let (bang, args) = match rest.strip_prefix('!') {
            Some(args) => (true, args.trim()),
            None => (false, rest.trim()),
        };
        match name {
            "" if rest.is_empty() => {
                let col = self.first_ink(to);
                self.go(to, col);
            }
            "" if rest.starts_with(['>', '<']) => {
                self.save_undo();
                self.shift(from, to, if rest.starts_with('>') { 1 } else { -1 });
            }
            "" if rest.starts_with('!') => {
                self.message = "E145: Shell commands and some functionality not allowed here".to_owned();
            }
            "w" | "write" => self.write(args, bang, range, sys),
            "wq" | "x" | "xit" | "wqa" | "wqall" | "xa" | "xall" => {
                let needed = name.starts_with('w') || self.text.modified || !args.is_empty();
                if !needed || self.save(args, bang, None, sys) {
                    self.leave(sys, name.ends_with('a') || name.ends_with("all"), true);
                }
            }
            "q" | "quit" | "qa" | "qall" | "quita" | "quitall" => {
                if self.text.modified && !bang {
                    self.message = "E37: No write since last change (add ! to override)".to_owned();
                } else {
                    self.leave(sys, name != "q" && name != "quit", bang);
                }
            }
            "cq" | "cquit" => self.exit = Some(1),
            "e" | "edit" => self.edit_file(args, bang, sys),
            "n" | "next" => {
                if self.text.modified && !bang {
                    self.message = "E37: No write since last change (add ! to override)".to_owned();
                } else if self.next_files.is_empty() {
                    self.message = "E165: Cannot go beyond last file".to_owned();
                } else {
                    let file = self.next_files.remove(0);
                    self.open(&file, sys);
                }
            }
            "r" | "read" => self.read_in(args, to, sys),
            "set" | "se" | "setlocal" => self.set_options(args),
            "noh" | "nohlsearch" | "syntax" | "syn" | "filetype" | "colorscheme" | "hi" | "let" | "map"
            | "noremap" | "imap" => {}
            "f" | "file" => {
                if !args.is_empty() {
                    self.text.path = Some(args.to_owned());
                }
                let path = self.text.path.clone().unwrap_or_else(|| "[No Name]".to_owned());
                let lines = self.text.lines.len();
                self.message = format!("\"{path}\" {lines} lines --{}%--", (self.row + 1) * 100 / lines);
            }
            "d" | "delete" => {
                self.save_undo();
                self.delete_lines(from, to);
            }
            "y" | "yank" => self.yank_lines(from, to),
            "m" | "move" | "t" | "co" | "copy" => self.transfer(from, to, args, name.starts_with('m')),
            "j" | "join" => {
                self.save_undo();
                let last = to.max(from + 1);
                self.ex_join(from, last);
            }
            "s" | "substitute" => self.substitute(from, to, rest),
            "g" | "global" | "v" | "vglobal" => {
                let whole = range.unwrap_or((0, self.text.lines.len() - 1));
                self.global(whole, rest.trim_start_matches('!'), bang || name.starts_with('v'));
            }
            "undo" | "u" => self.normal_undo(true),
            "redo" => self.normal_undo(false),
            "version" | "ve" => self.message = "VIM - Vi IMproved 9.1 (2024 Jan 02)".to_owned(),
            "help" | "h" => {
                self.message =
                    "i insert, Esc back, :w write, :q quit, :wq both, :q! without writing".to_owned();
            }
            _ => self.message = format!("E492: Not an editor command: {line}"),
        }
    }

    fn normal_undo(&mut self, back: bool) {
        let then = if back { self.undo.pop() } else { self.redo.pop() };
        match then {
            Some(then) => {
                let now = super::Snapshot {
                    lines: std::rc::Rc::new(std::mem::replace(&mut self.text.lines, then.lines.to_vec())),
                    cursor: (self.row, self.col),
                };
                if back {
                    self.redo.push(now)
                } else {
                    self.undo.push(now)
                }
                self.text.modified = true;
            }
            None => {
                let edge = if back { "oldest" } else { "newest" };
                self.message = format!("Already at {edge} change");
            }
        }
    }

    fn ex_join(&mut self, from: usize, to: usize) {
        let to = to.min(self.text.lines.len() - 1);
        let tail: Vec<Vec<char>> = self.text.lines.drain(from + 1..=to).collect();
        for part in tail {
            let line = &mut self.text.lines[from];
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(part.into_iter().skip_while(|c| c.is_whitespace()));
        }
        self.changed();
        self.go(from, 0);
    }

    /// The lines that a command is for, from 0, and the command.
    fn range<'a>(&mut self, line: &'a str) -> Option<(Option<(usize, usize)>, &'a str)> {
        if let Some(rest) = line.strip_prefix('%') {
            return Some((Some((0, self.text.lines.len() - 1)), rest.trim_start()));
        }
        let (first, rest) = self.address(line)?;
        let Some(first) = first else {
            return match rest.strip_prefix(',') {
                Some(rest) => {
                    let (to, rest) = self.address(rest)?;
                    Some((Some((self.row, to.unwrap_or(self.row))), rest.trim_start()))
                }
                None => Some((None, rest)),
            };
        };
        let (from, to, rest) = match rest.strip_prefix([',', ';']) {
            Some(rest) => {
                let (to, rest) = self.address(rest)?;
                (first, to.unwrap_or(self.row), rest)
            }
            None => (first, first, rest),
        };
        let (from, to) = (from.min(to), from.max(to));
        Some((Some((from, to)), rest.trim_start()))
    }

    fn address<'a>(&mut self, text: &'a str) -> Option<(Option<usize>, &'a str)> {
        let last = self.text.lines.len() - 1;
        let text = text.trim_start();
        let mut chars = text.chars();
        let (mut row, mut rest) = match chars.next() {
            Some('.') => (Some(self.row as i64), &text[1..]),
            Some('$') => (Some(last as i64), &text[1..]),
            Some('\'') => {
                let mark = chars.next()?;
                let Some((row, _)) = self.marks.get(&mark) else {
                    self.message = "E20: Mark not set".to_owned();
                    return None;
                };
                (Some(*row as i64), &text[1 + mark.len_utf8()..])
            }
            Some('/') => {
                let end = text[1..].find('/').map_or(text.len(), |at| at + 1);
                let (row, _) = self.search_from(&text[1..end], true)?;
                self.message.clear();
                (Some(row as i64), text.get(end + 1..).unwrap_or_default())
            }
            Some('0'..='9') => {
                let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
                (Some(text[..end].parse::<i64>().ok()? - 1), &text[end..])
            }
            _ => (None, text),
        };
        while rest.starts_with(['+', '-']) {
            let sign = if rest.starts_with('+') { 1 } else { -1 };
            let digits = &rest[1..];
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            let by = digits[..end].parse::<i64>().unwrap_or(1);
            row = Some(row.unwrap_or(self.row as i64) + sign * by);
            rest = &digits[end..];
        }
        Some((row.map(|row| row.clamp(0, last as i64) as usize), rest))
    }

    fn write(&mut self, args: &str, bang: bool, range: Option<(usize, usize)>, sys: &mut Sys<'_>) {
        self.save(args, bang, range, sys);
    }

    /// Writes the text; says whether that worked.
    fn save(&mut self, to: &str, bang: bool, range: Option<(usize, usize)>, sys: &mut Sys<'_>) -> bool {
        let Some(path) = (if to.is_empty() { self.text.path.clone() } else { Some(to.to_owned()) }) else {
            self.message = "E32: No file name".to_owned();
            return false;
        };
        let own = self.text.path.as_deref() == Some(path.as_str());
        if self.read_only && !bang {
            self.message = "E45: 'readonly' option is set (add ! to override)".to_owned();
            return false;
        }
        let exists = sys.stat(&path).is_ok();
        if !own && exists && !bang {
            self.message = "E13: File exists (add ! to override)".to_owned();
            return false;
        }
        let (from, end) = range.map_or((0, self.text.lines.len()), |(a, b)| (a, b + 1));
        let bytes = self.text.content(from, end);
        match Text::store(sys, &path, &bytes) {
            Ok(()) => {
                let new = if exists { "" } else { "[New] " };
                let lines = bytes.iter().filter(|b| **b == b'\n').count();
                self.message = format!("\"{path}\" {new}{lines}L, {}B written", bytes.len());
                if range.is_none() && (own || self.text.path.is_none()) {
                    self.text.modified = false;
                    self.text.is_new = false;
                    self.text.path = Some(path);
                }
                true
            }
            Err(crate::errno::Errno::EACCES | crate::errno::Errno::EROFS) if exists => {
                self.message = format!("\"{path}\" E212: Can't open file for writing");
                false
            }
            Err(_) => {
                self.message = format!("\"{path}\" E212: Can't open file for writing");
                false
            }
        }
    }

    fn leave(&mut self, _sys: &mut Sys<'_>, all: bool, force: bool) {
        if !self.next_files.is_empty() && !all && !force {
            let n = self.next_files.len();
            self.message = format!("E173: {n} more file{} to edit", if n == 1 { "" } else { "s" });
            return;
        }
        self.exit = Some(0);
    }

    fn edit_file(&mut self, args: &str, bang: bool, sys: &mut Sys<'_>) {
        if self.text.modified && !bang {
            self.message = "E37: No write since last change (add ! to override)".to_owned();
            return;
        }
        let path = if args.is_empty() { self.text.path.clone() } else { Some(args.to_owned()) };
        match path {
            Some(path) => self.open(&path, sys),
            None => self.message = "E32: No file name".to_owned(),
        }
    }

    fn read_in(&mut self, path: &str, below: usize, sys: &mut Sys<'_>) {
        match crate::bin::screen::read_file(sys, path) {
            Ok(bytes) => {
                self.save_undo();
                let (lines, _) = crate::bin::screen::lines_of(&bytes);
                self.message = format!("\"{path}\" {}L, {}B", lines.len(), bytes.len());
                let at = below + 1;
                self.text.lines.splice(at..at, lines);
                self.changed();
                self.go(at.min(self.text.lines.len() - 1), 0);
            }
            Err(_) => self.message = format!("E484: Can't open file {path}"),
        }
    }

    fn transfer(&mut self, from: usize, to: usize, args: &str, moves: bool) {
        let target = if args.trim() == "0" {
            Some(0)
        } else {
            self.address(args).and_then(|(row, _)| row).map(|r| r + 1)
        };
        let Some(mut target) = target else {
            self.message = "E14: Invalid address".to_owned();
            return;
        };
        self.save_undo();
        let lines: Vec<Vec<char>> = self.text.lines[from..=to].to_vec();
        if moves {
            if (from..=to).contains(&target) {
                return;
            }
            self.text.lines.drain(from..=to);
            if target > to {
                target -= to - from + 1;
            }
        }
        let count = lines.len();
        self.text.lines.splice(target..target, lines);
        self.changed();
        self.go(target + count - 1, 0);
    }

    /// `s/pattern/text/flags`
    fn substitute(&mut self, from: usize, to: usize, rest: &str) {
        let Some(parts) = split_pattern(rest) else {
            self.message = "E486: Pattern not found".to_owned();
            return;
        };
        let (pattern, with, flags) = parts;
        let pattern = if pattern.is_empty() {
            self.search.clone().map(|(pattern, _)| pattern).unwrap_or_default()
        } else {
            pattern
        };
        let source = if flags.contains('i') { format!("\\c{pattern}") } else { pattern.clone() };
        let Some(regex) = self.regex(&source) else {
            self.message = format!("E486: Pattern not found: {pattern}");
            return;
        };
        self.search = Some((pattern.clone(), true));
        self.save_undo();
        let (mut hits, mut lines, mut last) = (0, 0, self.row);
        let mut row = from;
        let mut end = to;
        while row <= end && row < self.text.lines.len() {
            let text: String = self.text.lines[row].iter().collect();
            let (new, count) = replace(&regex, &text, &with, flags.contains('g'));
            if count > 0 {
                hits += count;
                lines += 1;
                let made: Vec<Vec<char>> = new.split('\n').map(|line| line.chars().collect()).collect();
                let extra = made.len() - 1;
                self.text.lines.splice(row..=row, made);
                row += extra;
                end += extra;
                last = row;
            }
            row += 1;
        }
        if hits == 0 {
            self.undo.pop();
            if !flags.contains('e') {
                self.message = format!("E486: Pattern not found: {pattern}");
            }
            return;
        }
        self.changed();
        let col = self.first_ink(last);
        self.go(last, col);
        if hits > 2 {
            self.message =
                format!("{hits} substitutions on {lines} line{}", if lines == 1 { "" } else { "s" });
        }
    }

    /// `g/pattern/command`: d, s and y are what is used.
    fn global(&mut self, (from, to): (usize, usize), rest: &str, inverse: bool) {
        let Some((pattern, command, more)) = split_pattern(rest) else {
            self.message = "E486: Pattern not found".to_owned();
            return;
        };
        let command = if more.is_empty() { command } else { format!("{command}/{more}") };
        let Some(regex) = self.regex(&pattern) else {
            self.message = format!("E486: Pattern not found: {pattern}");
            return;
        };
        let hit = |line: &Vec<char>| regex.is_match(&line.iter().collect::<String>()) != inverse;
        let rows: Vec<usize> = (from..=to).filter(|row| hit(&self.text.lines[*row])).collect();
        if rows.is_empty() {
            self.message = format!("E486: Pattern not found: {pattern}");
            return;
        }
        self.save_undo();
        match command.trim() {
            "d" | "delete" => {
                let removed: Vec<Vec<char>> = rows.iter().map(|row| self.text.lines[*row].clone()).collect();
                for row in rows.iter().rev() {
                    self.text.lines.remove(*row);
                }
                if self.text.lines.is_empty() {
                    self.text.lines.push(Vec::new());
                }
                if rows.len() > 2 {
                    self.message = format!("{} fewer lines", rows.len());
                }
                self.register = Register { lines: removed, linewise: true };
                self.changed();
                self.go(rows[0].min(self.text.lines.len() - 1), 0);
            }
            command if command.starts_with('s') => {
                let tail = command[1..].to_owned();
                for row in rows {
                    self.substitute(row, row, &tail);
                }
            }
            other => self.message = format!("E492: Not an editor command: {other}"),
        }
    }

    /// `:set` with several options.
    pub(super) fn set_options(&mut self, options: &str) {
        for option in options.split_whitespace() {
            self.set_option(option);
        }
    }

    fn set_option(&mut self, option: &str) {
        if option.starts_with('"') {
            return;
        }
        let (name, value) = option.split_once('=').map_or((option, None), |(n, v)| (n, Some(v)));
        let (name, query) = name.strip_suffix('?').map_or((name, false), |name| (name, true));
        let (name, toggle) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
        let (name, on) = match name.strip_prefix("no").filter(|rest| !rest.is_empty()) {
            Some(rest) if !matches!(name, "nosuch") => (rest, false),
            _ => (name, true),
        };
        let settings = &mut self.settings;
        if let Some(value) = value {
            let number = value.parse::<usize>().ok().filter(|n| *n <= 64);
            match (name, number) {
                ("tabstop" | "ts", Some(n)) if n > 0 => settings.tab_stop = n,
                ("shiftwidth" | "sw", Some(n)) => settings.shift_width = n,
                ("softtabstop" | "sts", Some(n)) => settings.soft_tab = n,
                ("tabstop" | "ts" | "shiftwidth" | "sw" | "softtabstop" | "sts", _) => {
                    self.message = format!("E487: Argument must be positive: {option}");
                }
                _ => {}
            }
            return;
        }
        let flag = match name {
            "number" | "nu" => &mut settings.number,
            "relativenumber" | "rnu" => &mut settings.relative,
            "paste" => &mut settings.paste,
            "list" => &mut settings.list,
            "ignorecase" | "ic" => &mut settings.ignore_case,
            "smartcase" | "scs" => &mut settings.smart_case,
            "autoindent" | "ai" | "smartindent" | "si" | "cindent" => &mut settings.auto_indent,
            "expandtab" | "et" => &mut settings.expand_tab,
            "ro" | "readonly" => &mut self.read_only,
            "hlsearch" | "hls" | "incsearch" | "is" | "wrap" | "ruler" | "ru" | "showmode" | "smd"
            | "compatible" | "cp" | "cursorline" | "cul" | "cursorcolumn" | "cuc" | "syntax"
            | "showmatch" | "sm" | "backup" | "swapfile" | "hidden" | "mouse" | "modeline" | "visualbell"
            | "errorbells" | "showcmd" => return,
            _ => {
                self.message = format!("E518: Unknown option: {option}");
                return;
            }
        };
        if query {
            self.message = format!("{}{name}", if *flag { "  " } else { "no" });
        } else {
            *flag = if toggle { !*flag } else { on };
        }
    }
}

/// `/pattern/text/flags`, with any sign in place of the slash.
fn split_pattern(text: &str) -> Option<(String, String, String)> {
    let separator = text.chars().next().filter(|c| !c.is_alphanumeric() && !c.is_whitespace())?;
    let mut parts = vec![String::new()];
    let mut chars = text.chars().skip(1);
    while let Some(c) = chars.next() {
        if c == '\\' {
            let next = chars.next()?;
            let part = parts.last_mut()?;
            if next != separator {
                part.push('\\');
            }
            part.push(next);
        } else if c == separator && parts.len() < 3 {
            parts.push(String::new());
        } else {
            parts.last_mut()?.push(c);
        }
    }
    parts.resize(3, String::new());
    let flags = parts.pop()?;
    let with = parts.pop()?;
    Some((parts.pop()?, with, flags))
}

/// Replaces the first match, or all, and counts them.
fn replace(regex: &crate::text::regex::Regex, text: &str, with: &str, all: bool) -> (String, usize) {
    let mut out = String::new();
    let (mut at, mut copied, mut count) = (0, 0, 0);
    while let Some(groups) = regex.groups_at(text, at) {
        let Some(Some((start, end))) = groups.first().copied() else { break };
        out.push_str(&text[copied..start]);
        expand(with, text, &groups, &mut out);
        count += 1;
        copied = end;
        at = if end > start { end } else { end + text[end..].chars().next().map_or(1, char::len_utf8) };
        if !all || at > text.len() {
            break;
        }
    }
    out.push_str(&text[copied..]);
    (out, count)
}

fn expand(with: &str, text: &str, groups: &[Option<(usize, usize)>], out: &mut String) {
    let group = |n: usize| groups.get(n).copied().flatten().map_or("", |(a, b)| &text[a..b]);
    let mut chars = with.chars();
    while let Some(c) = chars.next() {
        match c {
            '&' => out.push_str(group(0)),
            '\\' => match chars.next() {
                Some(d) if d.is_ascii_digit() => out.push_str(group(d as usize - '0' as usize)),
                Some('r' | 'n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
}
