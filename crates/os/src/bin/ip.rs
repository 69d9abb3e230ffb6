//! ip: addresses, links and routes.

use std::net::IpAddr;

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "ip",
    "Usage: ip [OPTIONS] address|route|link [ARGS]\n\nShow addresses, routes and links\n",
    || tool(main),
);

/// The hardware address, made from the address as container networks do.
pub fn mac(addr: &IpAddr) -> String {
    match addr {
        IpAddr::V4(a) => {
            let o = a.octets();
            format!("02:42:{:02x}:{:02x}:{:02x}:{:02x}", o[0], o[1], o[2], o[3])
        }
        IpAddr::V6(_) => "02:42:00:00:00:06".to_string(),
    }
}

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
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
