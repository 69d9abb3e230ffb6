//! uptime: since when the machine runs.

use super::tool::{Cx, tool};
use crate::{
    program::ProgramSpec,
    time::{SECOND, strftime},
};

pub const SPEC: ProgramSpec =
    ProgramSpec::inside("uptime", "Usage: uptime\n\nDisplay the time since the last boot\n", || tool(main));

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let now = cx.sys.now();
    let up = now.since(cx.sys.boot_time()).max(0) / SECOND;
    let (days, hours, minutes) = (up / 86_400, up / 3600 % 24, up / 60 % 60);
    let mut text = String::new();
    if days > 0 {
        text.push_str(&format!("{days} day{}, ", if days == 1 { "" } else { "s" }));
    }
    text.push_str(&if hours > 0 { format!("{hours:2}:{minutes:02}") } else { format!("{minutes} min") });
    cx.line(format!(" {} up {text},  0 users,  load average: 0.00, 0.00, 0.00", strftime("%H:%M:%S", now)));
    0
}
