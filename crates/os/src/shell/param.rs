//! Parameter expansion: `$name` and every `${…}` form.

use crate::{
    kernel::{ShellKind, Sys},
    shell::{
        Shell,
        builtins::declare,
        code::{Index, Param, ParamOp, Word},
        edit::{change_case, replace, trim_end, trim_start},
        expand::{Expanded, Quoting, Seg, Stop, join},
        vars::{self, Value},
    },
};

/// What a parameter expands to.
pub(super) enum Elements {
    None,
    One(String),
    /// One field each.
    List(Vec<String>),
    /// A default or alternative word with its own quoting.
    Segs(Vec<Seg>),
}

/// The subscript that text in brackets means.
fn written_index(text: &str) -> Index {
    match text {
        "@" => Index::At,
        "*" => Index::Star,
        _ => Index::Expr(Word::quoted(text)),
    }
}

/// One element of a value.
fn element_of(value: Option<&Value>, key: &str) -> Option<String> {
    match value? {
        Value::Text(t) => (key == "0" || key == "-1").then(|| t.clone()),
        Value::Indexed(a) => a.get(&vars::element_at(a, key.parse().unwrap_or(0))).cloned(),
        Value::Assoc(a) => vars::assoc_get(a, key).cloned(),
    }
}

/// All elements of a value, or their keys.
fn elements_of(value: Option<&Value>, keys: bool) -> Vec<String> {
    match value {
        None => Vec::new(),
        Some(Value::Text(t)) => vec![if keys { "0".to_string() } else { t.clone() }],
        Some(Value::Indexed(a)) if keys => a.keys().map(|k| k.to_string()).collect(),
        Some(Value::Indexed(a)) => a.values().cloned().collect(),
        Some(Value::Assoc(a)) => a.iter().map(|(k, v)| if keys { k.clone() } else { v.clone() }).collect(),
    }
}

/// A parameter's value before its operator is applied.
#[derive(Clone)]
enum Raw {
    Unset,
    One(String),
    /// `$@` (true) or `$*`.
    List(Vec<String>, bool),
}

impl Shell {
    /// A special parameter or variable as a string.
    pub(super) fn value(&mut self, sys: &mut Sys<'_>, name: &str) -> Option<String> {
        if name.as_bytes().first()?.is_ascii_digit() {
            let n: usize = name.parse().ok()?;
            return if n == 0 { Some(self.arg0.clone()) } else { self.params.get(n - 1).cloned() };
        }
        match name {
            // A substitution behind it may change it before the expansion begins anew.
            "?" if self.kind == ShellKind::Bash => {
                let text = match self.noted() {
                    Some(text) => text,
                    None => {
                        let text = self.status.to_string();
                        self.note(&text);
                        text
                    }
                };
                return Some(text);
            }
            "?" => return Some(self.status.to_string()),
            "#" => return Some(self.params.len().to_string()),
            "$" => return Some(self.shell_pid.to_string()),
            "!" => return self.last_background.map(|p| p.to_string()),
            "-" => return Some(self.opts.letters(self)),
            "@" | "*" => return Some(self.params.join(" ")),
            _ => {}
        }
        match name {
            "_" if self.kind == ShellKind::Bash => return Some(self.last_argument.clone()),
            "BASH_COMMAND" if self.kind == ShellKind::Bash => {
                return Some(super::print::command(&self.command_text));
            }
            "RANDOM" | "SRANDOM" => {
                if let Some(noted) = self.noted() {
                    return Some(noted);
                }
                let text = self.special(sys, name).or_else(|| self.vars.text(name).map(str::to_string))?;
                self.note(&text);
                return Some(text);
            }
            _ => {}
        }
        if let Some(text) = self.special(sys, name) {
            return Some(text);
        }
        self.vars.text(name).map(str::to_string)
    }

    /// One element of an array variable.
    pub(super) fn element(&self, name: &str, key: &str) -> Option<String> {
        element_of(self.vars.get(name)?.value.as_ref(), key)
    }

    fn all_elements(&self, name: &str, keys: bool) -> Vec<String> {
        elements_of(self.vars.get(name).and_then(|v| v.value.as_ref()), keys)
    }

    fn is_computed(&mut self, sys: &mut Sys<'_>, name: &str) -> bool {
        self.special_array(sys, name).is_some()
    }

