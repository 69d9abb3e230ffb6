//! netstat and ss: the sockets of the machine.

use super::tool::{Cx, tool};
use crate::{kernel::SockState, program::ProgramSpec};

pub const NETSTAT: ProgramSpec = ProgramSpec::inside(
    "netstat",
    "Usage: netstat [-ral] [-tuwx] [-en]\n\nDisplay networking information\n",
    || tool(main),
);
pub const SS: ProgramSpec =
    ProgramSpec::inside("ss", "Usage: ss [-ltnap]\n\nDisplay sockets\n", || tool(main));

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let flags: String = cx.args.iter().map(|a| a.trim_start_matches('-')).collect();
    let all = cx.sys.sockets();
    let own = cx.sys.addresses().first().map_or("0.0.0.0".to_string(), |a| a.to_string());
    let ss = cx.name == "ss";
    if ss {
        cx.line("State      Recv-Q Send-Q      Local Address:Port        Peer Address:Port");
    } else {
        cx.line("Active Internet connections (servers and established)");
        cx.line("Proto Recv-Q Send-Q Local Address           Foreign Address         State       ");
    }
    for (state, port, peer) in all {
        let listening = state == SockState::Listening;
        let show = if flags.contains('l') { listening } else { flags.contains('a') || !listening };
        if !show {
            continue;
        }
        let (local, remote, word) = match state {
            SockState::Listening => (format!("0.0.0.0:{port}"), "0.0.0.0:*".to_string(), "LISTEN"),
            SockState::Connected => (
                format!("{own}:{port}"),
                peer.map_or(String::new(), |(a, p)| format!("{a}:{p}")),
                "ESTABLISHED",
            ),
            SockState::Connecting => {
                (format!("{own}:{port}"), peer.map_or(String::new(), |(a, p)| format!("{a}:{p}")), "SYN_SENT")
            }
            _ => continue,
        };
        if ss {
            let word = if word == "ESTABLISHED" { "ESTAB" } else { word };
            cx.line(format!("{word:<10} 0      0      {local:>23} {remote:>23}"));
        } else {
            cx.line(format!("tcp        0      0 {local:<23} {remote:<23} {word:<12}"));
        }
    }
    0
}
