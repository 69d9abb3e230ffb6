//! sed's scripts: from text to commands.

use crate::text::regex::{Regex, Style};

#[derive(Clone, Debug)]
pub enum Addr {
    Line(u64),
    /// `first~step`
    Step(u64, u64),
    Last,
    /// None is the last expression used.
    Regex(Option<Regex>),
    /// `,+N`
    Plus(u64),
    /// `,~N`
    Multiple(u64),
}

#[derive(Clone, Debug)]
pub struct Command {
    pub from: Option<Addr>,
    pub to: Option<Addr>,
    pub negate: bool,
    pub what: What,
}

#[derive(Clone, Debug)]
pub struct Subst {
    /// None is the last expression used.
    pub regex: Option<Regex>,
    pub with: String,
    pub all: bool,
    pub nth: usize,
    pub print: bool,
    pub file: Option<String>,
}

#[derive(Clone, Debug)]
pub enum What {
    /// Where the block ends.
    Open(usize),
    Close,
    Subst(Subst),
    Map(Vec<(char, char)>),
    Text(char, String),
    Jump(char, String),
    Label(String),
    Read(String),
    /// `w`, or `W`: the first line only.
    Write(char, String),
    Quit(char, u8),
    /// One of `p P d D n N g G h H x = l z F`.
    Plain(char),
}

/// A script that was read.
#[derive(Clone, Debug, Default)]
pub struct Script {
    pub commands: Vec<Command>,
    /// Files that `w` writes: they exist from the start.
    pub files: Vec<String>,
}

/// How a script is read.
#[derive(Clone, Copy)]
pub struct Dialect {
    pub extended: bool,
    pub busybox: bool,
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    dialect: Dialect,
    script: Script,
    blocks: Vec<usize>,
}

type Read<T> = Result<T, String>;

/// Reads a script. Err is the complaint without the program's name.
pub fn read(source: &str, dialect: Dialect) -> Read<Script> {
    let chars = source.chars().collect();
    let mut reader = Reader { chars, at: 0, dialect, script: Script::default(), blocks: Vec::new() };
    if let Err(message) = reader.commands() {
        return Err(reader.located(&message));
    }
    if !dialect.busybox {
        reader.labels()?;
    }
    Ok(reader.script)
}

impl Reader {
    /// The complaint with its place, as GNU sed gives it.
    fn located(&self, message: &str) -> String {
        if self.dialect.busybox {
            return message.to_string();
        }
        let at = if message.starts_with("unmatched `{'") { 0 } else { self.at };
        format!("-e expression #1, char {at}: {message}")
    }

    /// The message of this flavour.
    fn says<'a>(&self, gnu: &'a str, busybox: &'a str) -> String {
        if self.dialect.busybox { busybox.to_string() } else { gnu.to_string() }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip(&mut self, set: &str) {
        while self.peek().is_some_and(|c| set.contains(c)) {
            self.at += 1;
        }
    }

    fn number(&mut self) -> Option<u64> {
        let from = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.chars[from..self.at].iter().collect::<String>().parse().ok()
    }

    fn labels(&self) -> Read<()> {
        let known = |label: &str| {
            self.script.commands.iter().any(|c| matches!(&c.what, What::Label(l) if l == label))
        };
        for command in &self.script.commands {
            if let What::Jump(_, label) = &command.what
                && !label.is_empty()
                && !known(label)
            {
                return Err(format!("can't find label for jump to `{label}'"));
            }
        }
        Ok(())
    }

