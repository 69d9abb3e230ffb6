//! `nano`: the editor with its keys written below the text.

mod page;

use super::screen::{App, Key, Look, Page, Text, cells, full_screen, styled};
use crate::{errno::Errno, kernel::Sys, program::ProgramSpec, text::regex::Regex};
use page::page_start;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "nano",
    "Usage: nano [OPTIONS] [[+LINE[,COLUMN]] FILE]...\n\n -E\tConvert typed tabs to spaces\n -T<#>\tMake a tab this number of columns wide\n -i\tAutomatically indent new lines\n -l\tShow line numbers in front of the text\n -v\tView mode (read-only)\n",
    || full_screen(Nano::default()),
);

const VERSION: &str = "GNU nano 7.2";

/// What the line above the keys asks.
#[derive(Clone, Debug, PartialEq)]
enum Ask {
    Save,
    /// The file name; leaving afterwards or not.
    Write {
        leave: bool,
    },
    Search,
    Replace,
    ReplaceWith(String),
    /// Pattern, new text: this one?
    ReplaceThis(String, String, usize),
    Line,
    Read,
}

#[derive(Clone, Debug)]
struct State {
    lines: Vec<Vec<char>>,
    row: usize,
    col: usize,
}

#[derive(Clone, Debug, Default)]
struct Nano {
    text: Text,
    row: usize,
    col: usize,
    want: usize,
    top: usize,
    height: usize,
    message: String,
    ask: Option<(Ask, String)>,
    cut: Vec<Vec<char>>,
    /// The last key cut a line: the next one is added.
    cutting: bool,
    last_search: String,
    undo: Vec<State>,
    redo: Vec<State>,
    /// The last key typed a character: one undo takes back the word.
    typing: bool,
    numbers: bool,
    indent: bool,
    spaces: bool,
    view: bool,
    tab: usize,
    pasting: bool,
    help: bool,
    exit: Option<u8>,
}

impl App for Nano {
    fn begin(&mut self, sys: &mut Sys<'_>) -> Result<(), (String, u8)> {
        self.tab = 8;
        self.text.lines = vec![Vec::new()];
        let argv = sys.argv();
        let mut start = None;
        let mut file = None;
        for arg in argv.iter().skip(1) {
            match arg.as_str() {
                "-h" | "--help" => return Err((SPEC.help.to_owned(), 0)),
                "-V" | "--version" => return Err((format!(" {VERSION}\n"), 0)),
                "-l" | "--linenumbers" => self.numbers = true,
                "-i" | "--autoindent" => self.indent = true,
                "-E" | "--tabstospaces" => self.spaces = true,
                "-v" | "--view" => self.view = true,
                "-w" | "-B" | "-c" | "-m" | "-t" | "-x" => {}
                tab if tab.starts_with("-T") => {
                    self.tab = tab[2..].parse().ok().filter(|n| (1..=32).contains(n)).unwrap_or(8)
                }
                plus if plus.starts_with('+') => start = Some(plus[1..].to_owned()),
                flag if flag.starts_with('-') && flag.len() > 1 => {
                    return Err((
                        format!(
                            "nano: invalid option -- '{}'\nType 'nano -h' for a list of available options.\n",
                            &flag[1..]
                        ),
                        1,
                    ));
                }
                name => file = file.or(Some(name.to_owned())),
            }
        }
        if let Some(file) = file {
            match self.text.load(sys, &file) {
                Ok(()) if self.text.is_new => self.message = "[ New File ]".to_owned(),
                Ok(()) => {
                    let n = if self.text.bytes == 0 { 0 } else { self.text.lines.len() };
                    self.message = format!("[ Read {n} line{} ]", if n == 1 { "" } else { "s" });
                }
                Err(Errno::EISDIR) => self.message = format!("[ \"{file}\" is a directory ]"),
                Err(e) => self.message = format!("[ Error reading {file}: {e} ]"),
            }
        }
        if let Some(start) = start {
            self.go_to_line(&start);
        }
        Ok(())
    }

