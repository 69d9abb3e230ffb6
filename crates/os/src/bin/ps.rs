//! ps: the processes.

use super::{
    tool::{Cx, tool},
    users,
};
use crate::{
    kernel::ProcInfo,
    program::ProgramSpec,
    time::{SECOND, Time, strftime},
};

pub const SPEC: ProgramSpec =
    ProgramSpec::inside("ps", "Usage: ps\n\nShow list of processes\n", || tool(main));

/// The elapsed time as ps shows CPU time.
fn cpu_text(us: u64) -> String {
    let s = us / 1_000_000;
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

fn tty_name(p: &ProcInfo) -> String {
    p.tty.map_or("?".to_string(), |t| format!("pts/{}", t % 100))
}

fn command(p: &ProcInfo) -> String {
    let text = p.argv.join(" ");
    if text.is_empty() || p.state == crate::kernel::ProcState::Zombie {
        format!("[{}]", p.comm)
    } else {
        text
    }
}

/// Letters behind the state: session leader, foreground.
fn state(p: &ProcInfo) -> String {
    let mut text = p.state.letter().to_string();
    if p.sid == p.pid {
        text.push('s');
    }
    if p.foreground {
        text.push('+');
    }
    text
}

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let all = cx.sys.processes();
    if cx.busybox() {
        cx.line("PID   USER     TIME  COMMAND");
        for p in all {
            let user = users::user_name(cx.sys, p.uid);
            let s = p.cpu / 1_000_000;
            cx.line(format!(
                "{:>5} {user:<8} {:>2}:{:02} {}",
                p.pid,
                s / 60,
                s % 60,
                if p.state.letter() == 'Z' { format!("[{}]", p.comm) } else { command(&p) }
            ));
        }
        return 0;
    }
    let flags: String = cx
        .args
        .iter()
        .filter(|a| !a.chars().next().is_some_and(|c| c.is_ascii_digit()))
        .map(|a| a.trim_start_matches('-'))
        .collect();
    let dashed = cx.args.first().is_some_and(|a| a.starts_with('-'));
    let now = cx.sys.now();
    let total_memory = cx.sys.limits().total_memory;
    if let Some(at) = cx.args.iter().position(|a| a == "-o" || a == "o" || a == "-eo" || a == "-Ao") {
        let columns: Vec<String> = cx.args.get(at + 1).map_or(Vec::new(), |c| {
            c.split(',').map(|c| c.split('=').next().unwrap_or(c).to_string()).collect()
        });
        let every = flags.contains('e') || flags.contains('A') || flags.contains('x');
        return columns_of(cx, &all, &columns, every, now);
    }
    if !dashed && flags.contains('u') {
        cx.line("USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND");
        for p in &all {
            let user = users::user_name(cx.sys, p.uid);
            let alive = now.since(p.started).max(1) as f64;
            let cpu = p.cpu as f64 * 100.0 / alive;
            let mem = p.memory as f64 * 100.0 / total_memory as f64;
            let kb = p.memory / 1024;
            cx.line(format!(
                "{user:<8} {:>7} {cpu:>4.1} {mem:>4.1} {:>6} {kb:>5} {:<8} {:<4} {:<5} {:>6} {}",
                p.pid,
                kb * 2,
                tty_name(p),
                state(p),
                strftime("%H:%M", p.started),
                format!("{}:{:02}", p.cpu / 60_000_000, p.cpu / 1_000_000 % 60),
                command(p)
            ));
        }
        return 0;
    }
    if flags.contains('f') {
        cx.line("UID          PID    PPID  C STIME TTY          TIME CMD");
        for p in &all {
            let user = users::user_name(cx.sys, p.uid);
            cx.line(format!(
                "{user:<8} {:>7} {:>7}  0 {} {:<8} {:>8} {}",
                p.pid,
                p.ppid,
                strftime("%H:%M", p.started),
                tty_name(p),
                cpu_text(p.cpu),
                command(p)
            ));
        }
        return 0;
    }
    if !dashed && (flags.contains('a') || flags.contains('x')) {
        cx.line("    PID TTY      STAT   TIME COMMAND");
        for p in &all {
            cx.line(format!(
                "{:>7} {:<8} {:<4} {:>6} {}",
                p.pid,
                tty_name(p),
                state(p),
                format!("{}:{:02}", p.cpu / 60_000_000, p.cpu / 1_000_000 % 60),
                command(p)
            ));
        }
        return 0;
    }
    let every = flags.contains('e') || flags.contains('A');
    let me = cx.sys.controlling_tty();
    cx.line("    PID TTY          TIME CMD");
    for p in all.iter().filter(|p| every || p.tty == me) {
        cx.line(format!("{:>7} {:<8} {:>8} {}", p.pid, tty_name(p), cpu_text(p.cpu), p.comm));
    }
    0
}

fn columns_of(cx: &mut Cx<'_, '_>, all: &[ProcInfo], columns: &[String], every: bool, now: Time) -> u8 {
    let title = |c: &str| match c {
        "args" | "cmd" | "command" => "COMMAND".to_string(),
        "comm" => "COMMAND".to_string(),
        "%cpu" | "pcpu" => "%CPU".to_string(),
        "%mem" | "pmem" => "%MEM".to_string(),
        "etime" => "ELAPSED".to_string(),
        other => other.to_uppercase(),
    };
    let me = cx.sys.controlling_tty();
    let mut rows = vec![columns.iter().map(|c| title(c)).collect::<Vec<_>>()];
    for p in all.iter().filter(|p| every || p.tty == me) {
        let user = users::user_name(cx.sys, p.uid);
        let alive = now.since(p.started).max(0) / SECOND;
        rows.push(
            columns
                .iter()
                .map(|c| match c.as_str() {
                    "pid" => p.pid.to_string(),
                    "ppid" => p.ppid.to_string(),
                    "pgid" => p.pgid.to_string(),
                    "user" | "euser" | "uname" => user.clone(),
                    "uid" => p.uid.to_string(),
                    "comm" => p.comm.to_string(),
                    "stat" | "s" | "state" => state(p),
                    "rss" => (p.memory / 1024).to_string(),
                    "vsz" => (p.memory / 512).to_string(),
                    "etime" => format!("{:02}:{:02}", alive / 60, alive % 60),
                    "time" => cpu_text(p.cpu),
                    "tty" => tty_name(p),
                    "%cpu" | "pcpu" => format!("{:.1}", p.cpu as f64 * 100.0 / (alive.max(1) as f64 * 1e6)),
                    "%mem" | "pmem" => "0.0".to_string(),
                    _ => command(p),
                })
                .collect(),
        );
    }
    let last = columns.len().saturating_sub(1);
    let widths: Vec<usize> =
        (0..columns.len()).map(|i| rows.iter().map(|r| r[i].len()).max().unwrap_or(0)).collect();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(i, c)| {
                let right = matches!(
                    columns[i].as_str(),
                    "pid" | "ppid" | "pgid" | "rss" | "vsz" | "uid" | "etime" | "time" | "%cpu" | "%mem"
                );
                let width =
                    if matches!(columns[i].as_str(), "pid" | "ppid") { widths[i].max(7) } else { widths[i] };
                if right {
                    format!("{c:>width$}")
                } else if i == last {
                    c.clone()
                } else {
                    format!("{c:<width$}")
                }
            })
            .collect();
        cx.line(cells.join(" "));
    }
    0
}
