//! What full-screen programs share: keys from bytes, a page of styled rows drawn by its changes, the terminal's modes.

use std::collections::VecDeque;

use super::tool::Output;
use crate::{
    errno::Errno,
    kernel::{Mode, Sys},
    program::{Fd, Poll, Program, Wait},
    signal::Signal,
};

/// One key as a person presses it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    Char(char),
    /// Control and the upper-case letter.
    Ctrl(char),
    Alt(char),
    Enter,
    Tab,
    Esc,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    /// The terminal's brackets around pasted text.
    PasteBegin,
    PasteEnd,
}

/// Reads one key, byte by byte, so that what is typed after the last key of a program is left to the next one.
/// An escape with nothing behind it is the key Esc; `alt`: with a character behind it, that key with Alt.
fn read_key(next: &mut dyn FnMut() -> Option<u8>, alt: bool, unread: &mut VecDeque<u8>) -> Option<Key> {
    let first = unread.pop_front().or_else(&mut *next)?;
    Some(match first {
        b'\r' | b'\n' => Key::Enter,
        b'\t' => Key::Tab,
        8 | 127 => Key::Backspace,
        27 => escape(next, alt, unread),
        0 => Key::Ctrl('@'),
        1..=31 => Key::Ctrl((first + 64) as char),
        32..=126 => Key::Char(first as char),
        _ => {
            let more = match first {
                0xC0..=0xDF => 1,
                0xE0..=0xEF => 2,
                0xF0.. => 3,
                _ => 0,
            };
            let mut encoded = vec![first];
            for _ in 0..more {
                encoded.extend(unread.pop_front().or_else(&mut *next));
            }
            Key::Char(String::from_utf8_lossy(&encoded).chars().next().unwrap_or('\u{FFFD}'))
        }
    })
}

fn escape(next: &mut dyn FnMut() -> Option<u8>, alt: bool, unread: &mut VecDeque<u8>) -> Key {
    let mut byte = || unread.pop_front().or_else(&mut *next);
    let Some(second) = byte() else { return Key::Esc };
    if !matches!(second, b'[' | b'O') {
        if alt && second.is_ascii_graphic() {
            return Key::Alt(second as char);
        }
        unread.push_front(second);
        return Key::Esc;
    }
    let mut taken = vec![second];
    while let Some(byte) = byte() {
        taken.push(byte);
        let number = std::str::from_utf8(&taken[1..taken.len() - 1]).unwrap_or_default();
        return match byte {
            b'0'..=b'9' | b';' if second == b'[' && taken.len() < 12 => continue,
            b'A' => Key::Up,
            b'B' => Key::Down,
            b'C' => Key::Right,
            b'D' => Key::Left,
            b'H' => Key::Home,
            b'F' => Key::End,
            b'~' => match number {
                "1" | "7" => Key::Home,
                "4" | "8" => Key::End,
                "3" => Key::Delete,
                "5" => Key::PageUp,
                "6" => Key::PageDown,
                "200" => Key::PasteBegin,
                "201" => Key::PasteEnd,
                _ => Key::Esc,
            },
            _ => break,
        };
    }
    // No sequence that is known: Esc, and what was typed after it.
    for byte in taken.into_iter().rev() {
        unread.push_front(byte);
    }
    Key::Esc
}

/// How a cell looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Look {
    #[default]
    Plain,
    Reverse,
    Bold,
    /// What is no text of the file: `~`, line numbers.
    Faint,
}

impl Look {
    fn code(self) -> &'static str {
        match self {
            Look::Plain => "0",
            Look::Reverse => "7",
            Look::Bold => "1",
            Look::Faint => "94",
        }
    }
}

/// A row of cells.
pub type Row = Vec<(char, Look)>;

/// Cells of one look.
pub fn styled(text: &str, look: Look) -> Row {
    text.chars().map(|c| (c, look)).collect()
}

/// What the terminal is to show.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Page {
    pub cols: usize,
    pub height: usize,
    pub rows: Vec<Row>,
    /// Column and row of the cursor, from 0.
    pub cursor: (usize, usize),
}

impl Page {
    pub fn new(cols: usize, height: usize) -> Page {
        Page { cols, height, rows: Vec::new(), cursor: (0, 0) }
    }

    /// Adds a row, cut to the width.
    pub fn push(&mut self, mut row: Row) {
        row.truncate(self.cols);
        self.rows.push(row);
    }

    pub fn text(&mut self, text: &str) {
        self.push(styled(text, Look::Plain));
    }