    fn key(&mut self, key: Key, sys: &mut Sys<'_>) {
        match key {
            Key::PasteBegin => return self.pasting = true,
            Key::PasteEnd => return self.pasting = false,
            _ => {}
        }
        self.message.clear();
        if self.help {
            self.help = false;
            return;
        }
        match self.ask.take() {
            Some((ask, answer)) => self.answer(ask, answer, key, sys),
            None => self.press(key, sys),
        }
        self.row = self.row.min(self.text.lines.len() - 1);
        self.col = self.col.min(self.text.lines[self.row].len());
    }

    fn draw(&mut self, cols: usize, rows: usize) -> Page {
        self.height = rows.saturating_sub(4).max(1);
        if self.row < self.top || self.row >= self.top + self.height {
            self.top = self.row.saturating_sub(self.height / 2);
        }
        let mut page = Page::new(cols, rows);
        page.push(self.title(cols));
        let gutter = if self.numbers { self.text.lines.len().to_string().len() + 1 } else { 0 };
        for at in self.top..self.top + self.height {
            if self.help {
                page.push(styled(HELP.get(at - self.top).copied().unwrap_or(""), Look::Plain));
                continue;
            }
            let Some(line) = self.text.lines.get(at) else {
                page.push(Vec::new());
                continue;
            };
            page.push(self.draw_line(at, line, gutter, cols - gutter));
        }
        let (_, columns) = cells(&self.text.lines[self.row], self.tab);
        let column = columns[self.col];
        let width = (cols - gutter).max(9);
        page.cursor = (gutter + column - page_start(column, width), 1 + self.row - self.top);
        self.draw_bottom(&mut page);
        page
    }

    fn done(&self) -> Option<u8> {
        self.exit
    }
}

const HELP: &[&str] = &[
    "Main nano help text",
    "",
    " The nano editor is designed to emulate the functionality and ease-of-use of",
    " the UW Pico text editor.  There are four main sections of the editor.  The top",
    " line shows the program version, the current filename being edited, and whether",
    " or not the file has been modified.  Next is the main editor window showing the",
    " file being edited.  The status line is the third line from the bottom and shows",
    " important messages.  The bottom two lines show the most commonly used shortcuts",
    " in the editor.",
    "",
    " ^O   Write the current buffer (or the marked region) to disk",
    " ^X   Close the current buffer / Exit from nano",
    " ^W   Search forward for a string or a regular expression",
    " ^K   Cut current line (or marked region) and store it in cutbuffer",
    " ^U   Paste the contents of cutbuffer at current cursor position",
    " M-U  Undo the last operation       M-E  Redo the last undone operation",
];

impl Nano {
    fn answer(&mut self, ask: Ask, mut answer: String, key: Key, sys: &mut Sys<'_>) {
        if matches!(key, Key::Ctrl('C')) {
            self.message = "[ Cancelled ]".to_owned();
            return;
        }
        match (&ask, key) {
            (Ask::Save, Key::Char('y' | 'Y')) => {
                let name = self.text.path.clone().unwrap_or_default();
                self.ask = Some((Ask::Write { leave: true }, name));
                return;
            }
            (Ask::Save, Key::Char('n' | 'N')) => return self.exit = Some(0),
            (Ask::Save, _) => return self.ask = Some((ask, answer)),
            (Ask::ReplaceThis(what, with, done), Key::Char(c)) => {
                return self.replace_this(what.clone(), with.clone(), *done, c.to_ascii_lowercase());
            }
            _ => {}
        }
        match key {
            Key::Enter => return self.entered(ask, answer, sys),
            Key::Backspace => {
                answer.pop();
            }
            Key::Ctrl('U' | 'K') => answer.clear(),
            Key::Char(c) => answer.push(c),
            _ => {}
        }
        self.ask = Some((ask, answer));
    }

