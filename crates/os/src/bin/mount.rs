//! mount and umount: what is mounted; nobody here may change it.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const MOUNT: ProgramSpec = ProgramSpec::inside(
    "mount",
    "Usage: mount [OPTIONS] [-o OPT] DEVICE NODE\n\nMount a filesystem. Filesystem autodetection requires /proc.\n\n\t-a\t\tMount all filesystems in fstab\n\t-r\t\tRead-only mount\n\t-t FSTYPE[,...]\tFilesystem type(s)\n\t-o OPT\t\tOption\n",
    || tool(mount),
);
pub const UMOUNT: ProgramSpec = ProgramSpec::inside(
    "umount",
    "Usage: umount [-rlfda] [-t FSTYPE] FILESYSTEM|DIRECTORY\n\nUnmount filesystems\n",
    || tool(umount),
);

/// The device that `mount` and `df` show for a file system type.
pub fn device(kind: &str) -> &str {
    match kind {
        "ext4" | "xfs" => "/dev/vda1",
        "cgroup2" => "cgroup",
        kind => kind,
    }
}

fn mount(cx: &mut Cx<'_, '_>) -> u8 {
    let (mut kind, mut operands) = (None, Vec::new());
    let mut args = std::mem::take(&mut cx.args).into_iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-t" | "--types" => kind = args.next(),
            "-o" | "--options" => drop(args.next()),
            a if a.starts_with('-') => {}
            _ => operands.push(arg),
        }
    }
    if let Some(place) = operands.last() {
        let root = cx.sys.uid() == 0;
        let message = match (cx.busybox(), root) {
            (true, _) => "permission denied (are you root?)".to_string(),
            (false, false) => format!(
                "{place}: must be superuser to use mount.\n       dmesg(1) may have more information after failed mount system call."
            ),
            (false, true) if cx.sys.lstat(place).is_err() => format!(
                "{place}: mount point does not exist.\n       dmesg(1) may have more information after failed mount system call."
            ),
            (false, true) => format!(
                "{place}: permission denied.\n       dmesg(1) may have more information after failed mount system call."
            ),
        };
        cx.complain(message);
        return if cx.busybox() { 1 } else { 32 };
    }
    for m in cx.sys.mounts() {
        if kind.as_ref().is_some_and(|k| k != m.kind) {
            continue;
        }
        let mode = if m.read_only { "ro" } else { "rw" };
        cx.line(format!("{} on {} type {} ({mode},relatime)", device(m.kind), m.path, m.kind));
    }
    0
}

fn umount(cx: &mut Cx<'_, '_>) -> u8 {
    let operands: Vec<String> = cx.args.iter().filter(|a| !a.starts_with('-')).cloned().collect();
    if operands.is_empty() {
        if cx.busybox() {
            return cx.missing_operand();
        }
        cx.eprint("umount: bad usage\nTry 'umount --help' for more information.\n");
        return 1;
    }
    let mut code = 0;
    for place in operands {
        let mounted = cx.sys.mounts().iter().any(|m| m.path == place);
        let there = cx.sys.lstat(&place).is_ok();
        let message = match (cx.busybox(), mounted, there) {
            (true, true, _) => format!("can't unmount {place}: Operation not permitted"),
            (true, false, true) => format!("can't unmount {place}: Invalid argument"),
            (true, false, false) => format!("can't unmount {place}: No such file or directory"),
            (false, true, _) => format!("{place}: must be superuser to unmount."),
            (false, false, true) => format!("{place}: not mounted."),
            (false, false, false) => format!("{place}: no mount point specified."),
        };
        cx.complain(message);
        code = if cx.busybox() { 1 } else { 32 };
    }
    code
}
