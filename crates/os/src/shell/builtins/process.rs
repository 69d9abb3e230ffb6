//! Jobs and signals: `jobs`, `fg`, `bg`, `wait`, `kill`, `disown`; and `umask`.

use std::rc::Rc;

use crate::{
    host::ExitStatus,
    kernel::{ShellKind, Sys},
    program::{Pid, Wait},
    shell::{
        Shell,
        builtins::{Done, Pending},
        code::Simple,
        jobs::Job,
    },
    signal::{NAMES, Signal},
};

pub(super) fn umask(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let bash = shell.kind == ShellKind::Bash;
    let (mut symbolic, mut command) = (false, false);
    let mut args = &words[1..];
    while let Some(flags) = args.first().and_then(|a| a.strip_prefix('-')).filter(|f| !f.is_empty()) {
        let known = |c: char| c == 'S' || (c == 'p' && bash);
        if let Some(bad) = flags.chars().find(|c| !known(*c)) {
            if bash {
                super::declare::illegal_option(shell, "umask", bad, "[-p] [-S] [mode]");
                return Done::Status(2);
            }
            break;
        }
        symbolic |= flags.contains('S');
        command |= flags.contains('p');
        args = &args[1..];
    }
    let shown = |mask: u32| {
        let part = |s: u32| {
            let bits = ['r', 'w', 'x'].into_iter().enumerate();
            bits.filter(|(i, _)| (!mask >> s) & (4 >> i) != 0).map(|(_, c)| c).collect::<String>()
        };
        format!("u={},g={},o={}", part(6), part(3), part(0))
    };
    let Some(text) = args.first() else {
        let mask = sys.umask();
        shell.print(match (command, symbolic) {
            (true, true) => format!("umask -S {}\n", shown(mask)),
            (true, false) => format!("umask {mask:04o}\n"),
            (false, true) => format!("{}\n", shown(mask)),
            (false, false) => format!("{mask:04o}\n"),
        });
        return Done::Status(0);
    };
    let octal = text.starts_with(|c: char| c.is_ascii_digit());
    let mask = if octal {
        u32::from_str_radix(text, 8).ok().filter(|m| *m <= 0o7777)
    } else {
        crate::bin::chmod::parse_mode(text, 0o777 & !sys.umask(), false, 0).map(|m| 0o777 & !m)
    };
    let Some(mask) = mask else {
        let message = match shell.kind {
            ShellKind::Bash if octal => format!("{text}: octal number out of range"),
            ShellKind::Bash => {
                let who = text.trim_start_matches(['u', 'g', 'o', 'a']);
                match who.chars().next().filter(|c| !"=+-".contains(*c)) {
                    Some(bad) => format!("`{bad}': invalid symbolic mode operator"),
                    None => {
                        let bad = who.chars().skip(1).find(|c| !"rwxXstugo,".contains(*c)).unwrap_or(' ');
                        if text.ends_with(',') {
                            "` ': invalid symbolic mode operator".to_string()
                        } else {
                            format!("`{bad}': invalid symbolic mode character")
                        }
                    }
                }
            }
            ShellKind::Dash if octal => format!("Illegal number: {text}"),
            ShellKind::Dash => format!("Illegal mode: {text}"),
            ShellKind::Ash => format!("illegal mode: {text}"),
        };
        shell.builtin_error("umask", message);
        return Done::Status(if bash { 1 } else { 2 });
    };
    sys.set_umask(mask & 0o777);
    if symbolic && bash {
        shell.print(format!("{}\n", shown(mask & 0o777)));
    }
    Done::Status(0)
}

pub(super) fn jobs(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    shell.update_jobs(sys);
    let (mut pids_only, mut long, mut running, mut stopped, mut new) = (false, false, false, false, false);
    for flag in words.iter().skip(1).filter_map(|w| w.strip_prefix('-')).flat_map(str::chars) {
        match flag {
            'p' => pids_only = true,
            'l' => long = true,
            'r' => running = true,
            's' => stopped = true,
            'n' => new = true,
            '-' => {}
            _ => {
                let usage = "[-lnprs] [jobspec ...] or jobs -x command [args]";
                super::declare::illegal_option(shell, "jobs", flag, usage);
                return super::declare::fails(shell);
            }
        }
    }
    let mut wanted = Vec::new();
    for spec in words.iter().skip(1).filter(|w| !w.starts_with('-')) {
        match shell.find_job(spec) {
            Some(at) => wanted.push(shell.jobs[at].id),
            None => {
                no_such_job(shell, "jobs", spec);
                return no_job_status(shell);
            }
        }
    }
    if shell.kind == ShellKind::Bash && !shell.interactive {
        while let Some(at) = shell.jobs.iter().position(|j| j.is_done() && j.notified) {
            shell.forget(at);
        }
    }
    let lines: Vec<String> = shell
        .jobs
        .iter()
        .filter(|j| wanted.is_empty() || wanted.contains(&j.id))
        .filter(|j| !running || (!j.stopped && !j.is_done()))
        .filter(|j| (!stopped || j.stopped) && (!new || !j.notified))
        .map(|j| {
            if pids_only {
                format!("{}\n", j.pids.first().map_or(0, |(p, _)| *p))
            } else {
                shell.job_line(j, long)
            }
        })
        .collect();
    shell.print(lines.concat());
    shell.jobs.retain(|j| !j.is_done());
    Done::Status(0)
}