    /// Bytes that turn what `old` shows into this page.
    fn draw(&self, old: Option<&Page>) -> String {
        let mut out = String::from("\x1b[?25l");
        let old = old.filter(|old| (old.cols, old.height) == (self.cols, self.height));
        if old.is_none() {
            out.push_str("\x1b[0m\x1b[H\x1b[2J");
        }
        for (at, row) in self.rows.iter().take(self.height).enumerate() {
            if old.is_some_and(|old| old.rows.get(at) == Some(row)) || (old.is_none() && row.is_empty()) {
                continue;
            }
            out.push_str(&format!("\x1b[{};1H", at + 1));
            let mut look = Look::Plain;
            for (c, wanted) in row {
                if *wanted != look {
                    look = *wanted;
                    out.push_str(&format!("\x1b[0;{}m", look.code()));
                }
                out.push(*c);
            }
            if look != Look::Plain {
                out.push_str("\x1b[0m");
            }
            if row.len() < self.cols {
                out.push_str("\x1b[K");
            }
        }
        out.push_str(&format!("\x1b[{};{}H\x1b[?25h", self.cursor.1 + 1, self.cursor.0 + 1));
        out
    }
}

/// The cells of a line of text: tabs to the next stop, control characters as `^X`; and the column of each character
/// (with that of the end).
pub fn cells(line: &[char], tab: usize) -> (Vec<char>, Vec<usize>) {
    let mut shown = Vec::with_capacity(line.len());
    let mut columns = Vec::with_capacity(line.len() + 1);
    for c in line {
        columns.push(shown.len());
        match *c {
            '\t' => shown.extend(std::iter::repeat_n(' ', tab - shown.len() % tab)),
            c if (c as u32) < 32 => shown.extend(['^', (c as u8 + 64) as char]),
            '\u{7f}' => shown.extend(['^', '?']),
            c => shown.push(c),
        }
    }
    columns.push(shown.len());
    (shown, columns)
}

/// A full-screen program.
pub trait App: Clone + 'static {
    /// Reads arguments and files. Err: what to write to stderr, and the exit code.
    fn begin(&mut self, sys: &mut Sys<'_>) -> Result<(), (String, u8)>;
    /// A key was pressed.
    fn key(&mut self, key: Key, sys: &mut Sys<'_>);
    /// The page as it is now.
    fn draw(&mut self, cols: usize, rows: usize) -> Page;
    /// The exit code, when it is over.
    fn done(&self) -> Option<u8>;
    /// Whether Esc and a character are that key with Alt, or two keys.
    fn has_alt(&self) -> bool {
        true
    }
    /// More work without a key (input that is being read): what to wait for besides keys.
    fn work(&mut self, _sys: &mut Sys<'_>) -> Option<Wait> {
        None
    }
    /// What is left on the screen below the prompt afterwards.
    fn farewell(&self) -> String {
        String::new()
    }
}

/// Runs a full-screen program: keys from `keyboard` (0, or the terminal that it opens itself).
pub fn full_screen<A: App>(app: A) -> Box<dyn Program> {
    Box::new(Frame {
        app,
        begun: false,
        keyboard: 0,
        unread: VecDeque::new(),
        shown: None,
        output: Output::default(),
        mode: None,
        exit: None,
    })
}

#[derive(Clone)]
struct Frame<A> {
    app: A,
    begun: bool,
    keyboard: Fd,
    /// Bytes behind an Esc that are keys of their own.
    unread: VecDeque<u8>,
    shown: Option<Page>,
    output: Output,
    /// The terminal's settings before.
    mode: Option<Mode>,
    exit: Option<u8>,
}

impl<A: App> Frame<A> {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        self.begun = true;
        if let Err((text, code)) = self.app.begin(sys) {
            self.output.push(2, text.as_bytes());
            self.exit = Some(code);
            return;
        }
        if !sys.is_tty(0)
            && let Ok(fd) = sys.open("/dev/tty", crate::kernel::OpenFlags::READ, 0)
        {
            self.keyboard = fd;
        }
        self.mode = sys.tty_mode(self.keyboard);
        if self.mode.is_some() {
            // The terminal is there: it was just asked.
            let _set = sys.set_tty_mode(self.keyboard, Mode::RAW);
        }
        sys.catch(Signal::WINCH);
        sys.catch(Signal::TERM);
        sys.catch(Signal::HUP);
        self.output.push(1, b"\x1b[?1049h\x1b[?2004h");
    }

    fn end(&mut self, sys: &mut Sys<'_>, code: u8) {
        self.output.push(1, b"\x1b[?2004l\x1b[?1049l");
        self.output.push(1, self.app.farewell().as_bytes());
        if let Some(mode) = self.mode.take() {
            let _restored = sys.set_tty_mode(self.keyboard, mode);
        }
        self.exit = Some(code);
    }

    fn next_key(&mut self, sys: &mut Sys<'_>) -> Option<Key> {
        let keyboard = self.keyboard;
        let mut gone = false;
        let mut next = || match sys.read(keyboard, 1) {
            Ok(bytes) => {
                gone |= bytes.is_empty();
                bytes.first().copied()
            }
            Err(Errno::EAGAIN) => None,
            Err(_) => {
                gone = true;
                None
            }
        };
        let key = read_key(&mut next, self.app.has_alt(), &mut self.unread);
        if gone && key.is_none() {
            self.end(sys, 1);
        }
        key
    }

    fn size(&self, sys: &Sys<'_>) -> (usize, usize) {
        let (cols, rows) = sys.window(self.keyboard).or_else(|| sys.window(1)).unwrap_or((80, 24));
        (usize::from(cols).max(20), usize::from(rows).max(4))
    }
}

