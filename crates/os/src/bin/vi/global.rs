//! `:g`, `:v` and `:normal`: commands for many lines.

use super::ex::Line;
use super::register::keys_of;
use super::substitute::split_pattern;
use super::{Mode, Vi};
use crate::bin::screen::Key;
use crate::kernel::Sys;

impl Vi {
    /// `:g`, `:v`, `:normal`. False: this vi has no such command.
    pub(super) fn ex_global(&mut self, line: &Line<'_>, sys: &mut Sys<'_>) -> bool {
        if self.busybox {
            return false;
        }
        if line.name.starts_with("norm") {
            if line.args.is_empty() {
                self.fail("E471: Argument required");
                return true;
            }
            let rows = line.range.map_or(vec![self.row], |(from, to)| (from..=to).collect());
            self.normal(&rows, line.rest.trim_start_matches('!').trim_start(), line.range.is_some(), sys);
            return true;
        }
        if self.global_runs {
            self.fail("E147: Cannot do :global recursive with a range");
            return true;
        }
        let whole = line.range.unwrap_or((0, self.last_row()));
        let inverse = line.bang || line.name.starts_with('v');
        self.global(whole, line.rest.trim_start_matches('!').trim_start(), inverse, sys);
        true
    }

    /// Types keys in normal mode, once for each of these lines.
    fn normal(&mut self, rows: &[usize], text: &str, places: bool, sys: &mut Sys<'_>) {
        let keys = keys_of(text);
        for row in rows {
            if places {
                self.go(*row, 0);
            }
            self.pending.clear();
            self.mode = Mode::Normal;
            self.failed = false;
            self.save_undo_of_many();
            self.type_keys(&keys, sys);
            // What is not complete is given up.
            if !matches!(self.mode, Mode::Normal) {
                self.type_keys(&[Key::Esc], sys);
                self.mode = Mode::Normal;
            }
            self.pending.clear();
            if self.budget == 0 {
                break;
            }
        }
        self.failed = false;
        if self.depth == 0 {
            self.close_change();
        }
    }

    /// One undo takes back what all lines got.
    fn save_undo_of_many(&mut self) {
        self.depth += 1;
        self.save_undo();
        self.depth -= 1;
    }

    /// `g/pattern/command`
    fn global(&mut self, (from, to): (usize, usize), rest: &str, inverse: bool, sys: &mut Sys<'_>) {
        let Some((pattern, command, more)) = split_pattern(rest) else {
            return self.fail("E148: Regular expression missing from global");
        };
        let separator = rest.chars().next().unwrap_or('/');
        let had_more = rest.chars().filter(|c| *c == separator).count() > 2;
        let command = if had_more { format!("{command}{separator}{more}") } else { command };
        let Some(pattern) = self.or_last_pattern(pattern) else { return };
        let Some(regex) = self.regex(&pattern) else { return self.not_found(&pattern) };
        self.search = Some((pattern.clone(), true));
        let hit = |line: &Vec<char>| regex.is_match(&line.iter().collect::<String>()) != inverse;
        let mut rows: Vec<usize> = (from..=to).filter(|row| hit(&self.text.lines[*row])).collect();
        if rows.is_empty() {
            let text = if inverse {
                format!("E538: Pattern found in every line: {pattern}")
            } else {
                format!("E486: Pattern not found: {pattern}")
            };
            return self.fail(text);
        }
        let command = match command.trim() {
            "" => "p".to_owned(),
            command => command.to_owned(),
        };
        if command == "p" {
            let lines = rows.iter().map(|row| self.text.lines[*row].iter().collect()).collect();
            self.go_to_line(rows[rows.len() - 1]);
            return self.tell(lines);
        }
        let before = self.text.lines.len();
        self.save_undo_of_many();
        self.depth += 1;
        self.global_runs = true;
        let mut at = 0;
        while at < rows.len() && self.budget > 0 {
            let row = rows[at].min(self.last_row());
            let old_len = self.text.lines.len();
            self.row = row;
            self.col = 0;
            self.failed = false;
            self.budget -= 1;
            sys.spend(1);
            self.ex(&command, sys);
            self.clamp();
            let change = self.text.lines.len() as i64 - old_len as i64;
            let rest = rows.split_off(at + 1);
            rows.extend(rest.into_iter().filter_map(|later| self.moved_by(&command, row, later, change)));
            at += 1;
        }
        self.global_runs = false;
        self.depth -= 1;
        self.failed = false;
        if self.depth == 0 {
            self.close_change();
        }
        let difference = self.text.lines.len() as i64 - before as i64;
        self.message = match difference {
            n if n > 2 => format!("{n} more lines"),
            n if n < -2 => format!("{} fewer lines", -n),
            _ => self.global_hits(),
        };
        self.global_substitutions = (0, 0);
    }

    /// Where a later line is after a command on this one; `None`: it went with it.
    fn moved_by(&self, command: &str, row: usize, later: usize, change: i64) -> Option<usize> {
        match (command.chars().next(), change) {
            (Some('m'), 0) => Some(if self.row > row && later <= self.row { later - 1 } else { later }),
            (Some('t' | 'c'), 1..) => Some(if later >= self.row { later + change as usize } else { later }),
            (_, 0) => Some(later),
            (_, 1..) => Some(later + change as usize),
            (first, _) => {
                let gone = change.unsigned_abs() as usize;
                let from = if first == Some('j') { row + 1 } else { row };
                (later >= from + gone).then(|| later - gone)
            }
        }
    }

    /// What `:g` with `:s` did, all in all.
    fn global_hits(&self) -> String {
        match self.global_substitutions {
            (hits, lines) if hits > 2 => {
                format!("{hits} substitutions on {lines} line{}", if lines == 1 { "" } else { "s" })
            }
            _ => String::new(),
        }
    }
}
