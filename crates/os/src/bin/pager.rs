//! `less` and `more`: text by the page on a terminal; elsewhere they are `cat`.

use super::screen::{App, Key, Look, Page, cells, full_screen, styled};
use crate::{
    errno::Errno,
    kernel::{OpenFlags, Sys},
    program::{Fd, Poll, Program, ProgramSpec, Wait},
    text::regex::{Regex, Style},
};

pub const LESS: ProgramSpec = ProgramSpec::inside(
    "less",
    "Usage: less [-FEINRSX] [+COMMAND] [FILE]...\n\nView FILE (or stdin) one screenful at a time\n\n\t-E\tQuit once the end of a file is reached\n\t-F\tQuit if entire file fits on first screen\n\t-I\tIgnore case in all searches\n\t-N\tPrefix line number to each line\n\t-R\tKeep colours\n\t-S\tTruncate long lines\n",
    || Box::new(Pager::default()),
);
pub const MORE: ProgramSpec = ProgramSpec::inside(
    "more",
    "Usage: more [FILE]...\n\nView FILE (or stdin) one screenful at a time\n",
    || Box::new(Pager::default()),
);

/// Decides between the screen and `cat` when it starts.
#[derive(Clone, Default)]
struct Pager {
    inner: Option<Box<dyn Program>>,
}

impl Program for Pager {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        let inner = self.inner.get_or_insert_with(|| {
            if sys.is_tty(1) { full_screen(View::default()) } else { super::cat::start() }
        });
        inner.poll(sys)
    }

    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// The most that is kept of an input.
const MAX_BYTES: usize = 32 << 20;

#[derive(Clone, Debug, Default)]
struct View {
    more: bool,
    names: Vec<String>,
    file: usize,
    fd: Option<Fd>,
    bytes: usize,
    lines: Vec<Vec<char>>,
    /// A line without its end yet.
    rest: Vec<u8>,
    ended: bool,
    top: usize,
    height: usize,
    cols: usize,
    /// Nothing was scrolled yet: the prompt is the file's name.
    fresh: bool,
    numbers: bool,
    chop: bool,
    fold: bool,
    quit_at_end: bool,
    quit_if_short: bool,
    shift: usize,
    count: Option<usize>,
    /// The `/`, `?`, `:` or `-` line being typed.
    typing: Option<(char, String)>,
    search: Option<(String, bool)>,
    /// The end of the input is wanted.
    wants_end: bool,
    message: String,
    help: bool,
    exit: Option<u8>,
    errors: String,
}

impl App for View {
    fn begin(&mut self, sys: &mut Sys<'_>) -> Result<(), (String, u8)> {
        let argv = sys.argv();
        let name = argv.first().map_or("", |a| a.rsplit('/').next().unwrap_or(a));
        self.more = name == "more";
        self.fresh = true;
        for arg in argv.iter().skip(1) {
            if let Some(command) = arg.strip_prefix('+') {
                self.first_command(command);
            } else if arg == "--help" {
                let help = if self.more { MORE.help } else { LESS.help };
                return Err((help.to_owned(), 0));
            } else if arg.starts_with('-') && arg.len() > 1 {
                for flag in arg.trim_start_matches('-').chars() {
                    self.option(flag);
                }
            } else {
                self.names.push(arg.clone());
            }
        }
        if self.names.is_empty() {
            if sys.is_tty(0) {
                let text = if self.more {
                    "more: bad usage\nTry 'more --help' for more information.\n"
                } else {
                    "Missing filename (\"less --help\" for help)\n"
                };
                return Err((text.to_owned(), 1));
            }
            self.names.push("-".to_owned());
        }
        for name in self.names.clone() {
            let problem = match sys.stat(&name) {
                _ if name == "-" => continue,
                Ok(stat) if stat.is_dir() && self.more => format!("\n*** {name}: directory ***\n\n"),
                Ok(stat) if stat.is_dir() => format!("{name} is a directory\n"),
                Ok(_) => continue,
                Err(e) if self.more => format!("more: cannot open {name}: {e}\n"),
                Err(e) => format!("{name}: {e}\n"),
            };
            self.errors.push_str(&problem);
            self.names.retain(|known| *known != name);
        }
        if self.names.is_empty() {
            return Err((std::mem::take(&mut self.errors), u8::from(!self.more)));
        }
        Ok(())
    }

