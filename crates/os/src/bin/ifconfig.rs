//! ifconfig: the interfaces, in the old layouts of net-tools and of BusyBox.

use std::net::IpAddr;

use super::{
    ip::mac,
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "ifconfig",
    "Usage: ifconfig [-a] [INTERFACE] [ADDRESS]\n\nConfigure a network interface\n",
    || tool(main),
);

/// `1.5 KiB`
fn size(n: u64) -> String {
    let (mut value, mut unit) = (n as f64, 0);
    while value >= 1024.0 && unit < 4 {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", ["B", "KiB", "MiB", "GiB", "TiB"][unit])
}

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let busybox = cx.busybox();
    let words: Vec<String> = cx.args.iter().filter(|a| !a.starts_with('-')).cloned().collect();
    if words.len() > 1 {
        cx.complain("SIOCSIFADDR: Operation not permitted");
        return 1;
    }
    let t = cx.sys.traffic();
    let mut shown = false;
    for (i, addr) in cx.sys.addresses().to_vec().iter().enumerate() {
        let IpAddr::V4(a) = addr else { continue };
        let name = format!("eth{i}");
        if words.first().is_some_and(|w| *w != name) {
            continue;
        }
        shown = true;
        let o = a.octets();
        let broadcast = format!("{}.{}.{}.255", o[0], o[1], o[2]);
        let (rx, tx) = (size(t.received), size(t.sent));
        if busybox {
            cx.line(format!("{name:<9} Link encap:Ethernet  HWaddr {}  ", mac(addr).to_uppercase()));
            cx.line(format!("          inet addr:{a}  Bcast:{broadcast}  Mask:255.255.255.0"));
            cx.line("          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1");
            cx.line(format!(
                "          RX packets:{} errors:0 dropped:0 overruns:0 frame:0",
                t.received_packets
            ));
            cx.line(format!(
                "          TX packets:{} errors:0 dropped:0 overruns:0 carrier:0",
                t.sent_packets
            ));
            cx.line("          collisions:0 txqueuelen:0 ");
            cx.line(format!("          RX bytes:{} ({rx})  TX bytes:{} ({tx})\n", t.received, t.sent));
        } else {
            cx.line(format!("{name}: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500"));
            cx.line(format!("        inet {a}  netmask 255.255.255.0  broadcast {broadcast}"));
            cx.line(format!("        ether {}  txqueuelen 0  (Ethernet)", mac(addr)));
            cx.line(format!("        RX packets {}  bytes {} ({rx})", t.received_packets, t.received));
            cx.line("        RX errors 0  dropped 0  overruns 0  frame 0");
            cx.line(format!("        TX packets {}  bytes {} ({tx})", t.sent_packets, t.sent));
            cx.line("        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0\n");
        }
    }
    if words.first().is_none_or(|w| w == "lo") {
        shown = true;
        cx.line(if busybox {
            "lo        Link encap:Local Loopback  \n          inet addr:127.0.0.1  Mask:255.0.0.0\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n          RX packets:0 errors:0 dropped:0 overruns:0 frame:0\n          TX packets:0 errors:0 dropped:0 overruns:0 carrier:0\n          collisions:0 txqueuelen:1000 \n          RX bytes:0 (0.0 B)  TX bytes:0 (0.0 B)\n"
        } else {
            "lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536\n        inet 127.0.0.1  netmask 255.0.0.0\n        loop  txqueuelen 1000  (Local Loopback)\n        RX packets 0  bytes 0 (0.0 B)\n        RX errors 0  dropped 0  overruns 0  frame 0\n        TX packets 0  bytes 0 (0.0 B)\n        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0\n"
        });
    }
    if !shown {
        let name = words.first().cloned().unwrap_or_default();
        if busybox {
            cx.complain(format!("{name}: error fetching interface information: Device not found"));
        } else {
            cx.eprint(format!("{name}: error fetching interface information: Device not found\n"));
        }
        return 1;
    }
    0
}
