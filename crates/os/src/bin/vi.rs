//! `vi`: the editor as people's fingers know it, in Vim's words (BusyBox's status line where the image has that).
//!
//! The state is plain: lines, cursor, mode, a register, snapshots for undo. A change is recorded as the keys that made
//! it, so `.` types them again. Normal mode is in `normal.rs`, motions in `motion.rs`, the `:` line in `ex.rs`.

mod change;
mod ex;
mod insert;
mod motion;
mod normal;

use std::rc::Rc;

use super::screen::{App, Key, Look, Page, Text, cells, full_screen, styled};
use crate::{errno::Errno, kernel::Sys, program::ProgramSpec};

const HELP: &str = "Usage: vi [-R] [-c CMD] [+LINE] [FILE]...\n\nEdit FILE\n\n\t-c CMD\tInitial command to run\n\t-R\tRead-only\n";

pub const VI: ProgramSpec = ProgramSpec::inside("vi", HELP, || full_screen(Vi::default()));
pub const VIEW: ProgramSpec = ProgramSpec::inside("view", HELP, || full_screen(Vi::default()));
pub const VIM: ProgramSpec = ProgramSpec::inside("vim", HELP, || full_screen(Vi::default()));

/// What keys mean now.
#[derive(Clone, Debug, Default, PartialEq)]
enum Mode {
    #[default]
    Normal,
    Insert,
    Replace,
    /// The anchor; whole lines or not.
    Visual {
        anchor: (usize, usize),
        lines: bool,
    },
    /// The `:`, `/` or `?` line being typed.
    Line {
        kind: char,
        text: String,
    },
}

/// Settings of `:set`.
#[derive(Clone, Debug)]
struct Settings {
    number: bool,
    relative: bool,
    paste: bool,
    list: bool,
    ignore_case: bool,
    smart_case: bool,
    auto_indent: bool,
    expand_tab: bool,
    tab_stop: usize,
    soft_tab: usize,
    shift_width: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            number: false,
            relative: false,
            paste: false,
            list: false,
            ignore_case: false,
            smart_case: false,
            auto_indent: false,
            expand_tab: false,
            tab_stop: 8,
            soft_tab: 0,
            shift_width: 8,
        }
    }
}

/// What was deleted or yanked.
#[derive(Clone, Debug, Default)]
struct Register {
    lines: Vec<Vec<char>>,
    linewise: bool,
}

/// The text at some moment, for undo.
#[derive(Clone, Debug)]
struct Snapshot {
    lines: Rc<Vec<Vec<char>>>,
    cursor: (usize, usize),
}

#[derive(Clone, Debug, Default)]
struct Vi {
    text: Text,
    /// Files of the command line that come after this one.
    next_files: Vec<String>,
    /// Line and column, from 0.
    row: usize,
    col: usize,
    /// The column that j and k aim at.
    want: usize,
    top: usize,
    left: usize,
    height: usize,
    mode: Mode,
    settings: Settings,
    /// Keys of a normal-mode command that is not complete.
    pending: Vec<Key>,
    register: Register,
    undo: Vec<Snapshot>,
    redo: Vec<Snapshot>,
    /// The keys of the change under way, and of the last one.
    recording: Vec<Key>,
    last_change: Vec<Key>,
    replaying: bool,
    /// How often the text typed in insert mode is put in, and where insertion began.
    insert_count: usize,
    typed: Vec<char>,
    pasting: bool,
    search: Option<(String, bool)>,
    find: Option<(char, char)>,
    history: Vec<String>,
    message: String,
    marks: collections::OrdMap<char, (usize, usize)>,
    read_only: bool,
    busybox: bool,
    exit: Option<u8>,
}