pub(super) fn disown(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let (mut all, mut keep) = (false, false);
    let mut specs = &words[1..];
    while let Some(flags) = specs.first().and_then(|a| a.strip_prefix('-')).filter(|f| !f.is_empty()) {
        specs = &specs[1..];
        if let Some(bad) = flags.chars().find(|c| !"ahr-".contains(*c)) {
            super::declare::illegal_option(shell, "disown", bad, "[-h] [-ar] [jobspec ... | pid ...]");
            return Done::Status(2);
        }
        all |= flags.contains(['a', 'r']);
        keep |= flags.contains('h');
    }
    if all && specs.is_empty() {
        if !keep {
            shell.jobs.clear();
        }
        return Done::Status(0);
    }
    let current = ["%%".to_string()];
    let named = !specs.is_empty();
    let mut status = 0;
    for spec in if named { specs } else { &current } {
        match shell.find_job(spec) {
            Some(at) if !keep => drop(shell.jobs.remove(at)),
            Some(_) => {}
            None => {
                no_such_job(shell, "disown", if named { spec } else { "current" });
                status = 1;
            }
        }
    }
    Done::Status(status)
}

fn no_such_job(shell: &mut Shell, builtin: &str, spec: &str) {
    let message = match shell.kind {
        ShellKind::Dash => format!("No such job: {spec}"),
        _ => format!("{spec}: no such job"),
    };
    shell.builtin_error(builtin, message);
}

fn job_argument(shell: &mut Shell, words: &[String]) -> Option<usize> {
    let spec = words.get(1).map_or("%%", String::as_str);
    let found = shell.find_job(spec);
    if found.is_none() {
        let spec = if words.len() < 2 { "current" } else { spec };
        if spec == "current" && shell.kind != ShellKind::Bash {
            shell.builtin_error(&words[0], "No current job");
        } else {
            no_such_job(shell, &words[0], spec);
        }
    }
    found
}

fn no_job_status(shell: &Shell) -> Done {
    Done::Status(if shell.kind == ShellKind::Bash { 1 } else { 2 })
}

pub(super) fn fg(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    if !shell.opts.monitor && shell.kind == ShellKind::Bash {
        shell.builtin_error("fg", "no job control");
        return Done::Status(1);
    }
    shell.update_jobs(sys);
    match job_argument(shell, words) {
        Some(at) => Done::Foreground(at),
        None => no_job_status(shell),
    }
}

pub(super) fn bg(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    if !shell.opts.monitor && shell.kind == ShellKind::Bash {
        shell.builtin_error("bg", "no job control");
        return Done::Status(1);
    }
    let Some(at) = job_argument(shell, words) else { return no_job_status(shell) };
    shell.jobs[at].stopped = false;
    let (pgid, id, text) = (shell.jobs[at].pgid, shell.jobs[at].id, shell.jobs[at].text.clone());
    let _gone = sys.kill_group(pgid, Signal::CONT);
    shell.print(format!("[{id}]+ {text} &\n"));
    Done::Status(0)
}

/// A `wait` under way.
#[derive(Clone, Debug)]
pub(in crate::shell) struct Waits {
    /// Processes to wait for; None is all, and one is enough with `-n`.
    pids: Option<Vec<Pid>>,
    any: bool,
    status: i32,
    /// `-p`: the variable that takes the process's number.
    name: Option<String>,
}