impl<A: App> Program for Frame<A> {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begin(sys);
        }
        loop {
            if let Some(wait) = self.output.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Some(code) = self.exit {
                return Poll::Exit(code);
            }
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            while let Some(signal) = sys.take_signal() {
                if signal != Signal::WINCH {
                    self.end(sys, 1);
                }
            }
            let waiting = self.app.work(sys);
            if let Some(code) = self.app.done().filter(|_| self.exit.is_none()) {
                self.end(sys, code);
            }
            while self.exit.is_none()
                && sys.fuel() > 0
                && let Some(key) = self.next_key(sys)
            {
                sys.spend(5);
                self.app.key(key, sys);
                if let Some(code) = self.app.done() {
                    self.end(sys, code);
                }
            }
            if self.exit.is_some() {
                continue;
            }
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            let (cols, rows) = self.size(sys);
            let page = self.app.draw(cols, rows);
            if self.shown.as_ref() != Some(&page) {
                sys.spend(200);
                self.output.push(1, page.draw(self.shown.as_ref()).as_bytes());
                self.shown = Some(page);
            }
            if let Some(wait) = self.output.drain(sys) {
                return Poll::Wait(wait);
            }
            let mut wait = waiting.unwrap_or_default();
            wait.read.push(self.keyboard);
            return Poll::Wait(wait);
        }
    }

    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// A text file being edited.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    pub lines: Vec<Vec<char>>,
    pub path: Option<String>,
    pub modified: bool,
    /// Bytes read or written last.
    pub bytes: usize,
    /// The file did not exist.
    pub is_new: bool,
    /// Its last line has no line end.
    pub unfinished: bool,
}

/// The largest file that is edited.
const MAX_FILE: usize = 8 << 20;

/// Reads a whole file.
pub fn read_file(sys: &mut Sys<'_>, path: &str) -> Result<Vec<u8>, Errno> {
    let fd = sys.open(path, crate::kernel::OpenFlags::READ, 0)?;
    let mut bytes = Vec::new();
    let result = loop {
        match sys.read(fd, 1 << 16) {
            Ok(piece) if piece.is_empty() => break Ok(()),
            Ok(_) if bytes.len() > MAX_FILE => break Err(Errno::EFBIG),
            Ok(piece) => bytes.extend(piece),
            Err(e) => break Err(e),
        }
    };
    let _closed = sys.close(fd);
    result.map(|()| bytes)
}

/// The lines of a text, and whether the last one lacks its end.
pub fn lines_of(bytes: &[u8]) -> (Vec<Vec<char>>, bool) {
    let text = String::from_utf8_lossy(bytes);
    let unfinished = !text.is_empty() && !text.ends_with('\n');
    let mut lines: Vec<Vec<char>> = text.split('\n').map(|line| line.chars().collect()).collect();
    if !unfinished {
        lines.pop();
    }
    (lines, unfinished)
}

impl Text {
    /// Loads the file of that name, or begins an empty one.
    pub fn load(&mut self, sys: &mut Sys<'_>, path: &str) -> Result<(), Errno> {
        let (bytes, is_new) = match read_file(sys, path) {
            Ok(bytes) => (bytes, false),
            Err(Errno::ENOENT) => (Vec::new(), true),
            Err(e) => return Err(e),
        };
        let (mut lines, unfinished) = lines_of(&bytes);
        if lines.is_empty() {
            lines.push(Vec::new());
        }
        *self = Text {
            lines,
            path: Some(path.to_owned()),
            modified: false,
            bytes: bytes.len(),
            is_new,
            unfinished,
        };
        Ok(())
    }

    /// The text of lines, each with its end.
    pub fn content(&self, from: usize, to: usize) -> Vec<u8> {
        let mut out = String::new();
        for line in &self.lines[from.min(self.lines.len())..to.min(self.lines.len())] {
            out.extend(line);
            out.push('\n');
        }
        // An empty buffer is an empty file.
        if self.lines.len() == 1 && self.lines[0].is_empty() {
            out.clear();
        }
        out.into_bytes()
    }

    /// Writes bytes to a file.
    pub fn store(sys: &mut Sys<'_>, path: &str, bytes: &[u8]) -> Result<(), Errno> {
        let fd = sys.open(path, crate::kernel::OpenFlags::WRITE, 0o666)?;
        let mut rest = bytes;
        let mut result = Ok(());
        while !rest.is_empty() {
            match sys.write(fd, rest) {
                Ok(n) if n > 0 => rest = &rest[n..],
                Ok(_) => break,
                Err(e) => {
                    result = Err(e);
                    break;
                }
            }
        }
        let _closed = sys.close(fd);
        result
    }
}