    /// Text up to an unescaped delimiter; `\delimiter` becomes the delimiter. `pattern`: it does not end within brackets.
    fn until(&mut self, delimiter: char, pattern: bool) -> Option<String> {
        let mut text = String::new();
        let mut bracket = false;
        loop {
            let c = self.peek()?;
            self.at += 1;
            if bracket {
                text.push(c);
                match (c, self.peek()) {
                    (']', _) => bracket = false,
                    ('[', Some(mark @ (':' | '.' | '='))) => {
                        // [:name:] has a bracket of its own.
                        while let Some(c) = self.peek() {
                            self.at += 1;
                            text.push(c);
                            if c == ']' && text.ends_with(&format!("{mark}]")) {
                                break;
                            }
                        }
                    }
                    ('\n', _) => return None,
                    _ => {}
                }
                continue;
            }
            match c {
                '\\' => {
                    let next = self.peek()?;
                    self.at += 1;
                    // BusyBox keeps what has a meaning of its own.
                    if next != delimiter || (self.dialect.busybox && pattern && "|+?(){}".contains(next)) {
                        text.push('\\');
                    }
                    text.push(next);
                }
                '[' if pattern => {
                    bracket = true;
                    text.push(c);
                    for more in ['^', ']'] {
                        if self.peek() == Some(more) {
                            self.at += 1;
                            text.push(more);
                        }
                    }
                }
                c if c == delimiter => return Some(text),
                c => text.push(c),
            }
        }
    }

    fn regex(&self, source: &str, fold: bool, multiline: bool) -> Read<Option<Regex>> {
        if source.is_empty() {
            return Ok(None);
        }
        match Regex::with(source, self.dialect.extended, fold, Style::Sed) {
            Ok(regex) => Ok(Some(if multiline { regex.multiline() } else { regex })),
            Err(e) if self.dialect.busybox => Err(format!("bad regex '{source}': {e}")),
            Err(e) => Err(e),
        }
    }

    fn address(&mut self, second: bool) -> Read<Option<Addr>> {
        Ok(match self.peek() {
            Some(c) if c.is_ascii_digit() => {
                let n = self.number().unwrap_or(0);
                if self.peek() != Some('~') || self.dialect.busybox {
                    return Ok(Some(Addr::Line(n)));
                }
                self.at += 1;
                Some(Addr::Step(n, self.number().unwrap_or(0)))
            }
            Some('$') => {
                self.at += 1;
                Some(Addr::Last)
            }
            Some(c @ ('+' | '~')) if second => {
                self.at += 1;
                let n = self.number().unwrap_or(0);
                Some(if c == '+' { Addr::Plus(n) } else { Addr::Multiple(n) })
            }
            Some(c @ ('/' | '\\')) => {
                self.at += 1;
                let mut delimiter = c;
                if c == '\\' {
                    delimiter = self.peek().unwrap_or('/');
                    self.at += 1;
                }
                let source = self.until(delimiter, true).ok_or_else(|| {
                    self.says("unterminated address regex", &format!("unmatched '{delimiter}'"))
                })?;
                let (mut fold, mut multiline) = (false, false);
                while let Some(flag @ ('I' | 'M')) = self.peek() {
                    fold |= flag == 'I';
                    multiline |= flag == 'M';
                    self.at += 1;
                }
                Some(Addr::Regex(self.regex(&source, fold, multiline)?))
            }
            _ => None,
        })
    }

    fn commands(&mut self) -> Read<()> {
        loop {
            self.skip(" \t\n;");
            if self.peek().is_none() {
                break;
            }
            if self.peek() == Some('#') {
                self.rest_of_line();
                continue;
            }
            let from = self.address(false)?;
            let mut to = None;
            self.skip(" \t");
            if from.is_some() && self.peek() == Some(',') {
                self.at += 1;
                self.skip(" \t");
                to = self.address(true)?;
                if to.is_none() {
                    self.at += 1;
                    return Err(self.says("unexpected `,'", "no address after comma"));
                }
            }
            self.skip(" \t");
            let mut negate = false;
            while self.peek() == Some('!') {
                self.at += 1;
                if negate {
                    return Err(self.says("multiple `!'s", "unsupported command !"));
                }
                negate = true;
                self.skip(" \t");
            }
            let Some(c) = self.peek() else { return Err("missing command".to_string()) };
            self.at += 1;
            let addresses = usize::from(from.is_some()) + usize::from(to.is_some());
            let what = self.command(c, addresses)?;
            self.script.commands.push(Command { from, to, negate, what });
        }
        if self.blocks.is_empty() || self.dialect.busybox {
            // BusyBox does not mind an open block.
            for open in std::mem::take(&mut self.blocks) {
                self.script.commands[open].what = What::Open(self.script.commands.len());
            }
            return Ok(());
        }
        Err("unmatched `{'".to_string())
    }