pub(super) fn wait(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut waits = Waits { pids: None, any: false, status: 0, name: None };
    let mut pids = Vec::new();
    shell.update_jobs(sys);
    let mut args = words[1..].iter();
    let mut named = false;
    while let Some(word) = args.next() {
        match word.as_str() {
            "-n" if shell.kind == ShellKind::Bash => {
                waits.any = true;
                continue;
            }
            "-f" if shell.kind == ShellKind::Bash => continue,
            "-p" if shell.kind == ShellKind::Bash => {
                waits.name = args.next().cloned();
                continue;
            }
            _ => named = true,
        }
        let known = shell.find_job(word);
        match (word.strip_prefix('%'), word.parse::<Pid>(), known) {
            (Some(_), _, Some(at)) => pids.extend(shell.jobs[at].pids.last().map(|(p, _)| *p)),
            (None, Ok(pid), Some(_)) => pids.push(pid),
            (None, Ok(pid), None) if shell.finished.iter().any(|(p, _)| *p == pid) => pids.push(pid),
            (None, Ok(pid), None) => {
                if shell.kind == ShellKind::Bash {
                    shell.builtin_error("wait", format!("pid {pid} is not a child of this shell"));
                }
                waits.status = 127;
            }
            (Some(_), _, None) => {
                no_such_job(shell, "wait", word);
                waits.status = if shell.kind == ShellKind::Bash { 127 } else { 2 };
            }
            _ if word.len() > 1 && word.starts_with('-') && shell.kind == ShellKind::Bash => {
                let letter = word.chars().nth(1).unwrap_or('-');
                super::declare::illegal_option(shell, "wait", letter, "[-fn] [-p var] [id ...]");
                return Done::Status(2);
            }
            _ => {
                shell.builtin_error("wait", format!("`{word}': not a pid or valid job spec"));
                waits.status = 1;
            }
        }
    }
    if named {
        waits.pids = Some(pids);
    }
    waits.go_on(shell, sys)
}

impl Waits {
    pub(super) fn go_on(mut self, shell: &mut Shell, sys: &mut Sys<'_>) -> Done {
        shell.update_jobs(sys);
        // A trapped signal ends the wait.
        if let Some(signal) = shell.pending_traps.first() {
            return Done::Status(128 + i32::from(signal.0));
        }
        let status_of = |shell: &Shell, pid: Pid| {
            shell.jobs.iter().find_map(|j| j.pids.iter().find(|(p, _)| *p == pid).map(|(_, s)| *s))
        };
        if self.any {
            let wanted = |j: &Job| match &self.pids {
                Some(pids) => j.pids.iter().any(|(p, _)| pids.contains(p)),
                None => !j.inherited,
            };
            if let Some(at) = shell.jobs.iter().position(|j| j.is_done() && wanted(j)) {
                let job = shell.forget(at);
                if let (Some(name), Some((pid, _))) = (&self.name, job.pids.last()) {
                    shell.assign(name, pid.to_string());
                }
                return Done::Status(job.status());
            }
            if !shell.jobs.iter().any(wanted) {
                return Done::Status(127);
            }
            return Done::Wait(Pending::Wait(self), Wait::child());
        }
        match self.pids.as_mut() {
            None => {
                if shell.jobs.iter().all(|j| j.is_done() || j.stopped || j.inherited) {
                    while let Some(at) = shell.jobs.iter().position(|j| j.is_done()) {
                        shell.forget(at);
                    }
                    return Done::Status(0);
                }
            }
            Some(pids) => {
                while let Some(pid) = pids.first().copied() {
                    match status_of(shell, pid) {
                        Some(Some(status)) => {
                            if let (ExitStatus::Signal(signal), true) =
                                (status, shell.kind != ShellKind::Bash)
                                && !matches!(signal, Signal::INT | Signal::PIPE)
                            {
                                shell.eprint(format!("{}\n", signal.description()));
                            }
                            self.status = status.code();
                            if let Some(name) = &self.name {
                                shell.assign(name, pid.to_string());
                            }
                            pids.remove(0);
                            let asked = |j: &Job| j.is_done() && j.pids.iter().any(|(p, _)| *p == pid);
                            if let Some(at) = shell.jobs.iter().position(asked) {
                                shell.forget(at);
                            }
                        }
                        Some(None) => return Done::Wait(Pending::Wait(self), Wait::child()),
                        None => {
                            let known = shell.finished.iter().find(|(p, _)| *p == pid);
                            self.status = known.map_or(127, |(_, s)| *s);
                            pids.remove(0);
                        }
                    }
                }
                return Done::Status(self.status);
            }
        }
        Done::Wait(Pending::Wait(self), Wait::child())
    }
}

pub(super) fn list_signals(shell: &mut Shell) -> Done {
    let mut text = String::new();
    if shell.kind == ShellKind::Bash {
        for (n, name) in NAMES.iter().enumerate().skip(1) {
            text.push_str(&format!("{n:2}) SIG{name}{}", if n % 5 == 0 { "\n" } else { "\t" }));
        }
        text.push('\n');
    } else {
        for (n, name) in NAMES.iter().enumerate().skip(1) {
            text.push_str(&format!("{n:2}) {name}\n"));
        }
    }
    shell.print(text);
    Done::Status(0)
}

