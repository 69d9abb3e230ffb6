//! df: the room on file systems, in GNU's and BusyBox's layouts.

use super::{
    mount::device,
    opts,
    tool::{Cx, tool},
};
use crate::{kernel::MountInfo, program::ProgramSpec};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "df",
    "Usage: df [-PkmhTai] [-t TYPE] [FILESYSTEM]...\n\nPrint filesystem usage statistics\n\n\t-P\tPOSIX output format\n\t-k\t1024-byte blocks (default)\n\t-m\t1M-byte blocks\n\t-h\tHuman readable (e.g. 1K 243M 2G)\n\t-T\tPrint filesystem type\n\t-t TYPE\tPrint only mounts of this type\n\t-a\tShow all filesystems\n\t-i\tInodes\n",
    || tool(main),
);

/// The size of the disk that trees without a limit are on, and its inodes.
const DISK: u64 = 40 << 30;
const INODES: u64 = 2_621_440;

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let long = [
        ("human-readable", 'h'),
        ("print-type", 'T'),
        ("all", 'a'),
        ("inodes", 'i'),
        ("portability", 'P'),
        ("type", 't'),
        ("total", '_'),
        ("si", 'H'),
    ];
    let opts = match opts::parse(cx, "hkmTPaiHlt:B:_", &long) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let mut mounts = cx.sys.mounts();
    mounts.retain(|m| opts.has('a') || !matches!(m.kind, "proc" | "cgroup2" | "sysfs" | "devpts" | "mqueue"));
    if let Some(kind) = opts.value('t') {
        mounts.retain(|m| m.kind == kind);
    }
    let mut code = 0;
    if !opts.rest.is_empty() {
        mounts = match wanted(cx, &mounts, &opts.rest, &mut code) {
            found if found.is_empty() => return 1,
            found => found,
        };
    }
    let rows = mounts.iter().map(|m| row(m, &opts)).collect::<Vec<_>>();
    show(cx, &opts, &rows);
    code
}

/// The file systems that hold the paths.
fn wanted(cx: &mut Cx<'_, '_>, mounts: &[MountInfo], paths: &[String], code: &mut u8) -> Vec<MountInfo> {
    let mut found = Vec::new();
    for path in paths {
        match cx.sys.vfs().real_path(path) {
            Ok(real) => {
                let holds = |m: &&MountInfo| {
                    m.path == "/" || real == m.path || real.starts_with(&format!("{}/", m.path))
                };
                found.extend(mounts.iter().filter(holds).max_by_key(|m| m.path.len()).cloned());
            }
            Err(e) => {
                cx.complain(if cx.busybox() {
                    format!("{path}: can't find mount point")
                } else {
                    format!("{path}: {e}")
                });
                *code = 1;
            }
        }
    }
    found
}

/// Device, type, whole, used, free, share, place.
fn row(m: &MountInfo, opts: &opts::Opts) -> [String; 7] {
    let whole = m.limit.unwrap_or(DISK);
    let (total, used) = if opts.has('i') {
        // A file of average size for each inode in use.
        (if m.limit.is_some() { whole / 4096 } else { INODES }, m.used.div_ceil(16 << 10))
    } else {
        (whole, m.used)
    };
    let size = |n: u64| match opts.last_of("hkmB") {
        _ if opts.has('i') && opts.has('h') => opts::human(n),
        _ if opts.has('i') => n.to_string(),
        Some('h') => opts::human(n),
        Some('m') => n.div_ceil(1 << 20).to_string(),
        _ => n.div_ceil(1024).to_string(),
    };
    let percent = (used * 100).div_ceil(total.max(1));
    [
        device(m.kind).to_string(),
        m.kind.to_string(),
        size(total),
        size(used),
        size(total.saturating_sub(used)),
        format!("{percent}%"),
        m.path.clone(),
    ]
}

fn show(cx: &mut Cx<'_, '_>, opts: &opts::Opts, rows: &[[String; 7]]) {
    let busybox = cx.busybox();
    let names = match (opts.has('i'), opts.last_of("hkmB")) {
        (true, _) => ["Inodes", "IUsed", "IFree", "IUse%"],
        (false, Some('h')) => ["Size", "Used", if busybox { "Available" } else { "Avail" }, "Use%"],
        (false, Some('m')) => ["1M-blocks", "Used", "Available", "Use%"],
        (false, _) if opts.has('P') => ["1024-blocks", "Used", "Available", "Capacity"],
        (false, _) => ["1K-blocks", "Used", "Available", "Use%"],
    };
    let title = ["Filesystem", "Type", names[0], names[1], names[2], names[3], "Mounted on"];
    let typed = opts.has('T');
    if busybox {
        let line = |r: [&str; 7]| {
            let kind = if typed { format!("{:<10} ", r[1]) } else { String::new() };
            format!("{:<20} {kind}{:>9} {:>9} {:>9} {:>4} {}", r[0], r[2], r[3], r[4], r[5], r[6])
        };
        cx.line(line(title));
        for r in rows {
            cx.line(line(std::array::from_fn(|i| r[i].as_str())));
        }
        return;
    }
    let width = |i: usize| rows.iter().map(|r| r[i].len()).chain([title[i].len()]).max().unwrap_or(0);
    let least = [14, 0, 5, 5, 5, 0, 0];
    let widths: Vec<usize> = (0..7).map(|i| width(i).max(least[i])).collect();
    let line = |r: [&str; 7]| {
        let mut text = format!("{:<w$}", r[0], w = widths[0]);
        if typed {
            text.push_str(&format!(" {:<w$}", r[1], w = widths[1]));
        }
        for i in 2..6 {
            text.push_str(&format!(" {:>w$}", r[i], w = widths[i]));
        }
        format!("{text} {}", r[6])
    };
    cx.line(line(title));
    for r in rows {
        cx.line(line(std::array::from_fn(|i| r[i].as_str())));
    }
}
