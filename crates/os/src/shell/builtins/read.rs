//! `read` and `mapfile`: lines of input into variables.

use std::rc::Rc;

use collections::OrdMap;

use crate::{
    errno::Errno,
    kernel::{ShellKind, Sys},
    program::{Fd, Wait},
    shell::{
        Shell,
        builtins::{Done, Pending},
        code::Simple,
        vars::Value,
        vm::FrameKind,
    },
    time::Time,
};

/// A read under way.
#[derive(Clone, Debug)]
pub(in crate::shell) struct Read {
    fd: Fd,
    raw: bool,
    delimiter: u8,
    /// At most so many characters.
    most: Option<usize>,
    /// `-N`: just these, whatever they are.
    exact: bool,
    until: Option<Time>,
    names: Vec<String>,
    array: bool,
    buf: Vec<u8>,
    /// Positions in `buf` of characters that a backslash protects from splitting.
    escaped: Vec<usize>,
    pending_escape: bool,
    /// The terminal's settings to put back after `-s`.
    silent: bool,
}

pub(super) fn read(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut r = Read {
        fd: 0,
        raw: false,
        delimiter: b'\n',
        most: None,
        exact: false,
        until: None,
        names: Vec::new(),
        array: false,
        buf: Vec::new(),
        escaped: Vec::new(),
        pending_escape: false,
        silent: false,
    };
    let bash = shell.kind == ShellKind::Bash;
    let mut i = 1;
    let mut prompt = String::new();
    while i < words.len() {
        let Some(flags) = words[i].strip_prefix('-').filter(|f| !f.is_empty()) else { break };
        i += 1;
        if flags == "-" {
            break;
        }
        let mut chars = flags.chars();
        while let Some(flag) = chars.next() {
            match flag {
                'r' => r.raw = true,
                's' => r.silent = true,
                'e' => {}
                'p' | 't' | 'n' | 'N' | 'd' | 'u' | 'a' | 'i' => {
                    let rest: String = chars.by_ref().collect();
                    let value = if rest.is_empty() {
                        i += 1;
                        words.get(i - 1).cloned().unwrap_or_default()
                    } else {
                        rest
                    };
                    match flag {
                        'p' => prompt = value,
                        't' => {
                            let seconds = value.parse::<f64>().ok().filter(|s| *s >= 0.0 && s.is_finite());
                            let Some(seconds) = seconds else {
                                return invalid(shell, &value, "invalid timeout specification");
                            };
                            if seconds == 0.0 && bash {
                                // Only whether there is something to read.
                                return Done::Status(i32::from(!sys.is_readable(r.fd)));
                            }
                            r.until = Some(sys.now().plus((seconds.min(1e9) * 1e6) as i64));
                        }
                        'n' | 'N' => {
                            let Ok(count) = value.parse::<u32>() else {
                                return invalid(shell, &value, "invalid number");
                            };
                            r.most = Some(count as usize);
                            r.exact = flag == 'N';
                        }
                        'd' => r.delimiter = value.bytes().next().unwrap_or(0),
                        'u' => match value.parse::<Fd>() {
                            Ok(fd) if !bash || sys.is_open(fd) => r.fd = fd,
                            Ok(_) => {
                                return invalid(
                                    shell,
                                    &value,
                                    "invalid file descriptor: Bad file descriptor",
                                );
                            }
                            Err(_) => {
                                return invalid(shell, &value, "invalid file descriptor specification");
                            }
                        },
                        'a' => {
                            r.array = true;
                            r.names.push(value);
                        }
                        _ => {}
                    }
                }
                other => {
                    let message = match shell.kind {
                        ShellKind::Bash => format!(
                            "-{other}: invalid option\nread: usage: read [-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] [name ...]"
                        ),
                        ShellKind::Dash => format!("Illegal option -{other}"),
                        ShellKind::Ash => format!("illegal option -{other}"),
                    };
                    shell.builtin_error("read", message);
                    return Done::Status(2);
                }
            }
        }
    }
    r.names.extend(words[i.min(words.len())..].iter().cloned());
    if let Some(bad) = r.names.iter().find(|n| !crate::shell::lex::is_name(n.split('[').next().unwrap_or("")))
    {
        match shell.kind {
            ShellKind::Bash => shell.builtin_error("read", format!("`{bad}': not a valid identifier")),
            ShellKind::Dash => shell.builtin_error("read", format!("{bad}: bad variable name")),
            ShellKind::Ash => shell.eprint(format!("{}: read: '{bad}': bad variable name\n", shell.arg0)),
        }
        return Done::Status(if shell.kind == ShellKind::Dash { 2 } else { 1 });
    }
    let limit = shell.vars.text("TMOUT").and_then(|t| t.parse::<u32>().ok()).filter(|t| *t > 0 && bash);
    if let (Some(seconds), None) = (limit, r.until) {
        r.until = Some(sys.now().plus(i64::from(seconds) * crate::time::SECOND));
    }
    if !prompt.is_empty() && sys.is_tty(r.fd) {
        shell.eprint(prompt);
    }
    if r.silent
        && let Some(mut mode) = sys.tty_mode(r.fd)
    {
        mode.echo = false;
        let _set = sys.set_tty_mode(r.fd, mode);
    }
    r.go_on(shell, sys)
}

