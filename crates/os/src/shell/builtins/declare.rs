//! `declare`, `local`, `export`, `readonly`, `unset`.

use std::rc::Rc;

use crate::{
    kernel::{ShellKind, Sys},
    shell::{
        Shell,
        builtins::Done,
        code::{AssignValue, Simple},
        lex::is_name,
        print, quote,
        vars::{self, ReadOnly, Value, Var},
    },
};

/// The letters of a variable's attributes.
pub(in crate::shell) fn flags(var: &Var) -> String {
    let mut flags = String::new();
    match var.value {
        Some(Value::Indexed(_)) => flags.push('a'),
        Some(Value::Assoc(_)) => flags.push('A'),
        _ => {}
    }
    let attributes = [
        (var.integer, 'i'),
        (var.lower, 'l'),
        (var.nameref, 'n'),
        (var.readonly, 'r'),
        (var.upper, 'u'),
        (var.exported, 'x'),
    ];
    flags.extend(attributes.iter().filter(|(on, _)| *on).map(|(_, c)| *c));
    flags
}

/// How `declare -p` shows a variable.
pub(in crate::shell) fn show(name: &str, var: &Var) -> String {
    let mut flags = flags(var);
    if flags.is_empty() {
        flags.push('-');
    }
    let double = |t: &str| {
        format!(
            "\"{}\"",
            t.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('`', "\\`")
        )
    };
    match &var.value {
        None => format!("declare -{flags} {name}\n"),
        Some(Value::Text(t)) => format!("declare -{flags} {name}={}\n", double(t)),
        Some(Value::Indexed(a)) => {
            let items: Vec<String> = a.iter().map(|(k, v)| format!("[{k}]={}", double(v))).collect();
            format!("declare -{flags} {name}=({})\n", items.join(" "))
        }
        Some(Value::Assoc(a)) => {
            let items: Vec<String> = a.iter().map(|(k, v)| format!("[{k}]={} ", double(v))).collect();
            format!("declare -{flags} {name}=({})\n", items.concat())
        }
    }
}

/// `name`, `name=value` or `name+=value`.
fn parts(word: &str) -> (&str, Option<&str>, bool) {
    match word.split_once('=') {
        Some((name, value)) => match name.strip_suffix('+') {
            Some(name) => (name, Some(value), true),
            None => (name, Some(value), false),
        },
        None => (word, None, false),
    }
}

/// Complains of an option a builtin does not have; `usage` is what bash says of its arguments.
pub(super) fn illegal_option(shell: &mut Shell, builtin: &str, letter: char, usage: &str) {
    let message = match shell.kind {
        ShellKind::Bash => format!("-{letter}: invalid option\n{builtin}: usage: {builtin} {usage}"),
        ShellKind::Dash => format!("Illegal option -{letter}"),
        ShellKind::Ash => format!("illegal option -{letter}"),
    };
    shell.builtin_error(builtin, message);
}

/// An error of a special builtin: it ends a dash or ash without a person.
pub(super) fn fails(shell: &Shell) -> Done {
    if shell.kind == ShellKind::Bash || shell.interactive { Done::Status(2) } else { Done::Exit(2) }
}

fn bad_name(shell: &mut Shell, builtin: &str, word: &str) {
    let message = match shell.kind {
        ShellKind::Bash => format!("`{word}': not a valid identifier"),
        _ => format!("{}: bad variable name", parts(word).0),
    };
    shell.builtin_error(builtin, message);
}

