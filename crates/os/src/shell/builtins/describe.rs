//! What a name means: `type`, `command`, `builtin`, `hash`, `enable`, `help`, `caller`.

use std::rc::Rc;

use crate::{
    errno::Errno,
    kernel::{ShellKind, Sys},
    shell::{
        Hashed, Shell,
        builtins::{BUILTINS, Done, declare::illegal_option, find, is_keyword, is_special, names},
        code::Simple,
        print,
    },
};

/// The PATH of `command -p`.
const STANDARD_PATH: &str = "/bin:/usr/bin:/sbin:/usr/sbin:/etc:/usr/etc";

impl Shell {
    /// Forgets where programs were found when PATH is another one.
    fn check_hash(&mut self) {
        let path = self.vars.text("PATH").unwrap_or("");
        if path != &*self.hashed_path {
            self.hashed_path = path.into();
            self.hashed = Rc::default();
        }
    }

    /// Looks a program up in PATH, remembering where it was found.
    ///
    /// # Errors
    /// ENOENT when there is none, EACCES when it may not be run.
    pub(in crate::shell) fn lookup(&mut self, sys: &mut Sys<'_>, name: &str) -> Result<String, Errno> {
        self.check_hash();
        if let Some(known) = self.hashed.get(name) {
            let path = known.path.clone();
            // What is gone is looked for again, as an interactive bash does.
            if sys.stat(&path).is_ok() {
                if let Some(known) = Rc::make_mut(&mut self.hashed).get_mut(name) {
                    known.hits = known.hits.saturating_add(1);
                }
                return Ok(path);
            }
        }
        let search = self.vars.text("PATH").unwrap_or("").to_string();
        let path = sys.find_program(name, &search)?;
        if !name.contains('/') && path.starts_with('/') {
            let entry = Hashed { path: path.clone(), hits: 1 };
            Rc::make_mut(&mut self.hashed).insert(name.to_string(), entry);
        }
        Ok(path)
    }

    /// The remembered place of a program, if PATH is still the same.
    fn hashed_place(&mut self, name: &str) -> Option<String> {
        self.check_hash();
        self.hashed.get(name).map(|h| h.path.clone())
    }
}

/// How `type` describes a name.
#[derive(Clone, Copy, Default)]
struct How {
    /// `-t`: one word.
    word: bool,
    /// `-p`: files only, and nothing where the name is something else.
    path: bool,
    /// `-P`: files, whatever else the name is.
    force: bool,
    /// `-a`: everything.
    all: bool,
    /// `-f`: no functions.
    no_functions: bool,
    /// `command -v`
    brief: bool,
}

/// Describes a name; false when it means nothing.
fn describe(shell: &mut Shell, sys: &mut Sys<'_>, name: &str, how: How) -> bool {
    let bash = shell.kind == ShellKind::Bash;
    let mut found = false;
    let mut say = |shell: &mut Shell, kind: &str, brief: String, line: String| {
        found = true;
        let text = match (how.word, how.path, how.brief) {
            (true, ..) => kind.to_string(),
            (_, true, _) => return,
            (_, _, true) => brief,
            _ => line,
        };
        shell.print(format!("{text}\n"));
    };
    if !how.force {
        if let Some(text) = shell.live_aliases().get(name) {
            let brief = format!("alias {name}={}", crate::shell::quote(text));
            let line = if bash {
                format!("{name} is aliased to `{text}'")
            } else {
                format!("{name} is an alias for {text}")
            };
            say(shell, "alias", brief, line);
            if !how.all {
                return true;
            }
        }
        if is_keyword(name) {
            say(shell, "keyword", name.to_string(), format!("{name} is a shell keyword"));
            if !how.all {
                return true;
            }
        }
        if let Some(text) =
            shell.functions.get(name).filter(|_| !how.no_functions).map(|f| f.code.text.clone())
        {
            let line = match shell.kind {
                ShellKind::Bash => format!("{name} is a function\n{}", print::function(name, &text)),
                ShellKind::Dash => format!("{name} is a shell function"),
                ShellKind::Ash => format!("{name} is a function"),
            };
            say(shell, "function", name.to_string(), line);
            if !how.all {
                return true;
            }
        }
        if shell.builtin(name).is_some() {
            let special = if is_special(name) && !bash { "special " } else { "" };
            say(shell, "builtin", name.to_string(), format!("{name} is a {special}shell builtin"));
            if !how.all {
                return true;
            }
        }
    }
    let files = if how.path || how.force || how.all || name.contains('/') {
        None
    } else {
        shell.hashed_place(name).filter(|_| !how.brief || !bash)
    };
    if let Some(path) = files {
        let line = match shell.kind {
            ShellKind::Bash => format!("{name} is hashed ({path})"),
            ShellKind::Dash => format!("{name} is a tracked alias for {path}"),
            ShellKind::Ash => format!("{name} is {path}"),
        };
        say(shell, "file", path, line);
        return true;
    }
    for path in shell.places(sys, name, how.all) {
        found = true;
        shell.print(match (how.word, how.path || how.force || how.brief) {
            (true, _) => "file\n".to_string(),
            (_, true) => format!("{path}\n"),
            _ => format!("{name} is {path}\n"),
        });
    }
    found
}

