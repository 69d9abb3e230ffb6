//! Terminals: the line discipline between keys and programs.

use std::collections::VecDeque;

use crate::{program::Pid, signal::Signal};

/// The settings of a terminal that programs change (termios).
#[derive(Clone, PartialEq, Debug)]
pub struct Mode {
    /// Lines are edited here and given out when complete.
    pub canonical: bool,
    /// What is typed is shown.
    pub echo: bool,
    /// ^C, ^Z and ^\ send signals.
    pub signals: bool,
    /// Return becomes newline on input.
    pub cr_to_nl: bool,
    /// Newline becomes return and newline on output.
    pub nl_to_crnl: bool,
}

impl Mode {
    /// What a shell gives to the programs it runs.
    pub const COOKED: Mode =
        Mode { canonical: true, echo: true, signals: true, cr_to_nl: true, nl_to_crnl: true };
    /// What line editors and full-screen programs use.
    pub const RAW: Mode =
        Mode { canonical: false, echo: false, signals: false, cr_to_nl: false, nl_to_crnl: true };
}

/// A terminal.
#[derive(Clone, PartialEq, Debug)]
pub struct Tty {
    /// What the programs on it have set.
    pub mode: Mode,
    /// Width in characters.
    pub cols: u16,
    /// Height in lines.
    pub rows: u16,
    /// The process group that keys and signals go to.
    pub foreground: Pid,
    /// Session it controls.
    pub session: Pid,
    /// Bytes ready to be read.
    ready: VecDeque<u8>,
    /// The line being edited (canonical mode).
    line: Vec<u8>,
    /// ^D on an empty line: the next read gives end of file.
    eof: bool,
    /// The host closed it: reads give end of file.
    pub hung_up: bool,
}

/// The most bytes kept for programs that do not read.
const MAX_INPUT: usize = 1 << 20;

impl Tty {
    /// A terminal in cooked mode that no session has yet.
    pub fn new(cols: u16, rows: u16) -> Tty {
        Tty {
            mode: Mode::COOKED,
            cols,
            rows,
            foreground: 0,
            session: 0,
            ready: VecDeque::new(),
            line: Vec::new(),
            eof: false,
            hung_up: false,
        }
    }

    pub(crate) fn can_read(&self) -> bool {
        !self.ready.is_empty() || self.eof || self.hung_up || (!self.mode.canonical && !self.line.is_empty())
    }

    /// Takes up to `max` bytes (one line at most in canonical mode); None when a reader must wait.
    pub(crate) fn read(&mut self, max: usize) -> Option<Vec<u8>> {
        if !self.mode.canonical && !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.ready.extend(line);
        }
        if self.ready.is_empty() {
            if self.eof {
                self.eof = false;
                return Some(Vec::new());
            }
            return self.hung_up.then(Vec::new);
        }
        let mut n = self.ready.len().min(max);
        if self.mode.canonical
            && let Some(end) = self.ready.iter().position(|&b| b == b'\n')
        {
            n = n.min(end + 1);
        }
        Some(self.ready.drain(..n).collect())
    }

    /// Takes keys in. Returns what to echo and the signals for the foreground group, in order.
    pub(crate) fn input(&mut self, bytes: &[u8]) -> (Vec<u8>, Vec<Signal>) {
        let mut echo = Vec::new();
        let mut signals = Vec::new();
        for &byte in bytes {
            if self.ready.len() + self.line.len() >= MAX_INPUT {
                echo.push(7);
                continue;
            }
            self.key(byte, &mut echo, &mut signals);
        }
        (echo, signals)
    }

    fn key(&mut self, byte: u8, echo: &mut Vec<u8>, signals: &mut Vec<Signal>) {
        let byte = if byte == b'\r' && self.mode.cr_to_nl { b'\n' } else { byte };
        if self.mode.signals {
            let signal = match byte {
                3 => Some(Signal::INT),
                26 => Some(Signal::TSTP),
                28 => Some(Signal::QUIT),
                _ => None,
            };
            if let Some(signal) = signal {
                if self.mode.echo {
                    echo.extend([b'^', byte + 64]);
                }
                self.line.clear();
                self.ready.clear();
                signals.push(signal);
                return;
            }
        }
        if !self.mode.canonical {
            self.ready.push_back(byte);
            if self.mode.echo {
                echo_byte(byte, echo);
            }
            return;
        }
        match byte {
            4 => {
                if self.line.is_empty() {
                    self.eof = true;
                } else {
                    let line = std::mem::take(&mut self.line);
                    self.ready.extend(line);
                }
            }
            8 | 127 => self.erase(echo),
            21 => {
                while !self.line.is_empty() {
                    self.erase(echo);
                }
            }
            23 => {
                while self.line.last() == Some(&b' ') {
                    self.erase(echo);
                }
                while self.line.last().is_some_and(|&b| b != b' ') {
                    self.erase(echo);
                }
            }
            b'\n' => {
                if self.mode.echo {
                    echo.extend(b"\r\n");
                }
                self.line.push(b'\n');
                let line = std::mem::take(&mut self.line);
                self.ready.extend(line);
            }
            _ => {
                self.line.push(byte);
                if self.mode.echo {
                    echo_byte(byte, echo);
                }
            }
        }
    }

    /// Takes back the last character of the line.
    fn erase(&mut self, echo: &mut Vec<u8>) {
        let Some(mut last) = self.line.pop() else { return };
        while last & 0xC0 == 0x80 {
            let Some(b) = self.line.pop() else { break };
            last = b;
        }
        if self.mode.echo {
            let width = if last < 32 { 2 } else { 1 };
            for _ in 0..width {
                echo.extend(b"\x08 \x08");
            }
        }
    }

    /// Bytes as the terminal must show them.
    pub(crate) fn cook(&self, bytes: &[u8]) -> Vec<u8> {
        if !self.mode.nl_to_crnl {
            return bytes.to_vec();
        }
        let mut out = Vec::with_capacity(bytes.len() + 8);
        for &b in bytes {
            if b == b'\n' {
                out.push(b'\r');
            }
            out.push(b);
        }
        out
    }
}

fn echo_byte(byte: u8, echo: &mut Vec<u8>) {
    match byte {
        b'\n' => echo.extend(b"\r\n"),
        b'\t' => echo.push(byte),
        0..=31 => echo.extend([b'^', byte + 64]),
        127 => echo.extend(b"^?"),
        _ => echo.push(byte),
    }
}
