//! `set`, `shopt`, `trap`, `getopts`, `alias`.

use std::rc::Rc;

use crate::{
    kernel::{ShellKind, Sys},
    shell::{
        Shell,
        builtins::{Done, declare::fails},
        code::Simple,
        quote,
        vm::{DEBUG, ERR, RETURN},
    },
    signal::Signal,
};

/// Option names of `set -o` with their letters, in bash's order.
const NAMES: [(&str, Option<char>); 27] = [
    ("allexport", Some('a')),
    ("braceexpand", Some('B')),
    ("emacs", None),
    ("errexit", Some('e')),
    ("errtrace", Some('E')),
    ("functrace", Some('T')),
    ("hashall", Some('h')),
    ("histexpand", Some('H')),
    ("history", None),
    ("ignoreeof", None),
    ("interactive-comments", None),
    ("keyword", Some('k')),
    ("monitor", Some('m')),
    ("noclobber", Some('C')),
    ("noexec", Some('n')),
    ("noglob", Some('f')),
    ("nolog", None),
    ("notify", Some('b')),
    ("nounset", Some('u')),
    ("onecmd", Some('t')),
    ("physical", Some('P')),
    ("pipefail", None),
    ("posix", None),
    ("privileged", Some('p')),
    ("verbose", Some('v')),
    ("vi", None),
    ("xtrace", Some('x')),
];

/// The names dash shows, in its order.
const DASH_NAMES: [&str; 18] = [
    "errexit",
    "noglob",
    "ignoreeof",
    "interactive",
    "monitor",
    "noexec",
    "stdin",
    "xtrace",
    "verbose",
    "vi",
    "emacs",
    "noclobber",
    "allexport",
    "notify",
    "nounset",
    "privileged",
    "nolog",
    "debug",
];

/// The names ash shows, in its order.
const ASH_NAMES: [&str; 14] = [
    "errexit",
    "noglob",
    "ignoreeof",
    "monitor",
    "noexec",
    "xtrace",
    "verbose",
    "noclobber",
    "allexport",
    "notify",
    "nounset",
    "errtrace",
    "vi",
    "pipefail",
];

/// The names of the options of `set` in this shell.
pub(super) fn names(kind: ShellKind) -> Box<dyn Iterator<Item = &'static str>> {
    match kind {
        ShellKind::Bash => Box::new(NAMES.iter().map(|(n, _)| *n)),
        ShellKind::Dash => Box::new(DASH_NAMES.into_iter()),
        ShellKind::Ash => Box::new(ASH_NAMES.into_iter()),
    }
}

impl Shell {
    fn option(&mut self, name: &str) -> Option<&mut bool> {
        Some(match name {
            "allexport" => &mut self.opts.allexport,
            "errexit" => &mut self.opts.errexit,
            "monitor" => &mut self.opts.monitor,
            "noclobber" => &mut self.opts.noclobber,
            "noexec" => &mut self.opts.noexec,
            "noglob" => &mut self.opts.noglob,
            "nounset" => &mut self.opts.nounset,
            "pipefail" => &mut self.opts.pipefail,
            "verbose" => &mut self.opts.verbose,
            "xtrace" => &mut self.opts.xtrace,
            _ => return None,
        })
    }

    /// Sets an option by its long name; false when there is none of that name.
    pub(in crate::shell) fn set_option_name(&mut self, name: &str, on: bool) -> bool {
        if name == "pipefail" && self.kind == ShellKind::Dash {
            return false;
        }
        match self.option(name) {
            Some(option) => {
                *option = on;
                true
            }
            None => {
                let Some((name, _)) = NAMES.iter().find(|(n, _)| *n == name) else { return false };
                let editing = matches!(*name, "emacs" | "vi");
                let set = Rc::make_mut(&mut self.shopts);
                // One way of editing at a time.
                if editing && on {
                    set.insert(if *name == "vi" { "no emacs" } else { "no vi" });
                    set.remove(if *name == "vi" { "no vi" } else { "no emacs" });
                    set.remove(if *name == "vi" { "emacs" } else { "vi" });
                }
                if on {
                    set.insert(name);
                } else {
                    set.remove(name);
                }
                self.forgotten(name, on);
                true
            }
        }
    }

    /// Notes an option that is on by itself as switched off, or on again.
    fn forgotten(&mut self, name: &'static str, on: bool) {
        let mark = match name {
            "braceexpand" => "no braceexpand",
            "emacs" => "no emacs",
            "hashall" => "no hashall",
            "histexpand" => "no histexpand",
            "history" => "no history",
            "interactive-comments" => "no interactive-comments",
            _ => return,
        };
        let set = Rc::make_mut(&mut self.shopts);
        if on {
            set.remove(mark);
        } else {
            set.insert(mark);
        }
    }

