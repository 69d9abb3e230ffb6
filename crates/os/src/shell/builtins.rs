//! The builtins: the list, and those that steer the shell. Others are in the files below.

mod complete;
pub(super) mod declare;
mod describe;
mod directories;
mod editing;
mod export;
mod limits;
mod options;
mod process;
mod read;
mod shopt;

use std::rc::Rc;

use crate::{
    kernel::{ShellKind, Sys},
    program::Wait,
    shell::{Shell, code::Simple, vm::FrameKind},
};

/// What a builtin came to.
pub(super) enum Done {
    Status(i32),
    /// Not yet done.
    Wait(Pending, Wait),
    /// Runs this text, which messages call by the name.
    Source(String, FrameKind, String),
    /// `break` (false) or `continue` (true) of so many loops.
    Break(usize, bool),
    /// Leaves all loops with a status, after an error.
    BreakAll(i32),
    Return(i32),
    Exit(i32),
    /// `exec` without command: the redirections stay.
    KeepRedirects(i32),
    Exec(Vec<String>, Exec),
    /// `command` and `builtin`: runs these words without functions; with the file, where it was looked up already.
    Command(Vec<String>, Option<String>),
    /// `fg`
    Foreground(usize),
}

/// How `exec` starts a program.
#[derive(Default)]
pub(super) struct Exec {
    /// `-c`: without environment.
    pub clean: bool,
    /// `-l`: as a login shell, with `-` before its name.
    pub login: bool,
    /// `-a`: the name it is told it was called by.
    pub name: Option<String>,
}

/// The state of a builtin that waits.
#[derive(Clone, Debug)]
pub(super) enum Pending {
    Read(read::Read),
    Wait(process::Waits),
    MapFile(read::MapFile),
}

/// The code of a builtin.
pub(super) type Builtin = fn(&mut Shell, &mut Sys<'_>, &[String], &Rc<Simple>) -> Done;

/// Goes on with a builtin that waited.
pub(super) fn resume(shell: &mut Shell, sys: &mut Sys<'_>, state: Pending) -> Done {
    match state {
        Pending::Read(read) => read.go_on(shell, sys),
        Pending::Wait(waits) => waits.go_on(shell, sys),
        Pending::MapFile(map) => map.go_on(shell, sys),
    }
}

/// POSIX special builtins: found before functions, and their errors end a shell.
pub(super) fn is_special(name: &str) -> bool {
    matches!(
        name,
        ":" | "."
            | "break"
            | "continue"
            | "eval"
            | "exec"
            | "exit"
            | "export"
            | "readonly"
            | "return"
            | "set"
            | "shift"
            | "times"
            | "trap"
            | "unset"
    )
}

/// All builtins: name, whether bash alone has it, code.
const BUILTINS: &[(&str, bool, Builtin)] = &[
    (".", false, source),
    (":", false, |_, _, _, _| Done::Status(0)),
    ("[", false, test),
    ("alias", false, options::alias),
    ("bg", false, process::bg),
    ("bind", true, editing::bind),
    ("break", false, leave),
    ("builtin", true, describe::builtin),
    ("caller", true, describe::caller),
    ("cd", false, directories::cd),
    ("command", false, describe::command),
    ("compgen", true, complete::compgen),
    ("complete", true, complete::complete),
    ("compopt", true, complete::compopt),
    ("continue", false, leave),
    ("declare", true, declare::declare),
    ("dirs", true, directories::dirs),
    ("disown", true, process::disown),
    ("echo", false, echo),
    ("enable", true, describe::enable),
    ("eval", false, eval),
    ("exec", false, exec),
    ("exit", false, exit),
    ("export", false, export::export),
    ("false", false, |_, _, _, _| Done::Status(1)),
    ("fc", true, editing::fc),
    ("fg", false, process::fg),
    ("getopts", false, options::getopts),
    ("hash", false, describe::hash),
    ("help", true, describe::help),
    ("history", false, editing::history),
    ("jobs", false, process::jobs),
    ("kill", false, process::kill),
    ("let", false, let_),
    ("local", false, declare::declare),
    ("logout", true, logout),
    ("mapfile", true, read::mapfile),
    ("popd", true, directories::popd),
    ("printf", false, printf),
    ("pushd", true, directories::pushd),
    ("pwd", false, directories::pwd),
    ("read", false, read::read),
    ("readarray", true, read::mapfile),
    ("readonly", false, export::export),
    ("return", false, return_),
    ("set", false, options::set),
    ("shift", false, shift),
    ("shopt", true, shopt::shopt),
    ("source", false, source),
    ("suspend", true, describe::suspend),
    ("test", false, test),
    ("times", false, times),
    ("trap", false, options::trap),
    ("true", false, |_, _, _, _| Done::Status(0)),
    ("type", false, describe::type_),
    ("typeset", true, declare::declare),
    ("ulimit", false, limits::ulimit),
    ("umask", false, process::umask),
    ("unalias", false, options::unalias),
    ("unset", false, export::unset),
    ("wait", false, process::wait),
];

/// The builtin of that name in this shell.
pub(super) fn find(name: &str, kind: ShellKind) -> Option<Builtin> {
    let (_, bash_only, code) = BUILTINS.iter().find(|(n, _, _)| *n == name)?;
    let dash_lacks = kind == ShellKind::Dash && matches!(name, "source" | "let" | "history");
    if (*bash_only && kind != ShellKind::Bash) || dash_lacks { None } else { Some(*code) }
}

/// Names of builtins, for completion.
pub(super) fn names(kind: ShellKind) -> impl Iterator<Item = &'static str> {
    BUILTINS.iter().map(|(n, _, _)| *n).filter(move |n| find(n, kind).is_some())
}

