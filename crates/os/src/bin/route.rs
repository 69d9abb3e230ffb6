//! route: the routing table, in the old layout.

use std::net::{IpAddr, Ipv4Addr};

use super::{
    opts,
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "route",
    "Usage: route [-ne] [-A inet[6]] [{add|del} [-net|-host] TARGET ...]\n\nShow or edit kernel routing tables\n\n\t-n\tDon't resolve names\n\t-e\tDisplay other/more information\n",
    || tool(main),
);

/// Where packets for elsewhere go: the first address of the machine's own network of 256.
pub fn gateway(cx: &Cx<'_, '_>) -> Option<(Ipv4Addr, Ipv4Addr, Ipv4Addr)> {
    cx.sys.addresses().iter().find_map(|a| match a {
        IpAddr::V4(own) => {
            let o = own.octets();
            Some((Ipv4Addr::new(o[0], o[1], o[2], 1), Ipv4Addr::new(o[0], o[1], o[2], 0), *own))
        }
        IpAddr::V6(_) => None,
    })
}

/// The table; netstat has other columns at its end.
pub fn table(cx: &mut Cx<'_, '_>, numeric: bool, netstat: bool) -> u8 {
    cx.line("Kernel IP routing table");
    cx.line(if netstat {
        "Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface"
    } else {
        "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface"
    });
    let Some((gateway, network, _)) = gateway(cx) else { return 0 };
    let any = "0.0.0.0".to_string();
    let (default, direct) = match (numeric, cx.busybox()) {
        (true, _) => (any.clone(), any.clone()),
        (false, true) => ("default".to_string(), "*".to_string()),
        (false, false) => ("default".to_string(), any.clone()),
    };
    let rows = [
        (default, gateway.to_string(), any.clone(), "UG"),
        (network.to_string(), direct, "255.255.255.0".to_string(), "U"),
    ];
    for (to, via, mask, flags) in rows {
        cx.line(if netstat {
            format!("{to:<15} {via:<15} {mask:<15} {flags:<5}     0 0          0 eth0")
        } else {
            format!("{to:<15} {via:<15} {mask:<15} {flags:<5} 0      0        0 eth0")
        });
    }
    0
}

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(cx, "+neA:vFC46", &[("numeric", 'n')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    match opts.rest.first().map(String::as_str) {
        None => table(cx, opts.has('n'), false),
        Some("add" | "del") => {
            let call = if opts.rest[0] == "add" { "SIOCADDRT" } else { "SIOCDELRT" };
            cx.eprint(format!(
                "{}: Operation not permitted\n",
                if cx.busybox() { format!("route: {call}") } else { call.to_string() }
            ));
            if cx.busybox() { 1 } else { 7 }
        }
        Some(_) => cx.missing_operand(),
    }
}