impl App for Vi {
    fn begin(&mut self, sys: &mut Sys<'_>) -> Result<(), (String, u8)> {
        let argv = sys.argv();
        self.busybox = sys.is_busybox();
        let name = argv.first().map_or("", |a| a.rsplit('/').next().unwrap_or(a)).to_owned();
        self.read_only = name == "view";
        let mut commands = Vec::new();
        let mut files = Vec::new();
        let mut args = argv.iter().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--help" | "-h" => return Err((HELP.to_owned(), 0)),
                "--version" => return Err(("VIM - Vi IMproved 9.1 (2024 Jan 02)\n".to_owned(), 0)),
                "-R" => self.read_only = true,
                "-c" => commands.extend(args.next().cloned()),
                "--" => files.extend(args.by_ref().cloned()),
                "+" => commands.push("$".to_owned()),
                plus if plus.starts_with('+') => commands.push(plus[1..].to_owned()),
                flag if flag.starts_with('-') && flag.len() > 1 => {
                    let known = ["-n", "-N", "-e", "-i", "-u", "-y", "-Z", "-p", "-o", "-O"];
                    if !known.contains(&flag) {
                        return Err((
                            format!(
                                "VIM - Vi IMproved 9.1 (2024 Jan 02)\nUnknown option argument: \"{flag}\"\nMore info with: \"vim -h\"\n"
                            ),
                            1,
                        ));
                    }
                    if flag == "-u" || flag == "-i" {
                        args.next();
                    }
                }
                file => files.push(file.to_owned()),
            }
        }
        self.read_settings(sys);
        self.text.lines = vec![Vec::new()];
        let mut files = files.into_iter();
        if let Some(file) = files.next() {
            self.open(&file, sys);
        }
        self.next_files = files.collect();
        for command in commands {
            self.ex(&command, sys);
        }
        Ok(())
    }

    fn key(&mut self, key: Key, sys: &mut Sys<'_>) {
        match key {
            Key::PasteBegin => self.pasting = true,
            Key::PasteEnd => self.pasting = false,
            key => self.press(key, sys),
        }
        self.clamp();
    }

    fn draw(&mut self, cols: usize, rows: usize) -> Page {
        self.height = rows - 1;
        self.scroll();
        let mut page = Page::new(cols, rows);
        let gutter = if self.settings.number || self.settings.relative {
            self.text.lines.len().to_string().len().max(3) + 1
        } else {
            0
        };
        let width = cols - gutter;
        // Long lines wrap, as Vim shows them.
        let mut at = self.top;
        while page.rows.len() < self.height && at < self.text.lines.len() {
            self.draw_line(at, gutter, width, &mut page);
            at += 1;
        }
        let shown = at;
        while page.rows.len() < self.height {
            page.push(styled("~", Look::Faint));
        }
        page.rows.truncate(self.height);
        self.draw_status(shown, &mut page);
        page
    }

    fn done(&self) -> Option<u8> {
        self.exit
    }

    fn has_alt(&self) -> bool {
        false
    }
}

impl Vi {
    fn press(&mut self, key: Key, sys: &mut Sys<'_>) {
        match self.mode.clone() {
            Mode::Normal | Mode::Visual { .. } => {
                if !matches!(self.mode, Mode::Visual { .. }) && self.pending.is_empty() {
                    self.message.clear();
                }
                self.normal_key(key, sys);
            }
            Mode::Insert | Mode::Replace => {
                if !self.replaying {
                    self.recording.push(key);
                }
                self.insert_key(key);
            }
            Mode::Line { kind, text } => self.line_key(kind, text, key, sys),
        }
    }

    /// `:set` lines of the start-up file.
    fn read_settings(&mut self, sys: &mut Sys<'_>) {
        let home = sys.var("HOME").unwrap_or("/root").to_owned();
        for name in [".vimrc", ".exrc"] {
            let Ok(bytes) = super::screen::read_file(sys, &format!("{home}/{name}")) else { continue };
            for line in String::from_utf8_lossy(&bytes).lines() {
                let line = line.trim().trim_start_matches(':');
                if let Some(options) = line.strip_prefix("set ").or_else(|| line.strip_prefix("se ")) {
                    self.set_options(options);
                }
            }
            break;
        }
        self.message.clear();
    }

    /// Opens a file in place of the present one.
    fn open(&mut self, path: &str, sys: &mut Sys<'_>) {
        match self.text.load(sys, path) {
            Ok(()) if self.text.is_new => self.message = format!("\"{path}\" [New]"),
            Ok(()) => {
                let noeol = if self.text.unfinished { "[noeol] " } else { "" };
                let read_only = if self.read_only { "[readonly] " } else { "" };
                self.message = format!(
                    "\"{path}\" {noeol}{read_only}{}L, {}B",
                    if self.text.bytes == 0 { 0 } else { self.text.lines.len() },
                    self.text.bytes
                );
            }
            Err(Errno::EISDIR) => {
                self.text = Text { lines: vec![Vec::new()], path: Some(path.to_owned()), ..Text::default() };
                self.message = format!("\"{path}\" is a directory");
            }
            Err(Errno::EACCES) => {
                self.text = Text { lines: vec![Vec::new()], path: Some(path.to_owned()), ..Text::default() };
                self.message = format!("\"{path}\" [Permission Denied]");
            }
            Err(e) => self.message = format!("E484: Can't open file {path}: {e}"),
        }
        (self.row, self.col, self.want, self.top, self.left) = (0, 0, 0, 0, 0);
        self.undo.clear();
        self.redo.clear();
        self.marks.clear();
    }

    /// Remembers the text before a change.
    fn save_undo(&mut self) {
        let lines = Rc::new(self.text.lines.clone());
        self.undo.push(Snapshot { lines, cursor: (self.row, self.col) });
        if self.undo.len() > 200 {
            self.undo.remove(0);
        }
        self.redo.clear();
    }

    fn line(&self) -> &Vec<char> {
        &self.text.lines[self.row]
    }

    /// The cursor stays on the text.
    fn clamp(&mut self) {
        if self.text.lines.is_empty() {
            self.text.lines.push(Vec::new());
        }
        self.row = self.row.min(self.text.lines.len() - 1);
        let len = self.line().len();
        let past = matches!(self.mode, Mode::Insert | Mode::Replace | Mode::Visual { .. });
        self.col = self.col.min(if past { len } else { len.saturating_sub(1) });
    }

    /// Moves to a line and column that the person chose: vertical motions aim at this column from now on.
    fn go(&mut self, row: usize, col: usize) {
        self.row = row;
        self.col = col;
        self.want = col;
        self.clamp();
    }

