//! netstat: sockets, routes and interfaces, in net-tools' and BusyBox's wording.

use super::{
    opts,
    tool::{Cx, tool},
};
use crate::{
    kernel::{SockInfo, SockState},
    program::ProgramSpec,
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "netstat",
    "Usage: netstat [-ral] [-tuwx] [-enWp]\n\nDisplay networking information\n\n\t-r\tRouting table\n\t-a\tAll sockets\n\t-l\tListening sockets\n\t\tElse: connected sockets\n\t-t\tTCP sockets\n\t-u\tUDP sockets\n\t-w\tRaw sockets\n\t-x\tUnix sockets\n\t\tElse: all socket types\n\t-e\tOther/more information\n\t-n\tDon't resolve names\n\t-W\tWide display\n\t-p\tShow PID/program name for sockets\n",
    || tool(main),
);

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let long = [
        ("all", 'a'),
        ("listening", 'l'),
        ("numeric", 'n'),
        ("programs", 'p'),
        ("route", 'r'),
        ("tcp", 't'),
        ("udp", 'u'),
        ("interfaces", 'i'),
        ("wide", 'W'),
        ("extend", 'e'),
    ];
    let opts = match opts::parse(cx, "alnprtuwxeWi46cvoNs", &long) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    if opts.has('r') {
        return super::route::table(cx, opts.has('n'), true);
    }
    if opts.has('i') {
        let t = cx.sys.traffic();
        cx.line("Kernel Interface table\nIface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg");
        if !cx.sys.addresses().is_empty() {
            let (rx, tx) = (t.received_packets, t.sent_packets);
            cx.line(format!("eth0      1500 {rx:>8}      0      0 0      {tx:>8}      0      0      0 BMRU"));
        }
        cx.line("lo       65536        0      0      0 0             0      0      0      0 LRU");
        return 0;
    }
    let kinds = match (opts.has('a'), opts.has('l')) {
        (true, _) => "servers and established",
        (_, true) => "only servers",
        _ => "w/o servers",
    };
    let every = !(opts.has('t') || opts.has('u') || opts.has('w') || opts.has('x'));
    if every || opts.has('t') || opts.has('u') || opts.has('w') {
        let tail = if opts.has('p') { "PID/Program name    " } else { "" };
        cx.line(format!("Active Internet connections ({kinds})"));
        let state = if opts.has('p') || cx.busybox() { "State       " } else { "State      " };
        cx.line(format!("Proto Recv-Q Send-Q Local Address           Foreign Address         {state}{tail}"));
        for sock in cx.sys.sockets() {
            if let Some(line) = line(&sock, &opts, every, cx.busybox()) {
                cx.line(line);
            }
        }
    }
    if every || opts.has('x') {
        cx.line(format!("Active UNIX domain sockets ({kinds})"));
        cx.line("Proto RefCnt Flags       Type       State         I-Node   Path");
    }
    0
}

fn line(sock: &SockInfo, opts: &opts::Opts, every: bool, busybox: bool) -> Option<String> {
    let listening = sock.state == SockState::Listening;
    let word = match sock.state {
        SockState::Listening => "LISTEN",
        SockState::Connected => "ESTABLISHED",
        SockState::Connecting => "SYN_SENT",
        SockState::Udp => "",
        _ => return None,
    };
    let udp = sock.state == SockState::Udp;
    let wanted = if opts.has('l') { listening || udp } else { opts.has('a') || !listening };
    if !wanted || !(every || opts.has(if udp { 'u' } else { 't' })) {
        return None;
    }
    let local = format!("{}:{}", sock.local.0, sock.local.1);
    let remote = sock.peer.map_or("0.0.0.0:*".to_string(), |(a, p)| format!("{a}:{p}"));
    let program = match sock.owners.first() {
        Some((pid, name, _)) => format!("{pid}/{name}"),
        None => "-".to_string(),
    };
    let (proto, wide) = (if udp { "udp" } else { "tcp" }, if opts.has('p') || busybox { 11 } else { 10 });
    let mut line =
        format!("{proto}   {:>6} {:>6} {local:<23} {remote:<23} {word:<wide$}", sock.unread, sock.unsent);
    if opts.has('p') {
        line.push_str(&format!(" {program:<20}"));
    } else if word.len() < 11 || busybox {
        line.push(' ');
    }
    Some(line)
}
