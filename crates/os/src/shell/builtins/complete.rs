//! `complete`, `compgen`, `compopt`: how words are completed.
//!
//! What `complete` was told is kept and shown. Tab uses its word lists (`-W`); functions (`-F`) are not run for it, as the
//! programs here complete their own arguments.

use std::rc::Rc;

use crate::{
    kernel::{ShellKind, Sys},
    shell::{
        Shell,
        builtins::{BUILTINS, Done, declare::illegal_option},
        code::Simple,
    },
    signal::NAMES,
    text::glob,
};

/// The actions, with their letters.
const ACTIONS: [(&str, Option<char>); 24] = [
    ("alias", Some('a')),
    ("arrayvar", None),
    ("binding", None),
    ("builtin", Some('b')),
    ("command", Some('c')),
    ("directory", Some('d')),
    ("disabled", None),
    ("enabled", None),
    ("export", Some('e')),
    ("file", Some('f')),
    ("function", None),
    ("helptopic", None),
    ("hostname", None),
    ("group", Some('g')),
    ("job", Some('j')),
    ("keyword", Some('k')),
    ("running", None),
    ("service", Some('s')),
    ("setopt", None),
    ("shopt", None),
    ("signal", None),
    ("stopped", None),
    ("user", Some('u')),
    ("variable", Some('v')),
];

/// The reserved words, in bash's order.
const KEYWORDS: [&str; 22] = [
    "if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do", "done",
    "in", "function", "time", "{", "}", "!", "[[", "]]", "coproc",
];

/// How a word is completed.
#[derive(Clone, Default)]
struct Spec {
    options: Vec<String>,
    actions: Vec<&'static str>,
    glob: Option<String>,
    words: Option<String>,
    prefix: Option<String>,
    suffix: Option<String>,
    filter: Option<String>,
    command: Option<String>,
    function: Option<String>,
}

/// What the arguments of `complete` and `compgen` ask for.
#[derive(Default)]
struct Asked {
    spec: Spec,
    print: bool,
    remove: bool,
    /// `-D`, `-E`, `-I` instead of names.
    special: Option<char>,
    names: Vec<String>,
}

fn usage(builtin: &str) -> &'static str {
    match builtin {
        "compgen" => {
            "[-abcdefgjksuv] [-o option] [-A action] [-G globpat] [-W wordlist] [-F function] [-C command] [-X filterpat] [-P prefix] [-S suffix] [word]"
        }
        _ => {
            "[-abcdefgjksuv] [-pr] [-DEI] [-o option] [-A action] [-G globpat] [-W wordlist] [-F function] [-C command] [-X filterpat] [-P prefix] [-S suffix] [name ...]"
        }
    }
}

/// Reads the arguments; Err is the status of a refusal.
fn read(shell: &mut Shell, words: &[String]) -> Result<Asked, i32> {
    let builtin = words[0].as_str();
    let complete = builtin == "complete";
    let mut asked = Asked::default();
    let mut args = words[1..].iter();
    while let Some(word) = args.next() {
        let Some(flags) = word.strip_prefix('-').filter(|f| !f.is_empty()) else {
            asked.names.push(word.clone());
            asked.names.extend(args.by_ref().cloned());
            break;
        };
        if flags == "-" {
            asked.names.extend(args.by_ref().cloned());
            break;
        }
        let mut letters = flags.chars();
        while let Some(flag) = letters.next() {
            if let Some((action, _)) = ACTIONS.iter().find(|(_, l)| *l == Some(flag)) {
                asked.spec.actions.push(action);
                continue;
            }
            match flag {
                'p' if complete => asked.print = true,
                'r' if complete => asked.remove = true,
                'D' | 'E' | 'I' if complete => asked.special = Some(flag),
                'o' | 'A' | 'G' | 'W' | 'P' | 'S' | 'X' | 'C' | 'F' => {
                    let rest: String = letters.by_ref().collect();
                    let value = if rest.is_empty() { args.next().cloned() } else { Some(rest) };
                    let Some(value) = value else {
                        shell.builtin_error(builtin, format!("-{flag}: option requires an argument"));
                        shell.eprint(format!("{builtin}: usage: {builtin} {}\n", usage(builtin)));
                        return Err(2);
                    };
                    let spec = &mut asked.spec;
                    match flag {
                        'o' => spec.options.push(value),
                        'A' => match ACTIONS.iter().find(|(a, _)| *a == value) {
                            Some((action, _)) => spec.actions.push(action),
                            None => {
                                shell.builtin_error(builtin, format!("{value}: invalid action name"));
                                return Err(2);
                            }
                        },
                        'G' => spec.glob = Some(value),
                        'W' => spec.words = Some(value),
                        'P' => spec.prefix = Some(value),
                        'S' => spec.suffix = Some(value),
                        'X' => spec.filter = Some(value),
                        'C' => spec.command = Some(value),
                        _ => spec.function = Some(value),
                    }
                }
                other => {
                    illegal_option(shell, builtin, other, usage(builtin));
                    return Err(2);
                }
            }
        }
    }
    Ok(asked)
}

