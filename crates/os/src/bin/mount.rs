//! mount: what is mounted.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "mount",
    "Usage: mount [OPTIONS] [-o OPT] DEVICE NODE\n\nShow what is mounted\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    if !cx.args.is_empty() {
        cx.complain(if cx.busybox() { "permission denied (are you root?)" } else { "permission denied." });
        return 1;
    }
    for m in cx.sys.mounts() {
        let name = match m.kind {
            "ext4" | "xfs" => "/dev/vda1",
            "cgroup2" => "cgroup",
            kind => kind,
        };
        cx.line(format!(
            "{name} on {} type {} ({},relatime)",
            m.path,
            m.kind,
            if m.read_only { "ro" } else { "rw" }
        ));
    }
    0
}
