//! Lists, and-or chains and pipelines.

use super::*;

impl Parser<'_> {
    /// A list: and-or lists separated by `;`, `&` and newlines, up to a closer. With `one_line`, up to a newline.
    pub(super) fn list(&mut self, code: &mut Code, one_line: bool) -> ParseResult<()> {
        self.enter()?;
        let mut any = false;
        loop {
            if one_line {
                self.blanks();
            } else {
                self.newlines();
            }
            let Some(c) = self.peek_char() else { break };
            if c == ')' || c == '\n' || self.looking_at(";;") || self.looking_at(";&") {
                break;
            }
            if self.reserved().is_some_and(|w| CLOSERS.contains(&w)) {
                break;
            }
            let start = self.pos;
            let item = self.and_or()?;
            any = true;
            self.blanks();
            match self.operator() {
                "&" => {
                    self.take("&");
                    let mut text = self.text_from(start);
                    text.truncate(text.trim_end_matches('&').trim_end().len());
                    code.ops.push(Op::Background(Rc::new(Code { ops: item, text })));
                }
                ";" => {
                    self.take(";");
                    code.ops.extend(item);
                }
                _ => {
                    code.ops.extend(item);
                    if self.peek_char() != Some('\n') || one_line {
                        break;
                    }
                }
            }
        }
        // At the end of the source, what encloses the list says what it misses.
        if !any && (one_line || self.peek_char().is_some()) {
            return self.unexpected(None);
        }
        self.leave();
        Ok(())
    }

    pub(super) fn and_or(&mut self) -> ParseResult<Vec<Op>> {
        let mut ops = self.pipeline()?;
        loop {
            self.blanks();
            let op = self.operator();
            if op != "&&" && op != "||" {
                return Ok(ops);
            }
            self.take(op);
            self.newlines();
            let right = self.pipeline()?;
            ops.insert(0, Op::Tested);
            ops.push(Op::Untested);
            let skip = right.len() as i32 + 1;
            ops.push(if op == "&&" { Op::JumpIfFail(skip) } else { Op::JumpIfOk(skip) });
            ops.extend(right);
        }
    }

    pub(super) fn pipeline(&mut self) -> ParseResult<Vec<Op>> {
        let mut negate = false;
        let mut time = None;
        loop {
            match self.reserved() {
                Some("!") if !negate || self.dialect == ShellKind::Bash => {
                    self.take("!");
                    negate = !negate;
                }
                Some("time") if time.is_none() => {
                    self.take("time");
                    self.blanks();
                    let posix = self.looking_at("-p ");
                    if posix {
                        self.take("-p");
                    }
                    time = Some(posix);
                    self.blanks();
                    if matches!(self.peek_char(), None | Some('\n' | ';')) {
                        return Ok(vec![Op::Time, Op::EndTime(posix)]);
                    }
                }
                _ => break,
            }
        }
        let mut stages: Vec<Rc<Code>> = Vec::new();
        loop {
            let start = self.pos;
            let mut ops = self.command()?;
            self.blanks();
            let text = self.text_from(start);
            let op = self.operator();
            if op == "|" || op == "|&" {
                self.take(op);
                self.newlines();
                if op == "|&" {
                    let (name, text) = (None, Rc::from("1"));
                    let dup = Redir { fd: 2, name, kind: RedirKind::Dup, target: Word::quoted("1"), text };
                    let skip = ops.len() as i32 + 1;
                    ops.insert(0, Op::Redirect(Rc::from([dup]), skip + 1));
                    ops.push(Op::Restore);
                }
                stages.push(Rc::new(Code { ops, text }));
                continue;
            }
            let mut result = if stages.is_empty() {
                ops
            } else {
                stages.push(Rc::new(Code { ops, text }));
                vec![Op::Pipeline(stages.into())]
            };
            if negate {
                result.insert(0, Op::Tested);
                result.push(Op::Untested);
                result.push(Op::Not);
            }
            if let Some(posix) = time {
                result.insert(0, Op::Time);
                result.push(Op::EndTime(posix));
            }
            return Ok(result);
        }
    }
}
