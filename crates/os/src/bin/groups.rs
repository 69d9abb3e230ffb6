//! `groups`: the names of the groups.

use super::{
    tool::{Cx, tool},
    users,
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec =
    ProgramSpec::inside("groups", "Usage: groups\n\nPrint the groups the user is in\n", || tool(main));

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let mut list = cx.sys.groups();
    list.insert(0, cx.sys.gid());
    list.dedup();
    let names: Vec<String> = list.into_iter().map(|g| users::group_name(cx.sys, g)).collect();
    cx.line(names.join(" "));
    0
}
