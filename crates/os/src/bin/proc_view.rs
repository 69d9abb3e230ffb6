//! How programs word what they show of processes.

use super::users;
use crate::{
    kernel::{ProcInfo, ProcState, Sys},
    time::{SECOND, Time, strftime},
};

/// `HH:MM:SS` of CPU time.
pub fn cpu_clock(us: u64) -> String {
    let s = us / 1_000_000;
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

/// `M:SS` of CPU time.
pub fn cpu_minutes(us: u64) -> String {
    format!("{}:{:02}", us / 60_000_000, us / 1_000_000 % 60)
}

/// The terminal: `pts/0` or `?`.
pub fn tty_name(p: &ProcInfo) -> String {
    p.tty.map_or("?".to_string(), |t| format!("pts/{}", t % 100))
}

/// The command line, or the short name in brackets when there is none.
pub fn command(p: &ProcInfo) -> String {
    let text = p.argv.join(" ").replace('\n', " ");
    if p.state == ProcState::Zombie {
        format!("[{}] <defunct>", p.comm)
    } else if text.is_empty() {
        format!("[{}]", p.comm)
    } else {
        text
    }
}

/// The state with the letters behind it: niceness, session leader, foreground.
pub fn state(p: &ProcInfo) -> String {
    let mut text = p.state.letter().to_string();
    match p.nice {
        ..0 => text.push('<'),
        1.. => text.push('N'),
        0 => {}
    }
    if p.sid == p.pid {
        text.push('s');
    }
    if p.foreground {
        text.push('+');
    }
    text
}

/// Share of one core since the process began, in tenths of a percent.
pub fn cpu_permille(p: &ProcInfo, now: Time) -> u64 {
    let alive = now.since(p.started).max(0) as u64;
    if alive < 1_000_000 {
        // procps counts in whole seconds.
        return 0;
    }
    // CPU time is counted a slice at a time: no more than all of it is claimed.
    (p.cpu * 1000 / alive).min(999)
}

/// `12.3` of tenths.
pub fn tenths(n: u64) -> String {
    format!("{}.{}", n / 10, n % 10)
}

/// When it was started: the time of day, later the date.
pub fn start_text(p: &ProcInfo, now: Time) -> String {
    let format = if now.since(p.started) < 86_400 * SECOND { "%H:%M" } else { "%b%d" };
    strftime(format, p.started)
}

/// `[[DD-]hh:]mm:ss`.
pub fn elapsed(p: &ProcInfo, now: Time) -> String {
    let s = now.since(p.started).max(0) / SECOND;
    let (d, h, rest) = (s / 86_400, s / 3600 % 24, format!("{:02}:{:02}", s / 60 % 60, s % 60));
    match (d, h) {
        (0, 0) => rest,
        (0, h) => format!("{h:02}:{rest}"),
        (d, h) => format!("{d}-{h:02}:{rest}"),
    }
}

/// Virtual memory: by model twice what is resident.
pub fn virtual_kb(p: &ProcInfo) -> u64 {
    if p.state == ProcState::Zombie { 0 } else { p.memory / 512 }
}

pub fn resident_kb(p: &ProcInfo) -> u64 {
    if p.state == ProcState::Zombie { 0 } else { p.memory / 1024 }
}

/// A user's name as it fits into `width` columns: procps cuts it and says so.
pub fn user(sys: &mut Sys<'_>, uid: u32, width: usize) -> String {
    let name = users::user_name(sys, uid);
    if name.chars().count() > width {
        return name.chars().take(width - 1).collect::<String>() + "+";
    }
    name
}

/// BusyBox's way to put a number of kB into five columns.
pub fn short_kb(kb: u64) -> String {
    match kb {
        ..100_000 => kb.to_string(),
        kb if kb < 100_000 << 10 => format!("{}m", kb >> 10),
        kb => format!("{}g", kb >> 20),
    }
}
