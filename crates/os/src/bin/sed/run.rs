//! sed's cycle: the commands on one line after the other.

use super::{
    super::tool::Cx,
    Sed,
    script::{Addr, Command, Subst, What},
};
use crate::text::regex::Regex;

/// A cycle that goes on when the next line is there (`n`, `N`).
#[derive(Clone, Debug, Default)]
pub struct Cycle {
    /// The pattern space.
    space: String,
    /// What is shown behind it.
    append: String,
    substituted: bool,
    /// The command that is next.
    pc: usize,
    /// The command that waits for a line.
    waits: char,
}

/// How a command goes on.
enum Next {
    Go,
    /// The cycle is over; whether the pattern space is shown.
    Over(bool),
    /// Another line is needed.
    Wait(char),
}

/// The longest pattern and hold space together.
const SPACE_MAX: usize = 8 << 20;

impl Sed {
    /// Takes a line in; `last`: no other follows.
    pub fn line(&mut self, cx: &mut Cx<'_, '_>, raw: &[u8], last: bool) {
        self.line += 1;
        self.last = last;
        let text = raw.strip_suffix(&[self.end]).unwrap_or(raw);
        self.whole = text.len() < raw.len();
        let text = String::from_utf8_lossy(text);
        let cycle = match self.suspended.take() {
            Some(mut cycle) => {
                if cycle.waits == 'n' {
                    cycle.space = text.into_owned();
                } else {
                    cycle.space.push('\n');
                    cycle.space.push_str(&text);
                }
                cycle
            }
            None => Cycle { space: text.into_owned(), ..Cycle::default() },
        };
        self.cycle(cx, cycle);
    }

    /// Runs a cycle to its end, or until fuel is used up (a loop of commands may have no end).
    pub fn cycle(&mut self, cx: &mut Cx<'_, '_>, mut cycle: Cycle) {
        let script = self.script.clone();
        let mut show = true;
        while let Some(command) = script.commands.get(cycle.pc) {
            cx.sys.spend(1 + cycle.space.len() as u64 / 64);
            if cx.sys.fuel() <= 0 {
                self.running = Some(cycle);
                return;
            }
            let here = cycle.pc;
            cycle.pc += 1;
            if !self.selects(here, command, &cycle.space) {
                if let What::Open(end) = command.what {
                    cycle.pc = end + 1;
                }
                continue;
            }
            let next = self.command(cx, command, here, &mut cycle);
            if cycle.space.len() + self.hold.len() > SPACE_MAX {
                cx.complain("memory exhausted");
                self.quit = Some(4);
                show = false;
                break;
            }
            match next {
                Next::Go => {}
                Next::Over(shown) => {
                    show = shown;
                    break;
                }
                Next::Wait(c) => {
                    cycle.waits = c;
                    self.flush(cx, &mut cycle.append);
                    self.suspended = Some(cycle);
                    return;
                }
            }
        }
        if show && !self.quiet {
            self.put_line(cx, &cycle.space);
        }
        self.flush(cx, &mut cycle.append);
        if self.quit.is_some()
            && self.in_place.is_some()
            && let Some(next) = self.pending.take()
        {
            // In place, the rest of the file is kept.
            self.written.extend(next);
        }
    }

    /// Shows what was appended.
    fn flush(&mut self, cx: &mut Cx<'_, '_>, append: &mut String) {
        if !append.is_empty() {
            let text = std::mem::take(append);
            self.put(cx, &text);
        }
    }

    fn matches(&mut self, addr: &Addr, text: &str) -> bool {
        match addr {
            Addr::Line(n) => self.line == *n,
            Addr::Step(first, 0) => self.line == *first,
            Addr::Step(first, step) => self.line >= *first && (self.line - first).is_multiple_of(*step),
            Addr::Last => self.last,
            Addr::Regex(r) => {
                if r.is_some() {
                    self.last_regex = r.clone();
                }
                self.last_regex.as_ref().is_some_and(|r| r.is_match(text))
            }
            Addr::Plus(_) | Addr::Multiple(_) => false,
        }
    }

    fn selects(&mut self, i: usize, command: &Command, text: &str) -> bool {
        let Some(from) = &command.from else { return !command.negate };
        let hit = match &command.to {
            None => self.matches(from, text),
            Some(to) => self.in_range(i, from, to, text),
        };
        hit != command.negate
    }

