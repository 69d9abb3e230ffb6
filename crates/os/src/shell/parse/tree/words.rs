//! Words, redirections and conditions as they are shown.

use super::*;
use crate::shell::print;

impl Parser<'_> {
    pub(super) fn tree_redirection(&mut self) -> ParseResult<Option<Shown>> {
        self.blanks();
        let start = self.pos;
        let before = self.heredoc;
        let unended = self.unended.len();
        let Some(redir) = self.redirection()? else { return Ok(None) };
        let target = if redir.kind == RedirKind::HereDoc { String::new() } else { self.shown_end(&redir) };
        let number = |usual: u32| match &redir.name {
            Some(name) => format!("{{{name}}}"),
            None if redir.fd == usual => String::new(),
            None => redir.fd.to_string(),
        };
        let raw: String = self.src[start..self.pos].iter().collect();
        let text = match redir.kind {
            RedirKind::Read => format!("{}< {target}", number(0)),
            RedirKind::Write => format!("{}> {target}", number(1)),
            RedirKind::Clobber => format!("{}>| {target}", number(1)),
            RedirKind::Append => format!("{}>> {target}", number(1)),
            RedirKind::ReadWrite => format!("{}<> {target}", number(1)),
            RedirKind::Both if raw.starts_with(">&") => format!(">&{target}"),
            RedirKind::Both => format!("&> {target}"),
            RedirKind::BothAppend => format!("&>> {target}"),
            RedirKind::HereString => format!("{}<<< {target}", number(0)),
            RedirKind::Dup if target == "-" => format!("{}>&-", number(u32::MAX)),
            RedirKind::Dup => {
                let sign = if raw.contains('<') { "<&" } else { ">&" };
                let digits = target.trim_end_matches('-').chars().all(|c| c.is_ascii_digit());
                let usual = match (digits, sign) {
                    (true, _) => u32::MAX,
                    (false, "<&") => 0,
                    _ => 1,
                };
                format!("{}{sign}{target}", number(usual))
            }
            RedirKind::HereDoc => {
                let first = match (before, self.heredoc) {
                    (Some((_, resume, _)), _) => resume,
                    (None, Some((end, ..))) => end + 1,
                    _ => self.pos,
                };
                let last = self.heredoc.map_or(first, |(_, resume, _)| resume);
                let ended = self.unended.len() == unended;
                let dash = raw.contains("<<-");
                let (_, word) = raw.split_once(if dash { "<<-" } else { "<<" }).unwrap_or_default();
                let (delimiter, quoted) = delimiter(word.trim());
                let mut body = String::new();
                let text: String = self.src[first.min(last)..last].iter().collect();
                let count = text.lines().count().saturating_sub(usize::from(ended));
                for line in text.lines().take(count) {
                    body.push_str(if dash { line.trim_start_matches('\t') } else { line });
                    body.push('\n');
                }
                let shown = if quoted { crate::shell::quote(&delimiter) } else { delimiter.clone() };
                let header = format!("{}<<{}{shown}", number(0), if dash { "-" } else { "" });
                return Ok(Some(Shown::Here(header, format!("{body}{delimiter}"))));
            }
        };
        Ok(Some(Shown::Plain(text)))
    }

    /// The target of the redirection just read, as it is shown.
    fn shown_end(&self, redir: &Redir) -> String {
        let len = redir.text.chars().count();
        self.shown(self.pos.saturating_sub(len), self.pos)
    }

    pub(super) fn tree_cond_or(&mut self) -> ParseResult<String> {
        self.enter()?;
        let mut left = self.tree_cond_and()?;
        loop {
            self.newlines();
            if !self.looking_at("||") {
                self.leave();
                return Ok(left);
            }
            self.take("||");
            left = format!("{left} || {}", self.tree_cond_and()?);
        }
    }

    fn tree_cond_and(&mut self) -> ParseResult<String> {
        let mut left = self.tree_cond_not()?;
        loop {
            self.newlines();
            if !self.looking_at("&&") {
                return Ok(left);
            }
            self.take("&&");
            left = format!("{left} && {}", self.tree_cond_not()?);
        }
    }

    fn tree_cond_not(&mut self) -> ParseResult<String> {
        let mut invert = false;
        self.newlines();
        while self.peek_char() == Some('!') && self.peek_at(1).is_some_and(|c| c.is_whitespace() || c == '(')
        {
            self.bump();
            invert = !invert;
            self.newlines();
        }
        let not = if invert { "! " } else { "" };
        if self.peek_char() == Some('(') {
            self.bump();
            let inner = self.tree_cond_or()?;
            self.newlines();
            self.expect_text(")")?;
            return Ok(format!("{not}( {inner} )"));
        }
        let first = self.tree_word(Until::Meta)?;
        if first.is_empty() || first == "]]" {
            return self.unexpected(Some("]]"));
        }
        self.newlines();
        let ends =
            |p: &Self| p.looking_at("]]") || p.looking_at("&&") || p.looking_at("||") || p.looking_at(")");
        if ends(self) {
            return Ok(format!("{not}-n {first}"));
        }
        if first.len() == 2 && first.starts_with('-') {
            return Ok(format!("{not}{first} {}", self.tree_word(Until::Meta)?));
        }
        let op: String = match self.peek_char() {
            Some(c @ ('<' | '>')) => c.to_string(),
            _ => self.src[self.pos..].iter().take_while(|c| !is_meta(**c)).collect(),
        };
        if op.is_empty() {
            return self.unexpected(Some("]]"));
        }
        self.take(&op);
        self.newlines();
        let saved = std::mem::replace(&mut self.extglob, true);
        let second = self.tree_word(if op == "=~" { Until::Regex } else { Until::Meta })?;
        self.extglob = saved;
        Ok(format!("{not}{first} {op} {second}"))
    }

    /// Source as words are shown: line continuations gone, `$'…'` read, command substitutions in bash's layout.
    pub(super) fn shown(&self, start: usize, end: usize) -> String {
        let mut out = String::new();
        let mut at = start;
        let mut double = false;
        while at < end {
            let c = self.src[at];
            let next = if at + 1 < end { Some(self.src[at + 1]) } else { None };
            match (c, next) {
                ('\\', Some('\n')) => at += 1,
                ('\\', Some(n)) => {
                    out.extend([c, n]);
                    at += 1;
                }
                ('\'', _) if !double => {
                    let close =
                        self.src[at + 1..end].iter().position(|c| *c == '\'').map_or(end, |n| at + 1 + n);
                    out.extend(&self.src[at..(close + 1).min(end)]);
                    at = close;
                }
                ('"', _) => {
                    double = !double;
                    out.push(c);
                }
                ('`', _) => {
                    let close =
                        self.src[at + 1..end].iter().position(|c| *c == '`').map_or(end, |n| at + 1 + n);
                    out.extend(&self.src[at..(close + 1).min(end)]);
                    at = close;
                }
                ('$', Some('"')) if !double => {}
                ('$', Some('\'')) if !double => {
                    let mut sub =
                        Parser::resume(self.src[..end].to_vec(), at + 2, 1, self.dialect, self.aliases);
                    match sub.ansi_quoted() {
                        Ok(text) => {
                            out.push_str(&format!("'{}'", text.replace('\'', "'\\''")));
                            at = sub.pos - 1;
                        }
                        Err(_) => out.push(c),
                    }
                }
                ('$', Some('(')) | ('<' | '>', Some('('))
                    if !(c == '$' && self.src.get(at + 2) == Some(&'(')) && (c == '$' || !double) =>
                {
                    let mut sub =
                        Parser::resume(self.src[..end].to_vec(), at + 2, 1, self.dialect, self.aliases);
                    sub.depth = self.depth + 1;
                    sub.extglob = self.extglob;
                    sub.lenient = true;
                    match sub.tree_list(true) {
                        Ok(tree) if sub.peek_char() == Some(')') => {
                            let text = tree.map_or(String::new(), |tree| print::substitution(&tree));
                            let space = if text.starts_with('(') { " " } else { "" };
                            out.push_str(&format!("{c}({space}{text})"));
                            at = sub.pos;
                        }
                        _ => out.push(c),
                    }
                }
                _ => out.push(c),
            }
            at += 1;
        }
        out
    }
}

/// A here-document's delimiter without its quotes, and whether it had some.
fn delimiter(word: &str) -> (String, bool) {
    let text: String = word.chars().filter(|c| !matches!(c, '\'' | '"' | '\\')).collect();
    let quoted = text.len() != word.len();
    (text, quoted)
}
