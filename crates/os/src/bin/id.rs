//! `id`: user and groups by number and name.

use super::{
    tool::{Cx, tool},
    users,
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "id",
    "Usage: id [-ugGnr] [USER]\n\nPrint information about USER or the current user\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let (mut uid, mut gid, mut more) = (cx.sys.uid(), cx.sys.gid(), cx.sys.groups());
    let (mut flag, mut names) = (None, false);
    for arg in cx.args.clone() {
        match arg.strip_prefix('-') {
            Some(flags) => {
                for f in flags.chars() {
                    match f {
                        'n' => names = true,
                        'u' | 'g' | 'G' => flag = Some(f),
                        'r' => {}
                        _ => return cx.bad_option(&format!("-{f}"), 1),
                    }
                }
            }
            None => match users::by_name(cx.sys, &arg) {
                Some(user) => {
                    (uid, gid) = (user.uid, user.gid);
                    more = users::groups(cx.sys)
                        .into_iter()
                        .filter(|(_, _, m)| m.contains(&arg))
                        .map(|(_, g, _)| g)
                        .collect();
                }
                None => {
                    let message = if cx.busybox() {
                        format!("unknown user {arg}")
                    } else {
                        format!("‘{arg}’: no such user")
                    };
                    cx.complain(message);
                    return 1;
                }
            },
        }
    }
    if !more.contains(&gid) {
        more.insert(0, gid);
    }
    let user = users::by_uid(cx.sys, uid).map(|u| u.name);
    let all = users::groups(cx.sys);
    let group = |g: u32| all.iter().find(|(_, n, _)| *n == g).map(|(n, _, _)| n.clone());
    let one =
        |n: u32, name: Option<String>| if names { name.unwrap_or(n.to_string()) } else { n.to_string() };
    let line = match flag {
        Some('u') => one(uid, user),
        Some('g') => one(gid, group(gid)),
        Some(_) => more.iter().map(|g| one(*g, group(*g))).collect::<Vec<_>>().join(" "),
        None => {
            let named =
                |n: u32, name: Option<String>| name.map_or(n.to_string(), |name| format!("{n}({name})"));
            let list: Vec<String> = more.iter().map(|g| named(*g, group(*g))).collect();
            format!("uid={} gid={} groups={}", named(uid, user), named(gid, group(gid)), list.join(","))
        }
    };
    cx.line(line);
    0
}
