//! ss: the sockets of the machine, in iproute2's layout.

use super::{
    opts::{self, Opts},
    tool::{Cx, tool},
};
use crate::{
    kernel::{SockInfo, SockState},
    program::ProgramSpec,
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "ss",
    "Usage: ss [ OPTIONS ]\n       ss [ OPTIONS ] [ FILTER ]\n   -h, --help          this message\n   -n, --numeric       don't resolve service names\n   -a, --all           display all sockets\n   -l, --listening     display listening sockets\n   -p, --processes     show process using socket\n   -s, --summary       show socket usage summary\n   -t, --tcp           display only TCP sockets\n   -u, --udp           display only UDP sockets\n   -x, --unix          display only Unix domain sockets\n   -H, --no-header     Suppress header line\n",
    || tool(main),
);

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let long = [
        ("numeric", 'n'),
        ("all", 'a'),
        ("listening", 'l'),
        ("processes", 'p'),
        ("summary", 's'),
        ("tcp", 't'),
        ("udp", 'u'),
        ("unix", 'x'),
        ("no-header", 'H'),
    ];
    let opts = match opts::parse(cx, "nalpstuxwH46eoimrZO", &long) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let all = cx.sys.sockets();
    if opts.has('s') {
        summary(cx, &all);
        return 0;
    }
    let rows: Vec<[String; 9]> = all.iter().filter_map(|s| row(s, &opts)).collect();
    let title =
        ["Netid", "State", "Recv-Q", "Send-Q", "Local Address", "Port", "Peer Address", "Port", "Process"];
    let width = |i: usize| rows.iter().map(|r| r[i].len()).chain([title[i].len()]).max().unwrap_or(0);
    let widths: [usize; 9] = std::array::from_fn(width);
    // With one kind asked for, its column is left out.
    let netid = opts.has('t') == opts.has('u');
    if !opts.has('H') {
        cx.line(line(title, &widths, netid));
    }
    for row in &rows {
        cx.line(line(std::array::from_fn(|i| row[i].as_str()), &widths, netid));
    }
    0
}

/// `ss -s`
fn summary(cx: &mut Cx<'_, '_>, all: &[SockInfo]) {
    let tcp = all.iter().filter(|s| s.state != SockState::Udp).count();
    let open = all.iter().filter(|s| s.state == SockState::Connected).count();
    let udp = all.len() - tcp;
    cx.line(format!("Total: {}\nTCP:   {tcp} (estab {open}, closed 0, orphaned 0, timewait 0)\n", all.len()));
    cx.line("Transport Total     IP        IPv6");
    for (name, n) in [("RAW", 0), ("UDP", udp), ("TCP", tcp), ("INET", all.len()), ("FRAG", 0)] {
        cx.line(format!("{name}\t  {n:<9} {n:<9} 0        "));
    }
    cx.line("");
}

/// The cells of a socket; `None` if it is not asked for.
fn row(s: &SockInfo, opts: &Opts) -> Option<[String; 9]> {
    let kinds = opts.has('t') || opts.has('u') || opts.has('x') || opts.has('w');
    let (netid, word) = match s.state {
        SockState::Listening => ("tcp", "LISTEN"),
        SockState::Connected => ("tcp", "ESTAB"),
        SockState::Connecting => ("tcp", "SYN-SENT"),
        SockState::Udp => ("udp", "UNCONN"),
        _ => return None,
    };
    let server = matches!(word, "LISTEN" | "UNCONN");
    let wanted = if opts.has('l') { server } else { opts.has('a') || !server };
    if !wanted || kinds && !opts.has(if netid == "tcp" { 't' } else { 'u' }) {
        return None;
    }
    let peer =
        s.peer.map_or(("0.0.0.0".to_string(), "*".to_string()), |(a, p)| (a.to_string(), p.to_string()));
    let users: Vec<String> =
        s.owners.iter().map(|(pid, name, fd)| format!("(\"{name}\",pid={pid},fd={fd})")).collect();
    let process = if opts.has('p') && !users.is_empty() {
        format!("users:({})", users.join(","))
    } else {
        String::new()
    };
    // A listener's queue is its backlog, which is somaxconn here.
    let queue = if word == "LISTEN" { "4096".to_string() } else { s.unsent.to_string() };
    Some([
        netid.to_string(),
        word.to_string(),
        s.unread.to_string(),
        queue,
        s.local.0.to_string(),
        s.local.1.to_string(),
        peer.0,
        peer.1,
        process,
    ])
}

/// One line, in columns of these widths.
fn line(cells: [&str; 9], widths: &[usize; 9], netid: bool) -> String {
    let mut line = String::new();
    for (i, (cell, w)) in cells.into_iter().zip(widths).enumerate() {
        match i {
            0 if !netid => {}
            4 | 6 => line.push_str(&format!("{cell:>w$}:")),
            5 => line.push_str(&format!("{cell:<w$} ")),
            7 | 8 => line.push_str(&format!("{cell:<w$}")),
            _ => line.push_str(&format!("{cell:<w$} ")),
        }
    }
    line
}