    /// The key that a subscript means for this variable.
    pub(super) fn subscript(&mut self, sys: &mut Sys<'_>, name: &str, index: &Word) -> Expanded<String> {
        let text = self.text(sys, index)?;
        if matches!(self.vars.get(name).and_then(|v| v.value.as_ref()), Some(Value::Assoc(_))) {
            return Ok(text);
        }
        Ok(match self.noted() {
            Some(noted) => noted,
            None => {
                let n = self.arith(sys, &text)?.to_string();
                self.note(&n);
                n
            }
        })
    }

    fn raw(&mut self, sys: &mut Sys<'_>, name: &str, index: Option<&Index>) -> Expanded<Raw> {
        if name == "@" || name == "*" {
            return Ok(Raw::List(self.params.to_vec(), name == "@"));
        }
        if index.is_none()
            && self.vars.raw(name).is_some_and(|v| v.nameref)
            && let Some(target) = self.vars.target(name)
            && let Some((base, key)) = target.strip_suffix(']').and_then(|t| t.split_once('['))
        {
            let index = written_index(key);
            return self.raw(sys, base, Some(&index));
        }
        Ok(match index {
            None => self.value(sys, name).map_or(Raw::Unset, Raw::One),
            Some(index)
                if name.starts_with(|c: char| c.is_ascii_uppercase()) && self.is_computed(sys, name) =>
            {
                let array = self.special_array(sys, name);
                match index {
                    Index::At => Raw::List(elements_of(array.as_ref(), false), true),
                    Index::Star => Raw::List(elements_of(array.as_ref(), false), false),
                    Index::Expr(word) => {
                        let key = match &array {
                            Some(Value::Assoc(_)) => self.text(sys, word)?,
                            _ => self.subscript(sys, name, word)?,
                        };
                        element_of(array.as_ref(), &key).map_or(Raw::Unset, Raw::One)
                    }
                }
            }
            Some(Index::At) => Raw::List(self.all_elements(name, false), true),
            Some(Index::Star) => Raw::List(self.all_elements(name, false), false),
            Some(Index::Expr(word)) => {
                let key = self.subscript(sys, name, word)?;
                if let (Some(Value::Indexed(a)), Ok(n)) =
                    (self.vars.get(name).and_then(|v| v.value.as_ref()), key.parse::<i64>())
                    && n < -a.keys().next_back().map_or(0, |k| k + 1)
                {
                    self.error(format!("{name}: bad array subscript"));
                    return Ok(Raw::Unset);
                }
                self.element(name, &key).map_or(Raw::Unset, Raw::One)
            }
        })
    }

    fn unset_error(&mut self, name: &str) -> Stop {
        let special = !name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
        Stop::Unset(match self.kind {
            ShellKind::Bash if special => format!("${name}: unbound variable"),
            ShellKind::Bash => format!("{name}: unbound variable"),
            _ => format!("{name}: parameter not set"),
        })
    }

    pub(super) fn param(&mut self, sys: &mut Sys<'_>, p: &Param, quoting: Quoting) -> Expanded<Elements> {
        let mut name = p.name.clone();
        let mut index = p.index.clone();
        match p.op {
            ParamOp::Names => {
                let raw = Raw::List(self.variable_names(&name), p.index != Some(Index::Star));
                return Ok(self.elements(raw, quoting));
            }
            ParamOp::Keys => {
                let keys = match self.special_array(sys, &name) {
                    Some(value) => elements_of(Some(&value), true),
                    None => self.all_elements(&name, true),
                };
                let raw = Raw::List(keys, !matches!(p.index, Some(Index::Star)));
                return Ok(self.elements(raw, quoting));
            }
            ParamOp::Bad(ref text) => {
                return Err(Stop::Fatal(match self.kind {
                    ShellKind::Bash => format!("{text}: bad substitution"),
                    ShellKind::Dash => "Bad substitution".to_string(),
                    ShellKind::Ash => "syntax error: bad substitution".to_string(),
                }));
            }
            _ => {}
        }
        if p.indirect && index.is_none() && self.vars.raw(&name).is_some_and(|v| v.nameref) {
            let target = self.vars.raw(&name).and_then(|v| v.text()).unwrap_or("").to_string();
            return self.apply(sys, p, &name, None, Raw::One(target), quoting);
        }
        if p.indirect {
            let Some(target) = self.value(sys, &name) else {
                return Err(Stop::Fatal(format!("{name}: invalid indirect expansion")));
            };
            name = target;
            if let Some((base, rest)) = name.clone().split_once('[') {
                index = Some(written_index(rest.trim_end_matches(']')));
                name = base.to_string();
            }
        }
        let raw = self.raw(sys, &name, index.as_ref())?;
        self.apply(sys, p, &name, index.as_ref(), raw, quoting)
    }