    /// Sets an option by its letter.
    pub(in crate::shell) fn set_option_letter(&mut self, letter: char, on: bool) -> bool {
        let name = NAMES.iter().find(|(_, l)| *l == Some(letter)).map(|(n, _)| *n);
        match name {
            Some(name) => self.set_option_name(name, on),
            None => false,
        }
    }

    /// `test -o name`
    pub(in crate::shell) fn option_is_on(&mut self, name: &str) -> bool {
        match name {
            "emacs" | "history" | "histexpand" if self.shopts.contains(name) => true,
            "emacs" | "history" | "histexpand" => {
                let off = format!("no {name}");
                self.interactive
                    && self.kind == ShellKind::Bash
                    && !self.shopts.iter().any(|mark| *mark == off)
            }
            "interactive" => self.interactive,
            "stdin" => self.opts.stdin,
            "braceexpand" | "hashall" | "interactive-comments" => {
                let off = format!("no {name}");
                self.kind == ShellKind::Bash && !self.shopts.iter().any(|mark| *mark == off)
            }
            _ => match self.option(name) {
                Some(option) => *option,
                None => self.shopts.contains(name),
            },
        }
    }

    /// The options of `set` that are on: `$SHELLOPTS`.
    pub(in crate::shell) fn option_names(&mut self) -> String {
        let on: Vec<&str> = NAMES.iter().map(|(n, _)| *n).filter(|n| self.option_is_on(n)).collect();
        on.join(":")
    }

    /// `set -o`: all options and whether they are on.
    fn show_options(&mut self) {
        let names: Vec<&str> = match self.kind {
            ShellKind::Bash => NAMES.iter().map(|(n, _)| *n).collect(),
            ShellKind::Dash => DASH_NAMES.to_vec(),
            ShellKind::Ash => ASH_NAMES.to_vec(),
        };
        if self.kind == ShellKind::Dash {
            self.print("Current option settings\n");
        }
        for name in names {
            let state = if self.option_is_on(name) { "on" } else { "off" };
            self.print(match self.kind {
                ShellKind::Bash => format!("{name:<15}\t{state}\n"),
                _ => format!("{name:<16}{state}\n"),
            });
        }
    }

    /// `set +o`: the commands that make the options what they are.
    fn show_option_commands(&mut self) {
        for (name, _) in NAMES {
            let sign = if self.option_is_on(name) { '-' } else { '+' };
            self.print(format!("set {sign}o {name}\n"));
        }
    }
}

pub(super) fn set(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    if words.len() == 1 {
        let text = super::declare::listing(shell, sys);
        shell.print(text);
        return Done::Status(0);
    }
    let mut i = 1;
    while let Some(word) = words.get(i) {
        let on = word.starts_with('-');
        let Some(letters) = word.strip_prefix(['-', '+']) else { break };
        i += 1;
        if word == "--" {
            shell.params = Rc::new(words[i..].to_vec());
            return Done::Status(0);
        }
        if letters.is_empty() {
            shell.opts.xtrace = false;
            shell.opts.verbose = false;
            break;
        }
        for letter in letters.chars() {
            if letter == 'o' {
                let Some(name) = words.get(i).cloned() else {
                    if on {
                        shell.show_options();
                    } else {
                        shell.show_option_commands();
                    }
                    return Done::Status(0);
                };
                i += 1;
                if !shell.set_option_name(&name, on) {
                    let message = match shell.kind {
                        ShellKind::Bash => format!("{name}: invalid option name"),
                        ShellKind::Dash => format!("Illegal option -o {name}"),
                        ShellKind::Ash => format!("illegal option -o {name}"),
                    };
                    shell.builtin_error("set", message);
                    return if shell.kind == ShellKind::Ash { Done::Status(1) } else { fails(shell) };
                }
            } else if !shell.set_option_letter(letter, on) {
                let sign = if on { '-' } else { '+' };
                let message = match shell.kind {
                    ShellKind::Bash => format!(
                        "{sign}{letter}: invalid option\nset: usage: set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]"
                    ),
                    ShellKind::Dash => format!("Illegal option {sign}{letter}"),
                    ShellKind::Ash => format!("illegal option {sign}{letter}"),
                };
                shell.builtin_error("set", message);
                return fails(shell);
            }
        }
    }
    if i < words.len() {
        shell.params = Rc::new(words[i..].to_vec());
    }
    Done::Status(0)
}

