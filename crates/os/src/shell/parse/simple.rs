//! Simple commands: words, aliases, assignments and arrays.

use super::*;

impl Parser<'_> {
    /// Puts an alias's text in place of the word at this place; whether there was one.
    pub(super) fn expand_alias(&mut self) -> bool {
        if self.aliases.is_empty() {
            return false;
        }
        let pos = self.pos;
        self.expanding.retain(|(end, _)| pos < *end);
        let mut n = 0;
        while self.peek_at(n).is_some_and(|c| !is_meta(c)) {
            n += 1;
        }
        let word: String = self.src[pos..pos + n].iter().collect();
        if self.expanding.iter().any(|(_, w)| *w == word) {
            return false;
        }
        let Some(text) = self.aliases.get(&word) else { return false };
        let new: Vec<char> = text.chars().collect();
        let grown = new.len() as isize - n as isize;
        let shift = |at: usize| (at as isize + grown).max(0) as usize;
        for (end, _) in &mut self.expanding {
            *end = shift(*end);
        }
        if let Some((end, resume, _)) = &mut self.heredoc {
            (*end, *resume) = (shift(*end), shift(*resume));
        }
        self.expanding.push((pos + new.len() + 1, word));
        self.src.splice(pos..pos + n, new);
        true
    }

    pub(super) fn simple(&mut self) -> ParseResult<Vec<Op>> {
        self.blanks();
        let mut simple = Simple { line: self.line, ..Simple::default() };
        // Where a word may be an alias: the first one, and the one after an alias that ends in a blank.
        let mut alias_from = Some(self.pos);
        let start = self.pos;
        loop {
            self.blanks();
            if let Some(redir) = self.redirection()? {
                simple.redirs.push(redir);
                continue;
            }
            match self.peek_char() {
                None => break,
                Some('(') => {
                    // `name ()` defines a function.
                    let name = match simple.words.as_slice() {
                        [word] if simple.assigns.is_empty() => word.literal().map(str::to_string),
                        _ => None,
                    };
                    let Some(name) = name else { return self.unexpected(None) };
                    let name_line = self.line;
                    self.bump();
                    self.blanks();
                    if self.peek_char() != Some(')') {
                        return self.unexpected(Some(")"));
                    }
                    self.bump();
                    if self.dialect != ShellKind::Bash && !is_name(&name) {
                        return Err(ParseError::BadFunction(name_line));
                    }
                    return self.function(&name);
                }
                Some('<' | '>') if self.peek_at(1) == Some('(') && self.dialect == ShellKind::Bash => {
                    let input = self.bump() == Some('<');
                    self.bump();
                    let code = self.substitution()?;
                    simple.words.push(Word { parts: vec![Part::Process(input, code)] });
                    continue;
                }
                Some(c) if is_meta(c) => break,
                _ => {}
            }
            if alias_from.is_some_and(|from| self.pos >= from)
                && (simple.words.is_empty() || self.pos > start)
            {
                alias_from = None;
                let before = self.pos;
                if self.expand_alias() {
                    let end = self.expanding.last().map_or(0, |(end, _)| end - 1);
                    if self.src.get(end.wrapping_sub(1)).is_some_and(|c| *c == ' ' || *c == '\t') {
                        alias_from = Some(end);
                    } else {
                        // The first word of the alias may be an alias again.
                        alias_from = Some(self.pos);
                    }
                    if before == start
                        && simple.assigns.is_empty()
                        && simple.redirs.is_empty()
                        && self.reserved().is_some()
                    {
                        return self.command();
                    }
                    continue;
                }
            }
            if simple.words.is_empty() {
                if let Some(assign) = self.assignment()? {
                    simple.assigns.push(assign);
                    alias_from = Some(self.pos);
                    continue;
                }
            } else if self.dialect == ShellKind::Bash
                && self.declares(&simple)
                && let Some(assign) = self.array_argument()?
            {
                // The declaring builtin sees the name; the elements are assigned after it.
                simple.words.push(Word::quoted(&assign.name));
                simple.assigns.push(assign);
                continue;
            }
            self.tilde_in_argument = self.tilde_in_argument || self.declares(&simple);
            let word = self.word(Until::Meta)?;
            self.tilde_in_argument = self.dialect == ShellKind::Bash;
            simple.words.extend(brace::expand(word, self.dialect, &mut self.braces_left));
        }
        if simple.assigns.is_empty() && simple.words.is_empty() && simple.redirs.is_empty() {
            return self.unexpected(None);
        }
        simple.text = self.text_from(start).into();
        Ok(vec![Op::Simple(Rc::new(simple))])
    }

    /// Whether the command is one of those that take `name=(…)` as arguments.
    pub(super) fn declares(&self, simple: &Simple) -> bool {
        let name = simple.words.first().and_then(Word::literal).unwrap_or("");
        matches!(name, "declare" | "local" | "typeset" | "readonly" | "export")
    }

    pub(super) fn array_argument(&mut self) -> ParseResult<Option<Assign>> {
        let mut n = 0;
        while self.peek_at(n).is_some_and(|c| c == '_' || c.is_ascii_alphanumeric()) {
            n += 1;
        }
        let plus = usize::from(self.peek_at(n) == Some('+'));
        if n == 0 || self.peek_at(n + plus) != Some('=') || self.peek_at(n + plus + 1) != Some('(') {
            return Ok(None);
        }
        self.assignment()
    }

    /// `name=value` at this place.
    pub(in crate::shell) fn assignment(&mut self) -> ParseResult<Option<Assign>> {
        let mut n = 0;
        while self.peek_at(n).is_some_and(|c| c == '_' || c.is_ascii_alphanumeric()) {
            n += 1;
        }
        if n == 0 || self.peek_char().is_some_and(|c| c.is_ascii_digit()) {
            return Ok(None);
        }
        let name: String = self.src[self.pos..self.pos + n].iter().collect();
        let (pos, line) = (self.pos, self.line);
        let mut index = None;
        if self.peek_at(n) == Some('[') && self.dialect == ShellKind::Bash {
            self.pos += n + 1;
            let inner = self.word(Until::Bracket)?;
            if self.peek_char() != Some(']')
                || !matches!((self.peek_at(1), self.peek_at(2)), (Some('='), _) | (Some('+'), Some('=')))
            {
                (self.pos, self.line) = (pos, line);
                return Ok(None);
            }
            index = Some(inner);
            self.bump();
            n = 0;
        }
        let append = self.peek_at(n) == Some('+') && self.peek_at(n + 1) == Some('=');
        if !append && self.peek_at(n) != Some('=') {
            (self.pos, self.line) = (pos, line);
            return Ok(None);
        }
        self.pos += n + 1 + usize::from(append);
        if self.peek_char() == Some('(') && index.is_none() && self.dialect == ShellKind::Bash {
            self.bump();
            let start = self.pos;
            let elements = self.array_elements()?;
            let text = format!("({}", self.text_from(start)).into();
            return Ok(Some(Assign {
                name: name.into(),
                index,
                append,
                value: AssignValue::Array(elements, text),
            }));
        }
        // The value is read like a word after `name=`, so that `~` expands after the sign and after colons.
        let mut word = Word::default();
        if self.peek_char().is_some_and(|c| !is_meta(c)) {
            word = self.assignment_value()?;
        }
        Ok(Some(Assign { name: name.into(), index, append, value: AssignValue::Word(word) }))
    }

    pub(super) fn assignment_value(&mut self) -> ParseResult<Word> {
        let word = self.word(Until::Meta)?;
        // `a:~/b`: a tilde after a colon.
        let mut parts = Vec::new();
        for part in word.parts {
            match part {
                Part::Lit(text) if text.contains(":~/") || text.ends_with(":~") => {
                    let mut rest = text.as_str();
                    while let Some(at) = rest.find(":~") {
                        parts.push(Part::Lit(rest[..=at].to_string()));
                        parts.push(Part::Tilde(String::new()));
                        rest = &rest[at + 2..];
                    }
                    if !rest.is_empty() {
                        parts.push(Part::Lit(rest.to_string()));
                    }
                }
                other => parts.push(other),
            }
        }
        Ok(Word { parts })
    }

    pub(super) fn array_elements(&mut self) -> ParseResult<Vec<(Option<Word>, Word)>> {
        let mut elements = Vec::new();
        loop {
            self.newlines();
            match self.peek_char() {
                None => return Err(ParseError::Incomplete(")")),
                Some(')') => {
                    self.bump();
                    return Ok(elements);
                }
                Some('[') => {
                    let (pos, line) = (self.pos, self.line);
                    self.bump();
                    let index = self.word(Until::Bracket)?;
                    if self.peek_char() == Some(']') && self.peek_at(1) == Some('=') {
                        self.take("]=");
                        let word = if self.peek_char().is_some_and(|c| !is_meta(c)) {
                            self.word(Until::Meta)?
                        } else {
                            Word::default()
                        };
                        elements.push((Some(index), word));
                        continue;
                    }
                    (self.pos, self.line) = (pos, line);
                    let word = self.word(Until::Meta)?;
                    elements.extend(
                        brace::expand(word, self.dialect, &mut self.braces_left)
                            .into_iter()
                            .map(|w| (None, w)),
                    );
                }
                Some(c) if is_meta(c) => return self.unexpected(Some(")")),
                _ => {
                    let word = self.word(Until::Meta)?;
                    elements.extend(
                        brace::expand(word, self.dialect, &mut self.braces_left)
                            .into_iter()
                            .map(|w| (None, w)),
                    );
                }
            }
        }
    }
}
