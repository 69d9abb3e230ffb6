//! Expansion of words: parameters, commands, arithmetic, splitting, and file names.
//!
//! Expansion is plain recursion. When it needs the output of a command, it stops with [`Stop::Need`]; the shell runs
//! the command, notes the output in the command's *memo*, and expands again from the start. All that has an effect
//! (`${x:=…}`, `$((i++))`, `$RANDOM`) goes through the memo too, so that it happens once.

use std::{borrow::Cow, rc::Rc};

use crate::{
    kernel::{ShellKind, Sys},
    shell::{
        Shell, arith,
        code::{Code, Part, Word},
        files,
        param::Elements,
        vars::Value,
    },
    text::glob,
};

/// Why an expansion did not come to its end.
#[derive(Clone, Debug)]
pub enum Stop {
    /// The output of this command is needed.
    Need(Rc<Code>),
    /// A process substitution is needed: true when the command writes.
    Process(bool, Rc<Code>),
    /// The command fails with this message; a non-interactive shell ends.
    Fatal(String),
    /// The same for a parameter without value, where bash -c leaves with another status.
    Unset(String),
    /// In bash the command is given up as a whole, and the message was already given.
    Discard,
    /// The command fails, and its message was already given.
    Failed(i32),
}

pub type Expanded<T> = Result<T, Stop>;

/// A piece of an expanded word.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Seg {
    Quoted(String),
    /// Literal text: not split, but its pattern characters count.
    Lit(String),
    /// The unquoted result of an expansion: split.
    Split(String),
    /// Here one field ends and another begins ("$@").
    Break,
}

/// How expansions in a word behave.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    None,
    Double,
}

impl Shell {
    /// Expands words to fields: everything, with splitting and file names.
    pub(super) fn fields(&mut self, sys: &mut Sys<'_>, words: &[Word]) -> Expanded<Vec<String>> {
        let mut all = Vec::new();
        for word in words {
            if let [Part::Lit(text)] = word.parts.as_slice()
                && !text.contains(['*', '?', '[', '\\', '@', '+', '!'])
            {
                all.push(text.clone());
                continue;
            }
            let mut segs = Vec::new();
            self.segs(sys, &word.parts, Quoting::None, &mut segs)?;
            for field in self.split(segs) {
                self.glob_field(sys, field, &mut all)?;
            }
            sys.spend(1);
        }
        Ok(all)
    }

    /// Expands a word to one string without splitting: values, subjects, targets.
    pub(super) fn text(&mut self, sys: &mut Sys<'_>, word: &Word) -> Expanded<String> {
        let mut segs = Vec::new();
        let outer = std::mem::replace(&mut self.joins, true);
        let result = self.segs(sys, &word.parts, Quoting::None, &mut segs);
        self.joins = outer;
        result?;
        Ok(join(segs))
    }

    /// Expands a word to a pattern: quoted characters get backslashes.
    pub(super) fn pattern(&mut self, sys: &mut Sys<'_>, word: &Word) -> Expanded<String> {
        let mut segs = Vec::new();
        self.segs(sys, &word.parts, Quoting::None, &mut segs)?;
        let mut out = String::new();
        for seg in segs {
            match seg {
                Seg::Quoted(t) => out.push_str(&glob::quote(&t)),
                Seg::Lit(t) | Seg::Split(t) => out.push_str(&self.dialect_pattern(&t)),
                Seg::Break => out.push(' '),
            }
        }
        Ok(out)
    }

