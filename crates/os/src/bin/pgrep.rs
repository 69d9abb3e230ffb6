//! pgrep and pidof: finds processes.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const PGREP: ProgramSpec = ProgramSpec::inside(
    "pgrep",
    "Usage: pgrep [-flanovx] PATTERN\n\nDisplay process(es) selected by regex PATTERN\n",
    || tool(main),
);
pub const PIDOF: ProgramSpec = ProgramSpec::inside(
    "pidof",
    "Usage: pidof NAME...\n\nList PIDs of all processes with names that match NAMEs\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let full = cx.args.iter().any(|a| a == "-f");
    let list = cx.args.iter().any(|a| a == "-l" || a == "-a");
    let Some(pattern) = cx.args.iter().rfind(|a| !a.starts_with('-')).cloned() else {
        return cx.missing_operand();
    };
    let me = cx.sys.pid();
    let Ok(regex) = crate::text::regex::Regex::extended(&pattern, false) else { return 2 };
    let mut code = 1;
    for p in cx.sys.processes() {
        let text = if full { p.argv.join(" ") } else { p.comm.to_string() };
        if p.pid != me
            && (cx.name != "pidof" && regex.is_match(&text) || cx.name == "pidof" && *p.comm == *pattern)
        {
            code = 0;
            cx.line(if list { format!("{} {}", p.pid, p.comm) } else { p.pid.to_string() });
        }
    }
    code
}
