//! `whoami`: the user name.

use super::{
    tool::{Cx, tool},
    users,
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "whoami",
    "Usage: whoami\n\nPrint the user name associated with the current effective user id\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let uid = cx.sys.uid();
    match users::by_uid(cx.sys, uid) {
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
