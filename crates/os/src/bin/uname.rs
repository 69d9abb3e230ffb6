//! uname and arch: the system.

use super::{
    opts,
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const ARCH: ProgramSpec =
    ProgramSpec::inside("arch", "Usage: arch\n\nPrint machine hardware name.\n", || tool(arch));
pub const UNAME: ProgramSpec =
    ProgramSpec::inside("uname", "Usage: uname [-amnrspvio]\n\nPrint system information\n", || tool(main));

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(
        cx,
        "asnrvmpio",
        &[
            ("all", 'a'),
            ("kernel-release", 'r'),
            ("machine", 'm'),
            ("nodename", 'n'),
            ("kernel-name", 's'),
            ("operating-system", 'o'),
            ("kernel-version", 'v'),
        ],
    ) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let node = cx.sys.hostname().to_string();
    let all = [
        ('s', "Linux"),
        ('n', &node),
        ('r', super::RELEASE),
        ('v', "#1 SMP PREEMPT_DYNAMIC Mon Jan  5 00:00:00 UTC 2026"),
        ('m', "x86_64"),
        ('o', if cx.busybox() { "Linux" } else { "GNU/Linux" }),
    ];
    let shown: Vec<&str> = all
        .iter()
        .filter(|(f, _)| opts.has('a') || opts.has(*f) || (*f == 's' && opts.all().is_empty()))
        .map(|(_, t)| *t)
        .collect();
    cx.line(shown.join(" "));
    0
}

pub fn arch(cx: &mut Cx<'_, '_>) -> u8 {
    cx.line("x86_64");
    0
}