    fn rest_of_line(&mut self) -> String {
        let from = self.at;
        while self.peek().is_some_and(|c| c != '\n') {
            self.at += 1;
        }
        self.chars[from..self.at].iter().collect()
    }

    /// The end of a command that takes no more.
    fn end(&mut self) -> Read<()> {
        self.skip(" \t");
        if matches!(self.peek(), None | Some('\n' | ';' | '}' | '#')) || self.dialect.busybox {
            return Ok(());
        }
        self.at += 1;
        Err("extra characters after command".to_string())
    }

    fn command(&mut self, c: char, addresses: usize) -> Read<What> {
        Ok(match c {
            '{' => {
                self.blocks.push(self.script.commands.len());
                What::Open(0)
            }
            '}' => {
                let here = self.script.commands.len();
                match self.blocks.pop() {
                    Some(open) => self.script.commands[open].what = What::Open(here),
                    None if self.dialect.busybox => {}
                    None => return Err("unexpected `}'".to_string()),
                }
                self.end()?;
                What::Close
            }
            's' => self.substitution()?,
            'y' => self.map()?,
            'a' | 'i' | 'c' => {
                if addresses == 2 && self.dialect.busybox && c != 'c' {
                    return Err(format!("command '{c}' uses only one address"));
                }
                What::Text(c, self.text()?)
            }
            ':' if addresses > 0 && !self.dialect.busybox => {
                return Err(": doesn't want any addresses".to_string());
            }
            'b' | 't' | 'T' | ':' => {
                self.skip(" \t");
                let mut label = String::new();
                let ends = if c == ':' || self.dialect.busybox { "\n;" } else { "\n;}" };
                while let Some(c) = self.peek().filter(|c| !ends.contains(*c)) {
                    self.at += 1;
                    label.push(c);
                }
                let label = label.trim().to_string();
                if c == ':' && label.is_empty() && !self.dialect.busybox {
                    return Err("\":\" lacks a label".to_string());
                }
                if c == ':' { What::Label(label) } else { What::Jump(c, label) }
            }
            'r' => What::Read(self.file()?),
            'w' | 'W' => {
                let file = self.file()?;
                self.script.files.push(file.clone());
                What::Write(c, file)
            }
            'q' | 'Q' => {
                if addresses == 2 && !self.dialect.busybox {
                    return Err("command only uses one address".to_string());
                }
                self.skip(" \t");
                let code = self.number().unwrap_or(0) as u8;
                self.end()?;
                What::Quit(c, code)
            }
            'e' if !self.dialect.busybox => {
                return Err("e/r/w commands disabled in sandbox mode".to_string());
            }
            'z' | 'F' if !self.dialect.busybox => {
                self.end()?;
                What::Plain(c)
            }
            'p' | 'P' | 'd' | 'D' | 'n' | 'N' | 'g' | 'G' | 'h' | 'H' | 'x' | '=' | 'l' => {
                self.skip(" \t");
                if c == 'l' {
                    self.number();
                }
                self.end()?;
                What::Plain(c)
            }
            other => {
                return Err(self
                    .says(&format!("unknown command: `{other}'"), &format!("unsupported command {other}")));
            }
        })
    }

    fn file(&mut self) -> Read<String> {
        let name = self.rest_of_line().trim().to_string();
        if name.is_empty() {
            return Err(self.says("missing filename in r/R/w/W commands", "empty filename"));
        }
        Ok(name)
    }

    /// The text of `a`, `i` and `c`.
    fn text(&mut self) -> Read<String> {
        self.skip(" \t");
        if self.peek() == Some('\\') {
            self.at += 1;
            let saved = self.at;
            self.skip(" \t");
            if self.peek() == Some('\n') {
                self.at += 1;
            } else {
                // `a\text`: blanks behind the backslash are kept.
                self.at = saved;
            }
        }
        let mut text = String::new();
        let mut any = false;
        while let Some(c) = self.peek().filter(|c| *c != '\n') {
            self.at += 1;
            any = true;
            if c != '\\' {
                text.push(c);
                continue;
            }
            match self.peek() {
                Some('t') => text.push('\t'),
                Some(c) => text.push(c),
                None => break,
            }
            self.at += 1;
        }
        if !any && !self.dialect.busybox {
            return Err("expected \\ after `a', `c' or `i'".to_string());
        }
        Ok(text)
    }