fn echo(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut words = std::borrow::Cow::Borrowed(words);
    if shell.kind == ShellKind::Dash {
        // It knows no hexadecimal, Unicode or escape characters.
        for word in words.to_mut().iter_mut().filter(|w| w.contains('\\')) {
            let mut out = String::new();
            let mut chars = word.chars().peekable();
            while let Some(c) = chars.next() {
                out.push(c);
                match chars.peek() {
                    Some('\\') if c == '\\' => out.extend(chars.next()),
                    Some('x' | 'e' | 'E' | 'u' | 'U') if c == '\\' => out.push(c),
                    _ => {}
                }
            }
            *word = out;
        }
    }
    let out = crate::bin::echo::render(&words[1..], shell.kind == ShellKind::Dash || shell.opts.xpg_echo);
    shell.print(out);
    Done::Status(0)
}

fn printf(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut args = &words[1..];
    let mut into = None;
    if shell.kind == ShellKind::Bash && args.len() >= 2 && args[0] == "-v" {
        into = Some(args[1].clone());
        args = &args[2..];
    }
    if args.first().is_some_and(|a| a == "--") {
        args = &args[1..];
    }
    if let Some(name) = &into
        && !crate::shell::is_name(name.split('[').next().unwrap_or(""))
    {
        shell.builtin_error("printf", format!("`{name}': not a valid identifier"));
        return Done::Status(2);
    }
    let Some(format) = args.first() else {
        match shell.kind {
            ShellKind::Bash => shell.eprint("printf: usage: printf [-v var] format [arguments]\n"),
            ShellKind::Dash => shell.builtin_error("printf", "usage: printf format [arg ...]"),
            ShellKind::Ash => shell.tool_error("printf", "usage: printf FORMAT [ARGUMENT...]"),
        }
        return Done::Status(2);
    };
    let dialect = match shell.kind {
        ShellKind::Bash => crate::text::printf::Dialect::Gnu,
        ShellKind::Dash => crate::text::printf::Dialect::Dash,
        ShellKind::Ash => crate::text::printf::Dialect::BusyBox,
    };
    let result = crate::text::printf::format_as(dialect, format, &args[1..], sys.now());
    match into {
        Some(name) => {
            let text = String::from_utf8_lossy(&result.out).into_owned();
            match name.strip_suffix(']').and_then(|n| n.split_once('[')) {
                Some((base, key)) => {
                    let set = shell.vars.set_element(base, key, text);
                    shell.report_readonly(set);
                }
                None => {
                    shell.assign(&name, text);
                }
            }
        }
        None => shell.print(result.out),
    }
    for error in &result.errors {
        shell.tool_error("printf", error.builtin_message(dialect));
    }
    let directive =
        |t: &crate::text::printf::Trouble| matches!(t, crate::text::printf::Trouble::Directive(..));
    if shell.kind == ShellKind::Dash && result.errors.iter().any(directive) {
        return Done::Status(2);
    }
    Done::Status(i32::from(!result.errors.is_empty()))
}