impl Shell {
    /// The files in PATH of that name: the first, or all.
    fn places(&mut self, sys: &mut Sys<'_>, name: &str, all: bool) -> Vec<String> {
        let search = self.vars.text("PATH").unwrap_or("").to_string();
        if !all || name.contains('/') {
            return sys.find_program(name, &search).into_iter().collect();
        }
        search.split(':').filter_map(|dir| sys.find_program(name, dir).ok()).collect()
    }
}

pub(super) fn type_(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut args = &words[1..];
    let mut how = How::default();
    let bash = shell.kind == ShellKind::Bash;
    while bash && let Some(flags) = args.first().and_then(|a| a.strip_prefix('-')) {
        args = &args[1..];
        if flags == "-" || flags.is_empty() {
            break;
        }
        for flag in flags.chars() {
            match flag {
                't' => how.word = true,
                'p' => how.path = true,
                'P' => how.force = true,
                'a' => how.all = true,
                'f' => how.no_functions = true,
                _ => {
                    illegal_option(shell, "type", flag, "[-afptP] name [name ...]");
                    return Done::Status(2);
                }
            }
        }
    }
    let mut status = 0;
    for name in args {
        if !describe(shell, sys, name, how) {
            status = if bash { 1 } else { 127 };
            if !how.word && !how.path && !how.force {
                not_found(shell, "type", name);
            }
        }
    }
    Done::Status(status)
}

fn not_found(shell: &mut Shell, builtin: &str, name: &str) {
    match shell.kind {
        ShellKind::Bash => shell.builtin_error(builtin, format!("{name}: not found")),
        _ => shell.print(format!("{name}: not found\n")),
    }
}

pub(super) fn command(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut args = &words[1..];
    let mut how: Option<bool> = None;
    let mut standard = false;
    while let Some(flags) = args.first().and_then(|a| a.strip_prefix('-')).filter(|f| !f.is_empty()) {
        args = &args[1..];
        if flags == "-" {
            break;
        }
        for flag in flags.chars() {
            match flag {
                'v' => how = Some(true),
                'V' => how = Some(false),
                'p' => standard = true,
                _ => {
                    illegal_option(shell, "command", flag, "[-pVv] command [arg ...]");
                    return Done::Status(2);
                }
            }
        }
    }
    if args.is_empty() {
        return Done::Status(0);
    }
    let Some(brief) = how else {
        if standard
            && shell.builtin(&args[0]).is_none()
            && !args[0].contains('/')
            && let Ok(path) = sys.find_program(&args[0], STANDARD_PATH)
        {
            return Done::Command(args.to_vec(), Some(path));
        }
        return Done::Command(args.to_vec(), None);
    };
    let bash = shell.kind == ShellKind::Bash;
    let mut any = false;
    let mut all = true;
    for name in args {
        let found = if standard && shell.builtin(name).is_none() && brief {
            let place = sys.find_program(name, STANDARD_PATH);
            if let Ok(path) = &place {
                shell.print(format!("{path}\n"));
            }
            place.is_ok()
        } else {
            describe(shell, sys, name, How { brief, ..How::default() })
        };
        if !found && !brief {
            not_found(shell, "command", name);
        }
        any |= found;
        all &= found;
    }
    Done::Status(match (bash, any, all) {
        (true, true, _) | (false, _, true) => 0,
        (true, ..) => 1,
        _ => 127,
    })
}

