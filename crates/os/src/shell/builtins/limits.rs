//! `ulimit`: what a process and its children may use.

use std::rc::Rc;

use crate::{
    kernel::{Resource, ShellKind, Sys},
    shell::{Shell, builtins::Done, code::Simple},
};

/// A limit as the shells show it: letter, resource, the unit in bytes, and the names bash, BusyBox and dash give it.
struct Row {
    letter: char,
    resource: Resource,
    unit: u64,
    bash: (&'static str, &'static str),
    busybox: &'static str,
    dash: &'static str,
}

const fn row(
    letter: char,
    resource: Resource,
    unit: u64,
    bash: (&'static str, &'static str),
    busybox: &'static str,
    dash: &'static str,
) -> Row {
    Row { letter, resource, unit, bash, busybox, dash }
}

/// In the order of bash.
const ROWS: [Row; 16] = [
    row('R', Resource::RealTime, 1, ("real-time non-blocking time", "microseconds"), "", ""),
    row(
        'c',
        Resource::Core,
        512,
        ("core file size", "blocks"),
        "core file size (blocks)",
        "coredump(blocks)",
    ),
    row('d', Resource::Data, 1024, ("data seg size", "kbytes"), "data seg size (kb)", "data(kbytes)"),
    row('e', Resource::Nice, 1, ("scheduling priority", ""), "scheduling priority", ""),
    row('f', Resource::FileSize, 512, ("file size", "blocks"), "file size (blocks)", "file(blocks)"),
    row('i', Resource::Signals, 1, ("pending signals", ""), "pending signals", ""),
    row(
        'l',
        Resource::Locked,
        1024,
        ("max locked memory", "kbytes"),
        "max locked memory (kb)",
        "locked memory(kbytes)",
    ),
    row(
        'm',
        Resource::Resident,
        1024,
        ("max memory size", "kbytes"),
        "max memory size (kb)",
        "memory(kbytes)",
    ),
    row('n', Resource::Files, 1, ("open files", ""), "open files", "nofiles"),
    row('q', Resource::Messages, 1, ("POSIX message queues", "bytes"), "POSIX message queues (bytes)", ""),
    row('r', Resource::Priority, 1, ("real-time priority", ""), "real-time priority", "rtprio"),
    row('s', Resource::Stack, 1024, ("stack size", "kbytes"), "stack size (kb)", "stack(kbytes)"),
    row('t', Resource::Cpu, 1, ("cpu time", "seconds"), "cpu time (seconds)", "time(seconds)"),
    row('u', Resource::Processes, 1, ("max user processes", ""), "max user processes", "process"),
    row('v', Resource::Memory, 1024, ("virtual memory", "kbytes"), "virtual memory (kb)", "vmemory(kbytes)"),
    row('x', Resource::Locks, 1, ("file locks", ""), "file locks", "locks"),
];

/// dash shows them in an order of its own.
const DASH: &str = "tfdscmlunvxr";

impl Row {
    fn shown(&self, limit: Option<u64>) -> String {
        limit.map_or("unlimited".to_string(), |n| (n / self.unit).to_string())
    }

    fn line(&self, kind: ShellKind, limit: Option<u64>) -> String {
        let value = self.shown(limit);
        match kind {
            ShellKind::Bash => {
                let (name, unit) = self.bash;
                let unit = if unit.is_empty() { String::new() } else { format!("{unit}, ") };
                let flag = format!("({unit}-{}) ", self.letter);
                format!("{name:<20} {flag:>20}{value}\n")
            }
            ShellKind::Dash => format!("{:<20} {value}\n", self.dash),
            ShellKind::Ash => format!("{:<32}(-{}) {value}\n", self.busybox, self.letter),
        }
    }
}

