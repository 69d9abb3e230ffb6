//! `declare`, `typeset`, `local`, and what `set` lists.

use std::rc::Rc;

use crate::{
    kernel::{ShellKind, Sys},
    shell::{
        Shell,
        builtins::Done,
        code::{Assign, AssignValue, Simple},
        expand::Stop,
        lex::is_name,
        parse::Parser,
        print, quote,
        vars::{self, Value, Var},
    },
};

/// The letters of a variable's attributes.
pub(in crate::shell) fn flags(var: &Var) -> String {
    let mut flags = String::new();
    match var.value {
        Some(Value::Indexed(_)) => flags.push('a'),
        Some(Value::Assoc(_)) => flags.push('A'),
        None if var.array => flags.push('a'),
        _ => {}
    }
    let attributes = [
        (var.integer, 'i'),
        (var.nameref, 'n'),
        (var.readonly, 'r'),
        (var.traced, 't'),
        (var.exported, 'x'),
        (var.capital, 'c'),
        (var.lower, 'l'),
        (var.upper, 'u'),
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
    match &var.value {
        None => format!("declare -{flags} {name}\n"),
        Some(Value::Assoc(a)) if a.is_empty() && var.array => format!("declare -{flags} {name}\n"),
        Some(Value::Text(t)) => format!("declare -{flags} {name}={}\n", double(t)),
        Some(Value::Indexed(a)) => {
            let items: Vec<String> = a.iter().map(|(k, v)| format!("[{k}]={}", double(v))).collect();
            format!("declare -{flags} {name}=({})\n", items.join(" "))
        }
        Some(Value::Assoc(a)) => {
            let items: Vec<String> = a.iter().map(|(k, v)| format!("[{}]={} ", key(k), double(v))).collect();
            format!("declare -{flags} {name}=({})\n", items.concat())
        }
    }
}

/// Whether the variable is an array.
pub(super) fn is_array(var: &Var) -> bool {
    matches!(var.value, Some(Value::Indexed(_) | Value::Assoc(_)))
}

/// Text in double quotes, or in `$'…'` where that does not do.
pub(in crate::shell) fn double(text: &str) -> String {
    if text.chars().any(char::is_control) {
        return quote(text);
    }
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('$', "\\$").replace('`', "\\`"))
}

/// A key of an associative array, quoted where it must be.
pub(in crate::shell) fn key(text: &str) -> String {
    let special = |c: char| c.is_whitespace() || "\"'\\$`|&;()<>!{}*?[]^~".contains(c);
    if text.chars().any(char::is_control) {
        quote(text)
    } else if text.contains(special) || matches!(text, "@" | "*") {
        double(text)
    } else {
        text.to_string()
    }
}

