//! Directories: `cd`, `pwd`, `pushd`, `popd`, `dirs`.

use std::rc::Rc;

use crate::{
    errno::Errno,
    fs::normalize,
    kernel::{ShellKind, Sys},
    shell::{Shell, builtins::Done, code::Simple},
};

/// Goes to a directory and keeps PWD and OLDPWD; Err is the error.
fn change(shell: &mut Shell, sys: &mut Sys<'_>, target: &str, physical: bool) -> Result<(), Errno> {
    let pwd = shell.vars.text("PWD").unwrap_or("/").to_string();
    let logical = normalize(&pwd, target);
    let to = if physical { target } else { &logical };
    if sys.chdir(to).is_err() {
        // The logical path may not exist where links lead elsewhere.
        sys.chdir(target)?;
    }
    let new = if physical { sys.cwd().to_string() } else { logical };
    let exported = shell.vars.get("PWD").is_some_and(|v| v.exported);
    shell.assign("OLDPWD", pwd);
    shell.vars.entry("OLDPWD").exported = exported;
    shell.assign("PWD", new);
    Ok(())
}

pub(super) fn cd(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut args = &words[1..];
    let mut physical = false;
    while let Some(flag) =
        args.first().filter(|a| matches!(a.as_str(), "-P" | "-L" | "--" | "-e" | "-Pe" | "-@"))
    {
        physical = flag.starts_with("-P") || (physical && flag == "-e");
        args = &args[1..];
    }
    if let Some(flag) = args.first().filter(|a| a.len() > 1 && a.starts_with('-')) {
        let letter = flag.chars().find(|c| !"-LPe@".contains(*c)).unwrap_or('-');
        super::declare::illegal_option(shell, "cd", letter, "[-L|[-P [-e]] [-@]] [dir]");
        return Done::Status(2);
    }
    if args.len() > 1 && shell.kind == ShellKind::Bash {
        shell.builtin_error("cd", "too many arguments");
        return Done::Status(1);
    }
    let mut show = false;
    let target = match args.first().map(String::as_str) {
        None => match shell.vars.text("HOME") {
            Some(home) => home.to_string(),
            None => {
                if shell.kind == ShellKind::Bash {
                    shell.builtin_error("cd", "HOME not set");
                    return Done::Status(1);
                }
                return Done::Status(0);
            }
        },
        Some("-") => match shell.vars.text("OLDPWD") {
            Some(old) => {
                show = true;
                old.to_string()
            }
            None if shell.kind == ShellKind::Bash => {
                shell.builtin_error("cd", "OLDPWD not set");
                return Done::Status(1);
            }
            None => {
                let pwd = shell.vars.text("PWD").unwrap_or("").to_string();
                shell.print(format!("{pwd}\n"));
                return Done::Status(0);
            }
        },
        Some(dir) => dir.to_string(),
    };
    if target.is_empty() {
        return Done::Status(0);
    }
    let mut result = Err(Errno::ENOENT);
    if !target.starts_with('/') && !target.starts_with('.') {
        let search = shell.vars.text("CDPATH").unwrap_or("").to_string();
        for dir in search.split(':').filter(|d| !d.is_empty()) {
            result = change(shell, sys, &format!("{dir}/{target}"), physical);
            if result.is_ok() {
                show = true;
                break;
            }
        }
    }
    if result.is_err() {
        result = change(shell, sys, &target, physical);
    }
    match result {
        Ok(()) => {
            if show {
                let pwd = shell.vars.text("PWD").unwrap_or("").to_string();
                shell.print(format!("{pwd}\n"));
            }
            Done::Status(0)
        }
        Err(e) => {
            let message = match shell.kind {
                ShellKind::Bash => format!("{target}: {e}"),
                ShellKind::Dash => format!("can't cd to {target}"),
                ShellKind::Ash => format!("can't cd to {target}: {e}"),
            };
            shell.builtin_error("cd", message);
            Done::Status(if shell.kind == ShellKind::Bash { 1 } else { 2 })
        }
    }
}

pub(super) fn pwd(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let physical = words.get(1).is_some_and(|w| w == "-P");
    if let Some(flag) = words
        .get(1)
        .filter(|w| w.len() > 1 && w.starts_with('-') && !matches!(w.as_str(), "-P" | "-L" | "--"))
    {
        let letter = flag.chars().find(|c| !"-LP".contains(*c)).unwrap_or('-');
        super::declare::illegal_option(shell, "pwd", letter, "[-LP]");
        return Done::Status(2);
    }
    let cwd = sys.cwd().to_string();
    let shown = if physical { cwd } else { shell.vars.text("PWD").map_or(cwd, str::to_string) };
    shell.print(format!("{shown}\n"));
    Done::Status(0)
}

impl Shell {
    /// The directory stack, the current directory first.
    pub(in crate::shell) fn directory_stack(&self) -> Vec<String> {
        let pwd = self.vars.text("PWD").unwrap_or("/").to_string();
        std::iter::once(pwd).chain(self.directories.iter().rev().cloned()).collect()
    }

    /// Makes the stack what is given; its first entry is not stored, as it is the current directory.
    fn set_directory_stack(&mut self, stack: &[String]) {
        self.directories = stack.iter().skip(1).rev().cloned().collect();
    }

    /// A directory with the home in it as `~`.
    fn with_tilde(&self, dir: &str) -> String {
        let home = self.vars.text("HOME").unwrap_or("");
        match dir.strip_prefix(home) {
            Some(rest) if home.len() > 1 && (rest.is_empty() || rest.starts_with('/')) => format!("~{rest}"),
            _ => dir.to_string(),
        }
    }
}