    fn apply(
        &mut self,
        sys: &mut Sys<'_>,
        p: &Param,
        name: &str,
        index: Option<&Index>,
        raw: Raw,
        quoting: Quoting,
    ) -> Expanded<Elements> {
        let is_null = match &raw {
            Raw::Unset => true,
            Raw::One(t) => t.is_empty(),
            Raw::List(l, _) => l.is_empty() || (l.len() == 1 && l[0].is_empty()),
        };
        let is_unset = match &raw {
            Raw::Unset => true,
            Raw::One(_) => false,
            Raw::List(l, _) => l.is_empty(),
        };
        let missing = |colon: bool| if colon { is_null } else { is_unset };
        match &p.op {
            ParamOp::Default(colon, word) => {
                return if missing(*colon) {
                    self.other_word(sys, word, quoting)
                } else {
                    Ok(self.elements(raw, quoting))
                };
            }
            ParamOp::Alternative(colon, word) => {
                return if missing(*colon) {
                    Ok(Elements::None)
                } else {
                    self.other_word(sys, word, quoting)
                };
            }
            ParamOp::Assign(colon, word) => {
                // Noted even when nothing is assigned: the second time the variable has a value.
                if let Some(text) = self.noted() {
                    return Ok(if text == "\0" { self.elements(raw, quoting) } else { Elements::One(text) });
                }
                if !missing(*colon) {
                    self.note("\0");
                    return Ok(self.elements(raw, quoting));
                }
                let text = self.text(sys, word)?;
                let result = match index {
                    Some(Index::Expr(word)) => {
                        let key = self.subscript(sys, name, word)?;
                        self.vars.set_element(name, &key, text.clone())
                    }
                    _ => self.vars.set(name, text.clone()),
                };
                result.map_err(|e| Stop::Fatal(format!("{}: readonly variable", e.0)))?;
                self.note(&text);
                return Ok(Elements::One(text));
            }
            ParamOp::Error(colon, word) => {
                if !missing(*colon) {
                    return Ok(self.elements(raw, quoting));
                }
                let text = self.text(sys, word)?;
                let text = match (text.is_empty(), *colon) {
                    (false, _) => text,
                    (true, true) if self.kind != ShellKind::Bash => "parameter not set or null".to_string(),
                    (true, true) => "parameter null or not set".to_string(),
                    (true, false) => "parameter not set".to_string(),
                };
                return Err(Stop::Unset(format!("{name}: {text}")));
            }
            _ => {}
        }
        let at_or_star = matches!(name, "@" | "*") || matches!(index, Some(Index::At | Index::Star));
        if self.opts.nounset && is_unset && !at_or_star {
            if let Some(Index::Expr(word)) = index {
                let key = self.text(sys, word)?;
                return Err(self.unset_error(&format!("{name}[{key}]")));
            }
            return Err(self.unset_error(name));
        }
        match &p.op {
            ParamOp::Length => Ok(Elements::One(match raw {
                // dash and ash give the length of the joined text.
                Raw::List(l, _) if self.kind != ShellKind::Bash => l.join(" ").chars().count().to_string(),
                Raw::List(l, _) => l.len().to_string(),
                Raw::One(t) => t.chars().count().to_string(),
                Raw::Unset => "0".to_string(),
            })),
            ParamOp::Slice(offset, length) => self.slice(sys, name, raw, offset, length.as_ref(), quoting),
            ParamOp::TrimStart(long, word) => {
                let pattern = self.pattern(sys, word)?;
                Ok(self.map(raw, quoting, |t| trim_start(t, &pattern, *long)))
            }
            ParamOp::TrimEnd(long, word) => {
                let pattern = self.pattern(sys, word)?;
                Ok(self.map(raw, quoting, |t| trim_end(t, &pattern, *long)))
            }
            ParamOp::Replace { all, anchor, pattern, with } => {
                let pattern = self.pattern(sys, pattern)?;
                let with = self.replacement(sys, with)?;
                Ok(self.map(raw, quoting, |t| replace(t, &pattern, &with, *all, *anchor)))
            }
            ParamOp::Case { how, all, pattern } => {
                let pattern = match pattern {
                    Some(word) => self.pattern(sys, word)?,
                    None => "?".to_string(),
                };
                Ok(self.map(raw, quoting, |t| change_case(t, *how, *all, &pattern)))
            }
            ParamOp::Transform(how) => self.transform(sys, *how, name, index, raw, quoting),
            _ => Ok(self.elements(raw, quoting)),
        }
    }

