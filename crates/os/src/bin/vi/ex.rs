//! The `:` line: ranges and commands.

use collections::StableSort;

use super::register::Register;
use super::{Pos, VERSION, Vi};
use crate::kernel::Sys;

/// A command line, taken apart.
pub(super) struct Line<'a> {
    /// All of it, as it is told when it is none.
    pub text: &'a str,
    /// First and last line, from 0, if any were given.
    pub range: Option<(usize, usize)>,
    pub name: &'a str,
    pub bang: bool,
    /// What follows the name, as it stands.
    pub rest: &'a str,
    /// The same without the `!` and white space.
    pub args: &'a str,
}

/// Commands whose `|` belongs to them.
const TAKES_BARS: &[&str] = &["g", "global", "v", "vglobal", "norm", "normal", "!", "r!", "w!"];

impl Vi {
    /// Runs a command line.
    pub(super) fn ex(&mut self, line: &str, sys: &mut Sys<'_>) {
        self.message.clear();
        let mut left = line;
        loop {
            let text = left.trim().trim_start_matches(':').trim_start();
            let (own, more) = split_bar(text);
            self.ex_one(own, sys);
            match more {
                Some(more) if !self.failed => left = more,
                _ => return,
            }
        }
    }

    fn ex_one(&mut self, text: &str, sys: &mut Sys<'_>) {
        if text.is_empty() || text.starts_with('"') {
            return;
        }
        let Some((range, command)) = self.range(text) else {
            if !self.failed {
                self.fail("E16: Invalid range");
            }
            return;
        };
        let name_end = command.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(command.len());
        let (mut name, mut rest) = command.split_at(name_end);
        // `:k` and `:s` take what follows without a space; `:d x`, `:y x` do not.
        if let Some(mark) = name.strip_prefix('k').filter(|mark| mark.len() == 1) {
            (name, rest) = ("k", mark);
        }
        let (bang, args) = match rest.strip_prefix('!') {
            Some(args) => (true, args.trim()),
            None => (false, rest.trim()),
        };
        let line = Line { text, range, name, bang, rest, args };
        if !(self.ex_file(&line, sys) || self.ex_text(&line, sys) || self.ex_other(&line, sys)) {
            let text = if self.busybox {
                format!("'{}' is not implemented", line.text)
            } else {
                format!("E492: Not an editor command: {}", line.text)
            };
            self.fail(text);
        }
    }

    /// Commands that change or move in the text. False: it is none of them.
    fn ex_text(&mut self, line: &Line<'_>, sys: &mut Sys<'_>) -> bool {
        let (from, to) = line.range.unwrap_or((self.row, self.row));
        match line.name {
            "" if line.rest.is_empty() => {
                self.note_jump();
                self.go_to_line(to);
            }
            "" if line.rest.starts_with(['>', '<']) => {
                let sign = if line.rest.starts_with('>') { '>' } else { '<' };
                let steps = line.rest.chars().take_while(|c| *c == sign).count();
                self.save_undo();
                for _ in 0..steps {
                    self.shift(from, to, if sign == '>' { 1 } else { -1 });
                }
                self.go_to_line(to);
            }
            "" if line.rest.starts_with('!') => self.bang(line.range, line.rest[1..].trim(), sys),
            "" if line.rest.starts_with('=') => {
                self.message = (line.range.map_or(self.text.lines.len(), |(_, to)| to + 1)).to_string();
            }
            "" if line.rest.starts_with('&') => self.substitute_again(from, to, &line.rest[1..]),
            "" if line.rest.starts_with('*') => self.fail("E492: Not an editor command: *"),
            "d" | "de" | "del" | "delete" | "y" | "ya" | "yank" => {
                let Some((to, register)) = self.count_and_register(line, to) else { return true };
                let from = if line.range.is_some() || to == self.row { from } else { self.row };
                self.registers.chosen = register;
                if line.name.starts_with('d') {
                    self.save_undo();
                    self.delete_lines(from, to);
                } else {
                    self.yank_lines(from, to);
                }
                self.registers.chosen = None;
            }
            "pu" | "put" => {
                self.registers.chosen = line.args.chars().next();
                let register = self.register(self.registers.chosen);
                self.registers.chosen = None;
                if register.lines.is_empty() {
                    self.fail(format!(
                        "E353: Nothing in register {}",
                        line.args.chars().next().unwrap_or('"')
                    ));
                    return true;
                }
                self.save_undo();
                let above = line.range == Some((0, 0)) && line.text.starts_with('0') || line.bang;
                self.row = to;
                let lines = Register::new(register.lines, super::Shape::Lines);
                self.put_register(&lines, !above, 1, false);
            }
            "m" | "mo" | "move" | "t" | "co" | "copy" => {
                self.transfer(from, to, line.args, line.name.starts_with('m'));
            }
            "j" | "join" => {
                self.save_undo();
                let last = if line.range.is_some_and(|(a, b)| b > a) { to } else { from + 1 };
                self.join(from, (last - from + 1).max(2), !line.bang);
                self.go_to_line(from);
            }
            "k" | "ma" | "mark" => match line.args.chars().next() {
                Some(mark) => {
                    self.marks.insert(mark, (to, 0));
                }
                None => self.fail("E471: Argument required"),
            },
            "s" | "substitute" => self.substitute(from, to, line.rest),
            "sor" | "sort" => self.sort(line),
            "g" | "global" | "v" | "vglobal" | "norm" | "normal" => return self.ex_global(line, sys),
            "p" | "print" | "P" | "nu" | "number" | "l" | "list" | "#" => self.print(from, to, line.name),
            "u" | "un" | "undo" => self.travel(true),
            "red" | "redo" => self.travel(false),
            "undol" | "undolist" => self.undo_list(),
            _ => return false,
        }
        true
    }

