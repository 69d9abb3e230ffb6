//! Redirections and here-documents.

use super::*;

impl Parser<'_> {
    pub(super) fn redirection(&mut self) -> ParseResult<Option<Redir>> {
        self.blanks();
        let mut n = 0;
        let mut name = None;
        if self.peek_char() == Some('{') && self.dialect == ShellKind::Bash {
            let len = self.src[self.pos + 1..].iter().take_while(|c| **c != '}' && !is_meta(**c)).count();
            let text: String = self.src[self.pos + 1..self.pos + 1 + len].iter().collect();
            if is_name(&text)
                && self.peek_at(len + 1) == Some('}')
                && matches!(self.peek_at(len + 2), Some('<' | '>'))
            {
                name = Some(text.into());
                n = len + 2;
            }
        }
        while self.peek_at(n).is_some_and(|c| c.is_ascii_digit()) {
            n += 1;
        }
        if n > 0 && !matches!(self.peek_at(n), Some('<' | '>')) {
            return Ok(None);
        }
        let number: Option<u32> = self.src[self.pos..self.pos + n].iter().collect::<String>().parse().ok();
        let (pos, line) = (self.pos, self.line);
        self.pos += n;
        let op = self.operator();
        let kind = match op {
            "<" if self.peek_at(1) == Some('(') && self.dialect == ShellKind::Bash => None,
            ">" if self.peek_at(1) == Some('(') && self.dialect == ShellKind::Bash => None,
            "<" => Some((0, RedirKind::Read)),
            ">" => Some((1, RedirKind::Write)),
            ">|" => Some((1, RedirKind::Clobber)),
            ">>" => Some((1, RedirKind::Append)),
            "<>" => Some((0, RedirKind::ReadWrite)),
            "<&" => Some((0, RedirKind::Dup)),
            ">&" => Some((1, RedirKind::Dup)),
            "&>" if n == 0 && self.dialect != ShellKind::Dash => Some((1, RedirKind::Both)),
            "&>>" if n == 0 && self.dialect == ShellKind::Bash => Some((1, RedirKind::BothAppend)),
            "<<" | "<<-" => Some((0, RedirKind::HereDoc)),
            "<<<" if self.dialect == ShellKind::Bash => Some((0, RedirKind::HereString)),
            "<<<" => Some((0, RedirKind::HereDoc)),
            _ => None,
        };
        let Some((fd, mut kind)) = kind else {
            (self.pos, self.line) = (pos, line);
            return Ok(None);
        };
        self.take(op);
        self.blanks();
        let fd = number.unwrap_or(fd);
        if self
            .peek_char()
            .is_none_or(|c| is_meta(c) && !((c == '<' || c == '>') && self.peek_at(1) == Some('(')))
        {
            return self.unexpected(None);
        }
        if kind == RedirKind::HereDoc {
            let target = self.here_document(op == "<<-")?;
            return Ok(Some(Redir { fd, name, kind, target, text: "".into() }));
        }
        let start = self.pos;
        let target = if matches!(self.peek_char(), Some('<' | '>')) {
            let input = self.bump() == Some('<');
            self.bump();
            Word { parts: vec![Part::Process(input, self.substitution()?)] }
        } else {
            self.word(Until::Meta)?
        };
        if op == ">&" && number.is_none() && self.dialect == ShellKind::Bash {
            let dup = target
                .literal()
                .is_none_or(|t| t.strip_suffix('-').unwrap_or(t).chars().all(|c| c.is_ascii_digit()));
            if !dup {
                kind = RedirKind::Both;
            }
        }
        let text = self.text_from(start).into();
        Ok(Some(Redir { fd, name, kind, target, text }))
    }

    /// Reads the delimiter at this place and the body behind the line's end; gives the body as a word.
    pub(super) fn here_document(&mut self, strip_tabs: bool) -> ParseResult<Word> {
        let mut delimiter = String::new();
        let mut quoted = false;
        while let Some(c) = self.peek_char() {
            match c {
                '\'' | '"' => {
                    quoted = true;
                    self.bump();
                    while let Some(d) = self.bump().filter(|d| *d != c) {
                        delimiter.push(d);
                    }
                }
                '\\' => {
                    quoted = true;
                    self.bump();
                    delimiter.extend(self.bump());
                }
                c if is_meta(c) => break,
                c => {
                    delimiter.push(c);
                    self.bump();
                }
            }
        }
        let (line_end, mut at, mut lines) = match self.heredoc {
            Some((end, resume, lines)) => (end, resume, lines),
            None => {
                let Some(n) = self.src[self.pos..].iter().position(|c| *c == '\n') else {
                    return Err(ParseError::Incomplete("here-document"));
                };
                (self.pos + n, self.pos + n + 1, 0)
            }
        };
        let first_line = self.line + 1 + lines;
        let mut body = String::new();
        loop {
            if at >= self.src.len() {
                if !self.lenient {
                    return Err(ParseError::Incomplete("here-document"));
                }
                self.unended.push((self.line, delimiter.clone()));
                break;
            }
            let end = self.src[at..].iter().position(|c| *c == '\n').map_or(self.src.len(), |n| at + n);
            let mut text: String = self.src[at..end].iter().collect();
            at = (end + 1).min(self.src.len());
            lines += 1;
            if strip_tabs {
                text = text.trim_start_matches('\t').to_string();
            }
            if text == delimiter {
                break;
            }
            body.push_str(&text);
            body.push('\n');
        }
        self.heredoc = Some((line_end, at, lines));
        if quoted {
            return Ok(Word { parts: vec![Part::Quoted(body)] });
        }
        let mut sub = Parser::new(&body, self.dialect, self.aliases).starting_at(first_line);
        sub.depth = self.depth;
        let word = sub.word(Until::End)?;
        Ok(Word { parts: vec![Part::Double(word.parts)] })
    }
}