pub(super) fn declare(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], simple: &Rc<Simple>) -> Done {
    let is_local = words[0] == "local";
    if is_local && !shell.vars.in_function() {
        let message = match shell.kind {
            ShellKind::Bash => "can only be used in a function",
            _ => "not in a function",
        };
        shell.builtin_error("local", message);
        return if shell.kind == ShellKind::Bash { Done::Status(1) } else { Done::Exit(2) };
    }
    let mut i = 1;
    let (mut print, mut global, mut functions, mut names_only) = (false, false, false, false);
    let mut set: Vec<(char, bool)> = Vec::new();
    while let Some(word) = words.get(i) {
        let on = word.starts_with('-');
        let Some(flags) = word.strip_prefix(['-', '+']).filter(|f| !f.is_empty()) else { break };
        i += 1;
        for flag in flags.chars() {
            match flag {
                'p' => print = true,
                'g' => global = true,
                'f' => functions = true,
                'F' => names_only = true,
                other => set.push((other, on)),
            }
        }
    }
    let names = &words[i.min(words.len())..];
    if functions || names_only {
        let all: Vec<(String, String)> = shell
            .functions
            .iter()
            .filter(|(n, _)| names.is_empty() || names.contains(n))
            .map(|(n, c)| (n.clone(), c.code.text.clone()))
            .collect();
        let found = !all.is_empty();
        for (name, text) in all {
            shell.print(match (names_only, names.is_empty()) {
                (true, true) => format!("declare -f {name}\n"),
                (true, false) => format!("{name}\n"),
                _ => format!("{}\n", print::function(&name, &text)),
            });
        }
        return Done::Status(i32::from(!found));
    }
    if names.is_empty() {
        let lines: Vec<String> =
            shell.vars.iter().filter(|(_, v)| v.value.is_some()).map(|(n, v)| show(n, v)).collect();
        if !is_local {
            shell.print(lines.concat());
        }
        return Done::Status(0);
    }
    let mut status = 0;
    for word in names {
        let (name, value, append) = parts(word);
        if !is_name(name.split('[').next().unwrap_or("")) {
            bad_name(shell, &words[0], word);
            status = 1;
            continue;
        }
        if print {
            match shell.vars.get(name).cloned() {
                Some(var) => shell.print(show(name, &var)),
                None => {
                    shell.builtin_error(&words[0], format!("{name}: not found"));
                    status = 1;
                }
            }
            continue;
        }
        if shell.vars.in_function() && !global {
            // In dash a local begins with the outer value.
            shell.vars.make_local(name, shell.kind == ShellKind::Dash);
        }
        let holds = shell.vars.get(name).and_then(|v| v.value.as_ref());
        let clash = match holds {
            Some(Value::Indexed(_)) if set.contains(&('A', true)) => Some("indexed to associative"),
            Some(Value::Assoc(_)) if set.contains(&('a', true)) => Some("associative to indexed"),
            _ => None,
        };
        if let Some(what) = clash {
            shell.builtin_error(&words[0], format!("{name}: cannot convert {what} array"));
            status = 1;
            continue;
        }
        let var = shell.vars.entry_raw(name);
        for (flag, on) in &set {
            match flag {
                'a' => {
                    if var.value.is_none() {
                        var.value = Some(Value::Indexed(Default::default()));
                    } else {
                        vars::as_indexed(&mut var.value);
                    }
                }
                'A' if !matches!(var.value, Some(Value::Assoc(_))) => {
                    var.value = Some(Value::Assoc(Vec::new()))
                }
                'i' => var.integer = *on,
                'l' => var.lower = *on,
                'u' => var.upper = *on,
                'x' => var.exported = *on,
                'n' => var.nameref = *on,
                _ => {}
            }
        }
        let integer = var.integer;
        if let Some(value) = value {
            let mut value = if append {
                format!("{}{value}", shell.vars.text(name).unwrap_or(""))
            } else {
                value.to_string()
            };
            if integer {
                value = shell.arith(sys, &value).map_or("0".to_string(), |n| n.to_string());
            }
            if set.contains(&('n', true)) {
                shell.vars.entry_raw(name).value = Some(Value::Text(value));
            } else if !shell.assign(name, value) {
                status = 1;
            }
        }
        status = array_values(shell, sys, name, simple).unwrap_or(status);
        if set.contains(&('r', true)) {
            shell.vars.entry(name).readonly = true;
        }
    }
    Done::Status(status)
}

/// Assigns `name=(…)` given as an argument; the status if that failed.
fn array_values(shell: &mut Shell, sys: &mut Sys<'_>, name: &str, simple: &Rc<Simple>) -> Option<i32> {
    for assign in simple.assigns.iter().filter(|a| &*a.name == name) {
        if let AssignValue::Array(elements, _) = &assign.value {
            match shell.assign_array(sys, name, assign.append, elements) {
                Ok(true) => {}
                _ => return Some(1),
            }
        }
    }
    None
}