/// Complains of an option's value.
fn invalid(shell: &mut Shell, value: &str, what: &str) -> Done {
    shell.builtin_error("read", format!("{value}: {what}"));
    Done::Status(if shell.kind == ShellKind::Dash { 2 } else { 1 })
}

impl Read {
    pub(super) fn go_on(mut self, shell: &mut Shell, sys: &mut Sys<'_>) -> Done {
        loop {
            if self.most.is_some_and(|n| String::from_utf8_lossy(&self.buf).chars().count() >= n) {
                return self.done(shell, sys, 0);
            }
            match sys.read(self.fd, 1) {
                Ok(byte) if byte.is_empty() => return self.done(shell, sys, 1),
                Ok(byte) => {
                    let b = byte[0];
                    if self.pending_escape {
                        self.pending_escape = false;
                        if b != b'\n' {
                            self.escaped.push(self.buf.len());
                            self.buf.push(b);
                        }
                    } else if b == b'\\' && !self.raw {
                        self.pending_escape = true;
                    } else if b == self.delimiter && !self.exact {
                        return self.done(shell, sys, 0);
                    } else if b != 0 {
                        self.buf.push(b);
                    }
                }
                Err(Errno::EAGAIN) => {
                    let mut wait = Wait::read(self.fd);
                    if let Some(until) = self.until {
                        if sys.now() >= until {
                            return self.done(shell, sys, 142);
                        }
                        wait = wait.or_until(until);
                    }
                    return Done::Wait(Pending::Read(self), wait);
                }
                Err(e) => {
                    shell.builtin_error("read", format!("read error: {}: {e}", self.fd));
                    return Done::Status(1);
                }
            }
        }
    }

    fn done(self, shell: &mut Shell, sys: &mut Sys<'_>, status: i32) -> Done {
        if self.silent
            && let Some(mut mode) = sys.tty_mode(self.fd)
        {
            mode.echo = true;
            let _set = sys.set_tty_mode(self.fd, mode);
        }
        let ifs = shell.ifs();
        // Characters with whether they are protected.
        let text = String::from_utf8_lossy(&self.buf).into_owned();
        let chars: Vec<(char, bool)> =
            text.char_indices().map(|(i, c)| (c, self.escaped.contains(&i))).collect();
        if self.array {
            let fields = split(&chars, &ifs, usize::MAX);
            let array: OrdMap<i64, String> =
                fields.into_iter().enumerate().map(|(i, f)| (i as i64, f)).collect();
            let _set = shell.vars.set_value(&self.names[0], Value::Indexed(array));
            return Done::Status(status);
        }
        if self.names.is_empty() || self.exact {
            let name = self.names.first().map_or("REPLY", String::as_str).to_string();
            shell.assign(&name, text);
            return Done::Status(status);
        }
        let mut fields = split(&chars, &ifs, self.names.len()).into_iter();
        let mut status = status;
        for name in &self.names {
            let value = fields.next().unwrap_or_default();
            let ok = match name.split_once('[') {
                Some((base, key)) => shell.vars.set_element(base, key.trim_end_matches(']'), value).is_ok(),
                None => shell.assign(name, value),
            };
            if !ok {
                status = 1;
            }
        }
        Done::Status(status)
    }
}

/// Splits a line for `read`: the last of `most` fields takes the rest.
fn split(chars: &[(char, bool)], ifs: &str, most: usize) -> Vec<String> {
    let is_sep = |(c, escaped): (char, bool)| !escaped && ifs.contains(c);
    let is_blank = |at: (char, bool)| is_sep(at) && at.0.is_whitespace();
    let mut fields = Vec::new();
    let mut i = 0;
    while i < chars.len() && is_blank(chars[i]) {
        i += 1;
    }
    while i < chars.len() {
        if fields.len() + 1 == most {
            let mut rest = &chars[i..];
            while rest.last().is_some_and(|c| is_blank(*c)) {
                rest = &rest[..rest.len() - 1];
            }
            // One separator at the end of a last field without others in it is dropped.
            if rest.last().is_some_and(|c| is_sep(*c)) && rest[..rest.len() - 1].iter().all(|c| !is_sep(*c)) {
                rest = &rest[..rest.len() - 1];
            }
            fields.push(rest.iter().map(|(c, _)| *c).collect());
            return fields;
        }
        let mut field = String::new();
        while i < chars.len() && !is_sep(chars[i]) {
            field.push(chars[i].0);
            i += 1;
        }
        fields.push(field);
        while i < chars.len() && is_blank(chars[i]) {
            i += 1;
        }
        if i < chars.len() && is_sep(chars[i]) && !chars[i].0.is_whitespace() {
            i += 1;
            while i < chars.len() && is_blank(chars[i]) {
                i += 1;
            }
        }
    }
    fields
}