    /// How many rows of the screen a line takes.
    fn rows_of(&self, line: usize, width: usize) -> usize {
        let (shown, _) = cells(&self.text.lines[line], self.settings.tab_stop);
        shown.len().div_ceil(width.max(1)).max(1)
    }

    fn scroll(&mut self) {
        self.top = self.top.min(self.row);
        if self.row >= self.top + 2 * self.height {
            self.top = self.row.saturating_sub(self.height / 2);
        }
        while self.top < self.row {
            let used: usize = (self.top..=self.row).map(|line| self.rows_of(line, 80)).sum();
            if used <= self.height {
                break;
            }
            self.top += 1;
        }
    }

    fn selected(&self, row: usize, col: usize) -> bool {
        let Mode::Visual { anchor, lines } = self.mode else { return false };
        let here = (self.row, self.col);
        let (from, to) = if anchor <= here { (anchor, here) } else { (here, anchor) };
        if lines { (from.0..=to.0).contains(&row) } else { from <= (row, col) && (row, col) <= to }
    }

    fn draw_line(&self, at: usize, gutter: usize, width: usize, page: &mut Page) {
        let line = &self.text.lines[at];
        let (shown, columns) = cells(line, self.settings.tab_stop);
        let mut looks = vec![Look::Plain; shown.len()];
        for (n, pair) in columns.windows(2).enumerate() {
            if self.selected(at, n) {
                looks[pair[0]..pair[1]].fill(Look::Reverse);
            }
        }
        let mut row: Vec<(char, Look)> = shown.into_iter().zip(looks).collect();
        if self.selected(at, 0) && row.is_empty() {
            row.push((' ', Look::Reverse));
        }
        if self.settings.list {
            row.push(('$', Look::Faint));
        }
        if at == self.row {
            let column = columns[self.col.min(line.len())];
            page.cursor = (gutter + column % width, page.rows.len() + column / width);
        }
        let label = match (self.settings.relative, at == self.row) {
            (true, false) => at.abs_diff(self.row).to_string(),
            _ => (at + 1).to_string(),
        };
        let mut parts = row.chunks(width);
        let mut first = true;
        loop {
            let part = parts.next();
            if part.is_none() && !first {
                return;
            }
            let mut out = match (gutter, first) {
                (0, _) => Vec::new(),
                (_, true) => styled(&format!("{label:>w$} ", w = gutter - 1), Look::Faint),
                (_, false) => styled(&" ".repeat(gutter), Look::Faint),
            };
            out.extend(part.unwrap_or_default());
            page.push(out);
            first = false;
        }
    }

    fn draw_status(&self, shown: usize, page: &mut Page) {
        let left = match &self.mode {
            Mode::Line { kind, text } => {
                page.cursor = (1 + text.chars().count(), page.rows.len());
                format!("{kind}{text}")
            }
            Mode::Insert if !self.busybox && self.settings.paste => "-- INSERT (paste) --".to_owned(),
            Mode::Insert if !self.busybox => "-- INSERT --".to_owned(),
            Mode::Replace if !self.busybox => "-- REPLACE --".to_owned(),
            Mode::Visual { lines: true, .. } => "-- VISUAL LINE --".to_owned(),
            Mode::Visual { .. } => "-- VISUAL --".to_owned(),
            _ if !self.message.is_empty() => self.message.clone(),
            _ if self.busybox => self.busybox_status(),
            _ => String::new(),
        };
        if self.busybox || matches!(self.mode, Mode::Line { .. }) {
            return page.text(&left);
        }
        let total = self.text.lines.len();
        let place = match (self.top == 0, shown >= total) {
            (true, true) => "All".to_owned(),
            (true, false) => "Top".to_owned(),
            (false, true) => "Bot".to_owned(),
            (false, false) => format!("{}%", self.top * 100 / total.saturating_sub(self.height).max(1)),
        };
        let (_, columns) = cells(self.line(), self.settings.tab_stop);
        let column = columns[self.col.min(self.line().len())] + 1;
        let ruler = match (self.line().len(), self.col + 1) {
            (0, _) => format!("{},0-1", self.row + 1),
            (_, n) if n == column => format!("{},{n}", self.row + 1),
            (_, n) => format!("{},{n}-{column}", self.row + 1),
        };
        let right = format!("{ruler:<14}{place}");
        let room = page.cols.saturating_sub(18);
        // A message that needs the place of the ruler takes it.
        if left.chars().count() > room {
            return page.text(&left);
        }
        page.text(&format!("{left:<room$}{right}"));
    }

    fn busybox_status(&self) -> String {
        let mode = match self.mode {
            Mode::Insert => "I",
            Mode::Replace => "R",
            _ => "-",
        };
        let name = self.text.path.as_deref().unwrap_or("No file");
        let changed = if self.text.modified { " [Modified]" } else { "" };
        let read_only = if self.read_only { " [Readonly]" } else { "" };
        let total = self.text.lines.len();
        format!(
            "{mode} {name}{read_only}{changed} {}/{total} {}%",
            self.row + 1,
            (self.row + 1) * 100 / total
        )
    }
}