/// The number under which a trap is kept.
fn trap_number(name: &str) -> Option<u8> {
    match name {
        "EXIT" | "0" => Some(0),
        "ERR" => Some(ERR),
        "DEBUG" => Some(DEBUG),
        "RETURN" => Some(RETURN),
        _ => Signal::parse(name).map(|s| s.0),
    }
}

fn trap_name(number: u8, bash: bool) -> String {
    match number {
        0 => "EXIT".to_string(),
        ERR => "ERR".to_string(),
        DEBUG => "DEBUG".to_string(),
        RETURN => "RETURN".to_string(),
        n => {
            let name = Signal(n).name().unwrap_or("?");
            if bash { format!("SIG{name}") } else { name.to_string() }
        }
    }
}

pub(super) fn trap(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut args = &words[1..];
    if args.first().is_some_and(|a| a == "-l") {
        return super::process::list_signals(shell);
    }
    if let Some(flag) = args.first().filter(|a| {
        a.len() > 1
            && a.starts_with('-')
            && !matches!(a.as_str(), "--" | "-p")
            && shell.kind == ShellKind::Bash
    }) {
        let letter = flag.chars().nth(1).unwrap_or('-');
        super::declare::illegal_option(shell, "trap", letter, "[-lp] [[arg] signal_spec ...]");
        return Done::Status(2);
    }
    let print = args.first().is_some_and(|a| a == "-p");
    if print || args.first().is_some_and(|a| a == "--") {
        args = &args[1..];
    }
    if args.is_empty() || print {
        let bash = shell.kind == ShellKind::Bash;
        let lines: Vec<String> = shell
            .traps
            .iter()
            .filter(|(n, _)| args.is_empty() || args.iter().any(|a| trap_number(a) == Some(**n)))
            .map(|(n, action)| format!("trap -- {} {}\n", quote(action), trap_name(*n, bash)))
            .collect();
        shell.print(lines.concat());
        return Done::Status(0);
    }
    let (action, names) = if args.len() == 1 || args[0].parse::<u8>().is_ok() {
        (None, args)
    } else {
        (Some(args[0].clone()).filter(|a| a != "-"), &args[1..])
    };
    let mut status = 0;
    for name in names {
        let Some(number) = trap_number(name) else {
            match shell.kind {
                ShellKind::Dash => shell.eprint(format!("trap: {name}: bad trap\n")),
                _ => shell.builtin_error("trap", format!("{name}: invalid signal specification")),
            }
            status = 1;
            continue;
        };
        let signal = Signal(number);
        let real = (1..65).contains(&number);
        match &action {
            None => {
                Rc::make_mut(&mut shell.traps).remove(&number);
                if real && !shell.interactive {
                    sys.default_signal(signal);
                }
            }
            Some(text) => {
                if number == RETURN && shell.set_return_trap(text) {
                    continue;
                }
                Rc::make_mut(&mut shell.traps).insert(number, text.clone());
                if real {
                    if text.is_empty() {
                        sys.ignore(signal);
                    } else {
                        sys.catch(signal);
                    }
                }
            }
        }
    }
    Done::Status(status)
}

pub(super) fn alias(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let bash = shell.kind == ShellKind::Bash;
    let show = |name: &str, text: &str| {
        if bash { format!("alias {name}={}\n", quote(text)) } else { format!("{name}={}\n", quote(text)) }
    };
    if let Some(flag) =
        words.get(1).filter(|w| bash && w.len() > 1 && w.starts_with('-') && *w != "-p" && *w != "--")
    {
        let letter = flag.chars().nth(1).unwrap_or('-');
        super::declare::illegal_option(shell, "alias", letter, "[-p] [name[=value] ... ]");
        return Done::Status(2);
    }
    let args = if words.get(1).is_some_and(|w| w == "-p" || (w == "--" && bash)) {
        &words[2..]
    } else {
        &words[1..]
    };
    if args.is_empty() {
        let lines: Vec<String> = shell.aliases.iter().map(|(n, t)| show(n, t)).collect();
        shell.print(lines.concat());
        return Done::Status(0);
    }
    let mut status = 0;
    for word in args {
        match word.split_once('=') {
            Some((name, _)) if bash && name.contains(|c: char| " \t\n/$`='\"&|;()<>\\".contains(c)) => {
                shell.builtin_error("alias", format!("`{name}': invalid alias name"));
                status = 1;
            }
            Some((name, text)) if !name.is_empty() => {
                Rc::make_mut(&mut shell.aliases).insert(name.to_string(), text.to_string());
            }
            _ => match shell.aliases.get(word) {
                Some(text) => {
                    let line = show(word, text);
                    shell.print(line);
                }
                None => {
                    match shell.kind {
                        ShellKind::Bash => shell.builtin_error("alias", format!("{word}: not found")),
                        _ => shell.eprint(format!("alias: {word} not found\n")),
                    }
                    status = 1;
                }
            },
        }
    }
    Done::Status(status)
}