fn test(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut args = &words[1..];
    if words[0] == "[" {
        match args.last() {
            Some(last) if last == "]" => args = &args[..args.len() - 1],
            _ => {
                let missing = if shell.kind == ShellKind::Bash { "missing `]'" } else { "missing ]" };
                shell.tool_error("[", missing);
                return Done::Status(2);
            }
        }
    }
    if let [op, name] = args {
        if op == "-v" && shell.kind == ShellKind::Bash {
            return Done::Status(i32::from(!shell.is_set(name)));
        }
        if op == "-o" {
            return Done::Status(i32::from(!shell.option_is_on(name)));
        }
    }
    match crate::bin::test::evaluate(sys, args, shell.kind) {
        Ok(true) => Done::Status(0),
        Ok(false) => Done::Status(1),
        Err(message) => {
            shell.tool_error(&words[0], message);
            Done::Status(2)
        }
    }
}

fn eval(_: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    if words.len() < 2 {
        return Done::Status(0);
    }
    Done::Source(words[1..].join(" "), FrameKind::Eval, "eval".to_string())
}

fn source(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let Some(name) = words.get(1) else {
        if shell.kind == ShellKind::Bash {
            shell.builtin_error(&words[0], "filename argument required");
            shell.eprint(format!("{0}: usage: {0} filename [arguments]\n", words[0]));
        }
        return Done::Status(if shell.kind == ShellKind::Dash { 0 } else { 2 });
    };
    let mut path = name.clone();
    if !name.contains('/') {
        let search = shell.vars.text("PATH").unwrap_or("").to_string();
        let found =
            search.split(':').map(|d| format!("{d}/{name}")).find(|f| sys.stat(f).is_ok_and(|s| s.is_file()));
        if let Some(file) = found {
            path = file;
        } else if shell.kind == ShellKind::Dash {
            shell.builtin_error(".", format!("{name}: not found"));
            return if shell.interactive { Done::Status(2) } else { Done::Exit(2) };
        }
    }
    match sys.vfs().read_text(&path) {
        Ok(text) => {
            let params =
                (words.len() > 2).then(|| std::mem::replace(&mut shell.params, Rc::new(words[2..].to_vec())));
            Done::Source(text, FrameKind::Source(params), path)
        }
        Err(e) => {
            match shell.kind {
                ShellKind::Bash => shell.error(format!("{name}: {e}")),
                ShellKind::Dash => shell.builtin_error(".", format!("cannot open {name}: No such file")),
                ShellKind::Ash => shell.builtin_error(".", format!("can't open '{name}': {e}")),
            }
            if shell.kind == ShellKind::Bash || shell.interactive { Done::Status(1) } else { Done::Exit(2) }
        }
    }
}

fn exec(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut args = &words[1..];
    let mut call = Exec::default();
    while let Some(flags) = args.first().and_then(|a| a.strip_prefix('-')).filter(|f| !f.is_empty()) {
        if shell.kind != ShellKind::Bash && flags != "-" {
            break;
        }
        args = &args[1..];
        if flags == "-" {
            break;
        }
        for flag in flags.chars() {
            match flag {
                'c' => call.clean = true,
                'l' => call.login = true,
                'a' => {
                    call.name = args.first().cloned();
                    args = args.get(1..).unwrap_or_default();
                }
                _ => {
                    let usage = "[-cl] [-a name] [command [argument ...]] [redirection ...]";
                    declare::illegal_option(shell, "exec", flag, usage);
                    return Done::Status(2);
                }
            }
        }
    }
    if args.is_empty() { Done::KeepRedirects(0) } else { Done::Exec(args.to_vec(), call) }
}

fn logout(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], simple: &Rc<Simple>) -> Done {
    if !shell.login {
        shell.builtin_error("logout", "not login shell: use `exit'");
        return Done::Status(1);
    }
    exit(shell, sys, words, simple)
}

/// A number given as an argument. What is none is reported; Err says whether that ends the shell.
fn number_argument(shell: &mut Shell, words: &[String]) -> Result<Option<i64>, bool> {
    let Some(text) = words.get(1) else { return Ok(None) };
    let bash = shell.kind == ShellKind::Bash;
    match text.parse::<i64>() {
        Ok(n) if bash || (n >= 0 && !text.starts_with('+')) => Ok(Some(n)),
        _ => {
            let message = if bash {
                format!("{text}: numeric argument required")
            } else {
                format!("Illegal number: {text}")
            };
            shell.builtin_error(&words[0], message);
            Err(!bash && !shell.interactive)
        }
    }
}

/// bash takes one argument where it takes a number.
fn too_many(shell: &mut Shell, words: &[String]) -> bool {
    let too_many = words.len() > 2 && shell.kind == ShellKind::Bash;
    if too_many {
        shell.builtin_error(&words[0], "too many arguments");
    }
    too_many
}