pub(super) fn export(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], simple: &Rc<Simple>) -> Done {
    let readonly = words[0] == "readonly";
    let mut on = true;
    let mut i = 1;
    let mut functions = false;
    while let Some(flags) = words.get(i).and_then(|w| w.strip_prefix('-')) {
        on &= !flags.contains('n');
        functions |= flags.contains('f');
        i += 1;
    }
    if functions {
        let mut status = 0;
        for name in &words[i..] {
            if !shell.functions.contains_key(name) {
                shell.builtin_error(&words[0], format!("{name}: not a function"));
                status = 1;
            } else if on {
                Rc::make_mut(&mut shell.exported_functions).insert(name.clone());
            } else {
                Rc::make_mut(&mut shell.exported_functions).remove(name);
            }
        }
        return Done::Status(status);
    }
    let names = &words[i.min(words.len())..];
    if names.is_empty() {
        let bash = shell.kind == ShellKind::Bash;
        let word = words[0].clone();
        let lines: Vec<String> = shell
            .vars
            .iter()
            .filter(|(_, v)| if readonly { v.readonly } else { v.exported })
            .map(|(n, v)| match (bash, v.text()) {
                (true, _) => show(n, v),
                (false, Some(t)) => format!("{word} {n}={}\n", quote(t)),
                (false, None) => format!("{word} {n}\n"),
            })
            .collect();
        shell.print(lines.concat());
        return Done::Status(0);
    }
    let mut status = 0;
    for word in names {
        let (name, value, append) = parts(word);
        if !is_name(name) {
            bad_name(shell, &words[0], word);
            if shell.kind != ShellKind::Bash {
                return Done::Exit(2);
            }
            status = 1;
            continue;
        }
        if let Some(value) = value {
            let value = if append {
                format!("{}{value}", shell.vars.text(name).unwrap_or(""))
            } else {
                value.to_string()
            };
            if !shell.assign(name, value) {
                status = 1;
                continue;
            }
        }
        status = array_values(shell, sys, name, simple).unwrap_or(status);
        let var = shell.vars.entry(name);
        if readonly {
            var.readonly = true;
        } else {
            var.exported = on;
        }
    }
    Done::Status(status)
}

pub(super) fn unset(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut functions = false;
    let mut status = 0;
    for word in &words[1..] {
        match word.as_str() {
            "-f" => functions = true,
            "-v" | "-n" => functions = false,
            option if option.len() > 1 && option.starts_with('-') => {
                let letter = option.chars().nth(1).unwrap_or('-');
                illegal_option(shell, "unset", letter, "[-f] [-v] [-n] [name ...]");
                return fails(shell);
            }
            name if functions => {
                Rc::make_mut(&mut shell.functions).remove(name);
            }
            name => {
                let result = match name.strip_suffix(']').and_then(|n| n.split_once('[')) {
                    Some((base, key)) => unset_element(shell, sys, base, key),
                    None => {
                        if shell.kind == ShellKind::Bash
                            && shell.vars.get(name).is_none()
                            && shell.functions.contains_key(name)
                        {
                            Rc::make_mut(&mut shell.functions).remove(name);
                        }
                        shell.vars.unset(name)
                    }
                };
                if let Err(ReadOnly(name)) = result {
                    match shell.kind {
                        ShellKind::Bash => {
                            shell.builtin_error("unset", format!("{name}: cannot unset: readonly variable"))
                        }
                        _ => {
                            shell.builtin_error("unset", format!("{name}: is read only"));
                            return fails(shell);
                        }
                    }
                    status = 1;
                }
            }
        }
    }
    Done::Status(status)
}

fn unset_element(shell: &mut Shell, sys: &mut Sys<'_>, name: &str, key: &str) -> Result<(), ReadOnly> {
    let index = shell.arith(sys, key).unwrap_or(0);
    let var = shell.vars.entry(name);
    if var.readonly {
        return Err(ReadOnly(name.to_string()));
    }
    match &mut var.value {
        Some(Value::Indexed(a)) => {
            let at = vars::element_at(a, index);
            a.remove(&at);
        }
        Some(Value::Assoc(a)) => a.retain(|(k, _)| k != key),
        _ => {}
    }
    Ok(())
}