    /// In dash `[^…]` is a set with a `^` in it.
    fn dialect_pattern<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.kind == ShellKind::Dash && text.contains("[^") {
            Cow::Owned(text.replace("[^", "[\\^"))
        } else {
            Cow::Borrowed(text)
        }
    }

    /// The next noted result, if this expansion was begun before.
    pub(super) fn noted(&mut self) -> Option<String> {
        let text = self.memo.get(self.memo_at).cloned()?;
        self.memo_at += 1;
        Some(text)
    }

    /// Notes a result that must not be computed again.
    pub(super) fn note(&mut self, text: &str) {
        self.memo.push(text.to_string());
        self.memo_at += 1;
    }

    pub(super) fn segs(
        &mut self,
        sys: &mut Sys<'_>,
        parts: &[Part],
        quoting: Quoting,
        out: &mut Vec<Seg>,
    ) -> Expanded<()> {
        let value = |out: &mut Vec<Seg>, text: String| {
            out.push(if quoting == Quoting::Double { Seg::Quoted(text) } else { Seg::Split(text) });
        };
        for part in parts {
            match part {
                Part::Lit(text) if quoting == Quoting::Double => out.push(Seg::Quoted(text.clone())),
                Part::Lit(text) => out.push(Seg::Lit(text.clone())),
                Part::Quoted(text) => out.push(Seg::Quoted(text.clone())),
                Part::Double(inner) => {
                    let before = out.len();
                    self.segs(sys, inner, Quoting::Double, out)?;
                    let only_lists = !inner.is_empty() && inner.iter().all(is_list);
                    if out.len() == before && !only_lists {
                        out.push(Seg::Quoted(String::new()));
                    }
                }
                Part::Tilde(user) => out.push(Seg::Quoted(self.tilde(sys, user))),
                Part::Command(code) => {
                    let Some(text) = self.noted() else { return Err(Stop::Need(code.0.clone())) };
                    value(out, text);
                }
                Part::Process(writes, code) => {
                    let Some(text) = self.noted() else { return Err(Stop::Process(*writes, code.0.clone())) };
                    out.push(Seg::Quoted(text));
                }
                Part::Arith(inner) => {
                    let mut segs = Vec::new();
                    self.segs(sys, inner, Quoting::Double, &mut segs)?;
                    let expression = join(segs);
                    let text = match self.noted() {
                        Some(text) => text,
                        None => {
                            let n = self.arith(sys, &expression)?;
                            let text = n.to_string();
                            self.note(&text);
                            text
                        }
                    };
                    value(out, text);
                }
                Part::Param(param) => match self.param(sys, param, quoting)? {
                    Elements::One(text) => value(out, text),
                    Elements::Segs(segs) => out.extend(segs),
                    Elements::None => {}
                    Elements::List(list) => {
                        for (i, text) in list.into_iter().enumerate() {
                            if i > 0 {
                                out.push(Seg::Break);
                            }
                            value(out, text);
                        }
                    }
                },
            }
        }
        Ok(())
    }

    /// Evaluates an arithmetic expression whose expansions were done.
    pub(super) fn arith(&mut self, sys: &mut Sys<'_>, expression: &str) -> Expanded<i64> {
        sys.spend(1);
        let text = if self.kind == ShellKind::Bash { expression.trim_start() } else { expression.trim() };
        let result = {
            let mut names = ShellNames { shell: self, sys };
            arith::eval(text, &mut names)
        };
        result.map_err(|message| {
            Stop::Fatal(match self.kind {
                ShellKind::Bash => message,
                ShellKind::Dash if message.contains("division by 0") => {
                    format!("arithmetic expression: division by zero: \"{expression}\"")
                }
                ShellKind::Dash if message.starts_with("Illegal number") => message,
                ShellKind::Dash => {
                    format!("arithmetic expression: {}: \"{expression}\"", dash_arithmetic(&message))
                }
                ShellKind::Ash if message.contains("division by 0") => "divide by zero".to_string(),
                ShellKind::Ash => "arithmetic syntax error".to_string(),
            })
        })
    }

    fn tilde(&mut self, sys: &mut Sys<'_>, user: &str) -> String {
        match user {
            "" => match self.vars.text("HOME") {
                Some(home) => home.to_string(),
                None => crate::bin::users::by_uid(sys, sys.uid()).map_or("~".to_string(), |u| u.home),
            },
            "+" if self.kind == ShellKind::Bash => self.vars.text("PWD").unwrap_or("~+").to_string(),
            "-" if self.kind == ShellKind::Bash => self.vars.text("OLDPWD").unwrap_or("~-").to_string(),
            name => crate::bin::users::by_name(sys, name).map_or(format!("~{name}"), |u| u.home),
        }
    }

    /// The characters fields are split at.
    pub(super) fn ifs(&self) -> String {
        self.vars.text("IFS").map_or(" \t\n".to_string(), str::to_string)
    }

    /// Cuts segments into fields.
    fn split(&self, segs: Vec<Seg>) -> Vec<Vec<Seg>> {
        let ifs = self.ifs();
        let mut fields: Vec<Vec<Seg>> = Vec::new();
        let mut current: Option<Vec<Seg>> = None;
        // The last field was ended by blanks: a following separator belongs to the same end.
        let mut after_blank = false;
        for seg in segs {
            match seg {
                Seg::Break => fields.extend(current.take()),
                Seg::Split(text) if !ifs.is_empty() => {
                    for c in text.chars() {
                        if !ifs.contains(c) {
                            after_blank = false;
                            match current.get_or_insert_default().last_mut() {
                                Some(Seg::Split(t)) => t.push(c),
                                _ => current.get_or_insert_default().push(Seg::Split(c.to_string())),
                            }
                        } else if c == ' ' || c == '\t' || c == '\n' {
                            if let Some(field) = current.take() {
                                fields.push(field);
                                after_blank = true;
                            }
                        } else {
                            match current.take() {
                                Some(field) => fields.push(field),
                                None if after_blank => {}
                                None => fields.push(Vec::new()),
                            }
                            after_blank = false;
                        }
                    }
                }
                other => {
                    after_blank = false;
                    let empty = matches!(&other, Seg::Split(t) | Seg::Lit(t) if t.is_empty());
                    if !empty {
                        current.get_or_insert_default().push(other);
                    }
                }
            }
        }
        fields.extend(current);
        fields
    }

    /// Replaces a field by the files it names, if it is a pattern.
    fn glob_field(&mut self, sys: &mut Sys<'_>, field: Vec<Seg>, out: &mut Vec<String>) -> Expanded<()> {
        let special = |t: &str| t.contains(['*', '?', '[']) || (self.opts.extglob && t.contains('('));
        let has_special = field.iter().any(|s| matches!(s, Seg::Lit(t) | Seg::Split(t) if special(t)));
        if self.opts.noglob || !has_special {
            out.push(join(field));
            return Ok(());
        }
        let mut pattern = String::new();
        for seg in &field {
            match seg {
                Seg::Quoted(t) => pattern.push_str(&glob::quote(t)),
                Seg::Lit(t) | Seg::Split(t) => pattern.push_str(&self.dialect_pattern(t)),
                Seg::Break => {}
            }
        }
        if !glob::is_pattern(&pattern) {
            out.push(join(field));
            return Ok(());
        }
        let found =
            match self.vars.text("GLOBIGNORE").filter(|g| !g.is_empty() && self.kind == ShellKind::Bash) {
                None => files::paths(sys, &pattern, &self.opts),
                Some(ignored) => {
                    let ignored: Vec<String> = ignored.split(':').map(str::to_string).collect();
                    // It shows dotted names too.
                    let opts = crate::shell::Opts { dotglob: true, ..self.opts.clone() };
                    let mut found = files::paths(sys, &pattern, &opts);
                    found.retain(|path| !ignored.iter().any(|pattern| glob::matches(pattern, path)));
                    found
                }
            };
        if !found.is_empty() {
            out.extend(found);
        } else if self.opts.failglob {
            return Err(Stop::Fatal(format!("no match: {}", join(field))));
        } else if !self.opts.nullglob {
            out.push(join(field));
        }
        Ok(())
    }
}