fn exit(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    if shell.interactive && shell.kind == ShellKind::Bash {
        shell.eprint(if shell.login { "logout\n" } else { "exit\n" });
    }
    match number_argument(shell, words) {
        Ok(_) if too_many(shell, words) => {
            if shell.interactive {
                Done::Status(1)
            } else {
                Done::Exit(1)
            }
        }
        Ok(code) => Done::Exit(code.map_or(shell.status, |n| (n & 255) as i32)),
        Err(_) => Done::Exit(2),
    }
}

fn return_(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    match number_argument(shell, words) {
        // dash keeps the whole number.
        Ok(Some(n)) if shell.kind == ShellKind::Dash => Done::Return(n as i32),
        Ok(code) => Done::Return(code.map_or(shell.status, |n| (n & 255) as i32)),
        Err(true) => Done::Exit(2),
        Err(false) => Done::Return(2),
    }
}

fn leave(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let name = words[0].clone();
    let bash = shell.kind == ShellKind::Bash;
    if shell.loop_depth() == 0 {
        if let (false, Some(word)) = (bash, words.get(1))
            && !word.parse::<i64>().is_ok_and(|n| n > 0)
        {
            shell.builtin_error(&name, format!("Illegal number: {word}"));
            return declare::fails(shell);
        }
        if bash {
            shell.builtin_error(&name, "only meaningful in a `for', `while', or `until' loop");
        }
        return Done::Status(0);
    }
    match number_argument(shell, words) {
        Ok(None) => Done::Break(1, name == "continue"),
        Ok(Some(n)) if n > 0 => Done::Break(n as usize, name == "continue"),
        Ok(Some(n)) if bash => {
            shell.builtin_error(&name, format!("{n}: loop count out of range"));
            Done::BreakAll(1)
        }
        Ok(Some(n)) => {
            shell.builtin_error(&name, format!("Illegal number: {n}"));
            declare::fails(shell)
        }
        Err(_) if bash && !shell.interactive => Done::Exit(128),
        Err(_) => declare::fails(shell),
    }
}

fn shift(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    if words.len() > 2 && words[1].parse::<i64>().is_ok() && too_many(shell, words) {
        return if shell.interactive { Done::Status(1) } else { Done::Exit(1) };
    }
    let n = match number_argument(shell, words) {
        Ok(n) => n.unwrap_or(1),
        Err(true) => return Done::Exit(2),
        Err(false) => return Done::Status(1),
    };
    if n < 0 {
        shell.builtin_error("shift", format!("{n}: shift count out of range"));
        return Done::Status(1);
    }
    if n as usize > shell.params.len() {
        if shell.kind == ShellKind::Dash {
            shell.builtin_error("shift", "can't shift that many");
            return declare::fails(shell);
        }
        if shell.kind == ShellKind::Bash && shell.shopt_on("shift_verbose") {
            shell.builtin_error("shift", format!("{n}: shift count out of range"));
        }
        return Done::Status(1);
    }
    Rc::make_mut(&mut shell.params).drain(..n as usize);
    Done::Status(0)
}

fn let_(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut last = 0;
    if words.len() < 2 && shell.kind == ShellKind::Bash {
        shell.builtin_error("let", "expression expected");
        return Done::Status(1);
    }
    for expression in &words[1..] {
        match shell.arith(sys, expression) {
            Ok(n) => last = n,
            Err(crate::shell::expand::Stop::Fatal(message)) => {
                shell.builtin_error("let", message);
                return Done::Status(1);
            }
            Err(_) => return Done::Status(1),
        }
    }
    Done::Status(i32::from(last == 0))
}

/// Whether the name is a reserved word.
pub(super) fn is_reserved(name: &str) -> bool {
    is_keyword(name)
}

fn is_keyword(name: &str) -> bool {
    matches!(
        name,
        "if" | "then"
            | "elif"
            | "else"
            | "fi"
            | "for"
            | "while"
            | "until"
            | "do"
            | "done"
            | "case"
            | "esac"
            | "in"
            | "{"
            | "}"
            | "!"
            | "[["
            | "]]"
            | "function"
            | "time"
            | "select"
            | "coproc"
    )
}

fn times(shell: &mut Shell, sys: &mut Sys<'_>, _: &[String], _: &Rc<Simple>) -> Done {
    let (own, children) = sys.cpu_times();
    let show = |us: u64| format!("{}m{}.{:03}s", us / 60_000_000, us / 1_000_000 % 60, us / 1_000 % 1_000);
    shell.print(format!("{} 0m0.000s\n{} 0m0.000s\n", show(own), show(children)));
    Done::Status(0)
}