    fn key(&mut self, key: Key, sys: &mut Sys<'_>) {
        self.message.clear();
        if self.help {
            self.help = false;
            return;
        }
        if let Some((kind, text)) = self.typing.take() {
            return self.typed(kind, text, key);
        }
        self.fresh = false;
        self.command(key, sys);
    }

    fn work(&mut self, sys: &mut Sys<'_>) -> Option<Wait> {
        let wanted = self.top + 2 * self.height.max(30) + 50;
        while !self.ended && (self.wants_end || self.lines.len() < wanted) && sys.fuel() > 0 {
            if let Some(wait) = self.read(sys) {
                return Some(wait);
            }
        }
        if self.ended && self.wants_end {
            self.wants_end = false;
            self.top = self.last_top();
        }
        let fits = self.ended && self.height > 0 && self.lines.len() <= self.height;
        if self.ended
            && self.height > 0
            && self.exit.is_none()
            && ((self.quit_if_short && fits) || (self.more && fits && self.top == 0))
        {
            self.exit = Some(0);
        }
        None
    }

    fn draw(&mut self, cols: usize, rows: usize) -> Page {
        self.height = rows - 1;
        self.cols = cols;
        let mut page = Page::new(cols, rows);
        if self.help {
            for line in HELP {
                page.text(line);
            }
        } else {
            self.draw_lines(&mut page);
        }
        while page.rows.len() < self.height {
            page.push(if self.more { Vec::new() } else { styled("~", Look::Faint) });
        }
        page.rows.truncate(self.height);
        let prompt = self.prompt();
        page.cursor = (prompt.len(), self.height);
        page.push(prompt);
        page
    }

    fn done(&self) -> Option<u8> {
        self.exit
    }

    fn farewell(&self) -> String {
        // What more showed stays on the terminal, and so does what fitted on one screen.
        if !self.more && !self.quit_if_short {
            return String::new();
        }
        let shown = (self.top + self.height).min(self.lines.len());
        let mut text = String::new();
        for line in &self.lines[..shown] {
            text.extend(line);
            text.push('\n');
        }
        text
    }
}

const HELP: &[&str] = &[
    "                   SUMMARY OF LESS COMMANDS",
    "",
    "  h  H                 Display this help.",
    "  q  :q  Q  :Q  ZZ     Exit.",
    "",
    "  e  ^E  j  ^N  CR  *  Forward  one line   (or N lines).",
    "  y  ^Y  k  ^K  ^P  *  Backward one line   (or N lines).",
    "  f  ^F  ^V  SPACE  *  Forward  one window (or N lines).",
    "  b  ^B  ESC-v      *  Backward one window (or N lines).",
    "  d  ^D             *  Forward  one half-window.",
    "  u  ^U             *  Backward one half-window.",
    "  /pattern          *  Search forward for (N-th) matching line.",
    "  ?pattern          *  Search backward for (N-th) matching line.",
    "  n                 *  Repeat previous search.",
    "  N                 *  Repeat previous search in reverse direction.",
    "  g  <  ESC-<       *  Go to first line in file (or line N).",
    "  G  >  ESC->       *  Go to last line in file (or line N).",
    "",
    "HELP -- Press any key when done",
];

impl View {
    fn option(&mut self, flag: char) {
        match flag {
            'N' => self.numbers = !self.numbers,
            'S' => self.chop = !self.chop,
            'i' | 'I' => self.fold = !self.fold,
            'E' | 'e' => self.quit_at_end = true,
            'F' => self.quit_if_short = true,
            _ => {}
        }
    }

