//! uptime: since when the machine runs, and how busy it is.

use super::{
    opts,
    tool::{Cx, tool},
};
use crate::{
    kernel::Sys,
    program::ProgramSpec,
    time::{SECOND, strftime},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "uptime",
    "Usage: uptime [-ps]\n\nDisplay the time since the last boot\n\n\t-p\tShow uptime in pretty format\n\t-s\tSystem up since\n",
    || tool(main),
);

/// ` 09:00:00 up 2 min,  0 users,  load average: 0.00, 0.00, 0.00`, without the space in front.
pub fn line(sys: &Sys<'_>) -> String {
    let now = sys.now();
    let up = now.since(sys.boot_time()).max(0) / SECOND;
    let (days, hours, minutes) = (up / 86_400, up / 3600 % 24, up / 60 % 60);
    let mut text = String::new();
    if days > 0 {
        text.push_str(&format!("{days} day{}, ", if days == 1 { "" } else { "s" }));
    }
    text.push_str(&if hours > 0 { format!("{hours:2}:{minutes:02}") } else { format!("{minutes} min") });
    // Whoever leads a session on a terminal is a user logged in.
    let users = sys.processes().iter().filter(|p| p.tty.is_some() && p.sid == p.pid).count();
    let plural = if users == 1 || users == 0 && !sys.is_busybox() { "user" } else { "users" };
    let load = sys.load_averages().join(", ");
    format!("{} up {text},  {users} {plural},  load average: {load}", strftime("%H:%M:%S", now))
}

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(cx, "ps", &[("pretty", 'p'), ("since", 's')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let boot = cx.sys.boot_time();
    if opts.has('s') {
        cx.line(strftime("%Y-%m-%d %H:%M:%S", boot));
    } else if opts.has('p') {
        let up = cx.sys.now().since(boot).max(0) / SECOND;
        let parts = [(up / 86_400, "day"), (up / 3600 % 24, "hour"), (up / 60 % 60, "minute")];
        let words: Vec<String> = parts
            .iter()
            .filter(|(n, unit)| *n > 0 || *unit == "minute" && up < 3600)
            .map(|(n, unit)| format!("{n} {unit}{}", if *n == 1 { "" } else { "s" }))
            .collect();
        cx.line(format!("up {}", words.join(", ")));
    } else {
        let text = line(cx.sys);
        cx.line(format!(" {text}"));
    }
    0
}