/// `name`, `name=value` or `name+=value`.
pub(super) fn parts(word: &str) -> (&str, Option<&str>, bool) {
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

pub(super) fn bad_name(shell: &mut Shell, builtin: &str, word: &str) {
    let message = match shell.kind {
        ShellKind::Bash => format!("`{word}': not a valid identifier"),
        _ => format!("{}: bad variable name", parts(word).0),
    };
    shell.builtin_error(builtin, message);
}

const DECLARE: &str = "[-aAfFgiIlnrtux] [name[=value] ...] or declare -p [-aAfFilnrtux] [name ...]";
const TYPESET: &str = "[-aAfFgiIlnrtux] name[=value] ... or typeset -p [-aAfFilnrtux] [name ...]";

/// What `declare` was asked to do.
#[derive(Default)]
pub(super) struct Asked {
    pub print: bool,
    pub global: bool,
    pub functions: bool,
    pub names_only: bool,
    pub inherit: bool,
    /// Attributes to set or take away.
    pub set: Vec<(char, bool)>,
}

impl Asked {
    fn has(&self, letter: char) -> bool {
        self.set.contains(&(letter, true))
    }
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
    let mut asked = Asked::default();
    let mut i = 1;
    let bash = shell.kind == ShellKind::Bash;
    while bash && let Some(word) = words.get(i) {
        let on = word.starts_with('-');
        let Some(flags) = word.strip_prefix(['-', '+']).filter(|f| !f.is_empty()) else { break };
        i += 1;
        if flags == "-" {
            break;
        }
        for flag in flags.chars() {
            match flag {
                'p' => asked.print = true,
                'g' => asked.global = true,
                'f' => asked.functions = true,
                'F' => asked.names_only = true,
                'I' => asked.inherit = true,
                'a' | 'A' | 'c' | 'i' | 'l' | 'n' | 'r' | 't' | 'u' | 'x' => asked.set.push((flag, on)),
                _ => {
                    let usage = match words[0].as_str() {
                        "local" => "[option] name[=value] ...",
                        "typeset" => TYPESET,
                        _ => DECLARE,
                    };
                    illegal_option(shell, &words[0], flag, usage);
                    return Done::Status(2);
                }
            }
        }
    }
    let names = &words[i.min(words.len())..];
    if asked.functions || asked.names_only {
        return functions(shell, names, &asked);
    }
    if names.is_empty() {
        return list(shell, sys, &asked, is_local);
    }
    let mut status = 0;
    for word in names {
        if asked.print {
            shell.settle(sys, word);
            match shell.vars.raw(word).cloned() {
                Some(var) => shell.print(show(word, &var)),
                None => {
                    shell.builtin_error(&words[0], format!("{word}: not found"));
                    status = 1;
                }
            }
            continue;
        }
        if !declare_one(shell, sys, &words[0], word, &asked, simple) {
            status = 1;
        }
    }
    Done::Status(status)
}

/// `declare -f` and `-F`, with names or without.
pub(super) fn functions(shell: &mut Shell, names: &[String], asked: &Asked) -> Done {
    let mut status = 0;
    let all: Vec<String> = if names.is_empty() {
        shell
            .functions
            .keys()
            .filter(|n| !asked.has('x') || shell.exported_functions.contains(*n))
            .cloned()
            .collect()
    } else {
        names.to_vec()
    };
    for name in all {
        let Some(text) = shell.functions.get(&name).map(|f| f.code.text.clone()) else {
            status = 1;
            continue;
        };
        if let (Some((_, on)), false) = (asked.set.iter().find(|(c, _)| *c == 'x'), names.is_empty()) {
            let exported = Rc::make_mut(&mut shell.exported_functions);
            let _known = if *on { exported.insert(name) } else { exported.remove(&name) };
            continue;
        }
        let flags = if shell.exported_functions.contains(&name) { "fx" } else { "f" };
        shell.print(match (asked.names_only, names.is_empty()) {
            (true, true) => format!("declare -{flags} {name}\n"),
            (true, false) => format!("{name}\n"),
            _ => format!("{}\n", print::function(&name, &text)),
        });
        if flags == "fx" && !asked.names_only && names.is_empty() {
            shell.print(format!("declare -fx {name}\n"));
        }
    }
    Done::Status(status)
}

/// `declare` without names: all variables, or those with the attributes asked for.
fn list(shell: &mut Shell, sys: &mut Sys<'_>, asked: &Asked, is_local: bool) -> Done {
    if is_local {
        let names = shell.vars.locals();
        let lines: Vec<String> = names
            .iter()
            .filter_map(|n| Some((n, shell.vars.raw(n)?)))
            .map(|(n, v)| if asked.print { show(n, v) } else { assignment(n, v).unwrap_or(format!("{n}\n")) })
            .collect();
        shell.print(lines.concat());
        return Done::Status(0);
    }
    if asked.set.is_empty() && !asked.print {
        let text = listing(shell, sys);
        shell.print(text);
        return Done::Status(0);
    }
    let wanted: Vec<char> = asked.set.iter().filter(|(_, on)| *on).map(|(c, _)| *c).collect();
    for name in shell.variable_names("") {
        shell.settle(sys, &name);
    }
    let lines: Vec<String> = shell
        .vars
        .iter()
        .filter(|(_, v)| wanted.iter().all(|c| flags(v).contains(*c)))
        .map(|(n, v)| show(n, v))
        .collect();
    shell.print(lines.concat());
    Done::Status(0)
}

/// A variable as `set` shows it; None when it has no value.
fn assignment(name: &str, var: &Var) -> Option<String> {
    Some(match var.value.as_ref()? {
        Value::Text(t) => format!("{name}={}\n", quote_if_needed(t)),
        _ => {
            let shown = show(name, var);
            let from = shown.find(name).unwrap_or(0);
            shown[from..].to_string()
        }
    })
}

/// What `set` shows: variables, then functions.
pub(super) fn listing(shell: &mut Shell, sys: &mut Sys<'_>) -> String {
    let bash = shell.kind == ShellKind::Bash;
    if !bash {
        return shell.vars.iter().filter_map(|(n, v)| Some(format!("{n}={}\n", quote(v.text()?)))).collect();
    }
    let mut out = String::new();
    for name in shell.variable_names("") {
        if matches!(name.as_str(), "BASH_ARGV0" | "BASHPID" | "LINENO" | "RANDOM" | "SRANDOM" | "HISTCMD") {
            continue;
        }
        shell.settle(sys, &name);
        let line = shell.vars.raw(&name).and_then(|var| assignment(&name, var));
        out.push_str(&line.unwrap_or_default());
    }
    for (name, function) in shell.functions.iter() {
        out.push_str(&print::function(name, &function.code.text));
        out.push('\n');
    }
    out
}

/// Text as `set` shows it: quoted where the shell would not read it back as it is.
fn quote_if_needed(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./:,@%+=]}#".contains(c);
    if text.is_empty() || (text.chars().all(plain) && !text.starts_with('#')) {
        text.to_string()
    } else {
        quote(text)
    }
}