    fn first_command(&mut self, command: &str) {
        if command == "G" {
            self.wants_end = true;
        } else if let Some(pattern) = command.strip_prefix('/') {
            self.search = Some((pattern.to_owned(), true));
        } else if let Ok(n) = command.parse::<usize>() {
            self.top = n.saturating_sub(1);
        }
    }

    /// Reads a piece of the present input; gives what to wait for.
    fn read(&mut self, sys: &mut Sys<'_>) -> Option<Wait> {
        let fd = match self.fd {
            Some(fd) => fd,
            None => {
                let Some(name) = self.names.get(self.file) else {
                    self.ended = true;
                    return None;
                };
                match if name == "-" { Ok(0) } else { sys.open(name, OpenFlags::READ, 0) } {
                    Ok(fd) => *self.fd.insert(fd),
                    Err(e) => {
                        self.message = format!("{name}: {e}");
                        self.ended = true;
                        return None;
                    }
                }
            }
        };
        match sys.read(fd, 1 << 16) {
            Err(Errno::EAGAIN) => Some(Wait::read(fd)),
            Ok(bytes) if !bytes.is_empty() && self.bytes < MAX_BYTES => {
                sys.spend(bytes.len() as u64 / 64);
                self.bytes += bytes.len();
                self.rest.extend(bytes);
                let end = self.rest.iter().rposition(|b| *b == b'\n')?;
                let complete: Vec<u8> = self.rest.drain(..=end).collect();
                self.lines.extend(super::screen::lines_of(&without_colours(&complete)).0);
                None
            }
            _ => {
                if !self.rest.is_empty() {
                    let rest = std::mem::take(&mut self.rest);
                    self.lines.extend(super::screen::lines_of(&without_colours(&rest)).0);
                }
                if fd != 0 {
                    let _closed = sys.close(fd);
                }
                self.ended = true;
                None
            }
        }
    }

    /// The first line of the last page.
    fn last_top(&self) -> usize {
        let mut used = 0;
        let mut top = self.lines.len();
        while top > 0 {
            used += self.rows_of(top - 1);
            if used > self.height {
                break;
            }
            top -= 1;
        }
        top
    }

    fn gutter(&self) -> usize {
        if self.numbers { 8 } else { 0 }
    }

    fn rows_of(&self, line: usize) -> usize {
        if self.chop {
            return 1;
        }
        let width = self.cols.saturating_sub(self.gutter()).max(1);
        self.lines[line].len().div_ceil(width).max(1)
    }

    fn draw_lines(&self, page: &mut Page) {
        let width = page.cols - self.gutter();
        let regex = self.search.as_ref().filter(|_| !self.more).and_then(|(pattern, _)| self.regex(pattern));
        let mut at = self.top;
        while page.rows.len() < self.height && at < self.lines.len() {
            let (shown, columns) = cells(&self.lines[at], 8);
            let mut row: Vec<(char, Look)> = shown.into_iter().map(|c| (c, Look::Plain)).collect();
            if let Some(regex) = &regex {
                highlight(regex, &self.lines[at], &columns, &mut row);
            }
            let label = if self.numbers { format!("{:>7} ", at + 1) } else { String::new() };
            if self.chop {
                let mut out = styled(&label, Look::Bold);
                out.extend(row.iter().skip(self.shift).take(width));
                page.push(out);
            } else {
                let mut parts = row.chunks(width);
                let mut out = styled(&label, Look::Bold);
                out.extend(parts.next().unwrap_or_default());
                page.push(out);
                for part in parts {
                    page.push(part.to_vec());
                }
            }
            at += 1;
        }
    }

    fn at_end(&self) -> bool {
        self.ended && self.top >= self.last_top()
    }