pub(super) fn builtin(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut args = &words[1..];
    match args.first().map(String::as_str) {
        Some("--") => args = &args[1..],
        Some(flag) if flag.len() > 1 && flag.starts_with('-') => {
            let letter = flag.chars().nth(1).unwrap_or('-');
            illegal_option(shell, "builtin", letter, "[shell-builtin [arg ...]]");
            return Done::Status(2);
        }
        _ => {}
    }
    let Some(name) = args.first().cloned() else { return Done::Status(0) };
    if shell.builtin(&name).is_none() {
        shell.builtin_error("builtin", format!("{name}: not a shell builtin"));
        return Done::Status(1);
    }
    Done::Command(args.to_vec(), None)
}

pub(super) fn hash(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    shell.check_hash();
    let bash = shell.kind == ShellKind::Bash;
    let (mut clear, mut forget, mut tell, mut list, mut path) = (false, false, false, false, None);
    let mut args = &words[1..];
    while let Some(flags) = args.first().and_then(|a| a.strip_prefix('-')).filter(|f| !f.is_empty()) {
        args = &args[1..];
        if flags == "-" {
            break;
        }
        for flag in flags.chars() {
            match flag {
                'r' => clear = true,
                'd' if bash => forget = true,
                't' if bash => tell = true,
                'l' if bash => list = true,
                'p' if bash && !args.is_empty() => {
                    path = Some(args[0].clone());
                    args = &args[1..];
                }
                _ => {
                    illegal_option(shell, "hash", flag, "[-lr] [-p pathname] [-dt] [name ...]");
                    return Done::Status(2);
                }
            }
        }
    }
    if clear {
        shell.hashed = Rc::default();
        return Done::Status(0);
    }
    if args.is_empty() {
        show_hashed(shell, list);
        return Done::Status(0);
    }
    let mut status = 0;
    for name in args {
        let known = shell.hashed.get(name).map(|h| h.path.clone());
        if forget || tell {
            match known {
                Some(_) if forget => {
                    Rc::make_mut(&mut shell.hashed).remove(name);
                }
                Some(path) if list => shell.print(format!("builtin hash -p {path} {name}\n")),
                Some(path) if args.len() > 1 => shell.print(format!("{name}\t{path}\n")),
                Some(path) => shell.print(format!("{path}\n")),
                None => {
                    shell.builtin_error("hash", format!("{name}: not found"));
                    status = 1;
                }
            }
            continue;
        }
        if let Some(path) = &path {
            let entry = Hashed { path: path.clone(), hits: 0 };
            Rc::make_mut(&mut shell.hashed).insert(name.clone(), entry);
            continue;
        }
        if shell.builtin(name).is_some() || shell.functions.contains_key(name) {
            continue;
        }
        Rc::make_mut(&mut shell.hashed).remove(name);
        if shell.lookup(sys, name).is_err() {
            shell.builtin_error("hash", format!("{name}: not found"));
            status = 1;
        } else if let Some(known) = Rc::make_mut(&mut shell.hashed).get_mut(name) {
            known.hits = 0;
        }
    }
    Done::Status(status)
}

/// The remembered programs, in the order of bash's table.
fn show_hashed(shell: &mut Shell, list: bool) {
    let bash = shell.kind == ShellKind::Bash;
    if shell.hashed.is_empty() {
        if bash {
            shell.print("hash: hash table empty\n");
        }
        return;
    }
    let mut all: Vec<(u32, String, Hashed)> = shell
        .hashed
        .iter()
        .map(|(n, h)| (crate::shell::vars::bucket(n) & 255, n.clone(), h.clone()))
        .collect();
    collections::StableSort::stable_sort_by_key(all.as_mut_slice(), |(bucket, ..)| *bucket);
    let mut text = String::new();
    if bash && !list {
        text.push_str("hits\tcommand\n");
    }
    for (_, name, Hashed { path, hits }) in all {
        text.push_str(&match (bash, list) {
            (true, true) => format!("builtin hash -p {path} {name}\n"),
            (true, false) => format!("{hits:4}\t{path}\n"),
            _ => format!("{path}\n"),
        });
    }
    shell.print(text);
}