/// Declares one name; false when that fails (reported).
fn declare_one(
    shell: &mut Shell,
    sys: &mut Sys<'_>,
    builtin: &str,
    word: &str,
    asked: &Asked,
    simple: &Rc<Simple>,
) -> bool {
    let (name, value, append) = parts(word);
    let (base, key) = match name.strip_suffix(']').and_then(|n| n.split_once('[')) {
        Some((base, key)) => (base, Some(key.to_string())),
        None => (name, None),
    };
    if !is_name(base) {
        bad_name(shell, builtin, word);
        return false;
    }
    let name = base;
    if asked.has('n')
        && let Some(target) = value
    {
        let plain = target.split('[').next().unwrap_or("");
        if target == name && !shell.vars.in_function() {
            shell.builtin_error(builtin, format!("{name}: nameref variable self references not allowed"));
            return false;
        }
        if target == name {
            shell.builtin_error(builtin, format!("warning: {name}: circular name reference"));
        }
        if !is_name(plain) {
            shell.builtin_error(builtin, format!("`{target}': invalid variable name for name reference"));
            return false;
        }
    }
    if shell.vars.in_function() && !asked.global {
        // In dash a local begins with the outer value.
        shell.vars.make_local(name, shell.kind == ShellKind::Dash || asked.inherit);
    }
    let own = |shell: &Shell| {
        let reference = asked.set.iter().any(|(c, _)| *c == 'n');
        if reference { name.to_string() } else { shell.vars.target(name).unwrap_or_else(|| name.to_string()) }
    };
    let name = &*own(shell);
    let name = name.split('[').next().unwrap_or(name);
    let var = shell.vars.raw(name);
    let clash = match var.and_then(|v| v.value.as_ref()) {
        Some(Value::Indexed(_)) if asked.has('A') => Some("indexed to associative"),
        Some(Value::Assoc(_)) if asked.has('a') => Some("associative to indexed"),
        _ => None,
    };
    if let Some(what) = clash {
        shell.builtin_error(builtin, format!("{name}: cannot convert {what} array"));
        return false;
    }
    if var.is_some_and(|v| v.readonly) && (value.is_some() || asked.set.contains(&('r', false))) {
        shell.builtin_error(builtin, format!("{name}: readonly variable"));
        return false;
    }
    let arrays = simple.assigns.iter().any(|a| &*a.name == name && matches!(a.value, AssignValue::Array(..)));
    set_attributes(shell.vars.entry_raw(name), asked, value.is_some() || arrays);
    let mut ok = true;
    if let Some(value) = value {
        ok = set_value(shell, sys, name, key, value, append, asked);
    }
    if let Some(status) = array_values(shell, sys, name, simple) {
        ok &= status == 0;
    }
    if asked.has('r') {
        shell.vars.entry_raw(name).readonly = true;
    }
    ok
}

