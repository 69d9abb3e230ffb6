//! Conditions: `[[ … ]]`, and what `test` shares with it; and assignments.

use collections::OrdMap;

use crate::{
    kernel::Sys,
    shell::{
        Shell,
        code::{Assign, AssignValue, Cond, Part, Word},
        expand::{Expanded, Stop},
        vars::{self, Value},
    },
    text::glob,
};

impl Shell {
    pub(super) fn cond(&mut self, sys: &mut Sys<'_>, cond: &Cond) -> Expanded<bool> {
        Ok(match cond {
            Cond::Not(inner) => !self.cond(sys, inner)?,
            Cond::And(a, b) => self.cond(sys, a)? && self.cond(sys, b)?,
            Cond::Or(a, b) => self.cond(sys, a)? || self.cond(sys, b)?,
            Cond::Word(word) => {
                let text = self.text(sys, word)?;
                self.trace_condition(sys, &["-n", &text], 0);
                !text.is_empty()
            }
            Cond::Unary(op, word) => {
                let operand = self.text(sys, word)?;
                self.trace_condition(sys, &[op, &operand], 0);
                match op.as_str() {
                    "-v" => self.is_set(&operand),
                    "-o" => self.option_is_on(&operand),
                    _ => crate::bin::test::unary(sys, op, &operand).unwrap_or(false),
                }
            }
            Cond::Binary(op, left, right) => {
                let left = self.text(sys, left)?;
                match op.as_str() {
                    "=" | "==" | "!=" => {
                        let pattern = self.pattern(sys, right)?;
                        self.trace_condition(sys, &[&left, op, &pattern], 1);
                        let hit = if self.opts.nocasematch {
                            glob::matches_fold(&pattern, &left)
                        } else {
                            glob::matches(&pattern, &left)
                        };
                        hit != (op == "!=")
                    }
                    "=~" => self.regex_match(sys, &left, right)?,
                    "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" => {
                        let right = self.text(sys, right)?;
                        self.trace_condition(sys, &[&left, op, &right], 1);
                        let (a, b) = (self.cond_number(sys, &left)?, self.cond_number(sys, &right)?);
                        crate::bin::test::compare(op, a, b)
                    }
                    _ => {
                        let right = self.text(sys, right)?;
                        self.trace_condition(sys, &[&left, op, &right], 1);
                        crate::bin::test::binary(sys, op, &left, &right)
                            .unwrap_or(Some(false))
                            .unwrap_or(false)
                    }
                }
            }
        })
    }

    /// An operand of `-eq` and the like: what is wrong with it fails the condition, not the shell.
    fn cond_number(&mut self, sys: &mut Sys<'_>, text: &str) -> Expanded<i64> {
        self.arith(sys, text).map_err(|stop| match stop {
            Stop::Fatal(message) => {
                self.error(format!("[[: {message}"));
                Stop::Failed(1)
            }
            other => other,
        })
    }

    fn regex_match(&mut self, sys: &mut Sys<'_>, left: &str, right: &Word) -> Expanded<bool> {
        // Quoted parts match themselves.
        let mut source = String::new();
        for part in &right.parts {
            let word = Word { parts: vec![part.clone()] };
            let text = self.text(sys, &word)?;
            match part {
                Part::Quoted(_) | Part::Double(_) => source.push_str(&crate::text::regex::escape(&text)),
                _ => source.push_str(&text),
            }
        }
        self.trace_condition(sys, &[left, "=~", &source], 1);
        let regex = crate::text::regex::Regex::extended(&source, self.opts.nocasematch)
            .map_err(|_| Stop::Failed(2))?;
        let groups = regex.captures(left);
        let array = match &groups {
            None => OrdMap::new(),
            Some(groups) => {
                groups.iter().enumerate().map(|(i, g)| (i as i64, g.clone().unwrap_or_default())).collect()
            }
        };
        // BASH_REMATCH is never read-only here.
        let _set = self.vars.set_value("BASH_REMATCH", Value::Indexed(array));
        Ok(groups.is_some())
    }

    /// Whether `name` or `name[key]` has a value.
    pub(super) fn is_set(&self, name: &str) -> bool {
        match name.split_once('[') {
            Some((base, key)) => self.element(base, key.trim_end_matches(']')).is_some(),
            None => self.vars.get(name).is_some_and(|v| v.value.is_some()),
        }
    }

