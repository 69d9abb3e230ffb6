//! Tokens of jq programs.

use super::json;

#[derive(Clone, Debug, PartialEq)]
pub enum Tok {
    /// A word, with `::` inside where it names something in a module.
    Word(String),
    /// `.name`
    Field(String),
    /// `$name`
    Var(String),
    Num(String),
    /// `@name`
    Format(String),
    /// Parts of a string: text, or the tokens of an interpolation.
    Str(Vec<Part>),
    /// Operators and punctuation.
    Op(&'static str),
    End,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Text(String),
    Tokens(Vec<(Tok, usize)>),
}

impl Tok {
    /// As messages of the real parser call it.
    pub fn shown(&self) -> String {
        match self {
            Tok::Word(w) if KEYWORDS.contains(&w.as_str()) => w.clone(),
            Tok::Word(_) => "IDENT".to_owned(),
            Tok::Field(_) => "FIELD".to_owned(),
            Tok::Var(_) => "BINDING".to_owned(),
            Tok::Num(_) => "LITERAL".to_owned(),
            Tok::Format(_) => "FORMAT".to_owned(),
            Tok::Str(_) => "QQSTRING_START".to_owned(),
            Tok::Op(op) if op.len() == 1 => format!("'{op}'"),
            Tok::Op(op) => (*op).to_owned(),
            Tok::End => "end of file".to_owned(),
        }
    }
}

pub const KEYWORDS: &[&str] = &[
    "def", "if", "then", "elif", "else", "end", "as", "reduce", "foreach", "try", "catch", "label", "import",
    "include", "and", "or", "__loc__",
];

/// Longest first.
const OPS: &[&str] = &[
    "?//=", "?//", "//=", "|=", "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=", ">=", "//", "..", ".", "[",
    "]", "(", ")", "{", "}", "|", ",", ":", ";", "=", "<", ">", "+", "-", "*", "/", "%", "?", "$",
];

/// What is wrong, and where.
#[derive(Clone, Debug)]
pub struct Wrong {
    pub message: String,
    pub at: usize,
    /// A second complaint with its place.
    pub also: Option<(&'static str, usize)>,
}

impl Wrong {
    pub fn new(message: impl Into<String>, at: usize) -> Wrong {
        Wrong { message: message.into(), at, also: None }
    }
}

/// Reads a program into tokens with the places where they begin.
pub fn lex(source: &str) -> Result<Vec<(Tok, usize)>, Wrong> {
    let mut lexer = Lexer { source, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip();
        let start = lexer.at;
        match lexer.token(0)? {
            Some(token) => tokens.push((token, start)),
            None => {
                // What is missing is complained about at the last thing that was there.
                // (The name of a variable is a token of its own upstream, behind the `$`.)
                let last =
                    tokens.last().map_or(0, |(token, at)| at + usize::from(matches!(token, Tok::Var(_))));
                tokens.push((Tok::End, last));
                return Ok(tokens);
            }
        }
    }
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn skip(&mut self) {
        loop {
            let trimmed = self.rest().trim_start();
            self.at = self.source.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> String {
        let rest = self.rest();
        let end = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        let text = rest[..end].to_owned();
        self.at += end;
        text
    }

    fn token(&mut self, depth: usize) -> Result<Option<Tok>, Wrong> {
        let start = self.at;
        let rest = self.rest();
        let mut chars = rest.chars();
        let Some(first) = chars.next() else { return Ok(None) };
        let second = chars.next().unwrap_or(' ');
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if first == '"' {
            self.at += 1;
            return self.string(start, depth).map(Some);
        }
        if first.is_ascii_digit() || (first == '.' && second.is_ascii_digit()) {
            return self.number(start).map(Some);
        }
        if first.is_ascii_alphabetic() || first == '_' {
            return Ok(Some(Tok::Word(self.name())));
        }
        if first == '.' && (second.is_ascii_alphabetic() || second == '_') {
            self.at += 1;
            return Ok(Some(Tok::Field(self.take_while(word))));
        }
        if first == '$' && (second.is_ascii_alphabetic() || second == '_') {
            self.at += 1;
            return Ok(Some(Tok::Var(self.name())));
        }
        if first == '@' && word(second) {
            self.at += 1;
            return Ok(Some(Tok::Format(self.take_while(word))));
        }
        match OPS.iter().find(|op| rest.starts_with(**op)) {
            Some(op) => {
                self.at += op.len();
                Ok(Some(Tok::Op(op)))
            }
            None => Err(Wrong::new(
                "syntax error, unexpected INVALID_CHARACTER (Unix shell quoting issues?)",
                start,
            )),
        }
    }

    fn name(&mut self) -> String {
        let mut name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        while self.rest().starts_with("::") {
            self.at += 2;
            name.push_str("::");
            name.push_str(&self.take_while(|c| c.is_ascii_alphanumeric() || c == '_'));
        }
        name
    }

    fn number(&mut self, start: usize) -> Result<Tok, Wrong> {
        let mut text = self.take_while(|c| c.is_ascii_digit() || c == '.');
        let exponent = self.rest();
        if exponent.starts_with(['e', 'E']) {
            let digits = exponent[1..].trim_start_matches(['+', '-']);
            if digits.starts_with(|c: char| c.is_ascii_digit()) {
                let skip = exponent.len() - digits.len();
                text.push_str(&exponent[..skip]);
                self.at += skip;
                text.push_str(&self.take_while(|c| c.is_ascii_digit()));
            }
        }
        if json::number(&text).is_none() {
            return Err(Wrong::new(
                "syntax error, unexpected INVALID_CHARACTER (Unix shell quoting issues?)",
                start,
            ));
        }
        Ok(Tok::Num(text))
    }

    fn string(&mut self, start: usize, depth: usize) -> Result<Tok, Wrong> {
        let unfinished = || {
            Wrong::new(
                "syntax error, unexpected end of file, expecting QQSTRING_TEXT or QQSTRING_INTERP_START or QQSTRING_END (Unix shell quoting issues?)",
                start,
            )
        };
        if depth > 50 {
            return Err(Wrong::new("strings are nested too deeply", start));
        }
        let mut parts = Vec::new();
        let mut raw = String::new();
        loop {
            let Some(c) = self.rest().chars().next() else { return Err(unfinished()) };
            self.at += c.len_utf8();
            match c {
                '"' => {
                    flush(&mut raw, &mut parts, start)?;
                    return Ok(Tok::Str(parts));
                }
                '\\' if self.rest().starts_with('(') => {
                    flush(&mut raw, &mut parts, start)?;
                    self.at += 1;
                    parts.push(Part::Tokens(self.interpolation(depth, unfinished)?));
                }
                '\\' => {
                    let Some(escape) = self.rest().chars().next() else { return Err(unfinished()) };
                    self.at += escape.len_utf8();
                    raw.push('\\');
                    raw.push(escape);
                }
                // Line ends may stand in a program's strings as they are.
                '\n' => raw.push_str("\\n"),
                '\t' => raw.push_str("\\t"),
                '\r' => raw.push_str("\\r"),
                c => raw.push(c),
            }
        }
    }

    fn interpolation(
        &mut self,
        depth: usize,
        unfinished: impl Fn() -> Wrong,
    ) -> Result<Vec<(Tok, usize)>, Wrong> {
        let mut tokens = Vec::new();
        let mut open = 0;
        loop {
            self.skip();
            let at = self.at;
            let Some(token) = self.token(depth + 1)? else { return Err(unfinished()) };
            match token {
                Tok::Op("(") => open += 1,
                Tok::Op(")") if open == 0 => {
                    tokens.push((Tok::End, at));
                    return Ok(tokens);
                }
                Tok::Op(")") => open -= 1,
                _ => {}
            }
            tokens.push((token, at));
        }
    }
}

fn flush(raw: &mut String, parts: &mut Vec<Part>, at: usize) -> Result<(), Wrong> {
    if raw.is_empty() {
        return Ok(());
    }
    let text = json::unescape(std::mem::take(raw).as_bytes())
        .map_err(|why| Wrong::new(format!("{why} at line 1, column 4 (while parsing '\"\"')"), at))?;
    parts.push(Part::Text(text));
    Ok(())
}
