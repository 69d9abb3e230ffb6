//! Compound commands: conditions, loops, cases, groups and functions, compiled to jumps.

use super::*;

impl Parser<'_> {
    /// A command: compound, function definition or simple.
    pub(super) fn command(&mut self) -> ParseResult<Vec<Op>> {
        self.enter()?;
        self.blanks();
        let line = self.line;
        let mut ops = match self.reserved() {
            Some(word @ ("if" | "while" | "until" | "for" | "case" | "{" | "[[" | "select")) => {
                self.take(word);
                match word {
                    "if" => self.if_clause()?,
                    "while" => self.while_clause(false)?,
                    "until" => self.while_clause(true)?,
                    "for" => self.for_clause(false)?,
                    "select" => self.for_clause(true)?,
                    "case" => self.case_clause()?,
                    "[[" => {
                        let cond = self.cond_or()?;
                        self.newlines();
                        if !self.looking_at("]]") {
                            return self.unexpected(Some("]]"));
                        }
                        self.take("]]");
                        vec![Op::Cond(Rc::new(cond), line)]
                    }
                    _ => {
                        let mut code = Code::default();
                        self.list(&mut code, false)?;
                        self.expect("}")?;
                        code.ops
                    }
                }
            }
            Some("function") => {
                self.take("function");
                self.blanks();
                let name = self.raw_word();
                self.blanks();
                if self.looking_at("()") {
                    self.take("()");
                }
                self.leave();
                return self.function(&name);
            }
            Some("coproc") => {
                self.take("coproc");
                let name = self.coproc_name().into();
                self.blanks();
                let start = self.pos;
                let ops = self.command()?;
                let code = Rc::new(Code { ops, text: self.text_from(start) });
                self.leave();
                return Ok(vec![Op::Coproc(name, code)]);
            }
            Some(word)
                if word != "in" && word != "time" && (word != "!" || self.dialect != ShellKind::Bash) =>
            {
                return self.unexpected(None);
            }
            _ => match self.peek_char() {
                Some('(') if self.peek_at(1) == Some('(') && self.dialect == ShellKind::Bash => {
                    let (pos, line) = (self.pos, self.line);
                    self.take("((");
                    match self.arith_text()? {
                        Some(parts) => {
                            let text: String = self.src[pos + 2..self.pos - 2].iter().collect();
                            let text = text.trim().into();
                            vec![Op::Arith(Rc::new(Word { parts: vec![Part::Arith(parts)] }), text, line)]
                        }
                        None => {
                            (self.pos, self.line) = (pos, line);
                            self.subshell()?
                        }
                    }
                }
                Some('(') => self.subshell()?,
                _ => {
                    let ops = self.simple()?;
                    self.leave();
                    return Ok(ops);
                }
            },
        };
        let mut redirs = Vec::new();
        while let Some(redir) = self.redirection()? {
            redirs.push(redir);
        }
        if let ([Op::Subshell(code)], false) = (ops.as_slice(), redirs.is_empty()) {
            // A subshell redirects itself.
            let mut inner = vec![Op::Redirect(redirs.into(), code.ops.len() as i32 + 1)];
            inner.extend(code.ops.iter().cloned());
            ops = vec![Op::Subshell(Rc::new(Code { ops: inner, text: code.text.clone() }))];
        } else if !redirs.is_empty() {
            let skip = ops.len() as i32 + 2;
            ops.insert(0, Op::Redirect(redirs.into(), skip));
            ops.push(Op::Restore);
        }
        self.leave();
        Ok(ops)
    }

    /// The name of a `coproc`: a word before a compound command, else `COPROC`.
    pub(super) fn coproc_name(&mut self) -> String {
        self.blanks();
        let (pos, line) = (self.pos, self.line);
        let name = self.raw_word();
        let compound = ["if", "while", "until", "for", "case", "{", "[[", "select"];
        if is_name(&name) && !RESERVED.contains(&name.as_str()) {
            self.blanks();
            if self.peek_char() == Some('(') || self.reserved().is_some_and(|w| compound.contains(&w)) {
                return name;
            }
        }
        (self.pos, self.line) = (pos, line);
        "COPROC".to_string()
    }

    pub(super) fn subshell(&mut self) -> ParseResult<Vec<Op>> {
        self.bump();
        let code = self.nested(')')?;
        if code.ops.is_empty() {
            return Err(ParseError::Unexpected { token: ")".to_string(), expecting: None, line: self.line });
        }
        Ok(vec![Op::Subshell(Rc::new(code))])
    }

    pub(super) fn if_clause(&mut self) -> ParseResult<Vec<Op>> {
        let mut cond = Code::default();
        self.list(&mut cond, false)?;
        self.expect("then")?;
        let mut body = Code::default();
        self.list(&mut body, false)?;
        let otherwise = match self.reserved() {
            Some("elif") => {
                self.take("elif");
                self.enter()?;
                let ops = self.if_clause()?;
                self.leave();
                ops
            }
            Some("else") => {
                self.take("else");
                let mut code = Code::default();
                self.list(&mut code, false)?;
                self.expect("fi")?;
                code.ops
            }
            Some("fi") => {
                self.take("fi");
                vec![Op::SetStatus(0)]
            }
            _ => return self.unexpected(Some("fi")),
        };
        let mut ops = vec![Op::Tested];
        ops.extend(cond.ops);
        ops.push(Op::Untested);
        ops.push(Op::JumpIfFail(body.ops.len() as i32 + 2));
        ops.extend(body.ops);
        ops.push(Op::Jump(otherwise.len() as i32 + 1));
        ops.extend(otherwise);
        Ok(ops)
    }

    pub(super) fn do_group(&mut self) -> ParseResult<Vec<Op>> {
        self.expect("do")?;
        let mut code = Code::default();
        self.list(&mut code, false)?;
        self.expect("done")?;
        Ok(code.ops)
    }

    pub(super) fn while_clause(&mut self, until: bool) -> ParseResult<Vec<Op>> {
        let mut cond = Code::default();
        self.list(&mut cond, false)?;
        let body = self.do_group()?;
        let mut head = vec![Op::Tested];
        head.extend(cond.ops);
        head.push(Op::Untested);
        Ok(assemble_loop(head, if until { Op::JumpIfOk } else { Op::JumpIfFail }, body, Vec::new()))
    }

    pub(super) fn for_clause(&mut self, select: bool) -> ParseResult<Vec<Op>> {
        self.blanks();
        if self.looking_at("((") && self.dialect == ShellKind::Bash {
            return self.c_style_for();
        }
        let line = self.line;
        let start = self.pos;
        let name = self.raw_word();
        if !is_name(&name) {
            if name.is_empty() {
                return self.unexpected(None);
            }
            if self.dialect != ShellKind::Bash {
                return Err(ParseError::BadName(name, line));
            }
        }
        self.newlines();
        let mut words = None;
        let mut head = None;
        if self.reserved() == Some("in") {
            self.take("in");
            let mut list = Vec::new();
            loop {
                self.blanks();
                if self.peek_char().is_none_or(is_meta) {
                    break;
                }
                let word = self.word(Until::Meta)?;
                list.extend(brace::expand(word, self.dialect, &mut self.braces_left));
            }
            if self.peek_char().is_none() && self.dialect != ShellKind::Bash {
                return Err(ParseError::Incomplete(""));
            }
            words = Some(Rc::from(list));
            head = Some(format!("for {}", self.text_from(start)));
        }
        self.blanks();
        if self.operator() == ";" {
            self.take(";");
        }
        self.newlines();
        let body = self.body()?;
        let head = head.unwrap_or_else(|| format!("for {name} in \"$@\"")).into();
        let mut ops = vec![Op::For { name: name.into(), words, line, head }];
        ops.extend(assemble_loop(
            Vec::new(),
            if select { Op::Select } else { Op::NextWord },
            body,
            Vec::new(),
        ));
        Ok(ops)
    }

    /// The body of a for loop: `do … done`, or `{ … }`.
    pub(super) fn body(&mut self) -> ParseResult<Vec<Op>> {
        if self.reserved() == Some("{") {
            self.take("{");
            let mut code = Code::default();
            self.list(&mut code, false)?;
            self.expect("}")?;
            return Ok(code.ops);
        }
        self.do_group()
    }

    pub(super) fn c_style_for(&mut self) -> ParseResult<Vec<Op>> {
        self.take("((");
        let Some(parts) = self.arith_text()? else { return self.unexpected(Some("))")) };
        let mut pieces: Vec<Vec<Part>> = vec![Vec::new()];
        for part in parts {
            match part {
                Part::Quoted(text) => {
                    for (i, piece) in text.split(';').enumerate() {
                        if i > 0 {
                            pieces.push(Vec::new());
                        }
                        if let Some(last) = pieces.last_mut() {
                            push_quoted(last, piece);
                        }
                    }
                }
                other => {
                    if let Some(last) = pieces.last_mut() {
                        last.push(other);
                    }
                }
            }
        }
        if pieces.len() != 3 {
            return self.unexpected(Some("))"));
        }
        self.blanks();
        if self.operator() == ";" {
            self.take(";");
        }
        self.newlines();
        let body = self.body()?;
        let mut pieces = pieces.into_iter();
        let mut next = || pieces.next().unwrap_or_default();
        let (init, cond, step) = (next(), next(), next());
        let part = |parts: Vec<Part>| vec![Op::Tested, arith_part(parts), Op::Untested];
        let mut ops = part(init);
        ops.extend(assemble_loop(part(cond), Op::JumpIfFail, body, part(step)));
        // Where an error leads: to the end of the loop, with the failure as its status.
        let end = ops.len() as i32;
        for (i, op) in ops.iter_mut().enumerate() {
            if let Op::ArithPart(.., leave) = op
                && *leave == i32::MAX
            {
                *leave = end - i as i32;
            }
        }
        Ok(ops)
    }

    pub(super) fn case_clause(&mut self) -> ParseResult<Vec<Op>> {
        self.blanks();
        let start = self.pos;
        let subject = self.word(Until::Meta)?;
        let head: Rc<str> = format!("case {} in", self.text_from(start)).into();
        self.newlines();
        self.expect("in")?;
        let mut arms: Vec<(Vec<Word>, Vec<Op>, &'static str)> = Vec::new();
        loop {
            self.newlines();
            if self.reserved() == Some("esac") {
                self.take("esac");
                break;
            }
            if self.peek_char() == Some('(') {
                self.bump();
            }
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                if self.peek_char().is_none_or(is_meta) {
                    if self.dialect == ShellKind::Bash {
                        return self.unexpected(Some("esac"));
                    }
                    // dash and ash take any token for the pattern.
                    if self.peek_char().is_some_and(is_meta) {
                        let op = self.operator();
                        self.take(op);
                        self.blanks();
                        if self.peek_char().is_some_and(|c| !is_meta(c)) {
                            let (token, line) = ("word".to_string(), self.line);
                            return Err(ParseError::Unexpected { token, expecting: Some(")"), line });
                        }
                    }
                    return self.unexpected(Some(")"));
                }
                let saved = std::mem::replace(&mut self.extglob, true);
                patterns.push(self.word(Until::Meta)?);
                self.extglob = saved;
                self.blanks();
                if self.peek_char() != Some('|') {
                    break;
                }
                self.bump();
            }
            if self.peek_char() != Some(')') {
                return self.unexpected(Some(")"));
            }
            self.bump();
            self.newlines();
            let mut body = Code::default();
            let empty = self.looking_at(";;") || self.looking_at(";&") || self.reserved() == Some("esac");
            if !empty {
                self.list(&mut body, false)?;
            }
            self.newlines();
            let end = match self.operator() {
                op @ (";;" | ";&" | ";;&") => {
                    self.take(op);
                    op
                }
                _ if self.reserved() == Some("esac") => ";;",
                _ => return self.unexpected(Some("esac")),
            };
            arms.push((patterns, body.ops, end));
        }
        Ok(assemble_case(subject, head, arms))
    }

    pub(super) fn function(&mut self, name: &str) -> ParseResult<Vec<Op>> {
        self.newlines();
        let start = self.pos;
        let before = self.heredoc;
        let ops = match (self.reserved(), self.peek_char()) {
            (Some("{" | "if" | "while" | "until" | "for" | "case" | "[["), _) | (_, Some('(')) => {
                self.command()?
            }
            _ => return self.unexpected(None),
        };
        let mut text = self.text_from(start);
        if let (None, Some((end, resume, _))) = (before, self.heredoc)
            && end >= self.pos
        {
            // Here-documents of the closing line stand behind it.
            text.extend(&self.src[end..resume.min(self.src.len())]);
        }
        Ok(vec![Op::Function(name.into(), Rc::new(Code { ops, text }))])
    }

    /// Unquoted characters up to a blank or operator.
    pub(super) fn raw_word(&mut self) -> String {
        let mut text = String::new();
        while let Some(c) = self.peek_char().filter(|c| !is_meta(*c)) {
            text.push(c);
            self.bump();
        }
        text
    }
}