pub(super) fn ulimit(shell: &mut Shell, sys: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let (mut all, mut hard, mut soft) = (false, false, false);
    let mut rows: Vec<&Row> = Vec::new();
    let mut value = None;
    for word in &words[1..] {
        let Some(letters) = word.strip_prefix('-').filter(|l| !l.is_empty()) else {
            value = Some(word.as_str());
            break;
        };
        for letter in letters.chars() {
            match letter {
                'a' => all = true,
                'H' => hard = true,
                'S' => soft = true,
                // bash and BusyBox show the size of pipes, which is no limit of the kernel's.
                _ => match ROWS.iter().find(|r| r.letter == letter) {
                    Some(row) => rows.push(row),
                    None => return unknown(shell, letter),
                },
            }
        }
    }
    if all {
        show_all(shell, sys, hard);
        return Done::Status(0);
    }
    let many = rows.len() > 1;
    if rows.is_empty() {
        rows.extend(ROWS.iter().filter(|r| r.letter == 'f'));
    }
    let Some(text) = value else {
        for row in rows {
            let limits = sys.limit(row.resource);
            let limit = if hard { limits.hard } else { limits.soft };
            let line = if many { row.line(shell.kind, limit) } else { format!("{}\n", row.shown(limit)) };
            shell.print(line);
        }
        return Done::Status(0);
    };
    for row in rows {
        let limits = sys.limit(row.resource);
        let wanted = match text {
            "unlimited" => None,
            "hard" => limits.hard,
            "soft" => limits.soft,
            _ => match text.parse::<u64>() {
                Ok(n) => Some(n.saturating_mul(row.unit)),
                Err(_) => return bad_number(shell, text),
            },
        };
        let both = hard == soft;
        if let Err(e) = sys.set_limit(row.resource, wanted, soft || both, hard || both) {
            match shell.kind {
                ShellKind::Bash => {
                    let name = row.bash.0;
                    shell.builtin_error("ulimit", format!("{name}: cannot modify limit: {e}"));
                }
                _ => shell.builtin_error("ulimit", format!("error setting limit: {e}")),
            }
            return Done::Status(if shell.kind == ShellKind::Dash { 2 } else { 1 });
        }
    }
    Done::Status(0)
}

fn show_all(shell: &mut Shell, sys: &mut Sys<'_>, hard: bool) {
    let kind = shell.kind;
    let rows: Vec<&Row> = match kind {
        ShellKind::Bash => ROWS.iter().collect(),
        ShellKind::Ash => ROWS.iter().filter(|r| !r.busybox.is_empty()).collect(),
        ShellKind::Dash => {
            DASH.chars().filter_map(|letter| ROWS.iter().find(|r| r.letter == letter)).collect()
        }
    };
    for row in rows {
        let limits = sys.limit(row.resource);
        shell.print(row.line(kind, if hard { limits.hard } else { limits.soft }));
        if row.letter == 'n' && kind == ShellKind::Bash {
            shell.print("pipe size                (512 bytes, -p) 8\n");
        }
    }
}

fn unknown(shell: &mut Shell, letter: char) -> Done {
    match shell.kind {
        ShellKind::Bash => shell.builtin_error(
            "ulimit",
            format!("-{letter}: invalid option\nulimit: usage: ulimit [-SHabcdefiklmnpqrstuvxPRT] [limit]"),
        ),
        ShellKind::Dash => shell.builtin_error("ulimit", format!("Illegal option -{letter}")),
        ShellKind::Ash => shell.eprint(format!("ulimit: invalid option -- '{letter}'\n")),
    }
    match shell.kind {
        ShellKind::Dash if !shell.interactive => Done::Exit(2),
        ShellKind::Ash => Done::Status(1),
        _ => Done::Status(2),
    }
}

fn bad_number(shell: &mut Shell, text: &str) -> Done {
    match shell.kind {
        ShellKind::Bash => shell.builtin_error("ulimit", format!("{text}: invalid number")),
        ShellKind::Dash => shell.builtin_error("ulimit", "bad number"),
        ShellKind::Ash => shell.tool_error("ulimit", format!("invalid number '{text}'")),
    }
    Done::Status(if shell.kind == ShellKind::Dash { 2 } else { 1 })
}
