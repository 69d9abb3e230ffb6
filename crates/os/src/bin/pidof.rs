//! pidof: the numbers of the processes of a name.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "pidof",
    "Usage: pidof [-s] [-o PID] [NAME]...\n\nList PIDs of all processes with names that match NAMEs\n\n\t-s\tShow only one PID\n\t-o PID\tOmit given pid\n",
    || tool(main),
);

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match super::opts::parse(cx, "sqxo:c", &[("single-shot", 's'), ("omit-pid", 'o')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let omitted: Vec<u32> =
        opts.values('o').iter().flat_map(|v| v.split(',')).filter_map(|v| v.parse().ok()).collect();
    let mut found: Vec<String> = Vec::new();
    for name in &opts.rest {
        let base = super::paths::base(name);
        // The newest is told first.
        for p in cx.sys.processes().iter().rev() {
            let by_argv = p.argv.first().is_some_and(|a| a == name || super::paths::base(a) == base);
            if (*p.comm == *base || by_argv) && !omitted.contains(&p.pid) {
                found.push(p.pid.to_string());
            }
        }
    }
    if found.is_empty() {
        return 1;
    }
    if opts.has('s') {
        found.truncate(1);
    }
    cx.line(found.join(" "));
    0
}
