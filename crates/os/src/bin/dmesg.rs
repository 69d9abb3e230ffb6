//! dmesg: what the kernel said. In a container it is not to be read, as runtimes take CAP_SYSLOG away.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "dmesg",
    "Usage: dmesg [-cr] [-n LEVEL] [-s SIZE]\n\nPrint or control the kernel ring buffer\n",
    || tool(main),
);

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let contained = cx.sys.processes().iter().any(|p| p.pid == 1);
    if contained || cx.sys.uid() != 0 {
        cx.complain(if cx.busybox() {
            "klogctl: Operation not permitted"
        } else {
            "read kernel buffer failed: Operation not permitted"
        });
        return 1;
    }
    let limits = cx.sys.limits();
    let kb = limits.total_memory >> 10;
    let lines = [
        format!("Linux version {} (kubarium@localhost) #1 SMP PREEMPT_DYNAMIC", super::RELEASE),
        "Command line: BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 ro".to_string(),
        format!("Memory: {kb}K/{kb}K available"),
        format!("smp: Brought up 1 node, {} CPUs", limits.cores),
    ];
    for line in lines {
        cx.line(format!("[    0.000000] {line}"));
    }
    0
}