pub(super) fn unalias(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut status = 0;
    for word in &words[1..] {
        if word == "-a" {
            shell.aliases = Rc::default();
        } else if Rc::make_mut(&mut shell.aliases).remove(word).is_none() {
            match shell.kind {
                ShellKind::Bash => shell.builtin_error("unalias", format!("{word}: not found")),
                _ => shell.eprint(format!("unalias: {word} not found\n")),
            }
            status = 1;
        }
    }
    Done::Status(status)
}

pub(super) fn getopts(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let (Some(spec), Some(name)) = (words.get(1).cloned(), words.get(2).cloned()) else {
        match shell.kind {
            ShellKind::Bash => shell.eprint("getopts: usage: getopts optstring name [arg ...]\n"),
            ShellKind::Dash => shell.builtin_error("getopts", "Usage: getopts optstring var [arg...]"),
            ShellKind::Ash => shell.builtin_error("getopts", "usage: getopts optstring var [arg]"),
        }
        return Done::Status(2);
    };
    if shell.kind == ShellKind::Bash && !crate::shell::is_name(&name) {
        shell.builtin_error("getopts", format!("`{name}': not a valid identifier"));
        return Done::Status(1);
    }
    let args: Vec<String> = if words.len() > 3 { words[3..].to_vec() } else { shell.params.to_vec() };
    let silent = shell.kind == ShellKind::Bash && shell.vars.text("OPTERR") == Some("0");
    let quiet = spec.starts_with(':');
    let mut index: usize = shell.vars.text("OPTIND").and_then(|o| o.parse().ok()).unwrap_or(1);
    if index == 0 {
        index = 1;
    }
    if index == 1
        && shell.getopts_at > 0
        && args.first().is_none_or(|a| a.chars().nth(shell.getopts_at).is_none())
    {
        shell.getopts_at = 0;
    }
    let word = args.get(index - 1).cloned().unwrap_or_default();
    if shell.getopts_at == 0 {
        if !word.starts_with('-') || word == "-" || word == "--" {
            if word == "--" {
                shell.assign("OPTIND", (index + 1).to_string());
            }
            shell.assign(&name, "?");
            let _unset = shell.vars.unset("OPTARG");
            return Done::Status(1);
        }
        shell.getopts_at = 1;
    }
    let letter = word.chars().nth(shell.getopts_at).unwrap_or('?');
    shell.getopts_at += 1;
    let at_end = word.chars().nth(shell.getopts_at).is_none();
    let known = spec.find(letter).filter(|_| letter != ':');
    let takes = known.is_some_and(|p| spec[p + letter.len_utf8()..].starts_with(':'));
    let mut result = letter.to_string();
    let mut argument = None;
    if known.is_none() {
        result = "?".to_string();
        if quiet {
            argument = Some(letter.to_string());
        } else {
            let text = match shell.kind {
                ShellKind::Bash => format!("{}: illegal option -- {letter}\n", shell.arg0),
                _ => format!("Illegal option -{letter}\n"),
            };
            if !silent {
                shell.eprint(text);
            }
        }
    }
    if takes {
        if !at_end {
            argument = Some(word.chars().skip(shell.getopts_at).collect());
        } else {
            index += 1;
            match args.get(index - 1) {
                Some(value) => argument = Some(value.clone()),
                None if quiet => {
                    index -= 1;
                    result = ":".to_string();
                    argument = Some(letter.to_string());
                }
                None => {
                    index -= 1;
                    result = "?".to_string();
                    let text = match shell.kind {
                        ShellKind::Bash => {
                            format!("{}: option requires an argument -- {letter}\n", shell.arg0)
                        }
                        _ => format!("No arg for -{letter} option\n"),
                    };
                    if !silent {
                        shell.eprint(text);
                    }
                }
            }
        }
    }
    if takes || at_end {
        index += 1;
        shell.getopts_at = 0;
    }
    shell.assign("OPTIND", index.to_string());
    match argument {
        Some(value) => {
            shell.assign("OPTARG", value);
        }
        None => {
            let _unset = shell.vars.unset("OPTARG");
        }
    }
    shell.assign(&name, result);
    Done::Status(0)
}