    fn entered(&mut self, ask: Ask, answer: String, sys: &mut Sys<'_>) {
        match ask {
            Ask::Write { leave } => {
                if answer.is_empty() {
                    self.message = "[ Cancelled ]".to_owned();
                    return;
                }
                // An empty last line is what follows the last line end.
                let lines = self.text.lines.len();
                let end = lines - usize::from(lines > 1 && self.text.lines[lines - 1].is_empty());
                let bytes = self.text.content(0, end);
                match Text::store(sys, &answer, &bytes) {
                    Ok(()) => {
                        let n = bytes.iter().filter(|b| **b == b'\n').count();
                        self.message = format!("[ Wrote {n} line{} ]", if n == 1 { "" } else { "s" });
                        self.text.modified = false;
                        self.text.path = Some(answer);
                        if leave {
                            self.exit = Some(0);
                        }
                    }
                    Err(e) => self.message = format!("[ Error writing {answer}: {e} ]"),
                }
            }
            Ask::Search => {
                let what = if answer.is_empty() { self.last_search.clone() } else { answer };
                if !what.is_empty() {
                    self.search(&what);
                }
            }
            Ask::Replace => {
                let what = if answer.is_empty() { self.last_search.clone() } else { answer };
                if !what.is_empty() {
                    self.ask = Some((Ask::ReplaceWith(what), String::new()));
                }
            }
            Ask::ReplaceWith(what) => {
                if self.search(&what) {
                    self.ask = Some((Ask::ReplaceThis(what, answer, 0), String::new()));
                }
            }
            Ask::Line => self.go_to_line(&answer),
            Ask::Read => match super::screen::read_file(sys, &answer) {
                Ok(bytes) => {
                    let (lines, _) = super::screen::lines_of(&bytes);
                    self.remember(false);
                    let n = lines.len();
                    self.text.lines.splice(self.row..self.row, lines);
                    self.row += n;
                    self.text.modified = true;
                    self.message = format!("[ Inserted {n} line{} ]", if n == 1 { "" } else { "s" });
                }
                Err(e) => self.message = format!("[ Error reading {answer}: {e} ]"),
            },
            Ask::Save | Ask::ReplaceThis(..) => {}
        }
    }

    fn replace_this(&mut self, what: String, with: String, mut done: usize, choice: char) {
        if !matches!(choice, 'y' | 'n' | 'a') {
            self.ask = Some((Ask::ReplaceThis(what, with, done), String::new()));
            return;
        }
        let len = what.chars().count();
        loop {
            if matches!(choice, 'y' | 'a') {
                self.remember(false);
                let (row, col) = (self.row, self.col);
                let end = (col + len).min(self.text.lines[row].len());
                self.text.lines[row].splice(col..end, with.chars());
                self.col = col + with.chars().count().saturating_sub(1);
                self.text.modified = true;
                done += 1;
            }
            let here = (self.row, self.col);
            let more = self.search(&what) && (self.row, self.col) > here;
            if !more {
                self.message = format!("[ Replaced {done} occurrence{} ]", if done == 1 { "" } else { "s" });
                return;
            }
            if choice != 'a' {
                self.ask = Some((Ask::ReplaceThis(what, with, done), String::new()));
                return;
            }
        }
    }

    fn search(&mut self, what: &str) -> bool {
        self.last_search = what.to_owned();
        let Ok(regex) = Regex::fixed(what, true) else { return false };
        let total = self.text.lines.len();
        for step in 0..=total {
            let row = (self.row + step) % total;
            let line: String = self.text.lines[row].iter().collect();
            let mut from = 0;
            while let Some((start, end)) = regex.find_at(&line, from) {
                let col = line[..start].chars().count();
                if step > 0 || col > self.col {
                    if row < self.row || (step == total && total > 0) {
                        self.message = "[ Search Wrapped ]".to_owned();
                    }
                    if (row, col) == (self.row, self.col) {
                        self.message = "[ This is the only occurrence ]".to_owned();
                    }
                    self.go(row, col);
                    return true;
                }
                from = end.max(start + 1);
            }
        }
        self.message = format!("[ \"{what}\" not found ]");
        false
    }

    fn go_to_line(&mut self, text: &str) {
        let mut parts = text.split(',');
        let mut number = || parts.next().and_then(|n| n.trim().parse::<usize>().ok());
        match (number(), number()) {
            (Some(row), col) => {
                let row = row.saturating_sub(1).min(self.text.lines.len() - 1);
                self.go(row, col.unwrap_or(1).saturating_sub(1));
            }
            (None, _) => self.message = "[ Invalid line or column number ]".to_owned(),
        }
    }

