//! What belongs to the command line itself: `history`, `fc`, `bind`.

use std::rc::Rc;

use crate::{
    kernel::Sys,
    shell::{
        Shell,
        builtins::{Done, declare::illegal_option},
        code::Simple,
        vm::FrameKind,
    },
};

const HISTORY: &str = "[-c] [-d offset] [n] or history -anrw [filename] or history -ps arg [arg...]";

pub(super) fn history(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let args = &words[1..];
    let Some(flag) = args.first().and_then(|a| a.strip_prefix('-')).filter(|f| !f.is_empty() && *f != "-")
    else {
        let count = match args.first().filter(|a| *a != "--").map(|n| n.parse::<usize>()) {
            Some(Err(_)) => {
                shell.builtin_error("history", format!("{}: numeric argument required", args[0]));
                return Done::Status(1);
            }
            Some(Ok(n)) => n,
            None => usize::MAX,
        };
        let lines = shell.history_lines();
        let first = lines.len().saturating_sub(count);
        let mut text = String::new();
        for (i, line) in lines.iter().enumerate().skip(first) {
            text.push_str(&format!("{:5}  {line}\n", i + 1));
        }
        shell.print(text);
        return Done::Status(0);
    };
    let rest = &args[1..];
    match flag.chars().next().unwrap_or('-') {
        'c' => shell.change_history(Vec::clear),
        'd' => {
            let spec = if flag.len() > 1 {
                flag[1..].to_string()
            } else {
                rest.first().cloned().unwrap_or_default()
            };
            let len = shell.history_lines().len();
            let (from, to) = spec.split_once('-').filter(|(a, _)| !a.is_empty()).unwrap_or((&spec, &spec));
            let place = |n: &str| -> Option<usize> {
                let n: i64 = n.parse().ok()?;
                let at = if n < 0 { len as i64 + n } else { n - 1 };
                usize::try_from(at).ok().filter(|at| *at < len)
            };
            match (place(from), place(to)) {
                (Some(from), Some(to)) if from <= to => {
                    shell.change_history(|lines| drop(lines.drain(from..=to)));
                }
                _ => {
                    shell.builtin_error("history", format!("{spec}: history position out of range"));
                    return Done::Status(1);
                }
            }
        }
        's' => {
            let line = rest.join(" ");
            shell.change_history(|lines| {
                lines.pop_if(|last| last.starts_with("history -s"));
                lines.push(line);
            });
        }
        'p' => {
            for text in rest {
                match shell.expand_history(&shell.history_lines(), text) {
                    Ok(expanded) => {
                        let line = expanded.map_or_else(|| text.clone(), |e| e.line);
                        shell.print(format!("{line}\n"));
                    }
                    Err(_) => {
                        shell.builtin_error("history", format!("{text}: history expansion failed"));
                        return Done::Status(1);
                    }
                }
            }
        }
        letter @ ('a' | 'n' | 'r' | 'w') => {
            let file = rest.first().cloned().unwrap_or_else(|| shell.history_file());
            return history_with_file(shell, sys, letter, &file);
        }
        other => {
            illegal_option(shell, "history", other, HISTORY);
            return Done::Status(2);
        }
    }
    Done::Status(0)
}

fn history_with_file(shell: &mut Shell, sys: &mut Sys<'_>, letter: char, file: &str) -> Done {
    let lines = shell.history_lines();
    let error = if matches!(letter, 'a' | 'w') {
        let from = if letter == 'a' { shell.history_saved().min(lines.len()) } else { 0 };
        let mut text: String = lines[from..].iter().map(|l| format!("{l}\n")).collect();
        if letter == 'a' {
            text = sys.vfs().read_text(file).unwrap_or_default() + &text;
        }
        shell.set_history_saved(lines.len());
        sys.vfs().write(file, text.into_bytes(), 0o600).err()
    } else {
        match sys.vfs().read_text(file) {
            Ok(text) => {
                let from = if letter == 'n' { shell.history_saved() } else { 0 };
                shell.change_history(|lines| lines.extend(text.lines().skip(from).map(str::to_string)));
                None
            }
            Err(e) => Some(e),
        }
    };
    if let Some(e) = error {
        shell.builtin_error("history", format!("{file}: cannot open: {e}"));
        return Done::Status(1);
    }
    Done::Status(0)
}

