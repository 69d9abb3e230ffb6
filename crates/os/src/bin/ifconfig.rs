//! ifconfig: the interfaces, in the old layout.

use std::net::IpAddr;

use super::{
    ip::mac,
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec =
    ProgramSpec::inside("ifconfig", "Usage: ifconfig [-a] [IFACE]\n\nShow network interfaces\n", || {
        tool(main)
    });

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
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