/// A `mapfile` under way.
#[derive(Clone, Debug)]
pub(in crate::shell) struct MapFile {
    name: String,
    fd: Fd,
    strip: bool,
    delimiter: u8,
    /// Lines to take (0 is all), lines to pass over first, and the first index.
    most: usize,
    skip: usize,
    origin: Option<i64>,
    /// `-C`: what to run after each so many lines.
    callback: Option<String>,
    quantum: usize,
    buf: Vec<u8>,
}

pub(super) fn mapfile(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut map = MapFile {
        name: "MAPFILE".to_string(),
        fd: 0,
        strip: false,
        delimiter: b'\n',
        most: 0,
        skip: 0,
        origin: None,
        callback: None,
        quantum: 5000,
        buf: Vec::new(),
    };
    let mut args = words[1..].iter();
    while let Some(word) = args.next() {
        let Some(flags) = word.strip_prefix('-').filter(|f| !f.is_empty()) else {
            map.name = word.clone();
            break;
        };
        let mut letters = flags.chars();
        while let Some(letter) = letters.next() {
            if letter == 't' {
                map.strip = true;
                continue;
            }
            let rest: String = letters.by_ref().collect();
            let value = if rest.is_empty() { args.next().cloned().unwrap_or_default() } else { rest };
            let number = value.parse::<u32>();
            let what = match letter {
                'n' | 's' => "invalid line count",
                'O' => "invalid array origin",
                'c' => "invalid callback quantum",
                _ => "invalid file descriptor specification",
            };
            if number.is_err() && "nsOcu".contains(letter) {
                let name = words[0].clone();
                shell.builtin_error(&name, format!("{value}: {what}"));
                return Done::Status(1);
            }
            let number = number.unwrap_or(0) as usize;
            match letter {
                'n' => map.most = number,
                's' => map.skip = number,
                'O' => map.origin = Some(number as i64),
                'u' => {
                    map.fd = number as Fd;
                    if !sys.is_open(map.fd) {
                        let name = words[0].clone();
                        let what = "invalid file descriptor: Bad file descriptor";
                        shell.builtin_error(&name, format!("{value}: {what}"));
                        return Done::Status(1);
                    }
                }
                'd' => map.delimiter = value.bytes().next().unwrap_or(0),
                'C' => map.callback = Some(value),
                'c' => map.quantum = number.max(1),
                other => {
                    let usage = "[-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]";
                    let name = words[0].clone();
                    super::declare::illegal_option(shell, &name, other, usage);
                    return Done::Status(2);
                }
            }
        }
    }
    if !crate::shell::is_name(&map.name) {
        let name = words[0].clone();
        shell.builtin_error(&name, format!("`{}': not a valid identifier", map.name));
        return Done::Status(1);
    }
    if let Some(Value::Assoc(_)) = shell.vars.get(&map.name).and_then(|v| v.value.as_ref()) {
        let name = words[0].clone();
        shell.builtin_error(&name, format!("{}: not an indexed array", map.name));
        return Done::Status(1);
    }
    map.go_on(shell, sys)
}

impl MapFile {
    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.buf.split_inclusive(|b| *b == self.delimiter)
    }

    pub(super) fn go_on(mut self, shell: &mut Shell, sys: &mut Sys<'_>) -> Done {
        // With a count, what follows the last line is left to others.
        let step = if self.most > 0 { 1 } else { 65_536 };
        loop {
            let whole = self.buf.iter().filter(|b| **b == self.delimiter).count();
            if self.most > 0 && whole >= self.most + self.skip {
                break;
            }
            match sys.read(self.fd, step) {
                Ok(bytes) if bytes.is_empty() => break,
                Ok(bytes) => self.buf.extend(bytes),
                Err(Errno::EAGAIN) => {
                    let wait = Wait::read(self.fd);
                    return Done::Wait(Pending::MapFile(self), wait);
                }
                Err(_) => break,
            }
        }
        let most = if self.most == 0 { usize::MAX } else { self.most };
        let first = self.origin.unwrap_or(0);
        let mut array: OrdMap<i64, String> = match shell.vars.get(&self.name).and_then(|v| v.value.clone()) {
            Some(Value::Indexed(old)) if self.origin.is_some() => old,
            _ => OrdMap::new(),
        };
        let mut calls = String::new();
        for (i, line) in self.lines().skip(self.skip).take(most).enumerate() {
            let mut line = line;
            if self.strip && line.last() == Some(&self.delimiter) {
                line = &line[..line.len() - 1];
            }
            let text = String::from_utf8_lossy(line).into_owned();
            if let Some(callback) = self.callback.as_ref().filter(|_| (i + 1) % self.quantum == 0) {
                let quoted = crate::shell::quote(&text);
                calls.push_str(&format!("{callback} {} {quoted}\n", first + i as i64));
            }
            array.insert(first + i as i64, text);
        }
        let ok = shell.vars.set_value(&self.name, Value::Indexed(array)).is_ok();
        if ok && !calls.is_empty() {
            return Done::Source(calls, FrameKind::Eval, "mapfile".to_string());
        }
        Done::Status(i32::from(!ok))
    }
}