    /// Makes one assignment; false when the variable is read-only (reported).
    pub(super) fn make_assignment(&mut self, sys: &mut Sys<'_>, assign: &Assign) -> Expanded<bool> {
        let name = assign.name.to_string();
        let result = match &assign.value {
            AssignValue::Array(elements, text) => {
                self.trace_line(sys, &format!("{name}{}={text}", if assign.append { "+" } else { "" }));
                return self.assign_array(sys, &name, assign.append, elements);
            }
            AssignValue::Word(word) => {
                let mut value = self.text(sys, word)?;
                let integer = self.vars.get(&name).is_some_and(|v| v.integer);
                let key = match &assign.index {
                    Some(index) => Some(self.subscript(sys, &name, index)?),
                    None => None,
                };
                if assign.append {
                    let old = match &key {
                        Some(key) => self.element(&name, key),
                        None => self.vars.text(&name).map(str::to_string),
                    };
                    let old = old.unwrap_or_default();
                    value = if integer { format!("{old}+({value})") } else { format!("{old}{value}") };
                }
                if integer {
                    value = self.arith(sys, &value)?.to_string();
                }
                self.trace_assignment(sys, &name, &value);
                if key.is_none() && self.assign_special(sys, &name, &value) {
                    return Ok(true);
                }
                if let (Some(Value::Indexed(a)), Some(Ok(n))) = (
                    self.vars.get(&name).and_then(|v| v.value.as_ref()),
                    key.as_ref().map(|k| k.parse::<i64>()),
                ) && n < -a.keys().next_back().map_or(0, |k| k + 1)
                {
                    return Err(Stop::Fatal(format!("{name}[{n}]: bad array subscript")));
                }
                let (name, key) = match (key, self.vars.target(&name)) {
                    (None, Some(target)) if target.ends_with(']') => {
                        let (base, rest) = target.split_once('[').unwrap_or_default();
                        (base.to_string(), Some(rest.trim_end_matches(']').to_string()))
                    }
                    (key, _) => (name, key),
                };
                let assoc =
                    || matches!(self.vars.get(&name).and_then(|v| v.value.as_ref()), Some(Value::Assoc(_)));
                if key.as_ref().is_some_and(|k| k.is_empty()) && assoc() {
                    return Err(Stop::Fatal(format!("{name}[]: bad array subscript")));
                }
                match key {
                    Some(key) => self.vars.set_element(&name, &key, value),
                    None => return Ok(self.assign(&name, value)),
                }
            }
        };
        Ok(self.report_readonly(result))
    }

    pub(super) fn assign_array(
        &mut self,
        sys: &mut Sys<'_>,
        name: &str,
        append: bool,
        elements: &[(Option<Word>, Word)],
    ) -> Expanded<bool> {
        let assoc = matches!(self.vars.get(name).and_then(|v| v.value.as_ref()), Some(Value::Assoc(_)));
        let mut pairs: Vec<(Option<String>, Vec<String>)> = Vec::new();
        for (index, word) in elements {
            match index {
                Some(index) => {
                    let key = self.subscript(sys, name, index)?;
                    pairs.push((Some(key), vec![self.text(sys, word)?]));
                }
                None => pairs.push((None, self.fields(sys, std::slice::from_ref(word))?)),
            }
        }
        let value = if assoc {
            let mut array = match self.vars.get(name).and_then(|v| v.value.clone()) {
                Some(Value::Assoc(a)) if append => a,
                _ => Vec::new(),
            };
            if pairs.iter().all(|(key, _)| key.is_none()) {
                // Keys and values in turn.
                let words: Vec<String> = pairs.drain(..).flat_map(|(_, values)| values).collect();
                for pair in words.chunks(2) {
                    vars::set_assoc(&mut array, &pair[0], pair.get(1).cloned().unwrap_or_default());
                }
            }
            for (key, mut values) in pairs {
                if let (Some(key), Some(value)) = (key, values.pop()) {
                    vars::set_assoc(&mut array, &key, value);
                }
            }
            Value::Assoc(array)
        } else {
            let mut value = if append { self.vars.get(name).and_then(|v| v.value.clone()) } else { None };
            let array = vars::as_indexed(&mut value);
            let mut next = array.keys().next_back().map_or(0, |k| k + 1);
            for (key, values) in pairs {
                if let Some(key) = key {
                    next = vars::element_at(array, key.parse().unwrap_or(0));
                }
                for text in values {
                    array.insert(next, text);
                    next += 1;
                }
            }
            Value::Indexed(std::mem::take(array))
        };
        let result = self.vars.set_value(name, value);
        Ok(self.report_readonly(result))
    }
}