impl Spec {
    /// As `complete -p` shows it, without the name.
    fn shown(&self) -> String {
        let mut out = String::new();
        for option in &self.options {
            out.push_str(&format!("-o {option} "));
        }
        for (action, letter) in ACTIONS.iter().filter(|(a, _)| self.actions.contains(a)) {
            match letter {
                Some(letter) => out.push_str(&format!("-{letter} ")),
                None => out.push_str(&format!("-A {action} ")),
            }
        }
        let quoted = [
            ('G', &self.glob),
            ('W', &self.words),
            ('P', &self.prefix),
            ('S', &self.suffix),
            ('X', &self.filter),
            ('C', &self.command),
        ];
        for (letter, value) in quoted {
            if let Some(value) = value {
                out.push_str(&format!("-{letter} {} ", crate::shell::quote(value)));
            }
        }
        if let Some(function) = &self.function {
            out.push_str(&format!("-F {function} "));
        }
        out
    }
}

pub(super) fn complete(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let asked = match read(shell, words) {
        Ok(asked) => asked,
        Err(status) => return Done::Status(status),
    };
    let mut names = asked.names;
    if let Some(letter) = asked.special {
        names = vec![format!("-{letter}")];
    }
    if asked.remove && names.is_empty() {
        shell.completions = Rc::default();
        return Done::Status(0);
    }
    let bare = words.len() == 1;
    if (asked.print || bare) && names.is_empty() {
        let lines: Vec<String> =
            shell.completions.iter().map(|(name, spec)| format!("complete {spec}{name}\n")).collect();
        shell.print(lines.concat());
        return Done::Status(0);
    }
    if names.is_empty() {
        shell.eprint(format!("complete: usage: complete {}\n", usage("complete")));
        return Done::Status(2);
    }
    let mut status = 0;
    for name in names {
        if !asked.print && !asked.remove {
            Rc::make_mut(&mut shell.completions).insert(name, asked.spec.shown());
            continue;
        }
        match shell.completions.get(&name).cloned() {
            Some(spec) if asked.print => shell.print(format!("complete {spec}{name}\n")),
            Some(_) => {
                Rc::make_mut(&mut shell.completions).remove(&name);
            }
            None => {
                shell.builtin_error("complete", format!("{name}: no completion specification"));
                status = 1;
            }
        }
    }
    Done::Status(status)
}

pub(super) fn compopt(shell: &mut Shell, _: &mut Sys<'_>, _: &[String], _: &Rc<Simple>) -> Done {
    shell.builtin_error("compopt", "not currently executing completion function");
    Done::Status(1)
}

