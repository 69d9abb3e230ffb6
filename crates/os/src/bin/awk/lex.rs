//! awk's tokens.

/// A token. Names of the language are operators.
#[derive(Clone, Debug, PartialEq)]
pub enum Tok {
    Number(f64),
    Text(String),
    Regex(String),
    Name(String),
    /// A name directly before `(`.
    Func(String),
    Op(&'static str),
    Newline,
    End,
}

/// Why a program cannot be read: the line, and what is wrong in mawk's words.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrong {
    pub line: u32,
    pub message: String,
    /// BusyBox's words for it.
    pub busybox: &'static str,
    /// It shows at the end only, a line behind the last one for mawk.
    pub at_end: bool,
}

impl Wrong {
    pub fn new(line: u32, message: impl Into<String>) -> Wrong {
        Wrong { line, message: message.into(), busybox: "Unexpected token", at_end: false }
    }

    /// What shows when all was read, in mawk's words and BusyBox's.
    pub fn at_end(line: u32, message: impl Into<String>, busybox: &'static str) -> Wrong {
        Wrong { line, message: message.into(), busybox, at_end: true }
    }
}

/// Operators, longer ones first.
const OPS: [&str; 46] = [
    "**=", "&&", "||", "==", "!=", "<=", ">=", ">>", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "**",
    "!~", "{", "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!", "<", ">", "|", "?", ":",
    "~", "$", "=", "@", "&", "\\", "#", "'",
];

const WORDS: [&str; 20] = [
    "BEGIN", "END", "function", "func", "if", "else", "while", "for", "do", "break", "continue", "next",
    "nextfile", "exit", "return", "delete", "in", "getline", "print", "printf",
];

/// All tokens of a program, each with its line.
pub fn tokens(source: &str) -> Result<Vec<(Tok, u32)>, Wrong> {
    let mut lexer = Lexer { chars: source.chars().collect(), at: 0, line: 1 };
    let mut all: Vec<(Tok, u32)> = Vec::new();
    loop {
        // After a value, `/` divides.
        let value = matches!(
            all.last(),
            Some((
                Tok::Number(_)
                    | Tok::Text(_)
                    | Tok::Name(_)
                    | Tok::Regex(_)
                    | Tok::Op(")" | "]" | "$" | "++" | "--"),
                _
            ))
        );
        let tok = lexer.next(value)?;
        let end = tok == Tok::End;
        let line = lexer.line - u32::from(tok == Tok::Newline);
        all.push((tok, line));
        if end {
            return Ok(all);
        }
    }
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: u32,
}

impl Lexer {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.at += 1,
                Some('\\') if self.chars.get(self.at + 1) == Some(&'\n') => {
                    self.at += 2;
                    self.line += 1;
                }
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn next(&mut self, value: bool) -> Result<Tok, Wrong> {
        self.blanks();
        let Some(c) = self.peek() else { return Ok(Tok::End) };
        if c == '\n' {
            self.at += 1;
            self.line += 1;
            return Ok(Tok::Newline);
        }
        let digit_follows = self.chars.get(self.at + 1).is_some_and(char::is_ascii_digit);
        if c.is_ascii_digit() || (c == '.' && digit_follows) {
            return Ok(Tok::Number(self.number()));
        }
        if c == '"' {
            self.at += 1;
            return Ok(Tok::Text(self.quoted('"')?));
        }
        if c == '/' && !value {
            self.at += 1;
            return Ok(Tok::Regex(self.quoted('/')?));
        }
        if c == '_' || c.is_ascii_alphabetic() {
            return Ok(self.word());
        }
        let spelled =
            |op: &&str| op.chars().enumerate().all(|(i, c)| self.chars.get(self.at + i) == Some(&c));
        match OPS.into_iter().find(spelled) {
            Some("@" | "&" | "\\" | "#" | "'") | None => {
                Err(Wrong::new(self.line, format!("unexpected character '{c}'")))
            }
            Some(op) => {
                self.at += op.len();
                Ok(Tok::Op(op))
            }
        }
    }

    fn word(&mut self) -> Tok {
        let from = self.at;
        while self.peek().is_some_and(|c| c == '_' || c.is_ascii_alphanumeric()) {
            self.at += 1;
        }
        let name: String = self.chars[from..self.at].iter().collect();
        match WORDS.into_iter().find(|word| *word == name) {
            Some(word) => Tok::Op(word),
            None if self.peek() == Some('(') => Tok::Func(name),
            None => Tok::Name(name),
        }
    }

    fn number(&mut self) -> f64 {
        let from = self.at;
        let digits = |lexer: &mut Lexer| {
            while lexer.peek().is_some_and(|c| c.is_ascii_digit()) {
                lexer.at += 1;
            }
        };
        if self.peek() == Some('0') && matches!(self.chars.get(self.at + 1), Some('x' | 'X')) {
            let hex = |c: &&char| c.is_ascii_hexdigit();
            let text: String = self.chars[self.at + 2..].iter().take_while(hex).collect();
            if let Ok(n) = u64::from_str_radix(&text, 16) {
                self.at += 2 + text.len();
                return n as f64;
            }
        }
        digits(self);
        if self.peek() == Some('.') {
            self.at += 1;
            digits(self);
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            let saved = self.at;
            self.at += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.at += 1;
            }
            if self.peek().is_some_and(|c| c.is_ascii_digit()) { digits(self) } else { self.at = saved }
        }
        self.chars[from..self.at].iter().collect::<String>().parse().unwrap_or(0.0)
    }

    /// The text up to `end`, a string with its escapes read, a regular expression as it is.
    fn quoted(&mut self, end: char) -> Result<String, Wrong> {
        let (from, line) = (self.at, self.line);
        let mut text = String::new();
        let mut class = false;
        loop {
            let c = match self.peek() {
                Some(c) if c != '\n' => c,
                _ => return Err(self.runaway(end, from, line)),
            };
            self.at += 1;
            match c {
                '\\' if end == '/' => {
                    let next = self.peek().unwrap_or('\\');
                    self.at += 1;
                    if next != '/' {
                        text.push('\\');
                    }
                    text.push(next);
                }
                '\\' => {
                    let next = self.peek().unwrap_or('\\');
                    self.at += 1;
                    match next {
                        '"' | '/' => text.push(next),
                        '\n' => self.line += 1,
                        _ => {
                            text.push('\\');
                            text.push(next);
                        }
                    }
                }
                '[' if end == '/' => {
                    class = true;
                    text.push(c);
                }
                ']' => {
                    class = false;
                    text.push(c);
                }
                c if c == end && !class => break,
                c => text.push(c),
            }
        }
        Ok(if end == '"' { escapes(&text) } else { text })
    }

    fn runaway(&self, end: char, from: usize, line: u32) -> Wrong {
        let what = if end == '/' { "regular expression" } else { "string constant" };
        let shown: String = self.chars[from.saturating_sub(1)..].iter().take(11).collect();
        let busybox = if end == '/' { "Unexpected end of regex" } else { "Unexpected end of string" };
        Wrong { busybox, ..Wrong::new(line, format!("runaway {what} {shown} ...")) }
    }
}

/// Backslash escapes of awk strings.
pub fn escapes(text: &str) -> String {
    String::from_utf8_lossy(&crate::text::unescape(text, false).0).into_owned()
}