pub(super) fn enable(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let (mut off, mut all, mut special, mut load, mut drop) = (false, false, false, None, false);
    let mut args = &words[1..];
    while let Some(flags) = args.first().and_then(|a| a.strip_prefix('-')).filter(|f| !f.is_empty()) {
        args = &args[1..];
        if flags == "-" {
            break;
        }
        for flag in flags.chars() {
            match flag {
                'n' => off = true,
                'a' => all = true,
                's' => special = true,
                'p' => {}
                'd' => drop = true,
                'f' => {
                    load = args.first().cloned();
                    args = args.get(1..).unwrap_or_default();
                }
                _ => {
                    illegal_option(shell, "enable", flag, "[-a] [-dnps] [-f filename] [name ...]");
                    return Done::Status(2);
                }
            }
        }
    }
    if args.is_empty() {
        let mut text = String::new();
        for (name, ..) in BUILTINS.iter().filter(|(n, ..)| !special || is_special(n) || *n == "source") {
            let on = !shell.disabled.contains(*name);
            if all || on != off {
                text.push_str(&format!("enable {}{name}\n", if on { "" } else { "-n " }));
            }
        }
        shell.print(text);
        return Done::Status(0);
    }
    let mut status = 0;
    for name in args {
        if let Some(file) = &load {
            // Nothing can be loaded into this shell.
            let why = "cannot open shared object file: No such file or directory";
            shell.builtin_error("enable", format!("cannot open shared object {file}: {file}: {why}"));
            return Done::Status(1);
        }
        if find(name, ShellKind::Bash).is_none() {
            shell.builtin_error("enable", format!("{name}: not a shell builtin"));
            status = 1;
        } else if drop {
            shell.builtin_error("enable", format!("{name}: not dynamically loaded"));
            status = 1;
        } else if off {
            Rc::make_mut(&mut shell.disabled).insert(name.clone());
        } else {
            Rc::make_mut(&mut shell.disabled).remove(name);
        }
    }
    Done::Status(status)
}

pub(super) fn caller(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let depth = match words.get(1).map(|w| w.parse::<usize>()) {
        None => None,
        Some(Ok(n)) => Some(n),
        Some(Err(_)) => {
            shell.builtin_error("caller", format!("{}: invalid number", words[1]));
            shell.eprint("caller: usage: caller [expr]\n");
            return Done::Status(2);
        }
    };
    match shell.describe_caller(depth) {
        Some(line) => {
            shell.print(format!("{line}\n"));
            Done::Status(0)
        }
        None => Done::Status(1),
    }
}

pub(super) fn help(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    if let Some(topic) = words.get(1).filter(|t| find(t, shell.kind).is_none() && !is_keyword(t)) {
        let hint = format!("Try `help help' or `man -k {topic}' or `info {topic}'.");
        shell.builtin_error("help", format!("no help topics match `{topic}'.  {hint}"));
        return Done::Status(1);
    }
    let all: Vec<&str> = names(shell.kind).collect();
    shell.print(format!(
        "These shell commands are defined internally.  Type `NAME --help' or `man NAME' for programs.\n\n {}\n",
        all.join(" ")
    ));
    Done::Status(0)
}

/// `suspend`: stops the shell, where it has job control.
pub(super) fn suspend(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let force = words.get(1).is_some_and(|w| w == "-f");
    if !shell.opts.monitor {
        shell.builtin_error("suspend", "cannot suspend: no job control");
        return Done::Status(1);
    }
    if shell.login && !force {
        shell.builtin_error("suspend", "cannot suspend a login shell");
        return Done::Status(1);
    }
    let pid = sys.pid();
    let stopped = sys.kill(pid, crate::signal::Signal::STOP);
    Done::Status(i32::from(stopped.is_err()))
}