pub(super) fn compgen(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let asked = match read(shell, words) {
        Ok(asked) => asked,
        Err(status) => return Done::Status(status),
    };
    let spec = asked.spec;
    let word = asked.names.first().cloned().unwrap_or_default();
    if spec.function.is_some() || spec.command.is_some() {
        let letter = if spec.function.is_some() { 'F' } else { 'C' };
        shell.builtin_error("compgen", format!("warning: -{letter} option may not work as you expect"));
    }
    let mut found = Vec::new();
    for action in &spec.actions {
        found.extend(candidates(shell, sys, action, &word));
    }
    if let Some(pattern) = &spec.glob {
        found.extend(crate::shell::files::paths(sys, pattern, &shell.opts));
    }
    if let Some(list) = &spec.words {
        found.extend(list.split_whitespace().map(str::to_string));
    }
    found.retain(|w| w.starts_with(&word));
    if let Some(filter) = &spec.filter {
        let (pattern, keep) = match filter.strip_prefix('!') {
            Some(pattern) => (pattern, true),
            None => (filter.as_str(), false),
        };
        found.retain(|w| glob::matches(pattern, w) == keep);
    }
    let (before, after) = (spec.prefix.unwrap_or_default(), spec.suffix.unwrap_or_default());
    let text: String = found.iter().map(|w| format!("{before}{w}{after}\n")).collect();
    shell.print(text);
    Done::Status(i32::from(found.is_empty()))
}

/// The words of an action.
fn candidates(shell: &mut Shell, sys: &mut Sys<'_>, action: &str, word: &str) -> Vec<String> {
    let owned = |names: &mut dyn Iterator<Item = &str>| names.map(str::to_string).collect::<Vec<String>>();
    match action {
        "alias" => shell.aliases.keys().cloned().collect(),
        "builtin" | "helptopic" => owned(&mut BUILTINS.iter().map(|(n, ..)| *n)),
        "enabled" => owned(&mut BUILTINS.iter().map(|(n, ..)| *n).filter(|n| !shell.disabled.contains(*n))),
        "disabled" => shell.disabled.iter().cloned().collect(),
        "command" => {
            let mut all: Vec<String> = shell.aliases.keys().cloned().collect();
            all.extend(owned(&mut KEYWORDS.into_iter()));
            all.extend(shell.functions.keys().cloned());
            all.extend(owned(&mut BUILTINS.iter().map(|(n, ..)| *n)));
            let search = shell.vars.text("PATH").unwrap_or("").to_string();
            for dir in search.split(':') {
                all.extend(sys.vfs().read_dir(dir).unwrap_or_default());
            }
            all
        }
        "directory" | "file" => {
            shell.file_names(sys, word, action == "directory").into_iter().map(plain).collect()
        }
        "export" => shell.vars.iter().filter(|(_, v)| v.exported).map(|(n, _)| n.clone()).collect(),
        "variable" => shell.variable_names(word),
        "arrayvar" => shell
            .vars
            .iter()
            .filter(|(_, v)| {
                v.value.is_some() && v.text().is_none() || crate::shell::builtins::declare::is_array(v)
            })
            .map(|(n, _)| n.clone())
            .collect(),
        "function" => shell.functions.keys().cloned().collect(),
        "keyword" => owned(&mut KEYWORDS.into_iter()),
        "setopt" => super::options::names(ShellKind::Bash).map(str::to_string).collect(),
        "shopt" => super::shopt::names().map(str::to_string).collect(),
        "signal" => NAMES.iter().skip(1).map(|n| format!("SIG{n}")).collect(),
        "job" | "running" | "stopped" => shell
            .jobs
            .iter()
            .filter(|j| action == "job" || j.stopped == (action == "stopped"))
            .map(|j| j.text.clone())
            .collect(),
        "user" | "group" => {
            let file = if action == "user" { "/etc/passwd" } else { "/etc/group" };
            let text = sys.vfs().read_text(file).unwrap_or_default();
            text.lines().filter_map(|l| l.split(':').next()).map(str::to_string).collect()
        }
        _ => Vec::new(),
    }
}

/// A completed path without what Tab adds to it.
fn plain(path: String) -> String {
    path.trim_end_matches('/').replace('\\', "")
}

impl Shell {
    /// The words that `complete -W` gave for a command.
    pub(in crate::shell) fn listed_completions(&self, command: &str) -> Option<Vec<String>> {
        let spec = self.completions.get(command)?;
        let (_, rest) = spec.split_once("-W '")?;
        let (words, _) = rest.split_once('\'')?;
        Some(words.split_whitespace().map(str::to_string).collect())
    }
}
