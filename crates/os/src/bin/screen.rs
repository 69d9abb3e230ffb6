//! What full-screen programs share: keys from bytes, a page of styled rows drawn by its changes, the terminal's modes.

mod errand;
mod file;
mod keys;

use std::collections::VecDeque;

use super::tool::Output;
use crate::{
    errno::Errno,
    kernel::{ChildEvent, Mode, Sys, WaitFor},
    program::{Fd, Poll, Program, Wait},
    signal::Signal,
};

pub use errand::Errand;
pub use file::{Text, lines_of, read_file};
pub use keys::Key;

use errand::{OUTPUT_MAX, Running, start_errand};
use keys::read_key;

/// How a cell looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Look {
    #[default]
    Plain,
    Reverse,
    Bold,
    /// What is no text of the file: `~`, line numbers.
    Faint,
    /// What a search has found.
    Match,
    /// Names and figures of meters.
    Cyan,
    Green,
    /// Titles, and the line that is chosen.
    GreenBar,
    CyanBar,
}

impl Look {
    fn code(self) -> &'static str {
        match self {
            Look::Plain => "0",
            Look::Reverse => "7",
            Look::Bold => "1",
            Look::Faint => "94",
            Look::Match => "30;103",
            Look::Cyan => "36",
            Look::Green => "32",
            Look::GreenBar => "30;42",
            Look::CyanBar => "30;46",
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
    /// A command that the program wants run.
    fn take_errand(&mut self) -> Option<Errand> {
        None
    }
    /// It has ended: what it wrote, if that was captured, and its exit code.
    fn errand_done(&mut self, _output: Vec<u8>, _code: i32, _sys: &mut Sys<'_>) {}
    /// Whether the program wants to be stopped, as by ^Z.
    fn take_stop(&mut self) -> bool {
        false
    }
    /// What is asked below the output of a command, before the page comes back.
    fn wait_for_enter(&self) -> &'static str {
        "Press ENTER or type command to continue"
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
        running: None,
        asks_enter: false,
        stopped: false,
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
    /// A command that the program had run.
    running: Option<Running>,
    /// The command's output is on the terminal until a key is pressed.
    asks_enter: bool,
    stopped: bool,
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
        sys.catch(Signal::WINCH);
        sys.catch(Signal::TERM);
        sys.catch(Signal::HUP);
        self.enter(sys);
    }

    /// Takes the terminal: each key is heard at once, and the page has a screen of its own.
    fn enter(&mut self, sys: &mut Sys<'_>) {
        self.mode = sys.tty_mode(self.keyboard);
        if self.mode.is_some() {
            // The terminal is there: it was just asked.
            let _set = sys.set_tty_mode(self.keyboard, Mode::RAW);
        }
        self.output.push(1, b"\x1b[?1049h\x1b[?2004h");
        self.shown = None;
    }

    /// Gives the terminal back as it was.
    fn leave(&mut self, sys: &mut Sys<'_>) {
        self.output.push(1, b"\x1b[?2004l\x1b[?1049l");
        if let Some(mode) = self.mode.take() {
            let _restored = sys.set_tty_mode(self.keyboard, mode);
        }
    }

    fn end(&mut self, sys: &mut Sys<'_>, code: u8) {
        self.leave(sys);
        self.output.push(1, self.app.farewell().as_bytes());
        self.exit = Some(code);
    }

    /// Starts a command.
    fn begin_errand(&mut self, sys: &mut Sys<'_>, errand: Errand) {
        if !errand.captures {
            self.leave(sys);
            self.output.push(1, errand.title.as_bytes());
            // What is written comes before what the command writes; a terminal takes it at once.
            let _taken = self.output.drain(sys);
            sys.catch(Signal::INT);
        }
        match start_errand(sys, &errand) {
            Ok(running) => self.running = Some(running),
            Err(_) => self.end_errand(sys, Vec::new(), 127, errand.captures),
        }
    }

    /// Lets a command go on; what to wait for, or nothing when it has ended.
    fn poll_errand(&mut self, sys: &mut Sys<'_>) -> Option<Wait> {
        let running = self.running.as_mut()?;
        let mut wait = Wait::default();
        if let Some((fd, bytes)) = &mut running.input {
            match sys.write(*fd, bytes) {
                Ok(n) => {
                    bytes.drain(..n);
                }
                Err(Errno::EAGAIN) => wait.write.push(*fd),
                Err(_) => bytes.clear(),
            }
            if bytes.is_empty() {
                let _closed = sys.close(*fd);
                running.input = None;
            }
        }
        if let Some(fd) = running.output {
            match sys.read(fd, 65_536) {
                Ok(bytes) if !bytes.is_empty() && running.seen.len() < OUTPUT_MAX => {
                    running.seen.extend(bytes);
                    return Some(Wait::until(sys.now()));
                }
                Err(Errno::EAGAIN) => {
                    wait.read.push(fd);
                    return Some(wait);
                }
                _ => {
                    let _closed = sys.close(fd);
                    running.output = None;
                }
            }
        }
        match sys.wait(WaitFor::Pid(running.pid), false) {
            Err(Errno::EAGAIN) => {
                wait.child = true;
                Some(wait)
            }
            ended => {
                let code = match ended {
                    Ok((_, ChildEvent::Exited(status))) => status.code(),
                    _ => 1,
                };
                let running = self.running.take()?;
                if let Some((fd, _)) = running.input {
                    let _closed = sys.close(fd);
                }
                self.end_errand(sys, running.seen, code, running.captures);
                None
            }
        }
    }

    fn end_errand(&mut self, sys: &mut Sys<'_>, seen: Vec<u8>, code: i32, captured: bool) {
        if !captured {
            sys.default_signal(Signal::INT);
            self.mode = sys.tty_mode(self.keyboard);
            if self.mode.is_some() {
                let _set = sys.set_tty_mode(self.keyboard, Mode::RAW);
            }
            let failed = if code == 0 { String::new() } else { format!("\r\nshell returned {code}\r\n") };
            self.output.push(1, format!("{failed}\r\n{}", self.app.wait_for_enter()).as_bytes());
            self.asks_enter = true;
        }
        self.app.errand_done(seen, code, sys);
    }

    /// Stops the program as ^Z does; a shell with job control brings it back.
    fn stop(&mut self, sys: &mut Sys<'_>) {
        // Without such a shell above nobody would: POSIX does not stop an orphaned process group.
        let (sid, pgid) = (sys.sid(), sys.pgid());
        let all = sys.processes();
        let parents = all.iter().filter(|p| p.pgid == pgid).map(|p| p.ppid);
        let watched = parents
            .into_iter()
            .any(|parent| all.iter().any(|p| p.pid == parent && p.sid == sid && p.pgid != pgid));
        if !watched {
            return;
        }
        self.leave(sys);
        let _taken = self.output.drain(sys);
        self.stopped = true;
        sys.catch(Signal::CONT);
        // The group is this process's own.
        let _stopped = sys.kill_group(pgid, Signal::TSTP);
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
                if signal == Signal::CONT && self.stopped {
                    self.stopped = false;
                    self.enter(sys);
                } else if !matches!(signal, Signal::WINCH | Signal::INT | Signal::CONT) {
                    self.end(sys, 1);
                }
            }
            if self.stopped {
                return Poll::Wait(Wait::signal());
            }
            if self.running.is_some() {
                match self.poll_errand(sys) {
                    Some(wait) => return Poll::Wait(wait),
                    None => continue,
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
                if std::mem::take(&mut self.asks_enter) {
                    // The page comes back; another key than these is one for it.
                    self.output.push(1, b"\r\n\x1b[?1049h\x1b[?2004h");
                    self.shown = None;
                    if matches!(key, Key::Enter | Key::Char(' ') | Key::Esc) {
                        continue;
                    }
                }
                self.app.key(key, sys);
                if let Some(code) = self.app.done() {
                    self.end(sys, code);
                } else if let Some(errand) = self.app.take_errand() {
                    self.begin_errand(sys, errand);
                    break;
                } else if self.app.take_stop() {
                    self.stop(sys);
                    break;
                }
            }
            if self.exit.is_some() || self.running.is_some() || self.stopped {
                continue;
            }
            if self.asks_enter {
                if let Some(wait) = self.output.drain(sys) {
                    return Poll::Wait(wait);
                }
                return Poll::Wait(Wait::read(self.keyboard));
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