    fn prompt(&self) -> Vec<(char, Look)> {
        if let Some((kind, text)) = &self.typing {
            return styled(&format!("{kind}{text}"), Look::Plain);
        }
        if !self.message.is_empty() {
            return styled(&format!("{}  (press RETURN)", self.message), Look::Reverse);
        }
        if self.help {
            return styled("HELP -- Press any key when done", Look::Reverse);
        }
        let name = &self.names[self.file];
        if self.more {
            let shown: usize = self.lines[..(self.top + self.height).min(self.lines.len())]
                .iter()
                .map(|l| l.len() + 1)
                .sum();
            let percent = if self.ended && name != "-" {
                format!("({}%)", (shown * 100 / self.bytes.max(1)).min(100))
            } else {
                String::new()
            };
            return styled(&format!("--More--{percent}"), Look::Reverse);
        }
        match (self.at_end(), self.fresh && name != "-") {
            (true, true) => styled(&format!("{name} (END)"), Look::Reverse),
            (true, false) => styled("(END)", Look::Reverse),
            (false, true) => styled(name, Look::Reverse),
            (false, false) => styled(":", Look::Plain),
        }
    }

    fn typed(&mut self, kind: char, mut text: String, key: Key) {
        match key {
            Key::Enter => match kind {
                ':' => match text.as_str() {
                    "q" | "Q" => self.exit = Some(0),
                    "n" | "p" => self.step_file(text == "n"),
                    _ => {}
                },
                _ => {
                    let pattern = if text.is_empty() {
                        self.search.clone().map(|(pattern, _)| pattern).unwrap_or_default()
                    } else {
                        text
                    };
                    if pattern.is_empty() {
                        self.message = "No previous search pattern".to_owned();
                        return;
                    }
                    self.search = Some((pattern, kind == '/'));
                    self.find(kind == '/', 1);
                }
            },
            Key::Backspace if text.is_empty() => {}
            Key::Backspace => {
                text.pop();
                self.typing = Some((kind, text));
            }
            Key::Esc | Key::Ctrl('C' | 'G') => {}
            Key::Char(c) if kind == '-' => self.option(c),
            Key::Char(c) if kind == ':' && text.is_empty() && "qQnp".contains(c) => {
                self.typed(':', c.to_string(), Key::Enter);
            }
            Key::Char(c) => {
                text.push(c);
                self.typing = Some((kind, text));
            }
            _ => self.typing = Some((kind, text)),
        }
    }

    fn step_file(&mut self, forward: bool) {
        let next = if forward { self.file + 1 } else { self.file.wrapping_sub(1) };
        if next >= self.names.len() {
            self.message = format!("No {} file", if forward { "next" } else { "previous" });
            return;
        }
        *self = View {
            names: std::mem::take(&mut self.names),
            file: next,
            fresh: true,
            height: self.height,
            cols: self.cols,
            more: self.more,
            numbers: self.numbers,
            chop: self.chop,
            fold: self.fold,
            search: self.search.take(),
            ..View::default()
        };
    }

