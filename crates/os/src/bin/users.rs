//! Users and groups of /etc/passwd and /etc/group; `id`, `whoami`, `groups`.

use super::tool::Cx;
use crate::kernel::Sys;

/// A line of /etc/passwd.
#[derive(Clone, PartialEq, Debug)]
pub struct User {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    pub home: String,
    pub shell: String,
}

/// All users.
pub fn all(sys: &mut Sys<'_>) -> Vec<User> {
    let text = sys.vfs().read_text("/etc/passwd").unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let f: Vec<&str> = line.split(':').collect();
            Some(User {
                name: f.first()?.to_string(),
                uid: f.get(2)?.parse().ok()?,
                gid: f.get(3)?.parse().ok()?,
                home: f.get(5).unwrap_or(&"/").to_string(),
                shell: f.get(6).unwrap_or(&"/bin/sh").to_string(),
            })
        })
        .collect()
}

pub fn by_uid(sys: &mut Sys<'_>, uid: u32) -> Option<User> {
    all(sys).into_iter().find(|u| u.uid == uid)
}

pub fn by_name(sys: &mut Sys<'_>, name: &str) -> Option<User> {
    all(sys).into_iter().find(|u| u.name == name)
}

/// Groups: name, number, members.
pub fn groups(sys: &mut Sys<'_>) -> Vec<(String, u32, Vec<String>)> {
    let text = sys.vfs().read_text("/etc/group").unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let f: Vec<&str> = line.split(':').collect();
            let members =
                f.get(3).unwrap_or(&"").split(',').filter(|m| !m.is_empty()).map(str::to_string).collect();
            Some((f.first()?.to_string(), f.get(2)?.parse().ok()?, members))
        })
        .collect()
}

/// The user's name, or the number.
pub fn user_name(sys: &mut Sys<'_>, uid: u32) -> String {
    by_uid(sys, uid).map_or(uid.to_string(), |u| u.name)
}

/// The group's name, or the number.
pub fn group_name(sys: &mut Sys<'_>, gid: u32) -> String {
    groups(sys).into_iter().find(|(_, g, _)| *g == gid).map_or(gid.to_string(), |(n, _, _)| n)
}

pub fn id(cx: &mut Cx<'_, '_>) -> u8 {
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
            None => match by_name(cx.sys, &arg) {
                Some(user) => {
                    (uid, gid) = (user.uid, user.gid);
                    more = groups(cx.sys)
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
    let user = by_uid(cx.sys, uid).map(|u| u.name);
    let all = groups(cx.sys);
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

pub fn whoami(cx: &mut Cx<'_, '_>) -> u8 {
    let uid = cx.sys.uid();
    match by_uid(cx.sys, uid) {
        Some(user) => {
            cx.line(user.name);
            0
        }
        None => {
            let message = if cx.busybox() {
                format!("unknown uid {uid}")
            } else {
                format!("cannot find name for user ID {uid}")
            };
            cx.complain(message);
            1
        }
    }
}

pub fn groups_main(cx: &mut Cx<'_, '_>) -> u8 {
    let mut list = cx.sys.groups();
    list.insert(0, cx.sys.gid());
    list.dedup();
    let names: Vec<String> = list.into_iter().map(|g| group_name(cx.sys, g)).collect();
    cx.line(names.join(" "));
    0
}
