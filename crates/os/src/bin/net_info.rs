//! ip, ifconfig, netstat and ss: what a machine says of its network.

use std::net::IpAddr;

use super::tool::Cx;
use crate::kernel::SockState;

fn mac(addr: &IpAddr) -> String {
    match addr {
        IpAddr::V4(a) => {
            let o = a.octets();
            format!("02:42:{:02x}:{:02x}:{:02x}:{:02x}", o[0], o[1], o[2], o[3])
        }
        IpAddr::V6(_) => "02:42:00:00:00:06".to_string(),
    }
}

pub fn ip(cx: &mut Cx<'_, '_>) -> u8 {
    let words: Vec<String> = cx.args.iter().filter(|a| !a.starts_with('-')).cloned().collect();
    let addresses = cx.sys.addresses().to_vec();
    match words.first().map(String::as_str) {
        Some(what) if !what.is_empty() && ("address".starts_with(what) || "link".starts_with(what)) => {
            let with_addresses = "address".starts_with(what);
            cx.line("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN qlen 1000");
            cx.line("    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00");
            if with_addresses {
                cx.line("    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever");
            }
            for (i, addr) in addresses.iter().enumerate() {
                cx.line(format!(
                    "{}: eth{i}@if{}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP",
                    i + 2,
                    i + 10
                ));
                cx.line(format!("    link/ether {} brd ff:ff:ff:ff:ff:ff", mac(addr)));
                if with_addresses {
                    let (family, bits) = if addr.is_ipv4() { ("inet", 24) } else { ("inet6", 64) };
                    cx.line(format!("    {family} {addr}/{bits} scope global eth{i}\n       valid_lft forever preferred_lft forever"));
                }
            }
            0
        }
        Some(what) if "route".starts_with(what) => {
            if let Some(IpAddr::V4(a)) = addresses.first() {
                let o = a.octets();
                cx.line(format!("default via {}.{}.{}.1 dev eth0", o[0], o[1], o[2]));
                cx.line(format!("{}.{}.{}.0/24 dev eth0 scope link  src {a}", o[0], o[1], o[2]));
            }
            0
        }
        Some(other) => {
            let message = if cx.busybox() {
                format!("invalid argument '{other}' to 'ip'")
            } else {
                format!("Object \"{other}\" is unknown, try \"ip help\".")
            };
            if cx.busybox() {
                cx.complain(message)
            } else {
                cx.eprint(format!("{message}\n"))
            }
            1
        }
        None => cx.missing_operand(),
    }
}

pub fn ifconfig(cx: &mut Cx<'_, '_>) -> u8 {
    for (i, addr) in cx.sys.addresses().to_vec().iter().enumerate() {
        let IpAddr::V4(a) = addr else { continue };
        let o = a.octets();
        cx.line(format!("eth{i}      Link encap:Ethernet  HWaddr {}", mac(addr).to_uppercase()));
        cx.line(format!("          inet addr:{a}  Bcast:{}.{}.{}.255  Mask:255.255.255.0", o[0], o[1], o[2]));
        cx.line("          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n");
    }
    cx.line("lo        Link encap:Local Loopback\n          inet addr:127.0.0.1  Mask:255.0.0.0\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n");
    0
}

pub fn sockets(cx: &mut Cx<'_, '_>) -> u8 {
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
