//! What nano asks on the line above its keys, and what the answers do.

use super::{Ask, Nano};
use crate::bin::screen::{Errand, Key, Text, lines_of, read_file};
use crate::kernel::Sys;
use crate::text::regex::{Regex, Style};

impl Nano {
    /// A key while something is asked.
    pub(super) fn answer(&mut self, ask: Ask, mut answer: String, key: Key, sys: &mut Sys<'_>) {
        if matches!(key, Key::Ctrl('C')) {
            if let Ask::ReplaceThis(_, _, done) = ask {
                return self.tell_replaced(done);
            }
            return self.say("Cancelled");
        }
        match (&ask, key) {
            (Ask::Save, Key::Char('y' | 'Y')) => {
                let name = self.text.path.clone().unwrap_or_default();
                self.ask = Some((Ask::Write { leave: true }, name));
                return;
            }
            (Ask::Save, Key::Char('n' | 'N')) => return self.exit = Some(0),
            (Ask::Overwrite { leave, name } | Ask::Rename { leave, name }, Key::Char('y' | 'Y')) => {
                return self.write(&name.clone(), *leave, sys);
            }
            (Ask::Overwrite { leave, name } | Ask::Rename { leave, name }, Key::Char('n' | 'N')) => {
                self.ask = Some((Ask::Write { leave: *leave }, name.clone()));
                return;
            }
            (Ask::Save | Ask::Overwrite { .. } | Ask::Rename { .. }, _) => {
                return self.ask = Some((ask, answer));
            }
            (Ask::ReplaceThis(what, with, done), Key::Char(c)) => {
                return self.replace_this(what.clone(), with.clone(), *done, c.to_ascii_lowercase());
            }
            (Ask::Search | Ask::Replace, Key::Alt('c' | 'C')) => self.case = !self.case,
            (Ask::Search | Ask::Replace, Key::Alt('r' | 'R')) => self.pattern = !self.pattern,
            (Ask::Search | Ask::Replace, Key::Alt('b' | 'B')) => self.backwards = !self.backwards,
            (Ask::Search, Key::Ctrl('R' | '\\')) => return self.ask = Some((Ask::Replace, answer)),
            (Ask::Search, Key::Ctrl('T')) => return self.ask = Some((Ask::Line, String::new())),
            (Ask::Read, Key::Ctrl('X')) => return self.ask = Some((Ask::Command, answer)),
            (Ask::Command, Key::Ctrl('X')) => return self.ask = Some((Ask::Read, answer)),
            (Ask::Command, Key::Ctrl('Z')) => return self.stops = true,
            _ => {}
        }
        match key {
            Key::Enter => return self.entered(ask, answer, sys),
            Key::Backspace | Key::Ctrl('H') => {
                answer.pop();
            }
            Key::Ctrl('U' | 'K') => answer.clear(),
            Key::Up if matches!(ask, Ask::Search | Ask::Replace) => answer.clone_from(&self.last_search),
            Key::Char(c) => answer.push(c),
            _ => {}
        }
        self.ask = Some((ask, answer));
    }

    fn entered(&mut self, ask: Ask, answer: String, sys: &mut Sys<'_>) {
        match ask {
            Ask::Write { .. } if answer.is_empty() => self.say("Cancelled"),
            Ask::Write { leave } => {
                let renamed = self.text.path.as_deref().is_some_and(|path| path != answer);
                let exists = self.text.path.as_deref() != Some(answer.as_str()) && sys.stat(&answer).is_ok();
                match (exists, renamed) {
                    (true, _) => self.ask = Some((Ask::Overwrite { leave, name: answer }, String::new())),
                    (_, true) => self.ask = Some((Ask::Rename { leave, name: answer }, String::new())),
                    _ => self.write(&answer, leave, sys),
                }
            }
            Ask::Search => {
                let what = if answer.is_empty() { self.last_search.clone() } else { answer };
                if what.is_empty() {
                    return self.say("Cancelled");
                }
                self.search(&what, self.backwards);
            }
            Ask::Replace => {
                let what = if answer.is_empty() { self.last_search.clone() } else { answer };
                if what.is_empty() {
                    return self.say("Cancelled");
                }
                self.ask = Some((Ask::ReplaceWith(what), String::new()));
            }
            Ask::ReplaceWith(what) => {
                if self.search_here(&what) {
                    self.ask = Some((Ask::ReplaceThis(what, answer, 0), String::new()));
                }
            }
            Ask::Line => self.go_to_line(&answer),
            Ask::Read if answer.is_empty() => self.say("Cancelled"),
            Ask::Read => match read_file(sys, &answer) {
                Ok(bytes) => self.insert_lines(&bytes, "Inserted"),
                Err(e) => self.say(&format!("Error reading {answer}: {e}")),
            },
            Ask::Command if answer.is_empty() => self.say("Cancelled"),
            Ask::Command => {
                // A bar in front: the text goes through the command.
                let filter = answer.strip_prefix('|');
                let input = filter.map(|_| self.text.content(0, self.end()));
                self.filters = filter.is_some();
                let script = filter.unwrap_or(&answer).to_owned();
                self.errand = Some(Errand { script, input, captures: true, ..Errand::default() });
            }
            Ask::Save | Ask::Overwrite { .. } | Ask::Rename { .. } | Ask::ReplaceThis(..) => {}
        }
    }