/// What dash finds wrong with an expression, from bash's words.
fn dash_arithmetic(message: &str) -> &'static str {
    if message.contains("missing `)'") {
        "expecting ')'"
    } else if message.contains("`:' expected") {
        "expecting ':'"
    } else if message.contains("operand expected") {
        "expecting primary"
    } else {
        "expecting EOF"
    }
}

/// Whether a part gives a list of fields even in double quotes.
fn is_list(part: &Part) -> bool {
    match part {
        Part::Param(p) => {
            p.op != crate::shell::code::ParamOp::Length
                && (p.name == "@" || matches!(p.index, Some(crate::shell::code::Index::At)))
        }
        _ => false,
    }
}

pub(super) fn join(segs: Vec<Seg>) -> String {
    let mut out = String::new();
    for seg in segs {
        match seg {
            Seg::Quoted(t) | Seg::Lit(t) | Seg::Split(t) => out.push_str(&t),
            Seg::Break => out.push(' '),
        }
    }
    out
}

/// Variables for arithmetic.
struct ShellNames<'a, 's> {
    shell: &'a mut Shell,
    sys: &'a mut Sys<'s>,
}

impl ShellNames<'_, '_> {
    fn key(&mut self, name: &str, index: &str) -> String {
        let assoc = matches!(self.shell.vars.get(name).and_then(|v| v.value.as_ref()), Some(Value::Assoc(_)));
        let index = index.trim_matches(['"', '\'']);
        if assoc {
            return index.trim_start_matches('$').to_string();
        }
        arith::eval(index, self).map_or("0".to_string(), |n| n.to_string())
    }
}

impl arith::Names for ShellNames<'_, '_> {
    fn plain(&self) -> bool {
        self.shell.kind == ShellKind::Dash
    }

    fn too_large(&self) -> Option<i64> {
        match self.shell.kind {
            ShellKind::Bash => None,
            ShellKind::Dash => Some(i64::MAX),
            ShellKind::Ash => Some(0),
        }
    }

    fn get(&mut self, name: &str, index: Option<&str>) -> Option<String> {
        match index {
            None => {
                let special = self.shell.special(self.sys, name);
                special.or_else(|| self.shell.vars.text(name).map(str::to_string))
            }
            Some(index) => {
                let key = self.key(name, index);
                self.shell.element(name, &key)
            }
        }
    }

    fn set(&mut self, name: &str, index: Option<&str>, value: i64) -> Result<(), String> {
        let result = match index {
            None if self.shell.assign_special(self.sys, name, &value.to_string()) => Ok(()),
            None => self.shell.vars.set(name, value.to_string()),
            Some(index) => {
                let key = self.key(name, index);
                self.shell.vars.set_element(name, &key, value.to_string())
            }
        };
        result.map_err(|e| format!("{}: readonly variable", e.0))
    }
}