    fn in_range(&mut self, i: usize, from: &Addr, to: &Addr, text: &str) -> bool {
        // `0,/re/` is open from the start: the expression may match on line 1.
        if self.line == 1 && matches!(from, Addr::Line(0)) && !self.zero_seen[i] {
            self.zero_seen[i] = true;
            self.open[i] = Some(0);
        }
        if let Some(end) = self.open[i] {
            let ends = match to {
                Addr::Line(n) => self.line >= *n,
                Addr::Plus(_) | Addr::Multiple(_) => self.line >= end,
                other => self.matches(other, text),
            };
            if ends {
                self.open[i] = None;
            }
            // A range whose end line has passed holds for its first line only.
            if !matches!(to, Addr::Line(n) if self.line > *n) {
                return true;
            }
        }
        let begins = self.matches(from, text);
        if begins {
            let end = match to {
                Addr::Plus(n) => self.line + n,
                Addr::Multiple(n) if *n > 0 => self.line.div_ceil(*n) * n,
                _ => 0,
            };
            let over = match to {
                Addr::Line(n) => *n <= self.line,
                Addr::Plus(_) | Addr::Multiple(_) => end <= self.line,
                _ => false,
            };
            self.open[i] = if over { None } else { Some(end) };
        }
        begins
    }

    fn command(&mut self, cx: &mut Cx<'_, '_>, command: &Command, here: usize, cycle: &mut Cycle) -> Next {
        match &command.what {
            What::Open(_) | What::Close | What::Label(_) => {}
            What::Subst(s) => self.substitute(cx, s, cycle),
            What::Map(map) => {
                let mapped = |c| map.iter().find(|(a, _)| *a == c).map_or(c, |(_, b)| *b);
                cycle.space = cycle.space.chars().map(mapped).collect();
            }
            What::Text('a', text) => {
                cycle.append.push_str(text);
                cycle.append.push('\n');
            }
            What::Text('i', text) => self.put(cx, &format!("{text}\n")),
            What::Text(_, text) => {
                let more = command.to.is_some() && self.open[here].is_some() && !command.negate;
                if !more {
                    self.put(cx, &format!("{text}\n"));
                }
                return Next::Over(false);
            }
            What::Jump(kind, label) => {
                let jumps = match kind {
                    'b' => true,
                    't' => std::mem::take(&mut cycle.substituted),
                    _ => !std::mem::take(&mut cycle.substituted),
                };
                if jumps {
                    let commands = &self.script.commands;
                    let named = |c: &Command| matches!(&c.what, What::Label(l) if l == label);
                    cycle.pc = match commands.iter().position(named) {
                        _ if label.is_empty() => commands.len(),
                        Some(at) => at,
                        None => {
                            // BusyBox looks for it only now.
                            cx.complain(format!("can't find label for jump to '{label}'"));
                            self.quit = Some(1);
                            return Next::Over(false);
                        }
                    };
                }
            }
            What::Read(file) => {
                let mut text = cx.sys.vfs().read_text(file).unwrap_or_default();
                if !text.is_empty() && !text.ends_with('\n') && !self.last {
                    text.push('\n');
                }
                cycle.append.push_str(&text);
            }
            What::Write('w', file) => self.append_to(cx, file, &format!("{}\n", cycle.space)),
            What::Write(_, file) => {
                let first = cycle.space.split('\n').next().unwrap_or("").to_string();
                self.append_to(cx, file, &format!("{first}\n"));
            }
            What::Quit(kind, code) => {
                self.quit = Some(*code);
                return Next::Over(*kind == 'q');
            }
            What::Plain(c) => return self.plain(cx, *c, cycle),
        }
        Next::Go
    }

    /// The commands of one letter.
    fn plain(&mut self, cx: &mut Cx<'_, '_>, c: char, cycle: &mut Cycle) -> Next {
        match c {
            'p' => self.put_line(cx, &cycle.space),
            'P' => {
                let first = cycle.space.split('\n').next().unwrap_or("").to_string();
                self.put(cx, &format!("{first}\n"));
            }
            'd' => return Next::Over(false),
            'D' => match cycle.space.split_once('\n') {
                None => return Next::Over(false),
                Some((_, rest)) => {
                    cycle.space = rest.to_string();
                    cycle.pc = 0;
                    let mut append = std::mem::take(&mut cycle.append);
                    self.flush(cx, &mut append);
                }
            },
            'n' | 'N' if self.last => {
                // Without a next line the script ends here; GNU shows the pattern space.
                self.quit = self.quit.or(if self.separate { None } else { Some(0) });
                return Next::Over(true);
            }
            'n' => {
                if !self.quiet {
                    self.put_line(cx, &cycle.space);
                }
                return Next::Wait('n');
            }
            'N' => return Next::Wait('N'),
            'g' => cycle.space = self.hold.clone(),
            'G' => {
                cycle.space.push('\n');
                cycle.space.push_str(&self.hold);
            }
            'h' => self.hold = cycle.space.clone(),
            'H' => {
                self.hold.push('\n');
                self.hold.push_str(&cycle.space);
            }
            'x' => std::mem::swap(&mut cycle.space, &mut self.hold),
            'z' => cycle.space.clear(),
            'F' => self.put(cx, &format!("{}\n", self.input.clone())),
            '=' => self.put(cx, &format!("{}\n", self.line)),
            // BusyBox takes the command and does nothing.
            _ if cx.busybox() => {}
            _ => self.put(cx, &visible(&cycle.space)),
        }
        Next::Go
    }

