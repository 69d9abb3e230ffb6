//! Words: from characters to pieces with their quoting.

mod param;

use std::rc::Rc;

use crate::{
    kernel::ShellKind,
    shell::{
        code::{CodeRef, Index, Param, ParamOp, Part, Word},
        parse::{ParseError, ParseResult, Parser},
    },
};

/// Characters that end an unquoted word.
pub(super) fn is_meta(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '|' | '&' | ';' | '<' | '>' | '(' | ')')
}

pub(super) fn is_name_start(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic()
}

pub(super) fn is_name_char(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric()
}

/// Whether the text is a variable name.
pub fn is_name(text: &str) -> bool {
    text.chars().next().is_some_and(is_name_start) && text.chars().all(is_name_char)
}

/// What a word is read for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// A blank or operator.
    Meta,
    /// The `}` of `${…}`; true inside double quotes.
    Brace(bool),
    /// `/` or `}` in `${x/pat/rep}`.
    Slash,
    /// `:` or `}` in `${x:off:len}`.
    Colon,
    /// `]` of a subscript.
    Bracket,
    /// A blank, with `(` and `)` as text (the right side of `=~`).
    Regex,
    /// The end of the text (here-documents).
    End,
}

impl Parser<'_> {
    pub(super) fn peek_char(&self) -> Option<char> {
        self.src.get(self.pos).copied()
    }

    pub(super) fn peek_at(&self, n: usize) -> Option<char> {
        self.src.get(self.pos + n).copied()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let c = self.peek_char()?;
        self.pos += 1;
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    pub(super) fn looking_at(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.peek_at(i) == Some(c))
    }

    /// Reads a word up to where `until` says.
    pub(super) fn word(&mut self, until: Until) -> ParseResult<Word> {
        self.enter()?;
        let mut parts: Vec<Part> = Vec::new();
        let in_double = matches!(until, Until::Brace(true) | Until::End);
        if self.peek_char() == Some('~') && matches!(until, Until::Meta | Until::Brace(false)) {
            self.tilde(&mut parts);
        }
        let mut depth = 0usize;
        let mut extglob = 0usize;
        while let Some(c) = self.peek_char() {
            let stop = match until {
                Until::Meta => is_meta(c) && extglob == 0,
                Until::Brace(_) => c == '}' && depth == 0,
                Until::Slash => (c == '/' && !parts.is_empty() || c == '}') && depth == 0,
                Until::Colon => (c == ':' || c == '}') && depth == 0,
                Until::Bracket => c == ']' && depth == 0,
                Until::Regex => c.is_whitespace() && extglob == 0,
                Until::End => false,
            };
            if stop {
                break;
            }
            match c {
                '\\' => self.backslash(&mut parts, in_double),
                '\'' if !in_double => {
                    self.bump();
                    let text = self.single_quoted()?;
                    parts.push(Part::Quoted(text));
                }
                '"' if until != Until::End => {
                    self.bump();
                    let inner = self.double_quoted()?;
                    parts.push(Part::Double(inner));
                }
                '$' => self.dollar(&mut parts, in_double)?,
                '`' => self.backquote(&mut parts, in_double)?,
                '<' | '>' if until == Until::Meta && self.peek_at(1) == Some('(') => break,
                '{' if matches!(until, Until::Brace(false) | Until::Slash) => {
                    depth += 1;
                    self.bump();
                    push_lit(&mut parts, c);
                }
                '}' if depth > 0 => {
                    depth -= 1;
                    self.bump();
                    push_lit(&mut parts, c);
                }
                '[' if until == Until::Bracket => {
                    depth += 1;
                    self.bump();
                    push_lit(&mut parts, c);
                }
                ']' if depth > 0 => {
                    depth -= 1;
                    self.bump();
                    push_lit(&mut parts, c);
                }
                '(' if matches!(until, Until::Meta | Until::Regex) => {
                    extglob += 1;
                    self.bump();
                    push_lit(&mut parts, c);
                }
                ')' if extglob > 0 => {
                    extglob -= 1;
                    self.bump();
                    push_lit(&mut parts, c);
                }
                _ => {
                    self.bump();
                    push_lit(&mut parts, c);
                    // name+(…) and the like are patterns in bash.
                    if until == Until::Meta
                        && self.dialect == ShellKind::Bash
                        && matches!(c, '?' | '*' | '+' | '@' | '!')
                        && self.peek_char() == Some('(')
                        && self.extglob
                    {
                        extglob += 1;
                        self.bump();
                        push_lit(&mut parts, '(');
                    }
                    if c == '=' || c == ':' {
                        self.tilde_after(&mut parts, until, c);
                    }
                }
            }
        }
        self.leave();
        Ok(Word { parts })
    }

    /// `~` after `=` or `:` in an assignment.
    fn tilde_after(&mut self, parts: &mut Vec<Part>, until: Until, c: char) {
        if until != Until::Meta || self.peek_char() != Some('~') || !self.tilde_in_argument {
            return;
        }
        let assignment = match parts.first() {
            Some(Part::Lit(text)) => text.split_once('=').is_some_and(|(name, _)| is_name(name)),
            _ => false,
        };
        if assignment && (c == ':' || parts.len() == 1) {
            self.tilde(parts);
        }
    }

    fn tilde(&mut self, parts: &mut Vec<Part>) {
        let mut user = String::new();
        let mut n = 1;
        while let Some(c) = self.peek_at(n) {
            if is_name_char(c) || matches!(c, '.' | '-' | '+') {
                user.push(c);
                n += 1;
            } else {
                break;
            }
        }
        if !matches!(
            self.peek_at(n),
            None | Some('/' | ' ' | '\t' | '\n' | ':' | ';' | '&' | '|' | ')' | '}' | '>' | '<')
        ) {
            return;
        }
        self.pos += n;
        parts.push(Part::Tilde(user));
    }

    fn backslash(&mut self, parts: &mut Vec<Part>, in_double: bool) {
        self.bump();
        match self.peek_char() {
            None => parts.push(Part::Quoted("\\".to_string())),
            Some('\n') => {
                self.bump();
            }
            Some(c) if in_double && !matches!(c, '$' | '`' | '"' | '\\' | '}') => push_quoted(parts, "\\"),
            Some(c) => {
                self.bump();
                push_quoted(parts, &c.to_string());
            }
        }
    }

    pub(super) fn single_quoted(&mut self) -> ParseResult<String> {
        let mut text = String::new();
        let line = self.line;
        loop {
            match self.bump() {
                Some('\'') => return Ok(text),
                Some(c) => text.push(c),
                None => return Err(ParseError::Unterminated('\'', line)),
            }
        }
    }

    pub(super) fn double_quoted(&mut self) -> ParseResult<Vec<Part>> {
        let mut parts = Vec::new();
        let line = self.line;
        loop {
            let Some(c) = self.peek_char() else { return Err(ParseError::Unterminated('"', line)) };
            match c {
                '"' => {
                    self.bump();
                    return Ok(parts);
                }
                '\\' => {
                    self.bump();
                    match self.peek_char() {
                        Some('\n') => {
                            self.bump();
                        }
                        Some(e @ ('$' | '`' | '"' | '\\')) => {
                            self.bump();
                            push_quoted(&mut parts, &e.to_string());
                        }
                        _ => push_quoted(&mut parts, "\\"),
                    }
                }
                '$' => self.dollar(&mut parts, true)?,
                '`' => self.backquote(&mut parts, true)?,
                _ => {
                    self.bump();
                    push_quoted(&mut parts, &c.to_string());
                }
            }
        }
    }

    /// Everything that begins with `$`.
    pub(super) fn dollar(&mut self, parts: &mut Vec<Part>, in_double: bool) -> ParseResult<()> {
        self.bump();
        let quote = |parts: &mut Vec<Part>| {
            if in_double { push_quoted(parts, "$") } else { push_lit(parts, '$') }
        };
        match self.peek_char() {
            Some('(') if self.peek_at(1) == Some('(') => {
                let (pos, line) = (self.pos, self.line);
                if let Some(inner) = self.try_arith()? {
                    parts.push(Part::Arith(inner));
                } else if self.dialect == ShellKind::Bash {
                    (self.pos, self.line) = (pos, line);
                    self.bump();
                    let code = self.substitution().map_err(|e| match e {
                        ParseError::Incomplete(_) => ParseError::Unterminated(')', line),
                        other => other,
                    })?;
                    parts.push(Part::Command(code));
                } else {
                    return Err(ParseError::Incomplete("))"));
                }
            }
            Some('(') => {
                self.bump();
                parts.push(Part::Command(self.substitution()?));
            }
            Some('[') if self.dialect == ShellKind::Bash => {
                // The old way to write arithmetic.
                self.bump();
                let word = self.word(Until::Bracket)?;
                if self.bump().is_none() {
                    return Err(ParseError::Unterminated(']', self.line));
                }
                let inner = word.parts.into_iter().map(|part| match part {
                    Part::Lit(text) => Part::Quoted(text),
                    other => other,
                });
                parts.push(Part::Arith(inner.collect()));
            }
            Some('{') => {
                self.bump();
                parts.push(Part::Param(Box::new(self.braced_param(in_double)?)));
            }
            Some('\'') if !in_double && self.dialect != ShellKind::Dash => {
                self.bump();
                parts.push(Part::Quoted(self.ansi_quoted()?));
            }
            Some('"') if !in_double && self.dialect == ShellKind::Bash => {
                self.bump();
                let inner = self.double_quoted()?;
                parts.push(Part::Double(inner));
            }
            Some(c) if is_name_start(c) => {
                let mut name = String::new();
                while let Some(c) = self.peek_char().filter(|c| is_name_char(*c)) {
                    name.push(c);
                    self.bump();
                }
                parts.push(simple_param(name));
            }
            Some(c) if c.is_ascii_digit() || matches!(c, '@' | '*' | '#' | '?' | '-' | '$' | '!') => {
                self.bump();
                parts.push(simple_param(c.to_string()));
            }
            _ => quote(parts),
        }
        Ok(())
    }

    /// `$'…'`
    pub(super) fn ansi_quoted(&mut self) -> ParseResult<String> {
        let mut raw = String::new();
        loop {
            match self.bump() {
                Some('\'') => break,
                Some('\\') => {
                    match self.bump() {
                        Some(c @ ('\'' | '"' | '?')) => raw.push(c),
                        Some(c) => {
                            raw.push('\\');
                            raw.push(c);
                        }
                        None => return Err(ParseError::Unterminated('\'', self.line)),
                    };
                }
                Some(c) => raw.push(c),
                None => return Err(ParseError::Unterminated('\'', self.line)),
            }
        }
        let mut bytes = Vec::new();
        // `\cX` is a control character here, where `echo -e` ends at it.
        let mut pieces = raw.split("\\c");
        let mut piece = pieces.next().unwrap_or("").to_string();
        for next in pieces {
            let escaped = piece.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
            let mut chars = next.chars();
            match chars.next().filter(|c| !escaped && c.is_ascii()) {
                Some(c) => {
                    bytes.extend(crate::text::unescape(&piece, false).0);
                    bytes.push(c.to_ascii_uppercase() as u8 & 31);
                    piece = chars.as_str().to_string();
                }
                None => piece = format!("{piece}\\c{next}"),
            }
        }
        bytes.extend(crate::text::unescape(&piece, false).0);
        // A NUL ends the string.
        bytes.truncate(bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len()));
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The code of `$(…)`, after the parenthesis.
    pub(super) fn substitution(&mut self) -> ParseResult<CodeRef> {
        self.enter()?;
        let code = self.nested(')').map_err(|e| match e {
            // bash matches the parenthesis like a quote.
            ParseError::Incomplete(_) if self.dialect == ShellKind::Bash => ParseError::Incomplete("$("),
            other => other,
        })?;
        self.leave();
        Ok(CodeRef(Rc::new(code)))
    }

    /// `((…))` after `$`: the expression, or None when it turns out to be a subshell in a substitution.
    fn try_arith(&mut self) -> ParseResult<Option<Vec<Part>>> {
        self.bump();
        self.bump();
        self.arith_text()
    }

    /// The text of an arithmetic expression up to `))`; None if a single `)` comes first.
    pub(super) fn arith_text(&mut self) -> ParseResult<Option<Vec<Part>>> {
        let mut parts = Vec::new();
        let mut depth = 0;
        loop {
            let Some(c) = self.peek_char() else { return Err(ParseError::Incomplete("))")) };
            match c {
                '(' => depth += 1,
                ')' if depth == 0 => {
                    if self.peek_at(1) != Some(')') {
                        return Ok(None);
                    }
                    self.bump();
                    self.bump();
                    return Ok(Some(parts));
                }
                ')' => depth -= 1,
                '$' => {
                    self.dollar(&mut parts, true)?;
                    continue;
                }
                '`' => {
                    self.backquote(&mut parts, true)?;
                    continue;
                }
                '"' => {
                    self.bump();
                    continue;
                }
                '\'' if self.dialect != ShellKind::Bash => {
                    self.bump();
                    let text = self.single_quoted()?;
                    push_quoted(&mut parts, &text);
                    continue;
                }
                '\\' if self.peek_at(1) == Some('\n') => {
                    self.bump();
                    self.bump();
                    continue;
                }
                _ => {}
            }
            self.bump();
            push_quoted(&mut parts, &c.to_string());
        }
    }

    fn backquote(&mut self, parts: &mut Vec<Part>, in_double: bool) -> ParseResult<()> {
        self.bump();
        let line = self.line;
        let mut inner = String::new();
        loop {
            match self.bump() {
                Some('`') => break,
                Some('\\') => match self.peek_char() {
                    Some(c @ ('`' | '\\' | '$')) => {
                        self.bump();
                        inner.push(c);
                    }
                    Some('"') if in_double => {
                        self.bump();
                        inner.push('"');
                    }
                    _ => inner.push('\\'),
                },
                Some(c) => inner.push(c),
                None => return Err(ParseError::Unterminated('`', line)),
            }
        }
        let mut sub = Parser::new(&inner, self.dialect, self.aliases);
        sub.line = line;
        sub.depth = self.depth + 1;
        let code = sub.whole()?;
        parts.push(Part::Command(CodeRef(Rc::new(code))));
        Ok(())
    }
}

/// `$name` without more.
pub(super) fn simple_param(name: String) -> Part {
    Part::Param(Box::new(Param { name, index: None, indirect: false, op: ParamOp::None }))
}

pub(super) fn push_lit(parts: &mut Vec<Part>, c: char) {
    match parts.last_mut() {
        Some(Part::Lit(text)) => text.push(c),
        _ => parts.push(Part::Lit(c.to_string())),
    }
}

pub(super) fn push_quoted(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Quoted(last)) => last.push_str(text),
        _ => parts.push(Part::Quoted(text.to_string())),
    }
}