fn show_directories(shell: &mut Shell) {
    let all: Vec<String> = shell.directory_stack().iter().map(|d| shell.with_tilde(d)).collect();
    shell.print(format!("{}\n", all.join(" ")));
}

/// `+N` or `-N`: the place in a stack of this length that it means. None: it is not written so.
fn place(word: &str, len: usize) -> Option<Result<usize, ()>> {
    let digits = word.strip_prefix(['+', '-'])?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let n: usize = digits.parse().unwrap_or(usize::MAX);
    if n >= len {
        return Some(Err(()));
    }
    Some(Ok(if word.starts_with('+') { n } else { len - 1 - n }))
}

/// Complains of a place the stack does not have.
fn out_of_range(shell: &mut Shell, builtin: &str, word: &str) -> Done {
    let what = if shell.directories.is_empty() {
        "directory stack empty".to_string()
    } else {
        format!("{}: directory stack index out of range", if builtin == "dirs" { &word[1..] } else { word })
    };
    shell.builtin_error(builtin, what);
    Done::Status(1)
}

fn invalid_number(shell: &mut Shell, builtin: &str, word: &str, usage: &str) -> Done {
    shell.builtin_error(builtin, format!("{word}: invalid number"));
    shell.eprint(format!("{builtin}: usage: {builtin} {usage}\n"));
    Done::Status(2)
}

pub(super) fn dirs(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let (mut long, mut lines, mut numbered, mut clear) = (false, false, false, false);
    let mut one = None;
    let stack = shell.directory_stack();
    for word in &words[1..] {
        match place(word, stack.len()) {
            Some(Ok(at)) => one = Some(at),
            Some(Err(())) => return out_of_range(shell, "dirs", word),
            None => {
                let flags = word.strip_prefix('-').unwrap_or("");
                if flags.is_empty() || !flags.chars().all(|c| "clpv".contains(c)) {
                    return invalid_number(shell, "dirs", word, "[-clpv] [+N] [-N]");
                }
                clear |= flags.contains('c');
                long |= flags.contains('l');
                lines |= flags.contains('p');
                numbered |= flags.contains('v');
            }
        }
    }
    if clear {
        shell.directories.clear();
        return Done::Status(0);
    }
    let shown = |dir: &String| if long { dir.clone() } else { shell.with_tilde(dir) };
    let text = match one {
        Some(at) if numbered => format!("{at:2}  {}\n", shown(&stack[at])),
        Some(at) => format!("{}\n", shown(&stack[at])),
        None if numbered => stack.iter().enumerate().map(|(i, d)| format!("{i:2}  {}\n", shown(d))).collect(),
        None if lines => stack.iter().map(|d| format!("{}\n", shown(d))).collect(),
        None => format!("{}\n", stack.iter().map(shown).collect::<Vec<_>>().join(" ")),
    };
    shell.print(text);
    Done::Status(0)
}

/// Goes to a directory for `pushd` or `popd`; false when that fails.
fn enter(shell: &mut Shell, sys: &mut Sys<'_>, builtin: &str, dir: &str) -> bool {
    match change(shell, sys, dir, false) {
        Ok(()) => true,
        Err(e) => {
            shell.builtin_error(builtin, format!("{dir}: {e}"));
            false
        }
    }
}

pub(super) fn pushd(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut args = &words[1..];
    let stay = args.first().is_some_and(|a| a == "-n");
    if stay || args.first().is_some_and(|a| a == "--") {
        args = &args[1..];
    }
    let mut stack = shell.directory_stack();
    let target = match args.first() {
        None if stack.len() < 2 => {
            shell.builtin_error("pushd", "no other directory");
            return Done::Status(1);
        }
        None => {
            stack.swap(0, 1);
            stack[0].clone()
        }
        Some(word) => match place(word, stack.len()) {
            Some(Err(())) => return out_of_range(shell, "pushd", word),
            Some(Ok(at)) => {
                stack.rotate_left(at);
                stack[0].clone()
            }
            None if word.len() > 1 && word.starts_with('-') => {
                return invalid_number(shell, "pushd", word, "[-n] [+N | -N | dir]");
            }
            None if word == "-" => {
                let old = shell.vars.text("OLDPWD").unwrap_or("").to_string();
                stack.insert(0, old.clone());
                old
            }
            None => {
                stack.insert(usize::from(stay), word.clone());
                word.clone()
            }
        },
    };
    if !stay && !enter(shell, sys, "pushd", &target) {
        return Done::Status(1);
    }
    shell.set_directory_stack(&stack);
    show_directories(shell);
    Done::Status(0)
}

pub(super) fn popd(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut args = &words[1..];
    let stay = args.first().is_some_and(|a| a == "-n");
    if stay {
        args = &args[1..];
    }
    let mut stack = shell.directory_stack();
    let at = match args.first() {
        None => usize::from(stay),
        Some(word) => match place(word, stack.len()) {
            Some(Ok(at)) if stack.len() > 1 => at,
            Some(_) => return out_of_range(shell, "popd", word),
            None => return invalid_number(shell, "popd", word, "[-n] [+N | -N]"),
        },
    };
    if stack.len() < 2 {
        shell.builtin_error("popd", "directory stack empty");
        return Done::Status(1);
    }
    stack.remove(at);
    if at == 0 && !enter(shell, sys, "popd", &stack[0].clone()) {
        return Done::Status(1);
    }
    shell.set_directory_stack(&stack);
    show_directories(shell);
    Done::Status(0)
}