    /// `${name@Q}` and its kin.
    fn transform(
        &mut self,
        sys: &mut Sys<'_>,
        how: char,
        name: &str,
        index: Option<&Index>,
        raw: Raw,
        quoting: Quoting,
    ) -> Expanded<Elements> {
        let list = matches!(index, Some(Index::At | Index::Star));
        match how {
            'A' if matches!(name, "@" | "*") => {
                if self.params.is_empty() {
                    return Ok(Elements::None);
                }
                let words: Vec<String> = self.params.iter().map(|t| super::quote(t)).collect();
                return Ok(Elements::One(format!("set -- {}", words.join(" "))));
            }
            'a' | 'A' => {
                self.settle(sys, name);
                let Some(var) = self.vars.get(name).cloned() else {
                    return Ok(Elements::One(String::new()));
                };
                return Ok(Elements::One(match how {
                    'a' => declare::flags(&var),
                    _ if list && !matches!(var.value, Some(Value::Text(_))) => {
                        declare::show(name, &var).trim_end().to_string()
                    }
                    _ => {
                        let flags = declare::flags(&var);
                        let head =
                            if flags.is_empty() { String::new() } else { format!("declare -{flags} ") };
                        match var.text() {
                            Some(text) => format!("{head}{name}={}", super::quote(text)),
                            None => format!("{head}{name}"),
                        }
                    }
                }));
            }
            'k' | 'K' if list => {
                let keys = self.all_elements(name, true);
                let values = self.all_elements(name, false);
                let pairs = keys.into_iter().zip(values);
                if how == 'k' {
                    let words = pairs.flat_map(|(k, v)| [k, v]).collect();
                    return Ok(self.elements(Raw::List(words, matches!(index, Some(Index::At))), quoting));
                }
                let assoc =
                    matches!(self.vars.get(name).and_then(|v| v.value.as_ref()), Some(Value::Assoc(_)));
                let words: Vec<String> = pairs
                    .map(|(k, v)| {
                        format!("{} {}", if assoc { declare::key(&k) } else { k }, declare::double(&v))
                    })
                    .collect();
                let end = if assoc { " " } else { "" };
                return Ok(Elements::One(format!("{}{end}", words.join(" "))));
            }
            'P' => {
                let mut shown = Vec::new();
                let texts = match &raw {
                    Raw::Unset => Vec::new(),
                    Raw::One(text) => vec![text.clone()],
                    Raw::List(list, _) => list.clone(),
                };
                for text in texts {
                    let text = self.escapes_of(sys, &text);
                    shown.push(self.prompt_text(sys, &text)?);
                }
                let raw = match raw {
                    Raw::List(_, at) => Raw::List(shown, at),
                    _ => shown.pop().map_or(Raw::Unset, Raw::One),
                };
                return Ok(self.elements(raw, quoting));
            }
            'Q' | 'U' | 'L' | 'u' | 'E' | 'k' | 'K' => {}
            _ if matches!(raw, Raw::Unset) => {}
            _ => return Err(Stop::Fatal(format!("${{{name}@{how}}}: bad substitution"))),
        }
        if matches!(raw, Raw::Unset) {
            return Ok(self.elements(raw, quoting));
        }
        Ok(self.map(raw, quoting, |t| match how {
            'Q' | 'k' | 'K' => super::quote(t),
            'U' => t.to_uppercase(),
            'L' => t.to_lowercase(),
            'u' => change_case(t, '^', false, "?"),
            _ => String::from_utf8_lossy(&crate::text::unescape(t, false).0).into_owned(),
        }))
    }