pub(super) fn set_attributes(var: &mut Var, asked: &Asked, gets_value: bool) {
    for (flag, on) in &asked.set {
        match flag {
            'a' if *on => match var.value {
                None if !gets_value => var.array = true,
                None => var.value = Some(Value::Indexed(Default::default())),
                Some(_) => {
                    vars::as_indexed(&mut var.value);
                }
            },
            'A' if *on && !matches!(var.value, Some(Value::Assoc(_))) => {
                var.value = Some(match var.value.take() {
                    Some(Value::Text(t)) => Value::Assoc(vec![("0".to_string(), t)]),
                    _ => Value::Assoc(Vec::new()),
                });
                var.array = !gets_value;
            }
            'i' => var.integer = *on,
            'l' => (var.lower, var.upper) = (*on, var.upper && !*on),
            'u' => (var.upper, var.lower) = (*on, var.lower && !*on),
            'c' => var.capital = *on,
            't' => var.traced = *on,
            'x' => var.exported = *on,
            'n' => var.nameref = *on,
            _ => {}
        }
    }
    if asked.has('l') && asked.has('u') {
        (var.lower, var.upper) = (false, false);
    }
}

/// Gives a declared name its value; false when that fails (reported).
fn set_value(
    shell: &mut Shell,
    sys: &mut Sys<'_>,
    name: &str,
    key: Option<String>,
    value: &str,
    append: bool,
    asked: &Asked,
) -> bool {
    let is_array = matches!(
        shell.vars.raw(name).and_then(|v| v.value.as_ref()),
        Some(Value::Indexed(_) | Value::Assoc(_))
    );
    if is_array && key.is_none() && value.starts_with('(') && value.ends_with(')') {
        return compound(shell, sys, name, value, append);
    }
    if asked.has('n') {
        shell.vars.entry_raw(name).value = Some(Value::Text(value.to_string()));
        return true;
    }
    let integer = shell.vars.raw(name).is_some_and(|v| v.integer);
    let old = if append { shell.vars.text(name).unwrap_or("").to_string() } else { String::new() };
    let mut text = match (append, integer) {
        (true, true) => format!("{old}+({value})"),
        _ => format!("{old}{value}"),
    };
    if integer {
        match shell.arith(sys, &text) {
            Ok(n) => text = n.to_string(),
            Err(Stop::Fatal(message)) => {
                shell.error(message);
                return false;
            }
            Err(_) => return false,
        }
    }
    match key {
        Some(key) => {
            let result = shell.vars.set_element(name, &key, text);
            shell.report_readonly(result)
        }
        None if shell.assign_special(sys, name, &text) => true,
        None => shell.assign(name, text),
    }
}

/// `declare -a name='(…)'`: the text is read as elements.
fn compound(shell: &mut Shell, sys: &mut Sys<'_>, name: &str, value: &str, append: bool) -> bool {
    let source = format!("{name}={value}");
    let aliases = Rc::default();
    let mut parser = Parser::new(&source, shell.kind, &aliases);
    match parser.assignment() {
        Ok(Some(Assign { value: AssignValue::Array(elements, _), .. })) => {
            matches!(shell.assign_array(sys, name, append, &elements), Ok(true))
        }
        _ => shell.assign(name, value),
    }
}

/// Assigns `name=(…)` given as an argument; the status if that failed.
pub(super) fn array_values(
    shell: &mut Shell,
    sys: &mut Sys<'_>,
    name: &str,
    simple: &Rc<Simple>,
) -> Option<i32> {
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