const FC: &str = "[-e ename] [-lnr] [first] [last] or fc -s [pat=rep] [command]";

/// The place in the history that `fc` means by a number or the start of a line.
fn event(lines: &[String], spec: &str) -> Option<usize> {
    match spec.parse::<i64>() {
        Ok(n) if n > 0 => Some((n as usize - 1).min(lines.len().checked_sub(1)?)),
        Ok(n) => Some((lines.len() as i64 + n.min(-1)).max(0) as usize),
        Err(_) => lines.iter().rposition(|line| line.starts_with(spec)),
    }
}

pub(super) fn fc(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let (mut list, mut numbers, mut reverse, mut again, mut editor) = (false, true, false, false, None);
    let mut args = &words[1..];
    while let Some(flags) = args.first().and_then(|a| a.strip_prefix('-')).filter(|f| !f.is_empty()) {
        if flags.starts_with(|c: char| c.is_ascii_digit()) {
            break;
        }
        args = &args[1..];
        for flag in flags.chars() {
            match flag {
                'l' => list = true,
                'n' => numbers = false,
                'r' => reverse = true,
                's' => again = true,
                'e' => {
                    editor = args.first().cloned();
                    args = args.get(1..).unwrap_or_default();
                }
                '-' => {}
                _ => {
                    illegal_option(shell, "fc", flag, FC);
                    return Done::Status(2);
                }
            }
        }
    }
    let mut lines = shell.history_lines();
    // The command itself is not meant.
    if shell.interactive && lines.last().is_some_and(|l| l.trim_start().starts_with("fc")) {
        lines.pop();
    }
    if lines.is_empty() {
        return Done::Status(0);
    }
    if again || editor.as_deref() == Some("-") {
        let (change, spec) = match args.first().and_then(|a| a.split_once('=')) {
            Some(change) => (Some(change), args.get(1)),
            None => (None, args.first()),
        };
        let Some(at) = spec.map_or(lines.len().checked_sub(1), |spec| event(&lines, spec)) else {
            shell.builtin_error("fc", "no command found");
            return Done::Status(1);
        };
        let line = match change {
            Some((old, new)) if !old.is_empty() => lines[at].replace(old, new),
            _ => lines[at].clone(),
        };
        return run_again(shell, line);
    }
    let last = lines.len() - 1;
    let first_spec = args.first().map(|spec| event(&lines, spec));
    let last_spec = args.get(1).map(|spec| event(&lines, spec));
    if first_spec == Some(None) || last_spec == Some(None) {
        shell.builtin_error("fc", "history specification out of range");
        return Done::Status(1);
    }
    let default = if list { last.saturating_sub(15) } else { last };
    let first = first_spec.flatten().unwrap_or(default);
    let end = last_spec.flatten().unwrap_or(if list { last } else { first });
    let mut chosen: Vec<usize> = (first.min(end)..=first.max(end)).collect();
    if reverse != (first > end) {
        chosen.reverse();
    }
    if list {
        let mut text = String::new();
        for at in chosen {
            let number = if numbers { (at + 1).to_string() } else { String::new() };
            text.push_str(&format!("{number}\t {}\n", lines[at]));
        }
        shell.print(text);
        return Done::Status(0);
    }
    let source: String = chosen.iter().map(|at| format!("{}\n", lines[*at])).collect();
    let file = format!("/tmp/bash-fc.{}", sys.pid());
    if let Err(e) = sys.vfs().write(&file, source.into_bytes(), 0o600) {
        shell.builtin_error("fc", format!("{file}: cannot open temp file: {e}"));
        return Done::Status(1);
    }
    let editor = editor.unwrap_or_else(|| "${FCEDIT:-${EDITOR:-vi}}".to_string());
    let text = format!("{editor} {file} && . {file}; rm -f {file}");
    Done::Source(text, FrameKind::Eval, "fc".to_string())
}

/// Runs a line of the history once more: it is shown, and takes the place of the `fc` in the history.
fn run_again(shell: &mut Shell, line: String) -> Done {
    shell.eprint(format!("{line}\n"));
    let remembered = line.clone();
    shell.change_history(|lines| {
        lines.pop_if(|last| last.trim_start().starts_with("fc"));
        lines.push(remembered);
    });
    Done::Source(line, FrameKind::Eval, "fc".to_string())
}

