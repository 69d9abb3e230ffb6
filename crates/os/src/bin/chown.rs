//! `chown` and `chgrp`: owners.

use super::{
    opts,
    paths::{each, q},
    tool::{Cx, tool},
};
use crate::{errno::Errno, program::ProgramSpec};

pub const CHGRP: ProgramSpec = ProgramSpec::inside(
    "chgrp",
    "Usage: chgrp [-Rh]... GROUP FILE...\n\nChange the group membership of FILEs to GROUP\n",
    || tool(main),
);
pub const CHOWN: ProgramSpec = ProgramSpec::inside(
    "chown",
    "Usage: chown [-Rhcvf]... USER[:[GRP]] FILE...\n\nChange the owner and/or group of FILEs to USER and/or GRP\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let group_only = cx.name == "chgrp";
    let opts = match opts::parse(cx, "Rhvfc", &[("recursive", 'R'), ("no-dereference", 'h')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    if opts.rest.len() < 2 {
        return cx.missing_operand();
    }
    let spec = opts.rest[0].clone();
    let (user, group) = if group_only {
        ("", Some(spec.as_str()))
    } else {
        spec.split_once([':', '.']).map_or((spec.as_str(), None), |(u, g)| (u, Some(g)))
    };
    let uid = match user {
        "" => None,
        name => match name.parse::<u32>().ok().or_else(|| super::users::by_name(cx.sys, name).map(|u| u.uid))
        {
            Some(uid) => Some(uid),
            None => {
                let message = if cx.busybox() {
                    format!("unknown user {name}")
                } else {
                    format!("invalid user: ‘{spec}’")
                };
                cx.complain(message);
                return 1;
            }
        },
    };
    let gid = match group.filter(|g| !g.is_empty()) {
        None => None,
        Some(name) => match name
            .parse::<u32>()
            .ok()
            .or_else(|| super::users::groups(cx.sys).into_iter().find(|g| g.0 == name).map(|g| g.1))
        {
            Some(gid) => Some(gid),
            None => {
                let message = if cx.busybox() {
                    format!("unknown group {name}")
                } else {
                    format!("invalid group: ‘{spec}’")
                };
                cx.complain(message);
                return 1;
            }
        },
    };
    let mut ok = true;
    for path in &opts.rest[1..] {
        ok &= each(cx, path, opts.has('R'), &mut |cx, path| {
            let result = cx.sys.vfs().chown(path, uid, gid, !opts.has('h'));
            if let Err(e) = result {
                let message = match (cx.busybox(), e) {
                    (true, e) => format!("{path}: {e}"),
                    (false, Errno::ENOENT) => format!("cannot access {}: {e}", q(path)),
                    (false, e) => format!(
                        "changing {} of {}: {e}",
                        if group_only { "group" } else { "ownership" },
                        q(path)
                    ),
                };
                cx.complain(message);
            }
            result.is_ok()
        });
    }
    u8::from(!ok)
}