    /// Everything else. False: there is no such command.
    fn ex_other(&mut self, line: &Line<'_>, sys: &mut Sys<'_>) -> bool {
        if line.name.starts_with("se") && ["se", "set", "setl", "setlocal"].contains(&line.name) {
            self.set_options(line.args);
            return true;
        }
        if self.busybox {
            if matches!(line.name, "ve" | "version") {
                self.message = "BusyBox v1.36.1 multi-call binary.".to_owned();
                return true;
            }
            return matches!(line.name, "fe" | "features") && {
                self.message = "These features are available: yank, marks, undo, search".to_owned();
                true
            };
        }
        match line.name {
            "noh" | "nohl" | "nohlsearch" => self.no_highlight = true,
            "reg" | "registers" | "di" | "display" => self.tell_registers(&line.args.replace([' ', '"'], "")),
            "marks" => self.tell_marks(),
            "ju" | "jumps" => self.tell_jumps(),
            "his" | "history" => self.tell_history(),
            "sh" | "shell" => self.run_shell("", sys),
            "st" | "stop" | "sus" | "suspend" => self.stops = true,
            "ve" | "version" => self.message = VERSION.to_owned(),
            "h" | "help" => {
                self.fail("E149: Sorry, no help for help.txt");
                self.message.push_str("  (i insert, Esc back, :w write, :q quit, :q! without writing)");
            }
            "sy" | "syn" | "syntax" | "filet" | "filetype" | "colo" | "colorscheme" | "hi" | "highlight"
            | "let" | "if" | "fu" | "function" | "ec" | "echo" | "exe" | "execute" | "au" | "autocmd"
            | "map" | "nmap" | "imap" | "vmap" | "noremap" | "nnoremap" | "inoremap" | "ab"
            | "abbreviate" | "sp" | "split" | "vs" | "vsplit" | "new" | "vnew" | "tabe" | "tabnew"
            | "mak" | "make" | "so" | "source" | "fo" | "fold" => {
                self.fail("E319: Sorry, the command is not available in this version");
            }
            _ => return false,
        }
        true
    }

    /// `[x] [count]` behind `:d` and `:y`: the last line, and the register.
    fn count_and_register(&mut self, line: &Line<'_>, to: usize) -> Option<(usize, Option<char>)> {
        let (mut register, mut last) = (None, to);
        for word in line.args.split_whitespace() {
            match (word.parse::<usize>(), word.chars().next()) {
                (Ok(0), _) => {
                    self.fail("E939: Positive count required");
                    return None;
                }
                (Ok(n), _) => last = (to + n - 1).min(self.last_row()),
                (_, Some(name)) if word.len() == 1 && register.is_none() && Vi::is_register(name) => {
                    register = Some(name);
                }
                _ => {
                    self.fail(format!("E488: Trailing characters: {word}"));
                    return None;
                }
            }
        }
        Some((last, register))
    }

