//! The columns of procps: titles, widths, contents.

use super::super::{
    proc_view::{
        command, cpu_clock, cpu_minutes, cpu_permille, elapsed, resident_kb, start_text, state, tenths,
        tty_name, user, virtual_kb,
    },
    users,
};
use crate::{
    kernel::{ProcInfo, Sys},
    time::{SECOND, strftime},
};

/// One column.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub title: String,
    pub width: usize,
    /// How much of the text is shown when another column follows.
    pub most: usize,
    pub right: bool,
}

/// Names (all of a row mean the same; the first is the one `cell` knows), title, width, whether it stands to the right.
const COLUMNS: &[(&str, &str, usize, bool)] = &[
    ("pid tgid", "PID", 7, true),
    ("ppid", "PPID", 7, true),
    ("pgid pgrp", "PGID", 7, true),
    ("sid sess session", "SID", 7, true),
    ("tpgid", "TPGID", 7, true),
    ("lwp spid tid", "LWP", 7, true),
    ("user euser uname", "USER", 8, false),
    ("ruser", "RUSER", 8, false),
    ("uid_hack", "UID", 8, false),
    ("uid euid", "UID", 5, true),
    ("ruid", "RUID", 5, true),
    ("group egroup", "GROUP", 8, false),
    ("gid egid", "GID", 5, true),
    ("comm", "COMMAND", 15, false),
    ("ucmd ucomm", "CMD", 15, false),
    ("args command", "COMMAND", 27, false),
    ("cmd", "CMD", 27, false),
    ("stat", "STAT", 4, false),
    ("s state", "S", 1, false),
    ("%cpu pcpu", "%CPU", 4, true),
    ("c cp", "C", 2, true),
    ("%mem pmem", "%MEM", 4, true),
    ("rss rssize rsz", "RSS", 5, true),
    ("vsz vsize", "VSZ", 6, true),
    ("sz size", "SZ", 5, true),
    ("tty tt", "TT", 8, false),
    ("tname", "TTY", 8, false),
    ("time cputime", "TIME", 8, true),
    ("bsdtime", "TIME", 6, true),
    ("times cputimes", "TIME", 8, true),
    ("etime", "ELAPSED", 11, true),
    ("etimes", "ELAPSED", 7, true),
    ("start_time", "START", 5, false),
    ("stime", "STIME", 5, true),
    ("start", "STARTED", 8, true),
    ("lstart", "STARTED", 24, true),
    ("ni nice", "NI", 3, true),
    ("pri", "PRI", 3, true),
    ("nlwp", "NLWP", 4, true),
    ("thcount", "THCNT", 5, true),
    ("wchan", "WCHAN", 6, false),
    ("psr", "PSR", 3, true),
    ("f flags", "F", 1, true),
    ("addr", "ADDR", 4, false),
    ("addr_sz", "ADDR SZ", 7, true),
    ("opri", "PRI", 3, true),
    ("priority", "PRI", 3, true),
];

/// The column of that name.
pub fn column(name: &str) -> Option<Column> {
    let (names, title, width, right) = COLUMNS.iter().find(|(n, ..)| n.split(' ').any(|n| n == name))?;
    let name = names.split(' ').next()?.to_string();
    Some(Column { name, title: title.to_string(), width: *width, most: *width, right: *right })
}

/// What a column shows of a process.
pub fn cell(sys: &mut Sys<'_>, name: &str, p: &ProcInfo) -> String {
    let now = sys.now();
    match name {
        "pid" | "lwp" => p.pid.to_string(),
        "ppid" => p.ppid.to_string(),
        "pgid" => p.pgid.to_string(),
        "sid" => p.sid.to_string(),
        "tpgid" => p.tty.map_or("-1".to_string(), |_| if p.foreground { p.pgid } else { p.sid }.to_string()),
        "user" | "ruser" | "uid_hack" => user(sys, p.uid, 8),
        "uid" | "ruid" => p.uid.to_string(),
        "group" | "rgroup" => users::group_name(sys, p.gid),
        "gid" => p.gid.to_string(),
        "comm" | "ucmd" if p.state.letter() == 'Z' => format!("{} <defunct>", p.comm),
        "comm" | "ucmd" => p.comm.to_string(),
        "stat" => state(p),
        "s" => p.state.letter().to_string(),
        "%cpu" => tenths(cpu_permille(p, now)),
        "c" => (cpu_permille(p, now) / 10).to_string(),
        "%mem" => tenths(p.memory.saturating_mul(1000) / sys.limits().total_memory.max(1)),
        "rss" => resident_kb(p).to_string(),
        "vsz" => virtual_kb(p).to_string(),
        "sz" => (virtual_kb(p) / 4).to_string(),
        "tty" | "tname" => tty_name(p),
        "time" => cpu_clock(p.cpu),
        "bsdtime" => cpu_minutes(p.cpu),
        "times" => (p.cpu / 1_000_000).to_string(),
        "etime" => elapsed(p, now),
        "etimes" => (now.since(p.started).max(0) / SECOND).to_string(),
        "start_time" | "stime" => start_text(p, now),
        "start" => strftime("%H:%M:%S", p.started),
        "lstart" => strftime("%a %b %e %H:%M:%S %Y", p.started),
        "ni" | "nice" => p.nice.to_string(),
        "pri" => (19 - i32::from(p.nice)).to_string(),
        "opri" => (80 + i32::from(p.nice)).to_string(),
        "priority" => (20 + i32::from(p.nice)).to_string(),
        "addr_sz" => format!("- {:>5}", virtual_kb(p) / 4),
        "nlwp" | "thcount" => "1".to_string(),
        "psr" => "0".to_string(),
        "f" => if p.pid == 1 { "4" } else { "0" }.to_string(),
        "wchan" | "addr" => "-".to_string(),
        _ => command(p),
    }
}

/// Orders processes by a column; numbers come out with leading zeros.
pub fn sort_key(name: &str, p: &ProcInfo) -> String {
    let number = |n: u64| format!("{n:020}");
    match column(name).map_or(name.to_string(), |c| c.name).as_str() {
        "ppid" => number(p.ppid.into()),
        "uid" | "user" => number(p.uid.into()),
        "%cpu" | "c" | "time" | "bsdtime" | "times" => number(p.cpu),
        "%mem" | "rss" | "vsz" | "sz" => number(p.memory),
        "start_time" | "stime" | "start" | "lstart" => number(p.started.0.max(0) as u64),
        "etime" | "etimes" => number(u64::MAX - p.started.0.max(0) as u64),
        "comm" | "ucmd" => p.comm.to_string(),
        "args" | "cmd" => command(p),
        "ni" => number((i64::from(p.nice) + 100) as u64),
        _ => number(p.pid.into()),
    }
}