/// The keys of the editor, by readline's names, in the order of `bind -p`.
const KEYS: [(&str, &str); 40] = [
    ("\\C-g", "abort"),
    ("\\C-j", "accept-line"),
    ("\\C-m", "accept-line"),
    ("\\C-b", "backward-char"),
    ("\\eOD", "backward-char"),
    ("\\e[D", "backward-char"),
    ("\\C-h", "backward-delete-char"),
    ("\\C-?", "backward-delete-char"),
    ("\\e\\C-h", "backward-kill-word"),
    ("\\e\\C-?", "backward-kill-word"),
    ("\\eb", "backward-word"),
    ("\\e[1;5D", "backward-word"),
    ("\\C-a", "beginning-of-line"),
    ("\\e[H", "beginning-of-line"),
    ("\\e[200~", "bracketed-paste-begin"),
    ("\\ec", "capitalize-word"),
    ("\\C-l", "clear-screen"),
    ("\\C-i", "complete"),
    ("\\C-d", "delete-char"),
    ("\\e[3~", "delete-char"),
    ("\\el", "downcase-word"),
    ("\\C-e", "end-of-line"),
    ("\\e[F", "end-of-line"),
    ("\\C-f", "forward-char"),
    ("\\e[C", "forward-char"),
    ("\\C-s", "forward-search-history"),
    ("\\ef", "forward-word"),
    ("\\C-k", "kill-line"),
    ("\\ed", "kill-word"),
    ("\\C-n", "next-history"),
    ("\\e[B", "next-history"),
    ("\\C-p", "previous-history"),
    ("\\e[A", "previous-history"),
    ("\\C-v", "quoted-insert"),
    ("\\C-r", "reverse-search-history"),
    ("\\C-t", "transpose-chars"),
    ("\\C-_", "undo"),
    ("\\C-u", "unix-line-discard"),
    ("\\C-w", "unix-word-rubout"),
    ("\\C-y", "yank"),
];

const BIND: &str = "[-lpsvPSVX] [-m keymap] [-f filename] [-q name] [-u name] [-r keyseq] [-x keyseq:shell-command] [keyseq:readline-function or readline-command]";

pub(super) fn bind(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    if !shell.interactive {
        shell.builtin_error("bind", "warning: line editing not enabled");
    }
    let mut args = words[1..].iter();
    while let Some(word) = args.next() {
        let Some(flags) = word.strip_prefix('-') else {
            shell.builtin_error("bind", "keys cannot be bound to anything else here");
            return Done::Status(1);
        };
        for flag in flags.chars() {
            match flag {
                'p' => {
                    let lines = KEYS.iter().map(|(key, name)| format!("\"{key}\": {name}\n"));
                    shell.print(lines.collect::<String>());
                }
                'P' => {
                    let lines = KEYS.iter().map(|(key, name)| format!("{name} can be found on \"{key}\".\n"));
                    shell.print(lines.collect::<String>());
                }
                'l' => {
                    let mut names: Vec<&str> = KEYS.iter().map(|(_, name)| *name).collect();
                    names.dedup();
                    shell.print(names.iter().map(|n| format!("{n}\n")).collect::<String>());
                }
                'q' => {
                    let name = args.next().cloned().unwrap_or_default();
                    let keys: Vec<String> =
                        KEYS.iter().filter(|(_, n)| *n == name).map(|(k, _)| format!("\"{k}\"")).collect();
                    if keys.is_empty() {
                        shell.builtin_error("bind", format!("`{name}': unknown function name"));
                        return Done::Status(1);
                    }
                    shell.print(format!("{name} can be invoked via {}.\n", keys.join(", ")));
                }
                's' | 'S' | 'v' | 'V' | 'X' => {}
                'm' => drop(args.next()),
                'f' | 'u' | 'r' | 'x' => {
                    shell.builtin_error("bind", "keys cannot be bound to anything else here");
                    return Done::Status(1);
                }
                other => {
                    illegal_option(shell, "bind", other, BIND);
                    return Done::Status(2);
                }
            }
        }
    }
    Done::Status(0)
}