    fn substitute(&mut self, cx: &mut Cx<'_, '_>, s: &Subst, cycle: &mut Cycle) {
        if s.regex.is_some() {
            self.last_regex = s.regex.clone();
        }
        let Some(regex) = self.last_regex.clone() else { return };
        let Some(new) = replaced(&regex, &cycle.space, &s.with, s.all, s.nth) else { return };
        cycle.space = new;
        cycle.substituted = true;
        if s.print {
            self.put_line(cx, &cycle.space);
        }
        if let Some(file) = &s.file {
            self.append_to(cx, file, &format!("{}\n", cycle.space));
        }
    }
}

/// The text with the nth (or, with `all`, every further) match replaced; None when there is none.
fn replaced(regex: &Regex, text: &str, with: &str, all: bool, nth: usize) -> Option<String> {
    let mut out = String::new();
    let (mut at, mut from, mut count, mut hit) = (0, 0, 0, false);
    let mut last_end = None;
    while let Some(groups) = regex.groups_at(text, from) {
        let Some((a, b)) = groups[0] else { break };
        // An empty match right behind another match does not count.
        if !(a == b && last_end == Some(a)) {
            count += 1;
            if count >= nth {
                out.push_str(&text[at..a]);
                replacement(&mut out, with, text, &groups);
                at = b;
                hit = true;
                if !all {
                    break;
                }
            }
        }
        last_end = Some(b);
        from = if b > a { b } else { b + text[b..].chars().next().map_or(1, char::len_utf8) };
        if from > text.len() {
            break;
        }
    }
    if !hit {
        return None;
    }
    out.push_str(&text[at..]);
    Some(out)
}

/// Adds the replacement with `&`, `\1`, `\n`, `\U…\E` filled in.
fn replacement(out: &mut String, with: &str, text: &str, groups: &[Option<(usize, usize)>]) {
    // The case of everything up to \E, and of the next character only.
    let (mut case, mut once) = (' ', ' ');
    let mut push = |part: &str, case: char, once: &mut char| {
        for c in part.chars() {
            match (std::mem::replace(once, ' '), case) {
                ('u', _) | (' ', 'U') => out.extend(c.to_uppercase()),
                ('l', _) | (' ', 'L') => out.extend(c.to_lowercase()),
                _ => out.push(c),
            }
        }
    };
    let group = |n: usize| groups.get(n).copied().flatten().map_or("", |(a, b)| &text[a..b]);
    let mut chars = with.chars();
    while let Some(c) = chars.next() {
        match c {
            '&' => push(group(0), case, &mut once),
            '\\' => match chars.next() {
                Some(d) if d.is_ascii_digit() => push(group(d as usize - '0' as usize), case, &mut once),
                Some('n') => push("\n", case, &mut once),
                Some('t') => push("\t", case, &mut once),
                Some('r') => push("\r", case, &mut once),
                Some(m @ ('U' | 'L')) => case = m,
                Some(m @ ('u' | 'l')) => once = m,
                Some('E') => case = ' ',
                Some(d) => push(&d.to_string(), case, &mut once),
                None => push("\\", case, &mut once),
            },
            c => push(&c.to_string(), case, &mut once),
        }
    }
}

/// The text as `l` shows it: escapes, and lines of at most 69 characters.
fn visible(text: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for b in text.bytes() {
        let shown = match b {
            b'\\' => "\\\\".to_string(),
            7 => "\\a".to_string(),
            8 => "\\b".to_string(),
            12 => "\\f".to_string(),
            b'\n' => "\\n".to_string(),
            b'\r' => "\\r".to_string(),
            b'\t' => "\\t".to_string(),
            11 => "\\v".to_string(),
            32..=126 => char::from(b).to_string(),
            b => format!("\\{b:03o}"),
        };
        if width + shown.len() > 69 {
            out.push_str("\\\n");
            width = 0;
        }
        width += shown.len();
        out.push_str(&shown);
    }
    out.push_str("$\n");
    out
}