/// A part of `for ((…))`; where an error leads is set later.
fn arith_part(parts: Vec<Part>) -> Op {
    if parts.iter().all(|p| matches!(p, Part::Quoted(t) if t.trim().is_empty())) {
        return Op::SetStatus(0);
    }
    let text: String =
        parts.iter().filter_map(|p| if let Part::Quoted(t) = p { Some(t.as_str()) } else { None }).collect();
    let text = text.trim().into();
    Op::ArithPart(Rc::new(Word { parts: vec![Part::Arith(parts)] }), text, i32::MAX)
}

/// Case · (Match · body · Jump)* · SetStatus 0 · EndCase
pub(super) fn assemble_case(
    subject: Word,
    head: Rc<str>,
    arms: Vec<(Vec<Word>, Vec<Op>, &'static str)>,
) -> Vec<Op> {
    let end = 2 + arms.iter().map(|(_, body, _)| body.len().max(1) + 2).sum::<usize>();
    let mut ops = vec![Op::Case(Rc::new(subject), head)];
    let count = arms.len();
    for (i, (patterns, mut body, how)) in arms.into_iter().enumerate() {
        if body.is_empty() {
            body.push(Op::SetStatus(0));
        }
        ops.push(Op::Match(patterns.into(), body.len() as i32 + 2));
        ops.extend(body);
        let here = ops.len() as i32;
        ops.push(Op::Jump(match how {
            // Into the next body, over its patterns.
            ";&" if i + 1 < count => 2,
            ";;&" if i + 1 < count => 1,
            _ => end as i32 - here,
        }));
    }
    ops.push(Op::SetStatus(0));
    ops.push(Op::EndCase);
    ops
}

/// Loop · head (leaves the loop by its last instruction) · body · SaveStatus · step · back · EndLoop.
/// `leave` makes the leaving instruction from its offset.
pub(super) fn assemble_loop(head: Vec<Op>, leave: fn(i32) -> Op, body: Vec<Op>, step: Vec<Op>) -> Vec<Op> {
    let first = 1;
    let leaving = first + head.len();
    let next = leaving + 1 + body.len() + 1;
    let back = next + step.len();
    let end = back + 1;
    // `continue` goes to the step, or straight to the head if there is none.
    let mut ops = vec![Op::Loop {
        end: end as i32 + 1,
        next: if step.is_empty() { first as i32 } else { next as i32 },
    }];
    ops.extend(head);
    ops.push(leave((end - leaving) as i32));
    ops.extend(body);
    ops.push(Op::SaveStatus);
    ops.extend(step);
    ops.push(Op::Jump(first as i32 - back as i32));
    ops.push(Op::EndLoop);
    ops
}
