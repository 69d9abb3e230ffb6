//! free: the memory of the machine.

use super::{
    opts::{self, human},
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec =
    ProgramSpec::inside("free", "Usage: free [-bkmgh]\n\nDisplay free and used memory\n", || tool(main));

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let long = [
        ("bytes", 'b'),
        ("kibi", 'k'),
        ("mebi", 'm'),
        ("gibi", 'g'),
        ("human", 'h'),
        ("mega", 'm'),
        ("giga", 'g'),
        ("total", 't'),
        ("wide", 'w'),
    ];
    let opts = match opts::parse(cx, if cx.busybox() { "bkmgh" } else { "bkmghtw" }, &long) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let busybox = cx.busybox();
    let show = |n: u64| match opts.last_of("bkmgh") {
        Some('b') => n.to_string(),
        Some('m') => (n >> 20).to_string(),
        Some('g') => (n >> 30).to_string(),
        Some('h') if busybox => human(n),
        Some('h') => {
            let text = human(n);
            if text.ends_with(|c: char| c.is_ascii_digit()) { format!("{text}B") } else { format!("{text}i") }
        }
        _ => (n >> 10).to_string(),
    };
    let m = cx.sys.memory_figures();
    let wide = if busybox { 12 } else { 16 };
    let mut title = format!("{:>wide$}", "total", wide = wide + 4);
    for name in ["used", "free", "shared"] {
        title.push_str(&format!("{name:>12}"));
    }
    let w = opts.has('w');
    title.push_str(if w { "     buffers       cache   available" } else { "  buff/cache   available" });
    if busybox {
        title = "              total        used        free      shared  buff/cache   available".to_string();
    }
    cx.line(title);
    let row = |name: &str, cells: &[u64]| {
        let first = if busybox { 19 } else { 20 } - name.len();
        let mut line = format!("{name}{:>first$}", cells.first().map_or(String::new(), |n| show(*n)));
        for cell in &cells[1..] {
            line.push_str(&format!("{:>12}", show(*cell)));
        }
        line
    };
    let cells: Vec<u64> = if w {
        vec![m.total, m.used, m.free, 0, 0, m.cached, m.available]
    } else {
        vec![m.total, m.used, m.free, 0, m.cached, m.available]
    };
    cx.line(row("Mem:", &cells));
    cx.line(row("Swap:", &[0, 0, 0]));
    if opts.has('t') {
        cx.line(row("Total:", &[m.total, m.used, m.free]));
    }
    0
}