    fn command(&mut self, key: Key, sys: &mut Sys<'_>) {
        let count = self.count.take();
        let n = count.unwrap_or(1);
        let page = self.height.max(1);
        match key {
            Key::Char(c @ '0'..='9') => {
                self.count = Some((count.unwrap_or(0) * 10 + c as usize - '0' as usize).min(1_000_000));
            }
            Key::Char('q' | 'Q') | Key::Ctrl('C') if key != Key::Ctrl('C') || self.more => {
                self.exit = Some(0)
            }
            Key::Ctrl('C') => self.wants_end = false,
            Key::Char(' ' | 'f' | 'z') | Key::Ctrl('F' | 'V') | Key::PageDown => {
                self.forward(count.unwrap_or(page))
            }
            Key::Char('b' | 'w') | Key::Ctrl('B') | Key::PageUp | Key::Alt('v') => {
                self.top = self.top.saturating_sub(count.unwrap_or(page));
            }
            Key::Char('j' | 'e') | Key::Enter | Key::Down | Key::Ctrl('E' | 'N') => self.forward(n),
            Key::Char('k' | 'y') | Key::Up | Key::Ctrl('Y' | 'K' | 'P') => {
                self.top = self.top.saturating_sub(n)
            }
            Key::Char('d') | Key::Ctrl('D') => self.forward(count.unwrap_or(page / 2)),
            Key::Char('u') | Key::Ctrl('U') => self.top = self.top.saturating_sub(count.unwrap_or(page / 2)),
            Key::Char('g' | '<') | Key::Home => {
                self.top = n.saturating_sub(1).min(self.lines.len().saturating_sub(1))
            }
            Key::Char('G' | '>') | Key::End => match count {
                Some(n) => self.top = n.saturating_sub(1).min(self.lines.len().saturating_sub(1)),
                None => self.wants_end = true,
            },
            Key::Char('F') => self.wants_end = true,
            Key::Right => self.shift += self.cols / 2,
            Key::Left => self.shift = self.shift.saturating_sub(self.cols / 2),
            Key::Char(kind @ ('/' | '?' | ':' | '-')) => self.typing = Some((kind, String::new())),
            Key::Char('n' | 'N') => match self.search.clone() {
                Some((_, forward)) => self.find(forward == (key == Key::Char('n')), n),
                None => self.message = "No previous search pattern".to_owned(),
            },
            Key::Char('h' | 'H') => self.help = true,
            Key::Char('=') | Key::Ctrl('G') => {
                let last = (self.top + page).min(self.lines.len());
                let name = &self.names[self.file];
                self.message =
                    format!("{name} lines {}-{last}/{} byte {}", self.top + 1, self.lines.len(), self.bytes);
            }
            Key::Char('Z') => self.typing = Some((':', String::new())),
            Key::Char('v') => self.message = "Cannot edit from here: quit, then vi".to_owned(),
            _ => {}
        }
        // Enough is read before the end is judged.
        let _more = self.work(sys);
    }

    fn forward(&mut self, by: usize) {
        if self.at_end() {
            if self.more || self.quit_at_end {
                self.exit = Some(0);
            }
            return;
        }
        self.top += by;
        if self.ended {
            let last = self.last_top();
            self.top = self.top.min(last);
            if self.more && self.top == last {
                self.exit = Some(0);
            }
        }
    }

    fn regex(&self, pattern: &str) -> Option<Regex> {
        Regex::with(pattern, true, self.fold, Style::Posix).ok()
    }

    /// Goes to the next line with a match.
    fn find(&mut self, forward: bool, times: usize) {
        let Some((pattern, _)) = self.search.clone() else { return };
        let Some(regex) = self.regex(&pattern) else {
            self.message = format!("Invalid pattern: {pattern}");
            return;
        };
        for _ in 0..times {
            let hit = |line: &usize| regex.is_match(&self.lines[*line].iter().collect::<String>());
            let found = if forward {
                (self.top + 1..self.lines.len()).find(hit)
            } else {
                (0..self.top).rev().find(hit)
            };
            // The first page counts as not yet looked at.
            let found = found
                .or_else(|| (forward && self.top == 0 && !self.lines.is_empty() && hit(&0)).then_some(0));
            match found {
                Some(line) => self.top = line,
                None => {
                    self.message = "Pattern not found".to_owned();
                    return;
                }
            }
        }
    }
}

/// Reverses what matches.
fn highlight(regex: &Regex, line: &[char], columns: &[usize], row: &mut [(char, Look)]) {
    let text: String = line.iter().collect();
    let mut from = 0;
    while let Some((start, end)) = regex.find_at(&text, from) {
        let (a, b) = (text[..start].chars().count(), text[..end].chars().count());
        for cell in &mut row[columns[a]..columns[b]] {
            cell.1 = Look::Reverse;
        }
        from = if end > start { end } else { end + text[end..].chars().next().map_or(1, char::len_utf8) };
        if from > text.len() {
            return;
        }
    }
}

/// The text without colour sequences and overstrikes.
fn without_colours(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            27 if rest.peek() == Some(&b'[') => {
                rest.next();
                while rest.next().is_some_and(|b| !b.is_ascii_alphabetic()) {}
            }
            b'\r' if rest.peek() == Some(&b'\n') => {}
            byte => out.push(byte),
        }
    }
    out
}