    fn go(&mut self, row: usize, col: usize) {
        self.row = row.min(self.text.lines.len() - 1);
        self.col = col.min(self.text.lines[self.row].len());
        self.want = self.col;
    }

    /// Remembers the text, once for a run of typed characters.
    fn remember(&mut self, typing: bool) {
        if !(typing && self.typing) {
            self.undo.push(State { lines: self.text.lines.clone(), row: self.row, col: self.col });
            if self.undo.len() > 100 {
                self.undo.remove(0);
            }
        }
        self.typing = typing;
        self.redo.clear();
    }

    fn travel(&mut self, back: bool) {
        let from = if back { self.undo.pop() } else { self.redo.pop() };
        let Some(then) = from else {
            self.message = format!("[ Nothing to {} ]", if back { "undo" } else { "redo" });
            return;
        };
        let lines = std::mem::replace(&mut self.text.lines, then.lines);
        let now = State { lines, row: self.row, col: self.col };
        if back {
            self.redo.push(now)
        } else {
            self.undo.push(now)
        }
        self.text.modified = true;
        self.typing = false;
        self.go(then.row, then.col);
    }

    fn press(&mut self, key: Key, sys: &mut Sys<'_>) {
        let cutting = std::mem::take(&mut self.cutting);
        let last = self.text.lines.len() - 1;
        let len = self.text.lines[self.row].len();
        if !matches!(key, Key::Char(_)) {
            self.typing = false;
        }
        match key {
            Key::Ctrl('X') => {
                if self.text.modified && !self.view {
                    self.ask = Some((Ask::Save, String::new()));
                } else {
                    self.exit = Some(0);
                }
            }
            Key::Ctrl('O' | 'S') if key == Key::Ctrl('S') && self.text.path.is_some() => {
                let name = self.text.path.clone().unwrap_or_default();
                self.entered(Ask::Write { leave: false }, name, sys);
            }
            Key::Ctrl('O' | 'S') => {
                let name = self.text.path.clone().unwrap_or_default();
                self.ask = Some((Ask::Write { leave: false }, name));
            }
            Key::Ctrl('G') => self.help = true,
            Key::Ctrl('W') => self.ask = Some((Ask::Search, String::new())),
            Key::Alt('w' | 'W') => {
                let what = self.last_search.clone();
                if what.is_empty() {
                    self.message = "[ No current search pattern ]".to_owned();
                } else {
                    self.search(&what);
                }
            }
            Key::Ctrl('\\') | Key::Alt('r') => self.ask = Some((Ask::Replace, String::new())),
            Key::Ctrl('R') => self.ask = Some((Ask::Read, String::new())),
            Key::Ctrl('_') | Key::Alt('g') => self.ask = Some((Ask::Line, String::new())),
            Key::Ctrl('C') => self.location(),
            Key::Ctrl('A') | Key::Home => self.go(self.row, 0),
            Key::Ctrl('E') | Key::End => self.go(self.row, len),
            Key::Ctrl('P') | Key::Up if self.row > 0 => self.vertical(self.row - 1),
            Key::Ctrl('N') | Key::Down if self.row < last => self.vertical(self.row + 1),
            Key::Ctrl('Y') | Key::PageUp => {
                self.vertical(self.row.saturating_sub(self.height.saturating_sub(2)))
            }
            Key::Ctrl('V') | Key::PageDown => {
                self.vertical((self.row + self.height.saturating_sub(2)).min(last));
            }
            Key::Ctrl('F') | Key::Right => {
                if self.col < len {
                    self.go(self.row, self.col + 1)
                } else if self.row < last {
                    self.go(self.row + 1, 0)
                }
            }
            Key::Ctrl('B') | Key::Left => {
                if self.col > 0 {
                    self.go(self.row, self.col - 1);
                } else if self.row > 0 {
                    self.go(self.row - 1, usize::MAX);
                }
            }
            Key::Alt('\\') => self.go(0, 0),
            Key::Alt('/') => self.go(last, usize::MAX),
            Key::Alt('n' | 'N') => self.numbers = !self.numbers,
            Key::Alt('u' | 'U') => self.travel(true),
            Key::Alt('e' | 'E') => self.travel(false),
            key => self.edit(key, cutting),
        }
    }

