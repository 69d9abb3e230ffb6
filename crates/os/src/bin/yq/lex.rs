//! Tokens of yq's expressions.

/// A token.
#[derive(Clone, PartialEq, Debug)]
pub enum Tok {
    /// `.name`, and whether a `?` follows.
    Field(String, bool),
    /// A word: an operator's name.
    Word(String),
    /// `$name`
    Var(String),
    /// `@name`
    Format(String),
    Num(String),
    Str(String),
    /// Operators and punctuation; merges with their flags (`*+`).
    Op(String),
    End,
}

/// Longest first.
const OPS: [&str; 28] = [
    "...", "..", ".[", "|=", "==", "!=", ">=", "<=", "+=", "-=", "//", "(", ")", "[", "]", "{", "}", ":",
    ";", ",", "|", "=", "<", ">", ".", "+", "-", "/",
];

/// Reads an expression into tokens with the places where they begin. Err is the complaint.
pub fn lex(source: &str) -> Result<Vec<(Tok, usize)>, String> {
    let mut toks = Vec::new();
    let mut at = 0;
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        if c.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        if c == '#' {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        let (tok, len) = token(rest).ok_or_else(|| wrong(source, at))?;
        // `.a -3` is a difference, `(-3)` a number.
        let value_before =
            matches!(toks.last(), Some((Tok::Field(..) | Tok::Num(_) | Tok::Var(_) | Tok::Str(_), _)));
        if let (Tok::Num(text), true) = (&tok, value_before)
            && text.starts_with('-')
        {
            toks.push((Tok::Op("-".to_string()), at));
            at += 1;
            continue;
        }
        toks.push((tok, at));
        at += len;
    }
    toks.push((Tok::End, source.len()));
    Ok(toks)
}

/// The complaint about what is no token.
pub fn wrong(source: &str, at: usize) -> String {
    let before = &source[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let rest: Vec<char> = source[at..].chars().collect();
    let mut sample: String = rest.iter().take(16).collect();
    if rest.len() > 16 {
        sample.push_str("...");
    }
    format!("{line}:{column}: lexer: invalid input text {sample:?}")
}

fn token(rest: &str) -> Option<(Tok, usize)> {
    let first = rest.chars().next()?;
    let second = rest[first.len_utf8()..].chars().next().unwrap_or(' ');
    let run = |from: usize, keep: &dyn Fn(char) -> bool| {
        rest[from..].find(|c| !keep(c)).map_or(rest.len(), |n| from + n)
    };
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if let Some(op) = OPS.iter().take(3).find(|op| rest.starts_with(**op)) {
        return Some((Tok::Op((*op).to_string()), op.len()));
    }
    match first {
        '.' if second == '"' => {
            let end = 2 + rest[2..].find('"')?;
            let optional = rest[end + 1..].starts_with('?');
            Some((Tok::Field(rest[2..end].to_string(), optional), end + 1 + usize::from(optional)))
        }
        '.' => {
            let end = run(1, &|c| !" ;}{:[],|.()=\n!\t".contains(c));
            if end == 1 {
                return Some((Tok::Op(".".to_string()), 1));
            }
            let name = &rest[1..end];
            let plain = name.strip_suffix('?').unwrap_or(name);
            Some((Tok::Field(plain.to_string(), plain != name), end))
        }
        '$' => {
            let end = run(1, &|c| word(c) || c == '-');
            (end > 1).then(|| (Tok::Var(rest[1..end].to_string()), end))
        }
        '@' => {
            let end = run(1, &word);
            (end > 1).then(|| (Tok::Format(rest[1..end].to_string()), end))
        }
        '"' => string(rest),
        '-' if second.is_ascii_digit() => number(rest, 1),
        c if c.is_ascii_digit() => number(rest, 0),
        '~' => Some((Tok::Word("null".to_string()), 1)),
        '*' => {
            let assigns = usize::from(second == '=');
            let end = run(1 + assigns, &|c| "+|?cdn".contains(c));
            // A pipe or a word may follow at once: `. *d|x` is no use to anybody.
            Some((Tok::Op(rest[..end].to_string()), end))
        }
        '%' => Some((Tok::Op("%".to_string()), 1)),
        c if c.is_ascii_alphabetic() || c == '_' => {
            let end = run(0, &word);
            Some((Tok::Word(rest[..end].to_string()), end))
        }
        _ => OPS.iter().find(|op| rest.starts_with(**op)).map(|op| {
            let flags = if matches!(*op, "|=" | "=") && rest[op.len()..].starts_with("c ") { 1 } else { 0 };
            let optional = usize::from(*op == "]" && rest[1..].starts_with('?'));
            (Tok::Op((*op).to_string()), op.len() + flags + optional)
        }),
    }
}

fn number(rest: &str, sign: usize) -> Option<(Tok, usize)> {
    let bytes = rest.as_bytes();
    let digits = |from: usize| from + bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    if bytes[sign..].starts_with(b"0x") || bytes[sign..].starts_with(b"0X") {
        let hex = bytes[sign + 2..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
        if hex > 0 {
            let end = sign + 2 + hex;
            return Some((Tok::Num(rest[..end].to_string()), end));
        }
    }
    let mut end = digits(sign);
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = if signed <= bytes.len() { digits(signed) } else { signed };
        if exponent > signed {
            end = exponent;
        }
    }
    Some((Tok::Num(rest[..end].to_string()), end))
}

/// A text in quotes; its escapes stay for whoever looks for `\(`.
fn string(rest: &str) -> Option<(Tok, usize)> {
    let mut escaped = false;
    for (i, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some((Tok::Str(rest[1..i].to_string()), i + 1)),
            _ => {}
        }
    }
    None
}