    /// `:p`, `:nu`, `:l`
    fn print(&mut self, from: usize, to: usize, how: &str) {
        let lines = (from..=to)
            .map(|row| {
                let text: String = self.text.lines[row].iter().collect();
                match how {
                    "nu" | "number" | "#" => format!("{:>3} {text}", row + 1),
                    "l" | "list" => format!("{}$", text.replace('\t', "^I")),
                    _ => text,
                }
            })
            .collect();
        self.go_to_line(to);
        self.tell(lines);
    }

    fn tell_marks(&mut self) {
        let mut lines = vec!["mark line  col file/text".to_owned()];
        for (name, (row, col)) in self.marks.iter() {
            let text: String = self.text.lines.get(*row).map_or(String::new(), |line| line.iter().collect());
            if *name != '`' {
                lines.push(format!(" {name} {:>6} {col:>4} {}", row + 1, text.trim_start()));
            }
        }
        self.tell(lines);
    }

    fn tell_jumps(&mut self) {
        let mut lines = vec![" jump line  col file/text".to_owned()];
        let total = self.jumps.len();
        for (n, (row, col)) in self.jumps.iter().enumerate() {
            let text: String = self.text.lines.get(*row).map_or(String::new(), |line| line.iter().collect());
            lines.push(format!("{:>4} {:>5} {col:>4} {}", total - n, row + 1, text.trim_start()));
        }
        lines.push(">".to_owned());
        self.tell(lines);
    }

    fn tell_history(&mut self) {
        let mut lines = vec!["      #  cmd history".to_owned()];
        let typed = self.lines_typed.iter().filter_map(|line| line.strip_prefix(':'));
        lines.extend(typed.enumerate().map(|(n, line)| format!("{:>7}  {line}", n + 1)));
        self.tell(lines);
    }