    fn vertical(&mut self, row: usize) {
        let want = self.want;
        self.go(row, want);
        self.want = want;
    }

    fn location(&mut self) {
        let lines = self.text.lines.len();
        let before: usize = self.text.lines[..self.row].iter().map(|line| line.len() + 1).sum();
        let all: usize = self.text.lines.iter().map(|line| line.len() + 1).sum();
        let (here, width) = (self.col + 1, self.text.lines[self.row].len() + 1);
        self.message = format!(
            "[ line {}/{lines} ({}%), col {here}/{width} ({}%), char {}/{all} ({}%) ]",
            self.row + 1,
            (self.row + 1) * 100 / lines,
            here * 100 / width,
            before + self.col,
            (before + self.col) * 100 / all.max(1)
        );
    }

    /// Keys that change the text.
    fn edit(&mut self, key: Key, cutting: bool) {
        let (row, col) = (self.row, self.col);
        let last = self.text.lines.len() - 1;
        if self.view && !matches!(key, Key::Esc) {
            self.message = "[ Key is invalid in view mode ]".to_owned();
            return;
        }
        match key {
            Key::Char(c) => {
                self.remember(!c.is_whitespace() || self.pasting);
                self.text.lines[row].insert(col, c);
                self.go(row, col + 1);
            }
            Key::Tab => {
                self.remember(false);
                let width = if self.spaces { self.tab - col % self.tab } else { 1 };
                let c = if self.spaces { ' ' } else { '\t' };
                self.text.lines[row].splice(col..col, std::iter::repeat_n(c, width));
                self.go(row, col + width);
            }
            Key::Enter | Key::Ctrl('M') => {
                self.remember(false);
                let tail = self.text.lines[row].split_off(col);
                let mut line: Vec<char> = if self.indent && !self.pasting {
                    self.text.lines[row].iter().take_while(|c| c.is_whitespace()).copied().collect()
                } else {
                    Vec::new()
                };
                let at = line.len();
                line.extend(tail);
                self.text.lines.insert(row + 1, line);
                self.go(row + 1, at);
            }
            Key::Backspace | Key::Ctrl('H') if col > 0 => {
                self.remember(false);
                self.text.lines[row].remove(col - 1);
                self.go(row, col - 1);
            }
            Key::Backspace | Key::Ctrl('H') if row > 0 => {
                self.remember(false);
                let tail = self.text.lines.remove(row);
                let at = self.text.lines[row - 1].len();
                self.text.lines[row - 1].extend(tail);
                self.go(row - 1, at);
            }
            Key::Delete | Key::Ctrl('D') if col < self.text.lines[row].len() => {
                self.remember(false);
                self.text.lines[row].remove(col);
            }
            Key::Delete | Key::Ctrl('D') if row < last => {
                self.remember(false);
                let tail = self.text.lines.remove(row + 1);
                self.text.lines[row].extend(tail);
            }
            Key::Ctrl('K') => {
                if row == last && self.text.lines[row].is_empty() {
                    self.message = "[ Nothing was cut ]".to_owned();
                    return;
                }
                self.remember(false);
                if !cutting {
                    self.cut.clear();
                }
                let line = self.text.lines.remove(row);
                self.cut.push(line);
                if self.text.lines.len() <= row {
                    self.text.lines.push(Vec::new());
                }
                self.cutting = true;
                self.go(row, 0);
            }
            Key::Alt('6') => {
                self.cut = vec![self.text.lines[row].clone()];
                self.go((row + 1).min(last), 0);
                return;
            }
            Key::Ctrl('U') => {
                if self.cut.is_empty() {
                    self.message = "[ Cutbuffer is empty ]".to_owned();
                    return;
                }
                self.remember(false);
                let lines = self.cut.clone();
                let n = lines.len();
                self.text.lines.splice(row..row, lines);
                self.go(row + n, 0);
            }
            Key::Ctrl(_) | Key::Alt(_) => {
                self.message = "[ Unbound key ]".to_owned();
                return;
            }
            _ => return,
        }
        self.text.modified = true;
    }
}
