//! `export`, `readonly`, `unset`.

use std::rc::Rc;

use crate::{
    kernel::{ShellKind, Sys},
    shell::{
        Shell,
        builtins::{
            Done,
            declare::{
                Asked, array_values, bad_name, fails, functions, illegal_option, parts, set_attributes, show,
            },
        },
        code::Simple,
        lex::is_name,
        quote,
        vars::{self, ReadOnly, Value},
    },
};

pub(super) fn export(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], simple: &Rc<Simple>) -> Done {
    let readonly = words[0] == "readonly";
    let mut on = true;
    let mut i = 1;
    let mut asked = Asked::default();
    while let Some(flags) = words.get(i).and_then(|w| w.strip_prefix('-')).filter(|f| !f.is_empty()) {
        i += 1;
        if flags == "-" {
            break;
        }
        for flag in flags.chars() {
            match (flag, shell.kind) {
                ('p', _) => {}
                ('n', ShellKind::Bash) if !readonly => on = false,
                ('f', ShellKind::Bash) => asked.functions = true,
                ('a' | 'A', ShellKind::Bash) if readonly => asked.set.push((flag, true)),
                _ => {
                    let usage = if readonly {
                        "[-aAf] [name[=value] ...] or readonly -p"
                    } else {
                        "[-fn] [name[=value] ...] or export -p"
                    };
                    illegal_option(shell, &words[0], flag, usage);
                    return fails(shell);
                }
            }
        }
    }
    if asked.functions {
        return export_functions(shell, &words[0], &words[i..], on);
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
        if !asked.set.is_empty() {
            set_attributes(shell.vars.entry(name), &asked, true);
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

/// `export -f`
fn export_functions(shell: &mut Shell, builtin: &str, names: &[String], on: bool) -> Done {
    if names.is_empty() {
        let asked = Asked { set: vec![('x', true)], ..Asked::default() };
        return functions(shell, names, &asked);
    }
    let mut status = 0;
    for name in names {
        if !shell.functions.contains_key(name) {
            shell.builtin_error(builtin, format!("{name}: not a function"));
            status = 1;
        } else if on {
            Rc::make_mut(&mut shell.exported_functions).insert(name.clone());
        } else {
            Rc::make_mut(&mut shell.exported_functions).remove(name);
        }
    }
    Done::Status(status)
}

pub(super) fn unset(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let (mut functions, mut reference) = (false, false);
    let mut status = 0;
    for word in &words[1..] {
        match word.as_str() {
            "-f" => functions = true,
            "-v" => functions = false,
            "-n" if shell.kind == ShellKind::Bash => reference = true,
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
                        shell.unset_special(name);
                        let target = if reference { None } else { shell.vars.target(name) };
                        match target
                            .as_deref()
                            .unwrap_or(name)
                            .strip_suffix(']')
                            .and_then(|n| n.split_once('['))
                        {
                            Some((base, key)) => unset_element(shell, sys, base, key),
                            None => shell.vars.unset(target.as_deref().unwrap_or(name)),
                        }
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
    let assoc = matches!(shell.vars.get(name).and_then(|v| v.value.as_ref()), Some(Value::Assoc(_)));
    if matches!(key, "@" | "*") && !assoc {
        return shell.vars.unset(name);
    }
    let index = if assoc { 0 } else { shell.arith(sys, key).unwrap_or(0) };
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
