//! ip: addresses, links, routes and neighbours, in iproute2's and BusyBox's layouts.

use std::net::IpAddr;

use super::{
    route::gateway,
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "ip",
    "Usage: ip [OPTIONS] address|route|link|neigh|rule [ARGS]\n\nOPTIONS := -f[amily] inet|inet6|link | -o[neline]\n\nip addr add|del IFADDR dev IFACE | show|flush [dev IFACE] [to PREFIX]\nip route list|flush|add|del|change|append|replace|test ROUTE\nip link set IFACE [up|down] [arp on|off] [multicast on|off]\nip neigh show|flush [to PREFIX] [dev DEV] [nud STATE]\nip rule [list] | add|del SELECTOR ACTION\n",
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

/// An interface.
struct Link {
    number: usize,
    name: String,
    address: Option<IpAddr>,
}

fn links(cx: &Cx<'_, '_>) -> Vec<Link> {
    let own = cx.sys.addresses().iter().enumerate();
    let own = own.map(|(i, a)| Link { number: i + 2, name: format!("eth{i}"), address: Some(*a) });
    [Link { number: 1, name: "lo".to_string(), address: None }].into_iter().chain(own).collect()
}

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let flags: String = cx.args.iter().filter_map(|a| a.strip_prefix('-')).collect::<Vec<_>>().join(" ");
    let words: Vec<String> = cx.args.iter().filter(|a| !a.starts_with('-')).cloned().collect();
    let Some(what) = words.first().cloned() else {
        cx.eprint(SPEC.help);
        return if cx.busybox() { 1 } else { 255 };
    };
    let is = |name: &str| !what.is_empty() && name.starts_with(what.as_str());
    let rest: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    if matches!(rest.first(), Some(&("add" | "del" | "set" | "flush" | "delete" | "change" | "replace"))) {
        let text = if cx.busybox() {
            "ip: RTNETLINK answers: Operation not permitted\n"
        } else {
            "RTNETLINK answers: Operation not permitted\n"
        };
        cx.eprint(text);
        return 2;
    }
    let device =
        rest.iter().rfind(|w| !matches!(**w, "show" | "list" | "ls" | "s" | "l" | "dev" | "up")).copied();
    if is("address") || is("link") {
        show(cx, is("address"), &flags, device)
    } else if is("route") {
        routes(cx, &rest)
    } else if is("neighbour") || what == "neighbor" {
        if let Some((gateway, ..)) = gateway(cx) {
            cx.line(format!("{gateway} dev eth0 lladdr {} REACHABLE", mac(&IpAddr::V4(gateway))));
        }
        0
    } else if is("rule") {
        cx.line("0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default");
        0
    } else if is("help") {
        cx.eprint(SPEC.help);
        255
    } else if cx.busybox() {
        cx.complain(format!("invalid argument '{what}' to 'ip'"));
        1
    } else {
        cx.eprint(format!("Object \"{what}\" is unknown, try \"ip help\".\n"));
        1
    }
}

fn show(cx: &mut Cx<'_, '_>, addresses: bool, flags: &str, device: Option<&str>) -> u8 {
    let busybox = cx.busybox();
    let brief = flags.contains("br");
    let only = |v6: bool| flags.split(' ').any(|f| f == if v6 { "6" } else { "4" });
    let chosen: Vec<Link> = links(cx)
        .into_iter()
        .filter(|l| device.is_none_or(|d| d.split('@').next() == Some(&l.name)))
        .collect();
    if chosen.is_empty() {
        let name = device.unwrap_or_default();
        let text = if busybox {
            format!("ip: can't find device '{name}'\n")
        } else {
            format!("Device \"{name}\" does not exist.\n")
        };
        cx.eprint(text);
        return 1;
    }
    for link in chosen {
        let lo = link.address.is_none();
        // Containers' interfaces are one end of a pair; the other end is the node's.
        let name = if lo { link.name.clone() } else { format!("{}@if{}", link.name, link.number + 8) };
        let (inet, bits) = match link.address {
            None => ("127.0.0.1".to_string(), 8),
            Some(a) => (a.to_string(), if a.is_ipv4() { 24 } else { 64 }),
        };
        let hardware = link.address.map_or("00:00:00:00:00:00".to_string(), |a| mac(&a));
        if brief {
            let state = if lo { "UNKNOWN" } else { "UP" };
            let tail = if addresses {
                format!("{inet}/{bits} ")
            } else {
                format!(
                    "{hardware} <{}> ",
                    if lo { "LOOPBACK,UP,LOWER_UP" } else { "BROADCAST,MULTICAST,UP,LOWER_UP" }
                )
            };
            cx.line(format!("{name:<16} {state:<14} {tail}"));
            continue;
        }
        let group = match (busybox, addresses) {
            (true, _) => "",
            (false, true) => "group default ",
            (false, false) => "mode DEFAULT group default ",
        };
        let n = link.number;
        if lo {
            let state = if busybox { "" } else { "state UNKNOWN " };
            cx.line(format!(
                "{n}: {name}: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue {state}{group}qlen 1000"
            ));
        } else {
            let state = if busybox { "" } else { "state UP " };
            cx.line(format!(
                "{n}: {name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue {state}{group}{}",
                if busybox { "" } else { "qlen 1000" }
            ));
        }
        if !(only(false) || only(true)) {
            let kind = if lo { "loopback" } else { "ether" };
            let brd = if lo { "00:00:00:00:00:00" } else { "ff:ff:ff:ff:ff:ff" };
            let id = if lo || busybox { "" } else { " link-netnsid 0" };
            cx.line(format!("    link/{kind} {hardware} brd {brd}{id}"));
        }
        if addresses && !only(true) {
            let brd = match link.address {
                Some(IpAddr::V4(a)) => {
                    let o = a.octets();
                    format!(" brd {}.{}.{}.255", o[0], o[1], o[2])
                }
                _ => String::new(),
            };
            let scope = if lo { "host" } else { "global" };
            let family = if inet.contains(':') { "inet6" } else { "inet" };
            cx.line(format!("    {family} {inet}/{bits}{brd} scope {scope} {}", link.name));
            cx.line("       valid_lft forever preferred_lft forever");
        }
    }
    0
}

fn routes(cx: &mut Cx<'_, '_>, rest: &[&str]) -> u8 {
    let known = gateway(cx);
    if rest.first() == Some(&"get") {
        let Some(to) = rest.get(1).and_then(|a| a.parse::<IpAddr>().ok()) else {
            let word = rest.get(1).copied().unwrap_or("");
            cx.eprint(if cx.busybox() {
                format!("ip: an inet address is expected rather than \"{word}\"\n")
            } else {
                format!("Error: any valid prefix is expected rather than \"{word}\".\n")
            });
            return 1;
        };
        let Some((via, network, own)) = known else {
            cx.eprint("RTNETLINK answers: Network is unreachable\n");
            return 2;
        };
        let near = matches!(to, IpAddr::V4(a) if a.octets()[..3] == network.octets()[..3]);
        let uid = cx.sys.uid();
        let way = if near { String::new() } else { format!("via {via} ") };
        cx.line(format!("{to} {way}dev eth0 src {own} uid {uid} \n    cache "));
        return 0;
    }
    let Some((via, network, own)) = known else { return 0 };
    cx.line(format!("default via {via} dev eth0 "));
    cx.line(if cx.busybox() {
        format!("{network}/24 dev eth0 scope link  src {own} ")
    } else {
        format!("{network}/24 dev eth0 proto kernel scope link src {own} ")
    });
    0
}