    /// The lines that are written: an empty last one is what follows the last line end.
    fn end(&self) -> usize {
        let lines = self.text.lines.len();
        lines - usize::from(lines > 1 && self.text.lines[lines - 1].is_empty())
    }

    /// Writes the text to a file.
    pub(super) fn write(&mut self, name: &str, leave: bool, sys: &mut Sys<'_>) {
        let bytes = self.text.content(0, self.end());
        match Text::store(sys, name, &bytes) {
            Ok(()) => {
                let n = bytes.iter().filter(|b| **b == b'\n').count();
                self.say(&format!("Wrote {n} line{}", if n == 1 { "" } else { "s" }));
                self.text.modified = false;
                self.text.path = Some(name.to_owned());
                if leave {
                    self.exit = Some(0);
                }
            }
            Err(e) => self.say(&format!("Error writing {name}: {e}")),
        }
    }

    /// What a command has written takes its place in the text.
    pub(super) fn command_ended(&mut self, output: &[u8]) {
        if std::mem::take(&mut self.filters) {
            self.remember("filtering");
            self.text.lines = lines_of(output).0;
            self.text.lines.push(Vec::new());
            self.text.modified = true;
            return self.go(0, 0);
        }
        self.insert_lines(output, "Inserted");
    }

    fn insert_lines(&mut self, bytes: &[u8], done: &str) {
        let (mut pieces, unfinished) = lines_of(bytes);
        let n = pieces.len();
        if !unfinished {
            pieces.push(Vec::new());
        }
        self.remember("insertion");
        self.insert(&pieces);
        self.say(&format!("{done} {n} line{}", if n == 1 { "" } else { "s" }));
    }

    fn tell_replaced(&mut self, done: usize) {
        self.say(&format!("Replaced {done} occurrence{}", if done == 1 { "" } else { "s" }));
    }

    /// One match after the other, or all of those that are left.
    fn replace_this(&mut self, what: String, with: String, mut done: usize, choice: char) {
        if !matches!(choice, 'y' | 'n' | 'a') {
            self.ask = Some((Ask::ReplaceThis(what, with, done), String::new()));
            return;
        }
        loop {
            if matches!(choice, 'y' | 'a') {
                if done == 0 || choice == 'y' {
                    self.remember("replacement");
                }
                let (row, col) = (self.row, self.col);
                let len = self.found;
                let end = (col + len).min(self.text.lines[row].len());
                self.text.lines[row].splice(col..end, with.chars());
                // The search goes on behind what was put in.
                self.col = (col + with.chars().count()).saturating_sub(1);
                self.text.modified = true;
                done += 1;
            }
            let here = (self.row, self.col);
            let more = self.search(&what, false) && (self.row, self.col) > here;
            if !more {
                (self.row, self.col) = here;
                return self.tell_replaced(done);
            }
            self.message.clear();
            if choice != 'a' {
                self.ask = Some((Ask::ReplaceThis(what, with, done), String::new()));
                return;
            }
        }
    }

    /// The next match, the place of the cursor included.
    fn search_here(&mut self, what: &str) -> bool {
        let (row, col) = (self.row, self.col);
        let Some(regex) = self.regex(what) else { return false };
        let line: String = self.text.lines[row].iter().collect();
        let from = line.char_indices().nth(col).map_or(line.len(), |(at, _)| at);
        match regex.find_at(&line, from) {
            Some((start, end)) if start == from && end > start => {
                self.last_search = what.to_owned();
                self.found = line[start..end].chars().count();
                true
            }
            _ => self.search(what, false),
        }
    }

    fn regex(&mut self, what: &str) -> Option<Regex> {
        let regex = match self.pattern {
            true => Regex::with(what, true, !self.case, Style::Posix),
            false => Regex::fixed(what, !self.case),
        };
        if let Err(why) = &regex {
            self.say(&format!("Bad regex \"{what}\": {why}"));
        }
        regex.ok()
    }

    /// Goes to the next or the last match, around the end of the text.
    pub(super) fn search(&mut self, what: &str, back: bool) -> bool {
        self.last_search = what.to_owned();
        let Some(regex) = self.regex(what) else { return false };
        let total = self.text.lines.len();
        for step in 0..=total {
            let row = if back { self.row + 2 * total - step } else { self.row + step } % total;
            let line: String = self.text.lines[row].iter().collect();
            let mut found = Vec::new();
            let mut from = 0;
            while let Some((start, end)) = regex.find_at(&line, from) {
                found.push((line[..start].chars().count(), line[start..end].chars().count()));
                from = if end > start {
                    end
                } else {
                    end + line[end..].chars().next().map_or(1, char::len_utf8)
                };
                if from > line.len() {
                    break;
                }
            }
            let hit = match (step, back) {
                (0, false) => found.into_iter().find(|(col, _)| *col > self.col),
                (0, true) => found.into_iter().rev().find(|(col, _)| *col < self.col),
                (_, false) => found.into_iter().next(),
                (_, true) => found.pop(),
            };
            let Some((col, len)) = hit else { continue };
            let wrapped =
                if back { (row, col) >= (self.row, self.col) } else { (row, col) <= (self.row, self.col) };
            if (row, col) == (self.row, self.col) {
                self.say("This is the only occurrence");
            } else if wrapped {
                self.say("Search Wrapped");
            }
            self.found = len;
            self.go(row, col);
            return true;
        }
        self.say(&format!("\"{what}\" not found"));
        false
    }
}
