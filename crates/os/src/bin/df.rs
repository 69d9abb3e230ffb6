//! df: the room on file systems.

use super::{
    opts,
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "df",
    "Usage: df [-PkmhTai] [FILESYSTEM]...\n\nPrint filesystem usage statistics\n",
    || tool(main),
);

/// The size of the disk that trees without a limit are on.
const DISK: u64 = 40 << 30;

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(cx, "hkmTPai", &[("human-readable", 'h'), ("print-type", 'T')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let mut mounts = cx.sys.mounts();
    mounts.retain(|m| opts.has('a') || !matches!(m.kind, "proc" | "cgroup2"));
    if !opts.rest.is_empty() {
        let mut wanted = Vec::new();
        for path in &opts.rest {
            match cx.sys.vfs().real_path(path) {
                Ok(real) => {
                    let best = mounts
                        .iter()
                        .filter(|m| {
                            m.path == "/" || real == m.path || real.starts_with(&format!("{}/", m.path))
                        })
                        .max_by_key(|m| m.path.len());
                    wanted.extend(best.cloned());
                }
                Err(e) => {
                    cx.complain(format!("{path}: {e}"));
                    return 1;
                }
            }
        }
        mounts = wanted;
    }
    let show = |bytes: u64| {
        if opts.has('h') {
            opts::human(bytes)
        } else if opts.has('m') {
            bytes.div_ceil(1 << 20).to_string()
        } else {
            bytes.div_ceil(1024).to_string()
        }
    };
    let size = if opts.has('h') {
        "Size"
    } else if opts.has('m') {
        "1M-blocks"
    } else {
        "1K-blocks"
    };
    let available = if opts.has('h') { "Avail" } else { "Available" };
    let mut rows = vec![vec![
        "Filesystem".to_string(),
        "Type".to_string(),
        size.to_string(),
        "Used".to_string(),
        available.to_string(),
        "Use%".to_string(),
        "Mounted on".to_string(),
    ]];
    for m in mounts {
        let total = m.limit.unwrap_or(DISK);
        let name = match m.kind {
            "tmpfs" => "tmpfs",
            "overlay" => "overlay",
            _ => "/dev/vda1",
        };
        let percent = (m.used * 100).div_ceil(total.max(1));
        rows.push(vec![
            name.to_string(),
            m.kind.to_string(),
            show(total),
            show(m.used),
            show(total.saturating_sub(m.used)),
            format!("{percent}%"),
            m.path,
        ]);
    }
    if !opts.has('T') {
        for row in &mut rows {
            row.remove(1);
        }
    }
    let last = rows[0].len() - 1;
    let widths: Vec<usize> = (0..=last).map(|i| rows.iter().map(|r| r[i].len()).max().unwrap_or(0)).collect();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(i, c)| {
                let width = if i == 0 { widths[i].max(14) } else { widths[i] };
                if i == last {
                    c.clone()
                } else if i == 0 || (opts.has('T') && i == 1) {
                    format!("{c:<width$}")
                } else {
                    format!("{c:>width$}")
                }
            })
            .collect();
        cx.line(cells.join(" "));
    }
    0
}
