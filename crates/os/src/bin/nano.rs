//! `nano`: the editor with its keys written below the text.

mod edit;
mod page;
mod prompt;

use super::screen::{App, Errand, Key, Look, Page, Text, cells, full_screen, styled};
use crate::{errno::Errno, kernel::Sys, program::ProgramSpec};
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
    /// Another file of that name is there.
    Overwrite {
        leave: bool,
        name: String,
    },
    /// The text has another name.
    Rename {
        leave: bool,
        name: String,
    },
    Search,
    Replace,
    ReplaceWith(String),
    /// Pattern, new text: this one?
    ReplaceThis(String, String, usize),
    Line,
    Read,
    /// A command whose output comes in.
    Command,
}

/// A piece of a line and those after it; lines that are cut end in an empty piece.
type Pieces = Vec<Vec<char>>;

/// Characters that undo keeps at most.
const UNDO_MAX: usize = 4 << 20;

/// The text at some moment, and what was done to it then.
#[derive(Clone, Debug)]
struct State {
    lines: Vec<Vec<char>>,
    row: usize,
    col: usize,
    what: &'static str,
    modified: bool,
}

#[derive(Clone, Debug, Default)]
struct Nano {
    text: Text,
    row: usize,
    col: usize,
    want: usize,
    top: usize,
    height: usize,
    cols: usize,
    message: String,
    ask: Option<(Ask, String)>,
    cut: Pieces,
    /// The last key cut a line: the next one is added.
    cutting: bool,
    /// The other end of the marked region.
    mark: Option<(usize, usize)>,
    last_search: String,
    /// Length of the match found last.
    found: usize,
    /// How to search: with regard to case, by a regular expression, backwards.
    case: bool,
    pattern: bool,
    backwards: bool,
    undo: Vec<State>,
    redo: Vec<State>,
    /// What the last key did, of those that one undo takes back together.
    doing: &'static str,
    numbers: bool,
    indent: bool,
    spaces: bool,
    view: bool,
    tab: usize,
    pasting: bool,
    help: bool,
    errand: Option<Errand>,
    /// The command's output takes the place of the whole text.
    filters: bool,
    stops: bool,
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
                Err(Errno::EISDIR) => self.say(&format!("\"{file}\" is a directory")),
                Err(e) => self.say(&format!("Error reading {file}: {e}")),
            }
        }
        self.end_line();
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
            self.help = !matches!(key, Key::Ctrl('X' | 'G') | Key::Char('q') | Key::Esc);
            return;
        }
        match self.ask.take() {
            Some((ask, answer)) => self.answer(ask, answer, key, sys),
            None => self.press(key, sys),
        }
        self.end_line();
        self.row = self.row.min(self.text.lines.len() - 1);
        self.col = self.col.min(self.text.lines[self.row].len());
    }

    fn draw(&mut self, cols: usize, rows: usize) -> Page {
        self.height = rows.saturating_sub(4).max(1);
        self.cols = cols;
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

    fn take_errand(&mut self) -> Option<Errand> {
        self.errand.take()
    }

    fn errand_done(&mut self, output: Vec<u8>, _code: i32, _sys: &mut Sys<'_>) {
        self.command_ended(&output);
    }

    fn take_stop(&mut self) -> bool {
        std::mem::take(&mut self.stops)
    }
}

const HELP: &[&str] = &[
    " ^G  Leave this help              ^X  Close the buffer, leave nano",
    " ^O  Write the text to disk       ^R  Insert another file",
    " ^W  Search     M-W  again        M-Q  backwards",
    " ^\\  Replace                      M-C M-R M-B  case, regex, back",
    " ^K  Cut the line or the region   ^U  Paste",
    " M-A Mark       M-6  Copy         M-T  Cut to the end",
    " M-U Undo       M-E  Redo         M-D  Count words",
    " ^C  Where am I                   ^_  Go to a line and column",
    " ^A ^E  Begin and end of line     M-\\ M-/  of the text",
    " ^T  Execute a command            ^T^Z  Suspend",
    " M-N Line numbers                 M-} M-{  Indent, unindent",
];