    fn map(&mut self) -> Read<What> {
        let delimiter = self.peek().unwrap_or('/');
        self.at += 1;
        let open = self.says("unterminated `y' command", &format!("unmatched '{delimiter}'"));
        let a = self.until(delimiter, false).ok_or(open.clone())?;
        let b = self.until(delimiter, false).ok_or(open)?;
        let plain = |text: &str| -> Vec<char> {
            let mut out = Vec::new();
            let mut chars = text.chars();
            while let Some(c) = chars.next() {
                match (c, chars.clone().next()) {
                    ('\\', Some(next @ ('n' | 't' | '\\'))) => {
                        chars.next();
                        out.push(match next {
                            'n' => '\n',
                            't' => '\t',
                            _ => '\\',
                        });
                    }
                    _ => out.push(c),
                }
            }
            out
        };
        let (a, b) = (plain(&a), plain(&b));
        if a.len() != b.len() && !self.dialect.busybox {
            return Err("strings for `y' command are different lengths".to_string());
        }
        self.end()?;
        Ok(What::Map(a.into_iter().zip(b).collect()))
    }

    fn substitution(&mut self) -> Read<What> {
        let delimiter = self.peek().unwrap_or('/');
        let open = self.says("unterminated `s' command", &format!("unmatched '{delimiter}'"));
        if self.peek().is_none_or(|c| c == '\n' || c == '\\') {
            return Err(open);
        }
        self.at += 1;
        let source = self.until(delimiter, true).ok_or(open.clone())?;
        let with = self.until(delimiter, false).ok_or(open)?;
        let mut s = Subst { regex: None, with, all: false, nth: 1, print: false, file: None };
        let (mut fold, mut multiline) = (false, false);
        let gnu = !self.dialect.busybox;
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                'g' if s.all && gnu => return Err("multiple `g' options to `s' command".to_string()),
                'p' if s.print && gnu => return Err("multiple `p' options to `s' command".to_string()),
                'g' => {
                    s.all = true;
                    if !gnu {
                        s.nth = 1;
                    }
                }
                'p' => s.print = true,
                'i' | 'I' => fold = true,
                'm' | 'M' if gnu => multiline = true,
                'e' if gnu => return Err("e/r/w commands disabled in sandbox mode".to_string()),
                'w' => {
                    let file = self.file()?;
                    self.script.files.push(file.clone());
                    s.file = Some(file);
                    break;
                }
                c if c.is_ascii_digit() => {
                    self.at -= 1;
                    s.nth = self.number().unwrap_or(1) as usize;
                    if s.nth == 0 && gnu {
                        return Err("number option to `s' command may not be zero".to_string());
                    }
                }
                ' ' | '\t' | '\r' => {}
                '\n' | ';' => break,
                '}' | '#' => {
                    self.at -= 1;
                    break;
                }
                _ => {
                    return Err(self.says("unknown option to `s'", "bad option in substitution expression"));
                }
            }
        }
        s.nth = s.nth.max(1);
        s.regex = self.regex(&source, fold, multiline)?;
        self.references(&s)?;
        Ok(What::Subst(s))
    }

    /// GNU refuses `\3` where there is no third group.
    fn references(&self, s: &Subst) -> Read<()> {
        let Some(regex) = s.regex.as_ref().filter(|_| !self.dialect.busybox) else { return Ok(()) };
        let mut chars = s.with.chars();
        while let Some(c) = chars.next() {
            if c == '\\'
                && let Some(d) = chars.next().and_then(|c| c.to_digit(10))
                && d as usize > regex.groups()
            {
                return Err(format!("invalid reference \\{d} on `s' command's RHS"));
            }
        }
        Ok(())
    }
}