    /// The lines that a command is for, from 0, and the command.
    fn range<'a>(&mut self, line: &'a str) -> Option<(Option<(usize, usize)>, &'a str)> {
        if let Some(rest) = line.strip_prefix('%') {
            return Some((Some((0, self.last_row())), rest.trim_start()));
        }
        let here = (self.row, self.col);
        let (first, rest) = self.address(line)?;
        let found = match rest.strip_prefix([',', ';']) {
            Some(more) => {
                if rest.starts_with(';') {
                    self.row = first.unwrap_or(self.row);
                }
                let (to, rest) = self.address(more)?;
                (self.row, self.col) = (here.0, here.1);
                let (from, to) = (first.unwrap_or(here.0), to.unwrap_or(here.0));
                if from > to {
                    self.fail("E493: Backwards range given");
                    return None;
                }
                (Some((from, to)), rest.trim_start())
            }
            None => (first.map(|row| (row, row)), rest.trim_start()),
        };
        Some(found)
    }

    /// One address and what follows it.
    pub(super) fn address<'a>(&mut self, text: &'a str) -> Option<(Option<usize>, &'a str)> {
        let last = self.last_row();
        let text = text.trim_start();
        let mut chars = text.chars();
        let (mut row, mut rest) = match chars.next() {
            Some('.') => (Some(self.row as i64), &text[1..]),
            Some('$') => (Some(last as i64), &text[1..]),
            Some('\'') => {
                let mark = chars.next()?;
                let Some((row, _)) = self.marks.get(&mark) else {
                    self.fail("E20: Mark not set");
                    return None;
                };
                (Some(*row as i64), &text[1 + mark.len_utf8()..])
            }
            Some(sign @ ('/' | '?')) => {
                let end = text[1..].find(sign).map_or(text.len(), |at| at + 1);
                let pattern = self.or_last_pattern(text[1..end].to_owned())?;
                let from: Pos = (self.row, self.col);
                if sign == '/' {
                    self.col = self.line().len();
                } else {
                    self.col = 0;
                }
                let found = self.search_from(&pattern, sign == '/');
                (self.row, self.col) = from;
                self.search = Some((pattern, true));
                let (row, _) = found?;
                self.message.clear();
                (Some(row as i64), text.get(end + 1..).unwrap_or_default())
            }
            Some('0'..='9') => {
                let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
                let n = text[..end].parse::<i64>().ok()?;
                if n > last as i64 + 1 && !text[end..].is_empty() {
                    return None;
                }
                (Some((n - 1).max(0)), &text[end..])
            }
            _ => (None, text),
        };
        while rest.starts_with(['+', '-']) {
            let sign = if rest.starts_with('+') { 1 } else { -1 };
            let digits = &rest[1..];
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            let by = digits[..end].parse::<i64>().unwrap_or(1).min(1_000_000);
            row = Some(row.unwrap_or(self.row as i64) + sign * by);
            rest = &digits[end..];
        }
        Some((row.map(|row| row.clamp(0, last as i64) as usize), rest))
    }

    /// `:m` and `:t`
    fn transfer(&mut self, from: usize, to: usize, args: &str, moves: bool) {
        let target = match args.trim() {
            "" => None,
            "0" => Some(0),
            args => self.address(args).and_then(|(row, _)| row).map(|r| r + 1),
        };
        let Some(mut target) = target else {
            return self.fail(if args.trim().is_empty() {
                "E14: Invalid address"
            } else {
                "E16: Invalid range"
            });
        };
        if moves && (from + 1..=to).contains(&target) {
            return self.fail("E134: Cannot move a range of lines into itself");
        }
        self.save_undo();
        let lines: Vec<Vec<char>> = self.text.lines[from..=to].to_vec();
        if moves {
            self.text.lines.drain(from..=to);
            if target > to {
                target -= to - from + 1;
            }
        }
        let count = lines.len();
        self.text.lines.splice(target..target, lines);
        self.changed();
        if count > 2 {
            self.message = if moves { format!("{count} lines moved") } else { format!("{count} more lines") };
        }
        self.go_to_line(target + count - 1);
    }

    /// `:sort`, with `n` by the first number, `u` without doubles, `i` without regard to case, `!` the other way round.
    fn sort(&mut self, line: &Line<'_>) {
        if self.lacks("sort") {
            return;
        }
        let (from, to) = line.range.unwrap_or((0, self.last_row()));
        let (numeric, fold) = (line.args.contains('n'), line.args.contains('i'));
        let key = |line: &Vec<char>| {
            let text: String = line.iter().collect();
            if !numeric {
                return (0, if fold { text.to_ascii_lowercase() } else { text });
            }
            let from = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
            let digits: String = text[from..].chars().take_while(char::is_ascii_digit).collect();
            let sign = if text[..from].ends_with('-') { -1 } else { 1 };
            (digits.parse::<i64>().map_or(i64::MIN, |n| sign * n), String::new())
        };
        self.save_undo();
        let mut lines: Vec<Vec<char>> = self.text.lines.drain(from..=to).collect();
        lines.stable_sort_by(|a, b| {
            let order = key(a).cmp(&key(b));
            if line.bang { order.reverse() } else { order }
        });
        if line.args.contains('u') {
            lines.dedup_by(|a, b| key(a) == key(b));
        }
        self.text.lines.splice(from..from, lines);
        self.changed();
        self.go_to_line(from);
    }
}

/// The first command of a line, and what stands behind its `|`.
fn split_bar(text: &str) -> (&str, Option<&str>) {
    let bare = text.trim_start_matches(|c: char| !c.is_ascii_alphabetic() && c != '!');
    let name_end = bare.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(bare.len());
    if TAKES_BARS.contains(&&bare[..name_end]) || bare.starts_with('!') || text.contains(" !") {
        return (text, None);
    }
    let substitutes = matches!(&bare[..name_end], "s" | "substitute");
    let separator =
        bare[name_end..].trim_start().chars().next().filter(|c| substitutes && c.is_ascii_punctuation());
    // A pattern and its replacement may hold bars.
    let mut inside = if separator.is_some() { 3 } else { 0 };
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            c if inside > 0
                && Some(c) == separator
                && !escaped
                && at >= text.len() - bare.len() + name_end =>
            {
                inside -= 1
            }
            '|' if !escaped && inside == 0 => return (&text[..at], Some(&text[at + 1..])),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    (text, None)
}