pub(super) fn kill(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let mut args = words[1..].to_vec();
    let mut signal = Signal::TERM;
    match args.first().map(String::as_str) {
        Some("-l" | "-L") if args.len() == 1 => return list_signals(shell),
        Some("-l" | "-L") => {
            let mut status = 0;
            for arg in &args[1..] {
                let number = arg.parse::<u8>().map(|n| if n > 128 { n - 128 } else { n });
                let line = match number {
                    Err(_) if shell.kind == ShellKind::Dash => {
                        shell.builtin_error("kill", format!("Illegal number: {arg}"));
                        return Done::Status(2);
                    }
                    Ok(0) => Some("EXIT".to_string()).filter(|_| shell.kind == ShellKind::Bash),
                    Ok(n) => Signal(n).name().map(str::to_string),
                    Err(_) => Signal::parse(arg).map(|s| s.0.to_string()),
                };
                match line {
                    Some(line) => shell.print(format!("{line}\n")),
                    None => {
                        shell.builtin_error("kill", format!("{arg}: invalid signal specification"));
                        status = 1;
                    }
                }
            }
            return Done::Status(status);
        }
        Some("-s" | "-n") if args.len() > 1 => {
            let name = args[1].clone();
            args.drain(..2);
            match Signal::parse(&name) {
                Some(s) => signal = s,
                None => {
                    shell.builtin_error("kill", format!("{name}: invalid signal specification"));
                    return Done::Status(1);
                }
            }
        }
        Some("--") => {
            args.remove(0);
        }
        Some(flag) if flag.len() > 1 && flag.starts_with('-') => {
            let name = flag[1..].to_string();
            match Signal::parse(&name) {
                Some(s) => signal = s,
                None => {
                    let message = match shell.kind {
                        ShellKind::Bash => format!("{name}: invalid signal specification"),
                        ShellKind::Dash => format!("Illegal option -{}", name.chars().next().unwrap_or('?')),
                        ShellKind::Ash => format!("bad signal name '{name}'"),
                    };
                    shell.tool_error("kill", message);
                    return Done::Status(if shell.kind == ShellKind::Dash { 2 } else { 1 });
                }
            }
            args.remove(0);
        }
        _ => {}
    }
    if args.is_empty() {
        match shell.kind {
            ShellKind::Bash => shell.eprint(
                "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n",
            ),
            ShellKind::Dash => shell.builtin_error(
                "kill",
                "Usage: kill [-s sigspec | -signum | -sigspec] [pid | job]... or\nkill -l [exitstatus]",
            ),
            ShellKind::Ash => shell.tool_error("kill", "you need to specify whom to kill"),
        }
        return Done::Status(if shell.kind == ShellKind::Ash { 1 } else { 2 });
    }
    let mut status = 0;
    for target in args {
        let result = if target.starts_with('%') {
            match shell.find_job(&target).map(|at| (shell.jobs[at].pgid, shell.jobs[at].pids.clone())) {
                Some((0, pids)) => {
                    pids.iter().try_for_each(|(p, s)| if s.is_none() { sys.kill(*p, signal) } else { Ok(()) })
                }
                Some((pgid, _)) => sys.kill_group(pgid, signal).and_then(|()| {
                    if signal == Signal::TERM || signal == Signal::HUP {
                        sys.kill_group(pgid, Signal::CONT)
                    } else {
                        Ok(())
                    }
                }),
                None => {
                    shell.builtin_error("kill", format!("{target}: no such job"));
                    status = 1;
                    continue;
                }
            }
        } else {
            match target.parse::<i64>() {
                Ok(0) => {
                    let own = sys.pgid();
                    sys.kill_group(own, signal)
                }
                Ok(-1) => sys.kill_all(signal),
                Ok(n) if n < 0 => sys.kill_group((-n) as Pid, signal),
                Ok(n) => sys.kill(n as Pid, signal),
                Err(_) => {
                    let message = match shell.kind {
                        ShellKind::Bash => format!("{target}: arguments must be process or job IDs"),
                        ShellKind::Dash => format!("Illegal number: {target}"),
                        ShellKind::Ash => format!("invalid number '{target}'"),
                    };
                    shell.builtin_error("kill", message);
                    status = 1;
                    continue;
                }
            }
        };
        if let Err(e) = result {
            let message = match shell.kind {
                ShellKind::Bash => format!("({target}) - {e}"),
                ShellKind::Dash => e.to_string(),
                ShellKind::Ash => format!("can't kill pid {target}: {e}"),
            };
            shell.tool_error("kill", message);
            status = 1;
        }
    }
    Done::Status(status)
}
