//! `${…}`: names, subscripts and operators.

use super::*;

impl Parser<'_> {
    /// `${…}` after the brace.
    pub(super) fn braced_param(&mut self, in_double: bool) -> ParseResult<Param> {
        self.enter()?;
        let (start, line) = (self.pos, self.line);
        let mut param = Param { name: String::new(), index: None, indirect: false, op: ParamOp::None };
        let bash = self.dialect == ShellKind::Bash;
        if self.peek_char() == Some('#')
            && !matches!(self.peek_at(1), Some('}' | '#' | '%' | ':' | '-' | '=' | '+'))
            && !(self.peek_at(1) == Some('?') && self.peek_at(2) != Some('}'))
        {
            self.bump();
            param.op = ParamOp::Length;
        } else if self.peek_char() == Some('!')
            && bash
            && (!matches!(self.peek_at(1), Some('}' | ':' | '-' | '=' | '?' | '+' | '#' | '%'))
                || self.peek_at(1) == Some('#') && self.peek_at(2) == Some('}'))
        {
            self.bump();
            param.indirect = true;
        }
        self.param_name(&mut param, start)?;
        if self.peek_char() == Some('[') && bash {
            self.bump();
            param.index = Some(match (self.peek_char(), self.peek_at(1)) {
                (Some('@'), Some(']')) => {
                    self.bump();
                    Index::At
                }
                (Some('*'), Some(']')) => {
                    self.bump();
                    Index::Star
                }
                _ => Index::Expr(self.word(Until::Bracket)?),
            });
            self.bump();
            if param.indirect && matches!(param.index, Some(Index::At | Index::Star)) {
                param.indirect = false;
                param.op = ParamOp::Keys;
            }
        }
        if param.indirect && matches!(self.peek_char(), Some('*' | '@')) && self.peek_at(1) == Some('}') {
            param.index = Some(if self.bump() == Some('*') { Index::Star } else { Index::At });
            param.indirect = false;
            param.op = ParamOp::Names;
        }
        if self.peek_char() != Some('}') {
            param.op = if param.op == ParamOp::None {
                self.param_op(in_double, start)?
            } else {
                self.bad_substitution(start)?
            };
        }
        if self.peek_char().is_some_and(|c| c != '}') {
            param.op = self.bad_substitution(start)?;
        }
        if self.bump().is_none() {
            return Err(ParseError::Unterminated('}', line));
        }
        self.leave();
        Ok(param)
    }

    pub(super) fn param_name(&mut self, param: &mut Param, start: usize) -> ParseResult<()> {
        match self.peek_char() {
            Some(c) if is_name_start(c) => {
                while let Some(c) = self.peek_char().filter(|c| is_name_char(*c)) {
                    param.name.push(c);
                    self.bump();
                }
            }
            Some(c) if c.is_ascii_digit() => {
                while let Some(c) = self.peek_char().filter(|c| c.is_ascii_digit()) {
                    param.name.push(c);
                    self.bump();
                }
            }
            Some(c @ ('@' | '*' | '#' | '?' | '-' | '$' | '!')) => {
                param.name.push(c);
                self.bump();
            }
            None => return Err(ParseError::Unterminated('}', self.line)),
            _ => param.op = self.bad_substitution(start)?,
        }
        Ok(())
    }

    /// Takes the rest of a substitution that has no meaning; the error comes when it is expanded.
    pub(super) fn bad_substitution(&mut self, start: usize) -> ParseResult<ParamOp> {
        let read = self.src[start..self.pos].iter().filter(|c| **c == '\n').count() as u32;
        let line = self.line - read;
        while self.peek_char() != Some('}') {
            match self.bump() {
                Some('"') => {
                    self.double_quoted()?;
                }
                Some(_) => {}
                None => return Err(ParseError::Unterminated('}', line)),
            }
        }
        let text: String = self.src[start..self.pos].iter().collect();
        Ok(ParamOp::Bad(format!("${{{text}}}")))
    }

    pub(super) fn param_op(&mut self, in_double: bool, start: usize) -> ParseResult<ParamOp> {
        let bash = self.dialect == ShellKind::Bash;
        let posix_plus = self.dialect != ShellKind::Dash;
        let c = self.bump().unwrap_or('}');
        let rest = |p: &mut Self| p.word(Until::Brace(in_double));
        Ok(match c {
            ':' if matches!(self.peek_char(), Some('-' | '=' | '?' | '+')) => match self.bump() {
                Some('-') => ParamOp::Default(true, rest(self)?),
                Some('=') => ParamOp::Assign(true, rest(self)?),
                Some('?') => ParamOp::Error(true, rest(self)?),
                _ => ParamOp::Alternative(true, rest(self)?),
            },
            ':' if posix_plus && !(bash && self.peek_char() == Some('}')) => {
                let offset = self.word(Until::Colon)?;
                let length = if self.peek_char() == Some(':') {
                    self.bump();
                    Some(self.word(Until::Brace(in_double))?)
                } else {
                    None
                };
                ParamOp::Slice(offset, length)
            }
            '-' => ParamOp::Default(false, rest(self)?),
            '=' => ParamOp::Assign(false, rest(self)?),
            '?' => ParamOp::Error(false, rest(self)?),
            '+' => ParamOp::Alternative(false, rest(self)?),
            '#' | '%' => {
                let long = self.peek_char() == Some(c);
                if long {
                    self.bump();
                }
                let pattern = self.word(Until::Brace(false))?;
                if c == '#' { ParamOp::TrimStart(long, pattern) } else { ParamOp::TrimEnd(long, pattern) }
            }
            '/' if posix_plus => {
                let mut all = false;
                let mut anchor = None;
                match self.peek_char() {
                    Some('/') => {
                        self.bump();
                        all = true;
                    }
                    Some(a @ ('#' | '%')) => {
                        self.bump();
                        anchor = Some(a);
                    }
                    _ => {}
                }
                let pattern = if anchor.is_some() && self.peek_char() == Some('/') {
                    Word::default()
                } else {
                    self.word(Until::Slash)?
                };
                let with = if self.peek_char() == Some('/') {
                    self.bump();
                    self.word(Until::Brace(false))?
                } else {
                    Word::default()
                };
                ParamOp::Replace { all, anchor, pattern, with }
            }
            '^' | ',' | '~' if bash => {
                let all = self.peek_char() == Some(c);
                if all {
                    self.bump();
                }
                let pattern =
                    if self.peek_char() == Some('}') { None } else { Some(self.word(Until::Brace(false))?) };
                ParamOp::Case { how: c, all, pattern }
            }
            '@' if bash => match self.bump() {
                Some(t) => ParamOp::Transform(t),
                None => return Err(ParseError::Unterminated('}', self.line)),
            },
            _ => return self.bad_substitution(start),
        })
    }
}