    /// The text that replaces: in bash an unquoted `&` stands for what was found, and `\&` for itself.
    fn replacement(&mut self, sys: &mut Sys<'_>, word: &Word) -> Expanded<String> {
        if self.kind != ShellKind::Bash || !self.shopt_on("patsub_replacement") {
            return Ok(self.text(sys, word)?.replace('&', "\\&"));
        }
        let mut segs = Vec::new();
        self.segs(sys, &word.parts, Quoting::None, &mut segs)?;
        let mut out = String::new();
        for seg in segs {
            match seg {
                Seg::Quoted(t) => out.push_str(&t.replace('&', "\\&")),
                Seg::Lit(t) | Seg::Split(t) => out.push_str(&t),
                Seg::Break => out.push(' '),
            }
        }
        Ok(out)
    }

    /// A default or alternative word: its own quotes hold, its unquoted text is split.
    fn other_word(&mut self, sys: &mut Sys<'_>, word: &Word, quoting: Quoting) -> Expanded<Elements> {
        let mut segs = Vec::new();
        self.segs(sys, &word.parts, quoting, &mut segs)?;
        if quoting == Quoting::Double {
            return Ok(if segs.contains(&Seg::Break) {
                Elements::Segs(segs)
            } else {
                Elements::One(join(segs))
            });
        }
        let segs = segs.into_iter().map(|s| if let Seg::Lit(t) = s { Seg::Split(t) } else { s }).collect();
        Ok(Elements::Segs(segs))
    }

    /// The value as fields: `"$*"` is joined, `"$@"` is not.
    fn elements(&mut self, raw: Raw, quoting: Quoting) -> Elements {
        match raw {
            Raw::Unset => Elements::One(String::new()),
            Raw::One(t) => Elements::One(t),
            Raw::List(list, at) => {
                // Where a word stays one, dash and ash join "$@" like "$*".
                let joins = self.joins && (!at || self.kind != ShellKind::Bash);
                if joins || (quoting == Quoting::Double && !at) {
                    let separator = match self.vars.text("IFS") {
                        Some(ifs) => ifs.chars().next().map_or(String::new(), |c| c.to_string()),
                        None => " ".to_string(),
                    };
                    return Elements::One(list.join(&separator));
                }
                if list.is_empty() { Elements::None } else { Elements::List(list) }
            }
        }
    }

    fn map(&mut self, raw: Raw, quoting: Quoting, change: impl Fn(&str) -> String) -> Elements {
        let raw = match raw {
            Raw::Unset => Raw::Unset,
            Raw::One(t) => Raw::One(change(&t)),
            Raw::List(list, at) => Raw::List(list.iter().map(|t| change(t)).collect(), at),
        };
        self.elements(raw, quoting)
    }

    fn slice(
        &mut self,
        sys: &mut Sys<'_>,
        name: &str,
        raw: Raw,
        offset: &Word,
        length: Option<&Word>,
        quoting: Quoting,
    ) -> Expanded<Elements> {
        let bash = self.kind == ShellKind::Bash;
        let named = |stop: Stop| match stop {
            Stop::Fatal(message) if bash => Stop::Fatal(format!("{name}: {message}")),
            other => other,
        };
        let text = self.text(sys, offset)?;
        let offset = self.arith(sys, &text).map_err(named)?;
        let length = match length {
            Some(word) => {
                let text = self.text(sys, word)?;
                Some(self.arith(sys, &text).map_err(named)?)
            }
            None => None,
        };
        let range = |len: usize| -> Result<(usize, usize), Stop> {
            let len = len as i64;
            let from = if offset < 0 { offset.saturating_add(len) } else { offset };
            if from < 0 || from > len {
                return Ok((0, 0));
            }
            let to = match length {
                Some(n) if n < 0 => {
                    let to = n.saturating_add(len);
                    if to < from {
                        return Err(Stop::Fatal(format!("{n}: substring expression < 0")));
                    }
                    to
                }
                Some(n) => from.saturating_add(n).min(len),
                None => len,
            };
            Ok((from as usize, to as usize))
        };
        match raw {
            Raw::Unset => Ok(Elements::One(String::new())),
            Raw::One(t) => {
                let chars: Vec<char> = t.chars().collect();
                let (from, to) = range(chars.len())?;
                Ok(Elements::One(chars[from..to.max(from)].iter().collect()))
            }
            Raw::List(mut list, at) => {
                // The positional parameters begin at 1; 0 is the shell's name.
                if name == "@" || name == "*" {
                    list.insert(0, self.arg0.clone());
                }
                let (from, to) = range(list.len())?;
                let part = list[from..to.max(from)].to_vec();
                Ok(self.elements(Raw::List(part, at), quoting))
            }
        }
    }
}
