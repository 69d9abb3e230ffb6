//! hostname: the name of the machine.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "hostname",
    "Usage: hostname [-sidf] [HOSTNAME]\n\nShow or set hostname or DNS domain name\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let name = cx.sys.hostname().to_string();
    match cx.args.first().map(String::as_str) {
        None => cx.line(name),
        Some("-s") => cx.line(name.split('.').next().unwrap_or("")),
        Some("-f" | "--fqdn") => cx.line(name),
        Some("-i" | "-I") => {
            let all: Vec<String> = cx.sys.addresses().iter().map(|a| a.to_string()).collect();
            let tail = if cx.args[0] == "-I" { " " } else { "" };
            cx.line(format!("{}{tail}", all.join(" ")));
        }
        Some("-d") => cx.line(name.split_once('.').map_or("", |(_, d)| d)),
        Some(flag) if flag.starts_with('-') => {
            let flag = flag.to_string();
            return cx.bad_option(&flag, 1);
        }
        Some(new) => {
            let new = new.to_string();
            if let Err(e) = cx.sys.set_hostname(&new) {
                cx.complain(if cx.busybox() {
                    format!("sethostname: {e}")
                } else {
                    "you must be root to change the host name".to_string()
                });
                return 1;
            }
        }
    }
    0
}
