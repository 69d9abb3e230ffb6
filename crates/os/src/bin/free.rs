//! free: the memory of the machine.

use super::{
    opts,
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec =
    ProgramSpec::inside("free", "Usage: free [-bkmgh]\n\nDisplay free and used memory\n", || tool(main));

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(cx, "bkmgh", &[("human", 'h'), ("mebi", 'm'), ("gibi", 'g')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let total = cx.sys.limits().total_memory;
    let used: u64 = cx.sys.processes().iter().map(|p| p.memory).sum();
    let show = |n: u64| match opts.last_of("bkmgh") {
        Some('b') => n.to_string(),
        Some('m') => (n >> 20).to_string(),
        Some('g') => (n >> 30).to_string(),
        Some('h') => {
            let text = opts::human(n);
            if text.ends_with(|c: char| c.is_ascii_digit()) { format!("{text}B") } else { format!("{text}i") }
        }
        _ => (n >> 10).to_string(),
    };
    let free = total.saturating_sub(used);
    cx.line("              total        used        free      shared  buff/cache   available");
    cx.line(format!(
        "Mem:    {:>11} {:>11} {:>11} {:>11} {:>11} {:>11}",
        show(total),
        show(used),
        show(free),
        show(0),
        show(0),
        show(free)
    ));
    cx.line(format!("Swap:   {:>11} {:>11} {:>11}", show(0), show(0), show(0)));
    0
}
