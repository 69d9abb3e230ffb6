//! `[[ … ]]`

use super::*;

impl Parser<'_> {
    // [[ … ]]

    pub(super) fn cond_or(&mut self) -> ParseResult<Cond> {
        self.enter()?;
        let mut left = self.cond_and()?;
        loop {
            self.newlines();
            if !self.looking_at("||") {
                self.leave();
                return Ok(left);
            }
            self.take("||");
            left = Cond::Or(Rc::new(left), Rc::new(self.cond_and()?));
        }
    }

    pub(super) fn cond_and(&mut self) -> ParseResult<Cond> {
        let mut left = self.cond_not()?;
        loop {
            self.newlines();
            if !self.looking_at("&&") {
                return Ok(left);
            }
            self.take("&&");
            left = Cond::And(Rc::new(left), Rc::new(self.cond_not()?));
        }
    }

    pub(super) fn cond_not(&mut self) -> ParseResult<Cond> {
        self.newlines();
        if self.peek_char() == Some('!') && self.peek_at(1).is_some_and(|c| c.is_whitespace() || c == '(') {
            self.bump();
            return Ok(Cond::Not(Rc::new(self.cond_not()?)));
        }
        if self.peek_char() == Some('(') {
            self.bump();
            let inner = self.cond_or()?;
            self.newlines();
            if self.peek_char() != Some(')') {
                return self.unexpected(Some(")"));
            }
            self.bump();
            return Ok(inner);
        }
        if self.looking_at("]]") || self.peek_char().is_none() {
            return self.unexpected(Some("]]"));
        }
        let first = self.word(Until::Meta)?;
        self.newlines();
        if let Some(op) = first.literal().filter(|t| t.len() == 2 && t.starts_with('-')) {
            let op = op.to_string();
            if !self.looking_at("]]") && !self.looking_at("&&") && !self.looking_at("||") {
                let operand = self.word(Until::Meta)?;
                return Ok(Cond::Unary(op, operand));
            }
        }
        let op = match self.peek_char() {
            Some('<') => "<".to_string(),
            Some('>') => ">".to_string(),
            _ => {
                let mut n = 0;
                while self.peek_at(n).is_some_and(|c| !is_meta(c)) {
                    n += 1;
                }
                self.src[self.pos..self.pos + n].iter().collect()
            }
        };
        let known =
            ["=", "==", "!=", "=~", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"];
        if !known.contains(&op.as_str()) {
            return Ok(Cond::Word(first));
        }
        self.take(&op);
        self.newlines();
        if self.looking_at("]]") {
            return self.unexpected(None);
        }
        let saved = std::mem::replace(&mut self.extglob, true);
        let second = self.word(if op == "=~" { Until::Regex } else { Until::Meta })?;
        self.extglob = saved;
        Ok(Cond::Binary(op, first, second))
    }
}
